"""What is written to the store of how a job ended, where handling it did not end it there."""

from __future__ import annotations

from contextlib import suppress

from core.errors import DeliveryError
from core.inbox.inbox import Inbox
from core.worker.endings import Answered, Asked, Ending, GivenUp, Lost, Postponed, Refused, Withdrawn
from core.worker.failures import GIVEN_UP, RETRY_AFTER, WAITS
from core.worker.job import Job, JobRunner


class Settling:
    """Gives jobs back, and makes dead letters of those that were given up."""

    def __init__(self, inbox: Inbox, runner: JobRunner) -> None:
        self._inbox = inbox
        self._runner = runner

    async def settle(self, job: Job, ending: Ending) -> None:
        """Raises LeaseLost, StoreError."""
        match ending:
            case Answered() | Refused() | Asked() | Lost():
                pass
            case Postponed(attempt=True):
                await self._inbox.retry(job.claim, ending.delay)
            case Postponed():
                if ending.for_gateway and WAITS not in job.claim.record.notes:
                    await self._inbox.put(job.claim, notes={WAITS: b"1"})
                await self._inbox.release(job.claim, delay=ending.delay, clean=ending.untouched)
            case GivenUp():
                await self._bury(job, ending)
            case Withdrawn(how="deleted"):
                await self._inbox.done(job.claim, heeded="deleted")
            case Withdrawn():
                await self._inbox.release(job.claim, clean=False)

    async def _bury(self, job: Job, ending: GivenUp) -> None:
        """Keep the questions for the operators; what may be classified, or was deleted, is not kept."""
        reason = ending.reason
        if not _may_be_kept(job):
            await self._inbox.purge(job.claim, final="")
            reason += "; what was asked is not kept, since it was not assessed"
        posted = job.turn.reply.posted if job.turn else ending.posted
        mark = await self._inbox.dead(job.claim, reason, posted=posted)
        if mark == "edited":  # meanwhile: what it says now was never looked at
            await self._inbox.release(job.claim, delay=RETRY_AFTER, clean=False)
        elif mark is not None:
            if job.turn is not None:
                with suppress(DeliveryError):
                    await self._runner.withdraw(job.turn)
            await self._inbox.done(job.claim, heeded=mark)


def _may_be_kept(job: Job) -> bool:
    """Is it known that a job holds nothing classified? An answer that is durable was let in."""
    if job.turn is not None and job.turn.may_be_kept:
        return True
    return job.claim.record.final is not None and GIVEN_UP not in job.claim.record.notes
