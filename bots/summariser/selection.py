"""Which of the messages that were read back belong to a summary: by author, by time, by subject. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from bots.summariser.room.corrections import corrects
from bots.summariser.wishes import SummaryWish
from core.connector import Past, Person, Range
from core.language.folding import fold, unaccented
from core.understanding import spelled, understand
from core.understanding.arguments import tells_whose

_AND = re.compile(r" (?:et|and) ")
_TITLE = re.compile(r"^(?:m|mme|mlle|monsieur|madame|mr|mrs|ms|dr)\.? (?=\w)")
_NAME_PART = re.compile(r"[^\W_]+")


def without_requests(messages: Sequence[Past], *, anew: bool) -> Sequence[Past]:
    """Leave out what was asked of the bot; a correction of a summary stays, since it speaks to everybody.

    `anew`: leave out everything up to the last message that asked for a summary, too."""
    if anew:
        requests = [place for place, past in enumerate(messages) if _asks_for_summary(past)]
        messages = messages[requests[-1] + 1 :] if requests else messages
    return [past for past in messages if not past.to_bot or corrects(past.text)]


def in_wanted_time(found: Range, wish: SummaryWish, asker: str) -> Range:
    """Keep the messages between the asker's own last one, if the wish begins there, and the wish's end."""
    if wish.mine:
        found = _after_last_message_of(found, asker)
    if wish.until:
        found = replace(found, messages=tuple(past for past in found.messages if past.at < wish.until))
    return found


def of_wanted_people(found: Range, wish: SummaryWish, text: str) -> Range:
    """Keep the messages of the people whom the wish names, if it names any. Where nobody bears the name, it
    may be a subject: « les messages de Noël »."""
    if not wish.only:
        return found
    theirs = _written_by(found, wish.only)
    if not theirs.messages and tells_whose(text):
        return _speaking_of(found, wish.only)
    return theirs


def _asks_for_summary(past: Past) -> bool:
    """Return True if a message asked the bot for a summary of the room."""
    asked_bot = past.to_bot or spelled(past.text) is not None
    return asked_bot and understand(past.text, place="room").kind == "summarise"


def _after_last_message_of(found: Range, person: str) -> Range:
    """Keep what came after the last message of a person; orders to bots (`!…`) do not count as messages."""
    own = [
        place
        for place, past in enumerate(found.messages)
        if past.sender.id == person and spelled(past.text) is None
    ]
    return replace(found, messages=found.messages[own[-1] + 1 :]) if own else found


def _written_by(found: Range, names: str) -> Range:
    """Keep the messages of the people who bear a name, or one of several: « Bob et Carl ». A name is compared
    word by word; only where nobody bears it whole may its words begin longer ones."""
    called = [_TITLE.sub("", each).split() for each in _AND.split(unaccented(names))]
    for same in (str.__eq__, str.startswith):
        theirs = tuple(
            past for past in found.messages if any(_is_called(past.sender, name, same) for name in called)
        )
        if theirs:
            return replace(found, messages=theirs)
    return replace(found, messages=())


def _is_called(person: Person, name: Sequence[str], same: Callable[[str, str], bool]) -> bool:
    parts = _NAME_PART.findall(unaccented(f"{person.name} {person.id.partition(':')[0]}"))
    return all(any(same(part, word) for part in parts) for word in name)


def _speaking_of(found: Range, name: str) -> Range:
    """Keep the messages that contain a name."""
    named = re.compile(rf"\b{re.escape(unaccented(name).casefold())}\b")
    return replace(found, messages=tuple(past for past in found.messages if named.search(fold(past.text))))
