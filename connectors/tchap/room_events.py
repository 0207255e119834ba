"""`RoomEvent`: what is read of one event of a Matrix room, once, as it comes. Pure.

Nothing that the homeserver relays is trusted to have the shape that the specification gives it
(`core.connector.untrusted_json`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.connector.untrusted_json import Json, integer_in, object_in, text_in

LATEST = 100_000_000_000_000
"""Timestamps beyond this (year 5138, in ms) are nonsense."""
AGREE = 60.0
"""Seconds by which clocks may differ and events still be dated as their senders do, alike on all replicas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEvent:
    """An event of a room. `at` is when it happened, in seconds since 1970. `state_key` is None unless the
    event is state of the room. `raw` is the JSON that it was read from.

    `relation`, `target`, `thread` and `reply_to` are read from `m.relates_to`: its `rel_type`, the event that
    this one replaces or annotates, the root of its thread, the message that it answers. `origin` names the
    megolm session that the event was decrypted with, and its number under that session.
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
        """The event of this room, or None if it is not state and lacks what every event has. `now` is the
        time of our own clock, if the event has just come (see `_time_of`)."""
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
            at=_time_of(raw, now),
            content=content,
            unsigned=object_in(raw, "unsigned"),
            raw=raw,
            state_key=state_key,
        )
        return event.related() if content.get("m.relates_to") else event

    def related(self) -> RoomEvent:
        """The event with its relations, read from its content."""
        relates = object_in(self.content, "m.relates_to")
        relation, target = text_in(relates, "rel_type"), text_in(relates, "event_id")
        in_thread = relation == "m.thread"
        # In a thread, clients fill in an answer for other clients that know no threads.
        answers = not (in_thread and relates.get("is_falling_back") is True)
        return replace(
            self,
            relation=relation,
            target=target,
            thread=(target or None) if in_thread else None,
            reply_to=(text_in(relates, "m.in_reply_to", "event_id") or None) if answers else None,
        )


def _time_of(raw: Json, now: float | None) -> float:
    """When the event happened, in seconds since 1970. Its sender's clock counts where it agrees with ours;
    else the age that the homeserver gives the event."""
    dated = min(max(integer_in(raw, "origin_server_ts") or 0, 0), LATEST) / 1000
    age = integer_in(raw, "unsigned", "age")
    if now is None or age is None:
        return dated
    by_age = now - max(-LATEST, min(age, LATEST)) / 1000
    return dated if abs(by_age - dated) < AGREE else min(now, by_age)


def begins_to_read(event: RoomEvent, user: str, *, invited_read: bool) -> bool:
    """True if the user `user` can read from this event on: it is their entry, or their invitation where the
    history is open to the invited."""
    reading = ("join", "invite") if invited_read else ("join",)
    return (
        event.type == "m.room.member"
        and event.state_key == user
        and text_in(event.content, "membership") in reading
        and text_in(event.unsigned, "prev_content", "membership") not in reading
    )


def is_own_join(event: RoomEvent, me: str) -> bool:
    """True if the user `me` entered the room by this event. A change of their name is no entry."""
    return event.state_key == me and begins_to_read(event, me, invited_read=False)
