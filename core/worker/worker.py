"""The worker: claims conversations and has one job of each handled, as many at a time as it has slots.

A job holds a lease that is renewed while it runs; whoever loses it stops without any further effect, and
another replica finishes the same message. What is done in a job stands in `core.worker.job`; how it ended is
written here: to the store, and as facts for the log and `relais incident`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Literal

import structlog

from core.errors import DeliveryError, LeaseLost, StoreError, StoreUnavailable
from core.inbox.inbox import Claim, How
from core.inbox.records import reference
from core.language.operators import Phrase
from core.retry import beat, spread
from core.sensitivity.level import Level
from core.telemetry import log, metrics, span
from core.turn.references import ref_of
from core.turn.services import Services
from core.turn.taking_back import withdraw
from core.worker.endings import (
    GIVEN_UP,
    RETRY_AFTER,
    WAITS,
    Ending,
    GivenUp,
    Lost,
    Postponed,
    Withdrawn,
)
from core.worker.job import Job
from core.worker.job_context import JobContext

STORE_PAUSE = 1.0


class Worker:
    """Runs until told to drain; any number of replicas may run one each on the same store."""

    def __init__(self, context: JobContext, *, slots: int = 256) -> None:
        self._context = context
        self._inbox = context.services.inbox
        self._slots = slots
        self._jobs: dict[str, Job] = {}
        self._early: dict[str, How] = {}
        """What the control lane said of jobs that are being claimed."""
        self._freed = asyncio.Event()
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
                await self._cut[-1].release()
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
            for claim in sorted(claims, key=lambda each: each.steps.suspicion if each.steps else (0, 0)):
                mark = claim.mark or self._early.get(claim.turn)
                job = self._jobs[claim.turn] = Job(context=self._context, claim=claim, mark=mark)
                group.create_task(self._run(job))
            await self._inbox.wait()

    async def _claim(self) -> list[Claim]:
        """Claim what is ready, as soon as a slot is free; nothing once told to drain."""
        while len(self._jobs) >= self._slots and not self._draining:
            self._freed.clear()
            await self._freed.wait()
        if self._draining:
            return []
        self._early.clear()
        patient = self._slots * 3 // 4 - sum(job.claim.priority for job in self._jobs.values())
        return await self._inbox.claim(self._slots - len(self._jobs), patient=max(0, patient))

    def _marked(self, turn: str, how: How) -> None:
        job = self._jobs.get(turn)
        if job is not None:
            job.interrupt(how)
        else:
            self._early[turn] = how

    async def _run(self, job: Job) -> None:
        structlog.contextvars.bind_contextvars(ref=reference(job.claim.turn))  # of each line of this task
        began = asyncio.get_running_loop().time()
        try:
            with span("job", turn=job.claim.turn) as say:
                ending = await self._hold(job)
                fate = fate_of(job, ending)
                say(**fate)
            fate["seconds"] = round(asyncio.get_running_loop().time() - began, 2)
            log.info("job_ended", **fate)
            if job.failure or isinstance(ending, GivenUp | Lost) or getattr(ending, "attempt", False):
                noted = {"at": round(time.time()), "replica": self._inbox.replica, **fate}
                with suppress(StoreError):  # for `relais incident`
                    await self._inbox.incidents.note(reference(job.claim.turn), noted)
            if isinstance(ending, Lost):
                metrics.jobs.labels("lease_lost" if ending.why == "lease" else "store_error").inc()
                if ending.why == "store":
                    self._cut.append(job.claim)
                    self._inbox.wake()
        except asyncio.CancelledError:
            self._cut.append(job.claim)
            raise
        finally:
            if self._jobs.get(job.claim.turn) is job:  # else its lease was lost, and this replica has it anew
                del self._jobs[job.claim.turn]
            if WAITS in job.claim.notes:
                self._context.gate.ended(job.claim.turn)
            self._freed.set()
            if job.claim.priority:  # what may wait has perhaps used up its share of the slots
                self._inbox.wake()

    async def _hold(self, job: Job) -> Ending:
        """Have the job handled while its lease is renewed, and say in the store how it ended."""
        why: Literal["lease", "store"] = "lease"
        try:
            async with asyncio.TaskGroup() as group:
                keeper = group.create_task(self._keep(job))
                ending = await job.run()
                if not isinstance(ending, str):
                    await settle(self._context.services, job, ending)
                keeper.cancel()
            return ending
        except* LeaseLost:
            pass
        except* StoreError as errors:
            log.warning("job_cut_short", error=type(errors.exceptions[0]).__name__)
            why = "store"
        return Lost(why=why)

    async def _keep(self, job: Job) -> None:
        """Renew the lease. A store that is away for a moment is no reason to let go before the lease ends;
        then it is: a replica that reaches the store may go on with the job."""
        clock = asyncio.get_running_loop().time
        ends = clock() + self._inbox.lease
        while True:
            await beat(self._inbox.renew_every)
            asked = clock()
            try:
                mark = await job.claim.put()
                if job.claim.steps:
                    await job.claim.steps.withdraw_long()
            except StoreUnavailable as error:
                if clock() + self._inbox.renew_every > ends:
                    raise LeaseLost(Phrase("lease.away", turn=job.claim.turn)) from error
                continue
            except LeaseLost:
                if job.claim.ending:
                    continue
                raise
            ends = asked + self._inbox.lease
            if mark is not None and mark != job.mark:
                job.interrupt(mark)


_OUTCOMES: dict[type[Postponed | GivenUp | Withdrawn | Lost], str] = {
    Postponed: "postponed",
    GivenUp: "given_up",
    Withdrawn: "withdrawn",
    Lost: "lost",
}


async def settle(services: Services, job: Job, ending: Ending) -> None:
    """Give a job back, or make a dead letter of one that was given up, where handling it did not end it in
    the store. Raises LeaseLost, StoreError."""
    match ending:
        case str() | Lost():
            pass
        case Postponed():
            if ending.for_gateway and WAITS not in job.claim.notes:
                await job.claim.put(notes={WAITS: b"1"})
            await job.claim.release(delay=ending.delay, attempt=ending.attempt, clean=ending.untouched)
        case GivenUp():
            await _bury(services, job, ending)
        case Withdrawn(how="deleted"):
            await job.claim.done(heeded="deleted")
        case Withdrawn():
            await job.claim.release()


async def _bury(services: Services, job: Job, ending: GivenUp) -> None:
    """Keep the questions for the operators; what may be classified, or was deleted, is not kept."""
    reason = ending.reason
    if not _may_be_kept(job):
        await job.claim.purge(final=b"")
        reason += "; what was asked is not kept, since it was not assessed"
    posted = job.exchange.reply.posted if job.exchange else ending.posted
    ref = await ref_of(services, job.exchange) if job.exchange else None
    mark = await job.claim.dead(reason, posted=posted, ref=ref)
    if mark == "edited":  # meanwhile: what it says now was never looked at
        await job.claim.release(delay=RETRY_AFTER)
    elif mark is not None:
        if job.exchange is not None:
            with suppress(DeliveryError):
                await withdraw(services, job.exchange)
        await job.claim.done(heeded=mark)


def _may_be_kept(job: Job) -> bool:
    """Is it known that a job holds nothing classified? An answer that is durable was let in."""
    if job.exchange is not None and job.exchange.reading.may_be_kept:
        return True
    return job.claim.final is not None and GIVEN_UP not in job.claim.notes


def fate_of(job: Job, ending: Ending) -> dict[str, object]:
    """How a job ended, by names that logs may bear: no content, nobody's name."""
    event = job.claim.events[0]
    outcome = ending if isinstance(ending, str) else _OUTCOMES[type(ending)]
    fate: dict[str, object] = {
        "outcome": "failed" if job.failure and outcome == "answered" else outcome,
        "connector": event.address.connector,
        "part": event.type,
        "attempt": job.claim.attempt,
    }
    match ending:
        case GivenUp(reason=reason):
            fate["reason"] = reason
        case Postponed(delay=delay):
            fate["retry_after"] = round(delay, 1)
        case Lost(why=why):
            fate["why"] = why
        case _:
            pass
    if job.failure:
        fate["why"] = job.failure
    if job.exchange is not None:
        fate["sensitivity"] = min(job.exchange.reading.level, Level.N4).name
        if job.exchange.outcome.answered_by:
            fate["model"] = job.exchange.outcome.answered_by[-1]
        if job.exchange.outcome.refusals:
            fate["why"] = job.exchange.outcome.refusals[-1]
    return fate
