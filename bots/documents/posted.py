"""Files that somebody posted in a room: which message is meant, and their text, read when it is asked for, as
far as the room's moderators have settled it, for whichever bot."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import TypeAdapter

from core.bot import Exchange
from core.connector import Message, Past, Wanted
from core.errors import Rejected
from core.language.folding import fold
from core.language.learned import grammar
from core.understanding.arguments import sets_against

SETTLED_WITH = "summariser"
"""Name of the bot that keeps it, with what else it has settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRules:
    """`moderators_only`: who may ask. `floor`: nothing older is read (seconds since 1970; 0: no limit)."""

    moderators_only: bool = False
    floor: float = 0.0
    paused: bool = False

    def refused(self, exchange: Exchange) -> str | None:
        """Why nothing is read here now for the author of this turn; None when it may be."""
        if self.paused:
            return exchange.texts.is_paused()
        if self.moderators_only and not exchange.room.may_decide(exchange.question.author):
            return exchange.texts.moderators_ask()
        return None

    def within(self, wanted: Wanted) -> Wanted:
        """The part of what is wanted that may be read."""
        return replace(wanted, since=max(wanted.since or 0.0, self.floor)) if self.floor else wanted


_RULES: TypeAdapter[RoomRules] = TypeAdapter(RoomRules)


async def rules_of(exchange: Exchange) -> RoomRules:
    kept = await exchange.room.settings(SETTLED_WITH)
    return RoomRules() if kept is None else _RULES.validate_json(kept)


_READ_BACK = 40
"""Messages of a room among which a file is looked for."""
_WORDS = re.compile(r"[^\W_]{3,}")
"""What may be a part of a name."""
_PARTS = re.compile(r"[^\W\d_]{4,}(?=.*\.)")
"""What may name a file, of its name without what its type is."""
_MEDIA = {
    "audio": {"vocal", "audio", "voice"},
    "image": {"photo", "image", "capture", "picture"},
    "video": {"video"},
}
"""What people call a file that has no name of its own, by the medium that it is of."""


def meant(messages: Sequence[Past], text: str, *, named: bool) -> Sequence[Past]:
    """The message of which a file is meant: the last one by whom the words name, or whose file they name, of
    several the one that they name best. `named`: no other; else the last one with files, pictures apart where
    there are others. What it is set against (« par rapport à celui de Léa ») is the last other one."""
    one = _best(messages, text, named=named)
    if not one or not sets_against(fold(text)):
        return one
    others = [each for each in messages if each.attachments and each is not one[0]][-1:]
    return [each for each in messages if each in (*one, *others)]


def _best(messages: Sequence[Past], text: str, *, named: bool) -> Sequence[Past]:
    said = set(_WORDS.findall(fold(text)))

    def fits(past: Past) -> int:
        theirs = not said.isdisjoint(_WORDS.findall(fold(past.sender.name)))
        return 2 * theirs + (not said.isdisjoint(_names(past)))

    sent = [each for each in messages if each.attachments]
    best = max(map(fits, sent), default=0)
    if best or named:
        return [each for each in sent if best and fits(each) == best][-1:]
    written = [each for each in sent if any(file.media_type[:6] != "image/" for file in each.attachments)]
    return (written or sent)[-1:]


def called(messages: Sequence[Past], words: frozenset[str], text: str) -> Sequence[Past]:
    """The message that is `meant` of those with a file which one of these words may name."""
    return meant([each for each in messages if not words.isdisjoint(_names(each))], text, named=False)


def names_medium(text: str) -> bool:
    """Do words name a file by its medium: « la photo de Bob »?"""
    return not set().union(*_MEDIA.values()).isdisjoint(_WORDS.findall(fold(text)))


def _names(past: Past) -> set[str]:
    """The words by which the files of a message may be named."""
    parts = {part for each in past.attachments for part in _PARTS.findall(fold(each.name))} - grammar()
    return parts.union(*(_MEDIA.get(each.media_type.partition("/")[0], ()) for each in past.attachments))


async def posted(
    exchange: Exchange,
    which: Callable[[Sequence[Past]], Sequence[Past]],
    *,
    tells: Literal["nothing", "unread", "none"],
) -> list[tuple[str, str]] | None:
    """The files of the messages of the room that `which` picks, which are named before the answer; no others
    are read. `tells`: is it said why there are none, where they cannot be read (`unread`), or where there is
    no such message too (`none`)? None where it was said."""
    rules, found = await rules_of(exchange), None
    if (refused := rules.refused(exchange)) is None:
        before = exchange.question.event.id if isinstance(exchange.question.event, Message) else None
        with suppress(Rejected):
            wanted = rules.within(Wanted(most=_READ_BACK, before=before))
            found = await exchange.room.recall(wanted, files=True, only=which)
    unread = "\n\n".join(found.unread) if found is not None else ""
    read = [each for each in found.messages if each.read] if found is not None else []
    if read:
        told = [exchange.texts.posted(tuple(each.read), each.sender.name or each.sender.id) for each in read]
        exchange.reply.put_before("\n\n".join(filter(None, (*told, unread))), personal=True)
        return [named for each in read for named in each.read.items()]
    if tells == "none" or (tells == "unread" and unread):
        said = unread or refused or exchange.texts.nothing_posted()
        await exchange.reply.finish(said, personal=bool(found and found.messages))
        return None
    return []
