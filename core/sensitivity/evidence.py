"""The evidence that rules find in one part of a document or message, masked so that it may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.language.folding import Folded, plain_letters
from core.sensitivity.level import MARKINGS, TOLD, Evidence, Level, Part, Sublevel
from core.sensitivity.markings.finder import FoundMarking, find, find_in_subject
from core.sensitivity.markings.in_use import find_in_use
from core.sensitivity.markings.labels import (
    find_attached,
    find_declared,
    find_in_name,
    find_in_property,
    find_labels,
    find_ladder,
    find_own_heading,
    find_own_level,
)
from core.sensitivity.markings.scale import find_scale
from core.sensitivity.markings.vocabulary import Vocabulary
from core.sensitivity.personal.context import Context
from core.sensitivity.personal.facts import FACTS
from core.sensitivity.personal.personal_data import NUMBERS, Datum, find_personal
from core.sensitivity.personal.small_letters import with_capitals
from core.sensitivity.secrets.credentials import Credential, find_credentials

_NO_PERSONS = frozenset(("property", "filename"))
_RUNNING = frozenset(("subject", "header", "footer"))
_WRITTEN = TOLD - _RUNNING
_WORD_ALONE = re.compile(r"\s*[^\W\d_]{1,15}[\s.!?…]*")


def is_one_word(text: str) -> bool:
    """True for a text in which nothing but a marking can stand: one word, shorter than any key."""
    return _WORD_ALONE.fullmatch(text) is not None


def evidence_in(part: Part, folded: Folded, number: int, vocabulary: Vocabulary) -> Iterator[Evidence]:
    """Yield what the rules find in one part. `number` is the place of the part among all."""
    if part.place == "unread":
        yield _of_unread(number)
        return
    alone = is_one_word(folded.text)
    only = alone and part.place in _WRITTEN
    for finding in find(folded.text, vocabulary) if only else markings_in(part, folded.text, vocabulary):
        yield of_marking(finding, part, folded, number)
    if alone or part.place in _NO_PERSONS:
        return
    context = Context(folded.text)
    for finding in () if part.place in _RUNNING else find_declared(context, vocabulary):
        yield of_marking(finding, part, folded, number)
    data = find_personal(context.rewritten(with_capitals(folded.text)))
    for datum in data:
        yield _of_datum(datum, part, folded, number)
    for credential in find_credentials(context, (d for d in data if d.kind in NUMBERS)):
        yield _of_credential(credential, part, folded, number)


def evidence_in_use(
    part: Part, folded: Folded, number: int, known: Sequence[Evidence], vocabulary: Vocabulary
) -> Iterator[Evidence]:
    """Yield the markings that only the learned reader sees, where no rule found one as high in the part."""
    if part.place not in _WRITTEN or is_one_word(folded.text):
        return
    stamped = [_height(e) for e in known if e.kind in MARKINGS and e.strength != "mention"]
    for finding in find_in_use(folded.text, vocabulary):
        evidence = of_marking(finding, part, folded, number)
        if not any(height >= _height(evidence) for height in stamped):
            yield evidence


def _height(evidence: Evidence) -> tuple[Level, str]:
    return evidence.level, evidence.sublevel or ""


def markings_in(part: Part, text: str, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    match part.place:
        case "property":
            yield from find_in_property(plain_letters(part.name).text, text, vocabulary)
        case "filename":
            yield from find_in_name(text, vocabulary)
        case "subject":
            yield from find_in_subject(text, vocabulary)
            yield from find_ladder(text, running=True)
        case "header" | "footer":
            yield from find_own_level(text)
            yield from find_ladder(text, running=True)
            yield from find(text, vocabulary, running=True)
        case _:
            yield from find(text, vocabulary)
            yield from find_own_heading(text)
            yield from find_ladder(text, running=False, boxed=part.place == "textbox")
            yield from find_labels(text, vocabulary)
            yield from find_attached(text, vocabulary)
            yield from find_scale(text, vocabulary)


def of_marking(finding: FoundMarking, part: Part, folded: Folded, number: int) -> Evidence:
    start, end = folded.span(finding.start, finding.end)
    mark = finding.mark
    evidence = Evidence(
        kind="label" if finding.why == "property" and mark.kind == "marking" else mark.kind,
        level=mark.level,
        sublevel=mark.sublevel,
        start=start,
        end=end,
        strength=finding.strength,
        why=finding.why,
        excerpt=" ".join(part.text[start:end].split())[:60],
        part=number,
        place=part.place,
    )
    if mark.level <= Level.N1 and finding.strength != "mention" and _is_quoted(folded.text, finding.start):
        return replace(evidence, strength="mention", why="public_quote")
    return evidence


def _of_unread(number: int) -> Evidence:
    """Pictures that were not read may bear a marking: their owner, who sees them, is asked."""
    return Evidence(
        kind="unreadable",
        level=Level.N4,
        sublevel=Sublevel.N4A,
        start=0,
        end=0,
        strength="weak",
        why="unread_beside",
        part=number,
        place="unread",
    )


def _is_quoted(text: str, offset: int) -> bool:
    """A quoted mail may be public, or not protected, without its answer being so."""
    return text.startswith(">", text.rfind("\n", 0, offset) + 1)


def _of_datum(datum: Datum, part: Part, folded: Folded, number: int) -> Evidence:
    start, end = folded.span(datum.start, datum.end)
    told = datum.why == "list" or datum.kind in FACTS
    return Evidence(
        kind=datum.kind,
        level=datum.level,
        start=start,
        end=end,
        strength=datum.strength,
        why=datum.why,
        excerpt="" if datum.kind == "list" else (_mask_names if told else _mask)(part.text[start:end]),
        part=number,
        place=part.place,
    )


def _of_credential(credential: Credential, part: Part, folded: Folded, number: int) -> Evidence:
    """Of a secret nothing is shown, not even how long it is."""
    start, end = folded.span(credential.start, credential.end)
    return Evidence(
        kind="credential",
        level=Level.N3,
        start=start,
        end=end,
        strength=credential.strength,
        why=credential.why,
        excerpt="••••••",
        part=number,
        place=part.place,
    )


def _mask(text: str) -> str:
    """`1 85 05 78 006 084 91` → `1 •• •• •• ••• ••• •1`: the shape, the first and the last character."""
    places = [i for i, c in enumerate(text) if c.isalnum()]
    kept = {places[0], places[-1]} if len(places) > 5 else set[int]()
    return "".join("•" if c.isalnum() and i not in kept else c for i, c in enumerate(text))


def _mask_names(text: str) -> str:
    """The words of a fact, with every name in them reduced to its initial."""
    return re.sub(r"\b([A-ZÀ-Ý])[\w'’\-]+", r"\1•", " ".join(text.split())[:60])
