"""What is kept of a turn once it is answered, as commands that travel with the end of its job.

Also where it is kept: the key of its session, and how its job is found again by its messages.

Counted too is what a turn took of models, by model, and what it spared: what was not asked of a model though
it could have been, by a smaller model than the largest that may read this level, by notes on a document that
were kept, by extracts in place of a model. Compared is always by EcoLogits, which knows sizes; what it does
not know spares nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from core.connector import Deleted, Joined, Message, Reacted, Tick
from core.errors import StoreError
from core.gateway.ask import Done, estimate, estimated_footprint, taken
from core.gateway.catalogue import Model
from core.inbox.inbox import Inbox, Ref
from core.inbox.records import FILE, last_answer, last_asked
from core.sensitivity.level import Level
from core.sessions.figures import Sent, Spared
from core.sessions.repository import KeptTurn, Sessions, apart
from core.store.wire import Command
from core.turn.waiting import Held, Resumed, is_aside
from core.understanding import Kind, goes_on, understand
from core.understanding.commands import thanks_and_goes_on

if TYPE_CHECKING:
    from core.turn.services import Services
    from core.turn.turn import Turn

_TELLING = 20
"""Characters of an answer that nobody writes by chance."""


_ON_THE_LAST: frozenset[Kind] = frozenset({"export", "again", "feedback", "human", "stop"})
"""What is ordered about the last answer: « annule » what it settled."""
_QUESTIONS: frozenset[Kind] = frozenset({"ask", "ask_document"})
_CORRIGIBLE = frozenset({"summariser"})
"""Kinds of answers that are everybody's in a room: « c’est faux » is about the last one, whoever asked for
it. What doubts ask is answered where they ask it."""


async def session_key(inbox: Inbox, event: Message | Joined | Reacted | Tick) -> str:
    """Name the session: a direct chat, or a thread of it that is apart; a room's thread; the root of a chain
    of replies; each tick's own. What is about the last answer, where it begins a thread among others, is of
    the thread in which its author was answered last; in a chat of two it is in that thread already."""
    conversation = event.address.whole
    if isinstance(event, Tick):
        return f"{conversation}:{event.key}"
    if isinstance(event, Reacted):
        ref = await inbox.ref(event.address, event.target)
        return ref.session if ref else conversation
    if isinstance(event, Joined) or (event.direct and not (event.address.apart and event.address.thread)):
        return conversation
    begins = not (event.direct or event.reply_to) and event.address.thread in (None, event.id)
    if begins and (last := await _answer_meant(inbox, event)) is not None:
        return last.session
    if event.address.thread:
        return f"{conversation}:{event.address.thread}"
    if event.reply_to:
        ref = await inbox.ref(event.address, event.reply_to)
        return ref.session if ref else f"{conversation}:{event.reply_to}"
    return f"{conversation}:{event.id}"


async def _answer_meant(inbox: Inbox, event: Message) -> Ref | None:
    """The answer that the author was given last in this conversation, today, if the event orders something
    about it or goes on from it; else, or if it denies it, the last one that is everybody's, unless the author
    was answered later: what was asked of them then is what they deny."""
    intent = understand(event.text, place="room")
    stops = intent.kind == "stop" and _QUESTIONS.isdisjoint(intent.others)
    orders = intent.kind in _ON_THE_LAST and (intent.sure or stops)
    follows = goes_on(event.text) or thanks_and_goes_on(event.text)
    meant, denies = orders or follows, "no" in (intent.kind, *intent.others)
    if not (meant or denies):
        return None
    who = inbox.who(event.sender.id)
    own, last = await inbox.refs(event.address, *(last_answer(each, event.at) for each in (who, "")))
    if own is not None and (meant or last is None or own.at > last.at):
        return own if meant or own.awaits else None
    return last if orders or denies else None


def ref_of(turn: Turn) -> Ref | None:
    """How a turn's job is found again by its messages; None when it answers no message."""
    if turn.given is not None and (ref := turn.given.ref()) is not None:
        return ref
    if isinstance(turn.question.event, Reacted) or (
        isinstance(turn.question.event, Joined) and not turn.awaits
    ):
        return None
    # A reaction that stands for a word bears the id of our message, which is found by its own job.
    said = (*turn.question.messages, *turn.question.contents)
    asked = [each.id for each in said if not (turn.question.by_reaction and each in turn.question.messages)]
    asked += [turn.job] if turn.awaits == "try" else []  # as the author's profile names the welcome
    remembered = turn.reply.final is not None and turn.reply.final.remember is not None
    asked += [last_answer(turn.who, turn.question.at)] if remembered else []
    asked += [last_answer("", turn.question.at)] if remembered and turn.bot in _CORRIGIBLE else []
    asked += turn.asking if turn.awaits else ()
    posts = () if turn.reply.revises else tuple(id for _, id in sorted(turn.reply.posted.items()))
    return Ref(
        questions=tuple(dict.fromkeys(asked)) or (turn.question.event.key,),
        posts=posts,
        session=turn.session.key,
        turn=turn.question.key,
        refused=turn.refused,
        kind="refusal" if turn.refusals else turn.bot if remembered else "service",
        model=turn.answered_by[-1] if turn.answered_by else "",
        level=min(turn.level, Level.N4).name,
        awaits=turn.awaits,
        about=turn.holds,
        outlives=turn.outlives,
        file=turn.reply.posted.get(FILE, ""),
        chat=turn.chat,
        who=turn.who,
        shelves=tuple(dict.fromkeys(shelf.key for shelf, _ in turn.to_keep)),
        at=turn.question.at,
        before=tuple(each for each in turn.asked_by if each not in turn.reply.posted.values()),
    )


def _left_aside(turn: Turn) -> bool:
    """Was something else asked, and answered, than what waits for a word?"""
    if turn.holds or turn.refusals or is_aside(turn.question.text):
        return False
    return turn.question.leaves_held


async def withdraw(services: Services, turn: Turn) -> None:
    """Delete what was posted for a question that was deleted, and what is kept of it: of an order to answer
    another again, nothing is."""
    if not turn.reply.revises:
        await turn.reply.withdraw()
    if turn.question.repeats is None:
        keys = (turn.session.key, turn.chat, *(shelf.key for shelf, _ in turn.to_keep))
        await removed(services, turn.who, turn.question.key, *keys)


async def is_gone(services: Services, turn: Turn) -> bool:
    """Was the question that waited here for a word deleted where it was written, while it was answered?"""
    return turn.question.held is not None and not await services.sessions.waits(
        turn.session, turn.question.held.turn
    )


async def removed(services: Services, who: str, turn: str, *keys: str) -> None:
    """Forget an exchange of a person (`Inbox.who`) in these sessions (empty: none), what waits of it, there
    or for its code, and why it was refused."""
    for key in filter(None, keys):
        await services.sessions.remove_turn(key, turn)
        await services.sessions.remove_turn(apart(key, turn), turn)
    await services.sessions.forget_refusal(who, turn)
    await services.handovers.forget(turn)


async def unheld(sessions: Sessions, key: str, deleted: Deleted) -> None:
    """Forget a message that was deleted where it waits in a session beside another, for the word on that."""
    session, _ = await sessions.load(key, deleted.sender.id)
    held = Held.load(session.held) if session.held else None
    left = tuple(each for each in held.messages if each.id != deleted.target) if held else ()
    if held and left and left != held.messages:
        await sessions.hold(session, held.turn, replace(held, messages=left).dump())


async def keeping(services: Services, turn: Turn) -> list[Command]:
    """Append the exchange to the session, when it is to be remembered, and to shelves; forget the question
    that waited for a word; note what was decided and used, and count it."""
    sessions, bot = services.sessions, turn.bot
    held, final = turn.question.held, turn.reply.final
    commands: list[Command] = []
    turn.asked_by = await _asked_by(services, turn, held.turn) if held else ()
    if isinstance(turn.question.answer, Resumed):
        turn.note("continued")
        commands += services.handovers.dropping(turn.question.answer.code)
    elif held and ((held.turn == turn.question.key and not turn.holds) or _left_aside(turn)):
        commands += sessions.dropping(turn.session, held.turn)
    if final is not None:
        level = max(final.level, turn.level)
        exchange = KeptTurn(
            key=turn.question.key,
            question=turn.question.text,
            answer=final.remember or "",
            author=turn.question.author.id,
            at=turn.question.at,
            level=level,
            floor=turn.floor if turn.brought.rules else level,
            found=turn.brought.found,
            denied=turn.brought.denied,
            writers=final.writers,
        )
        for shelf, text in () if turn.reply.withheld else turn.to_keep:
            shelved = replace(exchange, answer=text, writers=tuple(turn.writers))
            commands += await sessions.appending(shelf, shelved, bot=bot)
        if final.remember is not None:
            given = None if turn.question.repeats else turn.files  # answered again: what it brought is kept
            commands += await sessions.appending(turn.session, exchange, materials=given, bot=bot)
            if services.archives is not None and services.archives.takes(turn.audience.kind):
                commands.append(services.archives.marking(turn.session.key))
            generated = bool(final.writers)
            commands += services.register.adding(final.remember, name=turn.question.key, generated=generated)
        commands += turn.to_register
    return [*commands, *minutes(services, turn), *_counted(services, turn)]


async def note_told(turn: Turn) -> None:
    """Note, once the job is over, who was told what the bot is: of a question that was edited meanwhile, the
    answer is written anew, and tells them."""
    final, note = turn.reply.final, turn.note_told
    if final is not None and final.text and not turn.reply.withheld and note is not None:
        with suppress(StoreError):  # they are told again, later
            await note()


async def _asked_by(services: Services, turn: Turn, about: str) -> tuple[str, ...]:
    """The messages of ours that asked here for the word, or the choice, by which an exchange is handled that
    waited."""
    if not turn.question.takes_held:
        return ()
    find, here = services.inbox.ref, turn.question.address
    found = [await find(here, name) for name in (about, *map(last_asked, (turn.session.key, here.whole)))]
    asked = [each for each in found if each is not None and about in (each.about, each.turn)]
    return tuple(dict.fromkeys(id for each in asked for id in (*each.before, *each.posts)))


def minutes(services: Services, turn: Turn) -> list[Command]:
    """Record what was decided, and what was used."""
    if turn.reply.withheld:
        turn.note("withheld")
        turn.reply.withheld = False
    spent, turn.access.spent = turn.access.spent, 0
    decisions, turn.decisions = turn.decisions, []
    if not (turn.question.messages or spent):
        return decisions
    quotas, place = services.quotas, turn.question.address.conversation
    _, took = taken(turn.access.answers)
    return [
        *decisions,
        *quotas.answered(turn.question.author.id, place, spent, took, since=turn.session.since),
    ]


def _counted(services: Services, turn: Turn) -> list[Command]:
    """Count the exchange in the figures of the service, where a person wrote, and what was judged."""
    judged, turn.judgements = turn.judgements, []
    if not turn.question.messages or turn.question.messages[-1].from_bot:
        return judged
    final, access = turn.reply.final, turn.access
    quoted = (final and final.remember) or ""
    less: dict[Spared, tuple[float, float]] = {}
    if any(model.estimable for model in access.shared.policy.models):
        able = access.models(language=turn.texts.language)
        less = spared(access.answers, able, reused=turn.progress.reused, quoted=quoted)
    counting = services.figures.counting(
        person=turn.question.author.id,
        connector=turn.question.address.connector,
        level=min(turn.level, Level.N4).name,
        models=tuple(turn.answered_by),
        refusals=tuple(turn.refusals),
        answered=final is not None and not (final.failed or turn.refusals),
        documents=len(turn.files),
        summary=turn.recalled and bool(turn.answered_by),
        tokens=sum(each.usage.prompt_tokens + each.usage.completion_tokens for each in access.answers),
        use="summary" if turn.recalled else "documents" if turn.materials else "chat",
        done=access.answers,
        spared=less,
    )
    return [*judged, counting]


def sent(turn: Turn) -> Sent:
    """What the question may be: a program's, or an answer to ours. An answer begins no thread; where two
    talk, it names or holds what we said."""
    if not turn.question.messages:
        return ""
    last = turn.question.messages[-1]
    if last.from_bot:
        return "program"
    if last.address.apart and last.address.thread == last.id:
        return ""
    said = turn.session.turns[-1].answer if turn.session.turns else ""
    answers = not last.direct or last.reply_to or (len(said) > _TELLING and said in last.text)
    return "answer" if answers and not last.text.startswith("!") else ""


def spared(
    answers: Sequence[Done], models: Sequence[Model], *, reused: int, quoted: str
) -> dict[Spared, tuple[float, float]]:
    """Watt-hours that were spared. `models` may read this level, the one that answers before the others;
    `reused`: tokens of notes that were kept; `quoted`: the answer, which may be one by extracts."""
    able = [model for model in models if model.generates]
    if not any(model.estimable for model in able):
        return {}
    largest = max(able, key=lambda model: (model.active_parameters, model.total_parameters or 0.0))
    found: dict[Spared, tuple[float, float]] = {}
    for done in answers:
        own, more = (
            estimated_footprint(model, done.usage.completion_tokens) for model in (done.model, largest)
        )
        if own and more and more.wh[1] > own.wh[1]:  # else one of them is not known, or the largest answered
            low, high = found.get("smaller", (0.0, 0.0))
            found["smaller"] = low + more.wh[0] - own.wh[0], high + more.wh[1] - own.wh[1]
    if notes := estimated_footprint(able[0], reused):
        found["notes"] = notes.wh
    quotes = any(not done.model.generates for done in answers)
    if extracts := estimated_footprint(able[0], estimate(quoted) if quotes else 0):
        found["extracts"] = extracts.wh
    return found
