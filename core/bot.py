"""What a bot is: it says which events it wants and handles a turn.

The core calls `handle` with everything the turn needs (`core.turn.turn`); the bot answers through
`turn.reply` and asks models through `turn.ask`; `turn.room` is its conversation, `turn.person` its author.
It knows no platform and no store. Whatever it raises, the worker turns into one clear word to the person: a
bot catches only what it can mend.
"""

from __future__ import annotations

from typing import Protocol

from core.connector import Event
from core.sessions.repository import Session
from core.turn.turn import Turn

__all__ = ["Bot", "Turn"]


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

    async def handle(self, turn: Turn) -> None: ...
