"""Has a question wait, or be turned away, before any work is done on it.

A question waits for the end of maintenance, for its author's quota of the minute, and for models that are
away. It is turned away where nobody is served, where it is too old, and where it answers what is asked no
more.
"""

from __future__ import annotations

from core.connector import Joined, Tick
from core.errors import GatewayError, GatewayUnavailable, Interrupted, OverQuota
from core.inbox.inbox import Claim
from core.inbox.records import reference
from core.policy.decision import unserved
from core.sessions.controls import Controls
from core.telemetry import metrics
from core.turn.exchange import Exchange
from core.turn.keeping import sent
from core.turn.waiting import NoAnswer
from core.worker.endings import PATIENCE, PAUSE, WAITS, Ending, Postponed, said
from core.worker.job_context import JobContext

CLOSED_LOOK = 15.0
"""Seconds between two looks of a question that is kept during maintenance: it may end early."""


def pause_before_work(context: JobContext, claim: Claim, *, marked: bool) -> float:
    """Return the seconds that a question whose author was told so must still wait before it is loaded: for
    the end of maintenance, or for models. `marked`: the control lane spoke of it, and no model is needed."""
    if WAITS not in claim.notes or claim.final:
        return 0.0
    controls = context.services.controls
    closed = controls.closed_for if controls else 0.0
    if closed > 0 or marked:
        return min(closed, CLOSED_LOOK)
    return context.gate.pause(claim.turn)


async def wait(context: JobContext, claim: Claim, exchange: Exchange) -> Ending | None:
    """Say why a question is not handled now, or not at all, and return how the job ends then. None where it
    may be handled."""
    controls = context.services.controls
    if controls is not None and controls.active:
        early = await _stopped_by_operators(exchange, controls)
        if early is not None:
            return early
    if not exchange.question.asks:
        return None
    if (away := _turned_away(context, exchange)) is not None:
        await exchange.reply.finish(away)
        return "answered"
    return None if exchange.situation.awaited else await _over_quota(context, claim, exchange)


async def _over_quota(context: JobContext, claim: Claim, exchange: Exchange) -> Ending | None:
    """Count the question, and have it wait where its author asks too much at once. Two programs that answer
    each other are told so once, and answered no more."""
    quotas, question, access = context.services.quotas, exchange.question, exchange.models.access
    access.used, hindrance = await quotas.turn(
        question.author.id,
        claim.turn,
        question.address.conversation,
        since=claim.since,
        sent=sent(exchange),
    )
    access.used_in_all = quotas.in_all
    if hindrance is None:
        return None
    if hindrance.loop:
        metrics.jobs.labels("programs").inc()
        await exchange.reply.finish(exchange.texts.programs() if hindrance.loop == "last" else "")
        return "answered"
    metrics.jobs.labels("over_quota").inc()
    words = exchange.texts.quota_of_the_minute(quotas.per_minute) if hindrance.tell else ""
    exchange.reply.postpone(words, brief=True)
    return Postponed(delay=hindrance.wait)


def _turned_away(context: JobContext, exchange: Exchange) -> str | None:
    """Return what the author is told of a question that is not answered at all; None where it is."""
    question, situation, texts = exchange.question, exchange.situation, exchange.texts
    if why := unserved(situation.policy, situation.audience, outsider=situation.outsider):
        metrics.refused.labels(question.address.connector, why).inc()
        return texts.unserved(why)
    match question.answer:
        case NoAnswer(why="unknown_code"):
            return texts.code_unknown()
        case NoAnswer(why="stale"):
            return texts.asked_no_more()
        case _:
            pass
    late = context.services.clock() - question.at > context.max_age
    too_old = late and question.messages and not situation.awaited
    return texts.too_old(context.max_age / 3600) if too_old else None


async def _stopped_by_operators(exchange: Exchange, controls: Controls) -> Ending | None:
    """Tell what operators announce. Turn away a person or a room that they block, which is said, and keep the
    question while the service is closed for a while."""
    question = exchange.question
    await exchange.room.announce(always=isinstance(question.event, Joined))
    if not (question.asks or isinstance(question.event, Tick)):
        return None
    if controls.blocks(question.author.id, question.address):
        metrics.refused.labels(question.address.connector, "blocked").inc()
        await exchange.reply.finish(exchange.texts.blocked() if question.asks else "")
        return "answered"
    left, notice = controls.closed_for, controls.announcement
    if left <= 0 or notice is None:
        return None
    told = exchange.situation.awaited
    exchange.reply.postpone("" if told else exchange.texts.closed(notice.text, notice.until))
    return Postponed(delay=min(left, CLOSED_LOOK), for_gateway=True)


async def without_model(
    context: JobContext, claim: Claim, exchange: Exchange, error: GatewayError | OverQuota
) -> Ending:
    """Let the question wait for a gateway that is away; say all else, and end it."""
    waited = context.services.clock() - exchange.question.at
    if isinstance(error, GatewayUnavailable) and waited < PATIENCE:
        told = WAITS in claim.notes
        exchange.reply.postpone("" if told else exchange.texts.gateway_awaited(PATIENCE / 60))
        return Postponed(delay=max(PAUSE, error.retry_after), for_gateway=True)
    kept = error.text if isinstance(error, Interrupted) else None
    text = said(error, exchange.texts, reference(claim.turn))
    await exchange.reply.finish(text, remember=kept, failed=kept is None)
    return "answered"
