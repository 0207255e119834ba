"""Has a question wait in a session for a word of its author, or a choice."""

from __future__ import annotations

from core.connector import Awaited
from core.sessions.repository import Session, apart
from core.turn.exchange import Exchange
from core.turn.services import Services
from core.turn.waiting import Held


async def ask_alone(services: Services, exchange: Exchange, text: str, held: Held, awaits: Awaited) -> bool:
    """Ask the author in their chat of two, where the question waits. False where that cannot be."""
    address = await exchange.person.tell(text, awaits=awaits)
    if address is None:
        return False
    await hold(services, exchange, await _chat(services, exchange, address.whole), held)
    return True


async def hold(services: Services, exchange: Exchange, session: Session, held: Held) -> None:
    """Have the question wait in this session for a word of its author, or a choice. Another one that waits
    there goes on waiting apart, for what is put on the message that asks about it."""
    sessions, other = services.sessions, Held.load(session.held) if session.held else None
    if other is not None and other.turn != exchange.question.key:
        await sessions.hold(
            await _chat(services, exchange, apart(session.key, other.turn)), other.turn, other.dump()
        )
    exchange.outcome.holds = held.turn if session is exchange.session else ""
    await sessions.hold(session, exchange.question.key, held.dump())


async def _chat(services: Services, exchange: Exchange, key: str) -> Session:
    """Return the session of the author's chat of two, or what waits beside it, by its key."""
    session, _ = await services.sessions.load(key, exchange.question.author.id, since=exchange.session.since)
    return session
