"""The stage of the chaos: one account, one store, and replicas that are killed at a given step.

Each replica has its own way to the homeserver and to the store. A `Trap` lies on all of them: the first
replica that takes the armed step is killed with SIGKILL there and then, before or after the other side has
acted.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from connectors.tchap.contents import GROWING
from tests.chaos.store_proxy import Side, store_proxy
from tests.rig.gateway import FakeGateway
from tests.rig.homeserver import Homeserver
from tests.rig.proxy import Forward, Proxy, drop, proxy
from tests.rig.relais import PUNCTUAL, Relais, relais
from tests.rig.valkey import Valkey, valkey

KEYS = json.dumps(["un secret de plus de trente-deux caractères, pour le chaos"])
SIDES: tuple[Side, Side] = ("before", "after")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Point:
    """A step of an answer, and the side of it on which the replica dies. The steps:

    `message` the homeserver tells of the question; `enqueue`, `sync` it is stored, acknowledged; `claim`;
    `beginning`, `growing`, `last` or, for a short or a late answer, `post`: what is sent; `deletion` of the
    beginning of a late one; `posted`, `final`: its record; `finish`."""

    step: str
    side: Side

    def __str__(self) -> str:
        return f"{self.side} {self.step}"


@dataclass(eq=False)
class Lane:
    """One replica and its ways."""

    process: Relais
    way: Proxy
    kills: int = 0

    def kill(self) -> None:
        """At once, in the middle of whatever is under way."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.kills += 1


@dataclass
class Trap:
    """Armed with a point; `sprung` tells that it has killed `victim`."""

    point: Point | None = None
    sprung: asyncio.Event = field(default_factory=asyncio.Event)
    victim: Lane | None = None

    def arm(self, point: Point) -> None:
        self.point, self.victim = point, None
        self.sprung.clear()

    def springs(self, lane: Lane, side: Side, step: str) -> bool:
        if self.point != Point(step, side):
            return False
        self.point, self.victim = None, lane
        lane.kill()
        self.sprung.set()
        return True


@dataclass
class Stage:
    """`user` is the bot's account."""

    user: str
    server: Homeserver
    store: Valkey
    gateway: FakeGateway
    lanes: list[Lane]
    trap: Trap
    begun: asyncio.Event
    """The beginning of an answer was sent."""

    async def revive(self) -> None:
        """Start every replica that is dead."""
        dead = [lane for lane in self.lanes if not lane.process.running]
        await asyncio.gather(*(lane.process.start(60.0) for lane in dead))


def step_in_store(name: str, command: list[bytes], reply: Any) -> str:
    """What a command means for an answer."""
    if name == "put":
        fields = command[7::2]
        if b"final" in fields:
            return "final"
        return "posted" if any(field.startswith(b"p:") for field in fields) else ""
    if name == "place":
        return "posted"
    if name == "claim" and reply is not None and not reply[1]:
        return ""
    return name


def step_in_request(body: bytes) -> str:
    """What a message that is sent means for an answer."""
    content = json.loads(body or b"{}")
    edits = content.get("m.relates_to", {}).get("rel_type") == "m.replace"
    if content.get(GROWING):
        return "growing" if edits else "beginning"
    return "last" if edits else "post"


def brings_message(body: bytes, user: str) -> bool:
    """Does this answer of /sync tell of a message by somebody else?"""
    rooms = json.loads(body).get("rooms", {}).get("join", {})
    events = (event for room in rooms.values() for event in room.get("timeline", {}).get("events", ()))
    return any(event["type"] == "m.room.encrypted" and event["sender"] != user for event in events)


def lay(trap: Trap, lane: Lane, user: str, begun: asyncio.Event) -> None:
    """Lay the trap on the replica's way to the homeserver, which tells that an answer has begun."""

    async def sends(request: web.Request, forward: Forward) -> web.Response:
        step = step_in_request(await request.read())
        if trap.springs(lane, "before", step):
            return await drop(request, forward)
        response = await forward()
        if step == "beginning":
            begun.set()
        return await drop(request, forward) if trap.springs(lane, "after", step) else response

    async def deletes(request: web.Request, forward: Forward) -> web.Response:
        if trap.springs(lane, "before", "deletion"):
            return await drop(request, forward)
        response = await forward()
        return await drop(request, forward) if trap.springs(lane, "after", "deletion") else response

    async def syncs(request: web.Request, forward: Forward) -> web.Response:
        response = await forward()
        body = response.body
        if (
            trap.point == Point("message", "after")
            and isinstance(body, bytes)
            and brings_message(body, user)
            and trap.springs(lane, "after", "message")
        ):
            return await drop(request, forward)
        return response

    lane.way.add(sends, path="/send/m.room", method="PUT")
    lane.way.add(deletes, path="/redact/", method="PUT")
    lane.way.add(syncs, path="/sync", method="GET")


@asynccontextmanager
async def stage(
    folder: Path, server: Homeserver, gateway: FakeGateway, *, replicas: int
) -> AsyncGenerator[Stage]:
    """A new account with this many replicas, ready."""
    name, password = f"chaos-{next(_numbers)}", "le mot de passe du robot"
    user = await server.register(name, password, displayname="Assistant")
    trap, begun = Trap(), asyncio.Event()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(valkey(folder / "store", tcp=True, appendfsync="always"))
        lanes: list[Lane] = []
        for number in range(replicas):
            way = await stack.enter_async_context(proxy(server.base_url))

            def observe(side: Side, name: str, command: list[bytes], reply: Any, at: int = number) -> bool:
                return at < len(lanes) and trap.springs(lanes[at], side, step_in_store(name, command, reply))

            to_store = await stack.enter_async_context(store_proxy(store.url, observe))
            environment = {
                "RELAIS_TCHAP__HOMESERVER": way.url,
                "RELAIS_TCHAP__USER": user,
                "RELAIS_TCHAP__PASSWORD": password,
                "RELAIS_TCHAP__CROSS_SIGNING_SEED": f"seed of {name}, long enough to be one".ljust(48, "."),
                "RELAIS_TCHAP__MESSAGES_PER_SECOND": "100",
                "RELAIS_GATEWAY__URL": gateway.url,
                "RELAIS_GATEWAY__MODEL": gateway.models[0],
                "RELAIS_STORE__URL": to_store.url,
                "RELAIS_STORE__KEYS": KEYS,
            }
            start = relais(folder / f"replica-{number}", environment, program=PUNCTUAL)
            process = await stack.enter_async_context(start)
            lanes.append(Lane(process=process, way=way))
            lay(trap, lanes[-1], user, begun)
        yield Stage(
            user=user, server=server, store=store, gateway=gateway, lanes=lanes, trap=trap, begun=begun
        )
