"""What comes by itself: a schedule that is due. And the list of actions that people tick."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from bots.summariser.room import action_list as ledger
from bots.summariser.room.schedules import Schedule, next_due, period
from bots.summariser.room.settings import House, house_of
from bots.summariser.room.settings_commands import refused
from bots.summariser.texts.room_texts import Service
from core.bot import Turn
from core.connector import Tick

_MARK = re.compile(r"^(fait|faite|fini|done|rouvrir|reopen)\s+(\d{1,3})$")


async def fired(turn: Turn, event: Tick, now: float) -> tuple[House, Schedule] | None:
    """The schedule that is due, with what it reads from; its next moment is stored first, so that no failure
    ends it. None when it was stopped or changed meanwhile, or the conversation is paused.

    The same tick handled again finds itself as `fired`, and reads from the same moment."""
    house = await house_of(turn)
    schedule = house.schedule(event.schedule)
    if schedule is None or event.at not in (schedule.due, schedule.fired):
        return None
    if event.at == schedule.due:
        schedule = replace(
            schedule,
            due=next_due(schedule.days, schedule.at, max(now, event.at)),
            fired=event.at,
            since=schedule.fired or event.at - period(schedule),
        )
        await turn.room.later(schedule.id, schedule.due)
        house = house.with_schedule(schedule)
        await turn.room.save_settings(house.dump())
    return None if house.paused else (house, schedule)


async def actions(turn: Turn, say: Service, argument: str, today: date) -> None:
    """`!actions`, `!actions fait 3`, `!actions rouvrir 3`."""
    if (why := refused(turn, turn.event.sender, await house_of(turn))) is not None:
        await turn.reply.finish(why)
        return
    marked = _MARK.match(argument.strip())
    if marked is None:
        await ledger.list_open(turn, say, today)
    else:
        finished = marked[1] not in ("rouvrir", "reopen")
        await ledger.mark(turn, say, int(marked[2]), today, finished=finished)
