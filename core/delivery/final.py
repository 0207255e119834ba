"""What an answer is made of, and a finished answer as it is kept until it is delivered."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter

from core.connector import File, Readers
from core.sensitivity.level import Level


def _kept(file: File) -> dict[str, Any]:
    return asdict(file) | {"data": base64.b64encode(file.data).decode()}


def _file(kept: dict[str, str] | None) -> object:
    return {**kept, "data": base64.b64decode(kept["data"])} if kept else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A finished answer as it is kept until it is delivered.

    `remember` is what the session keeps of it; None for service words. `failed`: it says that the question
    could not be handled. `revises`: it takes the place of an earlier answer, whose messages are not this
    job's to delete. `readers`, `writers`: see `Draft`. `first` is the number of its first message; those
    before it give way to it."""

    text: str = field(repr=False)
    level: Level
    remember: str | None = field(default=None, repr=False)
    file: Annotated[File | None, PlainSerializer(_kept, when_used="unless-none"), BeforeValidator(_file)] = (
        None
    )
    failed: bool = False
    revises: bool = False
    readers: Readers = None
    writers: tuple[str, ...] = ()
    first: int = 0


FINAL = TypeAdapter(Final)
"""A finished answer from and to JSON; the bytes of its file in Base64."""


class Origin(Protocol):
    """What an answer is made of: its level now, who could read all of it, the models that wrote in it."""

    @property
    def level(self) -> Level: ...
    @property
    def readers(self) -> Readers: ...
    @property
    def writers(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWords:
    """What service words are made of, and private ones: an `Origin` that does not change."""

    level: Level = Level.N0
    readers: Readers = None
    writers: tuple[str, ...] = ()
