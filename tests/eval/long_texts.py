"""How often a sensitive paragraph in a long harmless text is found by the learned reader, and at what cost.

Each sensitive text that the reader finds alone, and the rules do not, is set as a paragraph of its own at
some place of harmless pages of 6, 50 and 200 kB: stretches of public documents; harmless texts of the hands
(of the same words, about nobody); life in an office, full of names; manuals and documentation of this machine
(with whatever folders are named, as for `tests.eval.public`). Found: something is raised or asked about
there. How many of the pages are asked about when nothing is set into them stands beside it.

Run: `python -m tests.eval.long_texts [--texts kept] [--sample 72] [FOLDER ...]`; `kept` is for measuring, and
nothing is set by it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.language.folding import plain_letters
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from core.sensitivity.unmarked.reader import Impression, read
from tests.eval.public import ROOT, chosen

CORPUS = Path(__file__).parents[1] / "data" / "sensitivity" / "unmarked"
HARMLESS = ("twin", "ordinary", "public")
_DOCUMENTS = 60
_PAGES = 4
"""Different pages of a kind and size."""


def entries(names: str) -> Iterator[tuple[str, str]]:
    """The kind and the text of each entry of some files."""
    for path in sorted(CORPUS.glob(f"{names}.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            yield from ((entry["kind"], entry["text"]) for entry in map(json.loads, lines))


def impressions(text: str) -> list[Impression]:
    return [impression for _, impression in read([text], [plain_letters(text)])]


def found_alone(names: str, sample: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Sensitive texts that the reader finds and the rules do not, of those of each kind that are sampled."""
    told = list(entries(names))
    kinds = sorted({kind for kind, _ in told}.difference(HARMLESS))
    for kind in kinds:
        own = [text for each, text in told if each == kind]
        for text in chance.sample(own, min(sample // len(kinds), len(own))):
            if assess(text, learned=False).level < Level.N2 and impressions(text):
                yield kind, text


def sources(folders: Sequence[Path]) -> dict[str, list[str]]:
    """Harmless texts, by where they come from."""
    documents = chosen((ROOT / "docs", Path("/usr/share/man"), *folders), _DOCUMENTS)
    hands = (*entries("hand-*"), *entries("kept"))
    return {
        "public": [text for _, text in entries("public-1")],
        "hands": [text for kind, text in hands if kind in HARMLESS],
        "office": [text for _, text in entries("office-*")],
        "documents": [text for _, text in documents],
    }


def page(source: Sequence[str], size: int, chance: random.Random) -> list[str]:
    """Paragraphs of some texts in any order, about as many characters as `size`."""
    made: list[str] = []
    while True:
        for text in chance.sample(source, len(source)):
            for paragraph in filter(str.strip, text.split("\n\n")):
                if size <= 0:
                    return made
                made.append(paragraph)
                size -= len(paragraph) + 2


def found(paragraphs: Sequence[str], text: str, chance: random.Random) -> bool:
    """Is the text found at some place among the paragraphs?"""
    at = chance.randrange(len(paragraphs) + 1)
    start = len("\n\n".join([*paragraphs[:at], ""]))
    long = "\n\n".join([*paragraphs[:at], text, *paragraphs[at:]])
    return any(each.start < start + len(text) and start < each.end for each in impressions(long))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", default="hand-*", help="whose sensitive texts")
    parser.add_argument("--sample", type=int, default=72)
    parser.add_argument("--kb", type=int, nargs="*", default=[6, 50, 200])
    parser.add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args()
    chance = random.Random(14)
    sensitive = list(found_alone(given.texts, given.sample, chance))
    missed = Counter[str]()
    tried = Counter[str]()
    print(
        f"{len(sensitive)} texts\n\n| pages | kB | found | pages asked about | CPU |\n|---|---|---|---|---|"
    )
    for name, source in sources(given.folders).items():
        for kb in given.kb:
            pages = [page(source, 1000 * kb, chance) for _ in range(_PAGES)]
            asked = sum(bool(impressions("\n\n".join(each))) for each in pages)
            start = time.process_time()
            hits = [found(pages[n % _PAGES], text, chance) for n, (_, text) in enumerate(sensitive)]
            spent = (time.process_time() - start) / len(hits) / kb * 1000
            tried.update(kind for kind, _ in sensitive)
            missed.update(kind for (kind, _), hit in zip(sensitive, hits, strict=True) if not hit)
            share = 100 * sum(hits) / len(hits)
            print(f"| {name} | {kb} | {share:.0f} % | {asked} of {_PAGES} | {spent:.2f} s/MB |")
            sys.stdout.flush()
    print("\n| kind | missed |\n|---|---|")
    for kind, count in sorted(tried.items()):
        print(f"| {kind} | {missed[kind]} of {count} |")


if __name__ == "__main__":
    main()
