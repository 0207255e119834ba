"""A claim: the job that a replica holds while its lease lives, and all that the holder does to it.

This module alone calls the scripts that ask for the fence, but for jobs that do not open (`Inbox.claim`):
everything that a holder does (`put`, `place`, `done`, …) names its fence, is one round trip, and raises
LeaseLost when the conversation is another's, or the lease is over. What it did so far (`put`, `place`) comes
with the next claim of the job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

import orjson

from core import tracing
from core.connector import Event, Message, Whisper
from core.errors import LeaseLost
from core.inbox.records import How, Ref, SealedMailbox
from core.inbox.risky_steps import Floor, RiskySteps, Step, Suspects
from core.language.operators import Phrase
from core.store.valkey import Store
from core.store.wire import Command, Word
from core.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A replica as the holder of its claims. Times are in ms; `work` is set when there is more to claim."""

    store: Store
    replica: str
    lease: int
    dedupe_ttl: int
    ref_ttl: int
    work: asyncio.Event
    floor: Floor = field(default_factory=Floor)
    suspects: Suspects = field(default_factory=Suspects)


Taking = Callable[[Step], AbstractAsyncContextManager[object]]


class Progress(Protocol):
    """What a turn may do to its job: keep notes for whoever goes on with it, and name its risky steps."""

    notes: dict[str, bytes]
    reused: int

    async def note(self, name: str, note: bytes) -> None: ...

    at: Taking
    """Names the step while it is taken."""
    away_from: Taking
    """Within the step, for the wait for something that is not the job's: a death meanwhile is no sign."""


@dataclass(slots=True, kw_only=True)
class Claim:
    """A job that this replica holds.

    `turn` is the job's key, the same on every claim of it. `posted` (ids of messages by their number) and
    `final` (the text) are what earlier claims did; `resumed`: they may have had other visible effects.
    `notes` are this claim's too. `attempt` counts from 1, deaths apart. `mark` is set when the control lane
    spoke before the claim (never `edited`: the events are those of the edit already). `since` is when the
    first event came in, in ms by the store's clock; `erased`: its person was erased after that. `deaths`
    counts the holders of the job that neither ended it nor gave it back (killed, or gone for longer than the
    lease); `died_at` counts them by the risky step that they were at (`core.inbox.risky_steps`); `elsewhere`
    counts the deaths at a step of another job of its partition within an hour."""

    holder: Holder = field(repr=False)
    mailbox: SealedMailbox = field(repr=False)
    turn: str
    fence: int
    events: tuple[Event, ...]
    resumed: bool
    attempt: int
    mark: How | None
    posted: Mapping[int, str]
    final: bytes | None = field(repr=False)
    notes: dict[str, bytes] = field(repr=False)
    priority: int
    since: int
    erased: bool
    deaths: int = 0
    died_at: Mapping[str, int] = field(default_factory=dict[str, int])
    elsewhere: int = 0
    reused: int = 0
    """Tokens of notes that were kept, and used again."""
    steps: RiskySteps | None = field(default=None, repr=False)
    """Names its steps; None where nobody is to know them: no holder of it died, and nothing is traced."""
    at: Taking = field(default=nullcontext, repr=False)
    away_from: Taking = field(default=nullcontext, repr=False)
    """Those of its `steps`."""

    @classmethod
    def opened(cls, holder: Holder, vault: Vault, raw: Sequence[Any]) -> Claim:
        """The claim that `claim.lua` returned. Raises UnknownKey, TooNew, Tampered or ValueError."""
        name, fence, resumed, flat, payloads, priority, since, erased, died = raw
        fields: dict[bytes, bytes] = dict(zip(flat[::2], flat[1::2], strict=True))
        turn = fields[b"turn"].decode()
        mailbox, unsealed = SealedMailbox(vault, name.decode()), vault.open
        posted, notes, died_at = dict[int, str](), dict[str, bytes](), dict[str, int]()
        final: bytes | None = None
        if seed := fields.get(b"seed"):
            posts, _ = orjson.loads(unsealed(seed, context=f"seed|{turn}"))
            posted = {int(n): id for n, id in posts.items()}
        for written, value in fields.items():
            kind, _, name = written.decode().partition(":")
            match kind:
                case "p":
                    posted[int(name)] = mailbox.opened_post(value)
                case "note":
                    notes[name] = unsealed(value, context=f"note|{turn}|{name}")
                case "final":
                    final = unsealed(value, context=f"final|{turn}")
                case "died":
                    died_at[name] = int(value)
                case _:
                    pass
        claim = cls(
            holder=holder,
            mailbox=mailbox,
            turn=turn,
            fence=fence,
            events=tuple(map(mailbox.opened, payloads)),
            resumed=bool(resumed),
            attempt=int(fields[b"attempt"]),
            mark=cast(How, fields[b"mark"].decode()) if b"mark" in fields else None,
            posted=posted,
            final=final,
            notes=notes,
            priority=priority,
            since=since,
            erased=bool(erased),
            deaths=int(fields.get(b"deaths", 0)),
            died_at=died_at,
            elsewhere=max(0, died - int(fields.get(b"named", 0))),
        )
        if claim.deaths or tracing.on:
            claim.steps = steps = RiskySteps(claim, holder.floor, holder.suspects)
            claim.at, claim.away_from = steps.at, steps.away_from
        return claim

    # -- what it does, for whoever goes on with it -----------------------------------------------------

    async def put(
        self,
        *,
        posted: Mapping[int, str] | None = None,
        final: bytes | None = None,
        notes: Mapping[str, bytes] | None = None,
        steps: str | None = None,
    ) -> How | None:
        """Make effects of the job durable, and hold it for another lease. Returns the job's mark.

        `steps` names the risky steps that the job is at from now on, apart by spaces."""
        fields: list[Word] = [] if steps is None else ["steps", steps]
        for n, id in (posted or {}).items():
            fields += [f"p:{n}", self.mailbox.posted(self.mailbox.tag("post", f"{self.turn}:{n}"), id)]
        if final is not None:
            fields += ["final", self.mailbox.vault.seal(final, context=f"final|{self.turn}")]
        for name, note in (notes or {}).items():
            context = f"note|{self.turn}|{name}"
            fields += [f"note:{name}", self.mailbox.vault.seal(note, context=context)]
        return (await self._fenced("put", self.holder.lease, *fields)).decode() or None

    async def note(self, name: str, note: bytes) -> None:
        """Keep a note until the job is done: whoever finishes it pays for none of it again."""
        await self.put(notes={name: note})
        self.notes[name] = note

    async def purge(self, *, final: bytes, first: Sequence[Command] = ()) -> How | None:
        """Make a final text durable and forget, in the same script, all that the job's messages said: what
        may not be kept. Their text, quotation and files are gone from the store when this returns; only the
        server's log may hold them, sealed, until it is written anew, within an hour.

        Returns the job's mark."""
        emptied = [self.mailbox.sealed("event", _emptied(each)) for each in self.events]
        sealed = self.mailbox.vault.seal(final, context=f"final|{self.turn}")
        mark = await self._fenced("purge", self.holder.lease, sealed, *emptied, first=first)
        await self.holder.store.rewrite_later()
        return mark.decode() or None

    async def place(self, n: int, *, key: str, id: str) -> str:
        """Make durable that part `n` of the answer is the message `id`, posted with `key`. Returns the one
        that counts: a paused replica may have posted another with this key."""
        tag = self.mailbox.tag("post", key)
        posted = self.mailbox.posted(tag, id)
        kept = await self._fenced("place", self.holder.lease, n, tag, posted, self.holder.dedupe_ttl)
        return id if kept == posted else self.mailbox.opened_post(kept, tag)

    async def is_seen(self, *keys: str) -> bool:
        """May a message of the job be on the platform: of an earlier claim, or one with these `keys` that was
        recorded, or seen there (the store was lost since, or set back)?"""
        if self.resumed:
            return True
        store, mailbox = self.holder.store, self.mailbox
        places = (store.place("post", mailbox.tag("post", key), of=mailbox.name) for key in keys)
        return bool(await store.run(("EXISTS", *places)))

    # -- its end ---------------------------------------------------------------------------------------

    async def done(
        self,
        *,
        ref: Ref | None = None,
        heeded: How | None = None,
        first: Sequence[Command] = (),
        letter: tuple[bytes, bytes] = (b"", b""),
    ) -> How | None:
        """End the job, remember where its answer is, and let the conversation's next one come.

        `first` are commands that travel with it and are executed before (`Sessions.appending`). `letter`: why
        it becomes a dead letter, and what that adopts when it is sent again, both sealed. Returns None;
        or the job's mark, `edited` or `deleted`, when that is not the `heeded` one: then it has not ended."""
        # The turn's name is no message of anybody else: a post that was reacted to is another job's question.
        names = dict.fromkeys((ref.name, *ref.posts, *ref.questions)) if ref else ()
        tags = (self.mailbox.tag("message", name) for name in names)
        kept = self.mailbox.sealed("ref", ref) if ref else b""
        words = (heeded or "", *letter, kept, self.holder.ref_ttl, *tags)
        more = await self._fenced("finish", *words, first=first)
        if isinstance(more, bytes):
            return cast(How, more.decode())
        if more:
            self.holder.work.set()
        return None

    async def dead(
        self, reason: str, *, posted: Mapping[int, str] | None = None, ref: Ref | None = None
    ) -> How | None:
        """Give the job up: its events become a dead letter, sealed. Sent again, it adopts what was `posted`.
        `ref`: where what was said of it is. Returns None; or the job's mark, `edited` or `deleted`: then it
        has not ended."""
        adopts = posted or self.posted
        seed = self.mailbox.adopting(self.turn, adopts) if adopts else b""
        return await self.done(ref=ref, letter=(self.mailbox.reason(reason), seed))

    async def release(self, *, delay: float = 0.0, attempt: bool = False, clean: bool = False) -> None:
        """Give the job back; it may be claimed after `delay` seconds, or at once if it was stopped, edited or
        deleted since it was claimed. `attempt`: it failed, which uses up one of its attempts. `clean`: this
        claim had no visible effect."""
        untouched = clean and not self.resumed
        wake: list[Command] = [] if delay else [("PUBLISH", "relais:wake", self.holder.replica)]
        await self._fenced("giveback", ms(delay), int(attempt), int(untouched), self.mark or "", then=wake)
        self.holder.work.set()

    async def _fenced(
        self, name: str, *args: Word, first: Sequence[Command] = (), then: Sequence[Command] = ()
    ) -> Any:
        script = self.holder.store.script(name, self.mailbox.name, self.fence, *args)
        reply = (await self.holder.store.batch((*first, script, *then)))[len(first)]
        if reply == -1:
            raise LeaseLost(Phrase("lease.over", turn=self.turn))
        return reply


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def _emptied(event: Event) -> Event:
    match event:
        case Message():
            return replace(event, text="", quoted="", quoted_files=(), attachments=(), pictures=(), marks=())
        case Whisper():
            return replace(event, text="")
        case _:
            return event
