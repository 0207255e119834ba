"""A text cut into the pieces that can be quoted: sentences, lists with their lead-in, rows of tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from core.gateway.ask import Material
from core.gateway.engines.extracts.cues import leans_back
from core.gateway.engines.extracts.language import terms
from core.gateway.engines.extracts.sentences import split
from core.gateway.engines.extracts.text_blocks import blocks, is_heading

LONGEST = 700
"""Characters of one quotation."""

_WHOLE_LIST = 500
_HEADING_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece of text that can be quoted.

    `page` counts from 1, None where the material has no pages. `section` numbers the headings of all
    materials. `leans` says that its meaning needs the unit before it; `alone`, that it can be quoted
    without any other and tells enough.
    """

    text: str = field(repr=False)
    material: int
    page: int | None
    section: int
    heading: str = field(default="", repr=False)
    leans: bool = False
    alone: bool = True
    terms: tuple[str, ...] = field(default=(), repr=False)


@dataclass(slots=True)
class _Place:
    """Where in the materials the reader is."""

    material: int
    page: int | None = None
    section: int = 0
    heading: str = ""

    def unit(self, text: str, *, alone: bool = True) -> Unit:
        if len(text) > LONGEST:
            text = text[:LONGEST].rsplit(" ", 1)[0] + " […]"
        words = tuple(terms(text))
        leans = leans_back(text)
        return Unit(
            text=text,
            material=self.material,
            page=self.page,
            section=self.section,
            heading=self.heading,
            leans=leans,
            alone=alone and len(words) >= 3 and not leans,
            terms=words,
        )


def units(materials: tuple[Material, ...]) -> list[Unit]:
    """Every quotable piece of the materials, in reading order."""
    found: list[Unit] = []
    section = 0
    for number, material in enumerate(materials):
        pages = material.text.split("\f")
        place = _Place(number, section=section)
        for index, page in enumerate(pages, 1):
            place.page = index if len(pages) > 1 else None
            found += _page(page, place)
        section = place.section + 1
    return found


def once(found: list[Unit]) -> list[Unit]:
    """The units without those that say again, word for word, what stands before: feet of pages, notices."""
    seen: set[tuple[str, ...]] = set()
    kept: list[Unit] = []
    for unit in found:
        if len(unit.terms) < 3 or unit.terms not in seen:
            kept.append(unit)
        seen.add(unit.terms)
    return kept


def _page(text: str, place: _Place) -> Iterator[Unit]:
    """The units of one page. A paragraph that ends with a colon waits for the list that it leads in."""
    lead = ""
    for kind, parts in groupby(blocks(text), key=lambda block: block.kind):
        texts = [part.text for part in parts]
        if kind == "item" and not lead and len(texts) == 1 and is_heading(texts[0]):
            kind = "heading"
        if kind == "item":
            yield from _list(lead, texts, place)
            lead = ""
            continue
        if lead:
            yield place.unit(lead, alone=False)
            lead = ""
        if kind == "heading":
            place.section += len(texts)
            place.heading = texts[-1]
        elif kind == "row":
            yield from _table(texts, place)
        else:
            sentences = [sentence for paragraph in texts for sentence in split(paragraph)]
            lead = sentences.pop() if sentences[-1].endswith(":") else ""
            yield from (place.unit(sentence) for sentence in sentences)
    if lead:
        yield place.unit(lead, alone=False)


def _list(lead: str, items: list[str], place: _Place) -> Iterator[Unit]:
    """A short list whole; of a long one each item, with the lead-in and a mark of what is left out.

    Without a lead-in the items are statements of their own.
    """
    if not lead:
        sentences = (sentence for item in items for sentence in split(item))
        yield from (place.unit(sentence, alone=not sentence.endswith(":")) for sentence in sentences)
        return
    whole = " – ".join([lead, *items])
    if len(whole) <= _WHOLE_LIST:
        yield place.unit(whole)
        return
    for index, item in enumerate(items):
        yield place.unit(f"{lead} {'[…] ' if index else ''}– {item}")


def _table(rows: list[str], place: _Place) -> Iterator[Unit]:
    """Each row, after the table's first one, which names its columns."""
    head, *others = rows
    yield from (place.unit(f"{head} → {row}") for row in others)
    if not others:
        yield place.unit(head)
