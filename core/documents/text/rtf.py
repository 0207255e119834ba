"""Rich Text Format 1.9: text, headings, lists, tables, and what stands in headers, notes and boxes.

A small interpreter of its own: one pass over the tokens with an explicit stack, so nesting costs
nothing. Libraries for RTF give bare text; headings, cells and stamps in headers are what matters here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from core.documents.build import Builder
from core.documents.cleaning import raised, target_of
from core.documents.document import PlaceKind
from core.documents.reading_errors import Unreadable
from core.documents.text.rtf_body import RtfBody
from core.documents.text.rtf_state import FORMATS, NO_HEADING, Definitions, RtfState, Sink, SinkKind
from core.documents.visibility import matters
from core.language.pattern_file import PatternFile, toml_beside

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.DOTALL
)
_MAX_DEPTH = 5_000
_READ = frozenset(("userprops", "pn", "cs", "s", "ts", "moMath", "moMathPara"))
"""What a reader that does not know it may skip, and this one knows."""
_LINKED = re.compile(r'(?:HYPERLINK|\\[ol])\s*"([^"]+)"')
_CONTROL = PatternFile(_DATA := toml_beside(__file__))
CHARSETS = {int(number): name for number, name in _DATA["charsets"].items()}
SIGNS: dict[str, str] = _DATA["signs"]
PLACES = cast(dict[str, PlaceKind], _CONTROL.words("places"))
INFO, INNER = frozenset(_DATA["info"].split()), frozenset(_DATA["inner"].split())
DESCRIBED = cast(dict[str, PlaceKind], _CONTROL.words("described"))
DESTINATIONS = cast(dict[str, SinkKind], dict.fromkeys(PLACES, "place") | _CONTROL.words("destinations"))
"""Words that say where the text of their group goes."""


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
    """Reads the tokens of a file in one pass. A group's state is put aside at `{` and comes back at `}`."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._body = RtfBody(builder)
        self._definitions = Definitions(CHARSETS)
        self._state = RtfState(sink=self._body.sink)
        self._stack: list[RtfState] = []
        self._pending = 0  # characters to leave out after \u
        self._starred = False
        self._picture: dict[str, int] = {}
        self._property = ""
        self._bytes = bytearray()

    def run(self, text: str) -> None:
        for word, number, code, symbol, brace, plain in _tokens(text):
            if code:
                self._byte(code)
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
        self._flush()
        self._body.end()

    def _byte(self, code: str) -> None:
        if self._pending:
            self._pending -= 1
        else:
            self._bytes.append(int(code, 16))

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

    def _enter(self, kind: SinkKind, name: str) -> None:
        self._state = replace(self._state, sink=Sink(kind=kind, name=name))

    def _control(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if self._destination(word, starred) or self._structure(word, number):
            return
        value = number or 0
        if word == "f":
            self._definitions.number = value
            self._state = replace(self._state, font=value)
        elif word == "u":
            self._write(chr(value % 65536))
            self._pending = self._state.skip
        elif word in FORMATS:
            self._state = FORMATS[word](self._state, number)
        elif self._definitions.define(word, value, self._state.sink.kind):
            return
        elif self._state.sink.kind == "picture":
            self._picture[word] = value
        elif word in SIGNS:
            self._write(SIGNS[word])

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

    def _outer(self) -> Sink:
        """The nearest sink around that takes text."""
        sinks = (state.sink for state in reversed(self._stack))
        return next((sink for sink in sinks if sink.kind != "skip"), self._body.sink)

    def _structure(self, word: str, number: int | None) -> bool:
        """Take a control word that ends or describes a paragraph, of the body or of what stands around it."""
        match self._state.sink.kind:
            case "style":
                self._describe_style(word, number)
                return True
            case "place" if word in ("par", "page", "sect", "cell", "row"):
                self._write("\n")
                return True
            case "body":
                return self._body.control(word, number or 0, self._definitions.levels)
            case _:
                return False

    def _describe_style(self, word: str, number: int | None) -> None:
        """A style is being defined: `{\\s1 … heading 1;}`."""
        if word == "s":
            self._definitions.number = number or 0
            self._state.sink.pieces.clear()
        elif word == "outlinelevel" and number is not None and number < NO_HEADING:
            self._definitions.levels[self._definitions.number] = number + 1

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._starred = True
        elif symbol in "\r\n":
            self._control("par", None)
        else:
            self._plain({"~": "\u00a0", "-": "", "_": "-"}.get(symbol, symbol if symbol in "\\{}" else ""))

    def _flush(self) -> None:
        """Write the bytes that came as `\\'hh`, in the code page of their font."""
        if self._bytes:
            text = bytes(self._bytes).decode(self._definitions.codec_of(self._state.font), "replace")
            self._bytes.clear()
            self._write(text)

    def _plain(self, text: str) -> None:
        """Write characters of the file itself, less those that stand for older readers after `\\u`."""
        dropped = min(self._pending, len(text))
        self._pending -= dropped
        text = text[dropped:]
        if text and ord(max(text)) > 127:
            text = text.encode("latin-1", "replace").decode(self._definitions.codec, "replace")
        self._write(text)

    def _write(self, text: str) -> None:
        state, sink = self._state, self._state.sink
        if sink.kind == "skip" or not text:
            return
        if sink.kind == "colours":
            self._definitions.end_colours(text.count(";"))
        elif state.deleted:
            self._body.deleted.append(text)
        elif sink.kind == "body" and self._definitions.is_unseen(state):
            self._body.hidden.append(text)
        elif sink.kind == "style" and ";" in text:
            self._definitions.name_style("".join(sink.pieces) + text)
            sink.pieces.clear()
        else:
            sink.pieces.append(raised(text) if state.raised else text)

    def _close(self, sink: Sink) -> None:
        """A destination ends."""
        text = sink.text
        if sink.kind == "info" and sink.name:
            self._builder.property(sink.name, text)
            if sink.name == "title":
                self._builder.title = text
        elif sink.kind == "mark":
            self._body.mark = text or self._body.mark
        elif sink.kind == "picture":
            self._draw(text)
        elif sink.kind == "property":
            self._set_property(sink.name, text)
        elif sink.kind == "place" and text:
            self._place(sink.name, text)

    def _draw(self, digits: str) -> None:
        """A picture, if it is one of pixels and may bear text; others are said to be unread."""
        width, height = (self._picture.get(side, 20_000) / 20 for side in ("picwgoal", "pichgoal"))
        if not self._picture.keys() & {"pngblip", "jpegblip"}:
            self._builder.warn("pictures_left_out")
        elif matters(width, height):
            digits = re.sub(r"[^0-9a-fA-F]", "", digits)
            data = bytes.fromhex(digits[: len(digits) & ~1])
            self._builder.picture_file(f"pict {len(data)} {zlib.crc32(data)}", data)

    def _set_property(self, word: str, text: str) -> None:
        """The name of a property of the file or of a shape, or its value, which follows."""
        if word in ("propname", "sn"):
            self._property = text
        elif word == "staticval":
            self._builder.property(self._property or "property", text)
        elif word == "fldinst":
            for address in _LINKED.findall(text):
                self._builder.place("other", target_of(address))
        elif self._property in DESCRIBED:
            self._builder.place(DESCRIBED[self._property], text)

    def _place(self, name: str, text: str) -> None:
        kind = PLACES[name]
        self._builder.place(kind, text)
        if kind == "note":
            self._state.sink.pieces.append(self._body.note(text))
        elif kind == "textbox":
            self._body.sink.pieces.append(f"\n{text}\n")
