"""What the author of a turn is told instead of an answer: why it is refused, or what is asked about a doubt.

Nothing of a turn that is refused is kept. A doubtful finding is asked about: the question waits, sealed, for
a word of its author, and is then handled as if it had come with that word. What concerns the author alone is
said in private.

The author of a refused question may choose: send it without the passage, write it elsewhere, or say that the
passage is not what it was taken for. It waits as well, and beside it what would be sent without the passage.
A number, typed, tapped or as a reaction, chooses; what is chosen is assessed and decided about again, as if
it had just been written. What may be handled nowhere does not wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from core.connector import Awaited, Choice, Message
from core.policy.channels import elsewhere
from core.policy.decision import Denied, Offer, Refusal
from core.sensitivity.level import MARKINGS, Level, Part, Sublevel, blinded
from core.sessions.repository import Session, apart
from core.telemetry import metrics
from core.turn.waiting import ChosenWay, Held, is_aside, is_at_a_loss, is_taken_back
from core.understanding import goes_on
from core.understanding.understand import stops

if TYPE_CHECKING:
    from core.turn.services import Services
    from core.turn.turn import Turn

CUT = "[…]"
"""What stands for a passage that is left out."""
_LEAST = 3
"""Words of a question, without the passage, that are worth sending."""
_ENDS = ".!?\n"
REFUSED = "refused"
"""Name of a job's note: its question was refused for a marking."""


async def doubted(services: Services, turn: Turn) -> bool:
    """Ask the author whether doubtful findings are true; among others only where the turn is refused for
    them, and nobody who is in danger. False where nothing is to be asked. Raises Denied."""
    doubts = turn.brought.question(turn.session.level)
    if not doubts or turn.brought.out_of_scope:
        return False
    in_danger = turn.danger is not None
    # it may be here all the same
    if (in_danger or not turn.question.direct) and turn.brought.refusal(files=True) is None:
        return False
    if in_danger:  # no time for questions about what was confided
        turn.note("asked")
        await turn.reply.finish(turn.texts.confided())
        return True
    if turn.unread:
        require_readable(turn)  # else, whatever the answer were, nothing could be done
    doubts = blinded(doubts) if turn.exposed else doubts
    return await asked(services, turn, turn.texts.doubt(doubts), why=turn.texts.why_doubted(doubts))


async def asked_again(services: Services, turn: Turn) -> bool:
    """Ask once more where something else than a word was written, which then waits too, unless it only asks
    what the question is about. False where it may not be here, or is an order."""
    held = turn.question.held
    if held is None or not turn.question.leaves_held or is_aside(turn.question.text):
        return False
    if stops(turn.question.text, place="direct"):  # « laisse tomber »
        await turn.reply.finish(turn.texts.doubt_let_go())
        return True
    if is_taken_back(turn.question.text):
        await turn.reply.finish(f"{turn.texts.doubt_let_go()}\n\n{turn.texts.forget_one()}")
        return True
    if held.offers or not turn.question.messages or turn.brought.refusal(files=True) is not None:
        return False
    brings = bool(turn.question.quoted) or any(each.brings_file for each in turn.question.messages)
    if not brings and is_at_a_loss(turn.question.text) and (why := turn.doubted()):
        turn.note("asked")
        await turn.reply.finish(why)
        return True
    if held.again:
        return False
    turn.note("asked")
    waiting = replace(held, messages=(*held.messages, *turn.question.messages), again=True)
    await services.sessions.hold(turn.session, held.turn, waiting.dump())
    turn.holds = held.turn
    turn.awaits = "word"
    # where a conversation begins, « comment ça ? » is about what was asked
    why = held.why if not brings and not turn.session.turns and goes_on(turn.question.text) else ""
    await turn.reply.finish("\n\n".join(filter(None, (turn.texts.doubt_again(), why))))
    return True


async def offered_again(turn: Turn) -> bool:
    """Say once more what may be chosen, where something was that is not offered. False where nothing was."""
    answer = turn.question.answer
    if not isinstance(answer, ChosenWay) or answer.offer is not None:
        return False
    refusal = await turn.person.refusal()
    if refusal is None:
        return False
    turn.note("asked")
    turn.holds = answer.held.turn
    turn.awaits = "number"
    turn.reply.offer(_choices(turn, answer.held))
    await turn.reply.finish(turn.texts.offered_again(replace(refusal, offers=answer.held.offers)))
    return True


async def was_refused(services: Services, turn: Turn) -> bool:
    """Was this question refused for a marking before it was edited, and nothing asked about it since?"""
    if turn.question.word is not None or (
        turn.question.held and turn.question.held.turn == turn.question.key
    ):
        return False
    if REFUSED in turn.progress.notes:
        return True
    if not turn.question.messages or not turn.reply.posted:
        return False
    ref = await services.inbox.ref(turn.question.address, turn.question.messages[-1].id)
    return ref is not None and ref.refused


async def asked(
    services: Services, turn: Turn, question: str, *, why: str = "", refused: bool = False
) -> bool:
    """Ask the author, alone, and have what was written wait for their word: here where two talk, else in
    their chat of two, where it is then handled. False where that cannot be."""
    held = Held(turn=turn.question.key, messages=turn.question.contents, refused=refused, why=why)
    if turn.question.direct:
        turn.note("asked")
        turn.awaits = "word"
        await _hold(services, turn, turn.session, held)
        await turn.reply.finish(question)
        return True
    if not await _ask_alone(
        services, turn, turn.texts.asked_here(question, room=turn.audience.name), held, "word"
    ):
        return False
    turn.note("asked")
    await turn.reply.finish(turn.texts.asked_elsewhere())
    return True


async def _ask_alone(services: Services, turn: Turn, text: str, held: Held, awaits: Awaited) -> bool:
    """Ask the author in their chat of two, where the question waits. False where that cannot be."""
    address = await turn.person.tell(text, awaits=awaits)
    if address is None:
        return False
    await _hold(services, turn, await _chat(services, turn, address.whole), held)
    return True


async def _hold(services: Services, turn: Turn, session: Session, held: Held) -> None:
    """Have the question wait in this session for a word of its author, or a choice. Another one that waits
    there goes on waiting apart, for what is put on the message that asks about it."""
    sessions, other = services.sessions, Held.load(session.held) if session.held else None
    if other is not None and other.turn != turn.question.key:
        await sessions.hold(
            await _chat(services, turn, apart(session.key, other.turn)), other.turn, other.dump()
        )
    turn.holds = held.turn if session is turn.session else ""
    await sessions.hold(session, turn.question.key, held.dump())


async def _chat(services: Services, turn: Turn, key: str) -> Session:
    """The session of the author's chat of two, or what waits beside it, by its key."""
    session, _ = await services.sessions.load(key, turn.question.author.id, since=turn.session.since)
    return session


async def sent_elsewhere(services: Services, turn: Turn) -> bool:
    """Say where the refused question may be answered, and the code that brings it there. False where that was
    not chosen."""
    if turn.question.held is None or turn.question.offer != "elsewhere" or turn.question.takes_held:
        return False
    refusal = await turn.person.refusal()
    bare = replace(turn.question.held, offers=(), without=())
    code = await _code(services, turn, bare, of=turn.question.held.turn)
    places = refusal.elsewhere if refusal else ()
    await turn.reply.finish(turn.texts.moved_elsewhere(code, places))
    return True


async def _code(services: Services, turn: Turn, held: Held, of: str = "") -> str:
    """The code by which the question goes on elsewhere."""
    by, since = turn.question.author.id, turn.session.since
    return await services.handovers.offer(turn.job, held.dump(), by=by, since=since, of=of)


async def refuse(services: Services, turn: Turn, refusal: Refusal) -> None:
    """Answer a turn with a refusal. Its reason is for the author: in a conversation that others read, it is
    told to them alone when they ask. What is out of scope is deleted from the store at once."""
    sessions = services.sessions
    out = refusal.why == "out_of_scope"
    half = turn.brought.sublevel if out else None
    found = tuple(each for each in turn.found if each.level >= refusal.level)
    if half is Sublevel.N4B or refusal.why in ("unreadable", "unassessed"):
        found = ()  # of classified information nothing is kept, not even a file's name
    leaked = turn.exposed and refusal.why in ("channel", "out_of_scope")
    turn.outlives = turn.question.direct and (leaked or out)
    found = blinded(found) if leaked else found
    refusal = replace(
        refusal,
        found=found,
        sublevel=half,
        at=turn.question.at,
        room=turn.audience.name,
        turn=turn.question.key,
    )
    await turn.person.note_refusal(refusal)
    turn.drop_files()
    if out or any(each.kind in MARKINGS for each in found):
        turn.refused = True
        await turn.progress.note(REFUSED, b"1")
    if turn.question.repeats is None and any(
        each.key == turn.question.key for each in turn.session.turns
    ):  # it was edited
        await sessions.remove_turn(turn.session.key, turn.question.key)
    turn.note("refused", why=refusal.why)
    if turn.question.takes_held and turn.question.held and turn.question.held.again:
        turn.afterword(turn.texts.beside_unanswered())
    purge = sessions.dropping(turn.session, turn.question.key) if out else None
    held = await _offered(turn, refusal)
    if leaked:
        said = await _leaked(services, turn, refusal)
    elif turn.question.direct or not (refusal.found or out):
        said = await _refused(services, turn, refusal, held)
    else:
        said = await _refused_among_others(services, turn, refusal, held)
    await turn.reply.finish(said, purge=purge)


async def _refused(services: Services, turn: Turn, refusal: Refusal, held: Held | None) -> str:
    """What is said of a refusal where two talk; there its author may choose how to go on."""
    if held is None or not turn.question.direct:
        return turn.texts.refusal(refusal)
    await _hold(services, turn, turn.session, held)
    turn.awaits = "number"
    turn.reply.offer(_choices(turn, held))
    return turn.texts.refusal(replace(refusal, offers=held.offers))


async def _refused_among_others(services: Services, turn: Turn, refusal: Refusal, held: Held | None) -> str:
    """Tell the author alone, who may choose there how to go on; what is said where others read. What asks to
    delete the question stays when it is."""
    said = turn.texts.last_refusal(replace(refusal, offers=held.offers if held else ()))
    told = await (
        _ask_alone(services, turn, said, held, "number")
        if held
        else turn.person.tell(said, goes=refusal.why != "out_of_scope")
    )
    return turn.texts.refused_here(told=bool(told), served=turn.person.served)


async def _leaked(services: Services, turn: Turn, refusal: Refusal) -> str:
    """Tell the author alone what to do about a text that a service holds which is not the State's, and how
    to go on elsewhere; returns what is said where it was written."""
    turn.note("leaked", why=refusal.why)
    metrics.refused.labels(turn.question.address.connector, "leak").inc()
    code = None
    if not refusal.read_back and any(elsewhere(kind, "fr") for kind in refusal.elsewhere):
        code = await _code(services, turn, Held(turn=turn.question.key, messages=turn.question.contents))
    said = turn.texts.leaked(refusal, code)
    if turn.question.direct:
        return said
    told = await turn.person.tell(said)
    return turn.texts.refused_here(told=bool(told), served=turn.person.served)


def require_readable(turn: Turn) -> None:
    """Of a turn with a file that could not be read, or heard: raises Denied where none that came could be."""
    if turn.quoted_files or turn.files or not any(message.brings_file for message in turn.question.contents):
        return
    came = (
        each for message in turn.question.contents for each in (*message.quoted_files, *message.attachments)
    )
    raise Denied(
        Refusal(
            why="unreadable",
            level=turn.level,
            ceiling=None,
            audience=turn.place,
            unread=tuple(each.said for each in turn.unread),
            spoken=all(each.media_type.startswith("audio/") for each in came),
        )
    )


async def _offered(turn: Turn, refusal: Refusal) -> Held | None:
    """The refused question with what may be chosen; None where nothing may."""
    written = turn.question.contents
    if refusal.why not in ("channel", "no_model", "person") or not written or turn.exposed:
        return None
    if any(message.alone for message in written):
        return None
    offers: list[Offer] = []
    without = await _without_passages(turn, written, refusal.ceiling or Level.N0)
    if without:
        offers.append("without")
    better = refusal.why == "channel" and not refusal.read_back  # what is read back is here alone
    if better and any(elsewhere(kind, "fr") for kind in refusal.elsewhere):
        offers.append("elsewhere")
    if (
        turn.brought.refusal(files=True, level=max(turn.session.level, turn.raised, turn.brought.sure))
        is None
    ):
        offers.append("denied")
    if not offers:
        return None
    return Held(turn=turn.question.key, messages=written, offers=tuple(offers), without=without)


def _choices(turn: Turn, held: Held) -> tuple[Choice, ...]:
    """The same as buttons, for where two talk."""
    return tuple(
        Choice(label=turn.texts.offer_label(offer), text=str(number), address=turn.question.address)
        for number, offer in enumerate(held.offers, 1)
    )


async def _without_passages(turn: Turn, written: tuple[Message, ...], most: Level) -> tuple[Message, ...]:
    """The messages without what is above `most`; empty where that leaves too little, or cannot be done: a
    marking protects all of a text."""
    marked = any(each.kind in MARKINGS and each.level > most for each in turn.brought.found)
    if marked or turn.session.level > most or any(each.attachments or each.quoted_files for each in written):
        return ()
    found: list[Message] = []
    for message in written:
        cut = await _cut(turn, message, most)
        if cut is None:
            return ()
        found.append(cut)
    words = " ".join(message.text.replace(CUT, " ") for message in found).split()
    return tuple(found) if len(words) >= _LEAST and tuple(found) != written else ()


async def _cut(turn: Turn, message: Message, most: Level) -> Message | None:
    """One message without its passages: what was found, or if that is not enough the sentences of it."""
    assess = turn.brought.without_taking
    if message.quoted and (await assess(Part(text=message.quoted, place="quote"))).gated() > most:
        message = replace(message, quoted="")
    assessment = await assess(Part(text=message.text))
    if assessment.gated() <= most:
        return message
    spans = [
        (each.start, each.end)
        for each in assessment.evidence
        if each.strength != "mention" and each.level > most
    ]
    for cuts in (spans, [_sentence(message.text, start, end) for start, end in spans]):
        text = _cut_out(message.text, cuts)
        if (await assess(Part(text=text))).gated() <= most:
            return replace(message, text=text)
    return None


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a place in a text to the sentences that it touches."""
    first = max((text.rfind(sign, 0, start) + 1 for sign in _ENDS), default=0)
    last = min((at for sign in _ENDS if (at := text.find(sign, end)) >= 0), default=len(text))
    return first, last


def _cut_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    made, at = "", 0
    for start, end in sorted(spans):
        if end > at:
            kept = text[at : max(start, at)]
            made += kept + ("" if made.endswith(CUT) and not kept.strip() else CUT)
            at = end
    return made + text[at:]
