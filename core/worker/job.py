"""One job, read from top to bottom: load → wait → assess → admit → handle → deliver → keep.

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
from core.connector import Audience, Joined, Message, Reacted, Tick
from core.delivery.outbox import Outbox
from core.delivery.reply import Reply
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
from core.inbox.inbox import Claim, How, Inbox, Ref
from core.inbox.records import last_asked, reference
from core.inbox.risky_steps import poison
from core.language.operators import tell
from core.policy.channels import channels
from core.policy.decision import Denied, unserved
from core.sensitivity.level import Level
from core.sessions.controls import Controls
from core.sessions.repository import Session, apart
from core.telemetry import log, metrics
from core.turn.assessment import admit, assess
from core.turn.confirmation import Held
from core.turn.keeping import is_gone, keeping, minutes, note_told, ref_of, sent, session_key, withdraw
from core.turn.refusal import refuse
from core.turn.room import FLOOR, floor_of
from core.turn.services import Services
from core.turn.turn import Turn, TurnEvent
from core.understanding import is_about_nothing_here, spelled
from core.understanding.commands import short_answer, verdict_of
from core.understanding.understand import word_in
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
from core.worker.notices import Notices
from core.worker.reactions import as_word, read

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
            said = reply.partial if turn.repeats is None else ""
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
            metrics.refused.labels(turn.event.address.connector, "Denied").inc()
            await refuse(services, turn, error.refusal)
            return "refused"
        except (GatewayError, OverQuota) as error:
            metrics.refused.labels(turn.event.address.connector, type(error).__name__).inc()
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
        if early is not None or not turn.asks:
            return early
        if (away := self._turned_away(turn)) is not None:
            await turn.reply.finish(away)
            return "answered"
        if turn.waits:
            return None
        quotas, place = services.quotas, turn.event.address.conversation
        turn.access.used, hindrance = await quotas.turn(
            turn.author.id, self.claim.turn, place, since=self.claim.since, sent=sent(turn)
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
            metrics.refused.labels(turn.event.address.connector, why).inc()
            return turn.texts.unserved(why)
        if turn.code and not turn.resumed:
            return turn.texts.code_unknown()
        if turn.stale:
            return turn.texts.asked_no_more()
        late = self.context.services.clock() - turn.event.at > self.context.max_age
        too_old = late and turn.messages and not turn.waits
        return turn.texts.too_old(self.context.max_age / 3600) if too_old else None

    async def _keep(self, turn: Turn, ending: Concluded) -> Ending:
        """Keep the exchange and end the job, unless the control lane spoke meanwhile: then heed it first."""
        services = self.context.services
        waited = ending == "answered" and turn.takes_held and not (turn.resumed or turn.refusals)
        if waited and await is_gone(services, turn):
            return Withdrawn(how="deleted")
        told = turn.reply.posted and turn.event.address.apart
        spoken = services.inbox.threads.speaking(turn.event, self.claim.since) if told else []
        kept = await keeping(services, turn)
        mark = await self.claim.done(ref=ref_of(turn), first=[*kept, *spoken])
        if mark is not None:
            return Withdrawn(how=mark)
        if turn.note_told is not None:
            await note_told(turn)
        seconds = max(0.0, services.clock() - turn.event.at)
        metrics.answered.labels(turn.event.address.connector).observe(seconds)
        return ending

    async def _let_go(self, turn: Turn, ending: Ending) -> None:
        """Note what was decided in a turn of which nothing else is kept; of one that was taken back, nothing
        that was said stays."""
        services = self.context.services
        await services.audit.write(minutes(services, turn))
        if ending == Withdrawn(how="deleted"):
            await withdraw(services, turn)
        if isinstance(ending, Withdrawn) and turn.repeats is None:  # edited: it is asked about anew
            how = "deleted" if ending.how == "deleted" else "stopped"
            await delete_private(self.context.outbox, self.claim.turn, turn.chat, turn.key, how=how)

    async def _without_model(self, turn: Turn, error: GatewayError | OverQuota) -> Ending:
        """Let the question wait for a gateway that is away; say all else."""
        if isinstance(error, GatewayUnavailable) and self.context.services.clock() - turn.event.at < PATIENCE:
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
    await turn.announce(always=isinstance(turn.event, Joined))
    if not (turn.asks or isinstance(turn.event, Tick)):
        return None
    if controls.blocks(turn.author.id, turn.event.address):
        metrics.refused.labels(turn.event.address.connector, "blocked").inc()
        await turn.reply.finish(turn.texts.blocked() if turn.asks else "")
        return "answered"
    if (left := controls.closed_for) > 0 and (said := controls.announcement) is not None:
        turn.reply.postpone("" if turn.waits else turn.texts.closed(said.text, said.until))
        return Postponed(delay=min(left, CLOSED_LOOK), for_gateway=True)
    return None


# -- what a job is loaded with ----------------------------------------------------------------------


async def load(
    services: Services,
    outbox: Outbox,
    bots: Sequence[Bot],
    claim: Claim,
    event: TurnEvent,
    audience: Audience,
    *,
    wanted: Callable[[], bool],
) -> tuple[Turn, Bot]:
    """Load the turn of a claim that begins with `event`, its session and profile in one round trip; and the
    bot whose session it is, if it goes on with it, else the first that wants what happened. `audience`: who
    would read an answer now; `wanted`: is the answer still? Raises Deferred."""
    OWNER.set(event.sender.id)
    connector, inbox = outbox.connectors[event.address.connector], services.inbox
    key = await session_key(inbox, event)
    session, profile = await services.sessions.load(
        key, event.sender.id, since=claim.since, audience=audience, settled=(event.address, FLOOR)
    )
    floor = session.settled
    put_on, stale = None, False
    single = event if isinstance(event, Message) and len(claim.events) == 1 else None
    if single is not None and (
        short_answer(single.text).number is not None
        or (not single.attachments and word_in(single.text) is not None)
    ):
        session, put_on, stale = await _meant(services, single, session, since=claim.since)
    told, events = connector.descriptions, list(claim.events)
    if isinstance(event, Reacted) and verdict_of(event.reaction) == "again" and wanted():
        events.append(replace(as_word(event, ""), id=event.key, reply_to=None))
    for number, each in enumerate(events):
        # Of what is taken back meanwhile nothing is waited for: it will not be answered.
        if told is not None and isinstance(each, Message) and wanted():
            root = None if each.direct else await _root(inbox, each, key)
            more = root is not None or each.reply_to is not None or bool(each.attachments)
            events[number] = await told.described(each, root) if more else each
    happened = events[: len(claim.events)]
    below = next((each for each in events[len(happened) :] if isinstance(each, Message)), None)
    last = next((each for each in reversed(happened) if isinstance(each, Message)), None)
    channel = channels().get(audience.kind)
    exposed = channel is not None and channel.exposed
    code = short_answer(last.text).code if last and event.direct and not exposed else None
    turn = Turn(
        services,
        claim=claim,
        events=happened,
        session=session,
        profile=profile,
        audience=audience,
        connector=connector,
        below=below,
        reacts=last is not None and put_on is not None and last.id in put_on.posts,
        stale=stale,
        waits=WAITS in claim.notes,
        exposed=exposed,
        code=code or "",
        resumes=None if code is None else await services.handovers.take(code, claim.turn),
        least=floor_of(services.policy, event.address, floor)
        if floor or services.policy.floors
        else Level.N0,
    )
    private = last is not None and last.private
    turn.reply = Reply(
        outbox,
        claim,
        last or turn.event,
        turn,
        turn.texts,
        only=turn.author.id if event.direct else None,  # whoever came since
        quiet=private or isinstance(event, Reacted | Tick),
        asked_at=last.at if last else None,
        alone=turn.person.answer if private else None,
        now=services.clock,
    )
    talk = isinstance(turn.event, Message) and event.direct and spelled(turn.event.text) is None
    asked = (each for each in bots[:-1] if not (talk and each.of_rooms))
    bot = next((each for each in asked if each.wants(turn.event)), bots[-1])
    own = next((each for each in bots if each.name == session.bot and session.turns), bot)
    bot = own if own is not bot and own.follows(turn.event, session) else bot
    turn.bot = bot.name
    if last is not None and turn.reply.final is None:
        await turn.follow_language()
    if turn.reply.final is not None and turn.reply.final.remember is not None:
        with suppress(Denied):  # written before a crash: what it is kept with is read again
            await assess(turn, services.reading)
    return turn, bot


async def _meant(
    services: Services, event: Message, session: Session, *, since: int
) -> tuple[Session, Ref | None, bool]:
    """The session in which a word or a number is one for what waits, without what waits where it is none;
    the answer of ours that it is put on; and is that a question that is asked no more? It answers the
    message that it is put on (as a reaction, a button or a reply), else what asked last: here, or in a
    chat of two outside any thread. What a list offers may be chosen later, too."""
    other = partial(services.sessions.load, person=event.sender.id, since=since)
    find, chat = partial(services.inbox.ref, event.address), event.address.whole
    put_on = await _asking(find, event.reply_to or event.id)
    asked = put_on or await find(last_asked(session.key))
    begins = event.direct and session.key != chat and not session.turns
    if session.held is None and begins and (put_on or asked is None):
        asked = asked or await _asking(find, event.address.thread or "") or await find(last_asked(chat))
        whole, _ = await other(chat)
        if _waits_for(whole, asked):
            session = whole
    if _waits_for(session, asked):
        return session, put_on, False
    if asked is not None and asked.about:
        waits, _ = await other(apart(asked.session, asked.about))
        if waits.held is not None:
            there = (await other(chat))[0] if begins else session
            return replace(there, held=waits.held, held_in=waits.key), put_on, False
    for_one = put_on is not None and (put_on.awaits == "word" or put_on.about)
    last = await find(last_asked(put_on.session)) if put_on and for_one else None
    stale = last is not None and (event.reply_to or event.id) not in last.posts
    stale = stale or (asked is not None and _waits_no_more(session, asked, put_on))
    return replace(session, held=None), put_on, stale


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


async def _root(inbox: Inbox, message: Message, session: str) -> str | None:
    """The message of somebody in a room that the session of this key begins with; None where that is a
    question that was put to us: the session holds it, and for an order that needs none: whatever stands
    there, who asks to be forgotten is."""
    root = session.removeprefix(f"{message.address.whole}:")
    if root in (session, message.id) or is_about_nothing_here(message.text):
        return None
    ref = await inbox.ref(message.address, root)
    return None if ref is not None and root in ref.questions else root
