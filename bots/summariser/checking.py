"""Checks what a model wrote of a talk: each claim must rest on messages that bear it out. Pure.

A link points to a message of the range; an owner is a participant, who speaks or is named there; a date
follows from those words; what is quoted stands there. What a sentence means is the model's to say: where the
words seem to say that nothing was decided, or that it ended within the talk, the model is asked once more,
and its second answer counts.
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
from bots.summariser.rules.sentences import agreed, deciding, due, joked, of, undoubted
from bots.summariser.summary import KINDS, Action, Kind, Point, Summary
from bots.summariser.talk import Said, Talk
from core.connector.untrusted_json import array_in, object_in
from core.language.folding import unaccented
from core.models.output_filter import GivenAddresses, disarmed

LISTS: tuple[Literal["highlights"] | Kind, ...] = ("highlights", *KINDS)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_QUOTED = re.compile(r"[«“]([^«»“”]{12,300})[»”]")
"""A quotation; a word or two between quotation marks may be the model's own."""
_ENDS: dict[Kind, str] = {
    "decisions": "revenir dessus : est-ce encore décidé ?",
    "actions": "y mettre fin ou le confier à un autre : est-ce encore à faire ?",
    "open_questions": "y répondre : la question reste-t-elle ouverte ?",
    "disagreements": "le lever : le désaccord dure-t-il ?",
}
_MOST = 100
"""Items of one list that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """An item that does not hold, and why, in words for the model. `later` is the message that speaks against
    it."""

    kind: str
    item: dict[str, Any] = field(repr=False)
    why: str
    later: int | None = None

    @property
    def text(self) -> str:
        return str(self.item.get("what") or self.item.get("text") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What holds of an answer. `wrong` does not; `doubted` are items that the words seem to contradict, to be
    put to the model once more."""

    summary: Summary
    wrong: tuple[Wrong, ...]
    doubted: tuple[Wrong, ...] = ()


def parse(text: str) -> dict[str, list[dict[str, Any]]] | None:
    """The lists of a model's answer, whatever stands around its object; None when it holds none."""
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
        """`asked_again`: the answer was given to the doubts of the first one."""
        held: dict[str, list[Any]] = {name: [] for name in LISTS}
        acting = {n for one in lists.get("actions", []) for n, _ in numbers(one.get("messages")) if n}
        wrong: list[Wrong] = []
        doubted: list[Wrong] = []
        for kind in LISTS:
            for item in lists.get(kind, []):
                item = {k: disarmed(v, self._given) if isinstance(v, str) else v for k, v in item.items()}
                made = self._item(kind, item)
                if isinstance(made, str):
                    wrong.append(Wrong(kind=kind, item=item, why=made))
                elif made is None:
                    continue
                elif (
                    kind != "highlights"
                    and not asked_again
                    and (doubt := self._doubt(kind, made.messages, acting))
                ):
                    doubted.append(Wrong(kind=kind, item=item, why=doubt[0], later=doubt[1]))
                else:
                    held[kind].append(made)
        lists_held: dict[str, Any] = {kind: tuple(items) for kind, items in held.items()}
        return Checked(summary=Summary(**lists_held), wrong=tuple(wrong), doubted=tuple(doubted))

    def _item(self, kind: str, item: dict[str, Any]) -> Point | Action | str | None:
        """The item, None when it is to be left out, or what is wrong with it."""
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

    def _doubt(self, kind: Kind, numbers: Sequence[int], acting: set[int]) -> tuple[str, int | None] | None:
        """Why the words seem to say that there is no such thing, as a question, and the message that speaks
        against it; None where they agree. `acting` are the messages of actions: these follow a decision."""
        messages = [self._talk.by_number[n] for n in numbers]
        ended = {n: self._ended[kind][n] for n in numbers if n in self._ended[kind]}
        if kind == "decisions":
            if not _decided([said for said in messages if said.n not in self._jokes]):
                return "les messages cités ne semblent rien décider : est-ce bien une décision ?", None
            if not {said.n for said in messages if deciding([said])} <= set(ended):
                ended = {}
            if not ended and (later := self._subjects.taken_up(messages, acting)) is not None:
                return f"le message m{later} en reparle : est-ce encore décidé ?", later
        later = max(ended.values(), default=None)
        if later is None or later in numbers:
            return None
        return f"le message m{later} semble {_ENDS[kind]}", later

    def _messages(self, given: object) -> list[Said] | str:
        found: dict[int, Said] = {}
        for n, one in numbers(given):
            said = self._talk.get(n)
            if said is None:
                return f"le message {one} n’est pas dans la conversation"
            found[said.n] = said
        return list(found.values())

    def _action(self, what: str, item: dict[str, Any], messages: Sequence[Said]) -> Action | str:
        who = due = None
        if (given := item.get("who")) not in (None, ""):
            member = self._names.whole(str(given))
            if member is None:
                return f"« {given} » n’est pas un participant"
            if not any(said.author.id == member.id or self._named(said, member.id) for said in messages):
                return f"« {given} » ne parle pas dans les messages cités et n’y est pas nommé"
            who = member.name
        if (told := item.get("due")) not in (None, ""):
            meant = sorted({each.day for said in messages for each in days(str(told), said.at.date())})
            follow = (day.isoformat() for day in meant if any(_follows(day, said) for said in messages))
            due = next(follow, None)
            if due is None:
                return f"la date « {told} » ne vient pas des messages cités"
        return Action(what=what, who=who, due=due, messages=tuple(said.n for said in messages))

    def _named(self, said: Said, member: str) -> bool:
        return any(named.id == member for _, named in self._names.named(unaccented(said.text)))


def numbers(given: object) -> Iterator[tuple[int | None, object]]:
    """The numbers of messages in a model's item, `[12]` or `"m12"`, each with what is written; else None."""
    for one in cast("list[Any]", given) if isinstance(given, list) else [given]:
        digits = re.sub(r"^m(?=\d)", "", str(one).strip())
        yield int(digits) if digits.isdecimal() else None, one


def _misquoted(text: str, messages: Sequence[Said]) -> str | None:
    """A quotation of a text that none of the messages holds."""
    held = [" ".join(unaccented(said.text).split()) for said in messages]
    for quoted in _QUOTED.findall(text):
        words = " ".join(unaccented(quoted).split()).strip(" .,;:!?…")
        if not any(words in one for one in held):
            return quoted.strip()
    return None


def _decided(messages: Sequence[Said]) -> bool:
    """Words that decide; or a choice or a proposal, and a message or a reaction that accepts it."""
    told = [
        sentence for said in messages for sentence in of(said) if not sentence.asked and undoubted(sentence)
    ]
    settled = any(says("settles", each.plain) or says("chooses", each.plain) for each in told)
    authors = {said.author.id for said in messages}
    accepted = len(authors) > 1 and any(says("accepts", unaccented(said.text)) for said in messages)
    return deciding(messages) or settled or accepted or bool(told and any(map(agreed, messages)))


def _follows(day: date, said: Said) -> bool:
    """Does the message name this day: as a day, by an hour, by its number, or by its week?"""
    on, plain = said.at.date(), unaccented(said.text)
    if day in {found.day for found in days(said.text, on)} or due(said.text, said) == day.isoformat():
        return True
    ahead = (day - on).days
    if 0 <= ahead <= _SOON and re.search(rf"(?<!\d){day.day}(?!\d)", plain):
        return True
    weeks = (day - timedelta(days=day.weekday()) - on + timedelta(days=on.weekday())).days // 7
    return (
        (weeks == 1 and _NEXT_WEEK.search(plain) is not None)
        or (weeks == 0 and ahead >= 0 and _THIS_WEEK.search(plain) is not None)
        or (ahead == 1 and _DAY_AFTER.search(plain) is not None)
    )


_SOON = 62
"""Days within which a number alone tells a day."""
_NEXT_WEEK = re.compile(r"\b(?:semaine\s+prochaine|next\s+week)\b")
_THIS_WEEK = re.compile(r"\b(?:cette\s+semaine|ce\s+week-?end|this\s+week)\b")
_DAY_AFTER = re.compile(r"\b(?:lendemain|sous\s+24\s*h)\b")
