"""From the lines of a PDF to headings, paragraphs, lists and code. Pure.

Headings are told by what is usual in the whole document: their size is above the body's, or they are bold.
The ends of lines are joined, and hyphens are mended as the document itself spells elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from core.documents.build import Builder
from core.documents.pdf.page_content import Line, PdfTable
from core.documents.pdf.page_rows import join

_BULLET = re.compile(r"^(?:[•▪◦‣∙●○■□➢➤✓✔❖·⁃§\uf000-\uf0ff]\s*|[*–—o-]\s+)(?=\S)")
_NUMBER = re.compile(r"^(\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)°])\s+(?=\S)")
_SECTION = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3})*[.)]|[A-Z][.)]|[IVX]{1,6}[.)]|\d{1,2}(?:\.\d{1,2})+|\d{1,2} [–—-])\s"
    r"|(?:article|chapitre|section|annexe|titre|partie) (?:premi|\d|[IVX]+\b)",
    re.IGNORECASE,
)
"""The number or the name that begins the heading of a section."""
_LEADERS = re.compile(r"(?:\s?[._…·]){4,}\s*")
_DOTS = ("...", "…", ". . .", "__", "··")
"""One of them stands in every line with leaders: a quick look before the slow one."""
_LETTER = re.compile(r"\W*\w?\W*")
_CONTENTS = re.compile(r"… ?\S{1,6}$|\.{4}")
"""An entry of a table of contents."""
_ENDED = re.compile(r"[.!?:;…»\")]\s*$")
_LARGER = 1.14
"""Of the body's size: headings are that large at least."""
_LONGEST_HEADING, _LONGEST_BOLD = 200, 120
"""Characters."""
_LOWEST_LEVEL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStyle:
    """What is usual in a whole document.

    `body` is the size of the body, `sizes` are those of headings, greatest first. `bold` is True if most of
    the text is bold. `pitch` is the usual distance between lines, in their sizes. `spelling` counts words.
    `top` is the highest rank that tags give to headings no larger than the body; 0 without tagged headings.
    """

    body: float
    sizes: tuple[float, ...]
    bold: bool
    pitch: float
    spelling: Counter[str]
    top: int = 0

    @classmethod
    def of(cls, lines: list[Line]) -> DocumentStyle:
        weights = _letters_by_size(lines)
        body = max(weights, key=lambda size: weights[size], default=10.0)
        letters = sum(len(line.text) for line in lines)
        spelling = Counter(
            word.strip(".,;:!?()«»\"'").lower() for line in lines for word in line.text.split(" ")[:-1]
        )
        return cls(
            body=body,
            sizes=_heading_sizes(weights, body),
            bold=sum(len(line.text) for line in lines if line.bold) > 0.5 * letters,
            pitch=_pitch(lines),
            spelling=spelling,
            top=_top_rank(lines, body),
        )

    def heading_level(self, line: Line) -> int:
        """Return the level of a heading, from 1 to 6, or 0 for a line of the body. The size counts first,
        then the tag, then bold letters."""
        if not _may_be_heading(line):
            return 0
        for level, size in enumerate(self.sizes, 1):
            if line.size >= 0.95 * size:
                return min(level, _LOWEST_LEVEL)
        if line.tag and line.tag.level:
            return min(len(self.sizes) + line.tag.level - self.top + 1, _LOWEST_LEVEL)
        if line.tag and self.top:  # the file says which lines are headings
            return 0
        return min(len(self.sizes) + 1, _LOWEST_LEVEL) if self._is_bold_heading(line) else 0

    def _is_bold_heading(self, line: Line) -> bool:
        """True for a short bold line of the body's size that does not end as a sentence does."""
        if self.bold or not line.bold or line.size < 0.95 * self.body:
            return False
        return len(line.text) <= _LONGEST_BOLD and not re.search(r"[.;,]$", line.text)

    @property
    def widest_step(self) -> float:
        """The greatest distance between two lines of one block, in their sizes."""
        return max(1.3 * self.pitch, self.pitch + 0.3)


def _letters_by_size(lines: list[Line]) -> Counter[float]:
    """How many characters each size has, in half points. A letter alone does not count: it stands at the head
    of a chapter, or is a sign of a formula."""
    weights: Counter[float] = Counter()
    for line in lines:
        if not _LETTER.fullmatch(line.text):
            weights[round(line.size * 2) / 2] += len(line.text)
    return weights


def _heading_sizes(weights: Counter[float], body: float) -> tuple[float, ...]:
    """The sizes of headings, greatest first; sizes that differ little are one."""
    sizes: list[float] = []
    for size in sorted((size for size in weights if size >= _LARGER * body), reverse=True):
        if not sizes or size < 0.93 * sizes[-1]:
            sizes.append(size)
    return tuple(sizes)


def _top_rank(lines: list[Line], body: float) -> int:
    ranks = [(line.size >= _LARGER * body, line.tag.level) for line in lines if line.tag and line.tag.level]
    return min(ranks)[1] if ranks else 0


def _pitch(lines: list[Line]) -> float:
    """The usual distance between lines below each other, in their sizes."""
    pitches = sorted(
        (below.y1 - above.y1) / below.size
        for above, below in pairwise(lines)
        if 0 < below.y1 - above.y1 < 2.2 * below.size and abs(above.size - below.size) < 0.1 * below.size
    )
    return pitches[len(pitches) // 3] if pitches else 1.2


def _may_be_heading(line: Line) -> bool:
    has_words = re.search(r"\w{2}", line.text) is not None
    return has_words and len(line.text) <= _LONGEST_HEADING and not _CONTENTS.search(line.text)


@dataclass(slots=True, kw_only=True)
class _TextBlock:
    """The lines of one heading (`level` from 1), list entry (`mark`, and `depth` from 0), piece of code, or
    paragraph."""

    lines: list[Line]
    text: str
    level: int = 0
    mark: str = ""
    depth: int = 0
    code: bool = False

    def add(self, line: Line, style: DocumentStyle) -> None:
        self.lines.append(line)
        if self.code:
            self.text += f"\n{_indented(line)}"
        else:
            self.text = join(self.text, _without_leaders(line.text), style.spelling)

    def write(self, builder: Builder) -> None:
        if self.code:
            builder.raw(f"```\n{self.text}\n```")
        elif self.level:
            builder.heading(self.level, self.text)
        elif self.mark:
            builder.item(self.text, depth=self.depth, mark=self.mark)
        else:
            builder.paragraph(self.text)


def write_items(items: list[Line | PdfTable], style: DocumentStyle, builder: Builder) -> None:
    """Write lines and tables that follow each other, with the lines put together."""
    for block in _blocks(items, style):
        if isinstance(block, PdfTable):
            builder.table(block.rows)
        else:
            block.write(builder)


def _blocks(items: list[Line | PdfTable], style: DocumentStyle) -> Iterator[_TextBlock | PdfTable]:
    block: _TextBlock | None = None
    indents: list[float] = []
    for item in items:
        if isinstance(item, Line) and block and _continues(block, item, style):
            block.add(item, style)
            continue
        if block:
            yield block
            block = None
        if isinstance(item, PdfTable):
            yield item
        else:
            block = _begin(item, style)
            indents = _nest(block, item, indents)
    if block:
        yield block


def _without_leaders(text: str) -> str:
    """Shorten the rows of dots in a line."""
    return _LEADERS.sub(" … ", text) if any(dots in text for dots in _DOTS) else text


def _nest(block: _TextBlock, line: Line, indents: list[float]) -> list[float]:
    """Set the depth of a list entry: the number of open lists that begin further out. Returns the indents of
    the lists that are open then."""
    if not block.mark:
        return []
    kept = [indent for indent in indents if indent < line.start - 0.5 * line.size]
    block.depth = len(kept)
    return [*kept, line.start]


def _indented(line: Line) -> str:
    """A line of code with as many spaces before it as it stands away from its column's left."""
    return " " * min(round((line.x0 - line.left) / (0.51 * line.size)), 60) + line.text


def _begin(line: Line, style: DocumentStyle) -> _TextBlock:
    if line.fixed:
        return _TextBlock(lines=[line], text=_indented(line), code=True)
    level = style.heading_level(line)
    text = _without_leaders(line.text).removesuffix(" … ")
    if not level:
        for pattern, mark in ((_BULLET, "-"), (_NUMBER, "")):
            match = pattern.match(text)
            if match and len(text) > match.end():
                return _TextBlock(lines=[line], text=text[match.end() :], mark=mark or match[1])
    return _TextBlock(lines=[line], text=text, level=level)


def _continues(block: _TextBlock, line: Line, style: DocumentStyle) -> bool:
    """True if a line belongs to the block above it."""
    above = block.lines[-1]
    if block.code:
        return line.fixed and 0 < line.y1 - above.y1 < 2.2 * line.size
    if line.fixed and above.has_room_for(line):
        return False
    if style.heading_level(line) != block.level or _are_apart(above, line, style):
        return False
    if line.y0 < above.y0:  # the next column
        return not block.level and not _ENDED.search(above.text) and line.text[:1].islower()
    if (line.y1 - above.y1) / line.size > style.widest_step:
        return False
    return _continues_heading(above, line) if block.level else _continues_paragraph(above, line)


def _are_apart(above: Line, line: Line, style: DocumentStyle) -> bool:
    """True if two lines differ in size, or are two paragraphs by their tags. Tags may be wrong: they do not
    cut a sentence."""
    if abs(above.size - line.size) > 0.12 * above.size:
        return True
    if not above.tag or not line.tag or above.tag.element == line.tag.element:
        return False
    return bool(style.heading_level(line) or _ENDED.search(above.text)) or not line.text[:1].islower()


def _continues_heading(above: Line, line: Line) -> bool:
    """True if a heading goes on below. If its line had room for more, then only in the middle of a sentence,
    or where both lines are centred."""
    if _SECTION.match(line.text):
        return False
    is_centred = abs(above.x0 + above.x1 - line.x0 - line.x1) < line.size and abs(above.x0 - line.x0) > 1
    return is_centred or line.text[:1].islower() or not above.has_room_for(line)


def _continues_paragraph(above: Line, line: Line) -> bool:
    """True if a paragraph or a list entry goes on below: no bullet begins there, the line above had no room
    for the next word, and the line below is not indented."""
    if _BULLET.match(line.text) or _CONTENTS.search(above.text):
        return False
    is_stamp = above.text.isupper() != line.text.isupper() and not line.leftwards
    if is_stamp and len(line.text) > 6:  # words in capitals are no part of a sentence in small letters
        return False
    begins = not line.text[:1].islower()
    if above.has_room_for(line) and (begins or _ENDED.search(above.text)):
        return False
    is_indented = line.start > above.start + 0.8 * line.size and above.start < 0.5 * line.size
    return not (is_indented and begins)
