"""The documents of a turn: those that it brings, those that it is about, and what was not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.sessions.repository import KeptMaterial
from core.texts.file_texts import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file that could not be read: `said` is the sentence for the person."""

    name: str
    said: str


@dataclass(slots=True, kw_only=True)
class Documents:
    """The documents of one turn.

    `kept` are those that the session holds from earlier turns. `brought` are the files of this turn that were
    read; `quoted` those of the messages that it is about, which the session does not keep: they are read
    again each time, as long as they stand there."""

    kept: tuple[KeptMaterial, ...] = ()
    brought: list[KeptMaterial] = field(default_factory=list[KeptMaterial])
    quoted: list[KeptMaterial] = field(default_factory=list[KeptMaterial])
    unread: list[Unread] = field(default_factory=list[Unread])
    heard: list[str] = field(default_factory=list[str])
    """The words of the voice messages of this turn."""
    left_out: list[str] = field(default_factory=list[str])
    """Sentences about what was left out of files that were read."""
    receipts: list[Receipt] = field(default_factory=list[Receipt])
    """What the files of this turn that were read were found to be."""

    @property
    def all(self) -> tuple[KeptMaterial, ...]:
        """All documents that an answer may rest on, oldest first."""
        return (*self.kept, *self.quoted, *self.brought)

    def add(self, read: Sequence[KeptMaterial], *, quoted: bool = False) -> None:
        """Add documents that were read, of this turn or `quoted` by it."""
        among = self.quoted if quoted else self.brought
        among += read
