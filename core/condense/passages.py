"""The passages of long works that answer a question, chosen by BM25, as many as fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.condense.chunks import Atom, atoms, materials, size
from core.condense.works import Work
from core.gateway.ask import Material
from core.gateway.engines.extracts.cues import asks_summary
from core.gateway.engines.extracts.ranking import passages as ranked
from core.gateway.engines.extracts.units import units
from core.gateway.tokens import estimate

MOST = 24
"""Units of text that may be hits of one question."""
ENOUGH = 6_000
"""Tokens of passages that answer a question; what is shorter goes whole."""
_LONGEST = 300
_AROUND = 1
"""Pieces taken with a hit on each side, while there is room."""


def chosen(works: Sequence[Work], question: str, room: int) -> tuple[Material, ...]:
    """What of the works answers best, in reading order, with its marks, in at most `room` tokens.

    Empty when no word of the question occurs in them."""
    pieces = atoms(works, longest=_LONGEST)
    hits = _hits(pieces, question)
    taken: set[int] = set()
    for spread in range(_AROUND + 1):
        for hit in hits:
            for near in {hit - spread, hit + spread}:
                if near in taken or not _beside(pieces, hit, near):
                    continue
                if _size([*taken, near], pieces, works) > room:
                    continue
                taken.add(near)
    return materials([_apart(pieces, taken, number) for number in sorted(taken)], works)


def relevant(works: Sequence[Work], question: str, room: int) -> tuple[Material, ...] | None:
    """What a model needs of the works for a question, in at most `room` tokens: all when that is little,
    else the passages that answer, else all. None when nothing answers and all do not fit."""
    every = atoms(works, longest=_LONGEST)
    fits = _size(range(len(every)), every, works) <= room
    if fits and size(every) <= ENOUGH:
        return materials(every, works)
    if not asks_summary(question) and (found := chosen(works, question, min(room, ENOUGH))):
        return found
    return materials(every, works) if fits else None


def _hits(pieces: Sequence[Atom], question: str) -> list[int]:
    """Numbers of the pieces that answer, best first."""
    found = units(tuple(Material(name="", text=piece.text) for piece in pieces))
    return list(dict.fromkeys(found[number].material for number in ranked(found, question, MOST)))


def _beside(pieces: Sequence[Atom], hit: int, near: int) -> bool:
    return 0 <= near < len(pieces) and pieces[near].work == pieces[hit].work


def _apart(pieces: Sequence[Atom], taken: set[int], number: int) -> Atom:
    """What is left out before a piece shows."""
    piece = pieces[number]
    return piece if number - 1 in taken or number == 0 else replace(piece, glue="\n\n[…]\n\n")


def _size(numbers: Iterable[int], pieces: Sequence[Atom], works: Sequence[Work]) -> int:
    """Tokens, what surrounds each material included."""
    atoms_ = [pieces[number] for number in sorted(numbers)]
    documents = {atom.work for atom in atoms_}
    return size(atoms_) + 2 * len(atoms_) + sum(75 + estimate(works[number].name) for number in documents)
