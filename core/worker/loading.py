"""Loads a job: what was asked, what waits for a word of its author, the session, and the bot that answers.

`load` asks the store and the connector. What it decides of their answers stands in pure functions: which
question waits (`_waits_for`, `_is_answered_late`), what the question is (`core.turn.question.resolve`), and
which bot has it (`choose_bot`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from core.bot import Bot
from core.connector import Audience, Connector, Event, Message, Reacted, Tick
from core.delivery.outbox import Outbox
from core.delivery.reply import Reply
from core.documents.sandbox.sandbox import OWNER
from core.inbox.inbox import Claim, Inbox, Ref
from core.inbox.records import last_asked
from core.language.phrasebook import LANGUAGES
from core.policy.channels import channels
from core.policy.decision import Denied
from core.sessions.repository import Session, apart
from core.texts import texts
from core.turn.assessment import assess
from core.turn.keeping import session_key
from core.turn.question import Question, TurnEvent, resolve
from core.turn.room import FLOOR, floor_of
from core.turn.services import Services
from core.turn.turn import Turn
from core.turn.waiting import Held, Pending
from core.understanding import is_about_nothing_here, spelled
from core.understanding.commands import short_answer, verdict_of
from core.understanding.understand import word_in
from core.worker.endings import WAITS
from core.worker.reactions import as_word

Wanted = Callable[[], bool]
"""Is the answer still wanted, or was the question taken back meanwhile?"""
FindRef = Callable[[str], Awaitable[Ref | None]]


async def load(
    services: Services,
    outbox: Outbox,
    bots: Sequence[Bot],
    claim: Claim,
    event: TurnEvent,
    audience: Audience,
    *,
    wanted: Wanted,
) -> tuple[Turn, Bot]:
    """Load the turn of a claim that begins with `event`, and the bot that answers it. `audience` would read
    an answer now. Raises Deferred."""
    OWNER.set(event.sender.id)
    connector = outbox.connectors[event.address.connector]
    key = await session_key(services.inbox, event)
    session, profile = await services.sessions.load(
        key, event.sender.id, since=claim.since, audience=audience, settled=(event.address, FLOOR)
    )
    floor = session.settled
    found = await _found_waiting(services, claim, event, session)
    events = await _described(services.inbox, connector, claim.events, key, wanted=wanted)
    root = await _root_answered_again(services.inbox, connector, event, key, wanted=wanted)
    channel = channels().get(audience.kind)
    exposed = channel is not None and channel.exposed
    last = next((each for each in reversed(events) if isinstance(each, Message)), None)
    code = short_answer(last.text).code if last and event.direct and not exposed else None
    resumed = None if code is None else await services.handovers.take(code, claim.turn)
    waiting = Pending(
        held=Held.load(found.session.held) if found.session.held else None,
        code=code or "",
        resumed=None if resumed is None else Held.load(resumed),
        stale=found.stale,
        by_reaction=last is not None and found.answered is not None and last.id in found.answered.posts,
    )
    ways = (texts(language, services.contacts).ways for language in LANGUAGES)
    turn = Turn(
        services,
        claim=claim,
        question=resolve(events, waiting, audience=audience, offers=ways, root=root),
        session=found.session,
        profile=profile,
        audience=audience,
        connector=connector,
        waits=WAITS in claim.notes,
        exposed=exposed,
        least=floor_of(services.policy, event.address, floor),
    )
    turn.reply = _reply(turn, claim, outbox, services, last)
    bot = choose_bot(bots, turn.question, found.session)
    turn.bot = bot.name
    if last is not None and turn.reply.final is None:
        await turn.follow_language()
    if turn.reply.final is not None and turn.reply.final.remember is not None:
        with suppress(Denied):  # written before a crash: what it is kept with is read again
            await assess(turn, services.reading)
    return turn, bot


def choose_bot(bots: Sequence[Bot], question: Question, session: Session) -> Bot:
    """Return the bot whose session it is, if that bot goes on with it; else the first that wants the event.
    The last bot has what no other wants."""
    event = question.event
    talk = isinstance(event, Message) and event.direct and spelled(event.text) is None
    asked = (each for each in bots[:-1] if not (talk and each.of_rooms))
    first = next((each for each in asked if each.wants(event)), bots[-1])
    own = next((each for each in bots if each.name == session.bot and session.turns), first)
    return own if own is not first and own.follows(event, session) else first


def _reply(turn: Turn, claim: Claim, outbox: Outbox, services: Services, last: Message | None) -> Reply:
    """Return the reply to a turn, of whose messages `last` is the last."""
    event, private = turn.question.event, last is not None and last.private
    return Reply(
        outbox,
        claim,
        last or event,
        turn,
        turn.texts,
        only=turn.question.author.id if event.direct else None,  # whoever came since
        quiet=private or isinstance(event, Reacted | Tick),
        asked_at=last.at if last else None,
        alone=turn.person.answer if private else None,
        now=services.clock,
    )


# -- what stands round the messages -------------------------------------------------------------------


async def _described(
    inbox: Inbox, connector: Connector, events: Sequence[Event], session: str, *, wanted: Wanted
) -> list[Event]:
    """Return the events with what they are replies to, and with what their thread begins with, as far as the
    connector can tell. Of what is taken back meanwhile nothing is waited for: it will not be answered."""
    described: list[Event] = []
    for event in events:
        if isinstance(event, Message) and connector.descriptions is not None and wanted():
            root = None if event.direct else await _root(inbox, event, session)
            if root is not None or event.reply_to is not None or event.attachments:
                event = await connector.descriptions.described(event, root)
        described.append(event)
    return described


async def _root_answered_again(
    inbox: Inbox, connector: Connector, event: TurnEvent, session: str, *, wanted: Wanted
) -> Message | None:
    """Return the message that a thread begins with in which a reaction wants an answer again."""
    if not isinstance(event, Reacted) or verdict_of(event.reaction) != "again" or not wanted():
        return None
    asked = replace(as_word(event, ""), id=event.key, reply_to=None)
    (root,) = await _described(inbox, connector, (asked,), session, wanted=wanted)
    return root if isinstance(root, Message) else None


async def _root(inbox: Inbox, message: Message, session: str) -> str | None:
    """Return the message of somebody in a room that the session of this key begins with.

    None where that message is a question that was put to us: the session holds it. None also for an order
    that needs no root: whoever asks to be forgotten is, whatever stands there."""
    root = session.removeprefix(f"{message.address.whole}:")
    if root in (session, message.id) or is_about_nothing_here(message.text):
        return None
    ref = await inbox.ref(message.address, root)
    return None if ref is not None and root in ref.questions else root


# -- what waits ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWaiting:
    """The `session` in which the events are handled, with what waits in it for them. `answered` is the
    message of ours that they are put on. `stale`: that message asks no more."""

    session: Session
    answered: Ref | None = None
    stale: bool = False


async def _found_waiting(
    services: Services, claim: Claim, event: TurnEvent, session: Session
) -> FoundWaiting:
    """Find what waits for the events of a claim. Only a word or a number that stands alone is looked for
    elsewhere than in the session."""
    if not isinstance(event, Message) or len(claim.events) != 1:
        return FoundWaiting(session=session)
    numbered = short_answer(event.text).number is not None
    if numbered or (not event.attachments and word_in(event.text) is not None):
        return await find_waiting_question(services, event, session, since=claim.since)
    return FoundWaiting(session=session)


async def find_waiting_question(
    services: Services, event: Message, session: Session, *, since: int
) -> FoundWaiting:
    """Find the question that waits for a word or a number.

    It answers the message that it is put on (as a reaction, a button or a reply), else what asked last: here,
    or in a chat of two outside any thread. What a list offers may be chosen later, too. Where nothing waits
    for it, the session is returned without what waits in it."""
    find, chat = partial(services.inbox.ref, event.address), event.address.whole
    loaded = partial(services.sessions.load, person=event.sender.id, since=since)
    answered = await _asking_message(find, event.reply_to or event.id)
    asked = answered or await find(last_asked(session.key))
    begins = event.direct and session.key != chat and not session.turns
    if session.held is None and begins and (answered or asked is None):
        asked = asked or await _asked_in_chat(find, event)
        whole, _ = await loaded(chat)
        if _waits_for(whole, asked):
            session = whole
    if _waits_for(session, asked):
        return FoundWaiting(session=session, answered=answered)
    if asked is not None and asked.about:
        waits, _ = await loaded(apart(asked.session, asked.about))
        if waits.held is not None:
            there = (await loaded(chat))[0] if begins else session
            there = replace(there, held=waits.held, held_in=waits.key)
            return FoundWaiting(session=there, answered=answered)
    stale = await _is_asked_no_more(find, event, answered) or _is_answered_late(session, asked, answered)
    return FoundWaiting(session=replace(session, held=None), answered=answered, stale=stale)


async def _asking_message(find: FindRef, message: str) -> Ref | None:
    """Return how our message is found that asks for something; None for any other message."""
    ref = await find(message) if message else None
    return ref if ref is not None and ref.awaits and message in ref.posts else None


async def _asked_in_chat(find: FindRef, event: Message) -> Ref | None:
    """Return what was asked last in a chat of two: by the message that the thread begins with, or at all."""
    begun = await _asking_message(find, event.address.thread or "")
    return begun or await find(last_asked(event.address.whole))


async def _is_asked_no_more(find: FindRef, event: Message, answered: Ref | None) -> bool:
    """Was something else asked since, in the same session, than what the answered message asks of one?"""
    if answered is None or not (answered.awaits == "word" or answered.about):
        return False
    last = await find(last_asked(answered.session))
    return last is not None and (event.reply_to or event.id) not in last.posts


def _is_answered_late(session: Session, asked: Ref | None, answered: Ref | None) -> bool:
    """Did what was asked wait for a word, which is given now that it waits no more (a day is over, or it was
    left aside)? The word is put on it, or given before anything else was answered."""
    if asked is None or not (asked.about and asked.awaits):
        return False
    last_answer = session.turns[-1].at if session.turns else 0.0
    return answered is not None or asked.at > last_answer


def _waits_for(session: Session, asked: Ref | None) -> bool:
    """Does what waits in this session wait for what was asked?"""
    if session.held is None:
        return False
    return asked is None or asked.about in (None, Held.load(session.held).turn)
