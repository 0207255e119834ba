"""Which messages of a conversation are to be summarised, and in which form, from what was understood. Pure.

`!résumé [quoi] [forme]`, or plain words in a room: « résume ce fil », « qu’ai-je manqué depuis hier 14h ? ».
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots.asked import asked
from bots.summariser.dates import days
from bots.summariser.summary import Form
from bots.summariser.talk import LARGEST, MOST
from core.connector import Message, Wanted
from core.language.folding import unaccented
from core.language.learned import grammar
from core.language.pattern_file import PatternFile, toml_beside
from core.understanding import Intent, arguments

_FORMS: Mapping[str, Form] = {
    "missed": "manque",
    "handover": "passation",
    "digest": "digest",
}
LIKELY = 0.6
"""The probability from which words in a room are taken to be about its talk."""
_NAMED = 0.5
"""The same where they say whose words are wanted."""
_ENDED = 0.4
"""The same where they end what comes at set times: « laisse tomber le point du mardi »."""
_MINE = re.compile(r"\b(?:mon\s+dernier\s+message|my\s+last\s+message)\b")
_PATTERNS = PatternFile(toml_beside(__file__))
_ANEW = _PATTERNS.pattern("anew")
_WEEK = re.compile(r"\b(?:cette|this|la|last)\s+(?:semaine|week)\b")
_LAST_WEEK = re.compile(r"\b(?:semaine\s+derniere|last\s+week)\b")
_AGO = re.compile(r"^(\d{1,3})\s*(h|heures?|hours?|jours?|days?)\b")
_HOUR = re.compile(r"\b(\d{1,2})\s*(?:h|:)\s*(\d{2})?\b")
_DAYS = r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|\w+day"
_WEEKDAY = re.compile(rf"\b(?:{_DAYS})\b")
_OF_TALK = frozenset({"since", "last", "from"})
_OBJECT = _PATTERNS.pattern("object")
_NAMES = re.compile(r"[^\W\d_]{4,}")
_ONE_DAY = re.compile(rf"(?:hier|avant-hier|yesterday|{_DAYS})(?: (?:dernier|last))?")
_FROM_THEN = re.compile(r"\b(?:depuis|since|a partir|from|apres|after)\b")
_YESTERDAY = re.compile(r"\b(?:hier|yesterday)\b")
_TODAY = _PATTERNS.pattern("today")
_NOON = re.compile(r"\b(?:cet\s+apres-midi|this\s+afternoon|midi|noon)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryWish:
    """`mine`: from the person's own last message on. `files`: the files are to be read too. `only`: the
    messages of whoever bears this name; empty: of everybody. `about`: what it is about, or whose actions are
    wanted; empty: all. `alone`: for who asks, and nobody else. `until`:
    what was said from this time on is left out (0: nothing is): « ce qui s’est dit hier ». `anew`: what was
    said before the last summary is left out. `most`: in so many lines; 0: in as many as it takes."""

    form: Form
    wanted: Wanted
    mine: bool = False
    files: bool = False
    only: str = ""
    about: str = ""
    alone: bool = False
    until: float = 0.0
    anew: bool = False
    most: int = 0


def asks(message: Message) -> bool:
    """Is a summary of the conversation asked for, or to be sent at set times?"""
    return _of_talk(message, asked(message)) is not None


def wish(message: Message, now: datetime) -> SummaryWish | None:
    """What is wanted; None when this asks for no summary of a conversation. `now` has its time zone."""
    intent = _of_talk(message, asked(message))
    if intent is None:
        return None
    said = intent.arguments
    form = _FORMS.get(str(said.get("form", "")), "compte-rendu")
    alone = form == "manque" or arguments.alone(unaccented(message.text))
    told = str(said.get("since", ""))
    mine = _MINE.search(told) is not None if told else form == "manque" and "last" not in said
    since = since_of(told, now) if told and not mine else None
    thread = message.reply_to if said.get("what") == "thread" else None
    chain = message.address.thread or thread
    start = message.reply_to if message.address.thread is None and chain is None else None
    wanted = Wanted(
        most=min(LARGEST, max(1, int(said["last"]))) if "last" in said else MOST,
        before=message.id,
        since=since.timestamp() if since else None,
        start=start,
        chain=chain,
        readers=frozenset((message.sender.id,)) if alone else None,
    )
    files = arguments.with_files(unaccented(message.text))
    only = str(said.get("from", ""))
    day = since if form != "manque" and _ONE_DAY.fullmatch(told) and _is_of_one_day(message.text) else None
    until = (day + timedelta(days=1)).timestamp() if day else 0.0
    about = arguments.subject_of(message.text) or arguments.day_ahead(unaccented(message.text).casefold())
    return SummaryWish(
        form=form, wanted=wanted, mine=mine, files=files, only=only, about=about, alone=alone, until=until,
        anew=is_anew(message.text), most=arguments.length_of(unaccented(message.text)),
    )  # fmt: skip


def is_anew(text: str) -> bool:
    """Say whether only what was said since the last summary is wanted."""
    return _ANEW.search(unaccented(text).casefold()) is not None


def _is_of_one_day(text: str) -> bool:
    """Is no other day named beside one, as « entre lundi et mercredi », nor what was said from then on?"""
    said = unaccented(text).casefold()
    named = {*_WEEKDAY.findall(said), *_YESTERDAY.findall(said)}
    return len(named) == 1 and not _TODAY.search(said) and not _FROM_THEN.search(said)


def _of_talk(message: Message, intent: Intent) -> Intent | None:
    """The intent, if it is about what is said in this conversation, not about what came with the message."""
    comes = message.quoted and not (message.reply_to or message.quotes_root)
    forwarded = comes and intent.arguments.get("what") != "thread"
    likely = _NAMED if "from" in intent.arguments else LIKELY
    likely = _ENDED if intent.kind == "schedule" and intent.arguments.get("on") is False else likely
    if message.direct or message.brings_file or forwarded or intent.chance < likely:
        return None
    talk = intent.kind == "summarise" and intent.arguments.get("what") != "document"
    return intent if talk or intent.kind in ("schedule", "actions") else None


def named_in(message: Message) -> frozenset[str]:
    """The words that may name a file which stands in the room, where that is to be summed up and the talk is
    not: « résume le devis », not « résume ce qui s’est dit du devis », « résume depuis lundi »."""
    intent, said = asked(message), unaccented(message.text).casefold()
    plain = intent.kind == "summarise" and not intent.command and not intent.arguments.keys() & _OF_TALK
    of_talk = arguments.tells_talk(said) or _WEEK.search(said)
    found = _OBJECT.search(said) if plain and not of_talk else None
    return frozenset(_NAMES.findall(found[1])) - grammar() if found else frozenset()


def words_of(message: Message) -> str:
    """The words of the wish, folded: what follows the command, or all."""
    intent = asked(message)
    return unaccented(str(intent.arguments.get("words", "")) if intent.command else message.text)


def since_of(text: str, now: datetime) -> datetime | None:
    """« hier 14h », « lundi », « 3 jours », « le 12 mars » : the moment in the past that is meant."""
    if ago := _AGO.match(text):
        count = int(ago[1])
        return now - (timedelta(hours=count) if ago[2].startswith("h") else timedelta(days=count))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if _WEEK.search(text):
        return midnight - timedelta(days=now.weekday() + (7 if _LAST_WEEK.search(text) else 0))
    day = _day_of(text, midnight)
    hour = _HOUR.search(text)
    if day is not None and hour and int(hour[1]) < 24:
        return day.replace(hour=int(hour[1]), minute=int(hour[2] or 0) % 60)
    return day.replace(hour=12) if day is not None and _NOON.search(text) else day


def _day_of(text: str, today: datetime) -> datetime | None:
    """The midnight that begins the day that is meant."""
    if "avant-hier" in text:
        return today - timedelta(days=2)
    if _YESTERDAY.search(text):
        return today - timedelta(days=1)
    if named := days(text, today.date()):
        day = named[0].day
        if _WEEKDAY.search(text):
            return today - timedelta(days=(today.weekday() - day.weekday()) % 7 or 7)
        return today.replace(year=day.year, month=day.month, day=day.day)
    return today if _TODAY.search(text) or _HOUR.search(text) else None
