"""Files within files: how each is read, and what they may unpack to together."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core.documents.document import Document, Limits
from core.documents.reading_errors import Unreadable

MAILS = 8
"""Mails within each other."""


class UnpackBudget:
    """What all files within one file may unpack to together. Raises Unreadable beyond."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.expanded
        self._mails = 0
        self._shown = limits.parts

    def spend(self, size: int) -> None:
        """Count bytes that are unpacked."""
        self._left -= size
        if self._left < 0:
            raise Unreadable("expands")

    def show(self) -> bool:
        """Count a file that another shows as a part of its own text. Return False beyond the cap.

        Such files may lie within each other and be shown many times over.
        """
        self._shown -= 1
        return self._shown >= 0

    @contextmanager
    def mail(self) -> Generator[None]:
        """Count a mail within mails while it is read. People forward forwards, which unpack nothing: more
        mails than archives may lie within each other."""
        if self._mails >= MAILS:
            raise Unreadable("nested")
        self._mails += 1
        try:
            yield
        finally:
            self._mails -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Nesting:
    """How the files within a file are read.

    `read` reads one of them (`core.documents.file_reader.read_within`). They share the `budget`. `depth`
    counts how far the file itself is within others.
    """

    read: PartReader
    budget: UnpackBudget
    depth: int = 0

    def deeper(self, levels: int = 1) -> Nesting:
        """Return the nesting of a file that lies so many levels further within."""
        return replace(self, depth=self.depth + levels)


PartReader = Callable[[bytes, str, Limits, Nesting], Document]
"""Reads the data of a file with a name, within limits."""
