"""The store: how relais reaches Valkey or Redis, which rules its data follow there, what connectors keep.

**Keys.** All data of a conversation lies in one partition `relais:{p}:…`; the braces put a partition into
one slot of a Cluster, so that a script may touch all of it. A single server gains nothing from many
partitions and has one. Names of people, conversations and messages appear in keys as keyed hashes only
(`Vault.tag`); content is sealed.

**Scripts.** What must happen together is one Lua script (`*.lua` beside this module, with `prelude.lua`
before it), called by its hash. A script is given the key prefix of its partition as its only key, and
takes the time from the server, so that replicas need no common clock.

**Errors.** This module, and `elsewhere` for redis-py’s, alone turn errors of the server into StoreError.

**Connectors** keep in it, sealed, a shelf of what expires (`StoredShelf`) and a notebook of what stays
(`StoredNotebook`).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.connector import Shelved
from core.errors import StoreError, StoreUnavailable
from core.language.operators import Phrase, tell
from core.store.embedded import Embedded, answers
from core.store.fitness import check, memory
from core.store.wire import Command, ErrorReply, SocketConnection, Wire, Word
from core.tls import unreached
from core.vault import Vault

if TYPE_CHECKING:
    from core.store.cluster import Cluster

REWRITE_EVERY, REWRITE_AGAIN = 3600, 60
"""Seconds between two rewrites of the server's log for erasures, and after one that could not be."""
TEMPORARY = (
    "OOM", "MISCONF", "READONLY", "LOADING", "NOREPLICAS", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "BUSY",
)  # fmt: skip
"""First words of the server's errors that pass, and for which the same call may be made again."""
REFUSING = {
    "OOM": "store.full",
    "MISCONF": "store.cannot_write",
    "NOREPLICAS": "store.too_few",
}
"""First words of the errors by which a server that answers takes nothing, and the key of what is said."""
REFUSED = 30.0
"""Seconds for which a refusal counts: replicas write every few seconds."""


def _scripts() -> dict[str, str]:
    folder = Path(__file__).parent
    prelude = (folder / "prelude.lua").read_text()
    found: dict[str, str] = {}
    for path in folder.glob("*.lua"):
        first, _, body = path.read_text().partition("\n")
        if path.stem != "prelude":
            found[path.stem] = f"{first}\n{prelude}{body}"
    return found


_SOURCES = _scripts()
_HASHES = {name: hashlib.sha1(source.encode()).hexdigest() for name, source in _SOURCES.items()}  # noqa: S324 - EVALSHA's
_LOADING: tuple[Command, ...] = tuple(("SCRIPT", "LOAD", source) for source in _SOURCES.values())


class Store:
    """The open store. Every method raises StoreUnavailable when the server is away or full."""

    def __init__(self, wire: Wire | Cluster, *, partitions: int = 1) -> None:
        self._wire = wire
        self.partitions = partitions
        self._refused = -REFUSED, ""

    @property
    def connected(self) -> bool:
        """Is there a connection to the server? For readiness: it says nothing of the next call."""
        return self._wire.connected

    @property
    def trouble(self) -> str:
        """Why the store is not ready: away, or it lately refused what was written; empty when it is."""
        at, why = self._refused
        return "away" if not self.connected else tell(why) if time.monotonic() - at < REFUSED else ""

    def key(self, of: int | str, *names: str) -> str:
        """The key of `names` in the partition of this number, or in that of what the tag `of` (hexadecimal,
        from `Vault.tag`) names."""
        partition = of if isinstance(of, int) else int(of[:8], 16) % self.partitions
        return ":".join((f"relais:{{{partition}}}", *names))

    def script(self, name: str, of: int | str, *args: Word) -> Command:
        """A call of the script `name`.lua, to be run by `run` or `batch`: in the partition of this number, or
        in that of what the tag `of` names, which is the first argument then."""
        words = args if isinstance(of, int) else (of, *args)
        return ("EVALSHA", _HASHES[name], 1, self.key(of), *words)

    async def run(self, command: Command) -> Any:
        """The server's reply to one command: bytes, int, None, or a list or dict of these."""
        return (await self.batch((command,)))[0]

    async def now(self) -> int:
        """Milliseconds since 1970 by the server's clock."""
        seconds, micros = await self.run(("TIME",))
        return int(seconds) * 1000 + int(micros) // 1000

    async def batch(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that travel together, executed in order but each for itself."""
        return await self._completed(commands, self._wire.call)

    async def spread(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands of which none waits for another."""
        return await self._completed(commands, self._wire.spread)

    async def _completed(self, commands: Sequence[Command], call: Call) -> list[Any]:
        replies = await call(commands)
        missing = [
            i
            for i, reply in enumerate(replies)
            if isinstance(reply, ErrorReply) and str(reply).startswith("NOSCRIPT")
        ]
        if missing:  # somebody emptied the server's cache of scripts
            for part in self._wire.parts:
                await part.call(_LOADING)
            again = await call([commands[i] for i in missing])
            for i, reply in zip(missing, again, strict=True):
                replies[i] = reply
        for reply in replies:
            if isinstance(reply, ErrorReply):
                if why := REFUSING.get(str(reply).partition(" ")[0]):
                    self._refused = time.monotonic(), why
                raise _translated(reply)
        return replies

    async def scan(self) -> AsyncGenerator[tuple[str, str]]:
        """All keys that there are from begin to end of the scan, each with its type; some may come twice."""
        for part in self._wire.parts:
            cursor = b"0"
            while True:
                ((cursor, keys),) = await part.call([("SCAN", cursor, "MATCH", "relais:*", "COUNT", 500)])
                kinds = await part.call([("TYPE", key) for key in keys])
                for key, kind in zip(keys, kinds, strict=True):
                    yield kind.decode(), key.decode()
                if cursor == b"0":
                    break

    async def everywhere(self, command: Command) -> list[Any]:
        """The reply of each server to a command that names no key."""
        replies = [reply for part in self._wire.parts for reply in await part.call([command])]
        for reply in replies:
            if isinstance(reply, ErrorReply):
                raise _translated(reply)
        return replies

    async def memory(self) -> tuple[int, int]:
        """Bytes that the fullest server holds, and how many it may: 0 when it has no limit."""
        found = [await memory(part) for part in self._wire.parts]
        return max(found, key=lambda one: one[0] / (one[1] or float("inf")))

    async def rewrite_later(self) -> None:
        """Have the server's log written anew, without what was erased, within `REWRITE_EVERY`: what is gone
        from the store stays, sealed, in that log until then. Raises StoreUnavailable."""
        await self.run(self.script("due", 0))
        with suppress(StoreUnavailable):  # a full store's is written anew once there is room
            await self.rewrite()

    async def rewrite(self) -> None:
        """Write the log anew if something was erased since, and it was not for `REWRITE_EVERY`; to be called
        every few seconds. A rewrite of a large store takes much of its disk: many erasures share one."""
        due, done = self.key(0, "rewrite", "due"), self.key(0, "rewrite", "done")
        if (noted := await self.run(("GET", due))) is None:
            return
        if not await self.run(("SET", done, 1, "NX", "EX", REWRITE_EVERY)):
            return
        begun = [await _rewriting(part) for part in self._wire.parts]
        # It stays due until all have begun, whatever ends this replica meanwhile.
        await self.run(self.script("due", 0, noted) if all(begun) else ("EXPIRE", done, REWRITE_AGAIN))

    def subscribe(self, channel: str, call: Callable[[bytes], None]) -> None:
        """Have `call` called with each message published on `channel` (best effort: some may be lost)."""
        self._wire.listen(channel, call)


async def _rewriting(part: Wire) -> bool:
    """Have a server write its log anew. False: one is under way, it is forbidden, or the server is away."""
    try:
        (reply,) = await part.call([("BGREWRITEAOF",)])
    except StoreUnavailable:
        return False
    return not isinstance(reply, ErrorReply)


def _translated(error: ErrorReply) -> StoreError:
    if str(error).startswith(TEMPORARY):
        known = REFUSING.get(str(error).partition(" ")[0])
        return StoreUnavailable(Phrase("store.no_writes", why=Phrase(known) if known else error))
    return StoreError(Phrase("store.refused", why=error))


Call = Callable[[Sequence[Command]], Awaitable[list[Any]]]


@asynccontextmanager
async def open_store(
    *,
    url: str | None = None,
    data_dir: Path,
    ca_file: Path | None = None,
    partitions: int | None = None,
    beside: bool = False,
    meanwhile: Callable[[], None] = lambda: None,
) -> AsyncGenerator[Store]:
    """The store at `url` (see core/store/place.py), or with none the embedded one of `data_dir`.

    `partitions`: other than the store's own number, for tests. `beside`: for a command that may be given
    while relais runs on the same data folder, it uses the embedded server that runs already; without it, that
    is refused. `meanwhile` is called while the embedded server starts.

    Raises ConfigurationError (a wrong URL, password or folder), StoreRefused (must not be used: it evicts,
    keeps nothing, or is in use) or StoreUnavailable (cannot be reached, disk full), each with the remedy.
    """
    if url is None:
        reached = _embedded(Embedded(data_dir, beside=beside), meanwhile, beside=beside)
    else:  # with redis-py, which an embedded store does without: 0.08 s and 10 MB
        from core.store.elsewhere import reach

        reached = reach(url, ca_file, greeting=_LOADING)
    async with reached as wire, _running(wire.run()):
        for part in wire.parts:
            await check(part)
        yield Store(wire, partitions=partitions or await _layout(wire))


@asynccontextmanager
async def _embedded(server: Embedded, meanwhile: Callable[[], None], *, beside: bool) -> AsyncGenerator[Wire]:
    """An open wire to the server of a data folder: it is started, and kept running meanwhile, unless it runs
    already and this is a command `beside`."""
    wire = partial(Wire, partial(SocketConnection, server.socket), greeting=[("HELLO", 3), *_LOADING])
    if beside and await answers(server.socket):
        place = Phrase("store.unreachable", place=server.socket)
        yield await _open(wire(explain=lambda: place), server.socket)
        return
    await server.start(meanwhile)
    try:
        async with _running(server.watch()):
            yield await _open(wire(explain=server.explain), server.socket)
    finally:
        await server.stop()


async def _open(wire: Wire, socket: Path) -> Wire:
    try:
        await wire.open()
    except OSError as error:
        why = unreached(error)
        raise StoreUnavailable(Phrase("store.unreachable_start", place=socket, why=why)) from None
    return wire


@asynccontextmanager
async def _running(keeping: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run this meanwhile. What is raised within is raised as it is, and not in a group."""
    failure: BaseException | None = None
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(keeping)
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - raised below
            failure = error
        keeper.cancel()
    if failure is not None:
        raise failure


async def _layout(wire: Wire | Cluster) -> int:
    """How many partitions the store has: as many as when it was first used."""
    first = ("SET", "relais:partitions", wire.partitions, "NX")
    _, kept = await wire.call([first, ("GET", "relais:partitions")])
    if isinstance(kept, ErrorReply):
        raise _translated(kept)
    return int(kept)


class StoredShelf:
    """`core.connector.Shelf` in the store: values that all replicas find, by conversation and name; they
    expire by themselves. `owner` names the connector.

    A name may stand for several variants, side by side: whoever puts one replaces no other. All that a
    conversation has there goes at once (`clear`), or bit by bit, each name `ttl` seconds after it was put
    last."""

    def __init__(self, store: Store, vault: Vault, owner: str, *, ttl: float) -> None:
        self._store = store
        self._vault = vault
        self._owner = owner
        self._ttl = round(ttl * 1000)

    async def put(self, conversation: str, values: Iterable[Shelved]) -> None:
        tag = self._tag(conversation)
        words: list[Word] = []
        for one in values:
            variant = self._vault.tag("variant", one.variant)
            context = self._context(conversation, one.name, variant)
            words += [
                self._tag(conversation, one.name),
                variant,
                self._vault.seal(one.value, context=context),
            ]
        await self._store.run(self._store.script("shelve", tag, self._ttl, *words))

    async def get(self, conversation: str, name: str) -> list[bytes]:
        return (await self.read((conversation, name)))[0]

    async def read(self, *places: tuple[str, str]) -> list[list[bytes]]:
        found = await self._store.spread([("HGETALL", self._place(*each)) for each in places])
        return [self._opened(*each, sealed) for each, sealed in zip(places, found, strict=True)]

    def _place(self, conversation: str, name: str) -> str:
        return self._store.key(self._tag(conversation), "shelved", self._tag(conversation, name))

    def _opened(self, conversation: str, name: str, found: Mapping[bytes, bytes]) -> list[bytes]:
        values = (
            self._vault.try_open(sealed, context=self._context(conversation, name, variant.decode()))
            for variant, sealed in found.items()
        )
        return [value for value in values if value is not None]

    async def clear(self, conversation: str) -> None:
        tag = self._tag(conversation)
        await self._store.run(self._store.script("unshelve", tag))

    def _tag(self, *names: str) -> str:
        return self._vault.tag("shelf", self._owner, *names)

    def _context(self, conversation: str, name: str, variant: str) -> str:
        return f"shelf|{self._owner}|{conversation}|{name}|{variant}"


_KIND = re.compile(r"([a-z-]*)[:|]")


class StoredNotebook:
    """`core.connector.Notebook` in the store: a sync token, undecryptable events; sealed, one hash per
    device. `owner` names the connector and the device.

    A note's name may hold that of a room or a person: the hash's field is the kind of the note, a word of
    ours before the name's first `:` or `|`, and a tag; the name is sealed with the note. What was not sealed
    for its place counts as missing."""

    def __init__(self, store: Store, vault: Vault, owner: str) -> None:
        self._store = store
        self._vault = vault
        self._owner = owner
        tag = vault.tag("notebook", owner)
        self._place = store.key(tag, "notebook", tag)

    async def get(self, name: str) -> bytes | None:
        field = self._field(name)
        sealed = await self._store.run(("HGET", self._place, field))
        note = None if sealed is None else self._opened(field, sealed)
        return None if note is None else note[1]

    async def set(self, name: str, value: bytes) -> None:
        field = self._field(name)
        note = name.encode() + b"\0" + value
        sealed = self._vault.seal(note, context=f"notebook|{self._owner}|{field}")
        await self._store.run(("HSET", self._place, field, sealed))

    async def delete(self, *names: str) -> None:
        await self._store.run(("HDEL", self._place, *map(self._field, names)))

    async def items(self, prefix: str) -> dict[str, bytes]:
        """Those of the prefix's kind are chosen by the server: a notebook holds all rooms' states beside."""
        kind = _KIND.match(prefix)
        match = f"{kind[1]}:*" if kind else "*"
        found: dict[bytes, bytes] = {}
        cursor = b"0"
        while True:
            cursor, flat = await self._store.run(
                ("HSCAN", self._place, cursor, "MATCH", match, "COUNT", 1000)
            )
            found |= dict(zip(flat[::2], flat[1::2], strict=True))
            if cursor == b"0":
                break
        notes = (self._opened(field.decode(errors="replace"), sealed) for field, sealed in found.items())
        return dict(sorted(note for note in notes if note is not None and note[0].startswith(prefix)))

    def _field(self, name: str) -> str:
        kind = _KIND.match(name)
        return f"{kind[1] if kind else ''}:{self._vault.tag('note', self._owner, name)}"

    def _opened(self, field: str, sealed: bytes) -> tuple[str, bytes] | None:
        """The name of a note and what it says."""
        opened = self._vault.try_open(sealed, context=f"notebook|{self._owner}|{field}")
        if opened is None:
            return None
        name, _, value = opened.partition(b"\0")
        return name.decode(), value
