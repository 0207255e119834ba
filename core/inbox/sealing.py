"""Between the values of the inbox and what the scripts see: sealed payloads and keyed hashes, nothing else.

Each value is sealed for its place (`context`): an event for its conversation, a record for its turn.

Events are JSON by orjson, read back by pydantic, which checks every field. Replicas of two versions may
share a store: a field that this version does not know is dropped; an event that it cannot read was written
by a newer one, for the bytes are authentic.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast, get_args

import orjson
from pydantic import Field, TypeAdapter

from core.connector import Address, Awaited, Edited, Event, Message, Whisper
from core.errors import StoreError, TooNew
from core.inbox.records import Claim, DeadLetter, Entry, How, Record, Ref
from core.language.operators import Phrase, tell
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


class Packing:
    """Pure: tags, seals and opens."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def conversation(self, address: Address, *, aside: bool = False) -> str:
        """The name of the mailbox: of the conversation, or of a thread of it that is apart."""
        tag = self._vault.tag("conversation", address.connector, address.conversation)
        if address.apart and address.thread:
            tag += THREAD + self._vault.tag("thread", tag, address.thread)
        return tag + ASIDE if aside else tag

    def tag(self, kind: Tagged, c: str, name: str) -> str:
        """What stands for the name of something in the mailbox `c`; messages and posts have the same tag in
        all mailboxes of their conversation."""
        return self._vault.tag(kind, c.partition(".")[0] if kind in ("message", "post") else c, name)

    def entry(self, c: str, entry: Entry) -> list[Word]:
        """The twelve words of an entry, in the order of `enqueue.lua`."""
        event, turn = entry.event, self.tag("turn", c, entry.event.key)
        about = event.about if isinstance(event, Whisper) else ""
        target = event.id if isinstance(event, Message) else about or event.key
        # What makes the entry a duplicate too: the event where it stands, or its order.
        home, also = (self.conversation(entry.home), event.key) if entry.home else (c, entry.order)
        return [
            self.tag("event", c, event.key),
            c,
            turn,
            self.tag("group", c, entry.group) if entry.group else "",
            entry.priority,
            self.tag("message", c, target),
            self._vault.person_tag(event.sender.id),
            self.event(c, event),
            self.seed(turn, entry.record) if entry.record else b"",
            *self.origin(c, event),
            self.tag("event", home, also) if also else "",
        ]

    def origin(self, c: str, event: Event | None) -> tuple[str, Word]:
        """The tag of the key that a message was encrypted with, and the message's number under it."""
        message = event.message if isinstance(event, Edited) else event
        if not isinstance(message, Message) or message.origin is None:
            return "", ""
        name, number = message.origin
        return self.tag("origin", c, name), number

    def event(self, c: str, event: Event) -> bytes:
        return self._vault.seal(to_json(event), context=f"event|{c}")

    def opened_event(self, c: str, sealed: bytes) -> Event:
        return load(self._vault.open(sealed, context=f"event|{c}"))

    def seed(self, turn: str, record: Record) -> bytes:
        """Effects to adopt: posted messages and a final text."""
        posted = {str(n): id for n, id in record.posted.items()}
        return self._vault.seal(to_json([posted, record.final]), context=f"seed|{turn}")

    def effects(self, c: str, turn: str, record: Record) -> list[Word]:
        """What a job did, as fields of its hash and their values, for `_record` to open."""
        fields: list[Word] = []
        for n, id in record.posted.items():
            fields += [f"p:{n}", self.posted(self.tag("post", c, f"{turn}:{n}"), id)]
        if record.final is not None:
            text = record.final.encode("utf-8", "surrogatepass")
            fields += ["final", self._vault.seal(text, context=f"final|{turn}")]
        for name, note in record.notes.items():
            fields += [f"note:{name}", self._vault.seal(note, context=f"note|{turn}|{name}")]
        return fields

    def ref(self, c: str, ref: Ref) -> bytes:
        return self._vault.seal(to_json(ref), context=f"ref|{c.partition('.')[0]}")

    def opened_ref(self, c: str, message: str, sealed: bytes) -> Ref | None:
        """None for what was not kept for this message."""
        opened = self._vault.try_open(sealed, context=f"ref|{c.partition('.')[0]}")
        if opened is None:
            return None
        raw = orjson.loads(opened)
        if author := raw.get("author"):  # as an earlier version named who was asked
            raw["who"] = self._vault.person_tag(author)
        if raw.get("awaits", "") not in get_args(Awaited):  # as a later version may ask
            raw["awaits"] = ""
        ref = _REF.validate_python(raw)
        return ref if message in (*ref.questions, *ref.posts, ref.name) else None

    def posted(self, tag: str, id: str) -> bytes:
        """The id of a message that was posted with the key of this `tag`."""
        return tag.encode() + self._vault.seal(id.encode(), context=f"post|{tag}")

    def opened_post(self, value: bytes, tag: str = "") -> str:
        """The id that `posted` sealed, for `tag` where that is known."""
        tag = tag or value[:_TAG].decode(errors="replace")
        return self._vault.open(value[_TAG:], context=f"post|{tag}").decode()

    def claim(self, raw: Sequence[Any]) -> Claim:
        """The claim that `claim.lua` returned. Raises UnknownKey, TooNew, Tampered or ValueError."""
        tag, fence, resumed, flat, payloads, priority, since, erased, died = raw
        c = tag.decode()
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        turn = fields[b"turn"].decode()
        mark = fields.get(b"mark")
        return Claim(
            conversation=c,
            turn=turn,
            fence=fence,
            events=tuple(self.opened_event(c, each) for each in payloads),
            resumed=bool(resumed),
            attempt=int(fields[b"attempt"]),
            mark=cast(How, mark.decode()) if mark else None,
            record=self._record(turn, fields),
            priority=priority,
            since=since,
            erased=bool(erased),
            deaths=int(fields.get(b"deaths", 0)),
            elsewhere=max(0, died - int(fields.get(b"named", 0))),
            died_at={
                name.decode().removeprefix("died:"): int(count)
                for name, count in fields.items()
                if name.startswith(b"died:")
            },
        )

    def _record(self, turn: str, fields: dict[bytes, bytes]) -> Record:
        posted: dict[int, str] = {}
        final: str | None = None
        notes: dict[str, bytes] = {}
        if seed := fields.get(b"seed"):
            posts, final = orjson.loads(self._vault.open(seed, context=f"seed|{turn}"))
            posted = {int(n): id for n, id in posts.items()}
        for field, value in fields.items():
            kind, _, name = field.decode().partition(":")
            if kind == "p":
                posted[int(name)] = self.opened_post(value)
            elif kind == "note":
                notes[name] = self._vault.open(value, context=f"note|{turn}|{name}")
            elif kind == "final":
                final = self._vault.open(value, context=f"final|{turn}").decode("utf-8", "surrogatepass")
        return Record(posted=posted, final=final, notes=notes)

    def reason(self, c: str, text: str) -> bytes:
        return self._vault.seal(text.encode(), context=f"dead|{c}")

    def dead_letter(self, id: str, raw: Sequence[Any]) -> DeadLetter:
        """The letter that `dead.lua` returned. What cannot be read of it is left out; its reason says so."""
        tag, at, attempts, sealed, payloads = raw
        c = tag.decode()
        reason, events = "", list[Event]()
        try:
            reason = self._vault.open(sealed, context=f"dead|{c}").decode()
            events = [self.opened_event(c, each) for each in payloads]
        except (StoreError, ValueError) as error:
            reason = "; ".join(filter(None, (reason, tell("inbox.unread_here", why=error))))
        return DeadLetter(
            id=id, place=c, at=int(at) / 1000, attempts=int(attempts), reason=reason, events=tuple(events)
        )


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
