"""Checks what a model wrote about a talk: each claim must rest on messages that bear it out. Pure.

A claim cites messages of the talk. An owner is a participant who writes or is named in them, a date follows
from their words, and a quotation stands in them. What a sentence means is left to the model: where the words
seem to say that nothing was decided, or that it ended within the talk, the model is asked once more, and its
second answer counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, cast

import orjson

from bots.summariser.dates import days
from bots.summariser.rules.names import Names
from bots.summariser.rules.phrases import says
from bots.summariser.rules.plain_summary import read_plainly
from bots.summariser.rules.sentences import Sentence, agreed, deciding, due, joked, of, undoubted
from bots.summariser.summary import KINDS, Action, Kind, Point, Summary
from bots.summariser.talk import Member, Said, Talk
from core.connector.untrusted_json import array_in, object_in
from core.language.folding import unaccented
from core.models.output_filter import GivenAddresses, disarmed

_List = Literal["highlights"] | Kind
LISTS: tuple[_List, ...] = ("highlights", *KINDS)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_QUOTED = re.compile(r"[«“]([^«»“”]{12,300})[»”]")
"""A quotation of at least twelve characters; fewer between quotation marks may be the model's own words."""
_ENDS: dict[Kind, str] = {
    "decisions": "revenir dessus : est-ce encore décidé ?",
    "actions": "y mettre fin ou le confier à un autre : est-ce encore à faire ?",
    "open_questions": "y répondre : la question reste-t-elle ouverte ?",
    "disagreements": "le lever : le désaccord dure-t-il ?",
}
_SOON = 62
"""Days within which a number alone may name a day."""
_NEXT_WEEK = re.compile(r"\b(?:semaine\s+prochaine|next\s+week)\b")
_THIS_WEEK = re.compile(r"\b(?:cette\s+semaine|ce\s+week-?end|this\s+week)\b")
_DAY_AFTER = re.compile(r"\b(?:lendemain|sous\s+24\s*h)\b")
_MOST = 100
"""Items of one list that are looked at, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """An item that does not hold, and the reason in words for the model. `later` is the number of the message
    that speaks against the item."""

    kind: str
    item: dict[str, Any] = field(repr=False)
    why: str
    later: int | None = None

    @property
    def text(self) -> str:
        return str(self.item.get("what") or self.item.get("text") or "")


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A question for the model, and the number of the message that speaks against an item, if one does."""

    why: str
    later: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An answer after the check. `summary` has the items that hold, `wrong` those that do not. `doubted` are
    items that the messages seem to contradict: the model is asked about them once more."""

    summary: Summary
    wrong: tuple[Wrong, ...]
    doubted: tuple[Wrong, ...] = ()


def parse(text: str) -> dict[str, list[dict[str, Any]]] | None:
    """Return the lists of a model's answer, whatever stands around its JSON object, or None without any."""
    found = _OBJECT.search(text)
    try:
        given: Any = orjson.loads(found[0]) if found else None
    except orjson.JSONDecodeError:
        return None
    if not any(isinstance(object_in(given).get(name), list) for name in LISTS):
        return None
    return {
        name: [one for each in array_in(given, name)[:_MOST] if (one := object_in(each))] for name in LISTS
    }


class Checker:
    """Checks items against one talk."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._names = Names(talk.members)
        reading = read_plainly(talk)
        self._ended, self._subjects = reading.ended, reading.subjects
        self._jokes = joked(talk)
        self._given = GivenAddresses([said.text for said in talk.messages])

    def check(self, lists: dict[str, list[dict[str, Any]]], *, asked_again: bool = False) -> Checked:
        """Check the lists of a model's answer. `asked_again`: the answer was given to the doubts of the first
        one, and is not doubted once more."""
        held: dict[str, list[Any]] = {name: [] for name in LISTS}
        acting = {n for one in lists.get("actions", []) for n, _ in numbers(one.get("messages")) if n}
        wrong: list[Wrong] = []
        doubted: list[Wrong] = []
        for kind, item in self._items(lists):
            made = self._item(kind, item)
            if made is None:
                continue
            if isinstance(made, str):
                wrong.append(Wrong(kind=kind, item=item, why=made))
                continue
            doubt = None if asked_again else self._doubt(kind, made.messages, acting)
            if doubt is not None:
                doubted.append(Wrong(kind=kind, item=item, why=doubt.why, later=doubt.later))
            else:
                held[kind].append(made)
        lists_held: dict[str, Any] = {kind: tuple(items) for kind, items in held.items()}
        return Checked(summary=Summary(**lists_held), wrong=tuple(wrong), doubted=tuple(doubted))

    def _items(self, lists: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[_List, dict[str, Any]]]:
        """Yield each item with the name of its list; addresses that nobody wrote are disarmed in it."""
        for kind in LISTS:
            for item in lists.get(kind, []):
                yield (
                    kind,
                    {k: disarmed(v, self._given) if isinstance(v, str) else v for k, v in item.items()},
                )

    def _item(self, kind: _List, item: dict[str, Any]) -> Point | Action | str | None:
        """Return an item as a line of a summary, or what is wrong with it, or None for one without text."""
        text = item.get("what") if kind == "actions" else item.get("text")
        if not isinstance(text, str) or not text.strip():
            return None
        messages = self._messages(item.get("messages"))
        if isinstance(messages, str):
            return messages
        if (invented := _misquoted(text, messages)) is not None:
            return f"« {invented} » ne se trouve pas dans les messages cités"
        if kind == "actions":
            return self._action(text.strip(), item, messages)
        return Point(text=text.strip(), messages=tuple(said.n for said in messages))

    def _doubt(self, kind: _List, numbers: Sequence[int], acting: set[int]) -> _Doubt | None:
        """Return why the messages of an item seem to say that it does not hold, or None. `acting` are the
        messages of actions, which follow a decision and do not take it up again."""
        if kind == "highlights":
            return None
        return self._doubt_decision(numbers, acting) if kind == "decisions" else self._ended_by(kind, numbers)

    def _doubt_decision(self, numbers: Sequence[int], acting: set[int]) -> _Doubt | None:
        """Return why a decision may not be one, or may not stand: all messages of it that decide were
        overturned, or else its subject was taken up again."""
        messages = [self._talk.by_number[n] for n in numbers]
        if not _decided([said for said in messages if said.n not in self._jokes]):
            return _Doubt("les messages cités ne semblent rien décider : est-ce bien une décision ?")
        overturned = self._ended["decisions"].keys() & set(numbers)
        if overturned and overturned >= {said.n for said in messages if deciding([said])}:
            return self._ended_by("decisions", numbers)
        later = self._subjects.taken_up(messages, acting)
        if later is None:
            return None
        return _Doubt(f"le message m{later} en reparle : est-ce encore décidé ?", later)

    def _ended_by(self, kind: Kind, numbers: Sequence[int]) -> _Doubt | None:
        """Return the doubt that a later message seems to have ended an item, or None."""
        ended = self._ended[kind]
        later = max((ended[n] for n in numbers if n in ended), default=None)
        if later is None or later in numbers:
            return None
        return _Doubt(f"le message m{later} semble {_ENDS[kind]}", later)

    def _messages(self, given: object) -> list[Said] | str:
        """Return the messages that an item cites, or which of them does not exist."""
        found: dict[int, Said] = {}
        for n, written in numbers(given):
            said = self._talk.get(n)
            if said is None:
                return f"le message {written} n’est pas dans la conversation"
            found[said.n] = said
        return list(found.values())

    def _action(self, what: str, item: dict[str, Any], messages: Sequence[Said]) -> Action | str:
        """Return an action whose owner and day follow from its messages, or which of the two does not."""
        who = due = None
        if (given := item.get("who")) not in (None, ""):
            member = self._names.whole(str(given))
            if member is None:
                return f"« {given} » n’est pas un participant"
            if not any(self._is_in(member, said) for said in messages):
                return f"« {given} » ne parle pas dans les messages cités et n’y est pas nommé"
            who = member.name
        if (told := item.get("due")) not in (None, ""):
            due = _day_that_follows(str(told), messages)
            if due is None:
                return f"la date « {told} » ne vient pas des messages cités"
        return Action(what=what, who=who, due=due, messages=tuple(said.n for said in messages))

    def _is_in(self, member: Member, said: Said) -> bool:
        """Return True if a member wrote a message or is named in it."""
        if said.author.id == member.id:
            return True
        return any(named.id == member.id for _, named in self._names.named(unaccented(said.text)))


def numbers(given: object) -> Iterator[tuple[int | None, object]]:
    """Yield the numbers of messages in a model's item, `[12]` or `"m12"`, each with what the model wrote. A
    number is None where the model wrote something else."""
    for one in cast("list[Any]", given) if isinstance(given, list) else [given]:
        digits = re.sub(r"^m(?=\d)", "", str(one).strip())
        yield int(digits) if digits.isdecimal() else None, one


def _misquoted(text: str, messages: Sequence[Said]) -> str | None:
    """Return the first quotation in a text that stands in none of the messages, or None."""
    held = [" ".join(unaccented(said.text).split()) for said in messages]
    for quoted in _QUOTED.findall(text):
        words = " ".join(unaccented(quoted).split()).strip(" .,;:!?…")
        if not any(words in one for one in held):
            return quoted.strip()
    return None


def _decided(messages: Sequence[Said]) -> bool:
    """Return True if messages decide something: by their words, or by a statement that others accept."""
    if deciding(messages):
        return True
    authors = {said.author.id for said in messages}
    if len(authors) > 1 and any(says("accepts", unaccented(said.text)) for said in messages):
        return True
    stated = list(_statements(messages))
    if any(says("settles", each.plain) or says("chooses", each.plain) for each in stated):
        return True
    return bool(stated) and any(map(agreed, messages))


def _statements(messages: Sequence[Said]) -> Iterator[Sentence]:
    """Yield the sentences that are no question, and that nothing in them puts in doubt."""
    for said in messages:
        yield from (sentence for sentence in of(said) if not sentence.asked and undoubted(sentence))


def _day_that_follows(told: str, messages: Sequence[Said]) -> str | None:
    """Return the first day that a model may mean and that follows from a message, as an ISO date, or None."""
    meant = {each.day for said in messages for each in days(told, said.at.date())}
    for day in sorted(meant):
        if any(_follows(day, said) for said in messages):
            return day.isoformat()
    return None


def _follows(day: date, said: Said) -> bool:
    """Return True if a message names a day: as a day, by an hour, by its number, or by its week."""
    on, plain = said.at.date(), unaccented(said.text)
    if day in {found.day for found in days(said.text, on)} or due(said.text, said) == day.isoformat():
        return True
    ahead = (day - on).days
    if 0 <= ahead <= _SOON and re.search(rf"(?<!\d){day.day}(?!\d)", plain):
        return True
    if ahead == 1 and _DAY_AFTER.search(plain):
        return True
    weeks = (_monday(day) - _monday(on)).days // 7
    if weeks == 1:
        return _NEXT_WEEK.search(plain) is not None
    return weeks == 0 and ahead >= 0 and _THIS_WEEK.search(plain) is not None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
