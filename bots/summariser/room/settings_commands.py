"""Who may ask, from when on, pauses, and schedules: settled by a conversation's moderators.

Also what comes of it: a schedule that is due.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bots.asked import asked
from bots.summariser.dates import days
from bots.summariser.room import schedules
from bots.summariser.room.schedules import House, Schedule, change_house, house_of, next_due, period
from bots.summariser.summariser_texts import SummariserTexts
from core.bot import Exchange
from core.connector import Message, Tick
from core.language.folding import unaccented
from core.language.months import DAYS, PARIS, in_paris, one_of
from core.sensitivity.level import Level
from core.understanding import Kind
from core.understanding.arguments import ends_something_else, is_off

_EVERYONE = re.compile(r"\b(?:tous|tout\s+le\s+monde|membres|everyone|all|members)\b")
_MODERATORS = re.compile(r"\b(?:moderateurs?|moderatrices?|moderators?)\b")
_HISTORY = re.compile(r"\b(?:historique|history)\s+(oui|non|yes|no)\b")
_LEVEL = re.compile(r"\b(?:niveau|level|plancher|floor)\s+(n[0-3])\b", re.I)
_LIST = re.compile(r"^\W*(?:programmes?|programmees?|planifies?|scheduled|list)\W*$")
_STOP = re.compile(r"^\W*(?:arreter?|supprimer?|annuler?|stop|cancel)\s+(\d{1,2})\W*$")
_MOVES = re.compile(r"\b(?:decal|deplac|chang|avanc|report|pass|mets|move|shift|change|reschedul)\w*")
"""What moves a schedule that is there."""
_SUMMARIES = re.compile(
    r"\b(?:resum|points?\b|recap|synthes|compte[- ]rendu|cr\b|summar|digest|program|schedul)"
)
"""What the only schedule is called, where words move it without its day."""
_ASKED = re.compile(r"^\W*(?:(?:non|oui|ok|en fait|tu peux|peux[- ]tu|can you|could you|please)\W+)*")
_ENDED = re.compile(
    r"\b(?:est|sont|a|ont|avons|avait|etait|sera|ete|is|was|has|been)\s(?:\w+\s)?(?:annul|arret|supprim|stopp|cancel)"
)
"""What tells that something ended: « le comité est annulé »."""
_AMENDS = re.compile(
    rf"""
    ^\W*(?:non|no|pas|not|ou|or)\b
    |\b(?:plutot|aussi|egalement|finalement|mieux|prefer\w*|faisons|rather|instead|also|too|as[ ]well|better
    |make[ ]it|actually)\b
    |^\W*(?:(?:le|les|on)\W+)?{one_of(DAYS)}s?\W*$
    |^\W*(?:(?:le|les|vers|at|on)\W+)?(?:{one_of(DAYS)}s?\W*)?(?:(?:a|vers|at)\W+)?
    \d{{1,2}}\s*(?:h|:|am\b|pm\b)\s*\d{{0,2}}\W*$
    """,
    re.VERBOSE,
)
"""What changes a schedule that was just settled: « non, 10h plutôt », « le mardi aussi », « 11h »."""
_ENDS = "ends"
"""The note of the schedules that a turn ends."""
_REMINDS = re.compile(r"\b(?:rappel|remind|ping|pens(?:er|es?)\b|oubli|forget|alert|alarm|previen|reveil)")
"""What wants a reminder: « fais-nous penser à relancer la DDT »."""
_ONCE = re.compile(r"\b\d{1,2} ?(?:h|:|am\b|pm\b)")
"""An hour: with a day, what is wanted once (« jeudi en huit à 9 h »)."""


async def shown_or_changed(exchange: Exchange, say: SummariserTexts, argument: str, now: float) -> str:
    """`!réglages`: for everybody to see, for moderators to change; what is said of it."""
    house = (await house_of(exchange)).without_lost(now)
    if found := _LEVEL.search(unaccented(argument)):
        return await _set_floor(exchange, say, Level.parse(found[1]))
    if argument:
        changed = _changed(house, unaccented(argument), now)
        if changed is None:
            return say.settings_unknown
        if not exchange.room.may_decide(exchange.question.author):
            return say.moderators_decide
        await change_house(exchange, lambda kept: _changed(kept, unaccented(argument), now) or kept)
        house = changed
    return say.settings(
        moderators_only=house.moderators_only,
        floor=datetime.fromtimestamp(house.floor, PARIS) if house.floor else None,
        paused=house.paused,
        count=len(house.schedules),
    )


async def _set_floor(exchange: Exchange, say: SummariserTexts, level: Level) -> str:
    """`!réglages niveau N2`: whatever is said here has this level at least."""
    if not exchange.room.may_decide(exchange.question.author):
        return say.moderators_decide
    if level > exchange.situation.ceiling:
        return say.floor_too_high(exchange.situation.ceiling)
    await exchange.room.set_floor(level)
    return say.floor_set(level)


def _changed(house: House, words: str, now: float) -> House | None:
    if history := _HISTORY.search(words):
        return replace(house, floor=0.0 if history[1] in ("oui", "yes") else now)
    if _MODERATORS.search(words):
        return replace(house, moderators_only=True)
    if _EVERYONE.search(words):
        return replace(house, moderators_only=False)
    return None


async def paused(exchange: Exchange, say: SummariserTexts, *, on: bool) -> str:
    """`!pause`, `!reprise`; what is said of it."""
    if not exchange.room.may_decide(exchange.question.author):
        return say.moderators_decide
    await change_house(exchange, lambda kept: replace(kept, paused=on))
    return say.paused if on else say.resumed


async def scheduled(exchange: Exchange, event: Message, words: str, now: float) -> bool:
    """`!résumé chaque lundi 9h`, `… programmés`, `… arrêter 1`, « arrête les résumés du lundi », « décale le
    point du lundi au mardi ». False: the words ask for nothing of this."""
    if await _ended_before(exchange):
        return True
    say = SummariserTexts(exchange.texts.language)
    intent = asked(event)
    ends = intent.kind == "schedule" and intent.arguments.get("on") is False
    when = None if ends else schedules.asked(words)
    stopped = _STOP.match(words)
    if when is None and stopped is None and intent.kind != "schedule" and not _LIST.match(words):
        return False
    house = (await house_of(exchange)).without_lost(now)
    moves = when is None and not stopped and _MOVES.search(words)
    if moves and (meant := _moved(house, words)) is not None and await _changed_to(exchange, *meant, now):
        return True
    numbers = {int(stopped[1])} if stopped else _meant(house, words) if ends else set[int]()
    numbers &= set(range(1, len(house.schedules) + 1))
    if when is None and not numbers:
        plain = unaccented(words)
        at_once = _ONCE.search(plain) and days(words, in_paris(now).date())
        once = not ends and (at_once or _REMINDS.search(plain))
        await exchange.reply.finish(say.only_regular if once else say.schedules(house.schedules))
    elif not exchange.room.may_decide(event.sender):
        await exchange.reply.finish(say.moderators_decide)
    elif when is None or numbers:
        await _ended(exchange, [each for n, each in enumerate(house.schedules, 1) if n in numbers])
    else:
        await _begun(exchange, say, house, event, when, words, now)
    return True


async def rescheduled(exchange: Exchange, event: Message, now: float) -> bool:
    """What is said of the schedule that was settled last in this session: another hour or day (« non, 10h
    plutôt »), or its end (« annule »). False where nothing was, or it says nothing of that."""
    if await _ended_before(exchange):
        return True
    house = (await house_of(exchange)).without_lost(now)
    told = exchange.session.turns[-1].key
    schedule = next((each for each in house.schedules if each.told in (told, exchange.question.key)), None)
    if schedule is None:
        return False
    words, intent = unaccented(exchange.question.text), asked(event)
    when = schedules.changed(words, schedule) if _amends(words) else None
    if intent.kind == "thanks" and "?" not in words:
        await exchange.reply.finish(exchange.texts.youre_welcome())
    elif _ends_it(words, intent.kind):
        await _ended(exchange, [schedule])
    elif ends_something_else(words):
        say = SummariserTexts(exchange.texts.language)
        await exchange.reply.finish(f"{say.only_ours}\n\n{say.schedules(house.schedules)}")
    elif when is None or not await _changed_to(exchange, schedule, when, now):
        await exchange.reply.finish(SummariserTexts(exchange.texts.language).schedules(house.schedules))
    return True


def _ends_it(words: str, kind: Kind) -> bool:
    """Is a schedule to end that was just settled, rather than is it told or asked of something else that it
    ended: « la réunion est annulée ? »?"""
    if _ENDED.search(words) or ends_something_else(words):
        return False
    return kind in ("stop", "forget") or ("?" not in words and is_off(words, of="schedule"))


def _amends(words: str) -> bool:
    """Do folded words give a schedule another day or hour, rather than tell or ask of one: « qui vient
    mardi ? », « Paul sera là à 14h »?"""
    asked_for = _ASKED.match(words)
    start = asked_for.end() if asked_for else 0
    if _MOVES.match(words, start):
        return True
    return "?" not in words and bool(_AMENDS.search(words) or schedules.asked(words))


async def _ended(exchange: Exchange, ended: Sequence[Schedule]) -> None:
    """End these schedules. They are noted before: what numbers and days mean is another thing then."""
    say = SummariserTexts(exchange.texts.language)
    if not exchange.room.may_decide(exchange.question.author):
        await exchange.reply.finish(say.moderators_decide)
        return
    await exchange.progress.note(_ENDS, House(schedules=tuple(ended)).dump())
    await change_house(exchange, lambda kept: kept.without(*(each.id for each in ended)))
    await exchange.reply.finish(say.schedules_stopped(ended))


async def _ended_before(exchange: Exchange) -> bool:
    """Did this turn end schedules before it was cut short? Then it ends these and no others."""
    noted = exchange.progress.notes.get(_ENDS)
    if noted is not None:
        await _ended(exchange, House.load(noted).schedules)
    return noted is not None


async def _changed_to(exchange: Exchange, schedule: Schedule, when: schedules.When, now: float) -> bool:
    """Have a schedule come at other moments; False where they are those that it has, unless this turn gave
    them before it was cut short."""
    say = SummariserTexts(exchange.texts.language)
    if (when.days, when.at) == (schedule.days, schedule.at) and schedule.told != exchange.question.key:
        return False
    if not exchange.room.may_decide(exchange.question.author):
        await exchange.reply.finish(say.moderators_decide)
        return True
    due = next_due(when.days, when.at, now)
    moved = replace(
        schedule,
        days=when.days,
        hour=when.at.hour,
        minute=when.at.minute,
        due=due,
        told=exchange.question.key,
    )
    await exchange.room.later(moved.id, due)
    await change_house(exchange, lambda kept: kept.with_schedule(moved) if kept.schedule(moved.id) else kept)
    said = say.rescheduled(moved)
    await exchange.reply.finish(said, remember=said)
    return True


def _moved(house: House, words: str) -> tuple[Schedule, schedules.When] | None:
    """The schedule that words move, and to when: the only one, or the one of a day that they name."""
    named = set(schedules.days_in(words))
    likely = [each for each in house.schedules if named & set(each.days)]
    likely = likely or (list(house.schedules) if _SUMMARIES.search(words) else [])
    when = schedules.changed(words, likely[0]) if len(likely) == 1 else None
    return (likely[0], when) if when is not None else None


def _meant(house: House, words: str) -> set[int]:
    """The numbers of the schedules that words mean: the only one of the days that they name, or all where
    they say so; none where several may be meant."""
    days = set(schedules.days_in(words))
    likely = {n for n, each in enumerate(house.schedules, 1) if not days or days & set(each.days)}
    return likely if len(likely) == 1 or (not days and _EVERYONE.search(words)) else set()


async def _begun(
    exchange: Exchange,
    say: SummariserTexts,
    house: House,
    event: Message,
    when: schedules.When,
    words: str,
    now: float,
) -> None:
    id = hashlib.blake2b(event.key.encode(), digest_size=8).hexdigest()
    if "manque" in words or "miss" in words:
        await exchange.reply.finish(say.no_private_schedule)
        return
    if len(house.schedules) >= schedules.MOST and house.schedule(id) is None:
        await exchange.reply.finish(say.too_many_schedules(schedules.MOST))
        return
    schedule = Schedule(
        id=id,
        days=when.days,
        hour=when.at.hour,
        minute=when.at.minute,
        form=schedules.form_of(words),
        due=schedules.next_due(when.days, when.at, now),
        told=exchange.question.key,
    )
    await exchange.room.later(id, schedule.due)
    await change_house(exchange, lambda kept: kept.without_lost(now).with_schedule(schedule))
    said = say.scheduled(schedule)
    await exchange.reply.finish(said, remember=said)


async def fired(exchange: Exchange, event: Tick, now: float) -> tuple[House, Schedule] | None:
    """The schedule that is due, with what it reads from; its next moment is stored first, so that no failure
    ends it. None when it was stopped or changed meanwhile, or the conversation is paused.

    The same tick handled again finds itself as `fired`, and reads from the same moment."""
    house = await house_of(exchange)
    schedule = house.schedule(event.schedule)
    if schedule is None or event.at not in (schedule.due, schedule.fired):
        return None
    if event.at == schedule.due:
        moved = schedule = replace(
            schedule,
            due=next_due(schedule.days, schedule.at, max(now, event.at)),
            fired=event.at,
            since=schedule.fired or event.at - period(schedule),
        )
        await exchange.room.later(moved.id, moved.due)
        await change_house(
            exchange, lambda kept: kept.with_schedule(moved) if kept.schedule(moved.id) else kept
        )
    return None if house.paused else (house, schedule)
