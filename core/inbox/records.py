"""The values of the inbox, and what the scripts see of them: sealed payloads and keyed hashes, nothing else.

What goes in, what is claimed, what is remembered: see `core.inbox.inbox`. Each value is sealed for its place
(`context`): an event for its conversation, a record for its turn.

Events are JSON by orjson, read back by pydantic, which checks every field. Replicas of two versions may
share a store: a field that this version does not know is dropped; an event that it cannot read was written
by a newer one, for the bytes are authentic.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast, get_args

import orjson
from pydantic import Field, TypeAdapter

from core.connector import Address, Awaited, Edited, Event, Message, Whisper
from core.errors import TooNew
from core.language.operators import Phrase
from core.metrics import metrics
from core.store.wire import Word
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

    def entry(self, entry: Entry) -> list[Word]:
        """The twelve words of an entry, in the order of `enqueue.lua`."""
        event, turn = entry.event, self.tag("turn", entry.event.key)
        about = event.about if isinstance(event, Whisper) else ""
        target = event.id if isinstance(event, Message) else about or event.key
        # What makes the entry a duplicate too: the event where it stands, or its order.
        home, also = (
            (SealedMailbox.of(self.vault, entry.home), event.key) if entry.home else (self, entry.order)
        )
        return [
            self.tag("event", event.key),
            self.name,
            turn,
            self.tag("group", entry.group) if entry.group else "",
            entry.priority,
            self.tag("message", target),
            self.vault.tag("person", event.sender.id),
            self.sealed("event", event),
            self.adopting(turn, entry.adopts) if entry.adopts else b"",
            *self.origin(event),
            home.tag("event", also) if also else "",
        ]

    def origin(self, event: Event | None) -> tuple[str, Word]:
        """The tag of the key that a message was encrypted with, and the message's number under it."""
        message = event.message if isinstance(event, Edited) else event
        if not isinstance(message, Message) or message.origin is None:
            return "", ""
        name, number = message.origin
        return self.tag("origin", name), number

    def sealed(self, kind: Literal["event", "ref"], value: Event | Ref) -> bytes:
        """An event for the mailbox; a reference for all mailboxes of their conversation."""
        mailbox = self.name.partition(".")[0] if kind == "ref" else self.name
        return self.vault.seal(to_json(value), context=f"{kind}|{mailbox}")

    def opened(self, sealed: bytes) -> Event:
        return load(self.vault.open(sealed, context=f"event|{self.name}"))

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
