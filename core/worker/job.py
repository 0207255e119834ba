"""One job, read from top to bottom: load → wait → assess → admit → handle → deliver → keep.

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
from core.connector import Joined, Reacted, Tick
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
from core.policy.decision import Denied, unserved
from core.sessions.controls import Controls
from core.telemetry import log, metrics
from core.turn.assessment import admit, assess
from core.turn.keeping import is_gone, keeping, minutes, note_told, ref_of, sent, withdraw
from core.turn.question import TurnEvent
from core.turn.refusal import refuse
from core.turn.services import Services
from core.turn.turn import Turn
from core.turn.waiting import NoAnswer
from core.worker.deletions import delete_private, take_back, unsay_private
from core.worker.endings import (
    ATTEMPTS,
    GIVEN_UP,
    PATIENCE,
    PAUSE,
    RETRY_AFTER,
    WAITS,
    Concluded,
    Ending,
    Gate,
    GivenUp,
    Postponed,
    Withdrawn,
    said,
)
from core.worker.loading import load
from core.worker.notices import Notices
from core.worker.reactions import read

CLOSED_LOOK = 15.0
"""Seconds between two looks of a question that is kept during maintenance: it may end early."""
OTHERS_WITHIN = 2.0
"""Seconds after which a job may be claimed again whose session this replica cannot read, by one that can."""


class JobContext:
    """What the jobs of a replica are run with. It keeps nothing of one for another, but which of those that
    wait for models may try."""

    def __init__(self, *, services: Services, outbox: Outbox, bots: Sequence[Bot], max_age: float) -> None:
        """`max_age`: seconds after which a question is too old."""
        self.services = services
        self.outbox = outbox
        self.bots = bots
        self.max_age = max_age
        self.notices = Notices(services, outbox)
        self.gate = Gate(services.models)


@dataclass(slots=True, kw_only=True)
class Job:
    """A claim being handled. `mark` is what the control lane said of it; `turn` and `bot` are known once it
    is loaded."""

    context: JobContext
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
                if isinstance(error, PlatformRefused) and self.turn is not None and self.mark is None:
                    await self.turn.person.tell(self.turn.texts.not_taken_here(self.turn.room.name))
                return GivenUp(reason=str(error))
            case Deferred():
                return Postponed(delay=max(error.retry_after, 1.0), untouched=self.turn is None)
            case TooNew() | UnknownKey():
                return Postponed(delay=OTHERS_WITHIN, untouched=self.turn is None)
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
        claim, outbox = self.claim, self.context.outbox
        if WAITS in claim.notes and not claim.final and (wait := self._pause()) > 0:
            return Postponed(delay=wait)
        audience = await outbox.connectors[event.address.connector].audience(event.address, asked=True)
        async with claim.at("load"):
            wanted, services = lambda: self.mark is None, self.context.services
            turn, self.bot = await load(
                services, outbox, self.context.bots, claim, event, audience, wanted=wanted
            )
            self.turn = turn
            if claim.posted:
                await unsay_private(outbox, claim, turn)
        async with asyncio.TaskGroup() as group:
            delivery = group.create_task(turn.reply.run())
            ending = await self._written(turn, group)
            await delivery
        if self.mark in ("edited", "deleted"):
            ending = Withdrawn(how=self.mark)
        if isinstance(ending, str):
            ending = await self._keep(turn, ending)
        if not isinstance(ending, str):
            await self._let_go(turn, ending)
        return ending

    def _pause(self) -> float:
        """Seconds that a question whose author was told so must still wait before anything is done on it: for
        the end of maintenance, or for models."""
        controls = self.context.services.controls
        closed = controls.closed_for if controls else 0.0
        if closed > 0 or self.mark is not None:
            return min(closed, CLOSED_LOOK)
        return self.context.gate.pause(self.claim.turn)

    async def _written(self, turn: Turn, group: asyncio.TaskGroup) -> Ending:
        """Have the answer written, unless an earlier claim did, or the control lane ends it."""
        reply = turn.reply
        if reply.final is not None:
            reason = self.claim.notes.get(GIVEN_UP) if reply.final.failed else None
            return "answered" if reason is None else GivenUp(reason=reason.decode(), posted=reply.posted)
        if self.mark is None:
            self.writing = group.create_task(self._write(turn))
            await asyncio.wait([self.writing])
            writing, self.writing = self.writing, None
            if not writing.cancelled():
                ending = writing.result()
                if reply.final is not None or isinstance(ending, Postponed):
                    return ending
        if reply.final is None and self.mark == "stopped":
            said = reply.partial if turn.question.repeats is None else ""
            await reply.finish(turn.texts.stopped(said), remember=said or None, in_place=True)
        if reply.final is None:  # edited or deleted: by its mark, or by what the store said of the final text
            reply.end()
            return Withdrawn(how=self.mark or "edited")
        return "answered"

    async def _write(self, turn: Turn) -> Ending:
        """Wait, assess, admit, handle. Known failures become words; after the last attempt all do."""
        services = self.context.services
        try:
            if (early := await self._not_now(turn)) is not None:
                return early
            await assess(turn, services.reading)
            if (admission := await admit(services, turn)) != "admitted":
                return "asked" if admission == "asked" else "answered"
            async with self.claim.at("handle"):
                await self.bot.handle(turn)
        except Denied as error:
            metrics.refused.labels(turn.question.address.connector, "Denied").inc()
            await refuse(services, turn, error.refusal)
            return "refused"
        except (GatewayError, OverQuota) as error:
            metrics.refused.labels(turn.question.address.connector, type(error).__name__).inc()
            return await self._without_model(turn, error)
        except (StoreError, asyncio.CancelledError):
            raise
        except Exception as bug:
            if self.claim.attempt < ATTEMPTS:
                raise
            log.error("job_given_up", error=bug)
            reason = _in_vain(bug)
            await self.claim.note(GIVEN_UP, reason.encode())
            text = turn.texts.referenced(turn.texts.failed(), reference(self.claim.turn))
            await turn.reply.finish(text, failed=True)
            return GivenUp(reason=reason, posted=turn.reply.posted)
        return "answered"

    async def _not_now(self, turn: Turn) -> Ending | None:
        """Say why it is not the person's turn, or that nobody is answered here, and how the job ends then;
        None: it may be handled."""
        services = self.context.services
        early = None
        if services.controls is not None and services.controls.active:
            early = await _stopped_by_operators(turn, services.controls)
        if early is not None or not turn.question.asks:
            return early
        if (away := self._turned_away(turn)) is not None:
            await turn.reply.finish(away)
            return "answered"
        if turn.waits:
            return None
        quotas, place = services.quotas, turn.question.address.conversation
        turn.access.used, hindrance = await quotas.turn(
            turn.question.author.id, self.claim.turn, place, since=self.claim.since, sent=sent(turn)
        )
        turn.access.used_in_all = quotas.in_all
        if hindrance is None:
            return None
        if hindrance.loop:
            metrics.jobs.labels("programs").inc()
            await turn.reply.finish(turn.texts.programs() if hindrance.loop == "last" else "")
            return "answered"
        metrics.jobs.labels("over_quota").inc()
        words = turn.texts.quota_of_the_minute(quotas.per_minute) if hindrance.tell else ""
        turn.reply.postpone(words, brief=True)
        return Postponed(delay=hindrance.wait)

    def _turned_away(self, turn: Turn) -> str | None:
        """Why a question is not answered at all, as its author is told; None: it is."""
        if why := unserved(turn.policy, turn.audience, outsider=turn.is_outsider):
            metrics.refused.labels(turn.question.address.connector, why).inc()
            return turn.texts.unserved(why)
        match turn.question.answer:
            case NoAnswer(why="unknown_code"):
                return turn.texts.code_unknown()
            case NoAnswer(why="stale"):
                return turn.texts.asked_no_more()
            case _:
                pass
        late = self.context.services.clock() - turn.question.at > self.context.max_age
        too_old = late and turn.question.messages and not turn.waits
        return turn.texts.too_old(self.context.max_age / 3600) if too_old else None

    async def _keep(self, turn: Turn, ending: Concluded) -> Ending:
        """Keep the exchange and end the job, unless the control lane spoke meanwhile: then heed it first."""
        services = self.context.services
        waited = (
            ending == "answered" and turn.question.takes_held and not (turn.question.resumed or turn.refusals)
        )
        if waited and await is_gone(services, turn):
            return Withdrawn(how="deleted")
        told = turn.reply.posted and turn.question.address.apart
        spoken = services.inbox.threads.speaking(turn.question.event, self.claim.since) if told else []
        kept = await keeping(services, turn)
        mark = await self.claim.done(ref=ref_of(turn), first=[*kept, *spoken])
        if mark is not None:
            return Withdrawn(how=mark)
        if turn.note_told is not None:
            await note_told(turn)
        seconds = max(0.0, services.clock() - turn.question.at)
        metrics.answered.labels(turn.question.address.connector).observe(seconds)
        return ending

    async def _let_go(self, turn: Turn, ending: Ending) -> None:
        """Note what was decided in a turn of which nothing else is kept; of one that was taken back, nothing
        that was said stays."""
        services = self.context.services
        await services.audit.write(minutes(services, turn))
        if ending == Withdrawn(how="deleted"):
            await withdraw(services, turn)
        if isinstance(ending, Withdrawn) and turn.question.repeats is None:  # edited: it is asked about anew
            how = "deleted" if ending.how == "deleted" else "stopped"
            await delete_private(self.context.outbox, self.claim.turn, turn.chat, turn.question.key, how=how)

    async def _without_model(self, turn: Turn, error: GatewayError | OverQuota) -> Ending:
        """Let the question wait for a gateway that is away; say all else."""
        if (
            isinstance(error, GatewayUnavailable)
            and self.context.services.clock() - turn.question.at < PATIENCE
        ):
            told = WAITS in self.claim.notes
            words = "" if told else turn.texts.gateway_awaited(PATIENCE / 60)
            turn.reply.postpone(words)
            return Postponed(delay=max(PAUSE, error.retry_after), for_gateway=True)
        kept = error.text if isinstance(error, Interrupted) else None
        self.failure = type(error).__name__
        text = said(error, turn.texts, reference(self.claim.turn))
        await turn.reply.finish(text, remember=kept, failed=kept is None)
        return "answered"


def _in_vain(bug: BaseException) -> str:
    """Why a job is given up that failed each time, for operators."""
    return tell("delivery.in_vain", bug=type(bug).__name__, attempts=ATTEMPTS)


async def _stopped_by_operators(turn: Turn, controls: Controls) -> Ending | None:
    """Is the person or the room blocked, which is said, or is the service closed for a while, so that the
    question is kept? What operators announce is told."""
    await turn.announce(always=isinstance(turn.question.event, Joined))
    if not (turn.question.asks or isinstance(turn.question.event, Tick)):
        return None
    if controls.blocks(turn.question.author.id, turn.question.address):
        metrics.refused.labels(turn.question.address.connector, "blocked").inc()
        await turn.reply.finish(turn.texts.blocked() if turn.question.asks else "")
        return "answered"
    if (left := controls.closed_for) > 0 and (said := controls.announcement) is not None:
        turn.reply.postpone("" if turn.waits else turn.texts.closed(said.text, said.until))
        return Postponed(delay=min(left, CLOSED_LOOK), for_gateway=True)
    return None
