"""Before a bot sees a turn, it is asked about, refused, or let in.

Nothing of a turn that is refused is kept. A doubtful finding is asked about: the question waits, sealed, for
a word of its author, and is then handled as if it had come with that word. What concerns the author alone is
said in private.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from core.connector import Awaited, Message
from core.policy.channels import elsewhere
from core.policy.decision import Denied, Refusal
from core.sensitivity.level import MARKINGS, Level, Sublevel, blinded
from core.sessions.repository import Session, apart
from core.telemetry import metrics
from core.turn import offers
from core.turn.assessment import danger_of
from core.turn.confirmation import Held, is_aside, is_at_a_loss, is_taken_back
from core.turn.keeping import removed
from core.turn.services import Services
from core.turn.turn import Turn
from core.understanding import goes_on
from core.understanding.danger import possible
from core.understanding.understand import stops

REFUSED = "refused"
"""Name of a job's note: its question was refused for a marking."""


Admission = Literal["admitted", "asked", "told"]
"""A bot may handle the turn; its author is asked about a doubt first, or was told in private whom to call."""


async def admit(services: Services, turn: Turn) -> Admission:
    """Let an assessed turn in, or say what is said instead. Raises Denied; Deferred while nobody knows who
    reads, but for what is refused whoever does.

    Asked last, when all is known: files that cannot be read stop a question to a model, unless others were
    read. Then they are named, and nothing of them goes anywhere."""
    refusal = turn.brought.refusal(files=bool(turn.files))
    if refusal is None and turn.audience.uncertain:
        raise turn.audience.unknown()
    called = possible(turn.text) and await told_whom_to_call(turn, turn.text)
    if called and not turn.brought.out_of_scope:
        await turn.reply.finish(turn.texts.answered_alone())
        return "told"
    edited = bool(turn.reply.posted or turn.progress.notes)  # else the question is new
    await _take_note(services, turn, edited=edited)
    waited = turn.held is not None and (
        await _sent_elsewhere(services, turn)
        or await _asked_again(services, turn)
        or await _offered_again(turn)
    )
    if waited or (turn.brought.found and await _doubted(services, turn)):
        return "asked"
    refusal = (await _confirmed(turn) if turn.word else None) or refusal
    if refusal is not None:
        raise Denied(refusal)
    if (
        edited
        and await _was_refused(services, turn)
        and await _asked(services, turn, turn.texts.still_protected(), refused=True)
    ):
        return "asked"
    await _make_ready(services, turn)
    return "admitted"


async def _confirmed(turn: Turn) -> Refusal | None:
    """Why a turn is refused of which its author says that the marking, for which it was before, is true."""
    if turn.held is None or not turn.held.refused:
        return None
    before = await turn.person.refusal()
    return before or Refusal(why="out_of_scope", level=Level.N4, ceiling=None, audience=turn.place)


async def _take_note(services: Services, turn: Turn, *, edited: bool) -> None:
    """Take note of the chat of two where this is one, that the session begins anew, and of the author's word
    for a doubt (for the trail; that of before too where it still counts). Forget what waits elsewhere of the
    question as it was before it was edited."""
    here = turn.event.address.conversation
    if turn.private and turn.profile.chat != here and turn.audience.is_only(turn.author.id):
        await turn.person.update(chat=here)
    if turn.session.withheld and not turn.session.turns and not is_aside(turn.text):
        turn.preface(turn.texts.begun_anew())  # somebody here could not read what was said before
    if turn.word is not None:
        turn.note("confirmed" if turn.word else "denied")
    elif turn.brought.waived:
        turn.note("denied", why="before")
    if edited and not turn.resumed:
        await removed(services, turn.who, turn.key, turn.chat)


async def _make_ready(services: Services, turn: Turn) -> None:
    """Put before the answer what its author should know: a question was dropped, a password was seen; after
    it that a robot writes here, where somebody came who never read it (AI Act, article 50(1)). The session
    has the level of files before anything of them is sent. Raises Denied where none could be read."""
    if turn.unread:
        _require_readable(turn)
    held = turn.held
    if held is not None and turn.leaves_held and not held.offers and not is_aside(turn.text):
        turn.preface(turn.texts.doubt_dropped())
    if turn.pick == "without":
        turn.preface(turn.texts.sent_without())
    if any(each.kind == "credential" for each in turn.brought.found):
        turn.preface(turn.texts.secret_seen())
    in_room = isinstance(turn.event, Message) and not (turn.event.direct or turn.event.private)
    if in_room and await turn.room.has_newcomers():
        turn.afterword(turn.texts.welcome_short(turn.policy.retention.session_days))
    if turn.files and turn.level > turn.session.level:
        await services.sessions.raise_level(turn.session.key, turn.level, floor=turn.floor)


def _require_readable(turn: Turn) -> None:
    """Of a turn with a file that could not be read, or heard: raises Denied where none that came could be."""
    if turn.quoted_files or turn.files or not any(message.brings_file for message in turn.contents):
        return
    came = (each for message in turn.contents for each in (*message.quoted_files, *message.attachments))
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


async def _doubted(services: Services, turn: Turn) -> bool:
    """Ask the author whether doubtful findings are true; among others only where the turn is refused for
    them, and nobody who is in danger. False where nothing is to be asked. Raises Denied."""
    doubts = turn.brought.question(turn.session.level)
    if not doubts or turn.brought.out_of_scope:
        return False
    in_danger = turn.danger is not None
    # it may be here all the same
    if (in_danger or not turn.event.direct) and turn.brought.refusal(files=True) is None:
        return False
    if in_danger:  # no time for questions about what was confided
        turn.note("asked")
        await turn.reply.finish(turn.texts.confided())
        return True
    if turn.unread:
        _require_readable(turn)  # else, whatever the answer were, nothing could be done
    doubts = blinded(doubts) if turn.exposed else doubts
    return await _asked(services, turn, turn.texts.doubt(doubts), why=turn.texts.why_doubted(doubts))


async def _asked_again(services: Services, turn: Turn) -> bool:
    """Ask once more where something else than a word was written, which then waits too, unless it only asks
    what the question is about. False where it may not be here, or is an order."""
    held = turn.held
    if held is None or not turn.leaves_held or is_aside(turn.text):
        return False
    if stops(turn.text, place="direct"):  # « laisse tomber »
        await turn.reply.finish(turn.texts.doubt_let_go())
        return True
    if is_taken_back(turn.text):
        await turn.reply.finish(f"{turn.texts.doubt_let_go()}\n\n{turn.texts.forget_one()}")
        return True
    if held.offers or not turn.messages or turn.brought.refusal(files=True) is not None:
        return False
    brings = bool(turn.quoted) or any(each.brings_file for each in turn.messages)
    if not brings and is_at_a_loss(turn.text) and (why := turn.doubted()):
        turn.note("asked")
        await turn.reply.finish(why)
        return True
    if held.again:
        return False
    turn.note("asked")
    waiting = replace(held, messages=(*held.messages, *turn.messages), again=True)
    await services.sessions.hold(turn.session, held.turn, waiting.dump())
    turn.holds = held.turn
    turn.awaits = "word"
    # where a conversation begins, « comment ça ? » is about what was asked
    why = held.why if not brings and not turn.session.turns and goes_on(turn.text) else ""
    await turn.reply.finish("\n\n".join(filter(None, (turn.texts.doubt_again(), why))))
    return True


async def _offered_again(turn: Turn) -> bool:
    """Say once more what may be chosen, where something was that is not offered. False where nothing was."""
    refusal = await turn.person.refusal()
    if turn.held is None or turn.choice is None or turn.pick is not None or refusal is None:
        return False
    turn.note("asked")
    turn.holds = turn.held.turn
    turn.awaits = "number"
    turn.reply.offer(offers.choices(turn, turn.held))
    await turn.reply.finish(turn.texts.offered_again(replace(refusal, offers=turn.held.offers)))
    return True


async def _was_refused(services: Services, turn: Turn) -> bool:
    """Was this question refused for a marking before it was edited, and nothing asked about it since?"""
    if turn.word is not None or (turn.held and turn.held.turn == turn.key):
        return False
    if REFUSED in turn.progress.notes:
        return True
    if not turn.messages or not turn.reply.posted:
        return False
    ref = await services.inbox.ref(turn.event.address, turn.messages[-1].id)
    return ref is not None and ref.refused


async def _asked(
    services: Services, turn: Turn, question: str, *, why: str = "", refused: bool = False
) -> bool:
    """Ask the author, alone, and have what was written wait for their word: here where two talk, else in
    their chat of two, where it is then handled. False where that cannot be."""
    held = Held(turn=turn.key, messages=turn.contents, refused=refused, why=why)
    if turn.event.direct:
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
    if other is not None and other.turn != turn.key:
        await sessions.hold(
            await _chat(services, turn, apart(session.key, other.turn)), other.turn, other.dump()
        )
    turn.holds = held.turn if session is turn.session else ""
    await sessions.hold(session, turn.key, held.dump())


async def _chat(services: Services, turn: Turn, key: str) -> Session:
    """The session of the author's chat of two, or what waits beside it, by its key."""
    session, _ = await services.sessions.load(key, turn.author.id, since=turn.session.since)
    return session


async def _sent_elsewhere(services: Services, turn: Turn) -> bool:
    """Say where the refused question may be answered, and the code that brings it there. False where that was
    not chosen."""
    if turn.held is None or turn.pick != "elsewhere" or turn.takes_held:
        return False
    refusal = await turn.person.refusal()
    bare = replace(turn.held, offers=(), without=())
    code = await _code(services, turn, bare, of=turn.held.turn)
    places = refusal.elsewhere if refusal else ()
    await turn.reply.finish(turn.texts.moved_elsewhere(code, places))
    return True


async def _code(services: Services, turn: Turn, held: Held, of: str = "") -> str:
    """The code by which the question goes on elsewhere."""
    by, since = turn.author.id, turn.session.since
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
    turn.outlives = turn.event.direct and (leaked or out)
    found = blinded(found) if leaked else found
    refusal = replace(
        refusal, found=found, sublevel=half, at=turn.event.at, room=turn.audience.name, turn=turn.key
    )
    await turn.person.note_refusal(refusal)
    turn.files.clear()
    if out or any(each.kind in MARKINGS for each in found):
        turn.refused = True
        await turn.progress.note(REFUSED, b"1")
    if turn.repeats is None and any(each.key == turn.key for each in turn.session.turns):  # it was edited
        await sessions.remove_turn(turn.session.key, turn.key)
    turn.note("refused", why=refusal.why)
    if turn.takes_held and turn.held and turn.held.again:
        turn.afterword(turn.texts.beside_unanswered())
    purge = sessions.dropping(turn.session, turn.key) if out else None
    held = await offers.held_for(turn, refusal)
    if leaked:
        said = await _leaked(services, turn, refusal)
    elif turn.event.direct or not (refusal.found or out):
        said = await _refused(services, turn, refusal, held)
    else:
        said = await _refused_among_others(services, turn, refusal, held)
    await turn.reply.finish(said, purge=purge)


async def _refused(services: Services, turn: Turn, refusal: Refusal, held: Held | None) -> str:
    """What is said of a refusal where two talk; there its author may choose how to go on."""
    if held is None or not turn.event.direct:
        return turn.texts.refusal(refusal)
    await _hold(services, turn, turn.session, held)
    turn.awaits = "number"
    turn.reply.offer(offers.choices(turn, held))
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
    metrics.refused.labels(turn.event.address.connector, "leak").inc()
    code = None
    if not refusal.read_back and any(elsewhere(kind, "fr") for kind in refusal.elsewhere):
        code = await _code(services, turn, Held(turn=turn.key, messages=turn.contents))
    said = turn.texts.leaked(refusal, code)
    if turn.event.direct:
        return said
    told = await turn.person.tell(said)
    return turn.texts.refused_here(told=bool(told), served=turn.person.served)


async def told_whom_to_call(turn: Turn, text: str) -> bool:
    """Say first whom to call, where a text that may tell of a danger (`possible`) does: whatever then becomes
    of the question. Among others that is said to the author alone, who asks again there if it was read
    wrongly: True. That somebody collapses is told where it was written: who reads it may help."""
    turn.danger = await danger_of(text, turn.brought.jail)
    if turn.danger is None:
        return False
    whom = turn.texts.distress(turn.danger)
    alone = turn.danger != "medical"
    if alone and await turn.person.tell(turn.texts.distress_alone(whom, room=turn.room.name)) is not None:
        return True
    turn.preface(whom)
    return False
