"""A homeserver that costs next to nothing: what a bot needs of the client-server API, in this process.

Real homeservers take many times the CPU of the bot for a message, so that a bench on one measures the
homeserver. This one stores, orders and distributes events, keys and to-device messages as Synapse does (one
global order, tokens of /sync valid for every device of an account), and judges nothing. Correctness is
proved on a real one.

People are no clients: `rooms[id].heard` is called with each event of the room (see tests/rig/citizens.py),
and its API is in tests/rig/stub_api.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Room:
    """`events` are in order; `heard` is called with each that is not the homeserver's own."""

    id: str
    state: list[Json]
    events: list[tuple[int, Json]] = field(default_factory=list)
    heard: Callable[[Json], None] = lambda _: None


@dataclass
class Device:
    """A logged-in device of an account, with what it uploaded and what waits for it."""

    user: str
    id: str
    keys: Json = field(default_factory=dict)
    one_time: dict[str, Json] = field(default_factory=dict)
    fallback: dict[str, Json] = field(default_factory=dict)
    inbox: list[tuple[int, Json]] = field(default_factory=list)

    def claim(self) -> Json:
        if self.one_time:
            return dict([self.one_time.popitem()])
        return dict(self.fallback)


@dataclass
class Account:
    """A bot's account: its devices, and the news of all its rooms in one order."""

    user: str
    password: str
    news: list[tuple[int, str, Json]] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    identity: Json = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Stub:
    """See the module. `sent` counts messages of bots."""

    def __init__(self) -> None:
        self.url = ""
        self.name = "stub"
        self.rooms: dict[str, Room] = {}
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Device] = {}
        self.people: dict[str, Any] = {}
        """By user id: what has `device_keys`, `claim()` and `to_device(event)`."""
        self.sent = 0
        self.unknown: set[str] = set()
        self.position = 0
        self.transactions: dict[tuple[str, str], str] = {}

    def register(self, name: str, password: str) -> str:
        user = f"@{name}:{self.name}"
        self.accounts[user] = Account(user, password)
        return user

    # -- events ---------------------------------------------------------------------------------------

    def open_room(self, id: str, state: list[Json]) -> Room:
        """A room with this state; its members of ours are told of it."""
        room = self.rooms[id] = Room(id, [self._event(id, each) for each in state])
        for event in room.state:
            self._place(room, event)
        return room

    def post(self, room: Room, sender: str, kind: str, content: Json, **more: Any) -> Json:
        """An event of a person or a bot, distributed."""
        event = self._event(room.id, {"type": kind, "sender": sender, "content": content, **more})
        self._place(room, event)
        return event

    def to_device(self, user: str, device: str, event: Json) -> None:
        account = self.accounts.get(user)
        if account is None:
            self.people[user].to_device(event)
        elif device in account.devices:
            self.position += 1
            account.devices[device].inbox.append((self.position, event))
            self._tell(account)

    def claim(self, user: str, device: str) -> Json:
        account = self.accounts.get(user)
        return account.devices[device].claim() if account else self.people[user].claim()

    def _event(self, room: str, event: Json) -> Json:
        self.position += 1
        now = int(time.time() * 1000)
        return {"event_id": f"${self.position}", "room_id": room, "origin_server_ts": now, **event}

    def _place(self, room: Room, event: Json) -> None:
        self.position += 1
        room.events.append((self.position, event))
        room.heard(event)
        for member in room.state:
            account = self.accounts.get(member.get("state_key", ""))
            if member["type"] == "m.room.member" and account is not None:
                account.news.append((self.position, room.id, event))
                self._tell(account)

    def _tell(self, account: Account) -> None:
        account.changed.set()
        account.changed = asyncio.Event()
