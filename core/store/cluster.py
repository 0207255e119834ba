"""All nodes of a Cluster as if they were one server: a wire to each master, and each command to its own.

Which master has which slot is read from the Cluster: at start, when a node sends a command elsewhere (MOVED),
and every second while a master cannot be reached, whose place another one may have taken. A command that was
sent elsewhere was not executed, so it may be sent again.

Messages that are published reach every node; one wire listens, the one of the first partition.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from redis.crc import key_slot
from redis.exceptions import RedisError

from core.errors import StoreUnavailable
from core.language.operators import Phrase
from core.store.place import SecuredConnection, StoreAddress, ask
from core.store.wire import Command, ErrorReply, Wire

Node = tuple[str, int]
LOOK_EVERY = 1.0
"""Seconds between two looks at the Cluster while a master is away."""
HOPS = 5
"""Times that a command is sent on."""
_HOME = key_slot(b"{0}")


class Cluster:
    """What `Wire` is for one server."""

    partitions = 8
    """Which are spread over its masters; a store keeps for good what it began with."""

    def __init__(
        self, place: StoreAddress, *, greeting: Sequence[Command], explain: Callable[[], Phrase | str]
    ) -> None:
        self._place = place
        self._greeting = greeting
        self._explain = explain
        self._wires: dict[Node, Wire] = {}
        self._ends: list[int] = []
        self._owners: list[Node] = []
        self._channels: dict[str, Callable[[bytes], None]] = {}
        self._listening: Wire | None = None
        self._group: asyncio.TaskGroup | None = None
        self._running: dict[Node, asyncio.Task[None]] = {}

    @property
    def connected(self) -> bool:
        return bool(self._owners) and all(self._wires[node].connected for node in set(self._owners))

    @property
    def parts(self) -> list[Wire]:
        """A wire to each master."""
        return [self._wires[node] for node in dict.fromkeys(self._owners)]

    async def open(self) -> None:
        """Learn the Cluster's nodes and open a wire to each master. Raises RedisError, OSError."""
        await self._look()
        for wire in self.parts:
            await wire.open()

    async def run(self) -> None:
        """Keep the wires open, and know where they lead, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for node in self._wires:
                    self._running[node] = group.create_task(self._wires[node].run())
                while True:
                    await asyncio.sleep(LOOK_EVERY)
                    if not self.connected:
                        await self._look_again()
        finally:
            self._group = None
            await self.close()

    async def close(self) -> None:
        for wire in self._wires.values():
            await wire.close()

    def listen(self, channel: str, call: Callable[[bytes], None]) -> None:
        self._channels[channel] = call
        if self._listening is not None:
            self._listening.listen(channel, call)

    async def call(self, commands: Sequence[Command]) -> list[Any]:
        """The replies, in order. Commands for one slot that follow each other travel together; what comes
        after them leaves when they are answered. Raises StoreUnavailable."""
        replies: list[Any] = []
        while len(replies) < len(commands):
            first = len(replies)
            slot, end = _slot(commands[first]), first + 1
            while end < len(commands) and _slot(commands[end]) == slot:
                end += 1
            replies += await self._send(slot, commands[first:end])
        return replies

    async def spread(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands of which none waits for another."""
        calls = [self._send(_slot(command), [command]) for command in commands]
        return [reply for replies in await asyncio.gather(*calls) for reply in replies]

    async def _send(self, slot: int, commands: Sequence[Command]) -> list[Any]:
        node = self._owner(slot)
        replies = await self._on(node, commands)
        for _ in range(HOPS):
            sent_on = [i for i, reply in enumerate(replies) if _is(reply, "MOVED", "ASK")]
            if not sent_on:
                break
            again = [commands[i] for i in sent_on]
            for i, reply in zip(sent_on, await self._elsewhere(replies[sent_on[0]], again), strict=True):
                replies[i] = reply
        return replies

    async def _elsewhere(self, reply: ErrorReply, commands: Sequence[Command]) -> list[Any]:
        """Follow `MOVED slot host:port`, or `ASK …`, which is for this once."""
        word, _, address = str(reply).split()[:3]
        host, _, port = address.rpartition(":")
        node = (host or self._place.hosts[0][0], int(port))
        if word == "MOVED":
            await self._look_again()
            return await self._on(node, commands)
        asking = [each for command in commands for each in (("ASKING",), command)]
        return (await self._on(node, asking))[1::2]

    async def _on(self, node: Node, commands: Sequence[Command]) -> list[Any]:
        try:
            return await self._wire(node).call(commands)
        except StoreUnavailable:
            await self._look_again()
            raise

    def _owner(self, slot: int) -> Node:
        at = bisect_left(self._ends, slot)
        if at == len(self._owners):
            raise StoreUnavailable(self._explain())
        return self._owners[at]

    def _wire(self, node: Node) -> Wire:
        if node not in self._wires:
            dial = self._place.node(*node)
            wire = Wire(lambda: SecuredConnection(dial()), greeting=self._greeting, explain=self._explain)
            self._wires[node] = wire
            if self._group is not None:
                self._running[node] = self._group.create_task(wire.run())
        return self._wires[node]

    async def _look_again(self) -> None:
        try:
            await self._look()
        except (RedisError, OSError, StoreUnavailable, TimeoutError):
            return  # soon again

    async def _look(self) -> None:
        """Ask whichever node answers first who has which slots, and keep a wire to each master."""
        error: Exception = StoreUnavailable(self._explain())
        for host, port in dict.fromkeys([*self._owners, *self._place.hosts]):
            try:
                ranges = await self._ranges(host, port)
            except (RedisError, OSError, TimeoutError) as failure:
                error = failure
                continue
            self._ends = [end for end, _ in ranges]
            self._owners = [node for _, node in ranges]
            await self._rewire()
            return
        raise error

    async def _ranges(self, host: str, port: int) -> list[tuple[int, Node]]:
        reply: list[Any] = await ask(self._place.node(host, port), "CLUSTER", "SLOTS")
        ranges = [(int(end), (_text(node[0]) or host, int(node[1]))) for _, end, node, *_ in reply]
        return sorted(ranges)

    async def _rewire(self) -> None:
        masters = set(self._owners)
        for node in self._wires.keys() - masters:
            wire = self._wires.pop(node)
            if task := self._running.pop(node, None):
                task.cancel()
            await wire.close()
        for node in masters:
            self._wire(node)
        home = self._wire(self._owner(_HOME))
        if home is not self._listening:
            self._listening = home
            for channel, call in self._channels.items():
                home.listen(channel, call)


def _slot(command: Command) -> int:
    """The slot of a command's key; of one without a key, that of the first partition."""
    match command:
        case ("EVALSHA", _, _, key, *_):
            pass
        case (
            "PING" | "INFO" | "PUBLISH" | "TIME" | "SCRIPT" | "BGREWRITEAOF" | "CONFIG" | "ECHO" | "EVAL",
            *_,
        ):
            return _HOME
        case (_, key, *_):
            pass
        case _:
            return _HOME
    return key_slot(key if isinstance(key, bytes) else str(key).encode())


def _is(reply: Any, *words: str) -> bool:
    return isinstance(reply, ErrorReply) and str(reply).split(" ", 1)[0] in words


def _text(word: Any) -> str:
    return word.decode() if isinstance(word, bytes) else str(word or "")
