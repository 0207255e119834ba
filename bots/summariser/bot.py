"""The summariser: the bot of rooms that sums up what was said when somebody asks, or at set times.

This module decides what a message is for: a summary (`summaries`), the last summary (`room/follow_up`), the
list of actions (`room/action_orders`), schedules (`room/schedule_orders`) or settings
(`room/settings_commands`). « Qu’ai-je manqué ? » is answered to its author alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from bots.asked import asked, speak_as_wanted
from bots.summariser.room import action_orders as orders
from bots.summariser.room import follow_up as following
from bots.summariser.room import settings_commands as settings
from bots.summariser.room.action_list import ActionList
from bots.summariser.room.corrections import corrects
from bots.summariser.room.file_summaries import asks_same_file
from bots.summariser.room.open_actions import SUMMARIES, number_of
from bots.summariser.room.schedule_orders import rescheduled, scheduled
from bots.summariser.room.schedules import load_room_settings
from bots.summariser.summaries import answer_request, post_scheduled
from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.wishes import LIKELY, asks, is_anew, words_of
from core.bot import Exchange
from core.connector import Event, Message, Reacted, Tick
from core.language.folding import fold
from core.language.months import PARIS
from core.sessions.repository import Session
from core.understanding import Intent, spelled
from core.understanding.commands import bare_request

_BESIDE_SUMMARIES = frozenset({"settings", "actions", "export"})
"""Kinds of intents that are about the room, and ask for no new summary."""
_PERSONAL = frozenset({"reglages", "reglage", "settings", "parametres"})
"""Commands that are about the person in a direct chat."""
_PAUSE = frozenset({"pause"})
_RESUME = frozenset({"reprise", "reprendre", "unpause"})
_ANOTHER_SUMMARY = 0.95
"""The probability of another intent from which words in the thread of a summary are not about it."""
_AFTER_SUMMARY = 0.4
"""The probability from which words right after a summary are an order about the room: « la 2 aussi »."""
_ALWAYS_ABOUT_SUMMARY = frozenset({"stop", "thanks", "no"})
"""Kinds of intents that are about the summary above them, however sure they are: « annule »."""


class Summariser:
    """Wants the messages that ask for a summary of a room or a thread, or settle how one may be asked for."""

    name = "summariser"
    of_rooms = True
    """A direct chat holds no talk of others to sum up."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def wants(self, event: Event) -> bool:
        match event:
            case Message():
                return event.addressed and (asks(event) or _intent_beside_summaries(event) is not None)
            case Reacted():
                return not event.direct and number_of(event.reaction) is not None
            case Tick():
                return True
            case _:
                return False

    def follows(self, event: Event, session: Session) -> bool:
        return isinstance(event, Message) and not event.direct and spelled(event.text) is None

    async def handle(self, exchange: Exchange) -> None:
        event = exchange.question.event
        match event:
            case Tick():
                await post_scheduled(exchange, event, self._clock())
            case Reacted():
                await self._handle_reaction(exchange, event)
            case Message():
                await self._handle_message(exchange, event)
            case _:
                raise TypeError(event.type)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), PARIS)

    async def _handle_message(self, exchange: Exchange, event: Message) -> None:
        speak_as_wanted(exchange, asked(event))
        after_summary = _has_summary(exchange)
        likely = _AFTER_SUMMARY if after_summary else LIKELY
        intent = _intent_beside_summaries(event, likely=likely)
        if intent is not None and _changes_actions(event, intent):
            await self._handle_order(exchange, event, intent)
        elif after_summary and await asks_same_file(exchange, event):
            return
        elif after_summary and spelled(event.text) is None and _is_about_summary(event):
            if not await rescheduled(exchange, event, self._clock()):
                await self._follow(exchange, event)
        elif intent is not None:
            await self._handle_order(exchange, event, intent)
        elif not asks(event):
            await self._follow(exchange, event)
        elif not await scheduled(exchange, event, words_of(event), self._clock()):
            await answer_request(exchange, event, self._now())

    async def _follow(self, exchange: Exchange, event: Message) -> None:
        await following.follow(exchange, SummariserTexts(exchange.texts.language), event, self._now())

    async def _handle_order(self, exchange: Exchange, event: Message, intent: Intent) -> None:
        """Carry out an order about the actions, the settings or the last summary of a room."""
        say = SummariserTexts(exchange.texts.language)
        argument = str(intent.arguments.get("words", "")) if intent.command else bare_request(event.text)
        word = fold(intent.command or "")
        if event.direct:
            await exchange.reply.finish(say.only_in_rooms)
        elif intent.kind == "actions":
            if await _nothing_was_summed_up(exchange, event, intent):
                await answer_request(exchange, event, self._now())
            else:
                await orders.follow_order(exchange, event, argument, self._now())
        elif intent.kind == "export":
            kind = following.kind_of(f"en {argument}") or "docx"
            await following.exported(exchange, say, kind, self._now())
        elif word in _PAUSE | _RESUME:
            await exchange.reply.finish(await settings.paused(exchange, say, on=word in _PAUSE))
        elif word == "off":
            await exchange.reply.finish(say.kept_out)
        else:
            await exchange.reply.finish(
                await settings.shown_or_changed(exchange, say, argument, self._clock())
            )

    async def _handle_reaction(self, exchange: Exchange, event: Reacted) -> None:
        """Tick the action of a list or a summary whose number somebody reacted with."""
        number = number_of(event.reaction)
        if number is None or (await load_room_settings(exchange)).paused:
            await exchange.reply.finish("")
            return
        await ActionList(exchange, self._now().date()).tick(event.target, number)


def _has_summary(exchange: Exchange) -> bool:
    """Return True if this session is one of the summariser, with an answer in it."""
    return exchange.session.bot == Summariser.name and bool(exchange.session.turns)


def _is_about_summary(event: Message) -> bool:
    """Return True if words in the thread of a summary are about it: a correction is, and so is everything
    that does not surely ask for another summary."""
    intent = asked(event)
    if intent.kind in _ALWAYS_ABOUT_SUMMARY or corrects(event.text):
        return True
    return intent.chance < _ANOTHER_SUMMARY and not is_anew(event.text)


def _changes_actions(event: Message, intent: Intent) -> bool:
    """Return True for words that change the list of actions: « l’action 2 est faite »."""
    return intent.kind == "actions" and orders.changes(bare_request(event.text))


async def _nothing_was_summed_up(exchange: Exchange, event: Message, intent: Intent) -> bool:
    """Return True if plain words ask for the actions (« qui fait quoi ? ») and no summary told any yet."""
    if intent.command or _changes_actions(event, intent):
        return False
    return not await exchange.room.shelf(SUMMARIES)


def _intent_beside_summaries(event: Message, *, likely: float = LIKELY) -> Intent | None:
    """Return what a message asks of the room's actions, settings or last summary, or None.

    In a direct chat such an order is a command, and neither an export nor about the person. In a room an
    export is one by command only: in plain words it follows a summary."""
    intent = asked(event)
    if intent.kind not in _BESIDE_SUMMARIES or intent.chance < likely:
        return None
    exports = intent.kind == "export"
    if event.direct:
        ours = bool(intent.command) and not exports and fold(intent.command or "") not in _PERSONAL
    else:
        ours = bool(intent.command) or not exports
    return intent if ours else None
