"""Loads the turn of a job: its session, its author's profile, what its messages stand below, its reply.

What a word or a number answers is decided here (`_meant`): the message of ours that it is put on, else what
asked last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from core.connector import Audience, Connector, Joined, Message, Reacted, Tick
from core.delivery.outbox import Outbox
from core.delivery.reply import Reply, Target
from core.documents.sandbox.sandbox import OWNER
from core.inbox.inbox import Claim, Inbox, Ref
from core.inbox.records import last_asked
from core.policy.decision import Denied
from core.sessions.repository import Session, apart
from core.turn.confirmation import Held, word
from core.turn.keeping import session_key
from core.turn.reading import assess
from core.turn.room import FLOOR
from core.turn.services import Services
from core.turn.turn import Turn
from core.understanding import is_about_nothing_here
from core.understanding.arguments import code_of, number_of
from core.understanding.verdicts import verdict_of
from core.worker.endings import WAITS
from core.worker.reactions import as_word


async def load(
    services: Services, outbox: Outbox, claim: Claim, audience: Audience, *, wanted: Callable[[], bool]
) -> Turn:
    """Load the turn of a claim, the session and the profile in one round trip. `audience`: who would read an
    answer now; `wanted`: is the answer still? Raises Deferred."""
    events = claim.events
    event = events[0]
    if not isinstance(event, Message | Joined | Reacted | Tick):
        raise TypeError(event.type)
    OWNER.set(event.sender.id)
    connector, inbox = outbox.connectors[event.address.connector], services.inbox
    key = await session_key(inbox, event)
    (session, profile), floor = await asyncio.gather(  # in one round trip
        services.sessions.load(key, event.sender.id, since=claim.since, audience=audience),
        services.conversations.load(event.address, FLOOR),
    )
    session, put_on, stale = await _meant(services, claim, session)
    below, described = None, partial(_described, connector, inbox, session=key)
    # What is taken back meanwhile will not be answered: nothing is waited for.
    events = [await described(each) if isinstance(each, Message) and wanted() else each for each in events]
    if isinstance(event, Reacted) and verdict_of(event.reaction) == "again" and wanted():
        below = await described(replace(as_word(event, ""), id=event.key, reply_to=None))
    last = next((event for event in reversed(events) if isinstance(event, Message)), None)
    turn = Turn(
        services,
        claim=claim,
        events=events,
        session=session,
        profile=profile,
        audience=audience,
        connector=connector,
        below=below,
        reacts=last is not None and put_on is not None and last.id in put_on.posts,
        stale=stale,
        waits=WAITS in claim.notes,
    )
    turn.reply = _reply(turn, last, outbox, claim, services.clock)
    if last is not None and turn.reply.final is None:
        await turn.follow_language()
    code = code_of(last.text) if last and event.direct and not turn.exposed else None
    if code is not None:
        turn.resume(code, await services.handovers.take(code, claim.turn))
    turn.raised = min(turn.room.least(floor), turn.ceiling)
    if turn.reply.final is not None and turn.reply.final.remember is not None:
        with suppress(Denied):  # written before a crash: what it is kept with is read again
            await assess(turn, services.reading)
    return turn


def _reply(turn: Turn, last: Message | None, outbox: Outbox, claim: Claim, now: Callable[[], float]) -> Reply:
    """The reply of the turn: in private where its question was."""
    private = last is not None and last.private
    target = replace(
        Target.after(last or turn.event),
        only=turn.author.id if turn.event.direct else None,  # whoever came since
        quiet=private or isinstance(turn.event, Reacted | Tick),
        asked_at=last.at if last else None,
    )
    alone = turn.person.answer if private else None
    return Reply(outbox, claim, target, turn, turn.texts, alone=alone, now=now)


async def _meant(services: Services, claim: Claim, session: Session) -> tuple[Session, Ref | None, bool]:
    """The session in which a word or a number is one for what waits, without what waits where it is none;
    the answer of ours that it is put on; and is that a question that is asked no more? It answers the
    message that it is put on (as a reaction, a button or a reply), else what asked last: here, or in a
    chat of two outside any thread. What a list offers may be chosen later, too."""
    event, *others = claim.events
    if others or not isinstance(event, Message):
        return session, None, False
    if word([event]) is None and number_of(event.text) is None:
        return session, None, False
    other = partial(services.sessions.load, person=event.sender.id, since=claim.since)
    find, chat = partial(services.inbox.ref, event.address), event.address.whole
    put_on = await _asking(find, event.reply_to or event.id)
    asked = put_on or await find(last_asked(session.key))
    begins = event.direct and session.key != chat and not session.turns
    if session.held is None and begins and (put_on or asked is None):
        asked = asked or await _asking(find, event.address.thread or "") or await find(last_asked(chat))
        whole, _ = await other(chat)
        if _waits_for(whole, asked):
            session = whole
    if _waits_for(session, asked):
        return session, put_on, False
    if asked is not None and asked.about:
        waits, _ = await other(apart(asked.session, asked.about))
        if waits.held is not None:
            there = (await other(chat))[0] if begins else session
            return replace(there, held=waits.held, held_in=waits.key), put_on, False
    for_one = put_on is not None and (put_on.awaits == "word" or put_on.about)
    last = await find(last_asked(put_on.session)) if put_on and for_one else None
    stale = last is not None and (event.reply_to or event.id) not in last.posts
    stale = stale or (asked is not None and _waits_no_more(session, asked, put_on))
    return replace(session, held=None), put_on, stale


async def _asking(find: Callable[[str], Awaitable[Ref | None]], message: str) -> Ref | None:
    """How our message is found that asks for something; None for any other."""
    ref = await find(message) if message else None
    return ref if ref is not None and ref.awaits and message in ref.posts else None


def _waits_no_more(session: Session, asked: Ref, put_on: Ref | None) -> bool:
    """Did what was asked wait for a word, which is given now that it waits no more (a day is over, or it was
    left aside), on it or before anything else was answered?"""
    answered = session.turns[-1].at if session.turns else 0.0
    return bool(asked.about and asked.awaits) and (put_on is not None or asked.at > answered)


def _waits_for(session: Session, asked: Ref | None) -> bool:
    """Does what waits in this session wait for what was asked?"""
    if session.held is None:
        return False
    return asked is None or asked.about in (None, Held.load(session.held).turn)


async def _described(connector: Connector, inbox: Inbox, message: Message, *, session: str) -> Message:
    """The message with all that its platform tells of its files, and of what it replies to, or is below
    in the session of this key."""
    told = connector.descriptions
    if told is None:
        return message
    return await told.described(message, None if message.direct else await _root(inbox, message, session))


async def _root(inbox: Inbox, message: Message, session: str) -> str | None:
    """The message of somebody in a room that the session of this key begins with; None where that is a
    question that was put to us: the session holds it, and for an order that needs none: whatever stands
    there, who asks to be forgotten is."""
    root = session.removeprefix(f"{message.address.whole}:")
    if root in (session, message.id) or is_about_nothing_here(message.text):
        return None
    ref = await inbox.ref(message.address, root)
    return None if ref is not None and root in ref.questions else root
