"""A text cut into the pieces that can be quoted: sentences, lists with their lead-in, rows of tables.

Plain text or Markdown cut into headings, paragraphs, items and rows; marks are dropped, addresses left out
(« […] »: a quotation says where it is not whole).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Literal

from core.gateway.ask import Material
from core.gateway.engines.extracts.cues import AMOUNT, DATE, DAY, NOTICE, leans_back
from core.language.sentences import split
from core.language.terms import terms

LONGEST = 700
"""Characters of one quotation."""

_WHOLE_LIST = 500
_BARE = 3
"""Words of a unit that is little more than a date or an amount."""
_DATED = 40
"""Characters of a heading that is little more than a date."""
Kind = Literal["heading", "paragraph", "item", "row"]
_HEAD = re.compile(r"^(?:From|To|Cc|Date): [^\n]*(?:@|\d)[^\n]*$", re.MULTILINE)
"""The headers of a mail, as `core.documents` writes them: who and when, which nobody states in it."""
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300}+)\]\([^)\s\[]{0,2000}+\)")
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.)[^\s<>«»]{1,2000}>?")
_LEADER = re.compile(r"[.…·_]{4,}|(?:[.…·_] ){4,}")
_MARKS = re.compile(r"\*\*|__|`|\\$", re.MULTILINE)
_SPACES = re.compile(r"[ \t]+")
_BROKEN_WORD = re.compile(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])")
_HEADING = re.compile(r"#{1,6} (.{1,200})")
_HEADINGS = re.compile(r"^#{1,6} (.{1,200})$", re.MULTILINE)
_ITEM = re.compile(r"(?:[-*•▪◦–—]|\(?\d{1,2}[.)°]|\(?[a-z]\)) (?=\S)")
_RULE = re.compile(r"(?:\[…\]|[\s|:\-=_*])+")
_KEY = re.compile(r"[^:]{2,30}:\s")
_TERMINAL = tuple(".!?:;,…")
_DATELINE = re.compile(r"(?:date ?: ?|[^,.:;]{0,40}(?:, )?(?:le|on) )\d{1,2}\w{0,2} \w+ \d{4}", re.IGNORECASE)
_SHORT_LINE = 55
_LONGEST_HEADING = 80
_TO_ROW, _BETWEEN_ROWS = " → ", " – "
"""Between the names of columns and a row, and between two rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece of text that can be quoted.

    `page` counts from 1, None where the material has no pages. `section` numbers the headings of all
    materials. `leans` says that its meaning needs the unit before it; `alone`, that it can be quoted
    without any other and tells enough; `row`, that it is one of a table, and `head`, what of its text names
    the columns; `listed`, that it is the list which stands
    below its heading; `dated`, that its heading says when.
    """

    text: str = field(repr=False)
    material: int
    page: int | None
    section: int
    heading: str = field(default="", repr=False)
    leans: bool = False
    alone: bool = True
    row: bool = False
    head: str = field(default="", repr=False)
    listed: bool = False
    dated: bool = False
    terms: tuple[str, ...] = field(default=(), repr=False)

    @property
    def lead(self) -> str:
        """The heading without which the unit does not tell what it is about: that of a list, of a bare date
        or amount, or one that says when."""
        bare = sum(map(str.isalpha, self.terms)) <= _BARE and (
            DATE.search(self.text) or AMOUNT.search(self.text)
        )
        return self.heading if self.listed or self.dated or bare else ""


@dataclass(slots=True)
class _Place:
    """Where in the materials the reader is."""

    material: int
    page: int | None = None
    section: int = 0
    heading: str = ""
    dated: bool = False

    def under(self, headings: list[str]) -> None:
        """Some headings in a row: a date that comes last says when that is which stands before."""
        dated = len(headings[-1]) <= _DATED and DAY.search(headings[-1]) is not None
        self.section += len(headings)
        self.heading = ", ".join(headings[-2:] if dated else headings[-1:])
        self.dated = dated

    def row(self, head: str, cells: str) -> Unit:
        """A row after the names of its columns; where these alone are too long, they are no head."""
        head = f"{head}{_TO_ROW}"
        unit = self.unit(f"{head}{cells}", row=True)
        return replace(unit, head=head) if unit.text.startswith(head) else unit

    def unit(self, text: str, *, alone: bool = True, row: bool = False, listed: bool = False) -> Unit:
        if len(text) > LONGEST:
            text = text[:LONGEST].rsplit(" ", 1)[0] + " […]"
        words = tuple(terms(text))
        leans = leans_back(text)
        told = len(words) >= 3 and not (leans or NOTICE.search(text) or is_dateline(text))
        return Unit(
            text=text,
            material=self.material,
            page=self.page,
            section=self.section,
            heading=self.heading,
            leans=leans,
            alone=alone and told,
            row=row,
            listed=listed,
            dated=self.dated,
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
    lead, before = "", ""
    for kind, parts in groupby(blocks(text), key=lambda block: block.kind):
        texts = [part.text for part in parts]
        if kind == "item" and not lead and len(texts) == 1 and is_heading(texts[0]):
            kind = "heading"
        if kind == "item":
            yield from _list(lead, texts, place, headed=before == "heading")
            lead, before = "", kind
            continue
        if lead:
            yield place.unit(lead, alone=False)
            lead = ""
        before = kind
        if kind == "heading":
            place.under(texts)
        elif kind == "row":
            yield from _table(texts, place)
        else:
            sentences = [sentence for paragraph in texts for sentence in split(paragraph)]
            lead = sentences.pop() if sentences[-1].endswith(":") else ""
            yield from (place.unit(sentence) for sentence in sentences)
    if lead:
        yield place.unit(lead, alone=False)


def _list(lead: str, items: list[str], place: _Place, *, headed: bool) -> Iterator[Unit]:
    """A short list whole; of a long one each item, with the lead-in and a mark of what is left out.

    Without a lead-in the items are statements of their own, but for those that a heading leads in.
    """
    if headed and len(items) > 1 and len(" – ".join(items)) <= _WHOLE_LIST:
        yield place.unit(" – ".join(items), listed=True)
        return
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
    """Each row, after the table's first one, which names its columns and may be said again on each page."""
    head, *others = rows
    yield from (place.row(head, row) for row in others if row != head)
    if not others:
        yield place.unit(head, row=True)


def joined(chosen: list[Unit]) -> Iterator[Unit]:
    """The units, rows of one table that follow each other as one: the names of columns are said once."""
    for _, some in groupby(chosen, key=lambda unit: (unit.material, unit.page, unit.section, unit.head)):
        first, *others = some
        if not first.head:
            yield from (first, *others)
            continue
        rows = [first.text, *(unit.text.removeprefix(first.head) for unit in others)]
        yield replace(first, text=_BETWEEN_ROWS.join(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    kind: Kind
    text: str = field(repr=False)


def blocks(text: str) -> Iterator[TextBlock]:
    """The blocks of a page, in order, each on one line."""
    kind: Kind = "paragraph"
    held: list[str] = []
    for line in [*_clean(text).split("\n"), ""]:
        began = _begin(line.strip())
        if held and (began.kind != "paragraph" or not began.text or _apart(held[-1], began.text)):
            yield from _block(kind, " ".join(held))
            kind, held = "paragraph", []
        match began:
            case TextBlock(kind="heading" | "row"):
                yield began
            case TextBlock(kind="item"):
                kind, held = "item", [began.text]
            case TextBlock(text=str(more)) if more:
                held.append(more)
            case _:
                pass


def written_headings(text: str) -> list[str]:
    """What is written as a heading in Markdown, in order, without marks."""
    return [_clean(heading).strip() for heading in _HEADINGS.findall(text)]


def is_heading(text: str) -> bool:
    """Does a line that stands alone look like a title? « Objet : … » tells something of its own."""
    if len(text) > _LONGEST_HEADING or text[:1].islower() or text.startswith("«"):
        return False
    ends = text.rstrip("» \u00a0\u202f").endswith(_TERMINAL)
    return not ends and _KEY.match(text) is None and not is_dateline(text)


def is_dateline(text: str) -> bool:
    """Is it where and when a letter was written, and no more?"""
    return _DATELINE.fullmatch(text) is not None


def _clean(text: str) -> str:
    text = _HEAD.sub("", text)
    text = _ADDRESS.sub("[…]", _LINK.sub(r"\1", text))
    text = _MARKS.sub("", _LEADER.sub(" … ", text))
    return _BROKEN_WORD.sub("", _SPACES.sub(" ", text))


def _begin(line: str) -> TextBlock:
    """What a line is by itself: a heading, an item's first line, a row, or text."""
    if _RULE.fullmatch(line):
        return TextBlock(kind="paragraph", text="")
    if heading := _HEADING.fullmatch(line):
        return TextBlock(kind="heading", text=heading[1])
    if line.startswith("|"):
        cells = (cell.strip().replace("<br>", " / ") for cell in line.strip("|").split("|"))
        return TextBlock(kind="row", text=" · ".join(filter(None, cells)))
    if item := _ITEM.match(line):
        return TextBlock(kind="item", text=line[item.end() :])
    return TextBlock(kind="paragraph", text=line)


def _apart(last: str, line: str) -> bool:
    """Does `line` begin anew, though no empty line stands before it? Wrapped lines are long."""
    return len(last) < _SHORT_LINE and line[:1].isupper()


def _block(kind: Kind, text: str) -> Iterator[TextBlock]:
    if kind == "paragraph" and is_heading(text):
        kind = "heading"
    yield TextBlock(kind=kind, text=text)
