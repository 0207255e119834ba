"""What people order of the list of actions: ticked, opened again, added to, given another day or owner."""

from __future__ import annotations

import re
from datetime import date, datetime

from bots.summariser.dates import days
from bots.summariser.room import action_list as ledger
from bots.summariser.room.action_list import Open
from bots.summariser.room.corrections import without_denied
from bots.summariser.room.schedules import house_of
from bots.summariser.rules.names import Names
from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.talk import Member
from core.bot import Exchange
from core.connector import Message, Wanted
from core.language.folding import unaccented
from core.understanding.arguments import actions_of, added_action, finishes, tells_of_actions

_NEAR = 20
"""Messages since an order that are read back at most, to find its link and the names of the room."""
_BEFORE_DAY = re.compile(
    r"[\s,]+(?:pour|avant|d['’]ici(?: à)?|le|au plus tard|by|before|on|until)?\s*(?:le|the)?\s*$", re.I
)
"""What leads to the day of an action."""


def changes(text: str) -> bool:
    """Say whether a text that is about actions changes their list, rather than asks for it."""
    plain = unaccented(text)
    return finishes(plain) is not None or added_action(text) is not None or tells_of_actions(plain)


async def here(exchange: Exchange, event: Message) -> tuple[list[Member], str]:
    """The members of the room, and what opens a message that was just written there."""
    found = await exchange.room.recall(Wanted(most=_NEAR, start=event.id))
    if found is None:
        return [], ""
    link = next((past.link for past in found.messages if past.id == event.id), "")
    return [Member(id=each.id, name=each.name) for each in found.members], link


async def actions(
    exchange: Exchange, say: SummariserTexts, event: Message, words: str, now: datetime
) -> None:
    """`!actions`, `!actions fait 3`, « l’action 3 est faite », « rouvre la première », « ajoute une action :
    Paul relit la note », « la 3 est repoussée à mardi »."""
    if (why := (await house_of(exchange)).refused(exchange)) is not None:
        await exchange.reply.finish(why)
        return
    plain, today = unaccented(words), now.date()
    finished, added = finishes(plain), added_action(words)
    if added is not None:
        changed = True
        await ledger.add(exchange, say, await _new_action(exchange, event, *added, now), today)
    elif finished is not None:
        changed = await ledger.mark(exchange, say, plain, today, finished=finished)
    else:
        changed = tells_of_actions(plain) and await _amended(exchange, say, event, words, today)
    if not changed:
        await ledger.list_open(exchange, say, today)


async def added_here(
    exchange: Exchange, say: SummariserTexts, event: Message, what: str, now: datetime
) -> bool:
    """« Rajoute : Léa réserve la salle », right after a list: put it on there. False where neither an owner
    nor a day is named, for it may be something else that is to be added."""
    action = await _new_action(exchange, event, what, "", now)
    if action.who or action.due:
        await ledger.add(exchange, say, action, now.date())
    return bool(action.who or action.due)


async def _new_action(exchange: Exchange, event: Message, what: str, whom: str, now: datetime) -> Open:
    """An action as it was told: its owner and its day are those that are named."""
    members, link = await here(exchange, event)
    text = f"{whom} {what}"
    names, told = Names(members), days(what, now.date())
    named, bare = names.named(unaccented(text), text), what
    if told and not what[told[-1].end :].strip(" .!"):
        bare = _BEFORE_DAY.sub("", what[: told[-1].start])
    owner = names.named(unaccented(bare), bare)
    if owner and owner[0][0].start() == 0:
        bare = bare[owner[0][0].end() :].strip()
    return ledger.told(
        bare or what,
        who=named[0][1].name if named else None,
        due=told[-1].day if told else None,
        link=link,
        name=exchange.question.key,
        at=now,
    )


async def _amended(exchange: Exchange, say: SummariserTexts, event: Message, words: str, today: date) -> bool:
    """« La 3 est repoussée à mardi », « la 2 c’est pour Bob ». False where no day and no member is told."""
    members, _ = await here(exchange, event)
    plain = unaccented(words)
    named = Names(members).named(plain, words)
    told = days(without_denied(words), today)
    if not (named or told):
        return False
    who, due = named[-1][1].name if named else None, told[-1].day if told else None
    await ledger.amend(exchange, say, actions_of(plain), who=who, due=due, today=today)
    return True
