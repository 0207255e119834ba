"""Which messages of a conversation are to be summarised, and in which form, from what was understood. Pure.

`!résumé [quoi] [forme]`, or plain words in a room: « résume ce fil », « qu’ai-je manqué depuis hier 14h ? ».
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bots.asked import asked
from bots.summariser.since import names_week, since_of, wants_one_day
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
"""The probability of an intent from which words in a room are taken to be about its talk."""
_LIKELY_OF_SOMEBODY = 0.5
"""The same where the words say whose messages are wanted."""
_LIKELY_END = 0.4
"""The same where the words end what comes at set times: « laisse tomber le point du mardi »."""
_MINE = re.compile(r"\b(?:mon\s+dernier\s+message|my\s+last\s+message)\b")
_PATTERNS = PatternFile(toml_beside(__file__))
_ANEW = _PATTERNS.pattern("anew")
_OBJECT = _PATTERNS.pattern("object")
_OF_TALK = frozenset({"since", "last", "from"})
"""Arguments that only a summary of messages has."""
_WORD_OF_NAME = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryWish:
    """A summary that is wanted.

    `mine`: only what came after the person's own last message. `files`: the files are read too. `only`: the
    name of the person whose messages are wanted, "" for everybody's. `about`: the subject, or the person
    whose actions are wanted, "" for all. `alone`: for the person who asks and nobody else. `until`: messages
    from this time on are left out (seconds since 1970; 0: none is). `anew`: messages before the last summary
    are left out. `most`: the number of lines, 0 for any."""

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
    """Return True if a message asks for a summary of the conversation, now or at set times."""
    return _of_talk(message, asked(message)) is not None


def wish(message: Message, now: datetime) -> SummaryWish | None:
    """Return the summary that a message asks for, or None. `now` has its time zone."""
    intent = _of_talk(message, asked(message))
    if intent is None:
        return None
    folded = unaccented(message.text)
    form = _FORMS.get(str(intent.arguments.get("form", "")), "compte-rendu")
    alone = form == "manque" or arguments.alone(folded)
    since = str(intent.arguments.get("since", ""))
    mine = _begins_at_own_message(intent, form, since)
    begin = since_of(since, now) if since and not mine else None
    until = 0.0
    if begin is not None and form != "manque" and wants_one_day(since, message.text):
        until = (begin + timedelta(days=1)).timestamp()
    return SummaryWish(
        form=form,
        wanted=_wanted(message, intent, begin, alone=alone),
        mine=mine,
        files=arguments.with_files(folded),
        only=str(intent.arguments.get("from", "")),
        about=arguments.subject_of(message.text) or arguments.day_ahead(folded.casefold()),
        alone=alone,
        until=until,
        anew=is_anew(message.text),
        most=arguments.length_of(folded),
    )


def _begins_at_own_message(intent: Intent, form: Form, since: str) -> bool:
    """Return True for « depuis mon dernier message », and for « qu’ai-je manqué ? » without a time."""
    if since:
        return _MINE.search(since) is not None
    return form == "manque" and "last" not in intent.arguments


def _wanted(message: Message, intent: Intent, begin: datetime | None, *, alone: bool) -> Wanted:
    """Return which messages are read back: those of the thread, where one is meant, or from the message on to
    which the request replies."""
    thread = message.address.thread
    if thread is None and intent.arguments.get("what") == "thread":
        thread = message.reply_to
    most = MOST
    if "last" in intent.arguments:
        most = min(LARGEST, max(1, int(intent.arguments["last"])))
    return Wanted(
        most=most,
        before=message.id,
        since=begin.timestamp() if begin else None,
        start=message.reply_to if thread is None else None,
        chain=thread,
        readers=frozenset((message.sender.id,)) if alone else None,
    )


def is_anew(text: str) -> bool:
    """Return True if only what was said since the last summary is wanted."""
    return _ANEW.search(unaccented(text).casefold()) is not None


def _of_talk(message: Message, intent: Intent) -> Intent | None:
    """Return the intent if it is about what is said in this conversation, and likely enough. It is not if the
    message came with a file or was forwarded: then it is about that."""
    if message.direct or message.brings_file or _is_about_forwarded(message, intent):
        return None
    if intent.chance < _least_chance(intent):
        return None
    if intent.kind in ("schedule", "actions"):
        return intent
    of_talk = intent.kind == "summarise" and intent.arguments.get("what") != "document"
    return intent if of_talk else None


def _is_about_forwarded(message: Message, intent: Intent) -> bool:
    """Return True if a message comes with others that were forwarded, and does not ask for the thread."""
    forwarded = message.quoted and not (message.reply_to or message.quotes_root)
    return bool(forwarded) and intent.arguments.get("what") != "thread"


def _least_chance(intent: Intent) -> float:
    """Return the probability from which an intent is taken to be about the talk of a room."""
    if intent.kind == "schedule" and intent.arguments.get("on") is False:
        return _LIKELY_END
    return _LIKELY_OF_SOMEBODY if "from" in intent.arguments else LIKELY


def named_in(message: Message) -> frozenset[str]:
    """Return the words that may name a file of the room which is to be summed up: « résume le devis ». They
    are none for « résume ce qui s’est dit du devis » and « résume depuis lundi », which mean the talk."""
    intent, folded = asked(message), unaccented(message.text).casefold()
    if intent.kind != "summarise" or intent.command or intent.arguments.keys() & _OF_TALK:
        return frozenset()
    if arguments.tells_talk(folded) or names_week(folded):
        return frozenset()
    found = _OBJECT.search(folded)
    return frozenset(_WORD_OF_NAME.findall(found[1])) - grammar() if found else frozenset()


def words_of(message: Message) -> str:
    """Return the folded words of a wish: those behind the command, or all."""
    intent = asked(message)
    return unaccented(str(intent.arguments.get("words", "")) if intent.command else message.text)
