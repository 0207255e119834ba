"""What is read of an event as it comes, once. Pure.

Nothing that the homeserver relays is trusted to have the shape that the specification gives it
(`core.untrusted_json`).

Here too are the names of what the bot adds to its events' content. `KEY` is the idempotency key of a visible
effect (`core.connector.Draft.key`): opaque, it lets a sibling find and adopt the message. `GROWING` is there
while the answer is still being written: the number of the claim that writes it, or true. `RECORD` says where
the text comes from (`core.provenance`); unlike the others it stands in the encrypted part only, since it
names the level.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.untrusted_json import Json, integer_in, object_in, text_in

NAME = "tchap"
SKEW = 100_000_000_000_000
"""Timestamps beyond this (year 5138, in ms) are nonsense."""
AGREE = 60.0
"""Seconds by which clocks may differ and events still be dated as their senders do, alike on all replicas."""
KEY = "fr.gouv.relais.key"
GROWING = "fr.gouv.relais.growing"
RECORD = "fr.gouv.relais.provenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEvent:
    """An event of a room. `at` is when it happened, in seconds since 1970; `state_key` is None of what is no
    state; `raw` is the JSON that it was read from.

    `relation`, `target`, `thread` and `reply_to` are what `m.relates_to` says: its `rel_type`, the event that
    this one replaces or annotates, the root of its thread, the message that it answers. `origin` names the
    megolm session that it was decrypted with, and its number under that.
    """

    room: str
    id: str
    type: str
    sender: str
    at: float
    content: Json = field(repr=False)
    unsigned: Json = field(repr=False)
    raw: Json = field(repr=False)
    state_key: str | None = None
    relation: str = ""
    target: str = ""
    thread: str | None = None
    reply_to: str | None = None
    origin: tuple[str, int] | None = None

    @classmethod
    def read(cls, given: object, room: str, now: float | None = None) -> RoomEvent | None:
        """The event of this room, dated by our clock where `now` is given. None when it is no state and lacks
        what every event has."""
        raw = object_in(given)
        id, sender, content = text_in(raw, "event_id"), text_in(raw, "sender"), object_in(raw, "content")
        state_key = text_in(raw, "state_key") if "state_key" in raw else None
        whole = id.startswith("$") and sender.startswith("@") and isinstance(raw.get("content"), dict)
        if state_key is None and not whole:
            return None
        event = cls(
            room=room,
            id=id,
            type=text_in(raw, "type"),
            sender=sender,
            at=happened(raw, now),
            content=content,
            unsigned=object_in(raw, "unsigned"),
            raw=raw,
            state_key=state_key,
        )
        return event.saying(event.type, content) if content.get("m.relates_to") else event

    def saying(self, type: str, content: Json, origin: tuple[str, int] | None = None) -> RoomEvent:
        """The same event with another content: as it is decrypted, or with its relations read."""
        relates = object_in(content, "m.relates_to")
        relation, target = text_in(relates, "rel_type"), text_in(relates, "event_id")
        in_thread = relation == "m.thread"
        # In a thread, clients fill in an answer for others that know no threads.
        answers = not (in_thread and relates.get("is_falling_back") is True)
        return replace(
            self,
            type=type,
            content=content,
            origin=origin,
            relation=relation,
            target=target,
            thread=(target or None) if in_thread else None,
            reply_to=(text_in(relates, "m.in_reply_to", "event_id") or None) if answers else None,
        )


def happened(raw: Json, now: float | None) -> float:
    """When an event was sent: by our own clock, where `now` is given. Where that and the servers' do not
    agree, what counts is how old the homeserver says that the event is."""
    sent = min(max(integer_in(raw, "origin_server_ts") or 0, 0), SKEW) / 1000
    if now is None:
        return sent
    age = integer_in(raw, "unsigned", "age")
    known = sent if age is None else now - max(-SKEW, min(age, SKEW)) / 1000
    return sent if abs(known - sent) < AGREE else min(now, known)


def server_of(user: str) -> str:
    """The server name in a user id (`@name:server`, the server may carry a port)."""
    return user.partition(":")[2]
