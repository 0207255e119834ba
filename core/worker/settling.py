"""What is written of how a job ended: to the store, and as facts for the log and `relais incident`."""

from __future__ import annotations

from contextlib import suppress

from core.errors import DeliveryError
from core.inbox.inbox import Inbox
from core.sensitivity.level import Level
from core.turn.keeping import withdraw
from core.worker.endings import Answered, Asked, Ending, GivenUp, Lost, Postponed, Refused, Withdrawn
from core.worker.failures import GIVEN_UP, RETRY_AFTER, WAITS
from core.worker.job import Job

_OUTCOMES: dict[type[Ending], str] = {
    Answered: "answered",
    Refused: "refused",
    Asked: "asked",
    Postponed: "postponed",
    GivenUp: "given_up",
    Withdrawn: "withdrawn",
    Lost: "lost",
}


async def settle(inbox: Inbox, job: Job, ending: Ending) -> None:
    """Give a job back, or make a dead letter of one that was given up, where handling it did not end it in
    the store. Raises LeaseLost, StoreError."""
    match ending:
        case Answered() | Refused() | Asked() | Lost():
            pass
        case Postponed(attempt=True):
            await inbox.retry(job.claim, ending.delay)
        case Postponed():
            if ending.for_gateway and WAITS not in job.claim.record.notes:
                await inbox.put(job.claim, notes={WAITS: b"1"})
            await inbox.release(job.claim, delay=ending.delay, clean=ending.untouched)
        case GivenUp():
            await _bury(inbox, job, ending)
        case Withdrawn(how="deleted"):
            await inbox.done(job.claim, heeded="deleted")
        case Withdrawn():
            await inbox.release(job.claim, clean=False)


async def _bury(inbox: Inbox, job: Job, ending: GivenUp) -> None:
    """Keep the questions for the operators; what may be classified, or was deleted, is not kept."""
    reason = ending.reason
    if not _may_be_kept(job):
        await inbox.purge(job.claim, final="")
        reason += "; what was asked is not kept, since it was not assessed"
    posted = job.turn.reply.posted if job.turn else ending.posted
    mark = await inbox.dead(job.claim, reason, posted=posted)
    if mark == "edited":  # meanwhile: what it says now was never looked at
        await inbox.release(job.claim, delay=RETRY_AFTER, clean=False)
    elif mark is not None:
        if job.turn is not None:
            with suppress(DeliveryError):
                await withdraw(job.turn)
        await inbox.done(job.claim, heeded=mark)


def _may_be_kept(job: Job) -> bool:
    """Is it known that a job holds nothing classified? An answer that is durable was let in."""
    if job.turn is not None and job.turn.may_be_kept:
        return True
    return job.claim.record.final is not None and GIVEN_UP not in job.claim.record.notes


def fate_of(job: Job, ending: Ending) -> dict[str, object]:
    """How a job ended, by names that logs may bear: no content, nobody's name."""
    event = job.claim.events[0]
    fate: dict[str, object] = {
        "outcome": "failed" if job.failure and isinstance(ending, Answered) else _OUTCOMES[type(ending)],
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
    if job.turn is not None:
        fate["sensitivity"] = str(min(job.turn.level, Level.N4))
        if job.turn.minutes.models:
            fate["model"] = job.turn.minutes.models[-1]
        if job.turn.minutes.refusals:
            fate["why"] = job.turn.minutes.refusals[-1]
    return fate
