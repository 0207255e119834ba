"""The settings of one replica: every name, what it means and what it must be.

A setting is a field of the classes below, and its name is spelt from the field's: `Settings.tchap.user` is
`RELAIS_TCHAP__USER`. A part (gateway, tchap, slack, each mailbox) is None when none of its names is given,
and wrong when only some of those that it needs are. All that is wrong is told at once, with the remedy, and
no message holds a value that may be secret.

pydantic-settings builds them; `core.config.settings_reader` is its source, and words what is wrong.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, cast

from core.config import parsers as values
from core.config.environment import Environment, Secret, read_environment
from core.config.settings_reader import Root, SettingsPart, missing, option, read, required
from core.config.settings_reader import known_names as names_of
from core.errors import ConfigurationError, ConfigurationErrors
from core.language.operators import os_reason

Language = Literal["fr", "en"]

PLATFORMS = ("tchap", "slack", "mail")
"""The parts of the settings that a replica may do without, by the names of their connectors."""
_CONTACT = values.text
_MATRIX_USER = values.matching(r"@[^:\s]+:\S+|[a-z0-9._=/+-]+", "settings.matrix_user")
_MAIL_ADDRESS = values.matching(r"[^@\s]+@[^@\s]+", "settings.mail_address")
_REPLICA = values.matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "settings.short_name")


class StoreSettings(SettingsPart):
    """Valkey/Redis. Without `url` the embedded Valkey runs and `keys` are generated in the data folder."""

    url: Secret | None = option(
        values.store_url,
        secret=True,
    )
    keys: tuple[Secret, ...] = option(values.one_or_array(values.long_secret), default=(), secret=True)
    """Newest first."""


class GatewaySettings(SettingsPart):
    """One gateway without a policy file (`core.policy.file` says which clearance it gets)."""

    url: str = required(values.url("http", "https", example="https://gateway.example.fr/v1"))
    model: str = required(values.text)
    api_key: Secret | None = option(Secret, secret=True)


class TchapSettings(SettingsPart):
    """The bot's Matrix account. A password, an access token or both."""

    homeserver: str = required(values.url("https", "http", example="https://matrix.agent.example.fr"))
    user: str = required(_MATRIX_USER)
    password: Secret | None = option(Secret, secret=True)
    access_token: Secret | None = option(Secret, secret=True)
    cross_signing_seed: Secret | None = option(values.long_secret, secret=True)
    """None: generated in the data folder."""
    allowed_servers: tuple[str, ...] = option(values.array(values.server_name), default=())
    """Whose invitations are accepted; empty: the bot's own homeserver only."""
    guest_servers: tuple[str, ...] = option(values.array(values.server_name), default=())
    """Accepted too, but their users are outside guests, which lowers a conversation's ceiling."""
    bots: tuple[str, ...] = option(
        values.array(values.matching(r"@[^:\s]+:\S+", "settings.matrix_bots")),
        default=(),
    )
    """Accounts of other programs: what they say is no person's."""
    content_scanner: str | None = option(values.url("https", "http", example="https://scanner.example.fr"))
    display_name: str = option(values.text, default="")
    """What people read as the account's name; empty: the account keeps its own."""
    picture: Path | None = option(values.existing_file)
    """A file that the account shows as its picture; None: the account keeps its own."""
    trust: Literal["signed", "identity", "any"] = option(
        values.choice("signed", "identity", "any"), default="identity"
    )
    """Whose devices read and are answered: those that their owner verified, and with `identity` those of
    people who have no cryptographic identity, which `any` asks of nobody."""
    messages_per_second: float = option(values.rate, default=0.2)
    """Granted to the account: more than Synapse’s default where it has `override_ratelimit`."""


class SlackSettings(SettingsPart):
    """A Slack app: over Socket Mode with `app_token`, else by webhooks checked with `signing_secret`."""

    bot_token: Secret = required(Secret, secret=True)
    signing_secret: Secret | None = option(Secret, secret=True)
    app_token: Secret | None = option(Secret, secret=True)
    api_url: str = option(
        values.url("https", "http", example="https://slack.com/api/"), default="https://slack.com/api/"
    )
    channels: tuple[str, ...] = option(values.array(values.text), default=())
    """Ids or names of the channels in which it answers; empty: wherever it was invited."""


class MailSettings(SettingsPart):
    """One mailbox. `folders` are those that people see, in order: done, failed, quarantine."""

    address: str = required(_MAIL_ADDRESS)
    smtp_url: Secret = required(
        values.secret_url("smtps", "smtp", example="smtps://user:password@smtp.example.fr"), secret=True
    )
    imap_url: Secret | None = option(
        values.secret_url("imaps", "imap", example="imaps://user:password@imap.example.fr"), secret=True
    )
    authserv_id: str | None = option(values.text)
    """The name that our own server writes in Authentication-Results (RFC 8601); no other is believed."""
    allowed_domains: tuple[str, ...] = option(values.array(values.domain), default=())
    """Empty: the domain of `address` only."""
    folders: tuple[str, ...] = option(values.array(values.text), default=("Traités", "Échecs", "Quarantaine"))
    oauth_token_url: str | None = option(
        values.url("https", "http", example="https://login.example.fr/token")
    )
    oauth_client: Secret | None = option(Secret, secret=True)
    webhook_secret: Secret | None = option(values.long_secret, secret=True)


class NoticeSettings(SettingsPart):
    """What the law has people told of the processing of their data (GDPR, article 13; décret 2022-513)."""

    controller: str | None = option(values.text)
    purpose: str | None = option(values.text)
    legal_basis: str | None = option(values.text)
    recipients: str | None = option(values.text)
    homologation: str | None = option(values.text)
    """Reference and date of the decision by which the system may be used."""
    url: str | None = option(values.url("https", "http", example="https://assistant.example.fr/notice"))
    """Where people read the page `/notice`; welcomes link to it."""


class SupportSettings(SettingsPart):
    """Who reads an exchange when its author shows it: in a room of Tchap with the bot, or in a mailbox."""

    room: str | None = option(values.matching(r"![^\s:]+(?::\S+)?", "settings.matrix_room"))
    mailbox: str | None = option(_MAIL_ADDRESS)
    level: Literal["N0", "N1", "N2", "N3"] = option(values.choice("N0", "N1", "N2", "N3"), default="N3")
    """The highest level that they may read, below what the channel may carry."""


class ArchiveSettings(SettingsPart):
    """Where sessions go that are to be archived: a folder or an endpoint; and what the archives agreed on."""

    agency: str = required(values.text)
    """The identifier of the archives, in SEDA's ArchivalAgency."""
    origin: str = required(values.text)
    """That of the service that hands over, in TransferringAgency."""
    agreement: str = option(values.text, default="")
    folder: Path | None = option(values.path)
    url: str | None = option(values.url("https", "http", example="https://archives.example.fr/versements"))
    token: Secret | None = option(Secret, secret=True)


class CredentialsSettings(SettingsPart):
    """The certificate with which PDFs get a manifest of C2PA: PEM, the signing one first; and its key."""

    certificates: Path = required(values.existing_file)
    key: Secret = required(Secret, secret=True)


class OtlpSettings(SettingsPart):
    """An OpenTelemetry collector that is given traces of the way of messages, over HTTP, without content."""

    url: str = required(values.url("https", "http", example="https://collecteur.example.fr/v1/traces"))
    share: float = option(values.share, default=1.0)
    """Of all messages, those that are traced."""


class AuditSettings(SettingsPart):
    """A server of RFC 3161 that timestamps the heads of the audit trail, and who vouches for it."""

    timestamp_url: str = required(values.url("https", "http", example="https://horodatage.example.fr/tsa"))
    timestamp_ca: Path = required(values.existing_file)
    """PEM certificates of its authority, the root among them."""


class HttpSettings(SettingsPart):
    """Health, metrics, webhooks and pages. `/chiffres` is for who bears the token, or for whom the reverse
    proxy says by its header, which is believed from `proxies` alone; without either for this machine."""

    bind: tuple[str, int] = option(values.bind, default=("127.0.0.1", 8080))
    token: Secret | None = option(values.long_secret, secret=True)
    proxy_header: str | None = option(values.matching(r"[A-Za-z0-9-]+", "settings.header"))
    proxies: tuple[IPv4Network | IPv6Network, ...] = option(
        values.array(values.network), default=(IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    )
    organisation: str = option(values.text, default="République Française")
    """Whose pages they are, as their head says."""


class Settings(Root):
    """Everything that was given. Made by `load_settings`."""

    data_dir: Path = option(values.path, default=Path("data"))
    policy: Path | None = option(values.existing_file)
    replica: str | None = option(_REPLICA)
    max_age: float = option(values.seconds, default=86_400.0)
    """Seconds; older questions are told, not answered."""
    contact: str | None = option(_CONTACT)
    security_contact: str | None = option(_CONTACT)
    care_contact: str | None = option(_CONTACT)
    """Who listens to an agent in danger or harassed: occupational doctor, social service, reporting unit."""
    dpo_contact: str | None = option(_CONTACT)
    """Of the delegate for data protection (GDPR, article 13)."""
    template: Path | None = option(values.existing_file)
    """A DOCX that gives exported files their looks."""
    ca_file: Path | None = option(values.existing_file)
    language: Language = option(values.choice("fr", "en"), default="fr")
    start: Literal["strict", "lenient"] = option(values.choice("strict", "lenient"), default="strict")
    """`lenient`: wrong settings of Tchap, of Slack or of mail end these alone, not the start."""
    log_level: str = option(values.choice("debug", "info", "warning", "error"), default="info")
    log_format: str | None = option(values.choice("json", "console"))
    """None: `console` on a terminal, else `json`."""
    store: StoreSettings = StoreSettings()
    http: HttpSettings = HttpSettings()
    otlp: OtlpSettings | None = None
    audit: AuditSettings | None = None
    support: SupportSettings | None = None
    notice: NoticeSettings = NoticeSettings()
    c2pa: CredentialsSettings | None = None
    archive: ArchiveSettings | None = None
    gateway: GatewaySettings | None = None
    tchap: TchapSettings | None = None
    slack: tuple[SlackSettings, ...] = ()
    mail: tuple[MailSettings, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """Platforms that a lenient start does without: each with what is wrong in its settings."""


def load_settings(environ: Mapping[str, str] = os.environ, folder: Path | None = None) -> Settings:
    """The settings of the environment and of `.env` in `folder` (the working directory).

    Raises ConfigurationError, or ConfigurationErrors with all that is wrong.
    """
    environment = read_environment(environ, folder or Path())
    settings, problems = _read_all(environment)
    wrong = {} if environment.get("RELAIS_START") != "lenient" else _by_platform(problems)
    if wrong:
        values = {name: given for name, given in environment.values.items() if _platform(name) not in wrong}
        settings, problems = _read_all(replace(environment, values=values), without=wrong)
        left_out = tuple((platform, str(problem)) for platform, problem in wrong.items())
        settings = settings and settings.model_copy(update={"left_out": left_out})
    ConfigurationErrors.raise_any(problems)
    return cast(Settings, settings)


def _read_all(
    environment: Environment, *, without: Collection[str] = ()
) -> tuple[Settings | None, list[ConfigurationError]]:
    """The settings of an environment, and all that is wrong with them; platforms left out are not missed."""
    problems: list[ConfigurationError] = []
    settings: Settings | None = read(Settings, environment, problems)
    problems += environment.unknown(known_names())
    if settings is not None and not problems:
        problems += _checked(settings, without)
    return settings, problems


def _by_platform(problems: Sequence[ConfigurationError]) -> dict[str, ConfigurationError]:
    """The first problem of each platform; none when one concerns more than platforms."""
    found = {_platform(problem.setting): problem for problem in reversed(problems)}
    return {} if "" in found else found


def _platform(setting: str) -> str:
    """The platform that a setting is of, by its connector's name; else an empty text."""
    return next(
        (each for each in PLATFORMS if re.match(rf"RELAIS_{each}\b|RELAIS_{each}_", setting, re.IGNORECASE)),
        "",
    )


def known_names() -> frozenset[str]:
    """Every name that may be given, those of files included."""
    return names_of(Settings)


def _checked(settings: Settings, without: Collection[str]) -> Iterator[ConfigurationError]:
    """What is wrong between settings that are right by themselves."""
    if settings.store.url and not settings.store.keys:
        yield ConfigurationError("RELAIS_STORE__KEYS", "settings.missing_key")
    tchap = settings.tchap
    if tchap and not (tchap.password or tchap.access_token):
        yield missing("RELAIS_TCHAP__PASSWORD", "RELAIS_TCHAP__USER", other="RELAIS_TCHAP__ACCESS_TOKEN")
    if any(not (app.signing_secret or app.app_token) for app in settings.slack):
        yield missing(
            "RELAIS_SLACK__APP_TOKEN", "RELAIS_SLACK__BOT_TOKEN", other="RELAIS_SLACK__SIGNING_SECRET"
        )
    yield from _checked_twice(settings)
    if settings.support:
        if settings.support.room and not tchap and "tchap" not in without:
            yield missing("RELAIS_TCHAP__HOMESERVER", "RELAIS_SUPPORT__ROOM")
        ours = None if "mail" in without else [box.address.lower() for box in settings.mail]
        yield from _checked_support(settings.support, ours)
    if settings.archive and bool(settings.archive.folder) == bool(settings.archive.url):
        yield missing("RELAIS_ARCHIVE__FOLDER", "RELAIS_ARCHIVE__AGENCY", other="RELAIS_ARCHIVE__URL")
    for box in settings.mail:
        yield from _checked_mailbox(box)


def _checked_twice(settings: Settings) -> Iterator[ConfigurationError]:
    """A workspace or a mailbox that is given twice would be answered twice."""
    tokens = [app.bot_token.reveal() for app in settings.slack]
    if len(set(tokens)) < len(tokens):
        yield ConfigurationError("RELAIS_SLACK", "settings.slack_twice")
    boxes = [box.address.lower() for box in settings.mail]
    for address in sorted({each for each in boxes if boxes.count(each) > 1}):
        yield ConfigurationError("RELAIS_MAIL", "settings.mail_twice", address=address)


def _checked_support(support: SupportSettings, ours: Sequence[str] | None) -> Iterator[ConfigurationError]:
    """`ours`: the assistant's own mailboxes; None where mail is left out."""
    if bool(support.room) == bool(support.mailbox):
        yield missing("RELAIS_SUPPORT__ROOM", "RELAIS_SUPPORT__LEVEL", other="RELAIS_SUPPORT__MAILBOX")
    if support.mailbox and ours is not None and not ours:
        yield ConfigurationError("RELAIS_MAIL__ADDRESS", "settings.missing_box")
    if support.mailbox and support.mailbox.lower() in (ours or ()):
        yield ConfigurationError("RELAIS_SUPPORT__MAILBOX", "settings.support_own")


def _checked_mailbox(box: MailSettings) -> Iterator[ConfigurationError]:
    if not (box.imap_url or box.webhook_secret):
        yield missing("RELAIS_MAIL__IMAP_URL", "RELAIS_MAIL__ADDRESS", other="RELAIS_MAIL__WEBHOOK_SECRET")
    if not box.authserv_id:
        beside = "RELAIS_MAIL__IMAP_URL" if box.imap_url else "RELAIS_MAIL__WEBHOOK_SECRET"
        yield ConfigurationError("RELAIS_MAIL__AUTHSERV_ID", "settings.missing_authserv", beside=beside)
    if bool(box.oauth_token_url) != bool(box.oauth_client):
        yield ConfigurationError("RELAIS_MAIL__OAUTH_CLIENT", "settings.missing_oauth")
    if len(box.folders) != 3:
        yield ConfigurationError("RELAIS_MAIL__FOLDERS", "settings.folders")


def replica_name(settings: Settings, random: Callable[[int], str] = secrets.token_hex) -> str:
    """This replica's name: the setting, else one generated once and kept in the data folder. What is kept is
    only read.

    Two processes that start at once on one folder get the same. Raises ConfigurationError.
    """
    if settings.replica:
        return settings.replica
    path = settings.data_dir / "replica"
    try:
        if not path.exists():
            settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f"replica.{os.getpid()}")
            draft.write_text(f"relais-{random(4)}\n")
            with suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        return _REPLICA(path.read_text())
    except values.Wrong:
        raise ConfigurationError(str(path), "settings.replica") from None
    except OSError as error:
        raise ConfigurationError(
            "RELAIS_DATA_DIR", "settings.data_dir", path=settings.data_dir, why=os_reason(error)
        ) from None
