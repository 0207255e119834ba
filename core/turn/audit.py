"""The audit trail: which decision was made about what, never what it was about.

A record says who (a keyed hash), where (a keyed hash and the kind of audience), the level, the kinds of
evidence, the decision, the model, and the versions of policy and rules. It travels with the commands that
end the job, and goes after the retention (`[retention] audit_days`; CNIL 2021-122).

Tampering shows. The server numbers the records and links each to the one before (SHA-1, all that its
scripts have). Each record is authenticated under a key that the store does not hold, and names the link
that its replica last saw: so whoever takes out, changes or reorders records breaks all that came later.
Cuts show too. At the beginning: records go only after a record of ours said up to which (`expired`). At the
end: every replica keeps signed heads outside the store, in its data folder and in its log
(`core.turn.audit_packs`), and a head must stand in the trail until its records expire. A timestamp server
vouches for them where one is named (`core.turn.timestamps`).

Records that are no longer the newest are packed (`core.turn.audit_packs`), a seventh of their room.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import orjson

from core.connector import Address, AudienceKind
from core.language.operators import Phrase
from core.sensitivity.level import Level, Sublevel
from core.store.valkey import Store
from core.store.wire import Command
from core.turn.audit_packs import Entry, Heads, Packs, TrailHead
from core.turn.timestamps import Stamps
from core.vault import Vault

What = Literal[
    "answered", "refused", "asked", "confirmed", "denied", "raised", "lowered", "withheld",
    "leaked", "continued", "left_out", "archived", "unarchived",
]  # fmt: skip
"""A model was asked; the turn was refused; a doubt was put to the person, who said yes or no; the person
raised the level, or took a doubt back; an answer was not shown, since the audience had changed. What
was refused was a leak there; a question that was refused elsewhere was resumed by its code; a model wrote
what it had not been given, and `why` names its kinds; the session was marked for the archives, or no more."""

DAY = 86_400_000
EXPIRE_EVERY = 3600.0
"""Seconds between two looks for records that have expired."""
PACK_EVERY = 60.0
"""Seconds between two looks for records to pack."""
RECENT = 100_000
"""Links that `verify` holds in memory; those of older records are read again where a record names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `verify` found. `head` is the signed head of the trail; `faults` tell operators what was altered,
    `false_heads` are heads given to it that this trail never signed, which prove nothing of it; `stamped`:
    how many timestamps were judged."""

    count: int
    head: str
    faults: tuple[str, ...]
    false_heads: tuple[str, ...] = ()
    stamped: int = 0


class Audit:
    """`clock` gives seconds since 1970. `policy` is the version in force. `days`: how long records are kept,
    without end where nobody knows. `heads`: where signed heads are kept, outside the store."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        policy: str,
        days: float,
        clock: Callable[[], float],
        heads: Heads | None = None,
        stamps: Stamps | None = None,
    ) -> None:
        self._store = store
        self._vault = vault
        self._policy = policy
        self._keep = days * DAY
        self._clock = clock
        self._seen: tuple[int, str] = (0, "")
        self._heads = heads
        self._stamps = stamps
        self._expired_at = self._packed_at = 0.0
        self._packs = Packs(store, vault)

    def follow(self, policy: str, days: int) -> None:
        """Name this version of the policy from now on, and keep records for so many days."""
        self._policy, self._keep = policy, days * DAY

    async def see(self) -> None:
        """See the end of the trail, for the next record to vouch for."""
        self._seen = await self._head()

    async def look(self) -> None:
        """See the end of the trail, for the next records to vouch for, keep its head, let go of what has
        expired, and pack what is not new. To be called every few seconds."""
        await self.see()
        n, link = self._seen
        if self._heads is not None and n:
            head = self._signed(n, link)
            if self._heads.keep(head) and self._stamps:
                self._stamps.owe(head)
        if self._stamps is not None:
            await self._stamps.look(self._clock())
        if self._clock() - self._expired_at > EXPIRE_EVERY:
            self._expired_at = self._clock()
            await self._expire()
        if self._clock() - self._packed_at > PACK_EVERY:
            self._packed_at = self._clock()
            await self._packs.pack()

    def deciding(
        self,
        what: What,
        *,
        person: str,
        address: Address,
        audience: AudienceKind,
        level: Level,
        sublevel: Sublevel | None = None,
        kinds: Collection[str] = (),
        why: str = "",
        model: str = "",
        rules: str = "",
        ref: str = "",
    ) -> Command:
        """What appends a decision, as a command to travel with others. `kinds` are those of the evidence,
        `why` that of a refusal; `ref` is what people call the message (`core.inbox.dead_letters`)."""
        return self._appending(
            {
                "what": what,
                "who": self._vault.tag("person", person),
                "where": self._vault.tag("conversation", address.connector, address.conversation),
                "audience": audience,
                "level": sublevel or min(level, Level.N4).name,
                "kinds": sorted(set(kinds)),
                "why": why,
                "model": model,
                "policy": self._policy,
                "rules": rules,
                "ref": ref,
            }
        )

    def act(self, what: str, *, by: str, person: str = "", about: str = "") -> Command:
        """What appends an operator's act: its name (`person_erase`), the account that did it, and whom or
        what it concerned."""
        who = self._vault.tag("person", person) if person else ""
        return self._appending({"what": "operator", "act": what, "by": by, "who": who, "about": about})

    def _appending(self, facts: Mapping[str, object]) -> Command:
        record = orjson.dumps({"at": round(self._clock(), 3), **facts, "seen": self._seen}).decode()
        return self._store.script("audit", 0, record, self._vault.tag("audit", record))

    async def write(self, commands: Sequence[Command]) -> None:
        """Append by themselves decisions that travel with nothing else."""
        if commands:
            await self._store.batch(commands)

    def entries(self, about: str = "") -> AsyncGenerator[Entry]:
        """All records, oldest first, each with `n`, `link` and what proves it; with `about`, those in whose
        text it stands. Raises TooNew."""
        return self._packs.entries(about)

    async def find(self, person: str) -> AsyncGenerator[Entry]:
        """The records about a person, oldest first."""
        who = self._vault.tag("person", person)
        async for entry in self.entries(who):
            if entry.get("who") == who:
                yield entry

    async def verify(self, *heads: str, stamps: Path | None = None) -> Verdict:
        """Is the trail whole and unchanged? `heads` are such as earlier exports showed, `stamps` a file of
        timestamps that was kept elsewhere; what was kept here is looked for besides. Raises OSError,
        TooNew."""
        own = self._stamps.judged() if self._stamps else []
        given = self._stamps.judged(stamps) if self._stamps and stamps else []
        stamped = [*own, *given]
        faults = [str(Phrase("trail.stamp", head=head, why=wrong)) for head, wrong in stamped if wrong]
        kept = {*(head for head, _ in own), *(self._heads.known() if self._heads else ())}
        parsed = {head: TrailHead.parse(head) for head in (*heads, *(head for head, _ in given), *kept)}
        signed = {head: each for head, each in parsed.items() if each is not None and self._is_ours(each)}
        false = [head for head in parsed if head not in signed]
        walk = TrailWalk(self._packs, wanted={head.n for head in signed.values()})
        async for entry in self.entries():
            await walk.see(entry)
        n, link = await self._head()
        faults = [*walk.faults(n, link), *faults]
        faults += [str(Phrase("trail.false_kept", head=head)) for head in false if head in kept]
        for written, head in signed.items():
            faults += self._missing(written, head, walk.links)
        return Verdict(
            count=walk.count,
            head=str(self._signed(n, link)),
            faults=tuple(dict.fromkeys(faults)),
            false_heads=tuple(head for head in false if head not in kept),
            stamped=len(stamped),
        )

    def _is_ours(self, head: TrailHead) -> bool:
        return head.mac == self._signed(head.n, head.link, head.at).mac

    def _missing(self, said: str, head: TrailHead, links: Mapping[int, str]) -> list[str]:
        """What a head tells that the trail does not hold."""
        old = head.at * 1000 < self._clock() * 1000 - self._keep
        if links.get(head.n) == head.link or head.n == 0 or (head.n not in links and old):
            return []
        return [str(Phrase("trail.no_head", head=said))]

    def _signed(self, n: int, link: str, at: int | None = None) -> TrailHead:
        at = int(self._clock()) if at is None else at
        return TrailHead(n=n, link=link, at=at, mac=self._vault.tag("audit head", str(n), link, str(at)))

    async def _expire(self) -> None:
        """Let go of the records that are older than the retention, once a record says so."""
        through: Entry | None = None
        following: Entry | None = None
        async for entry in self.entries():
            if entry["at"] * 1000 >= self._clock() * 1000 - self._keep:
                following = entry
                break
            through = entry
        if through is None or following is None:
            return
        facts = {"what": "expired", "through": through["n"], "through_link": through["link"]}
        await self._store.run(self._appending(facts))
        await self._packs.cut(following)

    async def _head(self) -> tuple[int, str]:
        n, link = await self._store.run(("HMGET", self._store.key(0, "audit-head"), "n", "link"))
        return int(n or 0), (link or b"").decode()


class TrailWalk:
    """Looks at all records in order, and says what is wrong. `wanted`: numbers whose links are kept."""

    def __init__(self, packs: Packs, *, wanted: Collection[int]) -> None:
        self.count = 0
        self.links: dict[int, str] = {}
        """Of the records `wanted` that there are."""
        self._packs = packs
        self._wanted = wanted
        self._recent: dict[int, str] = {}
        self._first: Entry | None = None
        self._last: Entry | None = None
        self._expired: set[tuple[int, str]] = set()
        self._faults: list[str] = []

    async def see(self, entry: Entry) -> None:
        n, last = entry["n"], self._last
        wrong = list(self._packs.wrong(entry))
        self._faults += wrong
        if last is not None and (n, entry["before"]) != (last["n"] + 1, last["link"]):
            self._faults.append(str(Phrase("trail.gap", before=last["n"], after=n)))
        seen, link = entry["seen"]
        if self._first is not None and seen >= self._first["n"] and await self._link(seen) != link:
            self._faults.append(str(Phrase("trail.other", n=n, seen=seen)))
        if entry["what"] == "expired" and not wrong:
            self._expired.add((entry["through"], entry["through_link"]))
        self._note(n, entry["link"])
        self._first, self._last = self._first or entry, entry

    def _note(self, n: int, link: str) -> None:
        self.count += 1
        self._recent[n] = link
        if n in self._wanted:
            self.links[n] = link
        if len(self._recent) > 2 * RECENT:
            self._recent = dict(islice(self._recent.items(), RECENT, None))

    async def _link(self, n: int) -> str | None:
        """The link of an earlier record."""
        if n in self._recent:
            return self._recent[n]
        async with aclosing(self._packs.entries(since=n - 1)) as following:
            async for entry in following:
                return entry["link"] if entry["n"] == n else None
        return None

    def faults(self, n: int, link: str) -> Iterator[str]:
        """What is wrong, where the store's head says that record `n` with this link is the last."""
        yield from self._faults
        first, last = self._first, self._last
        if first is not None and first["n"] > 1 and (first["n"] - 1, first["before"]) not in self._expired:
            yield str(Phrase("trail.no_beginning", n=first["n"]))
        if (n, link) != ((last["n"], last["link"]) if last else (0, "")):
            yield str(Phrase("trail.no_end", last=last["n"] if last else 0, n=n))
