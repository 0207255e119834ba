"""The one interface of every engine; `core.gateway.client` alone chooses which engine a model has."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from core.gateway.ask import Ask
from core.gateway.dialects import Chunk


class Engine(Protocol):
    """What answers for one model."""

    def load(self) -> None:
        """Load the model now, at start. Raises ConfigurationError when that is impossible."""
        ...

    def chunks(self, ask: Ask) -> AsyncGenerator[Chunk]:
        """The chunks of one answer. Closing the generator stops the work. Raises GatewayError."""
        ...
