"""What becomes of a turn: what is kept, counted and noted of it once it ends, and what it asks for next.

Stages and bots add to it; nobody takes anything back. `core.turn.keeping` reads it once, at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.connector import Awaited
from core.sessions.repository import Note, Session
from core.store.wire import Command
from core.turn.audit import What

Record = Callable[[What, str, str], Command]
"""Makes the record of a decision for the audit trail, of what was decided, why, and by which model."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What becomes of one turn.

    `awaits` is what the answer asks for, if anything: a reaction gives that, 👍 a yes, 1️⃣ the first choice.
    `holds` names the exchange that waits here now for a word of its author. `outlives`: the answer asks to
    delete the question, and stays then. `marked`: the turn was refused for a marking. `shelved` are the texts
    that are kept on shelves of the conversation once the turn is answered. `registered` are commands that
    register the private words that a model wrote, once the turn is kept. `judged` is done about an earlier
    answer once this turn ends: it is counted, mostly. `note_told` notes who was told what the bot is."""

    bot: str = ""
    """The name of the bot that handles the turn."""
    awaits: Awaited = ""
    holds: str = ""
    outlives: bool = False
    marked: bool = False
    shelved: list[tuple[Session, str]] = field(default_factory=list[tuple[Session, str]])
    registered: list[Command] = field(default_factory=list[Command])
    judged: list[Command] = field(default_factory=list[Command])
    note_told: Note = None
    decisions: list[Command] = field(default_factory=list[Command])
    """Records for the audit trail."""
    answered_by: list[str] = field(default_factory=list[str])
    """The models that answered."""
    refusals: list[str] = field(default_factory=list[str])
    """Why the turn was refused."""
    record: Record

    def note(self, what: What, *, why: str = "", model: str = "") -> None:
        """Put a decision into the audit trail, once the turn ends."""
        self.decisions.append(self.record(what, why, model))
        if what == "answered":
            self.answered_by.append(model)
        elif what == "refused":
            self.refusals.append(why)
