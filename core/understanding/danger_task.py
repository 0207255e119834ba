"""The second reading for a danger as a task of the sandbox."""

from __future__ import annotations

from typing import Any, BinaryIO

from core.understanding import understand
from core.understanding.danger import danger_in, first_reader, model, second_reader
from core.understanding.understand import topic_reader


def prepare() -> None:
    """Read what the readers would read when first used: a jailed process may open no file."""
    first_reader()
    second_reader()
    model()
    topic_reader()
    understand("aide")


def run(file: BinaryIO, _arguments: dict[str, Any], _limits: object) -> str | None:
    """`danger_in` of a text in UTF-8."""
    return danger_in(file.read().decode("utf-8"), model())
