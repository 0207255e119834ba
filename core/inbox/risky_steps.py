"""The steps of a job that may kill the process that handles it, named in the store before they are taken.

A text or a file that ends a process would end the next replica too, and again after each restart: its job is
claimed anew by whoever lives. The first death with a job in hand names nothing and costs nothing: mostly the
process was killed for another reason. From then on the job's holder writes each risky step before it takes
it, and of the jobs that were in hand at a death only one at a time is at such a step in a replica (`Floor`):
so the next death tells which job it was. The jobs with which fewer processes died go first: many kills for
other reasons do not meet the same job each time. `core/store/claim.lua` counts a death when it finds that a
holder is gone. A job with which `AT_ONE_STEP` processes died at one step, or `MOST_DEATHS` anywhere, is set
aside by the next claim, before anything of it is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

from core.inbox.inbox import Claim, Inbox
from core.tracing import span

Step = Literal["assess", "handle", "deliver", "word"]
"""Read and assess what the job brings; what the bot does between the answers of models; render, encrypt and
post a message; say that the job was set aside."""

AT_ONE_STEP = 2
MOST_DEATHS = 8


def poison(claim: Claim) -> str | None:
    """The step at which this job kills its holders (`some step` when none is known), None: it does not."""
    for step, deaths in claim.died_at.items():
        if step != "word" and deaths >= AT_ONE_STEP:
            return step
    return "some step" if claim.deaths >= MOST_DEATHS else None


class Floor:
    """Held by one job of a replica at a time; the same job may take it again."""

    def __init__(self) -> None:
        self._holder: RiskySteps | None = None
        self._waiting: list[RiskySteps] = []
        self._changed = asyncio.Condition()

    async def take(self, job: RiskySteps) -> None:
        if self._holder is job:
            return
        async with self._changed:
            self._waiting.append(job)
            try:
                await self._changed.wait_for(lambda: self._holder is None and job is self._least_suspect())
                self._holder = job
            finally:
                self._waiting.remove(job)
                self._changed.notify_all()

    def _least_suspect(self) -> RiskySteps:
        return min(self._waiting, key=lambda job: job.suspicion)

    async def free(self) -> None:
        async with self._changed:
            self._holder = None
            self._changed.notify_all()


class RiskySteps:
    """Writes the steps of one claim, if a holder of its job died before. Raises LeaseLost, StoreError."""

    def __init__(self, inbox: Inbox, claim: Claim, floor: Floor) -> None:
        self._inbox = inbox
        self._claim = claim
        self._floor = floor
        self._taken: list[Step] = []
        self.suspicion = (max(claim.died_at.values(), default=0), claim.deaths)
        """How many processes died with this job: at one step, and in all."""

    @asynccontextmanager
    async def at(self, step: Step) -> AsyncGenerator[None]:
        """Name the step while it is taken."""
        with span(step):
            if not self._claim.deaths:
                yield
                return
            try:
                await self._enter(step)
                yield
            finally:
                await self._exit(step)

    @asynccontextmanager
    async def away_from(self, step: Step) -> AsyncGenerator[None]:
        """Within the step, wait for something that is not the job's: a death meanwhile is no sign."""
        if step not in self._taken:
            yield
            return
        await self._exit(step)
        yield
        await self._enter(step)

    async def _enter(self, step: Step) -> None:
        await self._floor.take(self)
        self._taken.append(step)
        await self._write()

    async def _exit(self, step: Step) -> None:
        if step not in self._taken:
            return
        self._taken.remove(step)
        try:
            await self._write()
        finally:
            if not self._taken:
                await self._floor.free()

    async def _write(self) -> None:
        await self._inbox.put(self._claim, steps=" ".join(dict.fromkeys(self._taken)))
