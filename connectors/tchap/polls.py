"""Polls (MSC3381, Matrix 1.7 `m.poll.*`): the question, its answers, and how many chose each. Pure.

Who reads a poll counts the last vote of each person, given before it ended; what is not in a known form is
left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.tchap.room_events import RoomEvent
from core.connector.untrusted_json import array_in, integer_in, object_in, text_in

UNSTABLE = "org.matrix.msc3381.poll"
START = frozenset({"m.poll.start", f"{UNSTABLE}.start"})
VOTE = frozenset({"m.poll.response", f"{UNSTABLE}.response"})
END = frozenset({"m.poll.end", f"{UNSTABLE}.end"})
TYPES = (*START, *VOTE, *END)


Vote = tuple[float, str, tuple[str, ...]]
"""When, who, and the answers chosen."""


@dataclass(slots=True)
class Polls:
    """Votes and ends that were met, newest first, until the poll that they are about is."""

    votes: dict[str, list[Vote]] = field(default_factory=dict[str, "list[Vote]"])
    ends: dict[str, list[tuple[float, str]]] = field(default_factory=dict[str, "list[tuple[float, str]]"])

    def take(self, event: RoomEvent) -> None:
        """Take in a vote or an end."""
        if event.type in VOTE:
            old = array_in(event.content, f"{UNSTABLE}.response", "answers")
            chosen = array_in(event.content, "m.selections") or old
            self.votes.setdefault(event.target, []).append(
                (event.at, event.sender, tuple(map(text_in, chosen)))
            )
        elif event.type in END:
            self.ends.setdefault(event.target, []).append((event.at, event.sender))

    def describe(self, event: RoomEvent) -> str:
        """The poll as a text: question, answers with their numbers of votes, whether it ended."""
        content = event.content
        body = object_in(content, "m.poll") or object_in(content, f"{UNSTABLE}.start")
        question = _words(body.get("question"))
        answers = [
            (text_in(one, "m.id") or text_in(one, "id"), _words(one)) for one in array_in(body, "answers")
        ]
        if not question or not answers:
            return ""
        ended = min((at for at, who in self.ends.get(event.id, []) if who == event.sender), default=None)
        counts = self._counts(event.id, integer_in(body, "max_selections") or 1, ended)
        lines = ", ".join(f"{words}\u00a0: {counts.get(id, 0)}" for id, words in answers)
        return f"Sondage{' (clos)' if ended is not None else ''}\u00a0: {question} — {lines}"

    def _counts(self, poll: str, most: int, ended: float | None) -> dict[str, int]:
        last: dict[str, tuple[str, ...]] = {}
        for at, who, chosen in reversed(self.votes.get(poll, [])):  # oldest first: the last one stays
            if ended is None or at <= ended:
                last[who] = chosen[:most]
        counts: dict[str, int] = {}
        for chosen in last.values():
            for id in set(chosen):
                counts[id] = counts.get(id, 0) + 1
        return counts


def _words(value: object) -> str:
    """The text of an extensible event, in the forms that clients write."""
    given = object_in(value)
    for part in array_in(given, "m.text"):
        if found := text_in(part, "body"):
            return " ".join(found.split())
    found = text_in(given, "m.text") or text_in(given, "org.matrix.msc1767.text") or text_in(given, "body")
    return " ".join(found.split())
