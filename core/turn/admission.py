"""Before a bot sees a turn, it is asked about, refused, or let in.

Nothing of a turn that is refused is kept. A doubtful finding is asked about: the question waits, sealed, for
a word of its author, and is then handled as if it had come with that word. What concerns the author alone is
said in private.
"""

from __future__ import annotations

from dataclasses import replace

from core.connector import AudienceKind, Message
from core.policy.channels import elsewhere
from core.policy.decision import Denied, Refusal
from core.sensitivity.findings import MARKINGS, blinded
from core.sensitivity.level import Level, Sublevel
from core.sessions.repository import Session
from core.telemetry import metrics
from core.turn.confirmation import Held, is_aside
from core.turn.turn import LiveTurn

REFUSED = "refused"
"""Name of a job's note: its question was refused for a marking."""


async def admit(turn: LiveTurn) -> bool:
    """Let an assessed turn in. False: its author is asked about a doubt first. Raises Denied.

    Asked last, when all is known: files that cannot be read stop a question to a model, unless others were
    read. Then they are named, and nothing of them goes anywhere."""
    await turn.person.note_chat()
    if turn.session.withheld and not turn.session.turns and not is_aside(turn.text):
        turn.preface(turn.texts.begun_anew())  # somebody here could not read what was said before
    if turn.word is not None:
        turn.note("confirmed" if turn.word else "denied")
    if await _asked_again(turn) or await _doubted(turn):
        return False
    if (refusal := await _refusal(turn)) is not None:
        raise Denied(refusal)
    if await _was_refused(turn) and await _asked(turn, turn.texts.still_protected(), refused=True):
        return False
    _look_at_unread(turn)
    _say_first(turn)
    in_room = isinstance(turn.event, Message) and not (turn.event.direct or turn.event.private)
    if in_room and await turn.room.has_newcomers():
        turn.afterword(turn.texts.welcome_short(turn.person.retention_days))  # AI Act, article 50(1)
    if turn.files and turn.level > turn.session.level:  # before anything of the files is sent
        await turn.services.sessions.raise_level(turn.session.key, turn.level, floor=turn.floor)
    return True


def _say_first(turn: LiveTurn) -> None:
    """Put before the answer what its author should know: a question was dropped, a password was seen."""
    if turn.leaves_held and not is_aside(turn.text):
        turn.preface(turn.texts.doubt_dropped())
    if any(each.kind == "credential" for each in turn.brought.found):
        turn.preface(turn.texts.secret_seen())


async def _refusal(turn: LiveTurn) -> Refusal | None:
    """Why the turn may not be here: by what it brings, or by the word of its author."""
    if turn.word and turn.held and turn.held.refused:
        return await turn.person.refusal() or _protected(turn.place)
    return turn.brought.refusal(files=bool(turn.files))


def _look_at_unread(turn: LiveTurn) -> None:
    """Raises Denied when there are files and none could be read."""
    if turn.unread and not turn.files:
        unread = tuple(each.said for each in turn.unread)
        raise Denied(
            Refusal(why="unreadable", level=turn.level, ceiling=None, audience=turn.place, unread=unread)
        )


async def _doubted(turn: LiveTurn) -> bool:
    """Ask the author whether doubtful findings are true; among others only where the turn is refused for
    them. False where nothing is to be asked."""
    doubts = turn.brought.question(turn.session.level)
    if not doubts or turn.brought.out_of_scope:
        return False
    if not turn.event.direct and turn.brought.refusal(files=True) is None:  # it may be here all the same
        return False
    return await _asked(turn, turn.texts.doubt(blinded(doubts) if turn.exposed else doubts))


async def _asked_again(turn: LiveTurn) -> bool:
    """Ask once more where something else than a word was written, which then waits too. False where it may
    not be here, or is an order."""
    held = turn.held
    if held is None or not turn.leaves_held or held.again or is_aside(turn.text):
        return False
    if not turn.messages or turn.brought.refusal(files=True) is not None:
        return False
    turn.note("asked")
    waiting = replace(held, messages=(*held.messages, *turn.messages), again=True)
    await turn.services.sessions.hold(turn.session, held.turn, waiting.dump())
    turn.holds = True
    await turn.reply.finish(turn.texts.doubt_again())
    return True


async def _was_refused(turn: LiveTurn) -> bool:
    """Was this question refused for a marking before it was edited, and nothing asked about it since?"""
    if turn.word is not None or (turn.held and turn.held.turn == turn.key):
        return False
    if await turn.notes.get(REFUSED) is not None:
        return True
    if not turn.messages or not turn.reply.posted:
        return False
    ref = await turn.services.inbox.ref(turn.event.address, turn.messages[-1].id)
    return ref is not None and ref.refused


async def _asked(turn: LiveTurn, question: str, *, refused: bool = False) -> bool:
    """Ask the author, alone, and have what was written wait for their word: here where two talk, else in
    their chat of two, where it is then handled. False where that cannot be."""
    if turn.event.direct:
        await _hold(turn, turn.session, refused=refused)
        await turn.reply.finish(question)
        return True
    address = await turn.person.tell_in(turn.texts.asked_here(question))
    if address is None:
        return False
    key = f"{address.connector}:{address.conversation}"
    session, _ = await turn.services.sessions.load(key, turn.author.id, since=turn.person.since)
    await _hold(turn, session, refused=refused)
    await turn.reply.finish(turn.texts.asked_elsewhere())
    return True


async def _hold(turn: LiveTurn, session: Session, *, refused: bool) -> None:
    """Have the question wait in this session for a word of its author."""
    turn.note("asked")
    held = Held(turn=turn.key, messages=turn.contents, refused=refused)
    turn.holds = session is turn.session
    await turn.services.sessions.hold(session, turn.key, held.dump())


async def refuse(turn: LiveTurn, refusal: Refusal) -> None:
    """Answer a turn with a refusal. Its reason is for the author: in a conversation that others read, it is
    told to them alone when they ask. What is out of scope is deleted from the store at once."""
    sessions = turn.services.sessions
    out = refusal.why == "out_of_scope"
    half = turn.brought.sublevel if out else None
    found = tuple(each for each in turn.found if each.level >= refusal.level)
    if half is Sublevel.N4B or refusal.why in ("unreadable", "unassessed"):
        found = ()  # of classified information nothing is kept, not even a file's name
    leaked = turn.exposed and refusal.why in ("channel", "out_of_scope")
    found = blinded(found) if leaked else found
    refusal = replace(refusal, found=found, sublevel=half, at=turn.event.at, room=turn.audience.name)
    await turn.person.note_refusal(refusal)
    turn.files.clear()
    if out or any(each.kind in MARKINGS for each in found):
        turn.refused = True
        await turn.notes.put(REFUSED, b"1")
    if any(each.key == turn.key for each in turn.session.turns):  # it was edited
        await sessions.remove_turn(turn.session.key, turn.key)
    turn.note("refused", why=refusal.why)
    purge = sessions.dropping(turn.session) if out and not turn.leaves_held else None
    if leaked:
        said = await _leaked(turn, refusal)
    elif turn.event.direct or not (refusal.found or out):
        said = turn.texts.refusal(refusal)
    else:
        said = turn.texts.refused_here(told=await turn.person.tell(turn.texts.last_refusal(refusal)))
    await turn.reply.finish(said, purge=purge)


async def _leaked(turn: LiveTurn, refusal: Refusal) -> str:
    """Tell the author alone what to do about a text that a service holds which is not the State's, and how
    to go on elsewhere; returns what is said where it was written."""
    turn.note("leaked", why=refusal.why)
    metrics.refused(turn.event.address.connector, "leak")
    code = None
    if any(elsewhere(kind, "fr") for kind in refusal.elsewhere):
        held = Held(turn=turn.key, messages=turn.contents)
        code = await turn.services.handovers.offer(turn.job, held.dump())
    said = turn.texts.leaked(refusal, code)
    return said if turn.event.direct else turn.texts.refused_here(told=await turn.person.tell(said))


def _protected(audience: AudienceKind) -> Refusal:
    """What the author says is protected."""
    return Refusal(why="out_of_scope", level=Level.N4, ceiling=None, audience=audience)
