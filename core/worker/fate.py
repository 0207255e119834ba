"""The fate of a job as facts: for its line in the log, and for `relais incident`."""

from __future__ import annotations

from core.sensitivity.level import Level
from core.worker.endings import Answered, Ending, GivenUp, Lost, Postponed
from core.worker.job import Job


def fate_of(job: Job, ending: Ending) -> dict[str, object]:
    """How a job ended, by names that logs may bear: no content, nobody's name."""
    event = job.claim.events[0]
    fate: dict[str, object] = {
        "outcome": _word(job, ending),
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


def _word(job: Job, ending: Ending) -> str:
    if job.failure and isinstance(ending, Answered):
        return "failed"
    return {
        "Answered": "answered",
        "Refused": "refused",
        "Asked": "asked",
        "Postponed": "postponed",
        "GivenUp": "given_up",
        "Withdrawn": "withdrawn",
        "Lost": "lost",
    }[type(ending).__name__]
