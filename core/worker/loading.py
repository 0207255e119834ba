"""Loads the turn of a job: its session, its author's profile, what its messages stand below; reply and bot.

What a word or a number answers is decided here (`_meant`): the message of ours that it is put on, else what
asked last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from core.bot import Bot
from core.connector import Audience, Message, Reacted, Tick
from core.delivery.outbox import Outbox
from core.delivery.reply import Reply, Target
from core.documents.sandbox.sandbox import OWNER
from core.inbox.inbox import Claim, Inbox, Ref
from core.inbox.records import last_asked
from core.policy.decision import Denied
from core.sensitivity.level import Level
from core.sessions.repository import Session, apart
from core.turn.assessment import assess
from core.turn.confirmation import Held
from core.turn.keeping import session_key
from core.turn.room import FLOOR, floor_of
from core.turn.services import Services
from core.turn.turn import Turn, TurnEvent
from core.understanding import is_about_nothing_here
from core.understanding.arguments import code_of, number_of
from core.understanding.understand import word_in
from core.understanding.verdicts import verdict_of
from core.worker.endings import WAITS
from core.worker.reactions import as_word


async def load(
    services: Services,
    outbox: Outbox,
    bots: Sequence[Bot],
    claim: Claim,
    event: TurnEvent,
    audience: Audience,
    *,
    wanted: Callable[[], bool],
) -> tuple[Turn, Bot]:
    """Load the turn of a claim that begins with `event`, its session and profile in one round trip; and the
    bot whose session it is, if it goes on with it, else the first that wants what happened. `audience`: who
    would read an answer now; `wanted`: is the answer still? Raises Deferred."""
    OWNER.set(event.sender.id)
    connector, inbox = outbox.connectors[event.address.connector], services.inbox
    key = await session_key(inbox, event)
    (session, profile), floor = await asyncio.gather(  # in one round trip
        services.sessions.load(key, event.sender.id, since=claim.since, audience=audience),
        services.conversations.load(event.address, FLOOR),
    )
    put_on, stale = None, False
    single = event if isinstance(event, Message) and len(claim.events) == 1 else None
    if single is not None and (
        number_of(single.text) is not None or (not single.attachments and word_in(single.text) is not None)
    ):
        session, put_on, stale = await _meant(services, single, session, since=claim.since)
    told, events = connector.descriptions, list(claim.events)
    if isinstance(event, Reacted) and verdict_of(event.reaction) == "again" and wanted():
        events.append(replace(as_word(event, ""), id=event.key, reply_to=None))
    for number, each in enumerate(events):
        # Of what is taken back meanwhile nothing is waited for: it will not be answered.
        if told is not None and isinstance(each, Message) and wanted():
            root = None if each.direct else await _root(inbox, each, key)
            more = root is not None or each.reply_to is not None or bool(each.attachments)
            events[number] = await told.described(each, root) if more else each
    happened = events[: len(claim.events)]
    below = next((each for each in events[len(happened) :] if isinstance(each, Message)), None)
    last = next((each for each in reversed(happened) if isinstance(each, Message)), None)
    turn = Turn(
        services,
        claim=claim,
        events=happened,
        session=session,
        profile=profile,
        audience=audience,
        connector=connector,
        below=below,
        reacts=last is not None and put_on is not None and last.id in put_on.posts,
        stale=stale,
        waits=WAITS in claim.notes,
        least=floor_of(services.policy, event.address, floor)
        if floor or services.policy.floors
        else Level.N0,
    )
    private = last is not None and last.private
    target = replace(
        Target.after(last or turn.event),
        only=turn.author.id if event.direct else None,  # whoever came since
        quiet=private or isinstance(event, Reacted | Tick),
        asked_at=last.at if last else None,
    )
    alone = turn.person.answer if private else None
    turn.reply = Reply(outbox, claim, target, turn, turn.texts, alone=alone, now=services.clock)
    own = next((bot for bot in bots if bot.name == session.bot and session.turns), None)
    first = (bot for bot in bots if bot.wants(turn.event))
    bot = own if own is not None and own.follows(turn.event, session) else next(first)
    turn.bot = bot.name
    if last is not None and turn.reply.final is None:
        await turn.follow_language()
    code = code_of(last.text) if last and event.direct and not turn.exposed else None
    if code is not None:
        turn.resume(code, await services.handovers.take(code, claim.turn))
    if turn.reply.final is not None and turn.reply.final.remember is not None:
        with suppress(Denied):  # written before a crash: what it is kept with is read again
            await assess(turn, services.reading)
    return turn, bot


async def _meant(
    services: Services, event: Message, session: Session, *, since: int
) -> tuple[Session, Ref | None, bool]:
    """The session in which a word or a number is one for what waits, without what waits where it is none;
    the answer of ours that it is put on; and is that a question that is asked no more? It answers the
    message that it is put on (as a reaction, a button or a reply), else what asked last: here, or in a
    chat of two outside any thread. What a list offers may be chosen later, too."""
    other = partial(services.sessions.load, person=event.sender.id, since=since)
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


async def _root(inbox: Inbox, message: Message, session: str) -> str | None:
    """The message of somebody in a room that the session of this key begins with; None where that is a
    question that was put to us: the session holds it, and for an order that needs none: whatever stands
    there, who asks to be forgotten is."""
    root = session.removeprefix(f"{message.address.whole}:")
    if root in (session, message.id) or is_about_nothing_here(message.text):
        return None
    ref = await inbox.ref(message.address, root)
    return None if ref is not None and root in ref.questions else root
