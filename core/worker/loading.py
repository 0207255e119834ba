"""Loads a job: what was asked, what waits for a word of its author, the session, and the bot that answers.

`load` asks the store and the connector, and returns an exchange. What it decides of their answers stands in
pure functions: which question waits (`core.worker.found_waiting`), what the question is
(`core.turn.question.resolve`), where it stands (`core.turn.situation`), and which bot has it (`choose_bot`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from core.bot import Bot
from core.connector import Audience, Event, Message, Reacted, Readers, Tick
from core.delivery.final import Origin
from core.delivery.reply import Reply, addressed
from core.documents.sandbox.sandbox import OWNER
from core.inbox.inbox import Claim
from core.inbox.records import reference
from core.language.phrasebook import LANGUAGES
from core.models.access import ModelAccess
from core.policy.channels import channels
from core.policy.decision import Denied
from core.sensitivity.assess import RULES_VERSION
from core.sensitivity.level import Assessment, Denials, Level, Part, denials
from core.sessions.repository import Profile, Session
from core.store.wire import Command
from core.texts import texts
from core.turn.assessment import assess
from core.turn.audit import What
from core.turn.exchange import Exchange
from core.turn.findings import Assessor, TurnFindings
from core.turn.language import follow_language
from core.turn.outcome import Outcome
from core.turn.question import Question, TurnEvent, resolve
from core.turn.reading import Reading, begin
from core.turn.references import session_key
from core.turn.room import FLOOR, floor_of
from core.turn.services import Services
from core.turn.situation import Situation, situation_of
from core.turn.waiting import Held, Pending
from core.understanding import spelled
from core.understanding.commands import short_answer
from core.worker.describing import Wanted, described, root_answered_again
from core.worker.endings import WAITS
from core.worker.found_waiting import FoundWaiting, found_waiting
from core.worker.job_context import JobContext


async def load(
    context: JobContext, claim: Claim, event: TurnEvent, audience: Audience, *, wanted: Wanted
) -> tuple[Exchange, Bot]:
    """Load the exchange of a claim that begins with `event`, and the bot that answers it. `audience` would
    read an answer now. Raises Deferred."""
    OWNER.set(event.sender.id)
    services, connector = context.services, context.outbox.connectors[event.address.connector]
    key = await session_key(services.inbox, event)
    session, profile = await services.sessions.load(
        key, event.sender.id, since=claim.since, audience=audience, settled=(event.address, FLOOR)
    )
    least = floor_of(services.policy, event.address, session.settled)
    found = await found_waiting(services, claim, event, session)
    events = await described(services.inbox, connector, claim.events, key, wanted=wanted)
    question = resolve(
        events,
        await _pending(services, claim, events, found, audience),
        audience=audience,
        offers=(texts(language, services.contacts).ways for language in LANGUAGES),
        root=await root_answered_again(services.inbox, connector, event, key, wanted=wanted),
    )
    exchange = _exchange(context, claim, question, found.session, profile, audience, least)
    bot = choose_bot(context.bots, question, found.session)
    exchange.outcome.bot = bot.name
    if question.messages and exchange.reply.final is None:
        await follow_language(exchange)
    if exchange.reply.final is not None and exchange.reply.final.remember is not None:
        with suppress(Denied):  # written before a crash: what it is kept with is read again
            await assess(exchange, services.reading)
    return exchange, bot


async def _pending(
    services: Services, claim: Claim, events: Sequence[Event], found: FoundWaiting, audience: Audience
) -> Pending:
    """Return what waits for a word of the author, with the question that a code resumes, where they give one
    in a chat of two of the State's."""
    last = next((each for each in reversed(events) if isinstance(each, Message)), None)
    channel = channels().get(audience.kind)
    safe = last is not None and last.direct and not (channel is not None and channel.exposed)
    code = short_answer(last.text).code if last is not None and safe else None
    resumed = None if code is None else await services.handovers.take(code, claim.turn)
    return Pending(
        held=Held.load(found.session.held) if found.session.held else None,
        code=code or "",
        resumed=None if resumed is None else Held.load(resumed),
        stale=found.stale,
        by_reaction=last is not None and found.answered is not None and last.id in found.answered.posts,
    )


def choose_bot(bots: Sequence[Bot], question: Question, session: Session) -> Bot:
    """Return the bot whose session it is, if that bot goes on with it; else the first that wants the event.
    The last bot has what no other wants."""
    event = question.event
    talk = isinstance(event, Message) and event.direct and spelled(event.text) is None
    asked = (each for each in bots[:-1] if not (talk and each.of_rooms))
    first = next((each for each in asked if each.wants(event)), bots[-1])
    own = next((each for each in bots if each.name == session.bot and session.turns), first)
    return own if own is not first and own.follows(event, session) else first


# -- the exchange -----------------------------------------------------------------------------------------


class _AnswerOrigin:
    """What the answer of an exchange is made of: an `Origin`."""

    def __init__(self, reading: Reading, access: ModelAccess) -> None:
        self._reading = reading
        self._access = access

    @property
    def level(self) -> Level:
        return self._reading.level

    @property
    def readers(self) -> Readers:
        return self._reading.readers

    @property
    def writers(self) -> Sequence[str]:
        return self._access.writers


def _exchange(
    context: JobContext,
    claim: Claim,
    question: Question,
    session: Session,
    profile: Profile,
    audience: Audience,
    least: Level,
) -> Exchange:
    """Return the exchange of a question, of which nothing is assessed yet. `least`: the level of all that is
    said here."""
    services, connector = context.services, context.outbox.connectors[question.address.connector]
    awaited = WAITS in claim.notes
    situation = situation_of(
        question, policy=services.policy, audience=audience, connector=connector, awaited=awaited
    )

    async def read_again(parts: Sequence[Part], assessment: Assessment, document: bool) -> Assessment:
        second = services.second_reader
        if second is None:
            return assessment
        async with claim.away_from("assess"):
            return await second.read(parts, assessment, access, document=document)

    findings = TurnFindings(
        assessor=Assessor(
            policy=services.policy,
            jail=services.jail,
            audience=situation.kind,
            person=question.author.id,
            read_again=read_again if services.second_reader else None,
        ),
        denied_before=_denied_before(session),
        answer=question.word,
    )
    reading = begin(
        findings,
        session=session,
        audience=audience,
        usual=situation.usual,
        least=min(least, situation.ceiling),
        quotes=any(each.quoted or each.quoted_files for each in question.contents),
    )
    outcome = Outcome(record=_Recorder(services, claim, question, situation, reading))
    access = ModelAccess(
        shared=services.models,
        audience=situation.kind,
        person=question.author.id,
        level=lambda: reading.level,
        choice=profile.model,
        masking=session.masking,
        note=lambda model: outcome.note("answered", model=model),
        note_left_out=lambda kinds: outcome.note("left_out", why=",".join(kinds)),
    )
    reply = _reply(context, claim, question, profile, _AnswerOrigin(reading, access))
    exchange = Exchange(
        question=question,
        situation=situation,
        session=session,
        reading=reading,
        reply=reply,
        outcome=outcome,
        progress=claim,
        services=services,
        connector=connector,
        access=access,
        profile=profile,
    )
    if question.messages and question.messages[-1].private:
        reply.say_alone(exchange.person.answer)
    return exchange


def _denied_before(session: Session) -> Denials | None:
    """Return the doubts that were denied in this session by the person who asked then."""
    denied = [each for turn in session.turns if turn.author for each in turn.denied]
    return denials(denied) if denied else None


class _Recorder:
    """Makes the records of what is decided in an exchange: a `Record`."""

    def __init__(
        self, services: Services, claim: Claim, question: Question, situation: Situation, reading: Reading
    ) -> None:
        self._audit = services.audit
        self._ref = reference(claim.turn)
        self._question = question
        self._situation = situation
        self._reading = reading

    def __call__(self, what: What, why: str, model: str) -> Command:
        findings = self._reading.findings
        level = max(self._reading.level, findings.level)
        return self._audit.deciding(
            what,
            person=self._question.author.id,
            address=self._question.address,
            audience=self._situation.kind,
            level=level,
            sublevel=findings.sublevel if level >= Level.N4 else None,
            kinds={*(each.kind for each in findings.found), *findings.waived},
            why=why,
            model=model,
            rules=findings.rules or RULES_VERSION,
            ref=self._ref,
        )


def _reply(context: JobContext, claim: Claim, question: Question, profile: Profile, origin: Origin) -> Reply:
    """Return the reply to a question, in the language of its author."""
    services, event = context.services, question.event
    last = question.messages[-1] if question.messages else None
    to = addressed(
        last or event,
        only=question.author.id if event.direct else None,  # whoever came since
        quiet=(last is not None and last.private) or isinstance(event, Reacted | Tick),
        asked_at=last.at if last else None,
    )
    words = texts(profile.language or profile.writes or services.language, services.contacts)
    return Reply(context.outbox, claim, to, origin, words, now=services.clock)
