"""A device that is connected: everything that talks to the homeserver, put together."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.tchap.api import Api, Patience
from connectors.tchap.config import TchapConfig
from connectors.tchap.crypto import Machine
from connectors.tchap.device import Device
from connectors.tchap.history import TchapHistory
from connectors.tchap.invitations import Invitations
from connectors.tchap.listener import Listener
from connectors.tchap.lookup import Lookup
from connectors.tchap.media import Scanner, TchapFiles
from connectors.tchap.pending import Pending
from connectors.tchap.private import TchapPrivate
from connectors.tchap.rooms import Rooms, Served, server_of
from connectors.tchap.sending import Sender
from connectors.tchap.timeline import Timeline
from connectors.tchap.unreadable import Unreadable
from core.connector import First, Notebook, OnEcho, Shelf, Stored
from core.upkeep import Upkeep

Spawn = Callable[[Coroutine[Any, Any, None]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the connector is given by the replica that it belongs to.

    `folder` holds the device, its keys and its lock; `notebook` belongs to this device, `shared` and `shelf`
    to all devices of the account; `pickle_key` seals the keys on disk. `on_echo` hears of the account's
    messages (see `Echo`); `stored` says what siblings have read, `is_first` which rooms are this replica's to
    read first, `tag` names a person in logs, `upkeep` hears that nobody is heard.
    """

    folder: Path
    notebook: Notebook
    shared: Notebook
    shelf: Shelf
    pickle_key: str
    on_echo: OnEcho | None = None
    stored: Stored | None = None
    is_first: First = lambda _: True
    tag: Callable[[str], str] = lambda _: ""
    upkeep: Upkeep = field(default_factory=Upkeep)
    clock: Callable[[], float] = time.time


class Line:
    """The parts of one connected device. `spawn` runs a coroutine beside the listener."""

    def __init__(
        self,
        api: Api,
        machine: Machine,
        device: Device,
        config: TchapConfig,
        wiring: Wiring,
        patience: Patience,
        *,
        spawn: Spawn,
    ) -> None:
        me, clock = device.user, wiring.clock
        served = Served(
            allowed=frozenset(config.allowed_servers) or frozenset({server_of(me)}),
            guests=frozenset(config.guest_servers),
        )
        welcome = served.allowed | served.guests
        rooms = self.rooms = Rooms(api, wiring.notebook, me=me, served=served, clock=clock)
        lookup = self.lookup = Lookup(api, machine, me, on_echo=wiring.on_echo, clock=clock)
        pending = Pending(wiring.notebook, clock)
        self.files = TchapFiles(
            api, Scanner.of(api, config.content_scanner) if config.content_scanner else None
        )
        self.invitations = Invitations(
            api,
            wiring.notebook,
            me=me,
            welcome=welcome,
            reason=config.decline_reason,
            spawn=spawn,
            clock=clock,
        )
        self.timeline = Timeline(
            api,
            machine,
            rooms,
            lookup,
            pending,
            self.invitations,
            wiring.stored,
            me=me,
            bots=frozenset(config.bots),
            backfill_age=config.backfill_age,
            clock=clock,
        )
        self.unreadable = Unreadable(api, machine, rooms, self.timeline, pending, patience, wiring.stored)
        self.listener = Listener(
            api,
            machine,
            rooms,
            self.timeline,
            pending,
            self.unreadable,
            self.invitations,
            wiring.notebook,
            wiring.shared,
            patience,
            is_first=wiring.is_first,
            device=device,
            clock=clock,
        )
        self.sender = Sender(api, machine, rooms, lookup, self.files, me=me, spawn=spawn)
        self.history = TchapHistory(api, rooms, machine.open, me=me)
        self.private = TchapPrivate(api, rooms, me=me, servers=welcome, secret=wiring.pickle_key)
