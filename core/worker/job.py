"""One job, read from top to bottom: load → wait → assess → admit → handle → deliver → keep.

A job is the frozen list of events of one claim. Beside the bot, which writes the answer, runs the reply,
which delivers it: a mark from the control lane (stopped, edited, deleted) ends the bot, never a delivery
that is under way. Whatever goes wrong becomes one clear word to the person (`core.worker.endings`). What
comes out is how the job ended; `core.worker.worker` writes that to the store.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass, field

from core.bot import Bot
from core.connector import Reacted
from core.errors import (
    Deferred,
    GatewayError,
    LeaseLost,
    OverQuota,
    PlatformRefused,
    Rejected,
    StoreError,
    TooNew,
    UnknownKey,
    first_error,
)
from core.inbox.inbox import Claim, How
from core.inbox.records import reference
from core.inbox.risky_steps import poison
from core.language.operators import tell
from core.policy.decision import Denied, Refusal
from core.telemetry import log, metrics
from core.turn.admission import Admitted, Asked, Refused, Told, admit
from core.turn.assessment import assess
from core.turn.exchange import Exchange
from core.turn.question import TurnEvent
from core.turn.refusal import refuse
from core.worker.closing import close
from core.worker.deletions import take_back, unsay_private
from core.worker.endings import ATTEMPTS, GIVEN_UP, RETRY_AFTER, Ending, GivenUp, Postponed, Withdrawn
from core.worker.job_context import JobContext
from core.worker.loading import load
from core.worker.reactions import read
from core.worker.wait import pause_before_work, wait, without_model

OTHERS_WITHIN = 2.0
"""Seconds after which a job may be claimed again whose session this replica cannot read, by one that can."""


@dataclass(slots=True, kw_only=True)
class Job:
    """A claim being handled. `mark` is what the control lane said of it; `exchange` and `bot` are known once
    it is loaded."""

    context: JobContext
    claim: Claim
    mark: How | None = None
    exchange: Exchange | None = None
    bot: Bot = field(init=False)
    """The one whose session it is, if it goes on with it; else the first that wants what happened."""
    writing: asyncio.Task[Ending] | None = None
    failure: str = ""
    """The kind of error that its person was told of."""

    def interrupt(self, how: How) -> None:
        self.mark = how
        if self.writing is not None:
            self.writing.cancel()

    async def run(self) -> Ending:
        """Run the job; what goes wrong says how it ends. Raises LeaseLost, StoreError: it has not ended."""
        claim, services = self.claim, self.context.services
        try:
            if claim.deaths and (step := poison(claim)) is not None:
                return await self.context.notices.set_aside(claim, step)
            async with claim.steps.whole() if claim.steps else nullcontext():
                event = claim.events[0]
                if isinstance(event, Reacted):
                    event = await read(event, claim, services.inbox, services.figures)
                    claim.events = (event,)
                idle = isinstance(event, Reacted) and not any(bot.wants(event) for bot in self.context.bots)
                if isinstance(event, TurnEvent) and not idle:
                    return await self._answer(event)
                async with claim.at("handle"):
                    ref = await self.context.notices.handle(event, claim, wanted=self.mark is None)
                first = services.inbox.threads.speaking(event, claim.since)
                if await claim.done(ref=ref, first=first) == "deleted":
                    await take_back(self.context.outbox, claim, event, ref)
                return "answered"
        except Exception as error:  # noqa: BLE001 - whatever a job raises, the other jobs go on
            return await self._after(first_error(error))

    async def _after(self, error: BaseException) -> Ending:
        """How the job ends after an error. Raises LeaseLost, StoreError: it has not ended."""
        match error:
            case Rejected():
                metrics.jobs.labels("rejected").inc()
                exchange = self.exchange
                if isinstance(error, PlatformRefused) and exchange is not None and self.mark is None:
                    await exchange.person.tell(exchange.texts.not_taken_here(exchange.room.name))
                return GivenUp(reason=str(error))
            case Deferred():
                return Postponed(delay=max(error.retry_after, 1.0), untouched=self.exchange is None)
            case TooNew() | UnknownKey():
                return Postponed(delay=OTHERS_WITHIN, untouched=self.exchange is None)
            case LeaseLost() | StoreError():
                raise error
            case bug:
                log.error("job_failed", error=bug, attempt=self.claim.attempt)
                metrics.jobs.labels("failed").inc()
                if self.claim.attempt < ATTEMPTS:
                    return Postponed(delay=RETRY_AFTER * self.claim.attempt, attempt=True)
                return GivenUp(reason=_in_vain(bug))

    # -- a question, from its claim to its end ---------------------------------------------------------

    async def _answer(self, event: TurnEvent) -> Ending:
        """Load, have the answer written and delivered, and keep it."""
        pause = pause_before_work(self.context, self.claim, marked=self.mark is not None)
        if pause > 0:
            return Postponed(delay=pause)
        exchange = await self._load(event)
        async with asyncio.TaskGroup() as group:
            delivery = group.create_task(exchange.reply.run())
            ending = await self._written(exchange, group)
            await delivery
        if self.mark in ("edited", "deleted"):
            ending = Withdrawn(how=self.mark)
        return await close(self.context, self.claim, exchange, ending)

    async def _load(self, event: TurnEvent) -> Exchange:
        """Load the exchange and its bot; what was said in private of an earlier wording is deleted."""
        claim, outbox = self.claim, self.context.outbox
        audience = await outbox.connectors[event.address.connector].audience(event.address, asked=True)
        async with claim.at("load"):
            exchange, self.bot = await load(
                self.context, claim, event, audience, wanted=lambda: self.mark is None
            )
            self.exchange = exchange
            if claim.posted:
                await unsay_private(outbox, claim, exchange)
        return exchange

    async def _written(self, exchange: Exchange, group: asyncio.TaskGroup) -> Ending:
        """Have the answer written, unless an earlier claim did, or the control lane ends it."""
        reply = exchange.reply
        if reply.final is not None:
            reason = self.claim.notes.get(GIVEN_UP) if reply.final.failed else None
            return "answered" if reason is None else GivenUp(reason=reason.decode(), posted=reply.posted)
        if self.mark is None:
            self.writing = group.create_task(self._write(exchange))
            await asyncio.wait([self.writing])
            writing, self.writing = self.writing, None
            if not writing.cancelled():
                ending = writing.result()
                if reply.final is not None or isinstance(ending, Postponed):
                    return ending
        if reply.final is None and self.mark == "stopped":
            said = reply.partial if exchange.question.repeats is None else ""
            await reply.finish(exchange.texts.stopped(said), remember=said or None, in_place=True)
        if reply.final is None:  # edited or deleted: by its mark, or by what the store said of the final text
            reply.end()
            return Withdrawn(how=self.mark or "edited")
        return "answered"

    async def _write(self, exchange: Exchange) -> Ending:
        """Have the answer written. Known failures become words; after the last attempt all do."""
        try:
            return await self._handled(exchange)
        except Denied as error:
            return await self._refuse(exchange, error.refusal)
        except (GatewayError, OverQuota) as error:
            return await self._without_model(exchange, error)
        except (StoreError, asyncio.CancelledError):
            raise
        except Exception as bug:
            if self.claim.attempt < ATTEMPTS:
                raise
            return await self._give_up(exchange, bug)

    async def _handled(self, exchange: Exchange) -> Ending:
        """Wait, assess, admit, handle."""
        if (early := await wait(self.context, self.claim, exchange)) is not None:
            return early
        await assess(exchange, self.context.services.reading)
        match await admit(self.context.services, exchange):
            case Refused(refusal):
                return await self._refuse(exchange, refusal)
            case Asked():
                return "asked"
            case Told():
                return "answered"
            case Admitted():
                async with self.claim.at("handle"):
                    await self.bot.handle(exchange)
                return "answered"

    async def _refuse(self, exchange: Exchange, refusal: Refusal) -> Ending:
        """Tell the author why the question is refused."""
        metrics.refused.labels(exchange.question.address.connector, "Denied").inc()
        await refuse(self.context.services, exchange, refusal)
        return "refused"

    async def _without_model(self, exchange: Exchange, error: GatewayError | OverQuota) -> Ending:
        """Let the question wait for a gateway that is away; say all else."""
        metrics.refused.labels(exchange.question.address.connector, type(error).__name__).inc()
        ending = await without_model(self.context, self.claim, exchange, error)
        if not isinstance(ending, Postponed):
            self.failure = type(error).__name__
        return ending

    async def _give_up(self, exchange: Exchange, bug: Exception) -> Ending:
        """Tell the author that the question could not be handled, after the last attempt."""
        log.error("job_given_up", error=bug)
        reason = _in_vain(bug)
        await self.claim.note(GIVEN_UP, reason.encode())
        text = exchange.texts.referenced(exchange.texts.failed(), reference(self.claim.turn))
        await exchange.reply.finish(text, failed=True)
        return GivenUp(reason=reason, posted=exchange.reply.posted)


def _in_vain(bug: BaseException) -> str:
    """Why a job is given up that failed each time, for operators."""
    return tell("delivery.in_vain", bug=type(bug).__name__, attempts=ATTEMPTS)
