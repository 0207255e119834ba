"""Split what a person sent into what they ask (the instruction) and what they bring (the materials).

A material is a text that somebody pasted, quoted or forwarded. `split` finds it by its form alone, never by
what it says: a code fence, lines behind `>`, the cells of a table that frames a text, the entries of a list,
all that stands below the head of a forwarded mail, a string of JSON or of a program with several lines, a
quotation between quotation marks, and what follows a colon to the end of the message. A material may hold
materials: a quoted mail may quote another one.

Three readers use it. The level of a text is that of the highest of its materials, each read as a document of
its own (`core.sensitivity.assess`). What a person asks is read in the instruction only, so a pasted mail that
says « efface tout » commands nothing (`core.understanding`). `relais scan --explain` shows the split.

Pure and linear in the length of the text: every line is looked at once for each depth, and there are three.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, NamedTuple

from core.language.mail_segments import opening_at

Form = Literal["fence", "quote", "forward", "string", "table", "list", "quotation", "after_colon"]
SURE: frozenset[Form] = frozenset(("fence", "quote", "forward", "string"))
"""Forms in which people paste a text as a whole. The others also serve a person's own words."""

_DEPTH = 3
"""How deep a material may stand within others: a mail that quotes a mail that quotes one."""
_LINE = re.compile(r"([^\r\n\f]*)(\r\n|\r|\n|\f|\Z)")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_QUOTE = re.compile(r"\s{0,3}(?:(?:>|&gt;)[ \t]?)+")
_ENTRY = re.compile(r"\s{0,8}(?:[-*•–‣◦·▪]|\d{1,3}[.)]|[a-z]\))\s+(?=\S)")
_ROW = re.compile(r"\s*\|(?=.*\S)")
_CELL = re.compile(r"[^|]+")
_RULED = re.compile(r"[\s|:+=-]*")
_PAIRS = {"«": "»", "“": "”", "„": "“", "‹": "›"}
_QUOTATION_MARKS = re.compile("[«»“”„‹›]")
_ALIKE = ("```", '"', "**", "''")
"""Marks that open and close alike."""
_STRING = re.compile(r'"([^"\\\n]*\\(?:[^"\\\n]|\\.)*)"')
"""A string of JSON or of a program, on one line, with an escape in it."""
_LINE_END = re.compile("\n")
_ESCAPED_LINE_END = re.compile(r"\n|(?:\\r)?\\n")
_COLON = re.compile(r"[^\W\d_]{2}[^\n:]{0,40}?\s?:(?=\s+\S)")
_COLON_WITHIN = 400
"""Characters of a person's own words within which a colon leads to what they bring."""
_FEWEST = 4
"""Words of a quotation, or after a colon, that make a material; fewer only name something."""
_LONGEST = 1 << 31
_WORD = re.compile(r"\w+")


class _Line(NamedTuple):
    """A piece of one line, and its place in what was sent."""

    start: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """A text that a person brought. `lead`: up to 200 characters of what stands right before it."""

    form: Form
    text: str = field(repr=False)
    lead: str = field(default="", repr=False)
    places: tuple[tuple[int, int], ...] = field(default=(), repr=False)
    """Where each line starts in `text`, and where in what was sent; ascending."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in what was sent of `text[start:end]`."""
        return self._origin(start), self._origin(max(end - 1, start)) + (end > start)

    def _origin(self, offset: int) -> int:
        at = bisect_right(self.places, (offset, len(self.text) << 32)) - 1
        own, sent = self.places[at]
        return sent + offset - own


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a person asks, and what they bring, in the order in which it begins."""

    instruction: str = field(repr=False)
    materials: tuple[Pasted, ...] = ()


def split(text: str) -> Split:
    """Split a message, a mail's text or a file's. Without any material the instruction is the whole text."""
    lines = [_Line(found.start(), found[1]) for found in _LINE.finditer(text)]
    own: list[_Line] = []
    materials = list(_materials(lines, own, "", depth=1))
    if not materials:
        return Split(instruction=text.strip())
    instruction = "\n".join(line.text for line in own).strip()
    return Split(
        instruction=instruction, materials=tuple(sorted(materials, key=lambda each: each.span(0, 0)))
    )


def _materials(lines: Sequence[_Line], own: list[_Line], lead: str, *, depth: int) -> Iterator[Pasted]:
    """The materials of these lines. What is left of the lines is added to `own`."""
    for form, block in _blocks(lines):
        if form is None:
            yield from _within_own_words(block, own, lead)
        else:
            material = _material(form, block, lead)
            yield material
            if depth < _DEPTH:
                yield from _materials(block, [], lead, depth=depth + 1)
        lead = " ".join(line.text for line in block[-2:])


def _material(form: Form, lines: Sequence[_Line], lead: str) -> Pasted:
    places: list[tuple[int, int]] = []
    length = 0
    for line in lines:
        places.append((length, line.start))
        length += len(line.text) + 1
    text = "\n".join(line.text for line in lines)
    return Pasted(form=form, text=text, lead=lead[-200:], places=tuple(places))


def _blocks(lines: Sequence[_Line]) -> Iterator[tuple[Form | None, list[_Line]]]:
    """Cut lines into blocks of one form, their signs taken off. None: a person's own words."""
    for form, group in groupby(_formed(lines), key=_form_found):
        rows = [row for _, row in group if row]
        block = [line for row in rows for line in row]
        if form == "table" and len(rows) > 1 and max(map(len, rows)) > 1:
            continue  # columns of data, which the whole text is read with
        written = any(line.text.strip() for line in block)
        if form is None or (written and (form in SURE or has_words(" ".join(line.text for line in block)))):
            yield form, block


def _form_found(formed: tuple[Form | None, list[_Line]]) -> Form | None:
    return formed[0]


def _formed(lines: Sequence[_Line]) -> Iterator[tuple[Form | None, list[_Line]]]:
    """Each line with its form and what is left of it."""
    texts = [line.text for line in lines]
    fenced = False
    for number, line in enumerate(lines):
        if _FENCE.match(line.text):
            inside = line.text.strip("`~ \t")
            if fenced or not inside.strip():
                fenced = not fenced
                continue
            if line.text.count("```") > 1:  # ```a text on one line```
                yield "fence", [_rest(line, line.text.index(inside), len(inside))]
                continue
            fenced = True  # the name of a language, or the first line of the text
            yield "fence", [_rest(line, line.text.index(inside))]
            continue
        if fenced:
            yield "fence", [line]
            continue
        opened, length = opening_at(texts, number)
        if opened == "forward" or (opened and not _is_marked(lines[number + length :])):
            yield "forward", list(lines[number + length :])
            return
        yield _form_of(line)


def _is_marked(below: Sequence[_Line]) -> bool:
    """True if the first written line below an attribution has a `>`, so that the quotation has an end."""
    first = next((line.text for line in below if line.text.strip()), "")
    return _QUOTE.match(first) is not None


def _form_of(line: _Line) -> tuple[Form | None, list[_Line]]:
    if found := _QUOTE.match(line.text):
        return "quote", [_rest(line, found.end())]
    if _ROW.match(line.text):
        ruled = _RULED.fullmatch(line.text) is not None
        return "table", [] if ruled else [
            _rest(line, c.start(), len(c[0])) for c in _CELL.finditer(line.text)
        ]
    if found := _ENTRY.match(line.text):
        return "list", [_rest(line, found.end())]
    return None, [line]


def _rest(line: _Line, start: int, length: int | None = None) -> _Line:
    """The line from `start` on, without the blanks around it."""
    text = line.text[start:] if length is None else line.text[start : start + length]
    bare = text.lstrip()
    return _Line(line.start + start + len(text) - len(bare), bare.rstrip())


def _within_own_words(lines: list[_Line], own: list[_Line], lead: str) -> Iterator[Pasted]:
    """The quotations in a person's own words, or else what follows a colon near their beginning."""
    joined = _material("quotation", lines, lead)
    spans = list(_quotations(joined.text)) or list(_after_colon(joined.text))
    at = 0
    for form, start, end in spans:
        line_end = _ESCAPED_LINE_END if form == "string" else _LINE_END
        cut = [_piece(joined, a, b) for a, b in _lines_of(joined.text, start, end, line_end)]
        yield _material(form, cut, lead + joined.text[at:start])
        own += [_piece(joined, a, b) for a, b in _lines_of(joined.text, at, start)]
        at = end
    own += [_piece(joined, a, b) for a, b in _lines_of(joined.text, at, len(joined.text))]


def _piece(joined: Pasted, start: int, end: int) -> _Line:
    return _Line(joined.span(start, start)[0], joined.text[start:end])


def _lines_of(
    text: str, start: int, end: int, line_end: re.Pattern[str] = _LINE_END
) -> Iterator[tuple[int, int]]:
    """The bounds of the lines of `text[start:end]`."""
    for found in line_end.finditer(text, start, end):
        yield start, found.start()
        start = found.end()
    if start < end:
        yield start, end


def _quotations(text: str) -> Iterator[tuple[Form, int, int]]:
    """The outermost quotations of some words, without their marks."""
    if strings := list(_strings(text)):
        yield from strings
        return
    found = list(_between_pairs(text)) or list(_between_alike(text))
    for start, end in found:
        if has_words(text, start, end):
            yield "quotation", start, end


def _strings(text: str) -> Iterator[tuple[Form, int, int]]:
    """The strings of several lines in JSON or a program, without their marks."""
    if "\\n" not in text:
        return
    for found in _STRING.finditer(text):
        if "\\n" in found[1] and has_words(text, *found.span(1)):
            yield "string", *found.span(1)


def _between_pairs(text: str) -> Iterator[tuple[int, int]]:
    stack: list[tuple[str, int]] = []
    for mark in _QUOTATION_MARKS.finditer(text):
        if stack and mark[0] == stack[-1][0]:
            _, start = stack.pop()
            if not stack:
                yield start, mark.start()
        elif mark[0] in _PAIRS and len(stack) < _DEPTH:
            stack.append((_PAIRS[mark[0]], mark.end()))


def _between_alike(text: str) -> Iterator[tuple[int, int]]:
    mark = next((mark for mark in _ALIKE if text.count(mark) > 1), None)
    at = text.find(mark) if mark else -1
    while mark and at >= 0 and (end := text.find(mark, at + len(mark))) >= 0:
        yield at + len(mark), end
        at = text.find(mark, end + len(mark))


def _after_colon(text: str) -> Iterator[tuple[Form, int, int]]:
    """What follows the first colon after which enough words stand, to the end."""
    colon = _COLON.search(text, 0, _COLON_WITHIN)
    if colon and has_words(text, colon.end(), len(text)):
        yield "after_colon", colon.end(), len(text)


def has_words(text: str, start: int = 0, end: int = _LONGEST) -> bool:
    """Say whether a stretch has so many words that it says something, and does not only name a thing."""
    words = _WORD.finditer(text, start, end)
    return sum(1 for _, _ in zip(range(_FEWEST), words, strict=False)) == _FEWEST
