"""Whether it is the turn of a question: not while operators or the policy stop it, its author's quota or a
gateway that is away have it wait, or programs answer each other."""

from __future__ import annotations

from core.connector import Joined, Tick
from core.inbox.inbox import Claim
from core.policy.decision import unserved
from core.sessions.controls import Controls
from core.sessions.quotas import Counts
from core.telemetry import metrics
from core.turn.keeping import sent
from core.turn.services import Services
from core.turn.turn import Turn
from core.worker.endings import WAITS, Answered, Ending, Gate, Postponed

CLOSED_LOOK = 15.0
"""Seconds between two looks of a question that is kept during maintenance: it may end early."""


def pause(services: Services, gate: Gate, claim: Claim, *, wanted: bool) -> float:
    """Seconds that a question whose author was told so must still wait before anything is done on it: for
    the end of maintenance, or for models. `wanted`: its answer still is."""
    if WAITS not in claim.notes or claim.final:
        return 0.0
    closed = services.controls.closed_for if services.controls else 0.0
    return min(closed, CLOSED_LOOK) if closed > 0 or not wanted else gate.pause(claim.turn)


async def may_come(services: Services, turn: Turn, claim: Claim, max_age: float) -> Ending | None:
    """Is it the person's turn? None: yes. Else they are told why not. `max_age`: seconds after which a
    question is too old."""
    if services.controls is not None and services.controls.active:
        early = await _stopped_by_operators(turn, services.controls)
        if early is not None:
            return early
    if not turn.asks:
        return None
    if why := unserved(turn.policy, turn.audience, outsider=turn.is_outsider):
        metrics.refused.labels(turn.event.address.connector, why).inc()
        said = turn.texts.unserved(why)
    elif turn.code and not turn.resumed:
        said = turn.texts.code_unknown()
    elif turn.stale:
        said = turn.texts.asked_no_more()
    elif turn.messages and not turn.waits and services.clock() - turn.event.at > max_age:
        said = turn.texts.too_old(max_age / 3600)
    else:
        return None if turn.waits else await _within_quota(services.quotas, turn, claim)
    await turn.reply.finish(said)
    return Answered()


async def _within_quota(quotas: Counts, turn: Turn, claim: Claim) -> Ending | None:
    """Count the turn. None: it may be handled now."""
    place = turn.event.address.conversation
    use = await quotas.turn(turn.author.id, claim.turn, place, since=claim.since, sent=sent(turn))
    turn.access.used, turn.access.used_in_all = use.tokens, quotas.in_all
    if use.loop:
        metrics.jobs.labels("programs").inc()
        await turn.reply.finish(turn.texts.programs() if use.loop == "last" else "")
        return Answered()
    if use.wait > 0:
        metrics.jobs.labels("over_quota").inc()
        words = turn.texts.quota_of_the_minute(quotas.per_minute) if use.tell else ""
        turn.reply.postpone(words, brief=True)
        return Postponed(delay=use.wait)
    return None


async def _stopped_by_operators(turn: Turn, controls: Controls) -> Ending | None:
    """Is the person or the room blocked, which is said, or is the service closed for a while, so that the
    question is kept? What operators announce is told."""
    await turn.announce(always=isinstance(turn.event, Joined))
    if not (turn.asks or isinstance(turn.event, Tick)):
        return None
    if controls.blocks(turn.author.id, turn.event.address):
        metrics.refused.labels(turn.event.address.connector, "blocked").inc()
        await turn.reply.finish(turn.texts.blocked() if turn.asks else "")
        return Answered()
    if (left := controls.closed_for) > 0 and (said := controls.announcement) is not None:
        turn.reply.postpone("" if turn.waits else turn.texts.closed(said.text, said.until))
        return Postponed(delay=min(left, CLOSED_LOOK), for_gateway=True)
    return None
