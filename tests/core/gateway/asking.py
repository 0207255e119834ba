"""What the tests of the gateway ask, and a client that remembers what it did."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.gateway.ask import Again, Ask, Done, Piece
from core.gateway.catalogue import Dialect, Model
from core.gateway.client import Gateway, ModelRequest, RetryLimits
from core.sensitivity.level import Level


@dataclass(frozen=True)
class Route:
    models: tuple[Model, ...]


@dataclass
class Bench:
    """A client with what it observed and the pauses that it made."""

    gateway: Gateway
    observed: list[ModelRequest]
    pauses: list[float]

    async def pieces(self, ask: Ask, *models: Model) -> list[Piece]:
        return [piece async for piece in self.gateway.stream(ask, lambda: Route(models))]

    async def answer(self, ask: Ask, *models: Model) -> tuple[str, Done]:
        """What a reader has at the end, and the end itself."""
        text = ""
        for piece in await self.pieces(ask, *models):
            match piece:
                case str():
                    text += piece
                case Again():
                    text = ""
                case Done():
                    return text, piece
        raise AssertionError("the stream ended without Done")


@dataclass
class Time:
    """A clock that stands still until told."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


def model(url: str, *, id: str = "small", dialect: Dialect = "openai", context: int = 32_768) -> Model:
    return Model(id=id, served=id, url=url, clearance=Level.N1, dialect=dialect, context=context)


def ask(question: str = "Quelle heure est-il ?", **more: object) -> Ask:
    return Ask(instructions="Tu aides.", question=question, **more)  # type: ignore[arg-type]


SHORT = RetryLimits(first_token=0.15, between=0.15, total=60.0)
"""For a model that is silent: no answer in time."""
PATIENT = replace(SHORT, first_token=60.0, between=60.0)
"""For all others, which a busy machine may hold up."""
