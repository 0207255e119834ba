"""The whole core on real parts: the embedded store and the fake gateway, with a platform in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bots.assistant import Assistant
from bots.summariser import Summariser
from core.archives.archives import Archives, Hand
from core.archives.seda import Agencies
from core.bot import Bot
from core.connector import Address, Event
from core.delivery.outbox import Budget, Outbox
from core.documents.sandbox.sandbox import Sandbox
from core.gateway.catalogue import EXTRACTS, Model
from core.gateway.client import Gateway, RetryLimits
from core.gateway.engines.remote import session
from core.inbox.dead_letters import DeadLetters
from core.inbox.inbox import Inbox
from core.models.access import Models
from core.models.second_reader import SecondReader
from core.policy.file import PolicyFile, Quotas, shipped_policy
from core.provenance.record import Register, Signer
from core.sensitivity.level import Level
from core.sessions.figures import Counts, ServiceFigures
from core.sessions.repository import Sessions
from core.store.keyring import unlock
from core.store.valkey import Store
from core.texts import Contacts
from core.turn.attachments import AttachmentReader
from core.turn.audit import Audit
from core.turn.handover import Handovers
from core.turn.services import Services
from core.turn.support import SupportDesk
from core.vault import Keys, Vault
from core.worker.intake import Intake
from core.worker.job_context import JobContext
from core.worker.worker import Worker
from tests.rig.gateway import FakeGateway, fake_gateway
from tests.rig.lent import lent_store
from tests.rig.platform import Platform

KEYS = Keys(["un secret de plus de trente-deux caractères"])
UNLIMITED = Quotas()
"""The people of tests write faster than people do."""
QUICK = RetryLimits(first_token=20.0, between=10.0, total=60.0, patience=2.0, breaker_pause=1.0)


@dataclass
class Core:
    """One replica's core. `deliver` is what a connector calls."""

    platform: Platform
    gateway: FakeGateway
    sessions: Sessions
    inbox: Inbox
    worker: Worker
    deliver: Callable[[list[Event]], object]
    audit: Audit
    store: Store
    letters: DeadLetters
    quotas: Counts
    figures: ServiceFigures
    signer: Signer
    outbox: Outbox
    vault: Vault
    archives: Archives | None = None

    async def tell(self, *events: Event) -> None:
        for event in events:
            self.platform.met(event)
        await self.deliver(list(events))  # type: ignore[misc]

    async def settled(self) -> None:
        """Wait until what was answered is kept too, as it is by the time that people react."""
        async with asyncio.timeout(60):
            while (await self.inbox.stats()).leased:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)


def policy_for(gateway: FakeGateway, *, clearance: Level = Level.N2) -> PolicyFile:
    """The shipped policy with the fake gateway's models."""
    models = tuple(
        Model(id=name, served=name, url=gateway.url, clearance=clearance, active_parameters=8.0)
        for name in gateway.models
    )
    return replace(shipped_policy(), models=models)


_parsers = asyncio.Event()
"""The fork server of documents has imported its parsers."""


@asynccontextmanager
async def core_on(
    folder: Path,
    *,
    platform: Platform | None = None,
    policy: Callable[[FakeGateway], PolicyFile] = policy_for,
    replica: str = "un",
    max_age: float = 86_400.0,
    served: tuple[str, ...] = ("small",),
    bots: Sequence[Bot] = (Summariser(), Assistant()),
    quotas: Quotas = UNLIMITED,
    support: str = "",
    hand: Hand | None = None,
    lease: float = 10.0,
) -> AsyncGenerator[Core]:
    """A running core; its store stays in the folder. `support`: the room of the support; `hand`: takes what
    goes to the archives."""
    platform = platform or Platform()
    async with (
        fake_gateway(models=served) as gateway,
        lent_store(folder) as store,
        session() as client,
        Sandbox() as sandbox,
    ):
        if not _parsers.is_set():  # what a fork server imports at its first start is none of a test's time
            await sandbox.start()
            _parsers.set()
        vault = await unlock(store, KEYS)
        inbox = Inbox(store, vault, replica=replica, lease=lease)
        sessions = Sessions(store, vault)
        connectors = {platform.name: platform}
        rules = replace(policy(gateway), quotas=quotas)
        models = Models(policy=rules, gateway=Gateway(session=client, limits=QUICK), jail=sandbox)
        services = Services(
            policy=rules,
            sessions=sessions,
            inbox=inbox,
            models=(
                models := Models(policy=rules, gateway=Gateway(session=client, limits=QUICK), jail=sandbox)
            ),
            second_reader=(wanted := rules.second_reading)
            and SecondReader(models, store, vault, wanted=wanted, clock=time.time),
            reading=AttachmentReader(sandbox, connectors),
            jail=sandbox,
            audit=(audit := Audit(store, vault, policy=rules.version, days=183, clock=time.time)),
            handovers=Handovers(store, vault),
            register=Register(store, vault, days=30, clock=time.time),
            signer=(signer := Signer(Ed25519PrivateKey.generate(), {}, time.time)),
            template=None,
            archives=Archives(
                store,
                vault,
                sessions=sessions,
                policy=rules,
                agencies=Agencies(archival="FRAN", transferring="relais"),
                hand=hand,
                acted=audit.act,
                clock=time.time,
            )
            if hand
            else None,
            quotas=Counts(store, vault, rules.quotas),
            figures=(figures := ServiceFigures(store, vault, time.time)),
            contacts=Contacts(help="aide@ministere.example", security="fsd@ministere.example"),
            language="fr",
            clock=time.time,
            support=SupportDesk(
                address=Address(connector=platform.name, conversation=support),
                clearance=Level.N2,
                connectors=connectors,
                policy=rules,
                inbox=inbox,
            )
            if support
            else None,
        )
        outbox = Outbox(
            connectors=connectors,
            inbox=inbox,
            budget=Budget(store, vault),
            policy=services.policy,
            signer=signer,
        )
        worker = Worker(JobContext(services=services, outbox=outbox, bots=bots, max_age=max_age))
        deliver = Intake(inbox=inbox, bots=bots, figures=figures).deliver
        async with asyncio.TaskGroup() as group:
            running = group.create_task(worker.run())
            yield Core(
                platform=platform,
                gateway=gateway,
                sessions=sessions,
                inbox=inbox,
                worker=worker,
                deliver=deliver,
                audit=audit,
                store=store,
                letters=DeadLetters(store, vault),
                quotas=services.quotas,
                figures=figures,
                signer=signer,
                outbox=outbox,
                vault=vault,
                archives=services.archives,
            )
            worker.drain()
            running.cancel()


@pytest.fixture
async def core(tmp_path: Path) -> AsyncGenerator[Core]:
    """A core whose person was greeted already."""
    async with core_on(tmp_path) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


def embedded(_gateway: FakeGateway) -> PolicyFile:
    """No model: the extracts engine answers."""
    return replace(shipped_policy(), models=(EXTRACTS,))
