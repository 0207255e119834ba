"""The learned reader of markings in use: taught, and judged on texts that it never learned from.

    python -m tests.eval.markings learn  teach it (needs numpy and scipy) and write its weights
    python -m tests.eval.markings        what it misses and raises on the texts that were kept

Texts are by several hands, who knew no rule (tests/data/sensitivity/markings). `hand-*` and `ways` are
learned from; `kept-*` never are. Lessons are these texts, the labelled ones in frames that the judgement does
not use, and the words of markings in ordinary texts and in relais' own pages.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from core.language.folding import plain_letters
from core.language.learned import LearnedReader
from core.sensitivity.assess import assess
from core.sensitivity.level import MARKINGS, Level
from core.sensitivity.markings import in_use
from core.sensitivity.markings.vocabulary import vocabulary_with
from tests.bench.sensitivity import labelled
from tests.core.sensitivity.families import talked
from tests.core.sensitivity.stamps import STRONG, TALK, WEAK
from tests.eval.frames import LEARNED, WRAPPERS, Frame, frames

DATA = Path("tests/data/sensitivity")
WEIGHTS = Path("core/sensitivity/data/markings_in_use.bin")
LEARNED_TEXTS = ("first.jsonl", "second.jsonl")
"""Labelled texts that are learned from; the frames of the third are for the judgement."""
PUBLISHED = (Path("README.md"), *sorted(Path("docs").glob("*.md")))
"""relais' own pages, which speak of markings and carry none."""
ORDINARY_SHARE = 0.3
HAND_SHARE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One place of a marking's words: does it mark its text? `share`: how much it counts."""

    features: list[str]
    marks: bool
    share: float = 1.0


def lessons_of(
    text: str, share: float, *, marks: bool, stamps: Iterable[tuple[int, int]] | None = None
) -> Iterator[Lesson]:
    """The lessons of one text. `stamps`: where it is marked, in its folded letters; None: everywhere."""
    found = in_use.places(text, vocabulary_with(()))
    for place in found:
        marked = marks and (stamps is None or any(a < place.end and place.start < b for a, b in stamps))
        if marks and not marked:
            continue  # what a marked text says further of markings teaches neither
        yield Lesson(features=in_use.features(text, place, found), marks=marked, share=share)


def lines(name: str) -> Iterator[dict[str, Any]]:
    """The texts of the files of this name in the folder of markings."""
    for path in sorted((DATA / "markings").glob(f"{name}-*.jsonl")):
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def by_hand() -> Iterator[Lesson]:
    for each in lines("hand"):
        yield from lessons_of(plain_letters(each["text"]).text, HAND_SHARE, marks=each["kind"] == "marks")


NAMES = (
    *("DR", "diffusion restreinte", "Diffusion Restreinte", "DIFFUSION RESTREINTE", "diff restreinte"),
    *("confidentiel", "CONFIDENTIEL", "Confidentiel", "confidentiel défense", "CONFIDENTIEL INDUSTRIE"),
    *("secret défense", "SECRET DÉFENSE", "très secret", "TRÈS SECRET", "SECRET", "secret", "SD", "CD"),
    *("TLP:AMBER", "tlp amber", "TLP:RED", "tlp:red", "TLP AMBER+STRICT", "NR", "NATO RESTRICTED"),
    *("EU RESTRICTED", "RESTREINT UE/EU RESTRICTED", "Restreint UE", "NATO SECRET", "DR - SPÉCIAL FRANCE"),
)
"""Ways to write a marking, for the places in `ways.jsonl`."""


def ways(count: int) -> Iterator[Lesson]:
    """Ways to say a marking, and to talk of one, each with several markings and ordinary texts.

    A way that needs no marking stands alone. The texts have no marking's words of their own.
    """
    random = Random(4)
    ordinary = [each["text"].strip() for each in labelled(*LEARNED_TEXTS) if each["levels"] == ["N1"]]
    ordinary = [text for text in ordinary if not in_use.places(plain_letters(text).text, vocabulary_with(()))]
    with (DATA / "markings" / "ways.jsonl").open(encoding="utf-8") as given:
        for way in map(json.loads, given):
            for name in random.sample(NAMES, count if "{m}" in way["text"] else 1):
                text = random.choice(ordinary)
                whole = way["text"].replace("{m}", name).replace("{t}", text)
                yield from lessons_of(plain_letters(whole).text, 1.0, marks=way["kind"] == "marks")


def framed(count: int) -> Iterator[Lesson]:
    """The labelled texts, bare and in frames. Where the rules find a stamp in the bare text, it is one."""
    random = Random(2)
    made = [*frames(len(WRAPPERS) * 8, LEARNED, seed=7), *[None] * 12]
    given = [(each["text"], each["levels"]) for each in labelled(*LEARNED_TEXTS)]
    given += [(text, [level[:2]]) for level, text in (*STRONG, *WEAK)] + [(text, ["N1"]) for text in TALK]
    for text, levels in given:
        assessment = assess(text, learned=False)
        stamps = [
            e
            for e in assessment.evidence
            if e.kind in MARKINGS and e.strength != "mention" and e.level >= Level.N2
        ]
        marks = bool(stamps)
        if not marks and min(map(Level.parse, levels)) >= Level.N2:
            continue
        for frame in random.sample(made, count):
            yield from _in_frame(text, frame, [text[e.start : e.end] for e in stamps], marks=marks)


def _in_frame(text: str, frame: Frame | None, stamps: list[str], *, marks: bool) -> Iterator[Lesson]:
    whole = plain_letters(frame(text) if frame else text).text
    spans: list[tuple[int, int]] = []
    for stamp in stamps:
        words = re.findall(r"[a-z0-9]+", plain_letters(stamp).text.lower())
        pattern = r"[\W_]{0,9}".join("".join(words))
        spans += [found.span() for found in re.finditer(pattern, whole.lower())][:1]
    yield from lessons_of(whole, 0.5, marks=marks, stamps=spans if marks else None)


def ordinary() -> Iterator[Lesson]:
    """The words of markings in texts that are public or internal: « un budget sensible »."""
    random = Random(3)
    for path in sorted((DATA / "unmarked").glob("hand-*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as rows:
            for each in map(json.loads, rows):
                if each["level"] in ("N0", "N1") and random.random() < 0.5:
                    yield from lessons_of(plain_letters(each["text"]).text, ORDINARY_SHARE, marks=False)


def talk() -> Iterator[Lesson]:
    """Words about markings that stand in no frame: families of texts, and the labelled texts at N1."""
    for text in sorted(talked()):
        yield from lessons_of(plain_letters(text).text, 0.5, marks=False)
    calm = (each["text"] for each in labelled() if each["levels"][0] in ("N0", "N1") and not each["ask"])
    for text in (*TALK, *calm, *(path.read_text(encoding="utf-8") for path in PUBLISHED)):
        yield from lessons_of(plain_letters(text).text, 2 * HAND_SHARE, marks=False)


def learn() -> LearnedReader:
    """Teach the reader."""
    from tools.train_reader import train

    lessons = [*by_hand(), *ways(12), *framed(20), *ordinary(), *talk()]
    print(f"{len(lessons)} places, {sum(each.marks for each in lessons)} of them mark")
    rows = [(each.features, "marks" if each.marks else "talk") for each in lessons]
    return train(rows, shares=[each.share for each in lessons], bits=15, penalty=3e-5)


def judge() -> None:
    """Print what is missed and raised on the texts that were kept."""
    for name in ("kept", "hand"):
        of: dict[str, list[tuple[bool, str]]] = defaultdict(list)
        for each in lines(name):
            of[each["kind"]].append((assess(each["text"]).level >= Level.N2, each["text"]))
        for kind, found in sorted(of.items()):
            raised = sum(one for one, _ in found)
            print(f"{name:9} {kind:6} {raised:4} of {len(found)} raised or asked about")
            for one, text in found:
                if name != "hand" and one != (kind == "marks"):
                    print("    ", text.replace("\n", " ⏎ ")[:150])


def main() -> None:
    parser = argparse.ArgumentParser(description="the reader of markings in use")
    parser.add_argument("what", nargs="?", choices=("judge", "learn"), default="judge")
    if parser.parse_args().what == "learn":
        WEIGHTS.write_bytes(learn().to_bytes())
        print(f"{WEIGHTS}: {WEIGHTS.stat().st_size} bytes; judge it in a process of its own")
    else:
        judge()


if __name__ == "__main__":
    main()
