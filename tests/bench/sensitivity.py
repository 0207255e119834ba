"""Precision and recall of `core.sensitivity` on the labelled sets, and its speed, on hostile texts too.

The sets are in tests/data/sensitivity: `first.jsonl` was written before the rules, `second.jsonl` after
them and before it was tried. 6 of its 243 texts were wrong then: two missed contacts, two missed and one
invented fact about a person, one list of markings taken for stamps. `third.jsonl` was written by somebody who
had seen neither rules nor sets, in three batches, each tried once before anything was mended: 5 of 120, 7 of
121 and 4 of 120 texts were wrong (no level too high; two stamps missed and one asked about, seven facts about
persons missed, four questions about file names or titles not asked, a test card and the lines for machines
of a passport missed). All were mended since, by rules: no set is unseen now. Beside them are families of
texts whose level follows from how they are made.

Run: `python -m tests.bench.sensitivity [--quick]`.
"""

from __future__ import annotations

import gzip
import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.sensitivity.assess import assess
from core.sensitivity.level import Assessment, Evidence
from core.sensitivity.personal import facts
from core.sensitivity.unmarked.reader import is_doubtful
from tests.bench.table import Row, show
from tests.core.sensitivity import families
from tests.core.sensitivity.hostile import KINDS, hostile

DATA = Path(__file__).parents[1] / "data" / "sensitivity"
MARKINGS = frozenset(("marking", "tlp", "pap", "label", "unknown_marking"))
FACTS = facts.FACTS | {"list"}
PROTECTED = ("health", "union", "religion", "sexual", "judicial", "political")
CHECKED = ("nir", "nif", "iban", "rib", "card", "siren", "siret", "rpps")
"""Kinds with check digits."""


@dataclass
class Score:
    """Counts over texts. Markings are scored by text: strong, weak, or talk; identifiers by place."""

    texts: int = 0
    wrong: list[str] = field(default_factory=list)
    hit: Counter[str] = field(default_factory=Counter[str])
    missed: Counter[str] = field(default_factory=Counter[str])
    invented: Counter[str] = field(default_factory=Counter[str])

    def recall(self, kinds: Iterable[str]) -> float:
        return _share(self.hit, self.missed, kinds)

    def precision(self, kinds: Iterable[str]) -> float:
        return _share(self.hit, self.invented, kinds)

    @property
    def kinds(self) -> list[str]:
        return sorted({*self.hit, *self.missed, *self.invented})


def _share(right: Counter[str], wrong: Counter[str], kinds: Iterable[str]) -> float:
    kinds = list(kinds)
    good, bad = sum(right[k] for k in kinds), sum(wrong[k] for k in kinds)
    return good / (good + bad) if good + bad else 1.0


def labelled(*names: str) -> Iterator[dict[str, Any]]:
    """Texts with what is expected of each: levels (any of them), sublevel, ask, marking, spans."""
    for name in names or ("first.jsonl", "second.jsonl", "third.jsonl"):
        with (DATA / name).open() as lines:
            yield from map(json.loads, lines)


def score(entries: Iterable[dict[str, Any]]) -> Score:
    total = Score()
    for entry in entries:
        assessment = assess(entry["text"])
        total.texts += 1
        if not _right(entry, assessment):
            total.wrong.append(entry["id"])
        if "kinds" in entry:
            _score_kinds(total, entry, assessment)
        else:
            _score_marking(total, entry, assessment)
            _score_spans(total, entry, assessment)
    return total


def _right(entry: dict[str, Any], assessment: Assessment) -> bool:
    level = assessment.level.name in entry["levels"]
    if not entry["ask"] or "kinds" not in entry:
        level = level and assessment.sublevel == entry["sublevel"]
    return level and entry["ask"] in (assessment.ask, None)


def _score_kinds(total: Score, entry: dict[str, Any], assessment: Assessment) -> None:
    """By text: a stamp by the level that it gives, what is told of persons by its kind."""
    if entry["sublevel"]:
        hit = assessment.sublevel == entry["sublevel"] and not assessment.ask
        (total.hit if hit else total.missed)["strong marking"] += 1
    found = {e.kind for e in assessment.evidence}
    for kind in entry["kinds"]:
        (total.hit if kind in found else total.missed)[kind] += 1
    total.invented.update(found & {*CHECKED, *PROTECTED} - set(entry["kinds"]))


def _score_marking(total: Score, entry: dict[str, Any], assessment: Assessment) -> None:
    strengths = {e.strength for e in assessment.evidence if e.kind in MARKINGS}
    found = "strong" if "strong" in strengths else "weak" if "weak" in strengths else None
    expected = entry["marking"]
    if found == expected:
        if expected:
            total.hit[f"{expected} marking"] += 1
        return
    if expected:
        total.missed[f"{expected} marking"] += 1
    if found:
        total.invented[f"{found} marking"] += 1


def _score_spans(total: Score, entry: dict[str, Any], assessment: Assessment) -> None:
    left = [e for e in assessment.evidence if e.kind not in MARKINGS | FACTS]
    for kind, start, end in entry["spans"]:
        found = next((e for e in left if e.kind == kind and _overlap(e, start, end)), None)
        if found is None:
            total.missed[kind] += 1
        else:
            left.remove(found)
            total.hit[kind] += 1
    total.invented.update(e.kind for e in left)


def _overlap(evidence: Evidence, start: int, end: int) -> bool:
    return evidence.start < end and start < evidence.end


PROSE = (
    "Le directeur a présenté le bilan de l’exercice écoulé et rappelé les objectifs de la période à venir. "
    "Les services instructeurs ont transmis leurs observations ; elles portent sur le calendrier, le budget "
    "et la gouvernance.\n"
)
PAGE = (
    "MINISTÈRE DE LA TRANSITION – DIFFUSION RESTREINTE – page 3\n\n"
    "Objet : programme de travaux 2026 – secteur Nord\nRéf. : note n° 123/SG du 12 mars 2025\n\n"
    + PROSE * 5
    + "\n| Site | Coût | Échéance |\n|---|---|---|\n"
    + "| Digue sud | 1 234 567,00 € | 15/04/2026 |\n" * 4
    + "\nM. Paul Durand, chef de bureau, a validé ce calendrier ; Mme Roux est en arrêt maladie.\n"
    "Virement : FR76 3000 4008 2300 0012 3456 778\n\nCordialement,\nClaire Petit – 01 40 81 21 22 – "
    "claire.petit@ministere.example\n12 rue des Prés, 38000 Grenoble – SIRET 130 025 265 00013\n\f"
)


def main(*, quick: bool = False) -> None:
    total = score(labelled())
    wrong = len(total.wrong)
    rows = [
        Row(what="texts whose level or question is wrong", measured=wrong, goal=0, note=f"of {total.texts}"),
        Row(what="strong markings missed", measured=total.missed["strong marking"], goal=0),
        Row(what="levels raised by talk about markings", measured=_raised(), goal=0),
        Row(what="checked numbers missed", measured=100 * (1 - total.recall(CHECKED)), unit="%", goal=3),
        Row(what="checked numbers invented", measured=100 * (1 - total.precision(CHECKED)), unit="%", goal=3),
    ]  # fmt: skip
    show("Sensitivity, on the labelled sets", rows)
    print("\n| kind | texts or places | recall | precision |\n|---|---|---|---|")
    for kind in total.kinds:
        places = total.hit[kind] + total.missed[kind]
        print(f"| {kind} | {places} | {total.recall([kind]):.3f} | {total.precision([kind]):.3f} |")
    show("Sensitivity, on families of texts", _families())
    show("Sensitivity, speed on one core", _speeds(quick))


def _families() -> list[Row]:
    """Markings in every form and place, talk about them, numbers in every spacing, decoys."""
    stamped = [_shown(text) == level for level, _, text in families.stamped()]
    talk = [_shown(text) == "N1" for text in families.talked()]
    numbers = [
        any(e.kind == kind for e in assess(text).evidence) for kind, _, text in families.numbered(times=20)
    ]
    decoys = [_shown(text) == "N1" for _, text in families.decoys(times=60)]
    return [
        _wrong("markings in other forms or places", stamped, 0),
        _wrong("levels raised by talk about markings", talk, 0),
        _wrong("checked numbers missed", numbers, 3),
        _wrong("decoys taken for personal data", decoys, 1),
    ]


def _wrong(what: str, right: list[bool], goal: float) -> Row:
    share = 100 * right.count(False) / len(right)
    return Row(what=what, measured=share, unit="%", goal=goal, note=f"of {len(right)}")


def _shown(text: str) -> str:
    assessment = assess(text)
    return (assessment.sublevel or assessment.level.name) + ("?" if assessment.ask else "")


def _raised() -> int:
    talk = (e for e in labelled("first.jsonl", "second.jsonl") if e["about"] == "mention")
    return sum(assess(entry["text"]).level.name not in entry["levels"] for entry in talk)


def _speeds(quick: bool) -> list[Row]:
    size = 100_000 if quick else 1_000_000
    mixed = "\n\n".join(entry["text"] for entry in labelled())
    rows = [
        Row(what="prose", measured=_seconds(PROSE, size) / size * 1e6, unit="s/MB", goal=1),
        Row(what="pages of notes", measured=_seconds(PAGE, size) / size * 1e6, unit="s/MB", goal=1),
        Row(what="public documents", measured=_public(size), unit="s/MB", goal=1),
        Row(what="public documents, 50 kB of them", measured=_public(50_000), unit="s/MB", goal=1),
        _messages(),
        Row(
            what="labelled texts, a marking in each",
            measured=_seconds(mixed, size) / size * 1e6,
            unit="s/MB",
        ),
    ]
    for name in KINDS:
        half, whole = (_seconds(hostile(name, part), part) for part in (size // 8, size // 4))
        note = f"{whole / (size / 4) * 1e6:.1f} s/MB"
        rows.append(Row(what=f"twice as much of: {name}", measured=whole / half, unit="×", goal=3, note=note))
    return rows


def _public(size: int) -> float:
    return _seconds("\n\n".join(each["text"] for each in _unmarked("public-1")), size) / size * 1e6


def _messages() -> Row:
    """CPU of an ordinary message: the rules, the first reader, and the second where the first doubts."""
    texts = [each["text"] for each in _unmarked("kept") if each["kind"] == "ordinary"]
    again, best = 0, math.inf
    for _ in range(3):
        start = time.process_time()
        doubtful = [is_doubtful([text]) for text in texts]
        for text, learned in zip(texts, doubtful, strict=True):
            assess(text, learned=learned)
        again, best = sum(doubtful), min(best, time.process_time() - start)
    note = f"{again} of {len(texts)} read twice"
    return Row(what="an ordinary message", measured=1000 * best / len(texts), unit="ms", goal=2, note=note)


def _unmarked(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(DATA / "unmarked" / f"{name}.jsonl.gz", "rt") as lines:
        yield from map(json.loads, lines)


def _seconds(piece: str, size: int) -> float:
    """CPU of assessing `size` characters, the better of two."""
    text = (piece * (size // len(piece) + 1))[:size]
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        assess(text)
        best = min(best, time.process_time() - start)
    return best


if __name__ == "__main__":
    main()
