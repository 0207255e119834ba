"""`relais run`, `relais chat` and `relais doctor`: which connectors there are, and how each is made."""

from __future__ import annotations

import getpass
import sys
import time
from dataclasses import replace

from bots.compose import Base, MakeConnector, run
from core.connector import Connector, Pace, Person
from core.errors import ConfigurationError
from core.settings import Settings, load_settings
from core.store.notebook import StoredNotebook
from core.texts import texts


def tchap(base: Base) -> Connector:
    """The Tchap connector of this replica; its device belongs to the data folder."""
    from connectors.tchap.config import SYNAPSE_DEFAULT, TchapConfig
    from connectors.tchap.connector import TchapConnector

    settings = base.settings.tchap
    if settings is None:
        raise ConfigurationError("RELAIS_TCHAP__HOMESERVER", "is missing", "Give it")
    config = TchapConfig(
        homeserver=settings.homeserver,
        user=settings.user,
        password=settings.password.reveal() if settings.password else "",
        access_token=settings.access_token.reveal() if settings.access_token else "",
        cross_signing_seed=settings.cross_signing_seed.reveal() if settings.cross_signing_seed else "",
        allowed_servers=settings.allowed_servers,
        guest_servers=settings.guest_servers,
        content_scanner=settings.content_scanner,
        ca_file=base.settings.ca_file,
        pace=Pace(per_second=settings.messages_per_second, burst=SYNAPSE_DEFAULT.burst),
        backfill_age=base.settings.max_age,
        decline_reason=texts(base.settings.language, base.contacts).invitation_refused(),
    )
    return TchapConnector(
        config,
        folder=base.settings.data_dir / "tchap",
        notebook=StoredNotebook(base.store, base.vault, f"tchap|{base.replica}"),
        pickle_key=base.vault.tag("tchap", "pickle"),
    )


def makers(settings: Settings) -> list[MakeConnector]:
    """The connectors whose settings are present. Raises ConfigurationError when there are none."""
    found: list[MakeConnector] = []
    if settings.tchap is not None:
        found.append(tchap)
    if not found:
        raise ConfigurationError(
            "RELAIS_TCHAP__HOMESERVER",
            "no connector is configured",
            "Give the Tchap settings, or try `relais chat` or `make demo`",
        )
    return found


async def serve() -> int:
    """Run every configured connector until told to end."""
    settings = load_settings()
    began = time.monotonic()

    def ready() -> None:
        sys.stdout.write(f"relais ready ({time.monotonic() - began:.1f} s)\n")
        sys.stdout.flush()

    await run(settings, makers(settings), ready=ready)
    return 0


async def chat() -> int:
    """The assistant in this terminal, without a platform."""
    settings = load_settings()
    await run(quiet(settings), [console], ready=lambda: None, http=False)
    return 0


def console(base: Base) -> Connector:
    """The terminal as a platform, for the person who runs it."""
    from bots.assistant import Assistant
    from connectors.console.connector import ConsoleConnector
    from connectors.console.terminal import Screen

    return ConsoleConnector(
        stdin=sys.stdin.fileno(),
        screen=Screen.on(sys.stdout),
        interactive=sys.stdin.isatty(),
        person=Person(id=f"console:{getpass.getuser()}"),
        language=base.settings.language,
        urgent=Assistant().urgent,
    )


def quiet(settings: Settings) -> Settings:
    """On a terminal that a person reads, only errors are logged, unless more is asked for."""
    return settings if settings.log_level != "info" else replace(settings, log_level="error")


async def doctor(*, as_json: bool) -> int:
    """Check each dependency, with the remedy."""
    from bots import doctor

    return await doctor.doctor(as_json=as_json, probes=[("Tchap", probe_tchap)])
