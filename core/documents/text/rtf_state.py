"""What a group of an RTF file inherits, and what the file defines for its text to refer to: code pages of
fonts, ranks of styles, colours."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from core.documents.cleaning import clean
from core.documents.visibility import LEAST_POINTS, WHITE, Colour, alike

SinkKind = Literal[
    "body", "skip", "place", "info", "fonts", "style", "mark", "property", "picture", "colours"
]
NO_HEADING = 9
"""The outline level of the text of the body (RTF 1.9.1, `\\outlinelevel`)."""


@dataclass(slots=True, kw_only=True)
class Sink:
    """Where text goes. `name` is the destination's control word."""

    kind: SinkKind
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        return clean("".join(self.pieces))


@dataclass(frozen=True, slots=True, kw_only=True)
class RtfState:
    """What a group inherits and may change until its end. `size` is in half points; `colour` is a number in
    the file's table of colours; `ground` is true where anything coloured is behind the text; `skip` is how
    many characters after `\\u` are meant for older readers only."""

    sink: Sink
    skip: int = 1
    font: int = -1
    hidden: bool = False
    deleted: bool = False
    size: int = 24
    raised: bool = False
    colour: int = 0
    ground: bool = False


_GROUNDS = ("highlight", "cb", "chcbpat", "cbpat", "clcbpat", "chshdng", "shading", "clshdng")
_Change = Callable[[RtfState, int | None], RtfState]
FORMATS: dict[str, _Change] = {
    "uc": lambda state, number: replace(state, skip=max(0, number or 0)),
    "fs": lambda state, number: replace(state, size=number or 24),
    "cf": lambda state, number: replace(state, colour=number or 0),
    "v": lambda state, number: replace(state, hidden=number != 0),
    "deleted": lambda state, number: replace(state, deleted=number != 0),
    "super": lambda state, number: replace(state, raised=number != 0),
    "sub": lambda state, _: replace(state, raised=False),
    "nosupersub": lambda state, _: replace(state, raised=False),
    "plain": lambda state, _: replace(state, hidden=False, deleted=False, raised=False, size=24, colour=0),
    **dict.fromkeys(_GROUNDS, lambda state, number: replace(state, ground=state.ground or bool(number))),
}
"""The control words that format characters, and how the state of a group changes at each."""


class Definitions:
    """What a file defines before its text, and the text refers to by number: code pages of fonts, ranks of
    styles, colours."""

    def __init__(self, charsets: Mapping[int, str]) -> None:
        self._charsets = charsets  # number of a character set → codec
        self.codec = "cp1252"
        self.number = 0  # of the font or style that is being defined
        self.levels: dict[int, int] = {}  # style → rank of a heading
        self._codecs: dict[int, str] = {}  # font → codec
        self._colours: list[Colour] = []
        self._channels: dict[str, int] = {}

    def codec_of(self, font: int) -> str:
        return self._codecs.get(font, self.codec)

    def define(self, word: str, number: int, kind: SinkKind) -> bool:
        """Take a control word that defines something. Return False if it does not."""
        match word:
            case "ansicpg":
                self.codec = _codec(f"cp{number}")
            case "mac":
                self.codec = "mac_roman"
            case "fcharset" if kind == "fonts":
                self._codecs[self.number] = self._charsets.get(number, self.codec)
            case "red" | "green" | "blue" if kind == "colours":
                self._channels[word] = number
            case _:
                return False
        return True

    def end_colours(self, count: int) -> None:
        """Each `;` in the table of colours ends one; an empty one is black, as the automatic colour is."""
        for _ in range(count):
            red, green, blue = (self._channels.get(name, 0) for name in ("red", "green", "blue"))
            self._colours.append((red, green, blue))
            self._channels.clear()

    def name_style(self, name: str) -> None:
        """A style that is called « heading 2 » or « Titre 2 » has that rank, whatever its outline says."""
        if match := re.match(r"\s*(?:heading|titre)\s*([1-9])\s*;", name, re.IGNORECASE):
            self.levels[self.number] = int(match[1])
        elif re.match(r"\s*(?:title|titre)\s*;", name, re.IGNORECASE):
            self.levels.setdefault(self.number, 1)

    def is_unseen(self, state: RtfState) -> bool:
        """True if people do not see text in this state: it is hidden, tiny, or white on nothing coloured."""
        if state.hidden or state.size < 2 * LEAST_POINTS:
            return True
        if not 0 < state.colour < len(self._colours) or state.ground:
            return False
        return alike(self._colours[state.colour], WHITE)


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
