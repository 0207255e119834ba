"""Asks the author of a turn about a doubtful finding, and waits for their word.

The question waits, sealed, for a word of its author, and is then handled as if it had come with that word.
What concerns the author alone is said in private.
"""

from __future__ import annotations

from dataclasses import replace

from core.sensitivity.level import blinded
from core.turn.exchange import Exchange
from core.turn.holding import ask_alone, hold
from core.turn.refusal import REFUSED, choices_of, require_readable
from core.turn.services import Services
from core.turn.waiting import ChosenWay, Held, is_aside, is_at_a_loss, is_taken_back
from core.understanding import goes_on
from core.understanding.understand import stops


async def doubted(services: Services, exchange: Exchange) -> bool:
    """Ask the author whether doubtful findings are true. Among others they are asked only where the turn is
    refused for the findings, and never where they are in danger. False where nothing is to be asked. Raises
    Denied."""
    findings, texts = exchange.reading.findings, exchange.texts
    doubts = findings.question(exchange.session.level)
    if not doubts or findings.out_of_scope:
        return False
    in_danger, may_be_here = exchange.reading.danger is not None, findings.refusal(files=True) is None
    if may_be_here and (in_danger or not exchange.question.direct):
        return False
    if in_danger:  # no time for questions about what was confided
        await _say(exchange, texts.confided())
        return True
    if exchange.documents.unread:
        require_readable(exchange)  # else, whatever the answer were, nothing could be done
    doubts = blinded(doubts) if exchange.situation.exposed else doubts
    return await asked(services, exchange, texts.doubt(doubts), why=texts.why_doubted(doubts))


async def asked_again(services: Services, exchange: Exchange) -> bool:
    """Ask once more where something else than a word was written, which then waits too, unless it only asks
    what the question is about. False where it may not be here, or is an order."""
    question, texts = exchange.question, exchange.texts
    held = question.held
    if held is None or not question.leaves_held or is_aside(question.text):
        return False
    if stops(question.text, place="direct"):  # « laisse tomber »
        await exchange.reply.finish(texts.doubt_let_go())
        return True
    if is_taken_back(question.text):
        await exchange.reply.finish(f"{texts.doubt_let_go()}\n\n{texts.forget_one()}")
        return True
    may_not_wait = exchange.reading.findings.refusal(files=True) is not None
    if held.offers or not question.messages or may_not_wait:
        return False
    brings = bool(question.quoted) or any(each.brings_file for each in question.messages)
    if not brings and is_at_a_loss(question.text) and (why := exchange.room.why_waiting()):
        await _say(exchange, why)
        return True
    if held.again:
        return False
    waiting = replace(held, messages=(*held.messages, *question.messages), again=True)
    await services.sessions.hold(exchange.session, held.turn, waiting.dump())
    exchange.outcome.holds, exchange.outcome.awaits = held.turn, "word"
    # where a conversation begins, « comment ça ? » is about what was asked
    begins = not brings and not exchange.session.turns and goes_on(question.text)
    await _say(exchange, "\n\n".join(filter(None, (texts.doubt_again(), held.why if begins else ""))))
    return True


async def offered_again(exchange: Exchange) -> bool:
    """Say once more what may be chosen, where something was that is not offered. False where nothing was."""
    answer = exchange.question.answer
    if not isinstance(answer, ChosenWay) or answer.offer is not None:
        return False
    refusal = await exchange.person.refusal()
    if refusal is None:
        return False
    exchange.outcome.holds, exchange.outcome.awaits = answer.held.turn, "number"
    exchange.reply.offer(choices_of(exchange, answer.held))
    await _say(exchange, exchange.texts.offered_again(replace(refusal, offers=answer.held.offers)))
    return True


async def _say(exchange: Exchange, text: str) -> None:
    """Ask the author, here, and note that they were asked."""
    exchange.outcome.note("asked")
    await exchange.reply.finish(text)


async def was_refused(services: Services, exchange: Exchange) -> bool:
    """Say whether this question was refused for a marking before it was edited, and nothing was asked about
    it since."""
    question = exchange.question
    if question.word is not None or (question.held and question.held.turn == question.key):
        return False
    if REFUSED in exchange.progress.notes:
        return True
    if not question.messages or not exchange.reply.posted:
        return False
    ref = await services.inbox.ref(question.address, question.messages[-1].id)
    return ref is not None and ref.refused


async def asked(
    services: Services, exchange: Exchange, question: str, *, why: str = "", refused: bool = False
) -> bool:
    """Ask the author, alone, and have what was written wait for their word: here where two talk, else in
    their chat of two, where it is then handled. False where that cannot be."""
    turn, texts = exchange.question, exchange.texts
    held = Held(turn=turn.key, messages=turn.contents, refused=refused, why=why)
    if turn.direct:
        exchange.outcome.awaits = "word"
        await hold(services, exchange, exchange.session, held)
        await _say(exchange, question)
        return True
    alone = texts.asked_here(question, room=exchange.situation.audience.name)
    if not await ask_alone(services, exchange, alone, held, "word"):
        return False
    await _say(exchange, texts.asked_elsewhere())
    return True
