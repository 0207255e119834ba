"""The composition root: makes the parts of one replica from its settings, and runs them together.

Everything that lives as long as the process is made here and closed here, in order. A replica ends when it
is told to (SIGTERM, SIGINT: it claims nothing more, finishes what it has in hand, at most `GRACE`), or when
only an operator can help: settings that are wrong at the start, or a store that must not be used. A connector
that fails later is run again, and ends nothing (core/upkeep.py).
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import math
import os
import signal
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bots.assistant import Assistant
from bots.reload import PolicyReload
from bots.summariser import Summariser
from bots.synthesis import Synthesis
from core import tracing
from core.archives.archives import Archives, to_folder, to_url
from core.archives.seda import Agencies
from core.bot import Bot
from core.config.settings import ArchiveSettings, CredentialsSettings, Settings, replica_name
from core.connector import Address, Connector, First, OnEcho, Stored
from core.delivery.outbox import Outbox
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.errors import ConfigurationError, RelaisError, SandboxError, first_error
from core.export.c2pa_manifest import Credentials
from core.figures import Period, ServiceFigures, Span
from core.gateway.answer import ModelRequest
from core.http.page_access import PageAccess
from core.http.pages import Pages, Service
from core.http.server import READY, Health, is_ready
from core.http.server import serve as serve_health
from core.http.verifier_page import VerifierPage
from core.inbox.inbox import Inbox
from core.inbox.send_budget import Budget, SendWaits
from core.models.access import Models, open_models
from core.models.second_reader import SecondReader
from core.policy.file import PolicyFile, load_policy
from core.provenance.record import Signer, SigningKeys
from core.provenance.register import Register
from core.provenance.verifying import FileExaminer
from core.rhythm import beat
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from core.sensitivity.unmarked.reader import is_doubtful
from core.service_manager import notify
from core.sessions.controls import Controls
from core.sessions.erasure import Journal
from core.sessions.quotas import Counts
from core.sessions.repository import Sessions
from core.sessions.room_settings import Conversations
from core.store.embedded import others_data
from core.store.keyring import unlock
from core.store.memory_alarm import MemoryAlarm
from core.store.presence import Presence
from core.store.valkey import Store, open_store
from core.telemetry import configure, log, metrics
from core.texts import Contacts, DataNotice
from core.tls import trusting
from core.turn.assessment import Assessing
from core.turn.attachments import AttachmentReader
from core.turn.audit import Audit
from core.turn.audit_packs import Heads
from core.turn.confirmation import Handovers
from core.turn.services import Services
from core.turn.support import SupportDesk
from core.turn.timestamps import Stamps
from core.upkeep import Upkeep
from core.vault import Keys, Vault, folder_keys
from core.worker.intake import Intake
from core.worker.job import JobRunner
from core.worker.worker import Worker

_YOUNG = 10_000
"""New objects after which Python looks for cycles among them: most of an answer's go by themselves."""
GRACE = 20.0
"""Seconds that answers in hand may take once the replica was told to end."""
LOOK_EVERY, COUNT_EVERY = 9.0, 60.0
"""Seconds between two looks after what must be known soon, and after what is shown of days and weeks."""


def composed_bots() -> tuple[Bot, ...]:
    """The bots, in the order in which they are asked whether they want an event."""
    assistant = Assistant()
    return Synthesis(assistant, clock=time.monotonic), Summariser(), assistant


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What connectors are made of."""

    settings: Settings
    policy: PolicyFile
    contacts: Contacts
    store: Store
    vault: Vault
    replica: str
    unread: bool = False
    """The file of the policy is broken, `policy` the shipped one: nobody knows how long anything is kept."""
    sandbox: Sandbox | None = None
    """Set while a replica runs: a connector may read what it receives in it."""
    is_first: First = lambda _: True
    """Which conversations this replica looks at first."""
    stored: Stored | None = None
    """Which events are stored already, by whichever replica."""
    upkeep: Upkeep = field(default_factory=Upkeep)
    """Runs what a connector has several of, each by itself, and knows what is wrong with each part."""


MakeConnector = Callable[[Base, OnEcho], Connector]


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    beside: bool = False,
    policy: PolicyFile | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> AsyncGenerator[Base]:
    """The store and all that is known before any platform is met. `beside`: for a command, which acts only
    where a replica has run, and may run now; `policy`: None: that of the settings; `meanwhile` is called
    while an embedded store starts.

    Raises ConfigurationError, StoreError."""
    policy = policy or load_policy(settings)
    if beside:
        used_by_us(settings)
    replica = replica_name(settings)
    url = settings.store.url.reveal() if settings.store.url else None
    keys = (
        Keys([key.reveal() for key in settings.store.keys])
        if settings.store.keys
        else folder_keys(settings.data_dir)
    )
    async with open_store(
        url=url, data_dir=settings.data_dir, ca_file=settings.ca_file, beside=beside, meanwhile=meanwhile
    ) as store:
        yield Base(
            settings=settings,
            policy=policy,
            contacts=contacts_of(settings),
            store=store,
            vault=await unlock(store, keys, beside=beside),
            replica=replica,
        )


def used_by_us(settings: Settings) -> None:
    """See that a replica has run in the data folder, under this account: a command elsewhere would do its
    work on an empty store and say that it is done. Raises ConfigurationError."""
    ours(settings.data_dir)
    if settings.store.url is None and not (settings.data_dir / "store").exists():
        path = settings.data_dir.absolute()
        raise ConfigurationError("RELAIS_DATA_DIR", "settings.no_store", path=path)


def ours(folder: Path) -> None:
    """See that a data folder is this account's: what another one wrote into it (root's), the replica could
    not read. Raises ConfigurationError."""
    us = os.geteuid()
    try:
        there = [path for path in folder.iterdir() if path.name != "lost+found"] or [folder]
    except OSError:
        there = [folder]
    for path in there:
        with suppress(FileNotFoundError):  # a replica that runs replaces files
            if path.stat().st_uid != us and (us == 0 or not os.access(path, os.R_OK | os.W_OK)):
                raise others_data(path)


def contacts_of(settings: Settings) -> Contacts:
    """Whom people can turn to, and what they are told of their data."""
    return Contacts(
        help=settings.contact,
        security=settings.security_contact,
        care=settings.care_contact,
        notice=DataNotice(dpo=settings.dpo_contact, **dict(settings.notice)),
    )


def sessions_of(base: Base, fullness: Callable[[], float] = lambda: 0.0) -> Sessions:
    return Sessions(
        base.store,
        base.vault,
        retention_days=base.policy.retention.session_days,
        fullness=fullness,
        archived=base.settings.archive is not None,
    )


def inbox_of(base: Base) -> Inbox:
    return Inbox(
        base.store,
        base.vault,
        replica=base.replica,
        dedupe_ttl=base.settings.max_age + 3 * 86_400.0,
        ref_ttl=base.policy.retention.session_days * 86_400.0,
    )


def register_of(base: Base) -> Register:
    return Register(base.store, base.vault, days=base.policy.retention.register_days, clock=time.time)


def audit_of(base: Base) -> Audit:
    return Audit(
        base.store,
        base.vault,
        policy=base.policy.version,
        days=math.inf if base.unread else base.policy.retention.audit_days,
        clock=time.time,
        heads=Heads(base.settings.data_dir),
        stamps=stamps_of(base.settings),
    )


def stamps_of(settings: Settings) -> Stamps | None:
    """The timestamps of the audit trail, where a server is named. Raises ConfigurationError."""
    if (named := settings.audit) is None:
        return None
    return Stamps(
        named.timestamp_url, named.timestamp_ca, data_dir=settings.data_dir, ca_file=settings.ca_file
    )


def archives_of(base: Base, sessions: Sessions, given: ArchiveSettings) -> Archives:
    token = given.token.reveal() if given.token else ""
    return Archives(
        base.store,
        base.vault,
        sessions=sessions,
        policy=base.policy,
        agencies=Agencies(archival=given.agency, transferring=given.origin, agreement=given.agreement),
        hand=to_folder(given.folder)
        if given.folder
        else to_url(given.url or "", token=token, context=trusting(base.settings.ca_file)),
        acted=audit_of(base).act,
        clock=time.time,
    )


def _credentials(given: CredentialsSettings) -> Credentials:
    return Credentials(given.certificates.read_bytes(), given.key.reveal().encode(), time.time)


def figures_of(base: Base) -> ServiceFigures:
    return ServiceFigures(base.store, base.vault, time.time)


async def run(
    settings: Settings,
    makers: Sequence[MakeConnector],
    *,
    ready: Callable[[], None],
    service: bool = True,
    support: Address | None = None,
    sandbox: Sandbox | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Run a replica with these connectors until it is told to end; `ready` is called once all listen.
    `support`: where the people of the settings read what is shown to them. `sandbox`: one that is launched
    already; `meanwhile`: see `opened`.
    One that is no `service` but a person's own has no HTTP server, and ends when its connector returns."""
    configure(level=settings.log_level, format=settings.log_format)
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(opened(settings, meanwhile=meanwhile))
        stack.enter_context(_held(settings.data_dir))
        if settings.otlp is not None:
            otlp, ca_file = settings.otlp, settings.ca_file
            tracing.start(otlp.url, share=otlp.share, replica=base.replica, ca_file=ca_file)
            stack.push_async_callback(asyncio.to_thread, tracing.stop)
        place = f"{socket.gethostname()}:{settings.data_dir.absolute()}"
        presence = Presence(base.store, replica=base.replica, who=place, ring=lambda: base.vault.newest)
        await stack.enter_async_context(presence.held())
        sandbox = sandbox or await stack.enter_async_context(Sandbox())
        sandbox.minimum = base.policy.sandbox
        await sandbox.launch()
        inbox = inbox_of(base)
        signing = SigningKeys(base.store, base.vault, time.time)
        signer = await signing.signer()
        register = register_of(base)
        models = await stack.enter_async_context(open_models(settings, base.policy, sandbox, _observe))
        figures, alarm = figures_of(base), MemoryAlarm(base.store)
        connectors: dict[str, Connector] = {}
        controls = Controls(base.store, base.vault, time.time)
        sessions = sessions_of(base, lambda: alarm.fullness)
        archives = settings.archive and archives_of(base, sessions, settings.archive)
        services = Services(
            controls=controls,
            policy=base.policy,
            sessions=sessions,
            conversations=Conversations(base.store, base.vault),
            inbox=inbox,
            models=models,
            reading=AttachmentReader(sandbox, connectors),
            assessing=Assessing(base.policy, sandbox),
            second_reader=(wanted := base.policy.second_reading)
            and SecondReader(models, base.store, base.vault, wanted=wanted, clock=time.time),
            audit=audit_of(base),
            handovers=Handovers(base.store, base.vault),
            register=register,
            signer=signer,
            template=settings.template,
            archives=archives,
            credentials=settings.c2pa and _credentials(settings.c2pa),
            quotas=Counts(base.store, base.vault, base.policy.quotas),
            figures=figures,
            contacts=base.contacts,
            language=settings.language,
            clock=time.time,
            support=support
            and SupportDesk(
                address=support,
                clearance=Level.parse(settings.support.level) if settings.support else Level.N0,
                connectors=connectors,
                policy=base.policy,
                inbox=inbox,
            ),
        )
        bots = composed_bots()
        upkeep = Upkeep(lenient=settings.start == "lenient")
        for platform, why in settings.left_out:
            upkeep.trouble(platform, why)
        outbox = Outbox(
            connectors=connectors,
            inbox=inbox,
            budget=Budget(base.store, base.vault),
            policy=base.policy,
            signer=signer,
        )
        for make in makers:
            parts_of = replace(
                base, sandbox=sandbox, is_first=presence.is_first, stored=inbox.stored, upkeep=upkeep
            )
            connector = make(parts_of, outbox.echoed)
            connectors[connector.name] = connector
        gc.freeze()
        gc.enable()  # `relais run` imports without it
        runner = JobRunner(services=services, outbox=outbox, bots=bots, max_age=settings.max_age)
        worker = Worker(inbox, runner)
        parts = partial(_parts, base.store, worker, outbox, upkeep)
        if service:
            health = Health(
                parts,
                metrics,
                before=lambda: metrics.sandbox(sandbox.level or "not started", enough=sandbox.enough),
                public_keys=lambda: signer.keys,
                webhooks=[hook for each in connectors.values() if (hook := each.webhook)],
                pages=[
                    *_pages(base, figures, controls).routes,
                    *_verifier(base, signer, register, sandbox).routes,
                ],
            )
            await stack.enter_async_context(serve_health(health, settings.http.bind))
        metrics.build(policy=base.policy.version, replica=base.replica)
        journal = Journal(base.store, settings.data_dir)
        if repeated := await journal.replay():
            log.warning("erasures_repeated", count=repeated)
        if freed := await inbox.recover():
            log.info("recovered", count=freed)
        patient = [name for name, connector in connectors.items() if connector.editing is None]
        intake = Intake(inbox=inbox, bots=bots, patient=patient, figures=figures)
        reload = PolicyReload(
            settings, services, lambda new: metrics.build(policy=new.version, replica=base.replica)
        )
        await controls.look()
        looks = [
            alarm.look,
            services.audit.look,
            lambda: signing.refresh(signer),
            services.quotas.look,
            register.look,
            journal.mirror,
            base.store.rewrite,
            lambda: figures.watch(ready=is_ready(parts().values())),
            lambda: _gauges(inbox, outbox.waits),
            lambda: _rotated(base),
            _alive,
            controls.look,
            reload.look,
            *([archives.look] if archives else []),
        ]
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, reload.ask)
        for number, level in ((signal.SIGUSR1, "debug"), (signal.SIGUSR2, settings.log_level)):
            loop.add_signal_handler(number, partial(_log_from, level, settings.log_format))
        keeping = [
            upkeep.keep(name, partial(each.run, intake.deliver), ready=each.ready, returns=not service)
            for name, each in connectors.items()
        ]
        notify("READY=1")
        prepared = asyncio.Event()
        beside = [
            _announce(connectors, upkeep, prepared, ready),
            _prepare(sandbox, services.assessing, prepared),
            presence.keep(),
            _regularly(lambda: _service_gauges(figures, models), COUNT_EVERY),
        ]
        await _together(worker, keeping, [*map(_regularly, looks), *beside])


def _verifier(base: Base, signer: Signer, register: Register, sandbox: Sandbox) -> VerifierPage:
    files = FileExaminer(sandbox, lambda: signer.keys, register)
    days = base.policy.retention.register_days
    return VerifierPage(_service(base), lambda: signer.keys, register, files, days)


def _pages(base: Base, figures: ServiceFigures, controls: Controls) -> Pages:
    http = base.settings.http
    access = PageAccess(token=http.token, header=http.proxy_header, proxies=http.proxies)
    return Pages(figures, access, _service(base), lambda: controls.announcement)


def _service(base: Base) -> Service:
    http, settings = base.settings.http, base.settings
    return Service(
        policy=base.policy,
        contacts=base.contacts,
        organisation=http.organisation,
        language=settings.language,
        archives=settings.archive is not None,
    )


@contextmanager
def _held(data_dir: Path) -> Generator[None]:
    """Hold the data folder: a replica's name and device are those of one process."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError("RELAIS_DATA_DIR", "settings.in_use", path=data_dir) from None
        yield


def _read_lexicons() -> None:
    """Read what a message is assessed with in this process. The model of language that what is doubtful is
    read again with is read in the sandbox alone: it takes 20 MB and a tenth of a second."""
    assess("Bonjour", learned=False)
    is_doubtful(["Bonjour"])


async def _working(worker: Worker) -> None:
    """Claim jobs once the lexicons are read: a job that is killed meanwhile would seem to be what kills."""
    await asyncio.to_thread(_read_lexicons)
    await worker.run()


async def _together(
    worker: Worker,
    listening: Sequence[Coroutine[Any, Any, None]],
    beside: Sequence[Coroutine[Any, Any, None]],
) -> None:
    """Run the parts until a signal comes or what listens has ended, and let the worker finish what it has in
    hand. What a part raises ends all, and is raised as it is."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    try:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(_working(worker))
            heard = [group.create_task(each) for each in listening]
            others = [group.create_task(each) for each in beside]
            stop = group.create_task(ended.wait())
            await asyncio.wait([stop, *heard], return_when=asyncio.FIRST_COMPLETED)
            log.info("draining")
            notify("STOPPING=1")
            worker.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(working), GRACE)
            for task in (*heard, *others, stop, working):
                task.cancel()
    except* RelaisError as errors:
        raise first_error(errors) from None
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _announce(
    connectors: Mapping[str, Connector], upkeep: Upkeep, prepared: asyncio.Event, ready: Callable[[], None]
) -> None:
    for each in (prepared, *(connector.ready for connector in connectors.values())):
        await each.wait()
    upkeep.started()
    ready()
    gc.set_threshold(_YOUNG, 20, 20)
    gc.freeze()  # what a replica is made of stays: no collection looks through all of it again


async def _prepare(sandbox: Sandbox, assessing: Assessing, prepared: asyncio.Event) -> None:
    """Start the sandbox while connectors sign in, so that its strength is known before the first file, and
    the first text does not wait for what assessments read once."""
    try:
        await sandbox.start()
        if sandbox.enough:
            await assessing.prepare()
    except (SandboxError, Failure) as error:
        log.error("sandbox_failed", error=error)
        return
    finally:
        prepared.set()
    whole = sandbox.level == "full"  # where the kernel has less, files are read all the same, and it is said
    tell = log.error if not sandbox.enough else log.info if whole else log.warning
    tell("sandbox_ready", sandbox=sandbox.level, rule=sandbox.demanded)


async def _regularly(look: Callable[[], Awaitable[None]], every: float = LOOK_EVERY) -> None:
    while True:
        with suppress(RelaisError, OSError):  # the store is away, or the disk is full: said elsewhere
            await look()
        await beat(every)


async def _alive() -> None:
    notify("WATCHDOG=1")


def _log_from(level: str, format: str | None) -> None:
    """Log from this level on, while the replica runs."""
    configure(level=level, format=format)
    log.warning("log_level_changed", reason=level)


async def _rotated(base: Base) -> None:
    """Take over the keys of the data folder when `relais keys rotate` has changed them."""
    if not base.settings.store.keys:
        base.vault.keys.adopt(folder_keys(base.settings.data_dir))


async def _gauges(inbox: Inbox, waits: SendWaits) -> None:
    stats, sending = await inbox.stats(), waits.now
    metrics.inbox(
        ready=stats.ready,
        delayed=stats.delayed,
        leased=stats.leased,
        dead=stats.dead,
        sending=sending.count,
        oldest=max(stats.oldest, sending.oldest),
    )


async def _service_gauges(figures: ServiceFigures, models: Models) -> None:
    """Bring up to date what is shown of the service as a whole."""
    for model in models.policy.models:
        metrics.model_up(model.id, up=models.gateway.breaker(model).wait <= 0)
    spans: tuple[Span, ...] = ("day", "week")
    for span in spans:
        (now,) = await figures.periods(span, 1)
        told = {group: now.told(group) or 0 for group in now.people}
        metrics.people(span, told, satisfied=now.satisfied, unsatisfied=now.unsatisfied)
        if span == "day":
            metrics.footprint(wh=_bounds(now, "wh"), gco2e=_bounds(now, "gco2e"))


def _bounds(period: Period, what: str) -> tuple[float, float]:
    return period.count(what, "low") / 1000, period.count(what, "high") / 1000


def _parts(store: Store, worker: Worker, outbox: Outbox, upkeep: Upkeep) -> Mapping[str, str]:
    """The state of each part for /readyz."""
    states = {
        name: READY if connector.ready.is_set() else "connecting"
        for name, connector in outbox.connectors.items()
    } | dict(upkeep.troubles)
    return {
        "store": store.trouble or READY,
        "worker": "draining" if worker.draining else READY,
        "sending": outbox.waits.now.trouble or READY,
        **states,
    }


def _observe(asked: ModelRequest) -> None:
    used = asked.usage.prompt_tokens + asked.usage.completion_tokens if asked.usage else 0
    tracing.passed("ask", seconds=asked.seconds, model=asked.model.id, outcome=asked.outcome, tokens=used)
    metrics.requested.labels(asked.model.id, asked.outcome).inc()
    if asked.first is not None:
        metrics.first_token.labels(asked.model.id).observe(asked.first)
    if asked.usage is not None:
        metrics.tokens.labels(asked.model.id, "prompt").inc(asked.usage.prompt_tokens)
        metrics.tokens.labels(asked.model.id, "completion").inc(asked.usage.completion_tokens)
    if asked.outcome.startswith("Gateway"):
        log.warning("gateway_failed", model=asked.model.id, outcome=asked.outcome, reason=asked.detail)
