"""Answers a turn with a refusal, and offers its author how to go on.

Nothing of a turn that is refused is kept. The author of a refused question may choose: send it without the
passage, write it elsewhere, or say that the passage is not what it was taken for. The question waits, and
beside it what would be sent without the passage. A number, typed, tapped or as a reaction, chooses. What is
chosen is assessed and decided about again, as if it had just been written. What may be handled nowhere does
not wait.
"""

from __future__ import annotations

from dataclasses import replace

from core.connector import Choice
from core.policy.channels import elsewhere
from core.policy.decision import Denied, Offer, Refusal
from core.sensitivity.level import MARKINGS, Finding, Level, Sublevel, blinded
from core.telemetry import metrics
from core.turn.exchange import Exchange
from core.turn.holding import ask_alone, hold
from core.turn.passages import without_passages
from core.turn.services import Services
from core.turn.waiting import Held

REFUSED = "refused"
"""Name of a job's note: its question was refused for a marking."""


async def refuse(services: Services, exchange: Exchange, refusal: Refusal) -> None:
    """Answer a turn with a refusal. Its reason is for the author: in a conversation that others read, it is
    told to them alone when they ask. What is out of scope is deleted from the store at once."""
    question, outcome, sessions = exchange.question, exchange.outcome, services.sessions
    out = refusal.why == "out_of_scope"
    leaked = exchange.situation.exposed and refusal.why in ("channel", "out_of_scope")
    refusal = _told(exchange, refusal, leaked=leaked)
    outcome.outlives = question.direct and (leaked or out)
    await exchange.person.note_refusal(refusal)
    exchange.documents.brought.clear()  # no file of it is kept
    if out or any(each.kind in MARKINGS for each in refusal.found):
        outcome.marked = True
        await exchange.progress.note(REFUSED, b"1")
    answered = any(each.key == question.key for each in exchange.session.turns)
    if answered and question.repeats is None:  # it was edited
        await sessions.remove_turn(exchange.session.key, question.key)
    outcome.note("refused", why=refusal.why)
    if question.takes_held and question.held and question.held.again:
        exchange.reply.put_after(exchange.texts.beside_unanswered())
    purge = sessions.dropping(exchange.session, question.key) if out else None
    await exchange.reply.finish(await _said(services, exchange, refusal, leaked=leaked), purge=purge)


def _told(exchange: Exchange, refusal: Refusal, *, leaked: bool) -> Refusal:
    """Return a refusal with what its author may be told of it. Of classified information nothing is kept, not
    even a file's name."""
    reading = exchange.reading
    half = reading.findings.sublevel if refusal.why == "out_of_scope" else None
    found: tuple[Finding, ...] = ()
    if half is not Sublevel.N4B and refusal.why not in ("unreadable", "unassessed"):
        found = tuple(each for each in reading.found if each.level >= refusal.level)
    return replace(
        refusal,
        found=blinded(found) if leaked else found,
        sublevel=half,
        at=exchange.question.at,
        room=exchange.situation.audience.name,
        turn=exchange.question.key,
    )


async def _said(services: Services, exchange: Exchange, refusal: Refusal, *, leaked: bool) -> str:
    """Return what is said of a refusal where the question was written; tell the author alone the rest."""
    held = await _offered(exchange, refusal)
    if leaked:
        return await _say_leaked(services, exchange, refusal)
    if not exchange.question.direct and (refusal.found or refusal.why == "out_of_scope"):
        return await _say_alone(services, exchange, refusal, held)
    if held is None or not exchange.question.direct:
        return exchange.texts.refusal(refusal)
    await hold(services, exchange, exchange.session, held)
    exchange.outcome.awaits = "number"
    exchange.reply.offer(choices_of(exchange, held))
    return exchange.texts.refusal(replace(refusal, offers=held.offers))


async def _say_alone(services: Services, exchange: Exchange, refusal: Refusal, held: Held | None) -> str:
    """Tell the author alone, who may choose there how to go on, and return what is said where others read.
    What asks to delete the question stays when it is."""
    said = exchange.texts.last_refusal(replace(refusal, offers=held.offers if held else ()))
    if held:
        told = await ask_alone(services, exchange, said, held, "number")
    else:
        told = bool(await exchange.person.tell(said, goes=refusal.why != "out_of_scope"))
    return exchange.texts.refused_here(told=told, served=exchange.person.served)


async def _say_leaked(services: Services, exchange: Exchange, refusal: Refusal) -> str:
    """Tell the author alone what to do about a text that a service holds which is not the State's, and how to
    go on elsewhere. Return what is said where it was written."""
    question = exchange.question
    exchange.outcome.note("leaked", why=refusal.why)
    metrics.refused.labels(question.address.connector, "leak").inc()
    code = None
    if not refusal.read_back and any(elsewhere(kind, "fr") for kind in refusal.elsewhere):
        code = await _code(services, exchange, Held(turn=question.key, messages=question.contents))
    said = exchange.texts.leaked(refusal, code)
    if question.direct:
        return said
    told = await exchange.person.tell(said)
    return exchange.texts.refused_here(told=bool(told), served=exchange.person.served)


def require_readable(exchange: Exchange) -> None:
    """Raise Denied where a turn brings files, and none of them could be read, or heard."""
    contents, documents = exchange.question.contents, exchange.documents
    came = [each for message in contents for each in (*message.quoted_files, *message.attachments)]
    if documents.quoted or documents.brought or not any(message.brings_file for message in contents):
        return
    raise Denied(
        Refusal(
            why="unreadable",
            level=exchange.reading.level,
            ceiling=None,
            audience=exchange.situation.kind,
            unread=tuple(each.said for each in documents.unread),
            spoken=all(each.media_type.startswith("audio/") for each in came),
        )
    )


# -- how to go on -----------------------------------------------------------------------------------------


async def _offered(exchange: Exchange, refusal: Refusal) -> Held | None:
    """Return the refused question with what may be chosen; None where nothing may."""
    question, reading = exchange.question, exchange.reading
    written, findings = question.contents, reading.findings
    if refusal.why not in ("channel", "no_model", "person") or exchange.situation.exposed:
        return None
    if not written or any(message.alone for message in written):
        return None
    offers: list[Offer] = []
    without = await without_passages(written, findings, exchange.session.level, refusal.ceiling or Level.N0)
    if without:
        offers.append("without")
    better = refusal.why == "channel" and not refusal.read_back  # what is read back is here alone
    if better and any(elsewhere(kind, "fr") for kind in refusal.elsewhere):
        offers.append("elsewhere")
    if_denied = max(exchange.session.level, reading.raised, findings.sure)
    if findings.refusal(files=True, level=if_denied) is None:
        offers.append("denied")
    if not offers:
        return None
    return Held(turn=question.key, messages=written, offers=tuple(offers), without=without)


def choices_of(exchange: Exchange, held: Held) -> tuple[Choice, ...]:
    """Return what may be chosen as buttons, for where two talk."""
    here = exchange.question.address
    return tuple(
        Choice(label=exchange.texts.offer_label(offer), text=str(number), address=here)
        for number, offer in enumerate(held.offers, 1)
    )


async def sent_elsewhere(services: Services, exchange: Exchange) -> bool:
    """Say where the refused question may be answered, and the code that brings it there. False where that was
    not chosen."""
    question = exchange.question
    if question.held is None or question.offer != "elsewhere" or question.takes_held:
        return False
    refusal = await exchange.person.refusal()
    bare = replace(question.held, offers=(), without=())
    code = await _code(services, exchange, bare, of=question.held.turn)
    places = refusal.elsewhere if refusal else ()
    await exchange.reply.finish(exchange.texts.moved_elsewhere(code, places))
    return True


async def _code(services: Services, exchange: Exchange, held: Held, of: str = "") -> str:
    """Return the code by which the question goes on elsewhere."""
    by, since = exchange.question.author.id, exchange.session.since
    return await services.handovers.offer(exchange.progress.turn, held.dump(), by=by, since=since, of=of)
