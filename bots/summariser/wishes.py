"""What of a conversation is to be summarised, and in which form, from the words of the person. Pure.

`!résumé [quoi] [forme]`, or free words in a room: « résume ce fil », « qu’ai-je manqué depuis hier 14h ? ».
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots.commands import parse
from bots.summariser.dates import days
from bots.summariser.talk import LARGEST, MOST
from bots.summariser.writing import Form
from core.connector import Message, Wanted
from core.language.accents import unaccented

_FREE = re.compile(
    r"^\W*(?:peux-tu\s+|pourrais-tu\s+|merci\s+de\s+)?(?:nous\s+|me\s+)?(?:resumer?z?|fais(?:-nous)?\s+"
    r"(?:un|le)\s+(?:resume|compte[\s-]rendu)|summari[sz]e)\s+(?:de\s+|du\s+|d')?(?:ce\s+|cette\s+|la\s+|le\s+|"
    r"les\s+|this\s+|l')?(?:fil|discussion|conversation|echange|salon|thread|room|depuis|(?:\d+\s+)?derniers?)\b"
    r"|^\W*qu'ai-je\s+(?:manque|rate)\b|^\W*what\s+did\s+i\s+miss\b"
)
_DOCUMENT = re.compile(
    r"\b(?:court|note|detaillee?|document)\b|(?<!avec les )(?<!avec leurs )\b(?:fichiers?|pieces?)\b"
)
_FILES = re.compile(
    r"\bavec\s+(?:les|leurs)\s+(?:fichiers?|pieces?)|\bwith\s+(?:the\s+)?(?:files|attachments)\b"
)
_FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("manque", re.compile(r"\b(?:manquee?s?|rate|miss(?:ed)?)\b")),
    ("passation", re.compile(r"\b(?:passation|handover)\b")),
    ("digest", re.compile(r"\bdigest\b")),
)
_CHAIN = re.compile(r"\b(?:fil|thread|echange)\b")
_COUNT = re.compile(r"\b(\d{1,5})\b(?!\s*(?:h|:|/|heures?|jours?|semaines?|janv|fev|mars|avr|mai|juin|juil|"
                    r"aout|sept|oct|nov|dec))")  # fmt: skip
_SINCE = re.compile(r"\b(?:depuis|since)\s+(.*)")
_MINE = re.compile(r"\b(?:mon\s+dernier\s+message|my\s+last\s+message)\b")
_WEEK = re.compile(r"\b(?:cette\s+semaine|this\s+week)\b")
_AGO = re.compile(r"^(\d{1,3})\s*(h|heures?|hours?|jours?|days?)\b")
_HOUR = re.compile(r"\b(\d{1,2})\s*(?:h|:)\s*(\d{2})?\b")
_WEEKDAY = re.compile(r"\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|\w+day)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryWish:
    """`mine`: from the person's own last message on. `files`: the files are to be read too."""

    form: Form
    wanted: Wanted
    mine: bool = False
    files: bool = False


def wish(message: Message, now: datetime) -> SummaryWish | None:
    """What is wanted; None when this asks for no summary of a conversation. `now` has its time zone."""
    words = words_of(message)
    if words is None:
        return None
    form = _form(words)
    told = _SINCE.search(words)
    mine = _MINE.search(told[1]) is not None if told else form == "manque"
    since = None if mine else since_of(told[1], now) if told else _this_week(words, now)
    count = None if told else _COUNT.search(words)
    chain = message.address.thread or (message.reply_to if _CHAIN.search(words) else None)
    start = message.reply_to if message.address.thread is None and chain is None else None
    wanted = Wanted(
        most=min(LARGEST, max(1, int(count[1]))) if count else MOST,
        before=message.id,
        since=since.timestamp() if since else None,
        start=start,
        chain=chain,
        readers=frozenset((message.sender.id,)) if form == "manque" else None,
    )
    return SummaryWish(form=form, wanted=wanted, mine=mine, files=_FILES.search(words) is not None)


def _form(words: str) -> Form:
    for form, pattern in _FORMS:
        if pattern.search(words):
            return form
    return "compte-rendu"


def asks(message: Message) -> bool:
    """Is a summary of the conversation asked for?"""
    return words_of(message) is not None


def words_of(message: Message) -> str | None:
    """The words that say what of a conversation is to be summarised and how, folded; None when nothing is."""
    if message.direct or message.attachments:
        return None
    command = parse(message.text)
    if command is not None:
        plain = unaccented(command.argument)
        return plain if command.name == "digest" and not _DOCUMENT.search(plain) else None
    plain = unaccented(message.text)
    return plain if len(plain) <= 200 and _FREE.search(plain) else None


def since_of(text: str, now: datetime) -> datetime | None:
    """« hier 14h », « lundi », « 3 jours », « le 12 mars » : the moment in the past that is meant."""
    if ago := _AGO.match(text):
        count = int(ago[1])
        return now - (timedelta(hours=count) if ago[2].startswith("h") else timedelta(days=count))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if "avant-hier" in text:
        day = midnight - timedelta(days=2)
    elif re.search(r"\b(?:hier|yesterday)\b", text):
        day = midnight - timedelta(days=1)
    elif _WEEKDAY.search(text) and (named := days(text, now.date())):
        day = midnight - timedelta(days=(now.weekday() - named[0].day.weekday()) % 7 or 7)
    elif named := days(text, now.date()):
        day = midnight.replace(year=named[0].day.year, month=named[0].day.month, day=named[0].day.day)
    elif re.search(r"\b(?:ce\s+matin|this\s+morning)\b", text) or _HOUR.search(text):
        day = midnight
    else:
        return None
    hour = _HOUR.search(text)
    if hour and int(hour[1]) < 24:
        return day.replace(hour=int(hour[1]), minute=int(hour[2] or 0) % 60)
    return day


def _this_week(words: str, now: datetime) -> datetime | None:
    if not _WEEK.search(words):
        return None
    return (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
