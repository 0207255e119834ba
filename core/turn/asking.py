"""The models that may answer a turn, within its level: which there are, and how one is asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.connector import Message
from core.errors import GatewayUnavailable
from core.gateway.ask import Ask, Piece
from core.gateway.catalogue import Model, Task
from core.models.access import ModelAccess
from core.sessions.repository import KeptTurn

if TYPE_CHECKING:
    from core.turn.exchange import Exchange


@dataclass(slots=True)
class TurnModels:
    """The models that may answer a turn. `access` is the way to them."""

    _exchange: Exchange
    access: ModelAccess

    @property
    def writers(self) -> list[str]:
        """The models that wrote in the answer."""
        return self.access.writers

    def available(self, task: Task = "chat", *, chosen: bool = True) -> tuple[Model, ...]:
        """Return the models that the person may choose at the session's level, the one that would answer
        first; not `chosen`: those if the person had chosen none."""
        access = self.access if chosen else replace(self.access, choice=None)
        return access.models(task, language=self._exchange.texts.language)

    def moved(self) -> str | None:
        """Return one line for the person when another model takes over because of the level, else None."""
        texts, reading = self._exchange.texts, self._exchange.reading
        old = self.access.models(language=texts.language, level=reading.before)[:1]
        new = self.available()[:1]
        known = reading.session.turns or (old and old[0].id == self.access.choice)
        if not (known and old and new) or reading.level <= old[0].highest:
            return None
        return texts.model_changed(new[0].id, new[0].clearance)

    async def ask(self, ask: Ask) -> AsyncGenerator[Piece]:
        """Ask the best cleared model. Raises Denied or GatewayError."""
        exchange = self._exchange
        ask = replace(ask, eager=lambda: exchange.reply.is_eager)
        async with exchange.progress.away_from("handle"), aclosing(self.access.stream(ask)) as pieces:
            async for piece in pieces:
                yield piece

    def meanwhile(self, error: GatewayUnavailable) -> Callable[[Ask], AsyncGenerator[Piece]]:
        """Return what asks the embedded extracts, as `ask` does, while all models are away, which `error`
        says.

        Raises the error where the question is to wait for a model: the person wants its answer, nobody is
        there to read extracts at once, or the models are well and only slow down."""
        question = self._exchange.question
        wanted = self._exchange.situation.awaited or question.repeats is not None
        if error.limited or wanted or not isinstance(question.event, Message):
            raise error
        self.uncredit()
        return self.access.embedded().stream

    def credit(self, earlier: KeptTurn) -> None:
        """Count the models that wrote an earlier answer as writers of this one, which holds its words."""
        self.access.writers += [each for each in earlier.writers or () if each not in self.writers]

    def uncredit(self) -> None:
        """Count no model as writer of this answer: what they wrote was of no use, and is left aside."""
        self.access.writers.clear()
