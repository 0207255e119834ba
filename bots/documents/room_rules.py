"""What the moderators of a room have settled about reading back what was said there, for whichever bot."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from core.bot import Turn
from core.connector import Wanted

SETTLED_WITH = "summariser"
"""Name of the bot that keeps it, with what else it has settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRules:
    """`moderators_only`: who may ask. `floor`: nothing older is read (seconds since 1970; 0: no limit)."""

    moderators_only: bool = False
    floor: float = 0.0
    paused: bool = False

    def refused(self, turn: Turn) -> str | None:
        """Why nothing is read here now for the author of this turn; None when it may be."""
        if self.paused:
            return turn.texts.is_paused()
        if self.moderators_only and not turn.room.may_decide(turn.event.sender):
            return turn.texts.moderators_ask()
        return None

    def within(self, wanted: Wanted) -> Wanted:
        """The part of what is wanted that may be read."""
        return replace(wanted, since=max(wanted.since or 0.0, self.floor)) if self.floor else wanted


_RULES: TypeAdapter[RoomRules] = TypeAdapter(RoomRules)


async def rules_of(turn: Turn) -> RoomRules:
    kept = await turn.room.settings(SETTLED_WITH)
    return RoomRules() if kept is None else _RULES.validate_json(kept)
