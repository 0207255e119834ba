"""The composition root: makes the parts of one replica from its settings, and runs them together.

Everything that lives as long as the process is made here and closed here, in order; how it begins and ends is
`bots.running`'s.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

from bots.assistant import Assistant
from bots.base import (
    Base,
    MakeConnector,
    archives_of,
    audit_of,
    figures_of,
    inbox_of,
    opened,
    register_of,
    rotated,
    sessions_of,
)
from bots.gauges import gauges, parts, service_gauges
from bots.reload import PolicyReload
from bots.running import alive, announce, held, log_from, notify, prepare, regularly, together
from bots.summariser import Summariser
from bots.synthesis import Synthesis
from core import telemetry
from core.bot import Bot
from core.config.settings import CredentialsSettings, Settings
from core.connector import Address, Connector
from core.connector.upkeep import Upkeep
from core.delivery.outbox import Budget, Outbox
from core.documents.sandbox.sandbox import Sandbox
from core.export.c2pa_manifest import Credentials
from core.http.page_access import PageAccess
from core.http.pages import Pages, Service
from core.http.server import Health, is_ready
from core.http.server import serve as serve_health
from core.http.verifier_page import VerifierPage
from core.models.access import observe, open_models
from core.models.second_reader import SecondReader
from core.provenance.record import Register, Signer
from core.provenance.signing import SigningKeys
from core.provenance.verifying import FileExaminer
from core.sensitivity.level import Level
from core.sessions.controls import Controls
from core.sessions.erasure import Journal
from core.sessions.figures import Counts, ServiceFigures
from core.store.memory_alarm import MemoryAlarm
from core.store.presence import Presence
from core.telemetry import configure, log, metrics
from core.turn.attachments import AttachmentReader
from core.turn.handover import Handovers
from core.turn.services import Services
from core.turn.support import SupportDesk
from core.worker.intake import Intake
from core.worker.job_context import JobContext
from core.worker.worker import Worker

COUNT_EVERY = 60.0
"""Seconds between two counts of what is shown of days and weeks."""


def composed_bots(*, mail: bool) -> tuple[Bot, ...]:
    """The bots, in the order in which they are asked whether they want an event; with mailboxes, theirs."""
    assistant = Assistant()
    of_mail = (Synthesis(assistant, clock=time.monotonic),) if mail else ()
    return *of_mail, Summariser(), assistant


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
        stack.enter_context(held(settings.data_dir))
        if settings.otlp is not None:
            otlp, ca_file = settings.otlp, settings.ca_file
            telemetry.start_tracing(otlp.url, share=otlp.share, replica=base.replica, ca_file=ca_file)
            stack.push_async_callback(asyncio.to_thread, telemetry.stop_tracing)
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
        models = await stack.enter_async_context(open_models(settings, base.policy, sandbox, observe))
        figures, alarm = figures_of(base), MemoryAlarm(base.store)
        connectors: dict[str, Connector] = {}
        controls = Controls(base.store, base.vault, time.time)
        sessions = sessions_of(base, lambda: alarm.fullness)
        archives = settings.archive and archives_of(base, sessions, settings.archive)
        services = Services(
            controls=controls,
            policy=base.policy,
            sessions=sessions,
            inbox=inbox,
            models=models,
            reading=AttachmentReader(sandbox, connectors),
            jail=sandbox,
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
        bots = composed_bots(mail=bool(settings.mail))
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
            parts_of = replace(base, sandbox=sandbox, peers=presence, stored=inbox.stored, upkeep=upkeep)
            connector = make(parts_of, outbox.echoed)
            connectors[connector.name] = connector
        gc.freeze()
        gc.enable()  # `relais run` imports without it
        worker = Worker(JobContext(services=services, outbox=outbox, bots=bots, max_age=settings.max_age))
        states = partial(parts, base.store, worker, outbox, upkeep)
        if service:
            pages = _pages(base, figures, controls, signer, register, sandbox)
            health = Health(
                states,
                metrics,
                before=lambda: metrics.sandbox(sandbox.level or "not started", enough=sandbox.enough),
                public_keys=lambda: signer.keys,
                webhooks=[hook for each in connectors.values() if (hook := each.webhook)],
                pages=[route for page in pages for route in page.routes],
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
            lambda: figures.watch(ready=is_ready(states().values())),
            lambda: gauges(inbox, outbox.waits),
            lambda: rotated(base),
            alive,
            controls.look,
            reload.look,
            *([archives.look] if archives else []),
        ]
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, reload.ask)
        for number, level in ((signal.SIGUSR1, "debug"), (signal.SIGUSR2, settings.log_level)):
            loop.add_signal_handler(number, partial(log_from, level, settings.log_format))
        keeping = [
            upkeep.keep(name, partial(each.run, intake.deliver), ready=each.ready, returns=not service)
            for name, each in connectors.items()
        ]
        notify("READY=1")
        prepared = asyncio.Event()
        beside = [
            announce(connectors, upkeep, prepared, ready),
            prepare(sandbox, prepared),
            presence.keep(),
            regularly(lambda: service_gauges(figures, models), COUNT_EVERY),
        ]
        await together(worker, keeping, [*map(regularly, looks), *beside])


def _credentials(given: CredentialsSettings) -> Credentials:
    return Credentials(given.certificates.read_bytes(), given.key.reveal().encode(), time.time)


def _pages(
    base: Base, figures: ServiceFigures, controls: Controls, signer: Signer, register: Register, jail: Sandbox
) -> tuple[Pages, VerifierPage]:
    """The pages for people: of the service, and of who verifies an answer."""
    http, days = base.settings.http, base.policy.retention.register_days
    service = Service(
        policy=base.policy,
        contacts=base.contacts,
        organisation=http.organisation,
        language=base.settings.language,
        archives=base.settings.archive is not None,
    )
    access = PageAccess(token=http.token, header=http.proxy_header, proxies=http.proxies)
    pages = Pages(figures, access, service, lambda: controls.announcement)
    files = FileExaminer(jail, lambda: signer.keys, register)
    verifier = VerifierPage(service, lambda: signer.keys, register, files, days)
    return pages, verifier
