"""The level of a text, with its evidence: `assess` is the one entry to this package's rules.

Pure and deterministic; no model, no network, no clock. The cost grows with the length of the text only:
every pattern is bounded, every look around reaches a fixed distance. Long texts are assessed off the event
loop (`assess_async`), since `re` holds the interpreter's lock while it searches.

In the sandbox it is the task `run`. A jailed process may open no file: `prepare` reads before it is forked
what the rules and the learned reader would read when first used, and every child shares it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Protocol

import orjson
from pydantic import TypeAdapter

from core.language.folding import Folded, plain_letters
from core.language.materials import SURE, Pasted
from core.sensitivity.evidence import evidence_in, evidence_in_use, is_one_word
from core.sensitivity.level import MARKINGS, TOLD, Assessment, Evidence, Level, Part
from core.sensitivity.markings.vocabulary import Mark, vocabulary_with
from core.sensitivity.pasted import materials_of, pasted_evidence
from core.sensitivity.personal.facts import read_lexicons
from core.sensitivity.personal.personal_data import ORDINARY
from core.sensitivity.unmarked.reader import is_doubtful, read
from core.sensitivity.unmarked.weights import shipped_encoder, shipped_weights

RULES_VERSION = "27"
"""Changes whenever a rule does; recorded with every decision."""

INLINE = 4_000
"""Characters that are assessed at once, on the event loop: some milliseconds, hostile ones included."""


class TaskRunner(Protocol):
    """`core.documents.sandbox.Sandbox`: runs a pure function in a jailed process."""

    async def call(self, task: str, data: bytes, arguments: dict[str, Any]) -> Any: ...


def assess(
    text: str | Sequence[Part],
    *,
    unmarked: Level = Level.N1,
    additions: Sequence[Mark] = (),
    learned: bool = True,
) -> Assessment:
    """The level of a text, or of the parts of one document or message.

    `unmarked` is the level of a text in which no marking is found; `additions` are the markings of the
    policy (`vocabulary.added`). `learned`: is what nobody stamped read by the learned reader as well?
    """
    parts = (Part(text=text),) if isinstance(text, str) else tuple(text)
    vocabulary = vocabulary_with(tuple(additions))
    folded = [plain_letters(part.text) for part in parts]
    evidence = [e for n, part in enumerate(parts) for e in evidence_in(part, folded[n], n, vocabulary)]
    sources = _sources(parts) if len(parts) > 1 else [0]
    if learned:
        evidence += _learned(parts, folded, sources, evidence)
    for number, part in enumerate(parts):
        materials = materials_of(part)
        found = pasted_evidence(part, number, materials, vocabulary)
        evidence += _unknown(found, evidence)
        if learned:
            evidence += _learned_of(materials, part, number, evidence)
        own = [each for each in evidence if each.part == number]
        evidence += evidence_in_use(part, folded[number], number, own, vocabulary)
    if not evidence:
        return Assessment(level=unmarked, denied=unmarked, rules=RULES_VERSION)
    return _concluded(tuple(evidence), sources, unmarked)


async def assess_async(
    text: str | Sequence[Part],
    *,
    unmarked: Level = Level.N1,
    additions: Sequence[Mark] = (),
    jail: TaskRunner | None = None,
) -> Assessment:
    """As `assess`, without holding up the event loop. Long texts, and those that the learned reader reads
    twice, go to `jail`, else to a thread.

    Raises what the jail raises: the caller fails closed.
    """
    parts = (Part(text=text),) if isinstance(text, str) else tuple(text)
    short = sum(len(part.text) for part in parts) <= INLINE
    told = [part for part in parts if part.place in TOLD and not is_one_word(part.text)]
    pasted = [each.text for part in told for each in materials_of(part) if each.form in SURE]
    texts = [part.text for part in told]
    if short and not (told and (is_doubtful(texts) or any(is_doubtful([text]) for text in pasted))):
        return assess(parts, unmarked=unmarked, additions=additions, learned=False)
    if jail is None:
        return await asyncio.to_thread(assess, parts, unmarked=unmarked, additions=additions)
    data = orjson.dumps({"parts": parts, "additions": list(additions)})
    answer = await jail.call(TASK, data, {"unmarked": unmarked.name})
    return from_json(answer)


TASK = "core.sensitivity.assess:run"


def with_evidence(assessment: Assessment, found: tuple[Evidence, ...]) -> Assessment:
    """Raise an assessment by more evidence of the same parts; it never falls."""
    strong = max((e.level for e in found if e.strength == "strong"), default=Level.N0)
    level = max((assessment.level, *(e.level for e in found)))
    halves = (assessment.sublevel, *(e.sublevel for e in found))
    return replace(
        assessment,
        level=level,
        sublevel=max((half for half in halves if half), default=None) if level is Level.N4 else None,
        denied=max(assessment.denied, strong),
        evidence=(*assessment.evidence, *found),
    )


def to_json(assessment: Assessment) -> dict[str, Any]:
    """Plain data."""
    return orjson.loads(orjson.dumps(assessment))


_ASSESSMENT = TypeAdapter(Assessment)


def from_json(data: Any) -> Assessment:
    """The inverse of `to_json`. Raises ValueError on another shape."""
    return _ASSESSMENT.validate_python(data)


def _learned(
    parts: Sequence[Part], folded: Sequence[Folded], sources: Sequence[int], evidence: Sequence[Evidence]
) -> Iterator[Evidence]:
    """What the learned reader finds where nobody stamped: a stamp was set by somebody who knew. Of what a
    rule surely raised, nothing more is asked."""
    sure = [e for e in evidence if e.strength == "strong"]
    stamped = {sources[e.part] for e in sure if e.kind in MARKINGS}
    raised = {sources[e.part] for e in sure if e.level >= Level.N2}
    numbers = [n for n, part in enumerate(parts) if part.place in TOLD and sources[n] not in stamped]
    for at, impression in read([parts[n].text for n in numbers], [folded[n] for n in numbers]):
        if impression.strength == "weak" and sources[numbers[at]] in raised:
            continue
        yield Evidence(
            kind=impression.kind,
            level=impression.level,
            start=impression.start,
            end=impression.end,
            strength=impression.strength,
            why="learned",
            excerpt=", ".join(_without_secrets(impression.words, numbers[at], parts, evidence)),
            part=numbers[at],
            place=parts[numbers[at]].place,
            probability=round(impression.probability, 2),
        )


def _unknown(found: Iterable[Evidence], known: Sequence[Evidence]) -> list[Evidence]:
    """The evidence that adds something to what is known: of another kind, higher or surer at its place."""
    best: dict[tuple[int, str], list[Evidence]] = {}
    for each in known:
        best.setdefault((each.part, each.kind), []).append(each)
    return [
        each
        for each in found
        if not any(
            other.level >= each.level
            and (other.strength == "strong" or other.strength == each.strength)
            and other.start < each.end
            and each.start < other.end
            for other in best.get((each.part, each.kind), ())
        )
    ]


def _learned_of(
    materials: Sequence[Pasted], part: Part, number: int, evidence: Sequence[Evidence]
) -> Iterator[Evidence]:
    """What the learned reader finds in the materials that were surely pasted as a whole.

    Of a long text it reads every paragraph by itself already.
    """
    if len(part.text) > INLINE:
        return
    raised = any(e.strength == "strong" and e.level >= Level.N2 and e.part == number for e in evidence)
    for material in materials:
        own = Part(text=material.text, place=part.place)
        if raised or material.form not in SURE or is_one_word(own.text):
            continue
        for found in _learned([own], [plain_letters(own.text)], [0], ()):
            start, end = material.span(found.start, found.end)
            yield replace(found, start=start, end=end, part=number)


def _without_secrets(
    words: Iterable[str], part: int, parts: Sequence[Part], evidence: Sequence[Evidence]
) -> list[str]:
    """The words that are no part of a secret that a rule found in the same part."""
    found = (e for e in evidence if e.kind == "credential" and e.part == part)
    secrets = " ".join(parts[part].text[e.start : e.end] for e in found).lower()
    return [word for word in words if word.lower() not in secrets]


def _sources(parts: Sequence[Part]) -> list[int]:
    """For each part the number of its source: a text with what stands round it. A file's name is its last."""
    numbers: list[int] = []
    source = 0
    for n, part in enumerate(parts):
        if n and (part.place in ("body", "quote") or parts[n - 1].place == "filename"):
            source += 1
        numbers.append(source)
    return numbers


def _sure(evidence: Iterable[Evidence], unmarked: Level) -> Level:
    """The level of one source. Its own marking alone makes it lower than the channel's level: what another
    says of itself is no word about this one."""
    strong = [e for e in evidence if e.strength == "strong"]
    marked = [e.level for e in strong if e.kind in MARKINGS]
    public = Level.N0 in marked
    counted = [e.level for e in strong if not (public and e.kind in ORDINARY and e.level is Level.N1)]
    return max(counted if marked else [unmarked, *counted])


def _concluded(evidence: tuple[Evidence, ...], sources: Sequence[int], unmarked: Level) -> Assessment:
    of: dict[int, list[Evidence]] = {source: [] for source in sources}
    for each in evidence:
        of[sources[each.part]].append(each)
    denied = max(_sure(each, unmarked) for each in of.values())
    level = max([denied, *(e.level for e in evidence if e.strength == "weak")])
    halves = [e.sublevel for e in evidence if e.sublevel and e.strength != "mention"]
    return Assessment(
        level=level,
        denied=denied,
        sublevel=max(halves, default=None) if level is Level.N4 else None,
        evidence=evidence,
        rules=RULES_VERSION,
    )


_PARTS = TypeAdapter(tuple[Part, ...])
_MARKS = TypeAdapter(tuple[Mark, ...])
_ANY = (
    "C’est du DR : Anne Petit, née le 3 mai 1980, a pour mot de passe « exemple ». ELLE EST DANS LE BUREAU."
)
"""A text at which most rules look."""


def prepare() -> None:
    """Read all data of an assessment, and compile the patterns of its rules: for a child that takes as long
    as the assessment itself."""
    read_lexicons()
    shipped_weights()
    shipped_encoder()
    assess(_ANY, learned=False)


def run(file: BinaryIO, arguments: dict[str, Any], limits: object) -> dict[str, Any]:
    """`assess` of parts and additions that come as JSON → `to_json` of the assessment."""
    given = orjson.loads(file.read())
    parts = _PARTS.validate_python(given["parts"])
    additions = _MARKS.validate_python(given["additions"])
    return to_json(assess(parts, unmarked=Level.parse(arguments["unmarked"]), additions=additions))
