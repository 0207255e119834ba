"""What people order of the list of actions: ticked, opened again, added to, given another day or owner."""

from __future__ import annotations

import re
from datetime import date, datetime

from bots.summariser.dates import days
from bots.summariser.room.action_list import ActionList
from bots.summariser.room.corrections import without_denied
from bots.summariser.room.open_actions import OpenAction, added
from bots.summariser.room.schedules import load_room_settings
from bots.summariser.rules.names import Names
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
"""The words between a task and its day."""


def changes(text: str) -> bool:
    """Return True if a text about actions changes their list, rather than asks for it."""
    plain = unaccented(text)
    return finishes(plain) is not None or added_action(text) is not None or tells_of_actions(plain)


async def here(exchange: Exchange, event: Message) -> tuple[list[Member], str]:
    """Return the members of the room, and the link to a message that was just written there ("" without
    one)."""
    found = await exchange.room.recall(Wanted(most=_NEAR, start=event.id))
    if found is None:
        return [], ""
    link = next((past.link for past in found.messages if past.id == event.id), "")
    return [Member(id=each.id, name=each.name) for each in found.members], link


async def follow_order(exchange: Exchange, event: Message, words: str, now: datetime) -> None:
    """Carry out `!actions`, `!actions fait 3`, « l’action 3 est faite », « rouvre la première », « ajoute une
    action : Paul relit la note », « la 3 est repoussée à mardi »."""
    if (refused := (await load_room_settings(exchange)).refused(exchange)) is not None:
        await exchange.reply.finish(refused)
        return
    actions = ActionList(exchange, now.date())
    plain = unaccented(words)
    if (new := added_action(words)) is not None:
        changed = True
        await actions.add(await _new_action(exchange, event, *new, now))
    elif (done := finishes(plain)) is not None:
        changed = await actions.mark(plain, done=done)
    else:
        changed = tells_of_actions(plain) and await _amend(exchange, event, actions, words, now.date())
    if not changed:
        await actions.show_open()


async def added_here(exchange: Exchange, event: Message, what: str, now: datetime) -> bool:
    """Put an action on the list, right after a list: « rajoute : Léa réserve la salle ». Return False if the
    words name neither an owner nor a day: they may be about something else."""
    action = await _new_action(exchange, event, what, "", now)
    if not (action.who or action.due):
        return False
    await ActionList(exchange, now.date()).add(action)
    return True


async def _new_action(exchange: Exchange, event: Message, what: str, whom: str, now: datetime) -> OpenAction:
    """Return an action with the owner and the day that its words name. `whom` are words before the task."""
    members, link = await here(exchange, event)
    names, dated = Names(members), days(what, now.date())
    text = f"{whom} {what}"
    named, task = names.named(unaccented(text), text), what
    if dated and not what[dated[-1].end :].strip(" .!"):
        task = _BEFORE_DAY.sub("", what[: dated[-1].start])
    owner = names.named(unaccented(task), task)
    if owner and owner[0][0].start() == 0:
        task = task[owner[0][0].end() :].strip()
    return added(
        task or what,
        who=named[0][1].name if named else None,
        due=dated[-1].day if dated else None,
        link=link,
        key=exchange.question.key,
        at=now,
    )


async def _amend(exchange: Exchange, event: Message, actions: ActionList, words: str, today: date) -> bool:
    """Give actions another day or owner: « la 3 est repoussée à mardi », « la 2 c’est pour Bob ». Return
    False if the words name neither."""
    members, _ = await here(exchange, event)
    plain = unaccented(words)
    named = Names(members).named(plain, words)
    dated = days(without_denied(words), today)
    if not (named or dated):
        return False
    who = named[-1][1].name if named else None
    due = dated[-1].day if dated else None
    await actions.amend(actions_of(plain), who=who, due=due)
    return True
