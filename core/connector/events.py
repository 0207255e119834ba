"""What passes between a platform and the core, as plain values: events, which tell who did what, where and
when, and drafts, messages not yet sent, with who would read them. Events are made by connectors only.

A new kind of event is a dataclass here, of `Happened`, with a `type` of its own, and a case where
`core.worker` meets events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core.errors import Deferred
from core.language.operators import Phrase
from core.sensitivity.level import Level

MORE = " …"
"""At the end of an answer that grows."""
AudienceKind = str
"""A kind of audience, by the name that its connector declares for the policy (`core.policy.channels`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an answer belongs: plain data, made by connectors only. Ids are opaque to the core.

    `thread` is set only where the person used a thread, and an answer goes to that thread. `apart`: the
    threads of this conversation are answered beside each other, and each is a session of its own, also in a
    chat of two; then every event of a thread names it, edits and deletions too.
    """

    connector: str
    conversation: str
    thread: str | None = None
    apart: bool = False

    @property
    def whole(self) -> str:
        """The name of the conversation as a whole, whatever the thread."""
        return f"{self.connector}:{self.conversation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person on a platform. `id` is the platform's, stable; `name` is what people read."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message. The bytes stay on the platform (`Files.fetch`).

    `size` is in bytes as announced, None when unknown. `reference` is opaque to the core and
    may hold keys: it is only ever stored sealed.
    """

    name: str
    media_type: str
    size: int | None
    reference: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What every event has. `key` deduplicates deliveries; `at` is the event's own time in seconds since
    1970; `sender` is whoever brought it about."""

    key: str
    address: Address
    at: float
    sender: Person


Readers = frozenset[str] | None
"""The ids of those who can read something; None: whoever is there, and whoever comes later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Happened):
    """A message with text or files.

    `id` is the platform's id of the message. `addressed` says that it is meant for the bot: a direct chat, a
    mention, a reply to the bot, a thread that the bot takes part in, or a `!command`; of what is not, the
    order to stop is heeded, where an answer to its author is being written. `text` is without the
    mention and without the quoted fallback; `quoted` is the text of the message replied to, when
    known and not the bot's own, `quoted_files` the files of that message, `quoted_to` those who could read
    it, `reply_to` its id; `quotes_root`: it is the message that the thread, or the chain of replies, begins
    with. `unquoted` says why
    that text is not here: it could not be read (`Descriptions` may tell it later), or it is withheld, since
    not everyone who will see the answer could read it. `marks` are names and
    values round the text in which a marking may stand (a mail's `Subject`, its labels): assessed, never shown
    to a model. `tag` is the word after the plus of the address that it was sent to. `alone`: it gets an
    answer of its own, also where messages that wait together are read together. `mentions` are the ids of
    those whom it names; `from_bot`: its sender is known to be a program; `outsider`: to be no member of the
    organisation, None: the platform did not tell in time. `private`: it was asked without a
    message that others see, and is answered to its sender alone. `pictures` are those that the text
    shows: they count where something is written in them. `origin` names the key that the
    message was encrypted with and its number under that key: the same twice, as two events, is a forgery.
    `twin` is the key of an event that asks the same (a button pressed twice): neither is stored where either
    was.
    """

    id: str
    text: str
    addressed: bool
    direct: bool
    reply_to: str | None = None
    quoted: str = ""
    quoted_files: tuple[Attachment, ...] = ()
    quoted_to: Readers = None
    quotes_root: bool = False
    unquoted: Literal["", "unread", "withheld"] = ""
    attachments: tuple[Attachment, ...] = ()
    pictures: tuple[Attachment, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    tag: str = ""
    alone: bool = False
    mentions: tuple[str, ...] = ()
    from_bot: bool = False
    outsider: bool | None = False
    private: bool = False
    origin: tuple[str, int] | None = None
    twin: str = ""
    type: Literal["message"] = "message"

    @property
    def brings_file(self) -> bool:
        """Did a file come with it, or is it a reply to one? In a thread that begins with a file, people
        talk."""
        return bool(self.attachments or (self.quoted_files and not self.quotes_root))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(Happened):
    """`message` is the new state of the message `target`; its id stays the target's."""

    target: str
    message: Message
    type: Literal["edited"] = "edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(Happened):
    """The message `target` was deleted (by its author or a moderator)."""

    target: str
    type: Literal["deleted"] = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecryptable(Happened):
    """Messages of this conversation cannot be read; `episode` is the same until one can be again. `unsigned`:
    because they come from a device that its owner has not verified."""

    episode: str
    direct: bool
    unsigned: bool = False
    type: Literal["undecryptable"] = "undecryptable"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChanged(Happened):
    """The cryptographic identity by which `sender` was known is another one now."""

    direct: bool
    type: Literal["identity_changed"] = "identity_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(Happened):
    """The bot was invited and did not come: `sender`'s server is not allowed. A word is owed."""

    type: Literal["invited"] = "invited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Happened):
    """The bot entered a conversation on the invitation of `sender`."""

    direct: bool
    type: Literal["joined"] = "joined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted(Happened):
    """`sender` reacted with `reaction` (an emoji or its platform name) to the message `target`: also by a
    button or a link that stands for one (`core.understanding.commands`). `id` names what takes it back
    (`Deleted`), where the platform tells."""

    target: str
    reaction: str
    direct: bool = False
    id: str = ""
    type: Literal["reacted"] = "reacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Happened):
    """A schedule of `sender` is due: a delayed event, keyed by schedule and due time, which is `at`."""

    schedule: str
    direct: bool = False
    type: Literal["tick"] = "tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived(Happened):
    """`sender` came into a chat of two with the bot: what waits for them there may be said (`Whisper`)."""

    type: Literal["arrived"] = "arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button for the reader of a message, where the platform has them: it has `text` said at `address` in
    their name."""

    label: str
    text: str
    address: Address


Awaited = Literal["", "word", "number", "try"]
"""What an answer of ours asks for, that a reaction may give: 👍 and ✅ are a yes, 👎 and ❌ a no; 1️⃣ chooses
the first of what is offered, or of what the welcome proposes to try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper(Happened):
    """A private word to `sender`, made by the core: `address` is their chat of two with the bot.

    It waits there, sealed, until they are in it (`core.delivery.private_message`). `writers`: the models that
    wrote in it; `about`: the exchange that waits for what it asks for, or with which it goes; `explains`: the
    refused exchange that it tells of, with which it goes too."""

    text: str = field(repr=False)
    level: Level
    language: str
    writers: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    awaits: Awaited = ""
    about: str = ""
    explains: str = ""
    type: Literal["whisper"] = "whisper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed(Happened):
    """An exchange that `sender` shows to the support, made by the core: `address` is where that reads, and
    `writers` are the models that wrote in it."""

    text: str = field(repr=False)
    level: Level
    language: str
    writers: tuple[str, ...] = ()
    type: Literal["handed"] = "handed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowded(Happened):
    """Messages of `sender` were not taken in: too many wait in this conversation. A word is owed."""

    type: Literal["crowded"] = "crowded"


Event = (
    Message
    | Edited
    | Deleted
    | Undecryptable
    | IdentityChanged
    | Invited
    | Joined
    | Reacted
    | Tick
    | Arrived
    | Whisper
    | Handed
    | Crowded
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """A message of our own account came back; `key` is its draft's. `fence` is its draft's when it is an edit
    of an answer that is being written, from whichever replica, and else 0, from another replica.
    `also`: another address that it may have been posted to.
    """

    address: Address
    key: str
    id: str
    fence: int = 0
    also: Address | None = None


OnEcho = Callable[[Echo], Awaitable[None]]
"""Raises StoreError."""


Deliver = Callable[[Sequence[Event]], Awaitable[None]]
"""Make events durable. Returns when all are; raises StoreError when they are not: do not acknowledge."""


Stored = Callable[[Address, Sequence[str]], Awaitable[frozenset[str]]]
"""Those of these event keys in the conversation that some replica has stored. Raises StoreError."""


class Peers(Protocol):
    """The replicas that are up beside this one, of which one looks at a conversation's events first: the
    others see whether it did."""

    others: tuple[str, ...]

    def is_first(self, conversation: str) -> bool:
        """Is this replica the one that looks at this conversation first?"""
        ...


# -- what goes out -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who would read a message sent to an address now.

    `members` are the ids judged (a connector encrypts to these only); `at` is when this was known to be
    true (seconds since 1970): older than 30 s is stale, and the connector must read afresh or fail.
    `moderators` are those who may decide for the conversation, where the platform knows any. `open`: who
    comes later may read what is said now. `outsiders` are the members who are guests of the
    organisation. `foreign`: another organisation reads here. Neither is served unless the policy lists the
    kind; `closed`: nobody is, by the connector's own settings. `name` is what people call the place; "" where
    it has no name. `uncertain`: the seconds after which it may be learnt who is there, where the platform
    limits how often it is asked; the kind is then the most trusted that this may be. What is refused even so
    is refused at once, in service words, and everything else waits.
    """

    kind: AudienceKind
    members: frozenset[str]
    at: float
    direct: bool = False
    moderators: frozenset[str] = frozenset()
    open: bool = False
    outsiders: frozenset[str] = frozenset()
    foreign: bool = False
    closed: bool = False
    name: str = ""
    uncertain: float = 0.0

    def unknown(self) -> Deferred:
        """The error of an audience that is `uncertain`: it is asked again when that may be learnt."""
        return Deferred(Phrase("delivery.readers"), retry_after=self.uncertain, in_turn=True)

    def could_read(self, readers: Readers) -> bool:
        """Could everyone here read what these `readers` can? Not where nobody knows who is here."""
        return readers is None or (bool(self.members) and self.members <= readers)

    def is_only(self, person: str) -> bool:
        """A chat of two: nobody reads it but this person and the bot."""
        return self.direct and person in self.members and len(self.members) <= 2


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to send with a draft. `generated`: a model wrote in it."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    generated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message not yet sent. `text` is CommonMark.

    `key` is opaque, the same on every retry of the same visible effect, and travels in clear with the
    message so that a sibling can find and adopt it; `posted` is, of an edit, the key of the message that it
    changes. `notice` marks service words (not an answer of a
    model), `failed` that the question could not be handled, `growing` an answer that is still being
    written; `fence` is the number of the claim that writes it (see `Echo`). `level` is that of the text: N0
    for service words and refusals.
    `only` is the one person who may read it, None for whoever is there; `readers` are those who could read
    what it was made of (both checked by the outbox).
    `writers` are the ids of the models that wrote it; `record` is its signed record (`core.provenance`),
    which the outbox gives to all but service words, and which connectors carry beside the text.
    `any_device`: also on devices that their owner has not verified: a word that says so. `choices` are
    buttons, where the platform has them.
    """

    text: str = field(repr=False)
    level: Level
    key: str
    posted: str = ""
    language: str = "fr"
    notice: bool = False
    failed: bool = False
    growing: bool = False
    fence: int = 0
    reply_to: str | None = None
    file: File | None = None
    only: str | None = None
    readers: Readers = None
    writers: tuple[str, ...] = ()
    record: str = ""
    any_device: bool = False
    choices: tuple[Choice, ...] = ()

    @property
    def generated(self) -> bool:
        """Did a model write in the message, or in the file that it brings?"""
        text = bool(self.writers) and not self.notice
        return text or (self.file is not None and self.file.generated)
