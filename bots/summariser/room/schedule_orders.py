"""Carries out what people order about the schedules of a room, and finds the schedule that is due.

What the words order is read by `schedule_words`; moderators decide who may order it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bots.asked import asked
from bots.summariser.room.schedule_words import (
    Begin,
    End,
    Move,
    Show,
    WantedOnce,
    changes_times,
    ends_schedule,
    is_moved,
    order_in,
)
from bots.summariser.room.schedules import (
    MOST,
    RoomSettings,
    Schedule,
    Times,
    change_room_settings,
    changed_times,
    form_of,
    load_room_settings,
    next_due,
    period,
)
from bots.summariser.summariser_texts import SummariserTexts
from core.bot import Exchange
from core.connector import Message, Tick
from core.language.folding import unaccented
from core.language.months import in_paris
from core.understanding.arguments import ends_something_else

_ENDS = "ends"
"""Name of the turn's progress note that holds the schedules which this turn ends."""


async def scheduled(exchange: Exchange, event: Message, words: str, now: float) -> bool:
    """Carry out an order about schedules: `!résumé chaque lundi 9h`, `… programmés`, `… arrêter 1`, « arrête
    les résumés du lundi », « décale le point du lundi au mardi ». Return False if the words hold none."""
    if await _repeat_end(exchange):
        return True
    say = SummariserTexts(exchange.texts.language)
    settings = (await load_room_settings(exchange)).without_lost(now)
    today = in_paris(now).date()
    match order_in(words, asked(event), settings, today=today, key=exchange.question.key):
        case None:
            return False
        case Begin(times=times):
            await _begin(exchange, event, settings, times, words, now)
        case Move(schedule=schedule, times=times):
            await _move(exchange, schedule, times, now)
        case End(schedules=ended):
            await _end(exchange, ended)
        case Show():
            await exchange.reply.finish(say.schedules(settings.schedules))
        case WantedOnce():
            await exchange.reply.finish(say.only_regular)
    return True


async def rescheduled(exchange: Exchange, event: Message, now: float) -> bool:
    """Carry out what is said right after a schedule was settled: other times (« non, 10h plutôt ») or its end
    (« annule »). Return False if the last exchange of this session settled no schedule."""
    if await _repeat_end(exchange):
        return True
    settings = (await load_room_settings(exchange)).without_lost(now)
    exchanges = (exchange.session.turns[-1].key, exchange.question.key)
    schedule = next((each for each in settings.schedules if each.told in exchanges), None)
    if schedule is None:
        return False
    say = SummariserTexts(exchange.texts.language)
    words, kind = unaccented(exchange.question.text), asked(event).kind
    times = changed_times(words, schedule) if changes_times(words) else None
    if kind == "thanks" and "?" not in words:
        await exchange.reply.finish(exchange.texts.youre_welcome())
    elif ends_schedule(words, kind):
        await _end(exchange, [schedule])
    elif ends_something_else(words):
        await exchange.reply.finish(f"{say.only_ours}\n\n{say.schedules(settings.schedules)}")
    elif times is not None and is_moved(schedule, times, exchange.question.key):
        await _move(exchange, schedule, times, now)
    else:
        await exchange.reply.finish(say.schedules(settings.schedules))
    return True


async def fired(exchange: Exchange, event: Tick, now: float) -> tuple[RoomSettings, Schedule] | None:
    """Return the schedule that is due, with the settings that it reads under. Return None if the schedule was
    ended or changed meanwhile, or if the room is paused.

    The next moment of the schedule is stored first, so that no failure ends it. A tick that is handled again
    finds its moment in `fired`, and reads from the same moment on."""
    settings = await load_room_settings(exchange)
    schedule = settings.schedule(event.schedule)
    if schedule is None or event.at not in (schedule.due, schedule.fired):
        return None
    if event.at == schedule.due:
        schedule = replace(
            schedule,
            due=next_due(schedule.times, max(now, event.at)),
            fired=event.at,
            since=schedule.fired or event.at - period(schedule),
        )
        await _store_moved(exchange, schedule)
    return None if settings.paused else (settings, schedule)


async def _refused(exchange: Exchange) -> bool:
    """Tell an author who is no moderator of the room that moderators decide. Return True if that was told."""
    if exchange.room.may_decide(exchange.question.author):
        return False
    await exchange.reply.finish(SummariserTexts(exchange.texts.language).moderators_decide)
    return True


async def _end(exchange: Exchange, ended: Sequence[Schedule]) -> None:
    """End these schedules.

    They are noted first: once they have ended, the numbers and days of the order mean other schedules."""
    if await _refused(exchange):
        return
    await exchange.progress.note(_ENDS, RoomSettings(schedules=tuple(ended)).dump())
    await change_room_settings(exchange, lambda kept: kept.without(*(each.id for each in ended)))
    await exchange.reply.finish(SummariserTexts(exchange.texts.language).schedules_stopped(ended))


async def _repeat_end(exchange: Exchange) -> bool:
    """If this turn ended schedules before it was cut short, end those again and return True."""
    noted = exchange.progress.notes.get(_ENDS)
    if noted is not None:
        await _end(exchange, RoomSettings.load(noted).schedules)
    return noted is not None


async def _move(exchange: Exchange, schedule: Schedule, times: Times, now: float) -> None:
    """Have a schedule come at other times."""
    if await _refused(exchange):
        return
    moved = replace(
        schedule,
        days=times.days,
        hour=times.at.hour,
        minute=times.at.minute,
        due=next_due(times, now),
        told=exchange.question.key,
    )
    await _store_moved(exchange, moved)
    text = SummariserTexts(exchange.texts.language).rescheduled(moved)
    await exchange.reply.finish(text, remember=text)


async def _store_moved(exchange: Exchange, moved: Schedule) -> None:
    """Store the new moment of a schedule, unless the schedule has been ended meanwhile."""
    await exchange.room.later(moved.id, moved.due)
    await change_room_settings(
        exchange, lambda kept: kept.with_schedule(moved) if kept.schedule(moved.id) else kept
    )


async def _begin(
    exchange: Exchange, event: Message, settings: RoomSettings, times: Times, words: str, now: float
) -> None:
    """Begin a schedule, unless it is for one person alone or the room has too many."""
    if await _refused(exchange):
        return
    say = SummariserTexts(exchange.texts.language)
    id = hashlib.blake2b(event.key.encode(), digest_size=8).hexdigest()
    if "manque" in words or "miss" in words:
        await exchange.reply.finish(say.no_private_schedule)
        return
    if len(settings.schedules) >= MOST and settings.schedule(id) is None:
        await exchange.reply.finish(say.too_many_schedules(MOST))
        return
    schedule = Schedule(
        id=id,
        days=times.days,
        hour=times.at.hour,
        minute=times.at.minute,
        form=form_of(words),
        due=next_due(times, now),
        told=exchange.question.key,
    )
    await exchange.room.later(id, schedule.due)
    await change_room_settings(exchange, lambda kept: kept.without_lost(now).with_schedule(schedule))
    text = say.scheduled(schedule)
    await exchange.reply.finish(text, remember=text)
