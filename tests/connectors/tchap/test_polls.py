"""Polls, in the stable form and in that of today's clients."""

from __future__ import annotations

from typing import Any

from connectors.tchap.polls import Polls
from connectors.tchap.room_events import RoomEvent


def vote(who: str, at: int, *answers: str) -> dict[str, Any]:
    return {
        "type": "org.matrix.msc3381.poll.response",
        "sender": who,
        "origin_server_ts": at * 1000,
        "content": {
            "m.relates_to": {"rel_type": "m.reference", "event_id": "$poll"},
            "org.matrix.msc3381.poll.response": {"answers": list(answers)},
        },
    }


def ended(who: str, at: int) -> dict[str, Any]:
    return {
        "type": "org.matrix.msc3381.poll.end",
        "sender": who,
        "origin_server_ts": at * 1000,
        "content": {"m.relates_to": {"rel_type": "m.reference", "event_id": "$poll"}},
    }


POLL = {
    "type": "org.matrix.msc3381.poll.start",
    "event_id": "$poll",
    "sender": "@a:x",
    "content": {
        "org.matrix.msc3381.poll.start": {
            "question": {"org.matrix.msc1767.text": "Quel jour ?"},
            "answers": [
                {"id": "1", "org.matrix.msc1767.text": "Lundi"},
                {"id": "2", "org.matrix.msc1767.text": "Mardi"},
            ],
            "max_selections": 1,
        }
    },
}
STABLE = {
    "type": "m.poll.start",
    "event_id": "$poll",
    "sender": "@a:x",
    "content": {
        "m.poll": {
            "question": {"m.text": [{"body": "Quel jour ?"}]},
            "answers": [
                {"m.id": "1", "m.text": [{"body": "Lundi"}]},
                {"m.id": "2", "m.text": [{"body": "Mardi"}]},
            ],
        }
    },
}


def told(poll: dict[str, Any], *events: dict[str, Any]) -> str:
    """As history meets them: newest first."""
    polls = Polls()
    for event in sorted(map(read, events), key=lambda each: -each.at):
        polls.take(event)
    asked = read(poll)
    return polls.describe(asked)


def read(raw: dict[str, Any]) -> RoomEvent:
    event = RoomEvent.read({"event_id": "$e"} | raw, "!r:x")
    assert event is not None
    return event


def test_results() -> None:
    """The last vote of each person counts, and no more answers than are allowed."""
    votes = vote("@a:x", 1, "1"), vote("@b:x", 2, "1"), vote("@b:x", 3, "2"), vote("@c:x", 4, "2", "1")
    for poll in (POLL, STABLE):
        assert told(poll, *votes) == "Sondage\u00a0: Quel jour ? — Lundi\u00a0: 1, Mardi\u00a0: 2"


def test_end() -> None:
    """A vote after the end counts for nothing; only who asked ends a poll."""
    votes = vote("@b:x", 1, "1"), vote("@c:x", 5, "2")
    assert (
        told(POLL, *votes, ended("@a:x", 3))
        == "Sondage (clos)\u00a0: Quel jour ? — Lundi\u00a0: 1, Mardi\u00a0: 0"
    )
    assert "Mardi\u00a0: 1" in told(POLL, *votes, ended("@z:x", 3))


def test_no_poll() -> None:
    """What has no known form is left out."""
    assert (
        told({"type": "m.poll.start", "event_id": "$poll", "sender": "@a:x", "content": {"m.poll": 3}}) == ""
    )
