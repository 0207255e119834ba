"""What a connector is, and what its platform may be able to do.

A capability is an object or None, so that no flag can disagree with a method."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core.connector.events import Address, Attachment, Audience, Deliver, Draft, Message
from core.connector.history import History

Grows = Literal["freely", "steadily", "sparingly", "never"]
"""How an answer is shown while it is written. `freely`: in place, and edits cost nothing; `steadily`: what
is new is added every few seconds; `sparingly`: its beginning soon, once more if it takes its time; `never`:
edits are dear, and a status is shown. But for `freely`, people are notified of new messages alone."""


class Editing(Protocol):
    """The platform lets the bot change or delete its own messages."""

    def grows(self, address: Address) -> Grows:
        """How answers grow in this conversation, as far as is known now."""
        ...

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
        """The file’s bytes, decrypted and verified. Raises TooLarge over `limit` bytes, Rejected (not
        clean, hash mismatch, gone) with a text for operators, or Deferred."""
        ...


class Descriptions(Protocol):
    """The platform's events do not always tell what their files are, or what they answer."""

    async def described(self, message: Message, root: str | None = None) -> Message:
        """The message with the names and types of its files, by which they are judged before they are
        fetched, and with what it replies to; else with the message `root`, which its thread or its chain of
        replies begins with. What was deleted is left out, and what cannot be told stays as it is. Raises
        Deferred: it may be told soon."""
        ...


class Activity(Protocol):
    """The platform can show that the bot has read and is at work. Best effort: never raises."""

    async def read(self, address: Address, id: str) -> None: ...

    async def working(self, address: Address, on: bool) -> None: ...


class Settling(Protocol):
    """The platform keeps what was asked before people's eyes until it has its end."""

    async def settle(self, address: Address, id: str) -> None:
        """No answer comes to message `id`: take it from what waits. Idempotent. Raises Deferred."""
        ...


class Private(Protocol):
    """The platform has chats of two, which the bot may open."""

    async def chat(self, person: str, known: str | None, *, asks: bool = False) -> Address:
        """The bot's chat with this person alone: the conversation `known`, if it still is one, else the one
        that is made for them, once. They are perhaps only invited to it. `asks`: what they write there is
        waited for, so its address must be the one that this will have. Raises DeliveryError."""
        ...

    async def present(self, address: Address, person: str) -> bool:
        """Is the person in this chat, alone with the bot? Raises DeliveryError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A rate limit of the platform to begin with; a refusal teaches better. `scope` names whose it is: an
    account, or one method of it in one channel. All replicas share it. `exact`: it is documented, so that
    nobody goes beyond it to learn whether more is given. `careful`: messages a second in the minute after a
    refusal, 0 for as many as always. `remedy`: the phrase for what operators may ask of the platform where it
    is too little. `per_second` is infinite where the connector counts its calls itself, or nothing limits
    them: the budget is not asked."""

    per_second: float
    burst: int
    scope: str = ""
    exact: bool = False
    careful: float = 0.0
    remedy: str = "delivery.higher_limit"


Sending = Literal["final", "first", "growing"]
"""Why a message is sent: an answer's last text; its beginning; an edit that lets it grow."""


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

    async def read(self, *places: tuple[str, str]) -> list[list[bytes]]:
        """All variants at each place (conversation and name), in one round trip."""
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

    @property
    def largest(self) -> int:
        """Bytes of what it posts, at most."""
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

    def pace(self, address: Address, sending: Sending) -> Pace:
        """The rate limit that a message sent here for this reason counts against."""
        ...

    @property
    def limit(self) -> int:
        """The longest CommonMark text, in bytes of UTF-8, that one message of the platform may carry."""
        ...

    @property
    def editing(self) -> Editing | None: ...

    @property
    def files(self) -> Files | None: ...

    @property
    def descriptions(self) -> Descriptions | None: ...

    @property
    def activity(self) -> Activity | None: ...

    @property
    def history(self) -> History | None: ...

    @property
    def private(self) -> Private | None: ...

    @property
    def settling(self) -> Settling | None: ...

    @property
    def webhook(self) -> Webhook | None: ...

    async def run(self, deliver: Deliver) -> None:
        """Listen until cancelled. Raises ConfigurationError for what only an operator can mend
        (wrong password, expired account …); everything temporary is retried inside."""
        ...

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        """Who would read a message here now. Raises Deferred when that cannot be known (fail closed).
        `asked`: a question is taken up, so that what its event has just told may count, and nothing is sent
        by it."""
        ...

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        """Post a new message to exactly this audience; returns the message's id.

        Idempotent on `draft.key` for the same device. Raises Rejected, or Deferred (the outcome may be
        unknown). A visible post has 4 s; uploads are exempt. Only the outbox calls it."""
        ...

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        """The id of our undeleted message that carries `key`, posted after message `since` by any of our
        devices; None when there is none. Raises Deferred when it cannot be known, Rejected when none can
        stand at this address."""
        ...


class NoCapabilities:
    """What a connector can do unless it says otherwise: nothing beside listening and posting."""

    with_text = False
    editing: Editing | None = None
    files: Files | None = None
    descriptions: Descriptions | None = None
    activity: Activity | None = None
    history: History | None = None
    private: Private | None = None
    settling: Settling | None = None
    webhook: Webhook | None = None
