"""A question that waits for a word of its author: is what was found in it really protected?

It waits in the store, sealed, for a day (`Sessions.hold`). « Oui », « non » or « non, c’est le titre », in
either language, as a command or not, is the word: how it begins and what was understood of it must agree, and
a question is none. Anything else is asked about once more, and waits too; then it leaves the question aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from core.connector import Event, Message
from core.inbox.sealing import load, to_json
from core.language.accents import fold
from core.policy.decision import Offer
from core.understanding import is_command, understand
from core.understanding.arguments import number_of

_YES = re.compile(
    r"^(?:oui|o|ouais|yes|y|vrai|exact\w*|confirme|je confirme|c'est (?:vrai|exact|confidentiel|protege))\b"
)
_NO = re.compile(
    r"^(?:non|n|no|nan|nope|faux|pas du tout|rien de|not at all|ce n'est pas|c'est pas|it'?s not"
    r"|c'est (?:juste|seulement|public|faux|une erreur|un exemple))\b"
)
_LONGEST = 15
"""Words of an answer; more says something else too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What waits: the messages, and the key of their exchange in the session. `refused`: they were refused
    for a marking that they bear no more; `again`: their author wrote something else meanwhile, which waits
    too. `offers`: they were refused, and their author may choose of these; `without`: what is sent if they
    choose to leave the passage out."""

    turn: str
    messages: tuple[Message, ...]
    refused: bool = False
    again: bool = False
    offers: tuple[Offer, ...] = ()
    without: tuple[Message, ...] = ()

    def dump(self) -> bytes:
        return orjson.dumps(
            [
                self.turn,
                _dumped(self.messages),
                self.refused,
                self.again,
                self.offers,
                _dumped(self.without),
            ]
        )

    @classmethod
    def load(cls, kept: bytes) -> Held:
        turn, dumped, refused, *more = orjson.loads(kept)
        again, offers, without = more if len(more) == 3 else (bool(more and more[0]), (), ())
        return cls(
            turn=turn,
            messages=_loaded(dumped),
            refused=refused,
            again=again,
            offers=tuple(offers),
            without=_loaded(without),
        )


def _dumped(messages: Iterable[Message]) -> list[str]:
    return [to_json(message).decode() for message in messages]


def _loaded(dumped: Iterable[str]) -> tuple[Message, ...]:
    loaded = [load(each.encode()) for each in dumped]
    return tuple(each for each in loaded if isinstance(each, Message))


def picked(events: Sequence[Event], held: Held) -> Offer | None:
    """What the events choose by its number, of what is offered with what waits; None: nothing."""
    if not held.offers or len(events) != 1 or not isinstance(events[0], Message) or events[0].attachments:
        return None
    number = number_of(events[0].text)
    return held.offers[number - 1] if number is not None and number <= len(held.offers) else None


def word(events: Sequence[Event]) -> bool | None:
    """The word that the events are: True for yes, False for no, None for anything else."""
    if len(events) != 1 or not isinstance(events[0], Message) or events[0].attachments:
        return None
    said = events[0].text
    text = _bare(said)
    if said.rstrip().endswith("?") or len(text.split()) > _LONGEST:
        return None
    kind = understand(said).kind
    if _YES.match(text) and (kind == "yes" or _YES.fullmatch(text)):
        return True
    return False if _NO.match(text) and (kind == "no" or _NO.fullmatch(text)) else None


def is_aside(text: str) -> bool:
    """Does it leave a question that waits as it is? Commands do, and asking why."""
    return is_command(text) or understand(text).kind == "why"


def _bare(text: str) -> str:
    return " ".join(fold(text).split()).strip(" !?.,*！")
