"""How a marking is written on its line: alone, after a label, in a subject, in a table, in a sentence, …

`read_line` looks at one line only and is pure; what surrounds the line is weighed by `marking`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from core.language.folding import is_kept, skeleton
from core.sensitivity.data import pattern_of
from core.sensitivity.markings.layout import unquoted
from core.sensitivity.markings.vocabulary import LONGEST, Mark, Match, Vocabulary, unknown_colour

Form = Literal[
    "alone", "segment", "lead", "bracket", "label", "subject", "hash", "heading", "item", "key", "cell",
    "quoted", "code", "question", "choice", "checked",
]  # fmt: skip
Case = Literal["upper", "title", "lower"]

_SUBJECT = re.compile(r"\W{0,6}(?:objet|sujet|subject|obj|betreff)\s{0,3}:\s{0,3}", re.I)
_REPLY = re.compile(r"(?:(?:re|tr|fw|fwd|ref|rep)\s{0,2}:\s{0,3})+", re.I)
_LABEL = pattern_of("line_reading.label")
_SCALE_LABEL = re.compile(r"classif|sensib|confidential|sensitiv|protecti|marking|label|etiquette", re.I)
_NUMBER = pattern_of("line_reading.number")
_BULLET = re.compile(r"\s{0,12}[-*•+o]\s{1,4}(?=[^\s\-*•+])")
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*\d*\s*$")
_BRACKETS = re.compile(r"[\[({]([^\[\](){}]{1,120})[\])}]")
_PREFIX_END = re.compile(r"\s[-|/:]+\s|\s?[:|]\s|\s?//\s?|\s{2,}")
_VALUE_END = re.compile(r"[,;.|\"'\[({]|\s-|\s{3}")
_EXPLAINS = re.compile(r"\s?[:=](?!\w)|\s?[=→⇒]|\s?->")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_SEPARATOR = re.compile(r"\s*[|;•\[\]()\t]\s*|\s+[-/*]+\s+|\s{2,}|_{2,}|\s*/{2,}\s*")
_BOX = re.compile(r"\[\s?[xX]?\s?\]|[☐☑☒□✓✔✗☓✘]")
_TICKED = re.compile(r"\[\s?[xX]\s?\]|[☑☒✓✔✗☓✘]")
_QUOTES = ("«", "»", '"', "'", "“", "”")
_SPACED = re.compile(r"(?<![A-Za-z0-9])[A-Za-z](?: {1,8}[A-Za-z:](?![A-Za-z0-9])){3,}")
_JOINT = "-"
"""In no skeleton, and no separator by itself."""
_IDENTIFIER = re.compile(r"[A-Za-z]{2,}_[A-Za-z]{2,}")
_NUMBERING = pattern_of("phrasing.numbering")
_PIECES = re.compile(r"\n|\s[-|•/]+\s|[|•\t]|\s{2,}")
_WORD = re.compile(r"[a-z]{2,}")
_ENDS_JOINING = pattern_of("phrasing.ends_joining")
_JOINING = pattern_of("phrasing.joining")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReading:
    """A marking on a line. `start` and `end` are offsets in the raw line.

    `rest` is the other text of the line, for forms that have some.
    """

    match: Match
    form: Form
    case: Case
    start: int
    end: int
    rest: str = ""
    loud: bool = False

    @property
    def mark(self) -> Mark:
        return self.match.mark


def read_line(raw: str, vocabulary: Vocabulary) -> Iterator[LineReading]:
    """The markings that `raw`, a folded line, consists of or carries in a place of their own."""
    body = unquoted(raw)
    offset = len(raw) - len(body)
    if len(body) > 4 * LONGEST:
        body = body[: 4 * LONGEST]
    if "<" in body:
        body = _TAG.sub(lambda tag: " " * len(tag.group()), body)
    body = tightened(body)
    for reader in (_subject, _label, _boxes, _whole, _row, _key, _segments):
        found = list(reader(body, vocabulary))
        if found:
            yield from (_moved(reading, offset) for reading in found)
            return


def tightened(line: str) -> str:
    """The line, as long as it is, with its letter-spaced words in one: `S E C R E T  –  p. 2`."""
    return _SPACED.sub(lambda run: run.group().replace(" ", _JOINT), line)


def _moved(reading: LineReading, by: int) -> LineReading:
    return replace(reading, start=reading.start + by, end=reading.end + by) if by else reading


def _subject(line: str, vocabulary: Vocabulary) -> Iterator[LineReading]:
    if not (head := _SUBJECT.match(line)):
        return
    yield from read_subject(line, vocabulary, head.end())


def read_subject(line: str, vocabulary: Vocabulary, at: int = 0) -> Iterator[LineReading]:
    """Markings of a subject that begins at `at`: in brackets, or in front of a separator."""
    while reply := _REPLY.match(line, at):
        at = reply.end()
    if reading := _read(line, at, len(line), vocabulary, "subject"):
        yield reading
        return
    for match in _BRACKETS.finditer(line, at):
        if reading := _read(line, match.start(1), match.end(1), vocabulary, "bracket"):
            yield reading
            return
    stops = islice(_PREFIX_END.finditer(line, at), 4)
    before = [_read(line, at, stop.start(), vocabulary, "subject", line[stop.end() :]) for stop in stops]
    if reading := next(filter(None, reversed(before)), None) or leading(line, vocabulary, at):
        yield reading


def leading(line: str, vocabulary: Vocabulary, at: int = 0) -> LineReading | None:
    """A marking in capitals in front of a text that begins anew: `TLP:RED Incident du 3 mai`."""
    words = list(re.finditer(r"\S+", line[at : at + 80]))[:6]
    for count in range(min(len(words) - 1, 5), 0, -1):
        end = at + words[count - 1].end()
        reading = _read(line, at + words[0].start(), end, vocabulary, "lead", line[end:])
        if reading and reading.case == "upper" and reading.mark.form not in ("abbreviation", "scale"):
            following = reading.rest.lstrip()
            return reading if following[:1].isupper() and not joins(following.split()[0]) else None
    return None


def trailing(line: str, vocabulary: Vocabulary) -> LineReading | None:
    """A marking in capitals at the end of a short line: `Bulletin n° 12 TLP:AMBER`."""
    words = list(_NO_SPACE.finditer(line))
    if not 1 < len(words) < 12:
        return None
    for count in range(len(words) - 1, max(len(words) - 6, 0), -1):
        before = line[: words[count].start()].rstrip()
        reading = _read(line, words[count].start(), len(line), vocabulary, "segment", before)
        if reading and reading.case == "upper" and reading.mark.form == "plain":
            return None if leads_on(before) or before[-1] in _QUOTES else reading
    return None


_NO_SPACE = re.compile(r"\S+")


def _label(line: str, vocabulary: Vocabulary) -> Iterator[LineReading]:
    if not (head := _LABEL.match(line)):
        return
    stop = _VALUE_END.search(line, head.end() + 1)
    for end in dict.fromkeys((len(line), stop.start() if stop else len(line))):
        reading = _read(line, head.end(), end, vocabulary, "label", head.group())
        if reading and (reading.mark.form in ("plain", "abbreviation") or _SCALE_LABEL.search(head.group())):
            yield reading
            return


def _boxes(line: str, vocabulary: Vocabulary) -> Iterator[LineReading]:
    """`☒ Diffusion restreinte ☐ Secret`: what is ticked counts, the rest is a choice."""
    boxes = list(_BOX.finditer(line))
    ends = [*(box.start() for box in boxes[1:]), len(line)]
    for box, end in zip(boxes, ends, strict=False):
        form: Form = "checked" if _TICKED.match(box.group()) else "choice"
        if reading := _read(line, box.end(), end, vocabulary, form):
            yield reading


def _whole(line: str, vocabulary: Vocabulary) -> Iterator[LineReading]:
    text = skeleton(line)
    if len(text) > LONGEST:
        return
    reading = _read(line, 0, len(line), vocabulary, "alone")
    if reading is None and _LEADERS.search(line):
        reading = _read(line, 0, line.index("."), vocabulary, "heading")
    if reading:
        yield replace(
            reading, form=_form(line, reading), loud=line[reading.end :].lstrip(" .").startswith("!")
        )


def _form(line: str, reading: LineReading) -> Form:
    stripped = line.strip()
    if reading.match.choice:
        return "choice"
    if stripped[0] in _QUOTES or stripped.rstrip(".,;:")[-1:] in _QUOTES:
        return "quoted"
    if "?" in stripped:
        return "question"
    code = _IDENTIFIER.search(stripped) or "=" in stripped.strip("=")
    return "code" if code else _decoration(stripped)


def _decoration(stripped: str) -> Form:
    if stripped.endswith(":"):
        return "key"
    if _LEADERS.search(stripped) or _NUMBER.match(stripped):
        return "heading"
    if stripped.startswith("#"):
        return "hash"
    bullet = _BULLET.match(stripped) and stripped[-1] not in "-*•+"
    return "item" if bullet or stripped.endswith((",", ";")) else "alone"


def _row(line: str, vocabulary: Vocabulary) -> Iterator[LineReading]:
    """A row of a Markdown table with more than one cell."""
    if not line.lstrip().startswith("|"):
        return
    at = 0
    cells: list[tuple[int, int]] = []
    for piece in line.split("|"):
        if piece.strip():
            cells.append((at, at + len(piece)))
        at += len(piece) + 1
    for start, end in cells:
        if reading := _read(line, start, end, vocabulary, "cell"):
            yield reading


def _key(line: str, vocabulary: Vocabulary) -> Iterator[LineReading]:
    """`SECRET : premier niveau de classification`, `"CONFIDENTIEL" = "N3"`: a marking that is explained."""
    stop = _EXPLAINS.search(line, 1)
    while stop and stop.start() < 60:
        if reading := _read(line, 0, stop.start(), vocabulary, "key", line[stop.end() :]):
            yield reading
            return
        if reading := _read(line, stop.end(), len(line), vocabulary, "key", line[: stop.start()]):
            yield reading
            return
        stop = _EXPLAINS.search(line, stop.end())


def _segments(line: str, vocabulary: Vocabulary) -> Iterator[LineReading]:
    """A marking between separators, as in running headers: `DGSE – SECRET – page 2`."""
    cuts = [(m.start(), m.end()) for m in _SEPARATOR.finditer(line)][:40]
    if not cuts:
        return
    edges = [0, *(end for _, end in cuts)]
    stops = [*(start for start, _ in cuts), len(line)]
    found: list[LineReading] = []
    i = 0
    while i < len(edges):
        for j in range(min(i + 5, len(edges) - 1), i - 1, -1):
            rest = (line[: edges[i]] + "\n" + line[stops[j] :]).strip()
            if reading := _read(line, edges[i], stops[j], vocabulary, "segment", rest):
                found.append(reading)
                i = j
                break
        i += 1
    yield from found


def _read(
    line: str, start: int, end: int, vocabulary: Vocabulary, form: Form, rest: str = ""
) -> LineReading | None:
    match = vocabulary.match(skeleton(line[start:end])) or unknown_colour(line[start:end])
    if match is None:
        return None
    places = [i for i in range(start, end) if is_kept(line[i])]
    first, last = places[match.start], places[min(match.end, len(places)) - 1]
    if match.mark.form == "scale" and line[last + 1 : last + 2].isalnum():
        return None
    case = case_of(line[first : last + 1])
    if match.choice and form in ("label", "segment", "subject", "cell", "key", "lead"):
        form = "choice"
    elif form in ("segment", "cell", "lead", "key") and _is_quoted(line, first, last + 1):
        form = "quoted"
    return LineReading(match=match, form=form, case=case, start=first, end=last + 1, rest=rest)


def _is_quoted(line: str, start: int, end: int) -> bool:
    """In quotes, or in parentheses after what it abbreviates: `direction régionale (DR)`."""
    before, after = line[:start].rstrip(), line[end:].lstrip()
    return before[-1:] in _QUOTES or after[:1] in _QUOTES or (before[-1:] == "(" and len(before) > 1)


def case_of(text: str) -> Case:
    """How a marking is written. A lone `l` among capitals is OCR's `I`."""
    letters = [c for c in text if c.isalpha() and c not in "lı"]
    if not letters:
        return "upper"
    capitals = sum(c.isupper() for c in letters)
    if capitals >= 0.8 * len(letters):
        return "upper"
    return "title" if letters[0].isupper() else "lower"


def joins(text: str) -> bool:
    """Does `text` go on with the phrase before it (`à l'équipe`, `de l'instruction`)?"""
    return bool(_JOINING.match(text)) and not re.match(r"\w{1,4}\s?:", text)


def leads_on(text: str) -> bool:
    """Does `text` need what follows it (`sous la`, `niveau :`)?"""
    return bool(_ENDS_JOINING.search(text))


def is_header_material(rest: str) -> bool:
    """Other segments that look like those of a running header or of a stamp, not like prose."""
    pieces = [piece for text in _PIECES.split(rest) if (piece := text.strip(" -|•/*[]()"))]
    return all(len(_WORD.findall(p)) <= 8 and not p[0].islower() and p[-1] not in "?!" for p in pieces)


def is_numbering(rest: str) -> bool:
    """`Annexe 2 –`, `Article 5 –`, `II –` in front of a marking make it a title."""
    before = rest.split("\n")[0]
    return bool(before) and bool(_NUMBERING.match(before))
