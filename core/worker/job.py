"""One job, read from top to bottom: load → assess → admit → handle → deliver → keep.

A job is the frozen list of events of one claim. Beside the bot, which writes the answer, runs the reply,
which delivers it: a mark from the control lane (stopped, edited, deleted) ends the bot, never a delivery
that is under way. Whatever goes wrong becomes one clear word to the person (`core.worker.endings`). What
comes out is how the job ended (`core.worker.endings`); `core.worker.worker` writes that to the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from core.bot import Bot
from core.connector import (
    Address,
    Audience,
    Crowded,
    Deleted,
    Event,
    Handed,
    IdentityChanged,
    Joined,
    Message,
    Reacted,
    Tick,
    Undecryptable,
    Whisper,
)
from core.delivery.outbox import Outbox
from core.delivery.private_message import say
from core.delivery.reply import Reply, Target, reply_to
from core.documents.sandbox.sandbox import OWNER
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
from core.inbox.inbox import Claim, How, Ref
from core.inbox.records import QUESTION, explaining, last_asked, question_about, reference
from core.inbox.risky_steps import poison
from core.language.operators import tell
from core.policy.decision import Denied, unserved
from core.sessions.controls import Controls
from core.sessions.repository import Session, apart
from core.telemetry import log, metrics
from core.texts import texts
from core.turn.admission import admit, refuse
from core.turn.confirmation import Held, word
from core.turn.keeping import (
    counted,
    is_gone,
    keeping,
    minutes,
    ref_of,
    removed,
    sent,
    session_key,
    unheld,
    withdraw,
)
from core.turn.reading import assess
from core.turn.room import FLOOR
from core.turn.services import Services
from core.turn.turn import Turn
from core.understanding import is_about_nothing_here
from core.understanding.arguments import code_of, number_of
from core.understanding.verdicts import verdict_of
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
from core.worker.notices import Notices
from core.worker.reactions import as_word, may_say, said_by

CLOSED_LOOK = 15.0
"""Seconds between two looks of a question that is kept during maintenance: it may end early."""
_WORD = "word"
"""Note of a job: the word that its reaction is."""
_UNSAID = "unsaid"
"""Notes that what was said in private of a question before it was edited is deleted."""
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

    def __init__(
        self,
        *,
        services: Services,
        outbox: Outbox,
        bots: Sequence[Bot],
        max_age: float,
    ) -> None:
        self._services = services
        self._inbox = services.inbox
        self._outbox = outbox
        self._bots = bots
        self._connectors = outbox.connectors
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
                    event = await self._read_reaction(event, job.claim)
                idle = isinstance(event, Reacted) and not any(bot.wants(event) for bot in self._bots)
                if isinstance(event, Message | Joined | Reacted | Tick) and not idle:
                    return await self._answer(job)
                async with job.claim.at("handle"):
                    ref = await self._settle(event, job)
                first = self._inbox.threads.speaking(event, job.claim.since)
                if await job.claim.done(ref=ref, first=first) == "deleted":
                    await self._take_back(event, job, ref)
                return Answered()
        except Exception as error:  # noqa: BLE001 - whatever a job raises, the other jobs go on
            return await self._after(first_error(error), job)

    async def _read_reaction(self, event: Reacted, claim: Claim) -> Reacted | Message:
        """What the reaction says, now that all that came before it here is kept; once a word, always one."""
        if not may_say(event):
            return event
        if (noted := claim.notes.get(_WORD)) is not None:
            meant: Reacted | Message = as_word(event, noted.decode())
        else:
            ref, figures = await self._inbox.ref(event.address, event.target), self._services.figures
            meant = await said_by(event, ref, self._inbox, figures, by_link=bool(claim.priority))
        if isinstance(meant, Message) and noted is None:
            await claim.note(_WORD, meant.text.encode())
        claim.events = (meant,)
        return meant

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

    async def _settle(self, event: Event, job: Job) -> Ref | None:
        """Handle what is no question: delete an answer, or say what there is to say. How a word that asks for
        something is found again by its messages."""
        match event:
            case Deleted():
                await self._delete_answer(job.claim.turn, event)
            case Undecryptable() | IdentityChanged() | Crowded():
                await self._notices.say(event, job.claim)
            case Whisper() if not (job.claim.erased or job.mark):
                words, now = texts(event.language, self._services.contacts), self._services.clock()
                return await say(event, job.claim, self._outbox, words, now=now)
            case Handed() if not job.claim.erased:
                await self._notices.hand(event, job.claim)
            case _:
                pass
        return None

    async def _take_back(self, event: Event, job: Job, ref: Ref | None) -> None:
        """Delete what was said of a private word: the question that it goes with is gone."""
        posts = ref.posts if ref else job.claim.posted.values()
        await self._outbox.delete_each(event.address, {id: f"{job.claim.turn}:{id}" for id in posts})
        await job.claim.done(heeded="deleted")

    # -- a question, from its claim to its end ---------------------------------------------------------

    async def _answer(self, job: Job) -> Ending:
        if WAITS in job.claim.notes and (pause := self._pause(job)) > 0:
            return Postponed(delay=pause)
        address = job.claim.events[0].address
        audience = await self._connectors[address.connector].audience(address, asked=True)
        async with job.claim.at("load"):
            turn = job.turn = await self._load(job, audience)
            if job.claim.posted and _UNSAID not in job.claim.notes:
                await self._unsay_private(job, turn)
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
        await self._services.audit.write(minutes(turn))
        if ending == Withdrawn(how="deleted"):
            await withdraw(turn)
        if isinstance(ending, Withdrawn) and turn.repeats is None:  # edited: it is asked about anew
            how = "deleted" if ending.how == "deleted" else "stopped"
            await self._delete_private(job.claim.turn, turn.person.chat, turn.key, how=how)
        return ending

    async def _load(self, job: Job, audience: Audience) -> Turn:
        """Load the session and the profile in one round trip, and choose the bot. `audience`: who would read
        an answer now. Raises Deferred."""
        events = job.claim.events
        event = events[0]
        if not isinstance(event, Message | Joined | Reacted | Tick):
            raise TypeError(event.type)
        OWNER.set(event.sender.id)
        connector = self._connectors[event.address.connector]
        key = await session_key(self._inbox, event)
        (session, profile), floor = await asyncio.gather(  # in one round trip
            self._services.sessions.load(key, event.sender.id, since=job.claim.since, audience=audience),
            self._services.conversations.load(event.address, FLOOR),
        )
        session, put_on, stale = await self._answering(job, session)
        below = None
        if job.mark is None:  # else it will not be answered: nothing is waited for
            events = [await self._described(e, key) if isinstance(e, Message) else e for e in events]
            if isinstance(event, Reacted) and verdict_of(event.reaction) == "again":
                below = await self._described(_bare(event), key)
        last = next((event for event in reversed(events) if isinstance(event, Message)), None)
        turn = Turn(
            self._services,
            claim=job.claim,
            events=events,
            session=session,
            profile=profile,
            audience=audience,
            connector=connector,
            below=below,
            reacts=last is not None and put_on is not None and last.id in put_on.posts,
            stale=stale,
            waits=WAITS in job.claim.notes,
        )
        turn.reply = self._reply(job, turn)
        if last is not None and turn.reply.final is None:
            await turn.follow_language()
        code = code_of(last.text) if last and event.direct and not turn.exposed else None
        if code is not None:
            turn.resume(code, await self._services.handovers.take(code, job.claim.turn))
        turn.raised = min(turn.room.least(floor), turn.ceiling)
        own = next((bot for bot in self._bots if bot.name == session.bot and session.turns), None)
        if own is None or not own.follows(turn.event, session):
            own = next(bot for bot in self._bots if bot.wants(turn.event))
        job.bot, turn.bot = own, own.name
        if turn.reply.final is not None and turn.reply.final.remember is not None:
            with suppress(Denied):  # written before a crash: what it is kept with is read again
                await assess(turn)
        return turn

    async def _answering(self, job: Job, session: Session) -> tuple[Session, Ref | None, bool]:
        """The session in which a word or a number is one for what waits, without what waits where it is none;
        the answer of ours that it is put on; and is that a question that is asked no more? It answers the
        message that it is put on (as a reaction, a button or a reply), else what asked last: here, or in a
        chat of two outside any thread. What a list offers may be chosen later, too."""
        event, *others = job.claim.events
        if others or not isinstance(event, Message):
            return session, None, False
        if word([event]) is None and number_of(event.text) is None:
            return session, None, False
        find, chat = partial(self._inbox.ref, event.address), event.address.whole
        put_on = await _asking(find, event.reply_to or event.id)
        asked = put_on or await find(last_asked(session.key))
        begins = event.direct and session.key != chat and not session.turns
        if session.held is None and begins and (put_on or asked is None):
            asked = asked or await _asking(find, event.address.thread or "") or await find(last_asked(chat))
            whole = await self._session(job, chat)
            if _waits_for(whole, asked):
                session = whole
        if _waits_for(session, asked):
            return session, put_on, False
        if asked is not None and asked.about:
            waits = await self._session(job, apart(asked.session, asked.about))
            if waits.held is not None:
                there = await self._session(job, chat) if begins else session
                return replace(there, held=waits.held, held_in=waits.key), put_on, False
        for_one = put_on is not None and (put_on.awaits == "word" or put_on.about)
        last = await find(last_asked(put_on.session)) if put_on and for_one else None
        stale = last is not None and (event.reply_to or event.id) not in last.posts
        stale = stale or (asked is not None and _waits_no_more(session, asked, put_on))
        return replace(session, held=None), put_on, stale

    async def _session(self, job: Job, key: str) -> Session:
        """Another session of the person who asks."""
        person = job.claim.events[0].sender.id
        session, _ = await self._services.sessions.load(key, person, since=job.claim.since)
        return session

    def _reply(self, job: Job, turn: Turn) -> Reply:
        """The reply of the turn: in private where its question was."""
        last = turn.messages[-1] if turn.messages else None
        private = last is not None and last.private
        target = Target(
            address=turn.event.address,
            question=last.id if last else turn.event.key,
            reply_to=reply_to(last) if last else None,
            only=turn.author.id if turn.event.direct else None,  # whoever came since
            quiet=private or isinstance(turn.event, Reacted | Tick),
            asked_at=last.at if last else None,
        )
        alone = turn.person.answer if private else None
        return Reply(self._outbox, job.claim, target, turn, turn.texts, alone=alone, now=self._services.clock)

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
            reply.end()
            return Withdrawn(how=job.mark or "edited")
        return Answered()

    async def _write(self, job: Job, turn: Turn) -> Ending:
        """Assess, admit, handle. Known failures become words; after the last attempt all do."""
        try:
            if (early := await self._may_come(job, turn)) is not None:
                return early
            await assess(turn)
            if (admission := await admit(turn)) != "admitted":
                return Asked() if admission == "asked" else Answered()
            async with job.claim.at("handle"):
                await job.bot.handle(turn)
        except Denied as error:
            metrics.refused.labels(turn.event.address.connector, "Denied").inc()
            await refuse(turn, error.refusal)
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

    async def _may_come(self, job: Job, turn: Turn) -> Ending | None:
        """Is it the person's turn? None: yes. Else operators or the policy stop it, it is too late, or by
        their quota too early, or programs answer each other; they are told so."""
        controls, waits = self._services.controls, WAITS in job.claim.notes
        if controls is not None and controls.active:
            early = await self._stopped_by_operators(job, turn, controls)
            if early is not None:
                return early
        if not turn.asks:
            return None
        if why := unserved(self._services.policy, turn.audience, outsider=turn.is_outsider):
            metrics.refused.labels(turn.event.address.connector, why).inc()
            said = turn.texts.unserved(why)
        elif turn.code and not turn.resumed:
            said = turn.texts.code_unknown()
        elif turn.stale:
            said = turn.texts.asked_no_more()
        elif turn.messages and not waits and self._services.clock() - turn.event.at > self._max_age:
            said = turn.texts.too_old(self._max_age / 3600)
        else:
            return None if waits else await self._within_quota(job, turn)
        await turn.reply.finish(said)
        return Answered()

    async def _within_quota(self, job: Job, turn: Turn) -> Ending | None:
        """Count the turn. None: it may be handled now."""
        use = await self._services.quotas.turn(
            turn.event.sender.id,
            job.claim.turn,
            turn.event.address.conversation,
            since=job.claim.since,
            sent=sent(turn),
        )
        turn.access.used, turn.access.used_in_all = use.tokens, self._services.quotas.in_all
        if use.loop:
            metrics.jobs.labels("programs").inc()
            await turn.reply.finish(turn.texts.programs() if use.loop == "last" else "")
            return Answered()
        if use.wait > 0:
            metrics.jobs.labels("over_quota").inc()
            words = turn.texts.quota_of_the_minute(self._services.quotas.per_minute) if use.tell else ""
            turn.reply.postpone(words, brief=True)
            return Postponed(delay=use.wait)
        return None

    async def _stopped_by_operators(self, job: Job, turn: Turn, controls: Controls) -> Ending | None:
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
            told = WAITS in job.claim.notes
            turn.reply.postpone("" if told else turn.texts.closed(said.text, said.until))
            return Postponed(delay=min(left, CLOSED_LOOK), for_gateway=True)
        return None

    async def _keep(self, job: Job, turn: Turn, ending: Ending) -> Ending:
        """Keep the exchange and end the job, unless the control lane spoke meanwhile: then heed it first."""
        waited = isinstance(ending, Answered) and turn.takes_held and not (turn.resumed or turn.refusals)
        if waited and await is_gone(turn):
            return Withdrawn(how="deleted")
        told = turn.reply.posted and turn.event.address.apart
        spoken = self._inbox.threads.speaking(turn.event, job.claim.since) if told else []
        first = [*await keeping(turn), *minutes(turn), *counted(turn), *spoken]
        mark = await job.claim.done(ref=ref_of(turn), first=first)
        if mark is not None:
            return Withdrawn(how=mark)
        seconds = max(0.0, self._services.clock() - turn.event.at)
        metrics.answered.labels(turn.event.address.connector).observe(seconds)
        return ending

    async def _delete_answer(self, job: str, deleted: Deleted) -> None:
        """An answered question was deleted: its answer and its turn go too, and what was asked or answered in
        private instead; not what asked to delete it, and says how to go on. Into a message of ours that
        somebody else deleted, nothing is written any more."""
        ref = await self._inbox.ref(deleted.address, deleted.target)
        if ref is None:
            return
        if deleted.target not in ref.questions:
            await self._inbox.unpost(deleted.address, ref, deleted.target)
            return
        if ref.kind != QUESTION:  # which is about an exchange that stays
            who = ref.who or self._inbox.who(deleted.sender.id)
            await removed(self._services, who, ref.turn, ref.session, ref.chat, *ref.shelves)
        for key in (ref.session, apart(ref.session, ref.about)) if ref.about else ():
            await unheld(self._services.sessions, key, deleted)
        posts = () if ref.outlives else (*ref.posts, *ref.before)
        asked = await self._inbox.ref(deleted.address, question_about(ref.turn))
        if asked is not None and asked.awaits == "number":  # what was wrong with an answer that is gone
            posts += asked.posts
        await self._outbox.delete_each(deleted.address, {id: f"{job}:{id}" for id in posts})
        if ref.kind != QUESTION:
            await self._delete_private(job, ref.chat, ref.turn)

    async def _delete_private(self, job: str, chat: str, turn: str, *, how: How = "deleted") -> None:
        """Delete what was asked, answered or explained in the author's chat of two, by its session's key
        (empty: none), of this exchange, or is still to be; `stopped`: what is said of it later may come."""
        if not chat:
            return
        connector, _, conversation = chat.partition(":")
        there = Address(connector=connector, conversation=conversation)
        while await self._inbox.mark(there, target=turn, how=how, aside=True) == "queued":
            pass  # another one may wait behind it: the question was edited, and asked about again
        for name in (turn, explaining(turn)):
            if (ref := await self._inbox.ref(there, name)) is not None:
                posts = (*ref.posts, *ref.before)
                await self._outbox.delete_each(there, {id: f"{job}:{id}" for id in posts})

    async def _unsay_private(self, job: Job, turn: Turn) -> None:
        """Delete, once, what was said in private of a question before it was edited."""
        if not (turn.messages and turn.person.chat):
            return
        earlier = await self._inbox.ref(turn.event.address, turn.messages[0].id)
        if earlier is not None and earlier.turn == turn.key:
            await self._delete_private(job.claim.turn, turn.person.chat, turn.key, how="stopped")
        await job.claim.note(_UNSAID, b"")

    # -- what stands beside ----------------------------------------------------------------------------

    def _pause(self, job: Job) -> float:
        """Seconds that a question whose author was told so must still wait before anything is done on it: for
        the end of maintenance, or for models."""
        if job.claim.final:
            return 0.0
        closed = self._services.controls.closed_for if self._services.controls else 0.0
        if closed > 0 or job.mark is not None:
            return min(closed, CLOSED_LOOK)
        return self.gate.pause(job.claim.turn)

    async def _without_model(self, job: Job, turn: Turn, error: GatewayError | OverQuota) -> Ending:
        """Let the question wait for a gateway that is away; say all else."""
        if isinstance(error, GatewayUnavailable) and self._services.clock() - turn.event.at < PATIENCE:
            told = WAITS in job.claim.notes
            words = "" if told else turn.texts.gateway_awaited(PATIENCE / 60)
            turn.reply.postpone(words)
            return Postponed(delay=max(PAUSE, error.retry_after), for_gateway=True)
        kept = error.text if isinstance(error, Interrupted) else None
        job.failure = type(error).__name__
        text = said(error, turn.texts, reference(job.claim.turn))
        await turn.reply.finish(text, remember=kept, failed=kept is None)
        return Answered()

    async def _described(self, message: Message, session: str) -> Message:
        """The message with all that its platform tells of its files, and of what it replies to, or is below
        in the session of this key."""
        told = self._connectors[message.address.connector].descriptions
        if told is None:
            return message
        return await told.described(message, None if message.direct else await self._root(message, session))

    async def _root(self, message: Message, session: str) -> str | None:
        """The message of somebody in a room that the session of this key begins with; None where that is a
        question that was put to us: the session holds it, and for an order that needs none: whatever stands
        there, who asks to be forgotten is."""
        root = session.removeprefix(f"{message.address.whole}:")
        if root in (session, message.id) or is_about_nothing_here(message.text):
            return None
        ref = await self._inbox.ref(message.address, root)
        return None if ref is not None and root in ref.questions else root


def _bare(event: Reacted) -> Message:
    """A reaction that wants an answer again as a message without a word."""
    return Message(
        key=event.key,
        id=event.key,
        address=event.address,
        at=event.at,
        sender=event.sender,
        text="",
        addressed=True,
        direct=event.direct,
        alone=True,
    )


async def _asking(find: Callable[[str], Awaitable[Ref | None]], message: str) -> Ref | None:
    """How our message is found that asks for something; None for any other."""
    ref = await find(message) if message else None
    return ref if ref is not None and ref.awaits and message in ref.posts else None


def _waits_no_more(session: Session, asked: Ref, put_on: Ref | None) -> bool:
    """Did what was asked wait for a word, which is given now that it waits no more (a day is over, or it was
    left aside), on it or before anything else was answered?"""
    answered = session.turns[-1].at if session.turns else 0.0
    return bool(asked.about and asked.awaits) and (put_on is not None or asked.at > answered)


def _waits_for(session: Session, asked: Ref | None) -> bool:
    """Does what waits in this session wait for what was asked?"""
    if session.held is None:
        return False
    return asked is None or asked.about in (None, Held.load(session.held).turn)
