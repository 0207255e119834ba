"""The values of the inbox: what goes in, what is claimed, what is remembered. See `core.inbox.inbox`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.connector import Address, Awaited, Event

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
