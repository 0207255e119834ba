"""Takes back what was said and kept of a turn: its question was deleted, or edited, or waits no more."""

from __future__ import annotations

from dataclasses import replace

from core.connector import Deleted
from core.sessions.repository import Sessions, apart
from core.turn.exchange import Exchange
from core.turn.services import Services
from core.turn.waiting import Held


async def withdraw(services: Services, exchange: Exchange) -> None:
    """Delete what was posted for a question that was deleted, and what is kept of it: of an order to answer
    another again, nothing is."""
    if not exchange.reply.revises:
        await exchange.reply.withdraw()
    if exchange.question.repeats is None:
        keys = (
            exchange.session.key,
            exchange.person.chat,
            *(shelf.key for shelf, _ in exchange.outcome.shelved),
        )
        await removed(services, exchange.person.who, exchange.question.key, *keys)


async def is_gone(services: Services, exchange: Exchange) -> bool:
    """Was the question that waited here for a word deleted where it was written, while it was answered?"""
    return exchange.question.held is not None and not await services.sessions.waits(
        exchange.session, exchange.question.held.turn
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
