"""The settings of a room: who may ask, from when on messages are read, the least level, and pauses.

Everybody may see them; moderators change them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from bots.summariser.room.schedules import RoomSettings, change_room_settings, load_room_settings
from bots.summariser.summariser_texts import SummariserTexts
from core.bot import Exchange
from core.language.folding import unaccented
from core.language.months import PARIS
from core.sensitivity.level import Level

_EVERYONE = re.compile(r"\b(?:tous|tout\s+le\s+monde|membres|everyone|all|members)\b")
_MODERATORS = re.compile(r"\b(?:moderateurs?|moderatrices?|moderators?)\b")
_HISTORY = re.compile(r"\b(?:historique|history)\s+(oui|non|yes|no)\b")
_LEVEL = re.compile(r"\b(?:niveau|level|plancher|floor)\s+(n[0-3])\b", re.I)


async def shown_or_changed(exchange: Exchange, say: SummariserTexts, argument: str, now: float) -> str:
    """Carry out `!réglages`, with or without a change, and return the answer."""
    words = unaccented(argument)
    if found := _LEVEL.search(words):
        return await _set_floor(exchange, say, Level.parse(found[1]))
    settings = (await load_room_settings(exchange)).without_lost(now)
    if argument:
        changed = _changed(settings, words, now)
        if changed is None:
            return say.settings_unknown
        if not exchange.room.may_decide(exchange.question.author):
            return say.moderators_decide
        await change_room_settings(exchange, lambda kept: _changed(kept, words, now) or kept)
        settings = changed
    return say.settings(
        moderators_only=settings.moderators_only,
        floor=datetime.fromtimestamp(settings.floor, PARIS) if settings.floor else None,
        paused=settings.paused,
        count=len(settings.schedules),
    )


async def paused(exchange: Exchange, say: SummariserTexts, *, on: bool) -> str:
    """Carry out `!pause` (`on`) or `!reprise`, and return the answer."""
    if not exchange.room.may_decide(exchange.question.author):
        return say.moderators_decide
    await change_room_settings(exchange, lambda kept: replace(kept, paused=on))
    return say.paused if on else say.resumed


async def _set_floor(exchange: Exchange, say: SummariserTexts, level: Level) -> str:
    """Carry out `!réglages niveau N2`: every message of the room has at least this level from now on."""
    if not exchange.room.may_decide(exchange.question.author):
        return say.moderators_decide
    if level > exchange.situation.ceiling:
        return say.floor_too_high(exchange.situation.ceiling)
    await exchange.room.set_floor(level)
    return say.floor_set(level)


def _changed(settings: RoomSettings, words: str, now: float) -> RoomSettings | None:
    """Return the settings as folded words change them, or None if the words name no setting."""
    if history := _HISTORY.search(words):
        return replace(settings, floor=0.0 if history[1] in ("oui", "yes") else now)
    if _MODERATORS.search(words):
        return replace(settings, moderators_only=True)
    if _EVERYONE.search(words):
        return replace(settings, moderators_only=False)
    return None
