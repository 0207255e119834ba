"""The actions that summaries of a room told, as they are kept: known again, merged, ticked.

An action is known by the message that it rests on, so that two summaries of one range tell it once. It is
gone when its retention is over, or when the person who asked for the summary is erased.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from bots.summariser.summary import Summary
from bots.summariser.talk import Talk
from core.bot import Exchange
from core.sessions.repository import KeptTurn

SUMMARIES, LISTS, DONE = "summaries", "lists", "done"
"""The shelves of a room. `SUMMARIES` holds the actions of each summary, and later changes of them. `LISTS`
holds the ids that each list showed, in order. `DONE` holds, for each tick, the ids that were done then and
the tick itself (`+id`, `-id`), since two ticks of one moment do not know of each other."""
_KEYCAP = re.compile(r"^(10|[1-9])(?:\ufe0f?\u20e3)$")
_TEN = "🔟"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAction:
    """An action that a summary told, or that somebody put on the list.

    `due` is an ISO date. `link` opens the message that the action rests on, and `said` is when that message
    was written (`12/03 14:05`). `quoted`: `what` is its author's own words. An empty `what` means that the
    action was taken back."""

    id: str
    what: str = field(repr=False)
    who: str | None
    due: str | None
    link: str
    said: str
    quoted: bool = False


def of_summary(summary: Summary, talk: Talk) -> list[OpenAction]:
    """Return the actions of a summary; those that rest on one message have different ids."""
    count: dict[str, int] = {}
    found: list[OpenAction] = []
    for action in summary.actions:
        said = talk.by_number[action.messages[-1]]
        link = talk.links.get(said.n, "")
        count[link] = count.get(link, 0) + 1
        found.append(
            OpenAction(
                id=_id(link, count[link]),
                what=action.what,
                who=action.who,
                due=action.due,
                link=link,
                said=f"{said.at:%d/%m %H:%M}",
                quoted=summary.quoted,
            )
        )
    return found


def added(what: str, *, who: str | None, due: date | None, link: str, key: str, at: datetime) -> OpenAction:
    """Return an action that somebody put on the list themselves, in the exchange of this key."""
    day = due.isoformat() if due else None
    return OpenAction(id=_id(key, 1), what=what, who=who, due=day, link=link, said=f"{at:%d/%m %H:%M}")


def _id(link: str, place: int) -> str:
    return hashlib.blake2b(f"{link}\0{place}".encode(), digest_size=8).hexdigest()


def dump(actions: Sequence[OpenAction]) -> str:
    return orjson.dumps([asdict(action) for action in actions]).decode()


def load(text: str) -> list[OpenAction]:
    raw: list[dict[str, Any]] = orjson.loads(text)
    return [OpenAction(**each) for each in raw]


async def known(exchange: Exchange) -> dict[str, OpenAction]:
    """Return the actions of earlier summaries by id, as they were last changed, oldest first."""
    return merged(await exchange.room.shelf(SUMMARIES))


def merged(shelf: Sequence[KeptTurn]) -> dict[str, OpenAction]:
    """Merge the entries of `SUMMARIES`, without the actions that were taken back."""
    last = {action.id: action for entry in shelf for action in load(entry.answer)}
    return {id: action for id, action in last.items() if action.what}


async def finished(exchange: Exchange) -> set[str]:
    """Return the ids of the actions that are done: those of the last tick, then all ticks that are kept."""
    done, ticks = set[str](), list[str]()
    for entry in await exchange.room.shelf(DONE):
        kept = load_ids(entry.answer)
        done = {each for each in kept if not is_tick(each)}
        ticks += filter(is_tick, kept)
    for tick in ticks:
        if tick[0] == "+":
            done.add(tick[1:])
        else:
            done.discard(tick[1:])
    return done


def is_tick(kept: str) -> bool:
    """Return True for a tick (`+id`) or its removal (`-id`), rather than the id of an action."""
    return kept[0] in "+-"


async def numbered(exchange: Exchange) -> list[str]:
    """Return the ids of the actions in the order of their numbers: those of the last list, or of a summary
    that came after it."""
    lists, summaries = await exchange.room.shelf(LISTS), await exchange.room.shelf(SUMMARIES)
    if summaries and (not lists or lists[-1].at < summaries[-1].at):
        return [action.id for action in load(summaries[-1].answer)]
    return load_ids(lists[-1].answer) if lists else []


def dump_ids(ids: Sequence[str]) -> str:
    return orjson.dumps(ids).decode()


def load_ids(text: str) -> list[str]:
    return orjson.loads(text)


def number_of(reaction: str) -> int | None:
    """Return 1 for « 1️⃣ » and so on to 10, and None for any other reaction."""
    if reaction == _TEN:
        return 10
    found = _KEYCAP.match(reaction)
    return int(found[1]) if found else None
