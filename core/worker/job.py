"""One job, read from top to bottom: load → assess → admit → handle → deliver → keep.

A job is the frozen list of events of one claim. Beside the bot, which writes the answer, runs the reply,
which delivers it: a mark from the control lane (stopped, edited, deleted) ends the bot, never a delivery
that is under way. Whatever goes wrong becomes one clear word to the person (`core.worker.endings`). What
comes out is how the job ended (`core.worker.endings`); `core.worker.worker` writes that to the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from core.bot import Bot
from core.connector import (
    Joined,
    Message,
    Reacted,
    Tick,
)
from core.delivery.outbox import Outbox
from core.errors import (
    Deferred,
    GatewayError,
    GatewayUnavailable,
    Interrupted,
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
from core.policy.decision import Denied
from core.telemetry import log, metrics
from core.turn.admission import admit, refuse
from core.turn.keeping import (
    counted,
    is_gone,
    keeping,
    minutes,
    note_told,
    ref_of,
    withdraw,
)
from core.turn.reading import assess
from core.turn.services import Services
from core.turn.turn import Turn
from core.worker.deletions import delete_private, take_back, unsay_private
from core.worker.endings import (
    ATTEMPTS,
    GIVEN_UP,
    PATIENCE,
    PAUSE,
    RETRY_AFTER,
    WAITS,
    Answered,
    Asked,
    Ending,
    Gate,
    GivenUp,
    Postponed,
    Refused,
    Withdrawn,
    said,
)
from core.worker.loading import load
from core.worker.notices import Notices
from core.worker.reactions import read
from core.worker.waiting import may_come, pause

OTHERS_WITHIN = 2.0
"""Seconds after which a job may be claimed again whose session this replica cannot read, by one that can."""


@dataclass(slots=True, kw_only=True)
class Job:
    """A claim being handled. `mark` is what the control lane said of it; `turn` and `bot` are known once it
    is loaded."""

    claim: Claim
    mark: How | None = None
    turn: Turn | None = None
    bot: Bot = field(init=False)
    """The one whose session it is, if it goes on with it; else the first that wants what happened."""
    writing: asyncio.Task[Ending] | None = None
    failure: str = ""
    """The kind of error that its person was told of."""

    def interrupt(self, how: How) -> None:
        self.mark = how
        if self.writing is not None:
            self.writing.cancel()


def _in_vain(bug: BaseException) -> str:
    """Why a job is given up that failed each time, for operators."""
    return tell("delivery.in_vain", bug=type(bug).__name__, attempts=ATTEMPTS)


class JobRunner:
    """Runs jobs. It keeps nothing of one for another, but which of those that wait for models may try."""

    def __init__(self, *, services: Services, outbox: Outbox, bots: Sequence[Bot], max_age: float) -> None:
        self.services = services
        self._inbox = services.inbox
        self._outbox = outbox
        self._bots = bots
        self._max_age = max_age
        self._notices = Notices(services, outbox)
        self.gate = Gate(services.models)

    async def run(self, job: Job) -> Ending:
        """Run the job; what goes wrong says how it ends. Raises LeaseLost, StoreError: it has not ended."""
        try:
            if job.claim.deaths and (step := poison(job.claim)) is not None:
                return await self._notices.set_aside(job.claim, step)
            async with job.claim.steps.whole() if job.claim.steps else nullcontext():
                event = job.claim.events[0]
                if isinstance(event, Reacted):
                    event = await read(event, job.claim, self._inbox, self.services.figures)
                    job.claim.events = (event,)
                idle = isinstance(event, Reacted) and not any(bot.wants(event) for bot in self._bots)
                if isinstance(event, Message | Joined | Reacted | Tick) and not idle:
                    return await self._answer(job)
                async with job.claim.at("handle"):
                    ref = await self._notices.handle(event, job.claim, wanted=job.mark is None)
                first = self._inbox.threads.speaking(event, job.claim.since)
                if await job.claim.done(ref=ref, first=first) == "deleted":
                    await take_back(self._outbox, job.claim, event, ref)
                return Answered()
        except Exception as error:  # noqa: BLE001 - whatever a job raises, the other jobs go on
            return await self._after(first_error(error), job)

    async def _after(self, error: BaseException, job: Job) -> Ending:
        """How a job ends after an error. Raises LeaseLost, StoreError: it has not ended."""
        match error:
            case Rejected():
                metrics.jobs.labels("rejected").inc()
                if isinstance(error, PlatformRefused) and job.turn is not None and job.mark is None:
                    await job.turn.person.tell(job.turn.texts.not_taken_here(job.turn.room.name))
                return GivenUp(reason=str(error))
            case Deferred():
                return Postponed(delay=max(error.retry_after, 1.0), untouched=job.turn is None)
            case TooNew() | UnknownKey():
                return Postponed(delay=OTHERS_WITHIN, untouched=job.turn is None)
            case LeaseLost() | StoreError():
                raise error
            case bug:
                log.error("job_failed", error=bug, attempt=job.claim.attempt)
                metrics.jobs.labels("failed").inc()
                if job.claim.attempt < ATTEMPTS:
                    return Postponed(delay=RETRY_AFTER * job.claim.attempt, attempt=True)
                return GivenUp(reason=_in_vain(bug))

    # -- a question, from its claim to its end ---------------------------------------------------------

    async def _answer(self, job: Job) -> Ending:
        wait = pause(self.services, self.gate, job.claim, wanted=job.mark is None)
        if wait > 0:
            return Postponed(delay=wait)
        address = job.claim.events[0].address
        audience = await self._outbox.connectors[address.connector].audience(address, asked=True)
        async with job.claim.at("load"):
            turn = await load(
                self.services, self._outbox, job.claim, audience, wanted=lambda: job.mark is None
            )
            job.turn, job.bot = turn, self._bot(turn)
            if job.claim.posted:
                await unsay_private(self._outbox, job.claim, turn)
        async with asyncio.TaskGroup() as group:
            delivery = group.create_task(turn.reply.run())
            ending = await self._written(job, turn, group)
            await delivery
        if job.mark in ("edited", "deleted"):
            ending = Withdrawn(how=job.mark)
        if isinstance(ending, Answered | Refused | Asked):
            ending = await self._keep(job, turn, ending)
        if isinstance(ending, Answered | Refused | Asked):
            return ending
        await self.services.audit.write(minutes(self.services, turn))
        if ending == Withdrawn(how="deleted"):
            await withdraw(self.services, turn)
        if isinstance(ending, Withdrawn) and turn.repeats is None:  # edited: it is asked about anew
            how = "deleted" if ending.how == "deleted" else "stopped"
            await delete_private(self._outbox, job.claim.turn, turn.person.chat, turn.key, how=how)
        return ending

    def _bot(self, turn: Turn) -> Bot:
        """The bot whose session it is, if it goes on with it; else the first that wants what happened."""
        session = turn.session
        own = next((bot for bot in self._bots if bot.name == session.bot and session.turns), None)
        if own is None or not own.follows(turn.event, session):
            own = next(bot for bot in self._bots if bot.wants(turn.event))
        turn.bot = own.name
        return own

    async def _written(self, job: Job, turn: Turn, group: asyncio.TaskGroup) -> Ending:
        """Have the answer written, unless an earlier claim did, or the control lane ends it."""
        reply = turn.reply
        if reply.final is not None:
            reason = job.claim.notes.get(GIVEN_UP) if reply.final.failed else None
            return Answered() if reason is None else GivenUp(reason=reason.decode(), posted=reply.posted)
        if job.mark is None:
            job.writing = group.create_task(self._write(job, turn))
            await asyncio.wait([job.writing])
            writing, job.writing = job.writing, None
            if not writing.cancelled():
                ending = writing.result()
                if reply.final is not None or isinstance(ending, Postponed):
                    return ending
        if reply.final is None and job.mark == "stopped":
            said = reply.partial if turn.repeats is None else ""
            await reply.finish(turn.texts.stopped(said), remember=said or None, in_place=True)
        if reply.final is None:  # edited or deleted: by its mark, or by what the store said of the final text
            reply.growth.end()
            return Withdrawn(how=job.mark or "edited")
        return Answered()

    async def _write(self, job: Job, turn: Turn) -> Ending:
        """Assess, admit, handle. Known failures become words; after the last attempt all do."""
        try:
            if (early := await may_come(self.services, turn, job.claim, self._max_age)) is not None:
                return early
            await assess(turn, self.services.reading)
            if (admission := await admit(self.services, turn)) != "admitted":
                return Asked() if admission == "asked" else Answered()
            async with job.claim.at("handle"):
                await job.bot.handle(turn)
        except Denied as error:
            metrics.refused.labels(turn.event.address.connector, "Denied").inc()
            await refuse(self.services, turn, error.refusal)
            return Refused()
        except (GatewayError, OverQuota) as error:
            metrics.refused.labels(turn.event.address.connector, type(error).__name__).inc()
            return await self._without_model(job, turn, error)
        except (StoreError, asyncio.CancelledError):
            raise
        except Exception as bug:
            if job.claim.attempt < ATTEMPTS:
                raise
            log.error("job_given_up", error=bug)
            reason = _in_vain(bug)
            await job.claim.note(GIVEN_UP, reason.encode())
            text = turn.texts.referenced(turn.texts.failed(), reference(job.claim.turn))
            await turn.reply.finish(text, failed=True)
            return GivenUp(reason=reason, posted=turn.reply.posted)
        return Answered()

    async def _keep(self, job: Job, turn: Turn, ending: Ending) -> Ending:
        """Keep the exchange and end the job, unless the control lane spoke meanwhile: then heed it first."""
        waited = isinstance(ending, Answered) and turn.takes_held and not (turn.resumed or turn.refusals)
        if waited and await is_gone(self.services, turn):
            return Withdrawn(how="deleted")
        told = turn.reply.posted and turn.event.address.apart
        spoken = self._inbox.threads.speaking(turn.event, job.claim.since) if told else []
        kept = await keeping(self.services, turn)
        first = [*kept, *minutes(self.services, turn), *counted(self.services, turn), *spoken]
        mark = await job.claim.done(ref=ref_of(turn), first=first)
        if mark is not None:
            return Withdrawn(how=mark)
        await note_told(turn)
        seconds = max(0.0, self.services.clock() - turn.event.at)
        metrics.answered.labels(turn.event.address.connector).observe(seconds)
        return ending

    async def _without_model(self, job: Job, turn: Turn, error: GatewayError | OverQuota) -> Ending:
        """Let the question wait for a gateway that is away; say all else."""
        if isinstance(error, GatewayUnavailable) and self.services.clock() - turn.event.at < PATIENCE:
            told = WAITS in job.claim.notes
            words = "" if told else turn.texts.gateway_awaited(PATIENCE / 60)
            turn.reply.postpone(words)
            return Postponed(delay=max(PAUSE, error.retry_after), for_gateway=True)
        kept = error.text if isinstance(error, Interrupted) else None
        job.failure = type(error).__name__
        text = said(error, turn.texts, reference(job.claim.turn))
        await turn.reply.finish(text, remember=kept, failed=kept is None)
        return Answered()
