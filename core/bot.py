"""What a bot is: it says which events it wants and handles an exchange.

The core calls `handle` with everything that the exchange needs (`core.turn.exchange`). The bot answers
through `exchange.reply` and asks models through `exchange.models`; `exchange.room` is its conversation,
`exchange.person` its author. It knows no platform and no store. Whatever it raises, the worker turns into one
clear word to the person: a bot catches only what it can mend.
"""

from __future__ import annotations

from typing import Protocol

from core.connector import Event
from core.sessions.repository import Session
from core.turn.exchange import Exchange

__all__ = ["Bot", "Exchange"]


class Bot(Protocol):
    """Behaviour. Bots are an ordered list: the first that wants an event has it, the last what no other
    wants."""

    @property
    def name(self) -> str: ...

    @property
    def of_rooms(self) -> bool:
        """Is the bot for rooms? Of what is said in a chat of two, commands alone are put to it."""
        ...

    def wants(self, event: Event) -> bool: ...

    def follows(self, event: Event, session: Session) -> bool:
        """Does the bot go on with a session of its own when this happens in it, whoever else wants it?"""
        ...

    async def handle(self, exchange: Exchange) -> None: ...
