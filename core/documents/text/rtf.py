"""Rich Text Format 1.9: text, headings, lists, tables, and what stands in headers, notes and boxes.

A small interpreter of its own: one pass over the tokens with an explicit stack, so nesting costs
nothing. Libraries for RTF give bare text; headings, cells and stamps in headers are what matters here.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from core.documents.build import Builder, Unreadable
from core.documents.cleaning import clean, raised, target_of
from core.documents.document import PlaceKind
from core.documents.visibility import LEAST_POINTS, WHITE, Colour, HiddenText, alike, matters
from core.language.pattern_file import PatternFile, toml_beside

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.DOTALL
)
_MAX_DEPTH = 5_000
_READ = frozenset(("userprops", "pn", "cs", "s", "ts", "moMath", "moMathPara"))
"""What a reader that does not know it may skip, and this one knows."""
_LINKED = re.compile(r'(?:HYPERLINK|\\[ol])\s*"([^"]+)"')
_Kind = Literal["body", "skip", "place", "info", "fonts", "style", "mark", "property", "picture", "colours"]
_CONTROL = PatternFile(_DATA := toml_beside(__file__))
CHARSETS = {int(number): name for number, name in _DATA["charsets"].items()}
SIGNS: dict[str, str] = _DATA["signs"]
PLACES = cast(dict[str, PlaceKind], _CONTROL.words("places"))
INFO, INNER = frozenset(_DATA["info"].split()), frozenset(_DATA["inner"].split())
DESCRIBED = cast(dict[str, PlaceKind], _CONTROL.words("described"))
DESTINATIONS = cast(dict[str, _Kind], dict.fromkeys(PLACES, "place") | _CONTROL.words("destinations"))
"""Words that say where the text of their group goes."""


@dataclass(slots=True, kw_only=True)
class _Sink:
    """Where text goes. `name` is the destination's control word."""

    kind: _Kind
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        return clean("".join(self.pieces))


@dataclass(frozen=True, slots=True, kw_only=True)
class _RtfState:
    """What a group inherits and may change until its end."""

    sink: _Sink
    skip: int = 1
    font: int = -1
    hidden: bool = False
    deleted: bool = False
    size: int = 24
    """Of its letters, in half points."""
    raised: bool = False
    colour: int = 0
    ground: bool = False
    """The number of its colour, and whether anything coloured is behind it."""


def read(data: bytes, builder: Builder) -> None:
    builder.kind = "rtf"
    builder.page()
    _Interpreter(builder).run(data.decode("latin-1"))


def _tokens(text: str) -> Iterator[tuple[str | None, ...]]:
    """The groups of `_TOKEN`, one by one; the raw bytes after `\\binN` are no tokens (RTF 1.9.1, « Pictures
    »)."""
    position = 0
    while match := _TOKEN.search(text, position):
        position = match.end()
        if match[1] == "bin":
            position += max(0, int(match[2] or 0))
        yield match.groups()


class _Interpreter:
    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._body = _Sink(kind="body")
        self._state = _RtfState(sink=self._body)
        self._stack: list[_RtfState] = []
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._styles: dict[int, int] = {}
        self._pending = 0  # characters to leave out after \u
        self._starred = False
        self._number = 0  # of the font or style being defined
        self._level = self._ilvl = 0
        self._mark = ""
        self._in_table = False
        self._row: list[str] = []
        self._rows: list[list[str]] = []
        self._notes: list[str] = []
        self._hidden = HiddenText(self._body.pieces)
        self._deleted = HiddenText(self._body.pieces)
        self._picture: dict[str, int] = {}
        self._property = ""
        self._colours: list[Colour] = []
        self._channels = dict.fromkeys(("red", "green", "blue"), 0)
        self._bytes = bytearray()

    def run(self, text: str) -> None:
        for word, number, code, symbol, brace, plain in _tokens(text):
            if code:
                if self._pending:
                    self._pending -= 1
                else:
                    self._bytes.append(int(code, 16))
                continue
            self._flush()
            if plain:
                self._plain(plain)
            elif brace:
                self._group(brace)
            elif word:
                self._control(word, int(number) if number else None)
            elif symbol:
                self._symbol(symbol)
        self._end()

    def _end(self) -> None:
        self._flush()
        self._paragraph()
        self._table()
        self._builder.hide(self._hidden.text)
        if deleted := self._deleted.text:
            self._builder.warn("tracked_changes")
            self._builder.place("hidden", deleted)
        for number, note in enumerate(self._notes, 1):
            self._builder.paragraph(f"[^{number}]: {note}")

    def _group(self, brace: str) -> None:
        self._starred = False
        if brace == "{":
            if len(self._stack) >= _MAX_DEPTH:
                raise Unreadable("nested")
            self._stack.append(self._state)
        elif self._stack:
            left, self._state = self._state, self._stack.pop()
            if left.sink is not self._state.sink:
                self._close(left.sink)

    def _enter(self, kind: _Kind, name: str) -> None:
        self._state = replace(self._state, sink=_Sink(kind=kind, name=name))

    def _control(self, word: str, number: int | None) -> None:  # noqa: C901 - a flat table of words
        starred, self._starred = self._starred, False
        if self._destination(word, starred) or self._structure(word, number):
            return
        match word:
            case "u":
                self._plain(chr((number or 0) % 65536), counted=False)
                self._pending = self._state.skip
            case "uc":
                self._state = replace(self._state, skip=max(0, number or 0))
            case "f":
                self._number = number or 0
                self._state = replace(self._state, font=self._number)
            case "fs":
                self._state = replace(self._state, size=number or 24)
            case "cf":
                self._state = replace(self._state, colour=number or 0)
            case "highlight" | "cb" | "chcbpat" | "cbpat" | "clcbpat" | "chshdng" | "shading" | "clshdng":
                self._state = replace(self._state, ground=self._state.ground or bool(number))
            case "red" | "green" | "blue" if self._state.sink.kind == "colours":
                self._channels[word] = number or 0
            case "v":
                self._state = replace(self._state, hidden=number != 0)
            case "deleted":
                self._state = replace(self._state, deleted=number != 0)
            case "super" | "sub" | "nosupersub":
                self._state = replace(self._state, raised=word == "super" and number != 0)
            case "plain":
                self._state = replace(
                    self._state, hidden=False, deleted=False, raised=False, size=24, colour=0
                )
            case "ansicpg":
                self._codec = _codec(f"cp{number}")
            case "mac":
                self._codec = "mac_roman"
            case "fcharset" if self._state.sink.kind == "fonts":
                self._fonts[self._number] = CHARSETS.get(number or 0, self._codec)
            case _ if self._state.sink.kind == "picture":
                self._picture[word] = number or 0
            case _ if word in SIGNS:
                self._plain(SIGNS[word], counted=False)
            case _:
                pass

    def _destination(self, word: str, starred: bool) -> bool:
        """Words that say where the text of their group goes."""
        kind = self._state.sink.kind
        if word == "objdata":
            self._builder.warn("part_unread", "OLE")
        if kind == "skip" and word not in INNER:
            return True
        if word in ("result", "ud"):  # what an object of another program shows; the newer form of a text
            self._state = replace(self._state, sink=self._outer())
        elif word in DESTINATIONS:
            self._picture = {} if word == "pict" else self._picture
            self._enter(DESTINATIONS[word], "" if word == "info" else word)
        elif kind == "info" and word in INFO:
            self._enter("info", word)
        elif starred and word not in _READ:
            self._enter("skip", word)
        else:
            return False
        return True

    def _outer(self) -> _Sink:
        """The nearest sink around that takes text."""
        sinks = (state.sink for state in reversed(self._stack))
        return next((sink for sink in sinks if sink.kind != "skip"), self._body)

    def _structure(self, word: str, number: int | None) -> bool:  # noqa: C901 - likewise
        """Words that end or describe paragraphs."""
        if self._state.sink.kind == "style":
            self._describe(word, number)
            return True
        if self._state.sink.kind == "place" and word in ("par", "page", "sect", "cell", "row"):
            self._plain("\n", counted=False)
            return True
        if self._state.sink.kind != "body":
            return False
        match word:
            case "par" | "sect" | "page":
                self._paragraph()
            case "cell":
                self._row.append(self._take())
            case "row":
                self._rows.append(self._row)
                self._row = []
            case "pard":
                self._level = self._ilvl = 0
                self._in_table = False
            case "intbl":
                self._in_table = True
            case "s":
                self._level = self._styles.get(number or 0, 0)
            case "outlinelevel":
                self._level = (number or 0) + 1 if (number or 0) < 9 else 0
            case "ilvl":
                self._ilvl = number or 0
            case _:
                return False
        return True

    def _describe(self, word: str, number: int | None) -> None:
        """A style is being defined: `{\\s1 … heading 1;}`."""
        if word == "s":
            self._number = number or 0
            self._state.sink.pieces.clear()
        elif word == "outlinelevel" and number is not None and number < 9:
            self._styles[self._number] = number + 1

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._starred = True
        elif symbol in "\r\n":
            self._control("par", None)
        else:
            self._plain({"~": "\u00a0", "-": "", "_": "-"}.get(symbol, symbol if symbol in "\\{}" else ""))

    def _flush(self) -> None:
        if self._bytes:
            codec = self._fonts.get(self._state.font, self._codec)
            text = bytes(self._bytes).decode(codec, "replace")
            self._bytes.clear()
            self._plain(text, counted=False)

    def _plain(self, text: str, *, counted: bool = True) -> None:
        if counted and self._pending:
            dropped = min(self._pending, len(text))
            self._pending -= dropped
            text = text[dropped:]
        state, sink = self._state, self._state.sink
        if sink.kind == "skip" or not text:
            return
        if sink.kind == "colours":
            for _ in range(text.count(";")):
                self._colours.append(tuple(self._channels.values()))  # type: ignore[arg-type]
                self._channels = dict.fromkeys(("red", "green", "blue"), 0)
            return
        if (sink.kind == "body" and self._is_unseen()) or state.deleted:
            (self._deleted if state.deleted else self._hidden).append(text)
            return
        if counted and ord(max(text)) > 127:
            text = text.encode("latin-1", "replace").decode(self._codec, "replace")
        if sink.kind == "style" and ";" in text:
            self._named("".join(sink.pieces) + text)
            sink.pieces.clear()
            return
        sink.pieces.append(raised(text) if state.raised else text)

    def _is_unseen(self) -> bool:
        """Whether people do not see a text: it is hidden, tiny, or white on nothing coloured."""
        state = self._state
        if state.hidden or state.size < 2 * LEAST_POINTS:
            return True
        if not 0 < state.colour < len(self._colours) or state.ground:
            return False
        return alike(self._colours[state.colour], WHITE)

    def _named(self, name: str) -> None:
        if match := re.match(r"\s*(?:heading|titre)\s*([1-9])\s*;", name, re.IGNORECASE):
            self._styles[self._number] = int(match[1])
        elif re.match(r"\s*(?:title|titre)\s*;", name, re.IGNORECASE):
            self._styles.setdefault(self._number, 1)

    def _close(self, sink: _Sink) -> None:
        """A destination ends."""
        text = sink.text
        if sink.kind == "info" and sink.name:
            self._builder.property(sink.name, text)
            if sink.name == "title":
                self._builder.title = text
        elif sink.kind == "mark":
            self._mark = text or self._mark
        elif sink.kind == "picture":
            self._draw(sink.text)
        elif sink.kind == "property":
            self._describes(sink.name, text)
        elif sink.kind == "place" and text:
            self._placed(sink.name, text)

    def _draw(self, digits: str) -> None:
        """A picture, if it is one of pixels and may bear text; others are said to be unread."""
        width, height = (self._picture.get(side, 20_000) / 20 for side in ("picwgoal", "pichgoal"))
        if not self._picture.keys() & {"pngblip", "jpegblip"}:
            self._builder.warn("pictures_left_out")
        elif matters(width, height):
            digits = re.sub(r"[^0-9a-fA-F]", "", digits)
            data = bytes.fromhex(digits[: len(digits) & ~1])
            self._builder.picture_file(f"pict {len(data)} {zlib.crc32(data)}", data)

    def _describes(self, word: str, text: str) -> None:
        """The name of a property of the file or of a shape, or its value, which follows."""
        if word in ("propname", "sn"):
            self._property = text
        elif word == "staticval":
            self._builder.property(self._property or "property", text)
        elif word == "fldinst":
            for said in _LINKED.findall(text):
                self._builder.place("other", target_of(said))
        elif self._property in DESCRIBED:
            self._builder.place(DESCRIBED[self._property], text)

    def _placed(self, name: str, text: str) -> None:
        kind = PLACES[name]
        self._builder.place(kind, text)
        if kind == "note":
            self._notes.append(text.replace("\n", " "))
            self._state.sink.pieces.append(f"[^{len(self._notes)}]")
        elif kind == "textbox":
            self._body.pieces.append(f"\n{text}\n")

    def _take(self) -> str:
        text = self._body.text
        self._body.pieces.clear()
        self._hidden.part()
        self._deleted.part()
        mark, self._mark = self._mark, ""
        return f"{mark} {text}" if mark and self._in_table else text

    def _paragraph(self) -> None:
        if self._in_table:
            if self._body.text:
                self._body.pieces.append("\n")
            return
        self._table()
        mark = self._mark
        text = self._take()
        if self._level:
            self._builder.heading(self._level, f"{mark} {text}" if mark and text else text)
        elif mark:
            number = re.search(r"\w", mark) and len(mark) < 12
            self._builder.item(text, depth=self._ilvl, mark=mark if number else "-")
        else:
            self._builder.paragraph(text)

    def _table(self) -> None:
        if self._row:  # its end is missing
            self._rows.append(self._row)
            self._row = []
        if self._rows:
            self._builder.table(self._rows)
            self._rows = []


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
