"""What a conversation has settled with the summariser: who may ask, from when on, pauses, schedules."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import orjson
from pydantic import TypeAdapter

from bots.summariser.room.schedules import Schedule
from core.bot import Turn

LOST = 86_400.0
"""Seconds after its moment at which a schedule that did not come will not come any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """`moderators_only`: who may ask. `floor`: nothing older is read (seconds since 1970; 0: no limit)."""

    moderators_only: bool = False
    floor: float = 0.0
    paused: bool = False
    schedules: tuple[Schedule, ...] = ()

    def schedule(self, id: str) -> Schedule | None:
        return next((each for each in self.schedules if each.id == id), None)

    def with_schedule(self, schedule: Schedule) -> House:
        others = (each for each in self.schedules if each.id != schedule.id)
        return replace(self, schedules=(*others, schedule))

    def without_lost(self, now: float) -> House:
        """Without the schedules that will never come: their moment is long past. It goes when who made the
        schedule is erased."""
        return replace(self, schedules=tuple(each for each in self.schedules if each.due > now - LOST))

    def dump(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def load(cls, kept: bytes | None) -> House:
        return cls() if kept is None else _HOUSE.validate_json(kept)


_HOUSE: TypeAdapter[House] = TypeAdapter(House)


async def house_of(turn: Turn) -> House:
    return House.load(await turn.room.settings())
