"""What is asked of a model, and what comes back, whatever the dialect."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal

from core.gateway.catalogue import Model, Task

Finish = Literal["stop", "length", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One earlier question and its answer."""

    question: str = field(repr=False)
    answer: str = field(repr=False)


ROUND_THE_TEXT = {"fr": "Autour du texte", "en": "Round the text"}
"""Heading of what stands round the text of a material: its headers, comments, watermarks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A text to work on: a document, a quoted message, a range of messages. Data, never instructions.

    `name` is what people call it (file name). A form feed separates pages.
    """

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionPicture:
    """A picture to look at, as JPEG. `tokens`: what it takes of a model's window, at most."""

    data: bytes = field(repr=False)
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. `instructions` is the bot's prompt file; everything else comes from people.

    Each text from people travels as a message of its own, materials fenced. `picture` goes with the question.
    `answer_tokens` is the room kept for the answer. `eager`: would somebody see more of the answer now, were
    there more? Where nobody would, a stream's text may come later, together.
    """

    instructions: str = field(repr=False)
    question: str = field(repr=False)
    history: tuple[Exchange, ...] = ()
    materials: tuple[Material, ...] = ()
    picture: VisionPicture | None = None
    language: str = "fr"
    task: Task = "chat"
    answer_tokens: int = 1024
    eager: Callable[[], bool] = field(default=lambda: True, repr=False, compare=False)

    @property
    def given(self) -> list[str]:
        """All that people gave: the question, the history, the materials with their names."""
        said = [text for each in self.history for text in (each.question, each.answer)]
        return [self.question, *said, *(text for each in self.materials for text in (each.name, each.text))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the gateway counted them (estimated when it did not), and its own impact figures."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    kwh: tuple[float, float] | None = None
    kgco2eq: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """The stream broke and the question is asked anew: the text that came before is void."""

    model: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The answer is complete. `served` is the model's name in the gateway's answer."""

    model: Model
    served: str
    finish: Finish
    usage: Usage


Piece = str | Again | Done
"""More text of the answer, or what becomes of it."""


async def whole(
    pieces: AsyncGenerator[Piece], show: Callable[[str], None] = lambda _: None
) -> tuple[str, Done]:
    """Read an answer to its end. `show` gets what has come so far; what `pieces` raises passes through."""
    text = ""
    async with aclosing(pieces):
        async for piece in pieces:
            match piece:
                case str():
                    text += piece
                    show(text)
                case Again():
                    text = ""
                case Done():
                    return text, piece
    raise RuntimeError("a stream ended without Done")
