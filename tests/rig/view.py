"""What a person's client shows of a room, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.rig.readable import Readable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One event of a timeline as this person's client has it.

    `content` has edits applied, `original` has not; `wire` is what everyone can read, the server
    included. `failure` says why an event could not be decrypted. `relation` is `m.relates_to`.
    """

    id: str
    sender: str
    type: str
    at: float
    encrypted: bool
    failure: str | None
    redacted: bool
    state_key: str | None
    content: Json
    original: Json
    wire: Json
    relation: Json | None
    edited_by: str | None

    @property
    def text(self) -> str:
        return Readable(self.content.get("body", ""))

    @property
    def edits(self) -> str | None:
        """The id of the message that this one edits."""
        return self._related("m.replace")

    @property
    def thread(self) -> str | None:
        """The id of the root of the thread that this message is in."""
        return self._related("m.thread")

    @property
    def reply_to(self) -> str | None:
        """The id of the message that this one answers, thread fallbacks not counted."""
        relation = self.relation or {}
        if relation.get("is_falling_back"):
            return None
        return relation.get("m.in_reply_to", {}).get("event_id")

    def _related(self, kind: str) -> str | None:
        relation = self.relation or {}
        return relation.get("event_id") if relation.get("rel_type") == kind else None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A room as one person's client has it. `typed` holds every change of typing in order."""

    membership: str
    encrypted: bool
    version: str
    members: dict[str, str]
    typing: list[str]
    typed: list[Json]
    read: dict[str, str | None]
    events: list[Seen]

    def messages(self, sender: str | None = None) -> list[Seen]:
        """What a person sees: messages (readable or not), edits applied, deleted ones left out."""
        return [
            event
            for event in self.events
            if event.type in ("m.room.message", "m.room.encrypted")
            and not event.redacted
            and event.edits is None
            and sender in (None, event.sender)
        ]

    def find(self, id: str) -> Seen | None:
        return next((event for event in self.events if event.id == id), None)

    def __str__(self) -> str:
        lines = [
            f"  {seen.id} {seen.sender} {seen.type} {seen.failure or seen.text!r}"
            f"{' deleted' if seen.redacted else ''} {seen.relation or ''}"
            for seen in self.events
            if seen.state_key is None
        ]
        return "\n".join([f"  members {self.members}", *lines])
