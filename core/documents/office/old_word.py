"""Word 97 to 2003 (MS-DOC): the text by its piece table; headers, notes and text boxes as places.

Text is kept in pieces, of one byte or two a character, in the order of reading; what follows the body are
notes, headers, comments and text boxes, by their lengths (MS-DOC 2.4.1). Marks of cells make tables; styles
are not read. Macros are never looked at.
"""

from __future__ import annotations

import itertools
import re
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from core.documents.build import Builder, Unreadable
from core.documents.cleaning import target_of
from core.documents.document import PlaceKind
from core.documents.office.art_texts import write_art
from core.documents.office.compound import CompoundFile
from core.documents.visibility import LEAST_POINTS, WHITE, alike

_ENCRYPTED, _TABLE1 = 0x0100, 0x0200
_CLX = 0x01A2
_COUNTS = 0x4C
_STORIES: tuple[PlaceKind | None, ...] = (
    None, "note", "header", None, "comment", "note", "textbox", "textbox",
)  # fmt: skip
"""What stands behind each of the eight counts: body, footnotes, headers, macros (none), comments, endnotes,
boxes."""
_FIELD = re.compile(r"\x13[^\x13\x14\x15]*\x14?|[\x14\x15]")
_LINK = re.compile(r'\x13\s*HYPERLINK\s+"([^"\x13-\x15]+)"')
_ANCHORS = str.maketrans("\x1e", "-", "\x01\x02\x05\x08\x1f")
_CELL = "\x07"
_MARKS = "\r\x07\x0c\x13\x14\x15"
_MOST, _LARGEST = 2_000, 20_000
"""Strings of a list, and bytes of the choices of a field."""
_OWNERS, _CHANGERS = 0x1BA, 0x232
"""Where the file says who commented, and who changed something (2.5.6)."""
_LIST = re.compile(rb"\xff\xff([\x01-\x19]\0)\0\0")
"""The head of the choices of a field (2.9.78, 2.2.4)."""


def read(file: CompoundFile, builder: Builder) -> None:
    builder.kind = "doc"
    file.describe(builder)
    data = file.read("WordDocument")
    try:
        stories = list(_stories(data, file, builder))
    except (struct.error, IndexError) as error:
        raise Unreadable("damaged", type(error).__name__) from None
    _tell(file, builder)
    builder.page()
    for kind, text in stories:
        if kind is None:
            _write(text, builder)
            continue
        for paragraph in re.split(r"[\r\x07\x0c]", text):
            builder.place(kind, paragraph.replace("\x0b", "\n"))
            if kind in ("note", "textbox"):
                builder.paragraph(paragraph.replace("\x0b", "\n"))
    builder.rest(_named(data, file))


def _tell(file: CompoundFile, builder: Builder) -> None:
    """Objects and pictures, which are not read."""
    if "ObjectPool" in file.names:
        builder.warn("part_unread", "OLE")
    write_art(file.read("1Table") + file.read("0Table"), file.read("Data"), builder)


def _named(data: bytes, file: CompoundFile) -> Iterator[tuple[PlaceKind, str]]:
    """Who commented and changed something, and what fields offer."""
    table = _table_of(data, file)
    for where, head in ((_OWNERS, 0), (_CHANGERS, 6)):
        at, length = struct.unpack_from("<Ii", data, where) if len(data) >= where + 8 else (0, 0)
        for text in _strings(table[at + head : at + max(0, length)]):
            yield "comment", text
    fields = file.read("Data")
    for match in _LIST.finditer(fields):
        choices = fields[match.end() : match.end() + _LARGEST]
        for text in filter(str.isprintable, _strings(choices, int.from_bytes(match[1], "little"))):
            yield "choice", text


def _strings(data: bytes, count: int = _MOST) -> Iterator[str]:
    """Strings one after the other, each with its number of characters before it."""
    at = 0
    for _ in range(count):
        if at + 2 > len(data):
            return
        end = at + 2 + 2 * int.from_bytes(data[at : at + 2], "little")
        yield data[at + 2 : end].decode("utf-16-le", "replace")
        at = end


def _table_of(data: bytes, file: CompoundFile) -> bytes:
    """The stream in which the file's tables stand."""
    flags = struct.unpack_from("<H", data, 0x0A)[0]
    return file.read("1Table" if flags & _TABLE1 else "0Table")


def _stories(data: bytes, file: CompoundFile, builder: Builder) -> Iterator[tuple[PlaceKind | None, str]]:
    """The body and what stands round it; what is hidden becomes a place. Raises struct.error, Unreadable."""
    magic, flags = struct.unpack_from("<H", data, 0)[0], struct.unpack_from("<H", data, 0x0A)[0]
    if magic != 0xA5EC:
        raise Unreadable("legacy_office", "Word 6")
    if flags & _ENCRYPTED:
        raise Unreadable("encrypted")
    table = _table_of(data, file)
    pieces = list(_pieces(data, table))
    text = "".join(piece for piece, _, _ in pieces)
    unseen, boxed = (
        b"".join(runs.marks(at, len(piece), width) for piece, at, width in pieces)
        for runs in _hidden_runs(data, table, text, builder)
    )
    start = 0
    for kind, count in zip(_STORIES, struct.unpack_from("<8i", data, _COUNTS), strict=True):
        end = start + max(0, count)
        for link in _LINK.findall(text[start:end]):
            builder.place("other", target_of(_whole(link)))
        hidden = boxed if kind == "textbox" else unseen
        story = _seen(text[start:end], hidden[start:end], builder)
        start = end
        if story.strip():
            yield kind, _whole(_plain(story))


def _hidden_runs(data: bytes, table: bytes, text: str, builder: Builder) -> tuple[HiddenRuns, HiddenRuns]:
    """What is not seen of a text, and of one in boxes, which may be filled: white is seen there, and on the
    ground of a paragraph or a cell."""
    try:
        runs = list(runs_of(data, table))
    except struct.error:
        builder.warn("damaged_part", "PlcBteChpx")
        runs = []
    white = "\7" not in text and not any(mark in each for mark in _GROUNDS for each in (data, table))
    unseen = HiddenRuns(runs, lambda look: is_hidden(look) or (white and is_white(look)))
    return unseen, HiddenRuns(runs, is_hidden)


def _whole(text: str) -> str:
    """A text of which each unit of UTF-16 is a character, as the characters that two of them may be."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _seen(story: str, hidden: bytes, builder: Builder) -> str:
    """What people see of a story; the rest becomes a place. Marks of paragraphs, cells and fields stay."""
    if 1 not in hidden:
        return story
    unseen = "".join(letter if mark else "\0" for letter, mark in zip(story, hidden, strict=True))
    text = "\n".join(filter(None, (_plain(piece).strip() for piece in unseen.split("\0"))))
    builder.hide(re.sub(r"[\r\x07\x0b\x0c]+", "\n", _whole(text)))
    return "".join(letter for letter, mark in zip(story, hidden, strict=True) if not mark or letter in _MARKS)


def _pieces(data: bytes, table: bytes) -> Iterator[tuple[str, int, int]]:
    """The text in the order of reading, a character for each unit of UTF-16, as the file counts them; where
    it stands, and of how many bytes each is (MS-DOC 2.9.38 and 2.9.177)."""
    at, length = struct.unpack_from("<Ii", data, _CLX)
    end = at + max(0, length)
    while at < end and table[at] == 1:  # what was changed since: formats only
        at += 3 + struct.unpack_from("<H", table, at + 1)[0]
    if at >= end or table[at] != 2:
        raise Unreadable("damaged", "Clx")
    size = struct.unpack_from("<I", table, at + 1)[0]
    count = (size - 4) // 12
    places = struct.unpack_from(f"<{count + 1}I", table, at + 5)
    if sum(max(0, end - start) for start, end in itertools.pairwise(places)) > len(data):
        raise Unreadable("damaged", "Clx")
    for number in range(count):
        offset = struct.unpack_from("<I", table, at + 5 + 4 * (count + 1) + 8 * number + 2)[0]
        characters = places[number + 1] - places[number]
        if offset & 0x40000000:
            start = (offset & 0x3FFFFFFF) // 2
            yield data[start : start + characters].decode("cp1252", "replace"), start, 1
        else:
            units = data[offset : offset + 2 * characters]
            text = "".join(map(chr, struct.unpack(f"<{len(units) // 2}H", units[: len(units) & ~1])))
            yield text, offset, 2


def _plain(text: str) -> str:
    """Without the commands of fields, whose results stay, and without anchors of pictures and notes."""
    for _ in range(8):  # fields lie within each other
        text, count = _FIELD.subn("", text)
        if not count:
            break
    return text.translate(_ANCHORS)


def _write(text: str, builder: Builder) -> None:
    """Paragraphs, and tables by the marks of their cells: two in a row end a row."""
    rows: list[list[str]] = []
    row: list[str] = []
    cell: list[str] = []
    for piece in re.findall(r"[^\r\x07\x0c]*[\r\x07\x0c]|[^\r\x07\x0c]+", text):
        words, mark = (piece[:-1], piece[-1]) if piece[-1] in "\r\x07\x0c" else (piece, "")
        if mark == _CELL:
            if not words and not cell and row:
                rows.append(row)
                row = []
            else:
                row.append("\n".join([*cell, words]).replace("\x0b", "\n"))
            cell = []
        elif row:  # a paragraph between two cells of one row belongs to the second
            cell.append(words)
        else:
            builder.table(rows)
            rows = []
            builder.paragraph(words.replace("\x0b", "\n"))
    for words in cell:
        builder.paragraph(words)
    builder.table([*rows, row])


_RUNS = 0xFA
"""Where the file says in which pages of 512 bytes the runs of characters are described (2.5.6)."""
_PAGE = 512
_VANISH, _SIZE, _COLOUR, _INDEX, _MARK = 0x083C, 0x4A43, 0x6870, 0x2A42, 0x2A0C
_SHADES, _GROUNDS = (0x4866, 0xCA71), (b"\x2d\x44", b"\x4d\xc6")
"""The numbers of grounds of letters, and those of paragraphs as they are written."""
_WHITE_INDEX, _AUTOMATIC = 8, 0xFF
_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)
"""Bytes of a format by the highest bits of its number; 0 where the first byte says how many (2.2.5.1)."""
Formats = dict[int, bytes]
Run = tuple[int, int, Formats]
"""Where its characters begin and end in the file, and what is said of them."""


class HiddenRuns:
    """The places of a file whose characters people do not see, those that `hides` takes by the formats of
    their runs (MS-DOC 2.9.32, 2.6.1): hidden, tiny, or white where nothing has a ground. Formats of styles
    are not read. `runs` are those of the file."""

    def __init__(self, runs: Iterable[Run], hides: Callable[[Formats], bool]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted((start, end) for start, end, formats in runs if hides(formats)):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def marks(self, start: int, count: int, width: int) -> bytearray:
        """For each of the characters from a place on, of as many bytes each, 1 where it is not seen."""
        marks = bytearray(count)
        end = start + count * width
        for index in range(max(0, bisect_right(self._starts, start) - 1), len(self._starts)):
            if self._starts[index] >= end:
                break
            first, last = (max(start, min(end, at)) for at in (self._starts[index], self._ends[index]))
            first, last = (first - start) // width, (last - start) // width
            marks[first:last] = b"\1" * (last - first)
        return marks


def runs_of(data: bytes, table: bytes) -> Iterator[Run]:
    """The runs of a file. `table` is the stream of its tables. Raises struct.error where it has no such."""
    at, length = struct.unpack_from("<Ii", data, _RUNS)
    count = max(0, length - 4) // 8
    pages = struct.unpack_from(f"<{count}I", table, at + 4 * (count + 1)) if count else ()
    for page in dict.fromkeys(page & 0x3FFFFF for page in pages):  # each once, however often it is named
        block = data[page * _PAGE : (page + 1) * _PAGE]
        if len(block) < _PAGE:
            continue
        runs = min(block[-1], 101)
        places = struct.unpack_from(f"<{runs + 1}I", block)
        for run in range(runs):
            offset = 2 * block[4 * (runs + 1) + run]
            if offset:
                yield places[run], places[run + 1], _formats(block[offset + 1 : offset + 1 + block[offset]])


def _formats(data: bytes) -> Formats:
    found: Formats = {}
    at = 0
    while at + 3 <= len(data):
        number = int.from_bytes(data[at : at + 2], "little")
        size = _SIZES[number >> 13] or data[at + 2] + 1
        found[number] = data[at + 2 : at + 2 + size]
        at += 2 + size
    return found


def is_hidden(formats: Formats) -> bool:
    """Whether letters are hidden, or tiny."""
    size = int.from_bytes(formats.get(_SIZE, b"\xff"), "little") / 2
    return formats.get(_VANISH, b"\0")[0] & 1 == 1 or size < LEAST_POINTS


def is_white(formats: Formats) -> bool:
    """Whether letters are white on nothing."""
    if formats.get(_MARK, b"\0") != b"\0" or any(shade in formats for shade in _SHADES):
        return False
    colour = formats.get(_COLOUR, b"")
    if len(colour) == 4 and colour[3] != _AUTOMATIC:
        return alike((colour[0], colour[1], colour[2]), WHITE)
    return not colour and formats.get(_INDEX, b"\0")[0] == _WHITE_INDEX
