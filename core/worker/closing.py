"""Ends the job of a question: what is to be kept of it is kept, and what was taken back is deleted."""

from __future__ import annotations

from core.inbox.inbox import Claim
from core.telemetry import metrics
from core.turn.exchange import Exchange
from core.turn.keeping import keeping, minutes, note_told
from core.turn.references import ref_of
from core.turn.services import Services
from core.turn.taking_back import is_gone, withdraw
from core.worker.deletions import delete_private
from core.worker.endings import Concluded, Ending, Withdrawn
from core.worker.job_context import JobContext


async def close(context: JobContext, claim: Claim, exchange: Exchange, ending: Ending) -> Ending:
    """Keep a turn that is concluded, unless the control lane spoke meanwhile; then, and of a turn that is
    not concluded, only what was decided is noted. Return how the job ended."""
    services = context.services
    if isinstance(ending, str) and not await _was_deleted_meanwhile(services, exchange, ending):
        ending = await _keep(services, claim, exchange, ending)
    else:
        ending = Withdrawn(how="deleted") if isinstance(ending, str) else ending
        await services.audit.write(minutes(services, exchange))
    if isinstance(ending, Withdrawn):
        await _take_back(context, claim, exchange, ending)
    return ending


async def _was_deleted_meanwhile(services: Services, exchange: Exchange, ending: Concluded) -> bool:
    """Say whether the question that waited, and was answered now, was deleted where it was written."""
    question = exchange.question
    waited = question.takes_held and not question.resumed
    return (
        ending == "answered"
        and waited
        and not exchange.outcome.refusals
        and await is_gone(services, exchange)
    )


async def _keep(services: Services, claim: Claim, exchange: Exchange, ending: Concluded) -> Ending:
    """Keep the exchange and end the job, unless the control lane spoke meanwhile."""
    question = exchange.question
    told_apart = exchange.reply.posted and question.address.apart
    spoken = services.inbox.threads.speaking(question.event, claim.since) if told_apart else []
    kept = await keeping(services, exchange)
    mark = await claim.done(ref=await ref_of(services, exchange), first=[*kept, *spoken])
    if mark is not None:
        return Withdrawn(how=mark)
    if exchange.outcome.note_told is not None:
        await note_told(exchange)
    seconds = max(0.0, services.clock() - question.at)
    metrics.answered.labels(question.address.connector).observe(seconds)
    return ending


async def _take_back(context: JobContext, claim: Claim, exchange: Exchange, ending: Withdrawn) -> None:
    """Delete what was said of a question that was deleted; of one that was edited, which is asked about anew,
    only what was said in private."""
    if ending.how == "deleted":
        await withdraw(context.services, exchange)
    if exchange.question.repeats is None:
        how = "deleted" if ending.how == "deleted" else "stopped"
        key, chat = exchange.question.key, exchange.person.chat
        await delete_private(context.outbox, claim.turn, chat, key, how=how)
