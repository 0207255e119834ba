"""What the finders of personal data yield, and the words that decide for or against a number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from core.sensitivity.data import pattern_of
from core.sensitivity.evidence import Kind

_TEST = re.compile(r"\b(?:tests?|recette|fictifs?|fictives?|sandbox|bac a sable|factice|dummy|bidon)\b")
_OTHER = pattern_of("hits.other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something personal found. Offsets are those of the folded text."""

    kind: Kind
    start: int
    end: int


class Span(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Taken:
    """Spans already found, by blocks of 64 characters, to leave out what overlaps them."""

    def __init__(self, hits: Iterable[Span]) -> None:
        self._blocks: dict[int, list[Span]] = {}
        for hit in hits:
            for block in range(hit.start >> 6, (hit.end >> 6) + 1):
                self._blocks.setdefault(block, []).append(hit)

    def free(self, hit: Span) -> bool:
        near = (h for block in range(hit.start >> 6, (hit.end >> 6) + 1) for h in self._blocks.get(block, ()))
        return not any(h.start < hit.end and hit.start < h.end for h in near)


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def named_otherwise(about: str) -> bool:
    """Do the words just before say that the number is a reference, an order, a parcel …?"""
    return bool(_OTHER.search(about))


def is_example(about: str) -> bool:
    return bool(_TEST.search(about))
