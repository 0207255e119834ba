"""A device that is connected: everything that talks to the homeserver, put together."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from connectors.tchap.api import Api
from connectors.tchap.config import TchapConfig
from connectors.tchap.crypto import Machine
from connectors.tchap.device import Device
from connectors.tchap.history import TchapHistory
from connectors.tchap.invitations import Invitations
from connectors.tchap.listener import Listener
from connectors.tchap.lookup import Echoes, Lookup
from connectors.tchap.media import TchapFiles
from connectors.tchap.patience import Patience
from connectors.tchap.pending import Pending
from connectors.tchap.private import TchapPrivate
from connectors.tchap.raw import server_of
from connectors.tchap.rooms import Rooms
from connectors.tchap.scanner import Scanner
from connectors.tchap.sending import Sender
from connectors.tchap.siblings import Sharing, Siblings
from connectors.tchap.timeline import Timeline
from connectors.tchap.unreadable import Unreadable
from core.connector import First, Notebook, OnEcho, Shelf, Stored

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Line:
    """The parts of one connected device. `spawn` runs a coroutine beside the listener; `secret` is the same
    on all devices of the account."""

    def __init__(
        self,
        api: Api,
        machine: Machine,
        device: Device,
        config: TchapConfig,
        notebook: Notebook,
        shared: Notebook,
        shelf: Shelf,
        patience: Patience,
        *,
        secret: str,
        spawn: Spawn,
        clock: Callable[[], float],
        on_echo: OnEcho | None,
        stored: Stored | None,
        is_first: First,
    ) -> None:
        me = device.user
        allowed = frozenset(config.allowed_servers) or frozenset({server_of(me)})
        guests = frozenset(config.guest_servers)
        self.servers = allowed, guests
        rooms = self.rooms = Rooms(api, notebook, me=me, clock=clock)
        siblings = Siblings(machine, shelf)
        lookup = Lookup(api, siblings, me)
        pending = Pending(notebook, clock)
        self.files = TchapFiles(
            api, Scanner.of(api, config.content_scanner) if config.content_scanner else None
        )
        self.invitations = Invitations(
            api,
            notebook,
            me=me,
            welcome=allowed | guests,
            reason=config.decline_reason,
            spawn=spawn,
            clock=clock,
        )
        self.echoes = Echoes(lookup, on_echo, clock)
        self.timeline = Timeline(
            api,
            machine,
            siblings,
            rooms,
            lookup,
            pending,
            self.echoes,
            self.invitations,
            me=me,
            bots=frozenset(config.bots),
            backfill_age=config.backfill_age,
            clock=clock,
        )
        self.unreadable = Unreadable(api, machine, siblings, rooms, self.timeline, pending, patience, stored)
        sharing = Sharing(me, is_first, stored)
        self.listener = Listener(
            api,
            machine,
            siblings,
            rooms,
            self.timeline,
            pending,
            self.unreadable,
            sharing,
            self.invitations,
            notebook,
            shared,
            patience,
            device=device,
            clock=clock,
        )
        self.sender = Sender(
            api, machine, rooms, lookup, self.files, me=me, servers=self.servers, spawn=spawn
        )
        self.history = TchapHistory(api, rooms, siblings.open, me=me)
        self.private = TchapPrivate(api, rooms, me=me, servers=allowed | guests, secret=secret)
