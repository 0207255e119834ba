"""The steps of a job that may kill the process that handles it, named in the store before they are taken.

A text or a file that ends a process would end the next replica too, and again after each restart: its job is
claimed anew by whoever lives. The first death with a job in hand names nothing and costs nothing: mostly the
process was killed for another reason. From then on the job's holder writes each risky step before it takes
it, and of the jobs that were in hand at a death only one at a time is at such a step in a replica (`Floor`):
so the next death tells which job it was. The jobs with which fewer processes died go first: many kills for
other reasons do not meet the same job each time; then those that are nearer to their end. A death is counted
by `core/store/claim.lua` when it finds that a holder is gone, but none of a job that was `QUEUED`: not begun,
or behind another job's step (of these there may be `MOST_QUEUED`). A step that has let the event loop turn
for `LONG` waits for something else than the job: its name is withdrawn, and the next job takes its turn.

A job with which `AT_ONE_STEP` processes died at one step is set aside by the next claim, before anything of
it is looked at. Where processes die for another reason, again and again, each of those deaths meets some job
at its step: for every three at the steps of other jobs of its partition within an hour it takes one more, up
to `MORE`. A job with which `ALONE_AFTER` processes died anywhere may be what kills them between its steps, or
may only have been in hand each time. Of these (`Suspects`) one is handled at first in the life of a process,
to its end and as one step, `alone`, for `ALONE_FOR`: then it waits for something, and the next has its turn.
Each that ends makes room for two more at a time: those who were only in hand are soon done, together. What
kills among others names nobody, but takes few with it that will be as suspect: after some deaths it is alone.
`MOST_DEATHS` set any aside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.errors import LeaseLost
from core.telemetry import span

if TYPE_CHECKING:
    from core.inbox.records import Claim

Step = Literal["load", "assess", "handle", "deliver", "word", "alone"]
"""Look up what the job needs; read and assess what it brings; what the bot does between the answers of
models; render, encrypt and post a message; say that the job was set aside; all of what may kill anywhere."""

AT_ONE_STEP, MORE = 2, 10
ALONE_AFTER, MOST_DEATHS = 6, 50
ALONE_FOR = 60.0
"""Seconds."""
MOST_QUEUED = 100
QUEUED = "queued"
"""Stands for the steps of a job that does nothing until another's step is over; of a claim after a death from
its beginning."""
LONG = 2.0
"""Seconds: what a text or a file ends, it ends sooner."""


def poison(claim: Claim) -> str | None:
    """The step at which this job kills its holders (`some step` when none is known), None: it does not."""
    enough = AT_ONE_STEP + min(MORE, claim.elsewhere // 3)
    for step, deaths in claim.died_at.items():
        if step not in ("word", QUEUED) and deaths >= enough:
            return step
    often = claim.deaths >= MOST_DEATHS or claim.died_at.get(QUEUED, 0) >= MOST_QUEUED
    return "some step" if often else None


class Floor:
    """Held by one job of a replica at a time; the same job may take it again."""

    def __init__(self) -> None:
        self._room = 1
        self._holders: set[RiskySteps] = set()
        self._waiting: list[RiskySteps] = []
        self._changed = asyncio.Condition()

    def is_open_to(self, job: RiskySteps) -> bool:
        """May this job take it at once?"""
        return job in self._holders or (self._has_room and not self._waiting)

    async def take(self, job: RiskySteps) -> None:
        if job in self._holders:
            return
        async with self._changed:
            self._waiting.append(job)
            try:
                await self._changed.wait_for(lambda: self._has_room and job is self._least_suspect())
                self._holders.add(job)
            finally:
                self._waiting.remove(job)
                self._changed.notify_all()

    @property
    def _has_room(self) -> bool:
        return len(self._holders) < self._room

    def _least_suspect(self) -> RiskySteps:
        return min(self._waiting, key=lambda job: (job.suspicion, -job.begun))

    async def free(self, job: RiskySteps) -> None:
        async with self._changed:
            self._holders.discard(job)
            self._changed.notify_all()


class Suspects(Floor):
    """Held by those jobs of a replica that may kill anywhere: by one, then by more and more at a time."""

    def beside(self, job: RiskySteps) -> set[RiskySteps]:
        """Who else holds it."""
        return self._holders - {job}

    def holds_alone(self, job: RiskySteps) -> bool:
        return self._holders == {job}

    async def end(self, job: RiskySteps) -> None:
        """Free it of a job that has ended, and let two more than before hold it."""
        self._room += 2
        await self.free(job)


@dataclass(eq=False, slots=True)
class _Taken:
    """A step that is being taken, since a time of the event loop's clock."""

    step: Step
    since: float = 0.0


class RiskySteps:
    """Writes the steps of one claim, if a holder of its job died before. Raises LeaseLost, StoreError."""

    def __init__(self, claim: Claim, floor: Floor, suspects: Suspects | None = None) -> None:
        self.claim = claim
        self._floor = floor
        self._suspects = suspects or Suspects()
        self._suspect_since: float | None = None
        self._alone = False
        """Does it say that it is?"""
        self._clock = asyncio.get_running_loop().time
        self._taken: list[_Taken] = []
        named = (deaths for step, deaths in claim.died_at.items() if step != QUEUED)
        self.suspicion = (max(named, default=0), claim.deaths)
        """How many processes died with this job: at one step, and in all."""
        self.begun = 0
        """How many steps were taken."""

    @asynccontextmanager
    async def whole(self) -> AsyncGenerator[None]:
        """Handle the job: where that is needed to learn whether it kills, alone, under that name."""
        if self.claim.deaths < ALONE_AFTER:
            yield
            return
        await self._suspects.take(self)
        try:
            self._suspect_since = self._clock()
            await self._write_taken()
            for each in self._suspects.beside(self):
                if each._alone:
                    with suppress(LeaseLost):
                        await each._write_taken()
            yield
        finally:
            await self._suspects.end(self)

    @asynccontextmanager
    async def at(self, step: Step) -> AsyncGenerator[None]:
        """Name the step while it is taken."""
        with span(step):
            if not self.claim.deaths:
                yield
                return
            taken = _Taken(step)
            try:
                await self._enter(taken)
                yield
            finally:
                await self._exit(taken)

    def away_from(self, step: Step) -> AbstractAsyncContextManager[None]:
        """Within the step, wait for something that is not the job's: a death meanwhile is no sign."""
        taken = next((each for each in self._taken if each.step == step), None)
        return nullcontext() if taken is None else self._away(taken)

    @asynccontextmanager
    async def _away(self, taken: _Taken) -> AsyncGenerator[None]:
        await self._exit(taken)
        yield
        await self._enter(taken)

    async def withdraw_long(self) -> None:
        """Withdraw the names of the steps that have let the event loop turn for `LONG` (`alone`: more)."""
        if self._suspect_since is not None and self._clock() - self._suspect_since >= ALONE_FOR:
            self._suspect_since = None
            await self._suspects.free(self)
            await self._write_taken()
        for taken in [each for each in self._taken if self._clock() - each.since >= LONG]:
            await self._exit(taken)

    async def _enter(self, taken: _Taken) -> None:
        if self.begun and not self._floor.is_open_to(self):
            await self.claim.put(steps=QUEUED)
        await self._floor.take(self)
        self.begun += 1
        taken.since = self._clock()
        self._taken.append(taken)
        await self._write_taken()

    async def _exit(self, taken: _Taken) -> None:
        if taken not in self._taken:
            return
        self._taken.remove(taken)
        try:
            await self._write_taken()
        finally:
            if not self._taken:
                await self._floor.free(self)

    async def _write_taken(self) -> None:
        self._alone = self._suspects.holds_alone(self)
        alone: list[Step] = ["alone"] if self._alone else []
        steps = dict.fromkeys([*alone, *(each.step for each in self._taken)])
        await self.claim.put(steps=" ".join(steps))
