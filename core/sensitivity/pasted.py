"""The evidence in what a person pasted, quoted or forwarded: each material is read as a document of its own.

So the first line of a pasted note is a first line again, and its stamp a stamp, whatever frame stands around
it. A material can only raise a level: that a quoted mail is public says nothing of its answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.language.folding import plain_letters
from core.language.materials import SURE, Pasted, has_words, split
from core.sensitivity.evidence import evidence_in, is_one_word, markings_in, of_marking
from core.sensitivity.level import TOLD, Evidence, Level, Part
from core.sensitivity.markings.finder import FoundMarking
from core.sensitivity.markings.judging import leads_to_talk
from core.sensitivity.markings.vocabulary import Vocabulary

_HEAD = 2_000
"""Characters of a material of doubtful form in which a stamp is looked for."""
_MESSAGE_PLACES = TOLD - {"subject"}


def materials_of(part: Part) -> tuple[Pasted, ...]:
    """The materials in one part. One word alone holds none, and neither does a subject."""
    if part.place not in _MESSAGE_PLACES or is_one_word(part.text):
        return ()
    return split(part.text).materials


def pasted_evidence(
    part: Part, number: int, materials: Sequence[Pasted], vocabulary: Vocabulary
) -> Iterator[Evidence]:
    """What the rules find in the materials of a part. Offsets are those of the part's text.

    In a form that people also use for their own words (a list, a quotation, after a colon) only a stamp
    with which it begins, before some words, counts, and it is asked about.
    """
    for material in materials:
        for found in _in_form(material, part, number, vocabulary):
            if found.strength == "mention" or found.level <= Level.N1 or found.why == "declared":
                continue
            start, end = material.span(found.start, found.end)
            yield replace(found, start=start, end=end)


def _in_form(material: Pasted, part: Part, number: int, vocabulary: Vocabulary) -> Iterator[Evidence]:
    sure = material.form in SURE
    own = Part(text=material.text if sure else material.text[:_HEAD], place=part.place)
    folded = plain_letters(own.text)
    if sure:
        yield from evidence_in(own, folded, number, vocabulary)
    elif not leads_to_talk(plain_letters(material.lead).text):
        for finding in markings_in(own, folded.text, vocabulary):
            evidence = of_marking(finding, own, folded, number)
            if (
                _begins(finding, folded.text)
                and evidence.strength != "mention"
                and has_words(folded.text, finding.end)
            ):
                yield replace(evidence, strength="weak")


def _begins(finding: FoundMarking, text: str) -> bool:
    """Say whether a stamp, or the label that gives it, is the first thing in a text."""
    before = text[: finding.start].lstrip()
    return "\n" not in before if finding.why == "label" else not any(map(str.isalnum, before))
