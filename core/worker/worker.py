"""The worker: claims conversations and has one job of each handled, as many at a time as it has slots.

A job holds a lease that is renewed while it runs; whoever loses it stops without any further effect, and
another replica finishes the same message. What is done in a job stands in `core.worker.job`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from core.errors import LeaseLost, StoreError, StoreUnavailable
from core.inbox.inbox import Claim, How, Inbox
from core.inbox.incidents import reference
from core.inbox.risky_steps import Floor, RiskySteps
from core.retry import spread
from core.telemetry import log, metrics, speak_of
from core.tracing import span
from core.worker.endings import Ending, GivenUp, Lost
from core.worker.job import Job, JobRunner
from core.worker.settling import fate_of, settle

STORE_PAUSE = 1.0


class Worker:
    """Runs until told to drain; any number of replicas may run one each on the same store."""

    def __init__(self, inbox: Inbox, runner: JobRunner, *, slots: int = 256) -> None:
        self._inbox = inbox
        self._runner = runner
        self._slots = slots
        self._jobs: dict[str, Job] = {}
        self._freed = asyncio.Event()
        self._floor = Floor()
        self._draining = False
        self._cut: list[Claim] = []

    def drain(self) -> None:
        """Claim nothing more; `run` returns when the jobs in hand are settled."""
        self._draining = True
        self._freed.set()
        self._inbox.wake()

    @property
    def draining(self) -> bool:
        return self._draining

    @property
    def busy(self) -> int:
        """How many jobs are in hand."""
        return len(self._jobs)

    async def run(self) -> None:
        """Cancelled, it gives back what it had in hand: a sibling goes on at once."""
        self._inbox.on_mark(self._marked)
        try:
            async with asyncio.TaskGroup() as group:
                await self._work(group)
        finally:
            with suppress(StoreError):
                await self._give_back()

    async def _give_back(self) -> None:
        """Let anybody go on with what our end, or the store’s absence, cut short. Raises StoreError."""
        while self._cut:
            with suppress(LeaseLost):
                await self._inbox.release(self._cut[-1], clean=False)
            self._cut.pop()

    async def _work(self, group: asyncio.TaskGroup) -> None:
        while not self._draining:
            try:
                await self._give_back()
                claims = await self._claim()
            except StoreUnavailable as error:
                log.warning("store_unavailable", error=type(error).__name__)
                await asyncio.sleep(spread(STORE_PAUSE))
                continue
            steps = [RiskySteps(self._inbox, claim, self._floor) for claim in claims]
            for each in sorted(steps, key=lambda each: each.suspicion):
                claim = each.claim
                job = self._jobs[claim.turn] = Job(claim=claim, mark=claim.mark, steps=each)
                group.create_task(self._run(job))
            await self._inbox.wait()

    async def _claim(self) -> list[Claim]:
        """Claim what is ready, as soon as a slot is free; nothing once told to drain."""
        while len(self._jobs) >= self._slots and not self._draining:
            self._freed.clear()
            await self._freed.wait()
        if self._draining:
            return []
        patient = self._slots * 3 // 4 - sum(job.claim.priority for job in self._jobs.values())
        return await self._inbox.claim(self._slots - len(self._jobs), patient=max(0, patient))

    def _marked(self, turn: str, how: How) -> None:
        job = self._jobs.get(turn)
        if job is not None:
            job.interrupt(how)

    async def _run(self, job: Job) -> None:
        speak_of(reference(job.claim.turn))
        began = asyncio.get_running_loop().time()
        try:
            with span("job", turn=job.claim.turn) as say:
                ending = await self._hold(job)
                say(**fate_of(job, ending))
            await self._tell(job, ending, asyncio.get_running_loop().time() - began)
            if isinstance(ending, Lost):
                self._lost(job, ending)
        except asyncio.CancelledError:
            self._cut.append(job.claim)
            raise
        finally:
            if self._jobs.get(job.claim.turn) is job:  # else its lease was lost, and this replica has it anew
                del self._jobs[job.claim.turn]
            self._runner.gate.ended(job.claim.turn)
            self._freed.set()
            if job.claim.priority:  # what may wait has perhaps used up its share of the slots
                self._inbox.wake()

    async def _hold(self, job: Job) -> Ending:
        """Have the job handled while its lease is renewed, and say in the store how it ended."""
        ending: Ending = Lost(why="lease")
        try:
            async with asyncio.TaskGroup() as group:
                keeper = group.create_task(self._keep(job))
                ending = await self._runner.run(job)
                await settle(self._inbox, job, ending)
                keeper.cancel()
        except* LeaseLost:
            ending = Lost(why="lease")
        except* StoreError as errors:
            log.warning("job_cut_short", error=type(errors.exceptions[0]).__name__)
            ending = Lost(why="store")
        return ending

    async def _tell(self, job: Job, ending: Ending, seconds: float) -> None:
        """Tell the job's fate in one line; note what did not go as it should for `relais incident`."""
        fate = fate_of(job, ending) | {"seconds": round(seconds, 2)}
        log.info("job_ended", **fate)
        if job.failure or isinstance(ending, GivenUp | Lost) or getattr(ending, "attempt", False):
            noted = {"at": round(time.time()), "replica": self._inbox.replica, **fate}
            with suppress(StoreError):
                await self._inbox.incidents.note(reference(job.claim.turn), noted)

    def _lost(self, job: Job, lost: Lost) -> None:
        metrics.job("lease_lost" if lost.why == "lease" else "store_error")
        if lost.why == "store":
            self._cut.append(job.claim)
            self._inbox.wake()

    async def _keep(self, job: Job) -> None:
        """Renew the lease. A store that is away for a moment is no reason to let go before the lease ends;
        then it is: a replica that reaches the store may go on with the job."""
        clock = asyncio.get_running_loop().time
        ends = clock() + self._inbox.lease
        while True:
            await asyncio.sleep(self._inbox.renew_every)
            asked = clock()
            try:
                mark = await self._inbox.renew(job.claim)
                await job.steps.withdraw_long()
            except StoreUnavailable as error:
                if clock() + self._inbox.renew_every > ends:
                    raise LeaseLost(f"turn {job.claim.turn}: the store is away for too long") from error
                continue
            ends = asked + self._inbox.lease
            if mark is not None and mark != job.mark:
                job.interrupt(mark)
