"""Between the values of the inbox and what the scripts see: sealed payloads and keyed hashes, nothing else.

Each value is sealed for its place (`context`): an event for its conversation, a record for its turn.

Events are JSON by orjson, read back by pydantic, which checks every field. Replicas of two versions may
share a store: a field that this version does not know is dropped; an event that it cannot read was written
by a newer one, for the bytes are authentic.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast, get_args

import orjson
from pydantic import Field, TypeAdapter

from core.connector import Address, Awaited, Edited, Event, Message, Whisper
from core.errors import TooNew
from core.inbox.records import Entry, Ref
from core.language.operators import Phrase
from core.metrics import metrics
from core.store.wire import Word
from core.vault import Vault

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
            self.vault.person_tag(event.sender.id),
            self.sealed(event),
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

    def sealed(self, event: Event) -> bytes:
        return self.vault.seal(to_json(event), context=f"event|{self.name}")

    def opened(self, sealed: bytes) -> Event:
        return load(self.vault.open(sealed, context=f"event|{self.name}"))

    def adopting(self, turn: str, posted: Mapping[int, str]) -> bytes:
        """Posted messages that the job of this turn is to adopt; the second word was once a final text."""
        seed = [{str(n): id for n, id in posted.items()}, None]
        return self.vault.seal(to_json(seed), context=f"seed|{turn}")

    def ref(self, ref: Ref) -> bytes:
        return self.vault.seal(to_json(ref), context=f"ref|{self.name.partition('.')[0]}")

    def opened_ref(self, message: str, sealed: bytes) -> Ref | None:
        """None for what was not kept for this message."""
        opened = self.vault.try_open(sealed, context=f"ref|{self.name.partition('.')[0]}")
        if opened is None:
            return None
        raw = orjson.loads(opened)
        if author := raw.get("author"):  # as an earlier version named who was asked
            raw["who"] = self.vault.person_tag(author)
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
