"""Planted errors that the checker points out, and false alarms a page, on tests/data/grounding."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.grounding import Grounds
from tests.bench.table import Row, show

FOLDER = Path(__file__).parents[1] / "data" / "grounding"
PAGE = 2_000
"""Characters of a page of synthesis: some 300 words."""
_PLANT = re.compile(r"\{\{(.*?)\|(.*?)\}\}")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A source, the synthesis with its errors, where they are, and the synthesis without them."""

    name: str
    source: str
    planted: str
    spans: tuple[tuple[int, int], ...]
    right: str


@dataclass(frozen=True, kw_only=True)
class Score:
    planted: int
    missed: tuple[str, ...]
    false: tuple[str, ...]
    pages: float
    seconds: float

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / self.planted

    @property
    def alarms(self) -> float:
        """False ones, a page."""
        return len(self.false) / self.pages


def cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.md")):
        source, found, synthesis = path.read_text(encoding="utf-8").partition("\n=====\n")
        if not found:
            continue
        planted, spans = "", list[tuple[int, int]]()
        at = 0
        for plant in _PLANT.finditer(synthesis):
            planted += synthesis[at : plant.start()]
            spans.append((len(planted), len(planted) + len(plant[1])))
            planted += plant[1]
            at = plant.end()
        yield Case(
            name=path.stem,
            source=source,
            planted=planted + synthesis[at:],
            spans=tuple(spans),
            right=_PLANT.sub(r"\2", synthesis),
        )


def score() -> Score:
    """An error is found when a doubt overlaps it; a doubt about what is right is a false alarm."""
    missed, false = list[str](), list[str]()
    planted = 0
    characters = 0
    began = time.perf_counter()
    for case in cases():
        known = Grounds([case.source])
        planted += len(case.spans)
        characters += len(case.planted) + len(case.right)
        places = _places(case.planted, [doubt.text for doubt in known.doubts(case.planted)])
        for start, end in case.spans:
            if not any(start < last and first < end for first, last in places):
                missed.append(f"{case.name}: {case.planted[start:end]}")
        for first, last in places:
            if not any(start < last and first < end for start, end in case.spans):
                false.append(f"{case.name}: {case.planted[first:last]}")
        false += [f"{case.name}: {doubt.text}" for doubt in known.doubts(case.right)]
    return Score(
        planted=planted,
        missed=tuple(missed),
        false=tuple(false),
        pages=characters / PAGE,
        seconds=time.perf_counter() - began,
    )


def _places(text: str, doubts: list[str]) -> list[tuple[int, int]]:
    """Where doubts stand: they come in reading order."""
    found: list[tuple[int, int]] = []
    at = 0
    for doubt in doubts:
        at = text.find(doubt, at)
        found.append((at, at + len(doubt)))
    return found


def main(*, quick: bool = False) -> None:
    """`quick` changes nothing: it takes a second."""
    result = score()
    for line in result.missed:
        print(f"missed  {line}")
    for line in result.false:
        print(f"false   {line}")
    show(
        "Grounding: what is not in the source",
        [
            Row(what="planted errors", measured=result.planted),
            Row(what="missed", measured=100 - 100 * result.recall, unit="%", goal=5),
            Row(what="false alarms a page", measured=result.alarms, goal=0.3, note=f"of {PAGE} characters"),
            Row(what="milliseconds a page", measured=1000 * result.seconds / result.pages, unit="ms"),
        ],
    )
