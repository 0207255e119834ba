"""Finds the question that waits for a word or a number of its author: here, or elsewhere in their chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from core.connector import Message
from core.inbox.inbox import Claim, Ref
from core.inbox.records import last_asked
from core.sessions.repository import Session, apart
from core.turn.question import TurnEvent
from core.turn.services import Services
from core.turn.waiting import Held
from core.understanding.commands import short_answer
from core.understanding.understand import word_in

FindRef = Callable[[str], Awaitable[Ref | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWaiting:
    """The `session` in which the events are handled, with what waits in it for them. `answered` is the
    message of ours that they are put on. `stale`: that message asks no more."""

    session: Session
    answered: Ref | None = None
    stale: bool = False


async def found_waiting(services: Services, claim: Claim, event: TurnEvent, session: Session) -> FoundWaiting:
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
