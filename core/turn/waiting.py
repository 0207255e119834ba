"""What waits for a word of its author, and what the author's next message answers to it.

This is the one state machine of everything that waits. Its state is what waits (`Held`), its input the events
of one turn, and its output an `Answer`; `core.turn.question.resolve` alone reads that output.

| What waits | What the author does | Answer |
|---|---|---|
| a doubt about what was found | says yes or no, in words, as a command or by a reaction | `YesOrNo` |
| a refused question with offers | names an offer, or its number | `ChosenWay` |
| a refused question with offers | names a way that is not offered | `ChosenWay(offer=None)` |
| a refused question, by its code, elsewhere | gives the code in a chat of two | `Resumed` |
| anything | writes anything else | `NoAnswer(held)` |
| nothing any more | puts a word on a question that is asked no more | `NoAnswer(why="stale")` |
| nothing under that code | gives a code that resumes nothing | `NoAnswer(why="unknown_code")` |

A question waits in the store, sealed, for a day (`Sessions.hold`). « Oui », « mais non » or « non, c’est le
titre », in either language, as a command or not, alone or between a greeting and a signature, is the word
where it is surely read as one. A question is no word. Anything else is asked about once more, and waits too;
after that it leaves the question aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from core.connector import Event, Message
from core.inbox.records import load, to_json
from core.language.folding import fold
from core.policy.decision import Offer
from core.understanding import goes_on, spelled, understand
from core.understanding.arguments import names_one_message
from core.understanding.commands import bare_request, is_turned_round, named_in, short_answer
from core.understanding.understand import word_in

_FEW = 8
"""Words in which somebody says that they are at a loss."""
_OF_US = frozenset({"about", "help", "stop"})
"""What may be read in the words of who is at a loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What waits: the messages, and the key of their exchange in the session. `refused`: they were refused
    for a marking that they bear no more; `again`: their author wrote something else meanwhile, which waits
    too. `offers`: they were refused, and their author may choose of these; `without`: what is sent if they
    choose to leave the passage out. `why`: what their author is told who asks why they are asked."""

    turn: str
    messages: tuple[Message, ...]
    refused: bool = False
    again: bool = False
    offers: tuple[Offer, ...] = ()
    without: tuple[Message, ...] = ()
    why: str = ""

    def dump(self) -> bytes:
        return orjson.dumps(
            [
                self.turn,
                _dumped(self.messages),
                self.refused,
                self.again,
                self.offers,
                _dumped(self.without),
                self.why,
            ]
        )

    @classmethod
    def load(cls, kept: bytes) -> Held:
        parts: list[Any] = orjson.loads(kept)
        earlier: tuple[Any, ...] = (False, False, (), (), "")  # earlier versions held less
        turn, dumped, refused, again, offers, without, why = (*parts, *earlier[len(parts) - 2 :])
        return cls(
            turn=turn,
            messages=_loaded(dumped),
            refused=refused,
            again=bool(again),
            offers=tuple(offers),
            without=_loaded(without),
            why=why,
        )


def _dumped(messages: Iterable[Message]) -> list[str]:
    return [to_json(message).decode() for message in messages]


def _loaded(dumped: Iterable[str]) -> tuple[Message, ...]:
    loaded = [load(each.encode()) for each in dumped]
    return tuple(each for each in loaded if isinstance(each, Message))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """The events answer nothing that waits. `held` is what waits here all the same, if anything does. `why`
    tells that they were meant as an answer: to a question that is asked no more, or with an unknown code."""

    held: Held | None = None
    why: Literal["", "stale", "unknown_code"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class YesOrNo:
    """The author says whether what was found in the waiting question is really protected."""

    held: Held
    confirms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenWay:
    """The author chooses one of the ways that a refusal offers; `offer` is None where they name a way that is
    not offered."""

    held: Held
    offer: Offer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The author gives the `code` of a question that was refused elsewhere."""

    held: Held
    code: str


Answer = NoAnswer | YesOrNo | ChosenWay | Resumed
"""What the events of a turn answer to what waits for a word of their author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What waits for a word of the author, as it was found before their events are read.

    `held` waits in the session. `code` is the code that the events give, and `resumed` the question that the
    code resumes, if there is one. `stale`: the events are put on a question of ours that is asked no more.
    `by_reaction`: they are a reaction to a message of ours, which stands for a word."""

    held: Held | None = None
    code: str = ""
    resumed: Held | None = None
    stale: bool = False
    by_reaction: bool = False

    def answer(self, events: Sequence[Event], offers: Iterable[Mapping[Offer, str]]) -> Answer:
        """Return what the events answer to what waits. `offers` are the words of each offer, by language."""
        if self.resumed is not None:
            return Resumed(held=self.resumed, code=self.code)
        if self.stale or self.code:
            return NoAnswer(held=self.held, why="unknown_code" if self.code else "stale")
        if self.held is None:
            return NoAnswer()
        if self.held.offers:
            return chosen_way(events, self.held, offers) or NoAnswer(held=self.held)
        confirms = yes_or_no(events)
        return NoAnswer(held=self.held) if confirms is None else YesOrNo(held=self.held, confirms=confirms)


def chosen_way(
    events: Sequence[Event], held: Held, offers: Iterable[Mapping[Offer, str]]
) -> ChosenWay | None:
    """Return what the events choose of the offers of `held`, by its number or in words; None where they are
    no answer to the offers. That a passage is not protected takes a sure « no »."""
    message = _only_message(events)
    if message is None:
        return None
    text = bare_request(message.text)
    if (number := short_answer(text).number) is not None:
        return ChosenWay(held=held, offer=held.offers[number - 1] if number <= len(held.offers) else None)
    confirms = word_in(message.text)
    named: Offer | None = next(filter(None, (named_in(text, each) for each in offers)), None)
    if named is None and confirms is None:
        return None
    meant = confirms is False if named == "denied" else not is_turned_round(text)
    return ChosenWay(held=held, offer=named if meant and named in held.offers else None)


def yes_or_no(events: Sequence[Event]) -> bool | None:
    """Return True where the events are a yes, False where they are a no, None for anything else."""
    message = _only_message(events)
    return None if message is None else word_in(message.text)


def _only_message(events: Sequence[Event]) -> Message | None:
    """Return the one message that the events are, where it is one without files."""
    if len(events) != 1 or not isinstance(events[0], Message) or events[0].attachments:
        return None
    return events[0]


def is_aside(text: str) -> bool:
    """Does it leave a question that waits as it is? Commands do, asking why, and asking for the level."""
    intent = understand(text)
    return spelled(text) is not None or intent.kind == "why" or (intent.kind == "level" and intent.sure)


def is_at_a_loss(text: str) -> bool:
    """Does it ask what a question for a word is about: « c’est quoi ce truc ? », « hein ? »?"""
    intent, words = understand(text), text.rstrip("?! \u00a0\u202f").split()
    lost = intent.kind in _OF_US and not intent.sure
    return len(words) <= _FEW and (lost or (len(words) == 1 and "?" in text and goes_on(text)))


def is_taken_back(text: str) -> bool:
    """Does its author want away what was written last: « efface ce que je viens d’écrire »?"""
    intent = understand(text)
    return intent.kind == "forget" and intent.sure and names_one_message(fold(text))
