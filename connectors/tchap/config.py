"""What the Tchap connector must be told, and nothing else: settings, and what the replica has for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from connectors.tchap.identities import Trust
from core.connector import Notebook, OnEcho, Pace, Peers, Shelf, Stored
from core.connector.upkeep import Upkeep

SYNAPSE_DEFAULT = Pace(per_second=0.2, burst=10, remedy="delivery.override_ratelimit")
"""Synapse's `rc_message` as shipped; edits count as messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TchapConfig:
    """Settings of one bot account.

    Either `password` or `access_token`. `user` is `@name:server` or the bare name; not needed with a token.
    `allowed_servers` are the agents' servers (empty: the account's own), `guest_servers` those of
    outside guests; invitations from any other are declined. `bots` are the accounts of other programs, by
    their ids. `backfill_age` in seconds: how far
    back a gap in the history is read. `decline_reason` is shown to who invited from elsewhere. `display_name`
    and `picture` are what people see of the account; without them it keeps its own.
    """

    homeserver: str
    user: str = ""
    password: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    cross_signing_seed: str = field(default="", repr=False)
    allowed_servers: tuple[str, ...] = ()
    guest_servers: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    content_scanner: str | None = None
    ca_file: Path | None = None
    pace: Pace = SYNAPSE_DEFAULT
    backfill_age: float = 86_400.0
    decline_reason: str = ""
    trust: Trust = "identity"

    display_name: str = ""
    picture: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the connector is given by the replica that it belongs to.

    `folder` holds the device, its keys and its lock; `notebook` belongs to this device, `shared` and `shelf`
    to all devices of the account; `pickle_key` seals the keys on disk. `on_echo` hears of the account's
    messages (see `Echo`); `stored` says what siblings have read, `peers` which rooms are another replica's to
    read first, `tag` names a person in logs, `upkeep` hears that nobody is heard.
    """

    folder: Path
    notebook: Notebook
    shared: Notebook
    shelf: Shelf
    pickle_key: str
    on_echo: OnEcho | None = None
    stored: Stored | None = None
    peers: Peers | None = None
    tag: Callable[[str], str] = lambda _: ""
    upkeep: Upkeep = field(default_factory=Upkeep)
    clock: Callable[[], float] = time.time
