"""What a replica and the commands beside it are made of: the store, and what is known before any platform."""

from __future__ import annotations

import math
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.archives.archives import Archives, to_folder, to_url
from core.archives.seda import Agencies
from core.config.settings import ArchiveSettings, Settings, replica_name
from core.connector import Connector, OnEcho, Peers, Stored
from core.connector.upkeep import Upkeep
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError
from core.inbox.inbox import Inbox
from core.policy.file import PolicyFile, load_policy
from core.provenance.record import Register
from core.sessions.figures import ServiceFigures
from core.sessions.repository import Sessions
from core.store.embedded import others_data
from core.store.keyring import unlock
from core.store.valkey import Store, open_store
from core.texts import Contacts, DataNotice
from core.tls import trusting
from core.turn.audit import Audit
from core.turn.audit_packs import Heads
from core.turn.timestamps import Stamps
from core.vault import Keys, Vault, folder_keys


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
    peers: Peers | None = None
    """The other replicas; None while this is none."""
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


def figures_of(base: Base) -> ServiceFigures:
    return ServiceFigures(base.store, base.vault, time.time)


async def rotated(base: Base) -> None:
    """Take over the keys of the data folder when `relais keys rotate` has changed them."""
    if not base.settings.store.keys:
        base.vault.keys.adopt(folder_keys(base.settings.data_dir))
