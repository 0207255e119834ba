"""What is kept of a turn once it ends: the exchange, what was decided, what it used and how it counts.

All of that is commands, which travel to the store with the end of the job. What is taken back again stands in
`core.turn.taking_back`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from core.delivery.final import Final
from core.errors import StoreError
from core.gateway.ask import taken
from core.sensitivity.level import Level
from core.sessions.figures import Sent, Spared
from core.sessions.repository import KeptTurn
from core.store.wire import Command
from core.turn.exchange import Exchange
from core.turn.services import Services
from core.turn.sparing import spared
from core.turn.waiting import Resumed, is_aside

_TELLING = 20
"""Characters of an answer that nobody writes by chance."""


async def keeping(services: Services, exchange: Exchange) -> list[Command]:
    """Return the commands that keep a turn: the exchange is appended to the session, where it is to be
    remembered, and to shelves; the question that waited for a word is forgotten; what was decided and used is
    noted, and the turn counted."""
    if isinstance(exchange.question.answer, Resumed):
        exchange.outcome.note("continued")
    commands = _waiting_no_more(services, exchange)
    if exchange.reply.final is not None:
        commands += await _remembered(services, exchange, exchange.reply.final)
    return [*commands, *minutes(services, exchange), *_counted(services, exchange)]


def _waiting_no_more(services: Services, exchange: Exchange) -> list[Command]:
    """Return the commands that forget the question that waited for this turn's word or code."""
    question, outcome = exchange.question, exchange.outcome
    if isinstance(question.answer, Resumed):
        return services.handovers.dropping(question.answer.code)
    held = question.held
    if held is None:
        return []
    handled = held.turn == question.key and not outcome.holds
    aside = question.leaves_held and not (outcome.holds or outcome.refusals or is_aside(question.text))
    return services.sessions.dropping(exchange.session, held.turn) if handled or aside else []


async def _remembered(services: Services, exchange: Exchange, final: Final) -> list[Command]:
    """Return the commands that append an answered exchange to the session, and to shelves."""
    question, reading, outcome = exchange.question, exchange.reading, exchange.outcome
    sessions = services.sessions
    level = max(final.level, reading.level)
    kept = KeptTurn(
        key=question.key,
        question=question.text,
        answer=final.remember or "",
        author=question.author.id,
        at=question.at,
        level=level,
        floor=reading.floor if reading.findings.rules else level,
        found=reading.findings.found,
        denied=reading.findings.denied,
        writers=final.writers,
    )
    commands: list[Command] = []
    for shelf, text in () if exchange.reply.withheld else outcome.shelved:
        shelved = replace(kept, answer=text, writers=tuple(exchange.models.writers))
        commands += await sessions.appending(shelf, shelved, bot=outcome.bot)
    if final.remember is None:
        return [*commands, *outcome.registered]
    brought = None if question.repeats else reading.documents.brought  # answered again: that is kept already
    commands += await sessions.appending(exchange.session, kept, materials=brought, bot=outcome.bot)
    if services.archives is not None and services.archives.takes(exchange.situation.kind):
        commands.append(services.archives.marking(exchange.session.key))
    generated = bool(final.writers)
    commands += services.register.adding(final.remember, name=question.key, generated=generated)
    return [*commands, *outcome.registered]


def minutes(services: Services, exchange: Exchange) -> list[Command]:
    """Return the commands that record what was decided, and what was used. They are asked for once a turn."""
    question, outcome, access = exchange.question, exchange.outcome, exchange.models.access
    if exchange.reply.withheld:
        outcome.note("withheld")
    if not (question.messages or access.spent):
        return outcome.decisions
    _, took = taken(access.answers)
    used = services.quotas.answered(
        question.author.id,
        question.address.conversation,
        access.spent,
        took,
        since=exchange.session.since,
    )
    return [*outcome.decisions, *used]


def _counted(services: Services, exchange: Exchange) -> list[Command]:
    """Return the commands that count the exchange in the figures of the service, where a person wrote, and
    what was judged."""
    question, reading, outcome = exchange.question, exchange.reading, exchange.outcome
    if not question.messages or question.messages[-1].from_bot:
        return outcome.judged
    final, answers = exchange.reply.final, exchange.models.access.answers
    counting = services.figures.counting(
        person=question.author.id,
        connector=question.address.connector,
        level=min(reading.level, Level.N4).name,
        models=tuple(outcome.answered_by),
        refusals=tuple(outcome.refusals),
        answered=final is not None and not (final.failed or outcome.refusals),
        documents=len(reading.documents.brought),
        summary=reading.recalled and bool(outcome.answered_by),
        tokens=sum(each.usage.prompt_tokens + each.usage.completion_tokens for each in answers),
        use="summary" if reading.recalled else "documents" if reading.documents.all else "chat",
        done=answers,
        spared=_spared(exchange),
    )
    return [*outcome.judged, counting]


def _spared(exchange: Exchange) -> dict[Spared, tuple[float, float]]:
    """Return the watt-hours that were spared, where any model's footprint can be estimated."""
    access, final = exchange.models.access, exchange.reply.final
    if not any(model.estimable for model in access.shared.policy.models):
        return {}
    able = access.models(language=exchange.texts.language)
    quoted = (final and final.remember) or ""
    return spared(access.answers, able, reused=exchange.progress.reused, quoted=quoted)


async def note_told(exchange: Exchange) -> None:
    """Note, once the job is over, who was told what the bot is. The answer to a question that was edited
    meanwhile is written anew, and tells them."""
    final, note = exchange.reply.final, exchange.outcome.note_told
    if final is not None and final.text and not exchange.reply.withheld and note is not None:
        with suppress(StoreError):  # they are told again, later
            await note()


def sent(exchange: Exchange) -> Sent:
    """Say what the question may be: a program's, or an answer to ours. An answer begins no thread; where two
    talk, it names or holds what we said."""
    if not exchange.question.messages:
        return ""
    last = exchange.question.messages[-1]
    if last.from_bot:
        return "program"
    if last.address.apart and last.address.thread == last.id:
        return ""
    said = exchange.session.turns[-1].answer if exchange.session.turns else ""
    answers = not last.direct or last.reply_to or (len(said) > _TELLING and said in last.text)
    return "answer" if answers and not last.text.startswith("!") else ""
