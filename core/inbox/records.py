"""The records of the inbox, sealed, and the claim, by which the replica that holds a job writes them.

What goes in, what is claimed, what is remembered: see `core.inbox.inbox`. The scripts see sealed payloads and
keyed hashes, nothing else. Each value is sealed for its place (`context`): an event for its conversation, a
record for its turn.

Events are JSON by orjson, read back by pydantic, which checks every field. Replicas of two versions may
share a store: a field that this version does not know is dropped; an event that it cannot read was written
by a newer one, for the bytes are authentic.

A claim is a job that a replica holds while its lease lives. This module alone calls the scripts that ask for
the fence, but for jobs that do not open (`Inbox.claim`): everything that a holder does (`put`, `place`,
`done`, …) names its fence, is one round trip, and raises LeaseLost when the conversation is another's, or the
lease is over. What it did so far (`put`, `place`) comes with the next claim of the job.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Protocol, cast, get_args

import orjson
from pydantic import Field, TypeAdapter

from core import telemetry
from core.connector import Address, Awaited, Event, Message, Whisper
from core.errors import LeaseLost, TooNew
from core.inbox.risky_steps import Floor, RiskySteps, Step, Suspects
from core.language.operators import Phrase
from core.metrics import metrics
from core.store.valkey import Store
from core.store.wire import Command, Word
from core.vault import Vault

How = Literal["stopped", "edited", "deleted"]
"""What the control lane says of a question: its answer is not wanted; it has a new text; it is gone."""

Stored = Literal["stored", "duplicate", "replayed", "full"]
Marked = Literal["duplicate", "replayed", "absent", "queued", "running"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event to store. Entries of one conversation with the same `group` that wait together become one
    job; an empty group stands alone. `priority` 1 is for what may wait (mail). `adopts` are messages that its
    answer takes the place of, by their number. What is said `aside` waits for nothing else of its
    conversation. `order` is the key of an edit that brought the event, or of its twin: neither is stored
    where either was. `home` is where an event stands that is taken to another thread of its conversation: it
    is stored once, wherever that is."""

    event: Event
    group: str = ""
    priority: Literal[0, 1] = 0
    adopts: Mapping[int, str] = field(default_factory=dict[int, str])
    aside: bool = False
    order: str = ""
    home: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """An answered job: ids of the questions and of the posted messages, and its turn of a session. `file`:
    the one of these messages that is a file. `refused`: it was refused for a marking, so that an edit without
    the marking is asked about. `chat`: the session of its author's chat of two, where what they asked among
    others may wait for a word of theirs. `kind`, `model` and `level` are what a judgement of the answer is
    counted by. One of the kind `QUESTION` asks something about the answer of `turn`, and stands beside the
    job that gave it. `about`: the exchange that waits for what the messages ask for, "" where they ask for
    something else; None: an earlier version did not say. `outlives`: the answer asks to delete the question,
    and stays then. `who` stands for who asked, and is asked (`Inbox.who`): who is erased is named here no
    more; `shelves`: the sessions beside its own in which the exchange is kept; `before`: the messages that
    asked for the word by which it was handled, which go with it; `at`: when its question was asked, 0
    where an earlier version did not say."""

    questions: tuple[str, ...]
    posts: tuple[str, ...]
    session: str
    turn: str
    refused: bool = False
    kind: str = ""
    model: str = ""
    level: str = ""
    awaits: Awaited = ""
    file: str = ""
    chat: str = ""
    about: str | None = None
    outlives: bool = False
    who: str = ""
    shelves: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    at: float = 0.0

    @property
    def parts(self) -> dict[int, str]:
        """The posted messages by their number, for a job that takes their place."""
        texts = dict(enumerate(id for id in self.posts if id != self.file))
        return texts | {FILE: self.file} if self.file else texts

    @property
    def name(self) -> str:
        """What the job is found by beside its messages."""
        return question_about(self.turn) if self.kind == QUESTION else self.turn


def last_answer(who: str, at: float) -> str:
    """Name the last answer of a day to a person (`Inbox.who`; "": to all) in a conversation: one more message
    that its `Ref` is found by."""
    return f"last {who} {int(at // 86_400)}"


def last_asked(session: str) -> str:
    """Name what asked for a word or a number last in a session, or in a chat of two: likewise."""
    return f"asked {session}"


FILE = 1_000
"""The number of the file of an answer, after those of all its texts."""
QUESTION = "question"
"""The kind of what asks what was wrong with an answer, or whether the support may see it."""


def question_about(turn: str) -> str:
    """Name what was asked last about the answer of this turn."""
    return f"?{turn}"


def explaining(turn: str) -> str:
    """Name what told last, in private, why the exchange of this turn was refused."""
    return f"why {turn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A job that was given up. `at` is in seconds since 1970; `place` is the tag of its mailbox."""

    id: str
    place: str
    at: float
    attempts: int
    reason: str
    events: tuple[Event, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Conversations by state, dead letters, and seconds that the oldest ready entry waits."""

    ready: int
    delayed: int
    leased: int
    dead: int
    oldest: float


_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another


def reference(turn: str) -> str:
    """What people and operators call the job of this key: `7F3K-2Q`."""
    number = int(turn[:8] or "0", 16) >> 2
    signs = "".join(_SIGNS[number >> shift & 31] for shift in range(25, -1, -5))
    return f"{signs[:4]}-{signs[4:]}"


_TAG = 32
"""Length of a tag."""
ASIDE = ".aside"
"""After the tag of a conversation: a mailbox of its own, for what does not queue."""
THREAD = ".thread-"
"""After the tag of a conversation: the mailbox of one of its threads, where they are apart."""


Tagged = Literal["event", "group", "message", "origin", "post", "turn"]
"""An event, by its key; messages that wait together; a message, by its id; the key that it was encrypted
with; a visible effect, by its key; the job that an event begins, by the key of the event."""


@dataclass(frozen=True, slots=True)
class SealedMailbox:
    """The mailbox `name` of a conversation: names in it become tags, what it holds is sealed for it. Pure."""

    vault: Vault
    name: str

    @classmethod
    def of(cls, vault: Vault, address: Address, *, aside: bool = False) -> SealedMailbox:
        """The mailbox of a conversation, or of a thread of it that is apart."""
        name = vault.tag("conversation", address.connector, address.conversation)
        if address.apart and address.thread:
            name += THREAD + vault.tag("thread", name, address.thread)
        return cls(vault, name + ASIDE if aside else name)

    def tag(self, kind: Tagged, name: str) -> str:
        """What stands for the name of something in the mailbox; messages and posts have the same tag in all
        mailboxes of their conversation."""
        mailbox = self.name.partition(".")[0] if kind in ("message", "post") else self.name
        return self.vault.tag(kind, mailbox, name)

    def sealed(self, kind: Literal["event", "ref"], value: Event | Ref) -> bytes:
        """An event for the mailbox; a reference for all mailboxes of their conversation."""
        mailbox = self.name.partition(".")[0] if kind == "ref" else self.name
        return self.vault.seal(to_json(value), context=f"{kind}|{mailbox}")

    def adopting(self, turn: str, posted: Mapping[int, str]) -> bytes:
        """Posted messages that the job of this turn is to adopt; the second word was once a final text."""
        seed = [{str(n): id for n, id in posted.items()}, None]
        return self.vault.seal(to_json(seed), context=f"seed|{turn}")

    def opened_ref(self, message: str, sealed: bytes) -> Ref | None:
        """None for what was not kept for this message."""
        opened = self.vault.try_open(sealed, context=f"ref|{self.name.partition('.')[0]}")
        if opened is None:
            return None
        raw = orjson.loads(opened)
        if author := raw.get("author"):  # as an earlier version named who was asked
            raw["who"] = self.vault.tag("person", author)
        if raw.get("awaits", "") not in get_args(Awaited):  # as a later version may ask
            raw["awaits"] = ""
        ref = _REF.validate_python(raw)
        return ref if message in (*ref.questions, *ref.posts, ref.name) else None

    def posted(self, tag: str, id: str) -> bytes:
        """The id of a message that was posted with the key of this `tag`."""
        return tag.encode() + self.vault.seal(id.encode(), context=f"post|{tag}")

    def opened_post(self, value: bytes, tag: str = "") -> str:
        """The id that `posted` sealed, for `tag` where that is known."""
        tag = tag or value[:_TAG].decode(errors="replace")
        return self.vault.open(value[_TAG:], context=f"post|{tag}").decode()

    def reason(self, text: str) -> bytes:
        """Why a job of this mailbox became a dead letter."""
        return self.vault.seal(text.encode(), context=f"dead|{self.name}")

    def opened_reason(self, sealed: bytes) -> str:
        return self.vault.open(sealed, context=f"dead|{self.name}").decode()


_REF = TypeAdapter(Ref)
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def to_json(value: Any) -> bytes:
    """JSON in UTF-8, of whatever people may send: halves of characters, which some clients let through and
    UTF-8 cannot carry, become `?`."""
    try:
        return orjson.dumps(value, default=_listed)
    except TypeError:
        plain: Any = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # pyright: ignore[reportArgumentType]
        return json.dumps(plain, ensure_ascii=False, default=_listed).encode("utf-8", "replace")


def _listed(value: object) -> list[str]:
    """A set of ids as JSON has it."""
    if not isinstance(value, frozenset):
        raise TypeError(f"{type(value).__name__} is no part of an event")
    return sorted(cast("frozenset[str]", value))


def load(data: bytes) -> Event:
    """Raises TooNew when these bytes, which are authentic, are no event of this version."""
    try:
        return _EVENT.validate_json(data)
    except ValueError:
        metrics.too_new.labels("event").inc()
        raise TooNew(Phrase("inbox.too_new")) from None


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

    turn: str
    """The job's key, the same on every claim of it."""
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
    ending: bool = False
    """Is the store being told that the job ended, or is given back? Then whoever renews the lease may find it
    gone by that, and what the store answers tells whether it was."""
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
            events=tuple(load(unsealed(each, context=f"event|{mailbox.name}")) for each in payloads),
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
        if claim.deaths or telemetry.traced:
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
        places = (store.key(mailbox.name, "post", mailbox.tag("post", key)) for key in keys)
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
        self.ending = True
        more = await self._fenced("finish", *words, first=first)
        if isinstance(more, bytes):
            self.ending = False
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
        self.ending = True
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
