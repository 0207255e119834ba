"""When letters are not seen on what they are written on: one measure for all formats of word processors.

And which pictures may bear text that matters: those that cover a fair part of a page, or stand at its edge.
Logos, bullets and rules are pictures too; each costs a second of recognition. A stamp is as wide as a few
words.
"""

from __future__ import annotations

import io
import re
from typing import Any

from PIL import Image, ImageColor

Image.init()  # every decoder: nothing can be imported in the jail

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
LEAST_POINTS = 2.0
"""The size of letters that are read."""
_ALIKE = 12
"""Of 256: colours whose channels differ less look the same."""
_HEX = re.compile("#?([0-9a-fA-F]{6})")
_FAIR = 0.03
"""Of a page's area."""
_TOP, _BOTTOM = 0.2, 0.85
"""A picture above or below these shares of a page's height stands at its edge."""
_LEAST = (40.0, 9.0)
"""Width and height in points of a legible word."""
_PIXELS = (60, 20)
_EMPTY = 60
"""Bytes of a GIF that holds a pixel at most, as pages have them until their pictures are loaded."""
_SCREEN = (320, 120)
"""Pixels, width and height, from which a picture in a mail may be cut out of a screen."""
PAGE = (595.0, 842.0)
"""A4 in points, where a format does not say how large its pages are."""


_LENGTH = re.compile(r"(-?(?:\d+(?:\.\d*)?|\.\d+))(pt|in|cm|mm|px)?")
_LONGEST = 40
"""Characters of a length, whose digits programs write out (`0.10416666666666667in`)."""
_IN_POINTS = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 7.2 / 2.54, "px": 0.75}
LARGE = 1_000.0
"""Points of a side of a picture that is not known: what stands there may matter."""


def points(length: str, otherwise: float, *, usual: str = "") -> float:
    """A length such as `2.5cm` in points, without a unit in the `usual` one; `otherwise` for what is none."""
    match = _LENGTH.fullmatch(length) if len(length) <= _LONGEST else None
    unit = match and _IN_POINTS.get(match[2] or usual)
    return float(match[1]) * unit if match and unit else otherwise


def alike(colour: Colour | None, ground: Colour | None) -> bool:
    """Whether letters of a colour are not seen on a ground; false where one is not known."""
    return (
        colour is not None
        and ground is not None
        and all(abs(one - other) < _ALIKE for one, other in zip(colour, ground, strict=True))
    )


def colour_of(value: str) -> Colour | None:
    """The colour that six digits say; None for `auto` and the like."""
    match = _HEX.fullmatch(value)
    return (int(match[1][:2], 16), int(match[1][2:4], 16), int(match[1][4:], 16)) if match else None


def colour_named(name: str) -> str:
    """The six digits of a colour that DrawingML names, `white` or `dkBlue` (ECMA-376 part 1, 20.1.10.47);
    empty for others."""
    for short, whole in (("dk", "dark"), ("lt", "light"), ("med", "medium")):
        name = whole + name.removeprefix(short) if re.match(f"{short}[A-Z]", name) else name
    try:
        return "".join(f"{channel:02X}" for channel in ImageColor.getrgb(name)[:3])
    except ValueError:
        return ""


def matters(
    width: float, height: float, page: tuple[float, float] = PAGE, *, top: float | None = None
) -> bool:
    """Whether a picture of a size in points is to be recognised. `top`: its distance from the page's
    upper edge; None where it is not known."""
    if width < _LEAST[0] or height < _LEAST[1]:
        return False
    edge = top is not None and (top < _TOP * page[1] or top + height > _BOTTOM * page[1])
    return edge or width * height >= _FAIR * page[0] * page[1]


def is_legible(data: bytes) -> bool:
    """Whether a file of a picture is large enough for a word. One that cannot be opened may be anything."""
    return _is_as_large_as(_PIXELS, data, unopened=True)


def may_be_screenshot(data: bytes) -> bool:
    """Whether a picture that a mail shows is as large as what people cut out of their screen."""
    return _is_as_large_as(_SCREEN, data, unopened=False)


def _is_as_large_as(size: tuple[int, int], data: bytes, *, unopened: bool) -> bool:
    try:
        image: Any = Image.open(io.BytesIO(data))
        return image.width >= size[0] and image.height >= size[1]
    except Exception:  # noqa: BLE001 - decoders fail in every way on bad files
        return unopened and not (data.startswith(b"GIF8") and len(data) < _EMPTY)


class HiddenText:
    """Pieces of a text that people do not see; what is seen between two of them parts them. `seen` are the
    pieces that are, of the same text."""

    def __init__(self, seen: list[str]) -> None:
        self._pieces: list[str] = []
        self._seen = seen
        self._known = 0

    def append(self, piece: str) -> None:
        if any(self._seen[self._known :]):
            self.part()
        self._known = len(self._seen)
        self._pieces.append(piece)

    def part(self) -> None:
        """What comes next belongs to another paragraph."""
        self._known = len(self._seen)
        if self._pieces:
            self._pieces.append("\n")

    @property
    def text(self) -> str:
        return re.sub(r"\n+", "\n", "".join(self._pieces)).strip()


class ParagraphText:
    """The text of a paragraph in pieces, those that people do not see apart."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.hidden = HiddenText(self.pieces)

    @property
    def text(self) -> str:
        return "".join(self.pieces).replace("\t", " ").strip()
