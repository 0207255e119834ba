"""Records of the audit trail that are packed (a thousand of them, deflated and authenticated as one), and
heads of the trail, kept where who can write to the store cannot: in the data folder, and in the log.

A record takes seven times less room so than in the stream to which it is appended. Who packs has verified
each record and its link. So neither its authentication nor its link need be kept: both are computed again
when the pack is read, and its last link must be the one that the next record names. A pack proves what its
records proved, by the same keys.

Pack `audit-pack:LAST`, where LAST is the number of its last record (`audit-packs` has them in order):

    1 byte   schema; a version that cannot read it raises TooNew
    16 bytes what authenticates the rest, for this place
    deflated: a line of JSON, {"n": number of the first record, "before": link before it}, then a line each

A head names the last record of a moment, and is signed. A trail that was cut, emptied or put back to an
earlier state does not hold the heads that came after. The log's line (`audit_head`, once an hour) is what a
central syslog keeps of it: `relais audit verify --head` takes it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import zlib
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from core.errors import Tampered, TooNew
from core.language.operators import Phrase, tell
from core.store.valkey import Store
from core.store.wire import Command
from core.telemetry import log, metrics
from core.vault import Vault

SIZE = 1000
"""Records of a pack; as many at least stay unpacked."""
MOST = 50
"""Packs that are made at once, where many records wait for it: 2 s of work."""
PAGE = 500
"""Records that are read at once from the stream."""
_SCHEMA = 1
_MAC = 16

Entry = dict[str, Any]
"""A record as it is read: `n`, what it says, `before`, `link`, `mac`, and itself as text (`record`)."""
EVERY = 3600
"""Seconds between two heads of the log."""


class Packs:
    """The packed part of the trail. Methods raise StoreError."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    def entry(self, n: int, record: str, *, before: str, link: str, mac: str, id: str = "") -> Entry:
        """A record with what proves it; `id` is that of the stream, while it lies there."""
        said: dict[str, Any] = orjson.loads(record)
        return {"n": n, "id": id, **said, "before": before, "link": link, "mac": mac, "record": record}

    def wrong(self, entry: Entry) -> Iterator[str]:
        """What shows that a record is not as it was written."""
        n, record, mac = entry["n"], entry["record"], entry["mac"]
        if self._vault.tag("audit", record) != mac:
            yield str(Phrase("trail.false_record", n=n))
        if linked(entry["before"], record, mac) != entry["link"]:
            yield str(Phrase("trail.unlinked", n=n))

    def packed(self, entries: Sequence[Entry]) -> bytes | None:
        """A pack of records that follow each other; None where one is not as it was written."""
        first, last = entries[0], entries[-1]
        follow = all(
            (one["n"] + 1, one["link"]) == (two["n"], two["before"]) for one, two in pairwise(entries)
        )
        if not follow or any(True for entry in entries for _ in self.wrong(entry)):
            return None
        head = orjson.dumps({"n": first["n"], "before": first["before"]}).decode()
        body = zlib.compress("\n".join([head, *(entry["record"] for entry in entries)]).encode(), 9)
        return bytes([_SCHEMA]) + self._proof(last["n"], body) + body

    def opened(self, last: int, pack: bytes, about: str = "") -> list[Entry]:
        """The records of a pack; none where `about` is in none of them. Raises Tampered, TooNew."""
        schema, proof, body = pack[:1], pack[1 : 1 + _MAC], pack[1 + _MAC :]
        if schema and schema[0] > _SCHEMA:
            metrics.too_new.labels("audit").inc()
            raise TooNew(Phrase("trail.too_new", schema=schema[0], known=_SCHEMA))
        if not hmac.compare_digest(proof, self._proof(last, body)):
            raise Tampered(Phrase("trail.false_pack", last=last))
        text = zlib.decompress(body).decode()
        if about not in text:
            return []
        head, *records = text.split("\n")
        start = orjson.loads(head)
        link: str = start["before"]
        found: list[Entry] = []
        for n, record in enumerate(records, start["n"]):
            mac, before = self._vault.tag("audit", record), link
            link = linked(before, record, mac)
            found.append(self.entry(n, record, before=before, link=link, mac=mac))
        return found

    def _proof(self, last: int, body: bytes) -> bytes:
        return bytes.fromhex(self._vault.tag("audit pack", str(last), hashlib.sha256(body).hexdigest()))

    async def entries(self, about: str = "", *, since: int = 0) -> AsyncGenerator[Entry]:
        """All records after number `since` in which `about` stands, oldest first, packed or not, also while
        they are packed. A pack that is not authentic has no records. Raises TooNew."""
        n, after = since, "-"
        while True:
            last, pack, raw = await self._store.run(self._store.script("audit_page", 0, n, after, PAGE))
            if last:
                for entry in self._trusted(int(last), pack, about):
                    if entry["n"] > n:
                        yield entry
                n = int(last)
                continue
            for id, fields in raw:
                entry = self._raw(id, fields)
                n, after = entry["n"], f"({entry['id']}"
                if about in entry["record"] and n > since:
                    yield entry
            if len(raw) < PAGE:
                return

    def _trusted(self, last: int, pack: bytes, about: str) -> list[Entry]:
        try:
            return self.opened(last, pack, about)
        except Tampered as error:
            log.error("audit_pack_refused", error=error)
            return []

    async def pack(self) -> None:
        """Pack the oldest records, when there are enough of them. Two replicas that do pack them once."""
        for _ in range(MOST):
            if await self._store.run(("XLEN", self._trail)) < 2 * SIZE:
                return
            page = await self._store.run(("XRANGE", self._trail, "-", "+", "COUNT", SIZE))
            entries = [self._raw(id, fields) for id, fields in page]
            pack = await asyncio.to_thread(self.packed, entries)
            if pack is None:
                log.error("audit_not_packed", reason=tell("trail.not_packed"))
                return
            first, last = entries[0], entries[-1]
            ids = (first["id"], last["id"])
            if not await self._store.run(self._store.script("audit_pack", 0, last["n"], pack, *ids)):
                return

    async def cut(self, following: Entry) -> None:
        """Let go of what stands before a record, which says itself that this may be."""
        n = following["n"]
        places = self._store.key(0, "audit-packs")
        gone = await self._store.run(("ZRANGE", places, "-inf", f"({n}", "BYSCORE"))
        commands: list[Command] = [("UNLINK", self._place(last.decode())) for last in gone]
        commands.append(("ZREMRANGEBYSCORE", places, "-inf", f"({n}"))
        if following["id"]:
            commands.append(("XTRIM", self._trail, "MINID", following["id"]))
        else:  # within a pack: the rest of it is packed anew
            last, pack, _ = await self._store.run(self._store.script("audit_page", 0, n - 1, "+", 1))
            there = self._trusted(int(last), pack, "") if last else []  # another replica cut it already
            rest = [entry for entry in there if entry["n"] >= n]
            if rest and (again := self.packed(rest)) is not None:
                commands.append(("SET", self._place(last.decode()), again, "XX"))
        await self._store.batch(commands)

    def _place(self, last: str) -> str:
        return self._store.key(0, "audit-pack", last)

    @property
    def _trail(self) -> str:
        return self._store.key(0, "audit")

    def _raw(self, id: bytes, fields: Sequence[bytes]) -> Entry:
        flat = [field.decode() for field in fields]
        raw = dict(zip(flat[::2], flat[1::2], strict=True))
        return self.entry(
            int(raw["n"]),
            raw["record"],
            before=raw["before"],
            link=raw["link"],
            mac=raw["mac"],
            id=id.decode(),
        )


def linked(before: str, record: str, mac: str) -> str:
    """The link of a record, as `audit.lua` makes it."""
    return hashlib.sha1((before + record + mac).encode()).hexdigest()  # noqa: S324


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailHead:
    """Number and link of the last record at a time (seconds since 1970). Written `n:link:at:mac`."""

    n: int
    link: str
    at: int
    mac: str

    def __str__(self) -> str:
        return f"{self.n}:{self.link}:{self.at}:{self.mac}"

    @classmethod
    def parse(cls, text: str) -> TrailHead | None:
        n, _, rest = text.strip().partition(":")
        link, _, rest = rest.partition(":")
        at, _, mac = rest.partition(":")
        if not (n.isdecimal() and at.isdecimal() and mac):
            return None
        return cls(n=int(n), link=link, at=int(at), mac=mac)


def whole_lines(path: Path) -> list[str]:
    """The lines of a file that relais appends to, without a last one that a crash left half-written; none
    where there is no file. Raises OSError."""
    return path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []


def append_line(path: Path, line: str) -> None:
    """Append a whole line, in place of one that a crash left half-written. Raises OSError."""
    with path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(f"{line}\n".encode())


class Heads:
    """The heads that one replica saw: the first of each hour, a line each in `audit-heads` of its data
    folder, and the newest in `audit-head`."""

    def __init__(self, data_dir: Path) -> None:
        self._hourly, self._newest = data_dir / "audit-heads", data_dir / "audit-head"
        self._last: TrailHead | None = None
        self._noted = 0

    def known(self) -> list[str]:
        """Oldest first. Raises OSError."""
        return [*whole_lines(self._hourly), *whole_lines(self._newest)]

    def keep(self, head: TrailHead) -> bool:
        """Keep a head that is new; True: it is the first of its hour. Raises OSError."""
        if self._last is not None and (self._last.n, self._last.link) == (head.n, head.link):
            return False
        self._last = head
        new = self._newest.with_name("audit-head.new")
        new.write_text(f"{head}\n")
        new.replace(self._newest)
        if head.at - self._noted < EVERY:
            return False
        self._noted = head.at
        append_line(self._hourly, str(head))
        log.info("audit_head", reason=str(head))
        return True
