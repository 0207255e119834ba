"""The worker: claims conversations, handles one job in each, and settles it.

A job is the frozen list of events of one claim. It holds a lease that is renewed while it runs; whoever
loses it stops without any further effect, and another replica finishes the same message. Beside the
bot, which writes the answer, runs the reply, which delivers it: a mark from the control lane
(stopped, edited, deleted) ends the bot, never a delivery that is under way.

Whatever goes wrong becomes one clear word to the person (`core.worker.failures`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from core.bot import Bot
from core.connector import (
    Address,
    Attachment,
    Connector,
    Crowded,
    Deleted,
    IdentityChanged,
    Invited,
    Joined,
    Message,
    Reacted,
    Tick,
    Undecryptable,
    Whisper,
)
from core.delivery.outbox import Outbox, Reply
from core.delivery.private_message import say
from core.documents.sandbox.slots import OWNER
from core.errors import (
    Deferred,
    DeliveryError,
    GatewayError,
    GatewayUnavailable,
    Interrupted,
    LeaseLost,
    OverQuota,
    Rejected,
    StoreError,
    StoreUnavailable,
)
from core.inbox.inbox import Claim, How
from core.inbox.risky_steps import Floor, RiskySteps, poison
from core.policy.decision import Denied
from core.telemetry import log, metrics
from core.texts import Texts, texts
from core.turn.job_notes import JobNotes
from core.turn.live_turn import Desk, LiveTurn, session_key
from core.worker.failures import ATTEMPTS, GIVEN_UP, PATIENCE, PAUSE, RETRY_AFTER, WAITS, Gate, first, said

STORE_PAUSE = 1.0


@dataclass(slots=True, kw_only=True)
class Job:
    """A claim being handled; `mark` is what the control lane said of it."""

    claim: Claim
    mark: How | None = None
    writing: asyncio.Task[None] | None = None
    begun: bool = False
    turn: LiveTurn | None = None
    delay: float = 0.0
    """Seconds after which the job, given back, is to be claimed again."""
    waits: bool = False
    """The gateway is waited for."""
    steps: RiskySteps

    @property
    def may_be_kept(self) -> bool:
        """Is it known that it holds nothing classified? An answer that is durable was let in."""
        if self.turn is not None and self.turn.may_be_kept:
            return True
        return self.claim.record.final is not None and GIVEN_UP not in self.claim.record.notes

    def interrupt(self, how: How) -> None:
        self.mark = how
        if self.writing is not None:
            self.writing.cancel()


class Worker:
    """Runs until told to drain; any number of replicas may run one each on the same store."""

    def __init__(
        self,
        *,
        desk: Desk,
        outbox: Outbox,
        bots: Sequence[Bot],
        connectors: Mapping[str, Connector],
        max_age: float,
        slots: int = 256,
    ) -> None:
        self._desk = desk
        self._inbox = desk.inbox
        self._outbox = outbox
        self._bots = bots
        self._connectors = connectors
        self._max_age = max_age
        self._slots = slots
        self._gate = Gate(desk.models)
        self._jobs: dict[str, Job] = {}
        self._freed = asyncio.Event()
        self._floor = Floor()
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
                await self._inbox.release(self._cut[-1], clean=False)
            self._cut.pop()

    async def _work(self, group: asyncio.TaskGroup) -> None:
        while not self._draining:
            try:
                await self._give_back()
                claims = await self._claim()
            except StoreUnavailable as error:
                log.warning("store_unavailable", error=type(error).__name__)
                await asyncio.sleep(STORE_PAUSE)
                continue
            for claim in claims:
                steps = RiskySteps(self._inbox, claim, self._floor)
                job = self._jobs[claim.turn] = Job(claim=claim, mark=claim.mark, steps=steps)
                group.create_task(self._run(job))
            await self._inbox.wait()

    async def _claim(self) -> list[Claim]:
        """Claim what is ready, as soon as a slot is free; nothing once told to drain."""
        while len(self._jobs) >= self._slots and not self._draining:
            self._freed.clear()
            await self._freed.wait()
        if self._draining:
            return []
        patient = self._slots * 3 // 4 - sum(job.claim.priority for job in self._jobs.values())
        return await self._inbox.claim(self._slots - len(self._jobs), patient=max(0, patient))

    def _marked(self, turn: str, how: How) -> None:
        job = self._jobs.get(turn)
        if job is not None:
            job.interrupt(how)

    async def _run(self, job: Job) -> None:
        try:
            await self._hold(job)
        except asyncio.CancelledError:
            self._cut.append(job.claim)
            raise
        finally:
            if self._jobs.get(job.claim.turn) is job:  # else its lease was lost, and this replica has it anew
                del self._jobs[job.claim.turn]
            self._gate.ended(job.claim.turn)
            self._freed.set()
            if job.claim.priority:  # what may wait has perhaps used up its share of the slots
                self._inbox.wake()

    async def _hold(self, job: Job) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                keeper = group.create_task(self._keep(job))
                await self._settle(job)
                keeper.cancel()
        except* LeaseLost:
            metrics.job("lease_lost")
        except* StoreError as errors:
            metrics.job("store_error")
            log.warning("job_cut_short", error=type(errors.exceptions[0]).__name__)
            self._cut.append(job.claim)
            self._inbox.wake()

    async def _keep(self, job: Job) -> None:
        """Renew the lease. A store that is away for a moment is no reason to let go before the lease ends;
        then it is: a replica that reaches the store may go on with the job."""
        clock = asyncio.get_running_loop().time
        ends = clock() + self._inbox.lease
        while True:
            await asyncio.sleep(self._inbox.renew_every)
            asked = clock()
            try:
                mark = await self._inbox.renew(job.claim)
            except StoreUnavailable as error:
                if clock() + self._inbox.renew_every > ends:
                    raise LeaseLost(f"turn {job.claim.turn}: the store is away for too long") from error
                continue
            ends = asked + self._inbox.lease
            if mark is not None and mark != job.mark:
                job.interrupt(mark)

    async def _settle(self, job: Job) -> None:
        try:
            await self._alone(job)
        except Rejected as error:
            metrics.job("rejected")
            await self._bury(job, str(error))
        except Deferred as error:
            await self._inbox.release(job.claim, delay=max(error.retry_after, 1.0), clean=not job.begun)
        except (LeaseLost, StoreError):
            raise
        except Exception as bug:  # noqa: BLE001 - whatever a job raises, the loop and the other jobs go on
            log.error("job_failed", error=bug, attempt=job.claim.attempt)
            metrics.job("failed")
            if job.claim.attempt < ATTEMPTS:
                await self._inbox.retry(job.claim, RETRY_AFTER * job.claim.attempt)
            else:
                await self._bury(job, f"{type(bug).__name__}, {ATTEMPTS} times")

    async def _alone(self, job: Job) -> None:
        """Handle the job; of a group of errors, the first: a store that is away is no failure of the job."""
        try:
            step = poison(job.claim)
            await (self._handle(job) if step is None else self._set_aside(job, step))
        except ExceptionGroup as errors:
            raise first(errors) from errors

    async def _handle(self, job: Job) -> None:
        match job.claim.events[0]:
            case Message() | Joined() | Reacted() | Tick():
                await self._answer(job)
            case Deleted() as deleted:
                await self._withdraw(job, deleted)
            case Undecryptable() as event:
                words = self._texts()
                text = words.unsigned_device if event.unsigned else words.undecryptable
                await self._notice(job, event, text(direct=event.direct), any_device=event.unsigned)
            case IdentityChanged() as event:
                text = self._texts().identity_changed("" if event.direct else event.sender.name)
                await self._notice(job, event, text, any_device=True)
            case Crowded() as event:
                await self._notice(job, event, self._texts().full())
            case Whisper() as word if not job.claim.erased:
                await say(
                    word,
                    job.claim,
                    self._outbox,
                    self._texts(word.language),
                    job.steps,
                    now=self._desk.clock(),
                )
                await self._inbox.done(job.claim)
            case Invited():
                await self._inbox.done(job.claim)
            case _:
                await self._inbox.done(job.claim)

    async def _set_aside(self, job: Job, step: str) -> None:
        """Give up a job that ends the processes that hold it: nothing of it is looked at. Its author is told
        once, unless that is what ends them."""
        log.error("job_set_aside", reason=step, attempt=job.claim.deaths)
        metrics.job("set_aside")
        event = job.claim.events[0]
        posted = job.claim.record.posted
        if isinstance(event, Message) and not job.claim.died_at.get("word"):
            words = self._texts()
            record = replace(job.claim.record, final=None)
            reply = self._reply(
                replace(job, claim=replace(job.claim, record=record)),
                words,
                event.address,
                event.id,
                _reply_to(event),
            )
            async with job.steps.at("word"):
                await reply.finish(words.failed(), failed=True)
                await reply.run()
            posted = reply.posted
        await self._bury(
            job, f"the process that handled it ended {job.claim.deaths} times, at: {step}", posted
        )

    async def _notice(
        self,
        job: Job,
        event: Undecryptable | IdentityChanged | Crowded,
        text: str,
        *,
        any_device: bool = False,
    ) -> None:
        reply = self._reply(job, self._texts(), event.address, event.key, None, any_device=any_device)
        await reply.finish(text)
        await reply.run()
        await self._inbox.done(job.claim)

    def _texts(self, language: str | None = None) -> Texts:
        return texts(language or self._desk.language, self._desk.contacts)

    def _reply(
        self,
        job: Job,
        words: Texts,
        address: Address,
        question: str,
        reply_to: str | None,
        turn: LiveTurn | None = None,
        *,
        quiet: bool = False,
        any_device: bool = False,
    ) -> Reply:
        """The reply of a job. What was asked where two talk is for the one who asked, whoever came since."""
        return Reply(
            self._outbox,
            job.claim,
            address=address,
            texts=words,
            question=question,
            reply_to=reply_to,
            level=lambda: turn.level if turn else self._desk.policy.unmarked_level("tchap_public"),
            readers=lambda: turn.readers if turn else None,
            steps=job.steps,
            only=turn.event.sender.id if turn and turn.event.direct else None,
            quiet=quiet,
            any_device=any_device,
        )

    async def _answer(self, job: Job) -> None:
        waits = WAITS in job.claim.record.notes and job.mark is None and not job.claim.record.final
        if waits and (pause := self._gate.pause(job.claim.turn)) > 0:
            await self._inbox.release(job.claim, delay=pause, clean=False)
            return
        turn = await self._turn(job)
        last = turn.messages[-1] if turn.messages else None
        question = last.id if last else turn.event.key
        reply_to = _reply_to(last) if last else None
        unasked = isinstance(turn.event, Reacted | Tick)
        reply = self._reply(job, turn.texts, turn.event.address, question, reply_to, turn, quiet=unasked)
        bot = self._bot(turn)
        turn.bot = bot.name
        turn.reply = reply
        job.turn = turn
        job.begun = True
        if reply.final is not None and reply.final.remember is not None:
            with suppress(Denied):  # written before a crash: what it is kept with is read again
                await self._prepare(job, turn)
        async with asyncio.TaskGroup() as group:
            delivery = group.create_task(reply.run())
            if reply.final is None and job.mark is None:
                job.writing = group.create_task(self._write(job, turn, bot))
                await asyncio.wait([job.writing])
                job.writing = None
            if reply.final is None:
                await self._interrupted(job, turn)
            await delivery
        await self._finish(job, turn)

    async def _interrupted(self, job: Job, turn: LiveTurn) -> None:
        if job.mark == "stopped":
            partial = turn.reply.partial
            await turn.reply.finish(turn.texts.stopped(partial), remember=partial or None)
        elif not job.delay:
            turn.reply.abandon()

    async def _finish(self, job: Job, turn: LiveTurn) -> None:
        """End the job, unless the control lane spoke meanwhile: then heed it first."""
        if job.mark not in ("edited", "deleted") and turn.reply.final is not None:
            if turn.reply.final.failed and (reason := await turn.notes.get(GIVEN_UP)) is not None:
                await self._desk.audit.write(turn.minutes())
                await self._bury(job, reason.decode())
                return
            first = [*await turn.keeping(), *turn.minutes()]
            mark = await self._inbox.done(job.claim, ref=turn.ref(), first=first)
            if mark is None:
                waited = max(0.0, self._desk.clock() - turn.event.at)
                metrics.answered(turn.event.address.connector, waited)
                return
            job.mark = mark
        await self._desk.audit.write(turn.minutes())
        if job.mark != "deleted":
            if job.waits and WAITS not in job.claim.record.notes:
                await turn.notes.put(WAITS, b"1")
            await self._inbox.release(job.claim, delay=job.delay, clean=False)
            return
        if not turn.reply.revises:
            await turn.reply.withdraw()
        await self._desk.sessions.remove_turn(turn.session.key, turn.key)
        await self._inbox.done(job.claim, heeded="deleted")

    async def _bury(self, job: Job, reason: str, posted: Mapping[int, str] | None = None) -> None:
        """Keep the questions for the operators; what may be classified, or was deleted, is not kept. Raises
        LeaseLost."""
        if not job.may_be_kept:
            await self._inbox.purge(job.claim, final="")
            reason += "; what was asked is not kept, since it was not assessed"
        posted = job.turn.reply.posted if job.turn else posted
        mark = await self._inbox.dead(job.claim, reason, posted=posted)
        if mark == "edited":  # meanwhile: what it says now was never looked at
            await self._inbox.release(job.claim, delay=RETRY_AFTER, clean=False)
        elif mark is not None:
            if job.turn and not job.turn.reply.revises:
                with suppress(DeliveryError):
                    await job.turn.reply.withdraw()
            await self._inbox.done(job.claim, heeded=mark)

    async def _turn(self, job: Job) -> LiveTurn:
        event = job.claim.events[0]
        if not isinstance(event, Message | Joined | Reacted | Tick):
            raise TypeError(event.type)
        key = await session_key(self._inbox, event)
        OWNER.set(event.sender.id)
        connector = self._connectors[event.address.connector]
        audience = await connector.audience(event.address)
        session, profile = await self._desk.sessions.load(
            key, event.sender.id, since=job.claim.since, audience=audience
        )
        return LiveTurn(
            self._desk,
            job=job.claim.turn,
            events=job.claim.events,
            session=session,
            profile=profile,
            audience=audience,
            notes=JobNotes(self._inbox, job.claim),
            steps=job.steps,
            history=connector.history,
            private=connector.private,
        )

    def _bot(self, turn: LiveTurn) -> Bot:
        """The bot whose session this is, if it goes on with it; else the first that wants what happened."""
        for bot in self._bots:
            if bot.name == turn.session.bot and turn.session.turns and bot.follows(turn.event):
                return bot
        return next(bot for bot in self._bots if bot.wants(turn.event))

    async def _write(self, job: Job, turn: LiveTurn, bot: Bot) -> None:
        """Let the bot write the answer. Known failures become words; after the last attempt all do."""
        try:
            if await self._may_come(job, turn):
                await self._prepare(job, turn)
                if await turn.admit():
                    async with job.steps.at("handle"):
                        await bot.handle(turn)
        except Denied as error:
            metrics.refused(turn.event.address.connector, "Denied")
            await turn.refuse(error.refusal)
        except (GatewayError, OverQuota) as error:
            metrics.refused(turn.event.address.connector, type(error).__name__)
            await self._unanswered(job, turn, error)
        except (StoreError, asyncio.CancelledError):
            raise
        except Exception as bug:
            if job.claim.attempt < ATTEMPTS:
                raise
            log.error("job_given_up", error=bug)
            await turn.notes.put(GIVEN_UP, f"{type(bug).__name__}, {ATTEMPTS} times".encode())
            await turn.reply.finish(turn.texts.failed(), failed=True)

    async def _prepare(self, job: Job, turn: LiveTurn) -> None:
        async with job.steps.at("assess"):
            await turn.prepare(self._fetch)

    async def _may_come(self, job: Job, turn: LiveTurn) -> bool:
        """Is it the person's turn? Else it is too late, or by their quota too early, and they are told so."""
        if not turn.messages or WAITS in job.claim.record.notes:
            return True
        if self._desk.clock() - turn.event.at > self._max_age:
            await turn.reply.finish(turn.texts.too_old(self._max_age / 3600))
            return False
        use = await self._desk.quotas.turn(
            turn.event.sender.id,
            job.claim.turn,
            turn.event.address.conversation,
            since=job.claim.since,
            sent=turn.sent,
        )
        turn.access.used = use.tokens
        if use.loop:
            metrics.job("programs")
            await turn.reply.finish(turn.texts.programs() if use.loop == "last" else "")
            return False
        if use.wait > 0:
            metrics.job("over_quota")
            job.delay = use.wait
            words = turn.texts.quota_of_the_minute(self._desk.quotas.per_minute) if use.tell else ""
            turn.reply.postpone(words)
        return use.wait == 0

    async def _unanswered(self, job: Job, turn: LiveTurn, error: GatewayError | OverQuota) -> None:
        """Let the question wait for a gateway that is away; say all else."""
        if isinstance(error, GatewayUnavailable) and self._desk.clock() - turn.event.at < PATIENCE:
            job.waits, job.delay = True, max(PAUSE, error.retry_after)
            told = WAITS in job.claim.record.notes
            turn.reply.postpone("" if told else turn.texts.gateway_awaited(PATIENCE / 60))
            return
        kept = error.text if isinstance(error, Interrupted) else None
        await turn.reply.finish(said(error, turn.texts), remember=kept, failed=kept is None)

    async def _fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        files = self._connectors[address.connector].files
        if files is None:
            raise Rejected(f"{address.connector} carries no files")
        return await files.fetch(address, attachment, limit)

    async def _withdraw(self, job: Job, deleted: Deleted) -> None:
        """An answered question was deleted: its answer and its turn go too."""
        ref = await self._inbox.ref(deleted.address, deleted.target)
        if ref is not None and deleted.target in ref.questions:
            for id in ref.posts:
                await self._outbox.delete(deleted.address, id, f"{job.claim.turn}:{id}")
            await self._desk.sessions.remove_turn(ref.session, ref.turn)
        await self._inbox.done(job.claim)


def _reply_to(question: Message) -> str | None:
    """The message that an answer names: the question, but where two talk and nothing else is answered."""
    named = not question.direct or question.reply_to or question.address.thread
    return question.id if named else None
