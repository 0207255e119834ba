"""What the reader of unmarked texts learns: texts as their hands wrote them, and between harmless words.

The corpus is in tests/data/sensitivity/unmarked: `hand-N`, one file for each of several people, who wrote
independently of each other and of the rules; `office-N`, harmless texts of life in an office by others, full
of names; `public-1`, stretches of documents that permissive packages of Python and Debian publish, none of
those that `tests.eval.public` measures. `more-N` are short texts in several manners, harmless and sensitive,
by one who had seen some texts of the hands, and harmless ones that had been taken for sensitive: they are
learned, and none is measured. So are requests of relais itself (`tests/data/understanding/learned.jsonl`),
and what looks like markings and identifiers and is none (`tests/core/sensitivity/families.py`, the harmless
texts of the labelled sets).
`kept*` are hands that nothing is learned from.

A hand is learned from or left out with its group. What stands between harmless words stands between those of
the set `learned` (`tests.eval.padding`) and, in French, between sentences of ordinary texts of its own group.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from core.sensitivity.assess import assess
from core.sensitivity.level import Kind, Level
from tests.bench.sensitivity import labelled
from tests.core.sensitivity import families
from tests.eval.padding import FORMS, frames, padded

CORPUS = Path(__file__).parents[1] / "data" / "sensitivity" / "unmarked"
HARMLESS = ("twin", "ordinary", "office", "other", "request")
"""Kinds of texts that are not sensitive: those of the same words, everyday ones, life in an office, and what
all learn from."""
GROUPS = 3
"""Groups of hands that a reader is learned without, one after the other."""
_NAMES: dict[str, Kind] = {"credentials": "credential", "justice": "judicial", "people_list": "list"}
"""Kinds that the people who wrote called otherwise."""
_BETWEEN = {"sensitive": 0.62, "twin": 0.62, "ordinary": 0.5, "office": 0.4, "request": 0.1, "other": 0.15}
"""The share of the texts of each sort that are learned between harmless words too."""
_LABELLED = ("first.jsonl", "second.jsonl", "third.jsonl")
_REQUESTS = 5500
_SHORTEST = 20
"""Characters of a request of relais; shorter ones are answers and orders of a word."""
LONGEST = 600
"""Characters that are encoded."""
_LONGEST_INSIDE = 480
_NEIGHBOURS = 1200
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SEED = 11


class Label(NamedTuple):
    """A text as its hand wrote it; `between`: it stands between harmless words that are not the hand's."""

    hand: str
    text: str
    kind: str
    level: Level
    between: bool = False

    @property
    def harmless(self) -> bool:
        return self.kind in HARMLESS

    @property
    def group(self) -> int | None:
        """Which of the groups its hand is of, whoever else comes: hands that write alike are in different
        ones. None: all learn from it."""
        name, _, number = self.hand.partition("-")
        return (int(number) + int(number) // 10 - 1) % GROUPS if name in ("hand", "office") else None


def labels(paths: Iterable[Path]) -> Iterator[Label]:
    """The texts of some files."""
    for path in paths:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for entry in map(json.loads, filter(str.strip, lines)):
                hand = path.name.split(".")[0]
                kind = "office" if hand.startswith("office") else _NAMES.get(entry["kind"], entry["kind"])
                yield Label(hand, entry["text"], kind, Level.parse(entry["level"]))


def measured() -> list[Label]:
    """What the hands wrote."""
    return list(labels(path for name in ("hand", "office") for path in sorted(CORPUS.glob(f"{name}-*.gz"))))


def learned() -> list[Label]:
    """All that is learned."""
    chance, by = random.Random(_SEED), frames("learned")
    found = [*measured(), *labels(sorted(CORPUS.glob("more-*.gz")))]
    found += [Label("other", text, "other", Level.N0) for text in _stretches()]
    found += [Label("other", text, "other", Level.N1) for text in _alike()]
    found += [Label("other", text, "request", Level.N1) for text in chance.sample(_requests(), _REQUESTS)]
    more = {group: _neighbours(found, group, chance) for group in (None, *range(GROUPS))}
    for each in tuple(found):
        share = _BETWEEN[each.kind if each.harmless else "sensitive"]
        if len(each.text) <= _LONGEST_INSIDE and chance.random() < share:
            form = chance.choice((*FORMS, "amid", "asked"))
            text = padded(each.text, form, by, chance, more[each.group])
            if len(text) <= LONGEST:
                found.append(each._replace(text=text, between=True))
    return found


def put_between(each: Label) -> Label | None:
    """The text between words that are measured with, and never learned; None: it would be too long."""
    chance = random.Random(f"m{each.text}")
    text = padded(each.text, chance.choice(FORMS), frames("measured"), chance)
    return each._replace(text=text, between=True) if len(text) <= LONGEST else None


def _stretches() -> list[str]:
    with gzip.open(CORPUS / "public-1.jsonl.gz", "rt") as lines:
        return [entry["text"] for entry in map(json.loads, lines)]


def _alike() -> Iterator[str]:
    """What looks like markings and identifiers, and is none."""
    for entry in labelled(*_LABELLED):
        if "N1" in entry["levels"]:
            yield entry["text"]
    yield from (text for _, text in families.decoys(times=5))
    yield from families.talked()


def _requests() -> list[str]:
    with (CORPUS.parents[1] / "understanding" / "learned.jsonl").open() as lines:
        asked = {json.loads(line)["text"] for line in lines}
    return sorted(each for each in asked if len(each) >= _SHORTEST and each.lstrip()[0] not in "!/")


def _neighbours(of: Sequence[Label], group: int | None, chance: random.Random) -> list[str]:
    """Sentences of a group's ordinary texts in which the rules find nothing."""
    own = [each.text for each in of if each.kind in ("ordinary", "office") and each.group == group]
    found = [s for text in own for s in _SENTENCE.split(text)]
    found = [s for s in found if 25 <= len(s) <= 110 and s[0].isupper() and s[-1] in ".!?"]
    chance.shuffle(found)
    return [s for s in found[:_NEIGHBOURS] if assess(s, learned=False).level < Level.N2]
