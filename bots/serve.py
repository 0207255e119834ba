"""`relais run`, `relais chat` and `relais doctor`: which connectors there are, and how each is made."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from bots.base import Base, MakeConnector, sessions_of
from bots.replica import composed_bots, run
from core.config.checks import CheckResult
from core.config.python import needed
from core.config.settings import MailSettings, Settings, load_settings
from core.connector import Address, Connector, OnEcho, Person
from core.delivery.outbox import Budget, slow
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError
from core.language.operators import tell
from core.sessions.erasure import erased_since
from core.sessions.repository import Sessions
from core.store.valkey import StoredNotebook, StoredShelf
from core.telemetry import log
from core.texts import texts

if TYPE_CHECKING:
    from bots.cli.doctor_checks import Probe
    from connectors.mail.config import BoxConfig
    from connectors.slack.config import SlackConfig
    from connectors.tchap.config import TchapConfig


def tchap(base: Base, on_echo: OnEcho) -> Connector:
    """The Tchap connector of this replica; its device belongs to the data folder."""
    from connectors.tchap.config import Wiring
    from connectors.tchap.connector import TchapConnector

    config = tchap_config(base.settings, texts(base.settings.language, base.contacts).invitation_refused())
    wiring = Wiring(
        folder=base.settings.data_dir / "tchap",
        notebook=StoredNotebook(base.store, base.vault, f"tchap|{base.replica}"),
        shared=StoredNotebook(base.store, base.vault, "tchap"),
        shelf=StoredShelf(base.store, base.vault, "tchap", ttl=base.policy.retention.session_days * 86_400.0),
        pickle_key=base.vault.tag("tchap", "pickle"),
        on_echo=on_echo,
        stored=base.stored,
        peers=base.peers,
        upkeep=base.upkeep,
        tag=partial(base.vault.tag, "person"),
    )
    return TchapConnector(config, wiring)


def tchap_config(settings: Settings, decline_reason: str) -> TchapConfig:
    """The connector's part of the settings. Raises ConfigurationError without one."""
    from connectors.tchap.config import SYNAPSE_DEFAULT, TchapConfig

    account = settings.tchap
    if account is None:
        raise ConfigurationError("RELAIS_TCHAP__HOMESERVER", "settings.missing_homeserver")
    return TchapConfig(
        homeserver=account.homeserver,
        user=account.user,
        password=account.password.reveal() if account.password else "",
        access_token=account.access_token.reveal() if account.access_token else "",
        cross_signing_seed=account.cross_signing_seed.reveal() if account.cross_signing_seed else "",
        allowed_servers=account.allowed_servers,
        guest_servers=account.guest_servers,
        bots=account.bots,
        content_scanner=account.content_scanner,
        display_name=account.display_name,
        picture=account.picture,
        ca_file=settings.ca_file,
        pace=replace(SYNAPSE_DEFAULT, per_second=account.messages_per_second),
        backfill_age=settings.max_age,
        decline_reason=decline_reason,
        trust=account.trust,
    )


def mail(base: Base, _on_echo: OnEcho) -> Connector:
    """All mailboxes of the settings, as one connector."""
    from connectors.mail.connector import MailConnector

    if base.sandbox is None:
        raise TypeError("mails are read in the sandbox")

    async def erased(person: str, since: float) -> bool:
        who = base.vault.tag("person", person)
        return bool(await erased_since(base.store, [who], int(1_000 * since)))

    return MailConnector(
        [mailbox(base.settings, box) for box in base.settings.mail],
        notebooks=lambda name: StoredNotebook(base.store, base.vault, f"mail|{name}"),
        shelves=lambda name: StoredShelf(base.store, base.vault, f"mail|{name}", ttl=KEPT),
        sandbox=base.sandbox,
        erased=erased,
        upkeep=base.upkeep,
    )


KEPT = 7 * 86_400.0
"""Seconds that a posted mail is kept at most."""


def mailbox(settings: Settings, box: MailSettings) -> BoxConfig:
    """One mailbox of the settings, for the connector."""
    from connectors.mail.config import BoxConfig
    from connectors.mail.safety import Rules
    from connectors.mail.server import Tokens, server
    from core.tls import trusting

    address = box.address.lower()
    context = trusting(settings.ca_file, to="mail")
    done, failed, quarantine = box.folders
    return BoxConfig(
        rules=Rules(
            address=address,
            authserv_id=box.authserv_id or "",
            domains=frozenset(box.allowed_domains or (address.rpartition("@")[2],)),
        ),
        imap=server(box.imap_url.reveal(), box=address, context=context) if box.imap_url else None,
        smtp=server(box.smtp_url.reveal(), box=address, context=context),
        folders=(done, failed, quarantine),
        language=settings.language,
        secret=box.webhook_secret.reveal() if box.webhook_secret else "",
        tokens=Tokens(box.oauth_token_url, box.oauth_client.reveal(), context=trusting(settings.ca_file))
        if box.oauth_token_url and box.oauth_client
        else None,
    )


def slack(base: Base, on_echo: OnEcho) -> Connector:
    """The Slack app of the settings."""
    from connectors.slack.config import Wiring
    from connectors.slack.connector import SlackConnector
    from core.tls import trusting

    sessions = sessions_of(base)

    async def language_of(person: str) -> str | None:
        return (await sessions.profile(person)).language

    return SlackConnector(
        slack_configs(base.settings),
        Wiring(
            on_echo=on_echo,
            shelf=lambda name: StoredShelf(
                base.store, base.vault, f"slack|{name}", ttl=base.policy.retention.session_days * 86_400.0
            ),
            budget=Budget(base.store, base.vault),
            contact=base.contacts.help or "",
            language_of=language_of,
            upkeep=base.upkeep,
            tls=trusting(base.settings.ca_file),
        ),
    )


def slack_configs(settings: Settings) -> list[SlackConfig]:
    """The connector's part of the settings, one for each installation."""
    from connectors.slack.config import SlackConfig

    several = len(settings.slack) > 1
    return [
        SlackConfig(
            bot_token=app.bot_token.reveal(),
            signing_secret=app.signing_secret.reveal() if app.signing_secret else "",
            app_token=app.app_token.reveal() if app.app_token else "",
            api_url=app.api_url if app.api_url.endswith("/") else f"{app.api_url}/",
            channels=frozenset(app.channels),
            language=settings.language,
            setting=f"RELAIS_SLACK[{number}]" if several else "RELAIS_SLACK",
        )
        for number, app in enumerate(settings.slack)
    ]


def makers(settings: Settings) -> list[MakeConnector]:
    """The connectors whose settings are present. Raises ConfigurationError when there are none."""
    found: list[MakeConnector] = []
    if settings.tchap is not None:
        found.append(tchap)
    if settings.slack:
        found.append(slack)
    if settings.mail:
        found.append(mail)
    if not found:
        for platform, why in settings.left_out:
            raise ConfigurationError(f"RELAIS_{platform.upper()}", "settings.only_wrong", why=why)
        raise ConfigurationError("RELAIS_TCHAP__HOMESERVER", "settings.no_connector")
    return found


def support_of(settings: Settings) -> Address | None:
    """Where the support reads: its room of Tchap, or its mailbox, written to from the first of ours."""
    support = settings.support
    if support is None or support.mailbox is None:
        return support and Address(connector="tchap", conversation=support.room or "")
    if not settings.mail:  # left out, since its settings are wrong
        return None
    from connectors.mail.events import address_of, hashed

    return address_of(settings.mail[0].address, support.mailbox, hashed("support"))


async def serve(sandbox: Sandbox) -> int:
    """Run every configured connector until told to end; files are read in this sandbox."""
    settings = load_settings()
    if patched := needed():
        log.warning(
            "python_outdated",
            version=platform.python_version(),
            reason=tell("doctor_python.update", version=patched),
        )
    began = time.monotonic()

    def ready() -> None:
        sys.stdout.write(f"relais ready ({time.monotonic() - began:.1f} s)\n")
        sys.stdout.flush()

    await run(
        settings,
        makers(settings),
        ready=ready,
        support=support_of(settings),
        sandbox=sandbox,
        meanwhile=partial(_import_connectors, settings),
    )
    return 0


def _import_connectors(settings: Settings) -> None:
    """Import what `makers` makes: it takes as long as the embedded store to start."""
    for name in ("tchap", "slack", "mail"):
        if getattr(settings, name):
            import_module(f"connectors.{name}.connector")


async def chat() -> int:
    """The assistant in this terminal, without a platform."""
    settings = load_settings()
    await run(quiet(settings), [console], ready=lambda: None, service=False)
    return 0


def console(base: Base, _on_echo: OnEcho) -> Connector:
    """The terminal as a platform, for the person who runs it."""
    from bots.cli.inputs import person_here
    from connectors.console.connector import ConsoleConnector
    from connectors.console.terminal import surface
    from core.understanding import COMMANDS, stops

    return ConsoleConnector(
        surface=surface(sys.stdin, sys.stdout, commands=COMMANDS),
        person=Person(id=person_here()),
        language=base.settings.language,
        urgent=lambda message: stops(message.text, place="direct"),
    )


def quiet(settings: Settings) -> Settings:
    """On a terminal that a person reads, only errors are logged, unless more is asked for."""
    return settings if settings.log_level != "info" else settings.model_copy(update={"log_level": "error"})


async def doctor(*, as_json: bool) -> int:
    """Check each dependency, with the remedy."""
    from bots.cli import doctor

    return await doctor.doctor(as_json=as_json, probes=platform_probes())


def platform_probes() -> list[tuple[str, Probe]]:
    """What `relais doctor` asks of each platform of the settings."""
    from bots.cli.doctor_checks import Check, named
    from bots.cli.doctor_store import send_rate
    from connectors.tchap.probe import probe

    def checks(name: str, found: Sequence[CheckResult]) -> list[Check]:
        return [named(name, each) for each in found]

    async def tchap(settings: Settings) -> list[Check]:
        if settings.tchap is None:
            return []
        config = tchap_config(settings, "")
        support = (settings.support and settings.support.room) or ""
        found = checks("Tchap", await probe(config, settings.data_dir / "tchap", support=support))
        granted = await send_rate(settings, f"tchap:{config.user}")
        rate = config.pace.per_second * (granted or 1.0)
        if rate < ENOUGH:
            told = slow(rate, config.pace.remedy)
            hint = tell("serve.say_if_granted")
            found.append(Check(name="Tchap", ok=granted is None or granted >= 1.0, detail=told, remedy=hint))
        return found

    async def mail(settings: Settings) -> list[Check]:
        from connectors.mail.probe import probe

        support = (settings.support and settings.support.mailbox) or ""
        first, *more = settings.mail or [None]
        found = await probe(mailbox(settings, first), support=support) if first else []
        found += [each for box in more if box for each in await probe(mailbox(settings, box))]
        return checks("Courriel", found)

    async def slack(settings: Settings) -> list[Check]:
        from connectors.slack.probe import probe
        from core.tls import trusting

        tls = trusting(settings.ca_file)
        configs = slack_configs(settings)
        return checks("Slack", [each for config in configs for each in await probe(config, tls=tls)])

    return [("Tchap", tchap), ("Slack", slack), ("Courriel", mail)]


async def rooms(action: str, id: str | None, *, as_json: bool) -> int:
    """Tell where the bot is in Tchap, with what is set there, or have it leave a room."""
    import orjson

    from bots.cli.audit import note_act, opened_beside
    from connectors.tchap.probe import inventory

    settings = load_settings()
    config = tchap_config(settings, "")
    async with inventory(config, settings.data_dir / "tchap") as there, opened_beside(settings) as base:
        if action == "leave":
            if not id:
                sys.stderr.write(tell("serve.leave_without_id"))
                return 2
            await note_act(base, "room_leave", about=base.vault.tag("room", f"tchap:{id}"))
            await there.leave(id)
            sys.stdout.write(tell("serve.left", id=id))
            return 0
        found = await there.rooms()
        if as_json:
            kept = sessions_of(base)
            shown = [{**asdict(room), "settings": await _settled(kept, room.id)} for room in found]
            sys.stdout.write(orjson.dumps(shown, default=str, option=orjson.OPT_INDENT_2).decode() + "\n")
            return 0
    for room in found:
        facts = [
            tell("serve.members", count=room.members),
            tell("serve.encrypted") if room.encrypted else tell("serve.in_clear"),
            *(["public"] if room.open else []),
            *([] if room.may_speak else [tell("serve.mute")]),
        ]
        sys.stdout.write(f"{room.id}\t{', '.join(facts)}\n")
    return 0


async def _settled(kept: Sessions, room: str) -> dict[str, object]:
    """What a Tchap room has set of each bot."""
    import orjson

    address = Address(connector="tchap", conversation=room)
    settled = {bot.name: await kept.settled(address, bot.name) for bot in composed_bots(mail=False)}
    return {bot: orjson.loads(raw) for bot, raw in settled.items() if raw}


ENOUGH = 1.0
"""Messages a second that a service of many people needs at least."""
