"""What a platform looks like to the core: events that come in, drafts that go out, capabilities.

A connector is an I/O shell round two pure modules, `events` (platform → Event) and `render`
(CommonMark → platform). It says what happened through `deliver`, which returns once everything it
was given is durable: only then may the platform be acknowledged. It never decides who may read
what: the outbox asks `audience` and judges before each `send`.

A capability is an object or None, so that no flag can disagree with a method.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core.sensitivity.level import Level

AudienceKind = Literal[
    "tchap_encrypted",
    "tchap_encrypted_guests",
    "tchap_unencrypted",
    "tchap_public",
    "slack",
    "mail",
    "console",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an answer belongs: plain data, made by connectors only. Ids are opaque to the core.

    `thread` is set only where the person used a thread, and an answer goes to that thread.
    """

    connector: str
    conversation: str
    thread: str | None = None


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


Readers = frozenset[str] | None
"""The ids of those who can read something; None: whoever is there, and whoever comes later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message with text or files.

    `key` deduplicates deliveries; `id` is the platform's id of the message; `at` the event's own
    time in seconds since 1970. `addressed` says that it is meant for the bot: a direct chat, a mention, a
    reply to the bot, a thread that the bot takes part in, or a `!command`. `text` is without the
    mention and without the quoted fallback; `quoted` is the text of the message replied to, when
    known and not the bot's own, `quoted_to` those who could read it, `reply_to` its id. `marks` are names and
    values round the text in which a marking may stand (a mail's `Subject`, its labels): assessed, never shown
    to a model. `tag` is the word after the plus of the address that it was sent to. `alone`: it gets an
    answer of its own, also where messages that wait together are read together. `mentions` are the ids of
    those whom it names; `from_bot`: its sender is known to be a program. `origin` names the key that the
    message was encrypted with and its number under that key: the same twice, as two events, is a forgery.
    """

    key: str
    id: str
    address: Address
    at: float
    sender: Person
    text: str
    addressed: bool
    direct: bool
    reply_to: str | None = None
    quoted: str = ""
    quoted_to: Readers = None
    attachments: tuple[Attachment, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    tag: str = ""
    alone: bool = False
    mentions: tuple[str, ...] = ()
    from_bot: bool = False
    origin: tuple[str, int] | None = None
    type: Literal["message"] = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """`message` is the new state of the message `target`; its id stays the target's."""

    key: str
    address: Address
    at: float
    sender: Person
    target: str
    message: Message
    type: Literal["edited"] = "edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """The message `target` was deleted (by its author or a moderator)."""

    key: str
    address: Address
    at: float
    sender: Person
    target: str
    type: Literal["deleted"] = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecryptable:
    """Messages of this conversation cannot be read; `episode` is the same until one can be again. `unsigned`:
    because they come from a device that its owner has not verified."""

    key: str
    address: Address
    at: float
    sender: Person
    episode: str
    direct: bool
    unsigned: bool = False
    type: Literal["undecryptable"] = "undecryptable"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChanged:
    """The cryptographic identity by which `sender` was known is another one now."""

    key: str
    address: Address
    at: float
    sender: Person
    direct: bool
    type: Literal["identity_changed"] = "identity_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """The bot was invited and did not come: `sender`'s server is not allowed. A word is owed."""

    key: str
    address: Address
    at: float
    sender: Person
    type: Literal["invited"] = "invited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The bot entered a conversation on the invitation of `sender`."""

    key: str
    address: Address
    at: float
    sender: Person
    direct: bool
    type: Literal["joined"] = "joined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """`sender` reacted with `reaction` (an emoji or its platform name) to the message `target`."""

    key: str
    address: Address
    at: float
    sender: Person
    target: str
    reaction: str
    direct: bool = False
    type: Literal["reacted"] = "reacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`sender` opened the bot's page on a platform that has one (Slack's home)."""

    key: str
    address: Address
    at: float
    sender: Person
    type: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A schedule of `sender` is due: a delayed event, keyed by schedule and due time, which is `at`."""

    key: str
    address: Address
    at: float
    sender: Person
    schedule: str
    direct: bool = False
    type: Literal["tick"] = "tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """`sender` came into a chat of two with the bot: what waits for them there may be said (`Whisper`)."""

    key: str
    address: Address
    at: float
    sender: Person
    type: Literal["arrived"] = "arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """A private word to `sender`, made by the core: `address` is their chat of two with the bot.

    It waits there, sealed, until they are in it (`core.delivery.private_message`)."""

    key: str
    address: Address
    at: float
    sender: Person
    text: str = field(repr=False)
    level: Level
    language: str
    type: Literal["whisper"] = "whisper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowded:
    """Messages of `sender` were not taken in: too many wait in this conversation. A word is owed."""

    key: str
    address: Address
    at: float
    sender: Person
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
    | Opened
    | Tick
    | Arrived
    | Whisper
    | Crowded
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """A message of our own account came back; `key` is its draft's. `fence` is its draft's when it is an edit
    of an answer that is being written, from whichever replica, and else 0, from another replica.
    """

    address: Address
    key: str
    id: str
    fence: int = 0


OnEcho = Callable[[Echo], Awaitable[None]]
"""Raises StoreError."""

Deliver = Callable[[Sequence[Event]], Awaitable[None]]
"""Make events durable. Returns when all are; raises StoreError when they are not: do not acknowledge."""

Stored = Callable[[Address, Sequence[str]], Awaitable[frozenset[str]]]
"""Those of these event keys in the conversation that some replica has stored. Raises StoreError."""


First = Callable[[str], bool]
"""Is this replica the one that looks at a conversation's events first? The others see whether it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who would read a message sent to an address now.

    `members` are the ids judged (a connector encrypts to these only); `at` is when this was known to be
    true (seconds since 1970): older than 30 s is stale, and the connector must read afresh or fail.
    `moderators` are those who may decide for the conversation, where the platform knows any. `open`: who
    comes later may read what is said now.
    """

    kind: AudienceKind
    members: frozenset[str]
    at: float
    direct: bool = False
    moderators: frozenset[str] = frozenset()
    open: bool = False

    @property
    def readers(self) -> Readers:
        """Those who can read, then and later, what is said to this audience."""
        return None if self.open else self.members

    def could_read(self, readers: Readers) -> bool:
        """Could everyone here read what these `readers` can?"""
        return readers is None or self.members <= readers

    def is_only(self, person: str) -> bool:
        """A chat of two: nobody reads it but this person and the bot."""
        return self.direct and person in self.members and len(self.members) <= 2


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to send with a draft."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message not yet sent. `text` is CommonMark.

    `key` is opaque, the same on every retry of the same visible effect, and travels in clear with the
    message so that a sibling can find and adopt it. `notice` marks service words (not an answer of a
    model), `failed` that the question could not be handled, `growing` an answer that is still being
    written; `fence` is the number of the claim that writes it (see `Echo`). `level` is that of the text: N0
    for service words and refusals.
    `only` is the one person who may read it, None for whoever is there; `readers` are those who could read
    what it was made of (both checked by the outbox).
    `any_device`: also on devices that their owner has not verified: a word that says so.
    """

    text: str = field(repr=False)
    level: Level
    key: str
    language: str = "fr"
    notice: bool = False
    failed: bool = False
    growing: bool = False
    fence: int = 0
    reply_to: str | None = None
    file: File | None = None
    only: str | None = None
    readers: Readers = None
    any_device: bool = False


class Editing(Protocol):
    """The platform lets the bot change or delete its own messages."""

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        """Replace message `id` by the draft. Idempotent on `draft.key`. Raises DeliveryError."""
        ...

    async def delete(self, address: Address, id: str, key: str) -> None:
        """Delete the bot's own message. Deleting what is gone is no error. Raises DeliveryError."""
        ...


class Files(Protocol):
    """The platform carries files."""

    @property
    def with_text(self) -> bool:
        """Does one message carry a text and a file together?"""
        ...

    async def fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        """The file's bytes, decrypted and verified. Raises Rejected (too large: over `limit` bytes, not
        clean, hash mismatch, gone) with a text for operators, or Deferred."""
        ...


class Activity(Protocol):
    """The platform can show that the bot has read and is at work. Best effort: never raises."""

    async def read(self, address: Address, id: str) -> None: ...

    async def working(self, address: Address, on: bool) -> None: ...


class Private(Protocol):
    """The platform has chats of two, which the bot may open."""

    async def chat(self, person: str, known: str | None) -> Address:
        """The bot's chat with this person alone: the conversation `known`, if it still is one, else the one
        that is made for them, once. They are perhaps only invited to it. Raises DeliveryError."""
        ...

    async def present(self, address: Address, person: str) -> bool:
        """Is the person in this chat, alone with the bot? Raises DeliveryError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A message read back, in its last state. `link` opens it in the platform's clients.

    `reactions` maps each reaction to the ids of those who gave it. `read` are the texts of its files by name,
    when they were to be read. Nothing of it is kept."""

    id: str
    at: float
    sender: Person
    text: str = field(repr=False)
    link: str
    reply_to: str | None = None
    thread: str | None = None
    edited: bool = False
    reactions: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    attachments: tuple[Attachment, ...] = ()
    read: dict[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What was said, oldest first, without the bot's own messages. The counts are of what is not in it.

    `truncated`: there are more than were asked for. `entry`: when the bot came, if it could read no further
    back for that reason; `reader_entry`: when the last of those came whom the range is for. `unread`
    says of each file that was to be read why it was not."""

    messages: tuple[Past, ...]
    members: tuple[Person, ...]
    deleted: int = 0
    withheld: int = 0
    unreadable: int = 0
    truncated: bool = False
    entry: float | None = None
    reader_entry: float | None = None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages: all when nothing is said, and at most the `most` newest; orders to bots (`!…`) come too
    and are not counted.

    `before` is the question's own id, left out with what follows it. `since` is a time, `start` the first
    message, `chain` one message of a chain of replies or of a thread, which the core picks out of the range.
    `readers`: only what each of them can read too."""

    most: int
    before: str | None = None
    since: float | None = None
    start: str | None = None
    chain: str | None = None
    readers: Readers = None


class History(Protocol):
    """The platform can be read back."""

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        """Read the conversation back, on demand only. Raises Deferred, Rejected (no longer in it)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The platform's rate limit to begin with, per budget scope; a refusal teaches better."""

    per_second: float
    burst: int


class Notebook(Protocol):
    """Durable state of one connector on one device (sync token, undecryptable events), sealed at rest."""

    async def get(self, name: str) -> bytes | None: ...

    async def set(self, name: str, value: bytes) -> None: ...

    async def delete(self, *names: str) -> None: ...

    async def items(self, prefix: str) -> dict[str, bytes]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A value for the shelf; `variant` tells apart values of one name."""

    name: str
    variant: str
    value: bytes = field(repr=False)


class Shelf(Protocol):
    """What all replicas share of a connector's state (keys of conversations), sealed; it expires. Every
    method raises StoreError."""

    async def put(self, conversation: str, values: Iterable[Shelved]) -> None: ...

    async def get(self, conversation: str, name: str) -> list[bytes]:
        """All variants of it."""
        ...

    async def clear(self, conversation: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    """What a platform that posted is answered: an HTTP status, and a body where it reads one."""

    status: int
    body: bytes = b""
    media_type: str = "text/plain"


class Webhook(Protocol):
    """The platform posts to the HTTP server of a replica."""

    @property
    def path(self) -> str:
        """Where it posts to, from `/`."""
        ...

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Does who posts know the secret, as far as the headers tell? Asked before the body is read."""
        ...

    async def receive(self, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Take in what was posted: 2xx once it is durable. `headers` are found by any case. Raises
        StoreError: then the platform is told to post again."""
        ...


class Connector(Protocol):
    """One platform. See the module's docstring for who decides what."""

    @property
    def name(self) -> str:
        """`tchap`, `slack`, `mail`, `console`: the `connector` of its addresses."""
        ...

    @property
    def ready(self) -> asyncio.Event:
        """Set while it listens; cleared when it cannot (readiness)."""
        ...

    @property
    def scope(self) -> str:
        """Whose rate limit a send uses: the account. Shared by all replicas."""
        ...

    @property
    def pace(self) -> Pace: ...

    @property
    def limit(self) -> int:
        """The longest CommonMark text, in bytes of UTF-8, that one message of the platform may carry."""
        ...

    @property
    def editing(self) -> Editing | None: ...

    @property
    def files(self) -> Files | None: ...

    @property
    def activity(self) -> Activity | None: ...

    @property
    def history(self) -> History | None: ...

    @property
    def private(self) -> Private | None: ...

    @property
    def webhook(self) -> Webhook | None: ...

    async def run(self, deliver: Deliver) -> None:
        """Listen until cancelled. Raises ConfigurationError for what only an operator can mend
        (wrong password, expired account …); everything temporary is retried inside."""
        ...

    async def audience(self, address: Address) -> Audience:
        """Who would read a message here now. Raises Deferred when that cannot be known (fail closed)."""
        ...

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        """Post a new message to exactly this audience; returns the message's id.

        Idempotent on `draft.key` for the same device. Raises Rejected, or Deferred (the outcome may be
        unknown). A visible post has 4 s; uploads are exempt. Only the outbox calls it."""
        ...

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        """The id of our undeleted message that carries `key`, posted after message `since` by any of our
        devices; None when there is none. Raises Deferred when it cannot be known."""
        ...
