"""A question that waits for a word of its author: is what was found in it really protected?

It waits in the store, sealed, for a day (`Sessions.hold`). « Oui » or « non », alone in a message, in either
language, as a command or not, is the word; anything else leaves the question aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from core.connector import Event, Message
from core.inbox import codec
from core.language.accents import fold

_YES = frozenset(("oui", "o", "ouais", "yes", "y", "vrai", "confirme", "je confirme", "oui c'est protege"))
_WHY = frozenset(
    f"{ask}{about}"
    for ask, abouts in (
        ("pourquoi", ("", " non", " pas", " ca", " ce refus", " ce niveau", " ce modele", " refuses-tu")),
        ("why", ("", " not", " this level", " this model", " was it refused")),
    )
    for about in abouts
)
_NO = frozenset(("non", "n", "no", "nope", "faux", "pas du tout", "non merci"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What waits: the messages, and the key of their exchange in the session. `refused`: they were refused
    for a marking that they bear no more."""

    turn: str
    messages: tuple[Message, ...]
    refused: bool = False

    def dump(self) -> bytes:
        messages = [codec.dump(message).decode() for message in self.messages]
        return orjson.dumps([self.turn, messages, self.refused])

    @classmethod
    def load(cls, kept: bytes) -> Held:
        turn, dumped, refused = orjson.loads(kept)
        loaded = [codec.load(each.encode()) for each in dumped]
        return cls(
            turn=turn, messages=tuple(each for each in loaded if isinstance(each, Message)), refused=refused
        )


def word(events: Sequence[Event]) -> bool | None:
    """The word that the events are: True for yes, False for no, None for anything else."""
    if len(events) != 1 or not isinstance(events[0], Message) or events[0].attachments:
        return None
    text = _bare(events[0].text)
    if text in _YES:
        return True
    return False if text in _NO else None


def asks_why(text: str) -> bool:
    """« Pourquoi ? », alone: why this level, this model, this refusal."""
    return _bare(text) in _WHY


def is_aside(text: str) -> bool:
    """Does it leave a question that waits as it is? Commands do, and asking why."""
    return text.startswith("!") or asks_why(text)


def _bare(text: str) -> str:
    return " ".join(fold(text).split()).strip(" !?.,*！")
