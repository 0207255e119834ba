"""The styles of an OpenDocument, as far as they say what is read: what they hide, what they number.

The numbers of headings and list items stand nowhere in the text (ODF 1.2, 5.3 and 16.33). A number shows as
many levels as its style says.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from core.documents.office.word_styles import formatted
from core.documents.visibility import LEAST_POINTS, WHITE, Colour, alike, colour_of
from core.documents.xml import Element, attribute, child, each, find_all, number, tag

_POINTS = re.compile(r"\d{1,4}(?:\.\d{1,4})?pt")
_SHAPES = frozenset(("text-box", "custom-shape", "rect", "ellipse", "circle", "path", "page", "frame", "g"))
"""What may stand before a ground of its own."""
_CELLS = ("table-cell", "table-row", "table")
_HOLDERS = {*_SHAPES, "table-cell"}
_LOOKS = (
    "display", "font-size", "color", "background-color", "fill", "fill-color", "opacity", "text-position",
)  # fmt: skip
_PARTS = ("paragraph-properties", "text-properties", "table-cell-properties", "graphic-properties")
_OWN = ("", "Default")
"""Names of styles that say nothing of a cell."""
_ANCESTORS = 8
"""Styles that inherit from each other."""
_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_LEVELS = 10


class OdfLook(NamedTuple):
    """What a text inherits: whether it is hidden, its size in points, its colour and that of its ground."""

    gone: bool = False
    size: float = 12.0
    colour: Colour | None = None
    ground: Colour | None = None


class OdfStyles:
    """The named and automatic styles of one document."""

    def __init__(self, roots: Iterable[Element | None]) -> None:
        self._styles = {
            attribute(style, "name"): style for root in roots for style in find_all(root, "style")
        }
        self._known: dict[str, dict[str, str]] = {}

    def get(self, name: str) -> Element | None:
        return self._styles.get(name)

    def _of(self, element: Element) -> Element | None:
        return self.get(attribute(element, "style-name"))

    def look(self, element: Element, above: OdfLook) -> OdfLook:
        """How the text directly in an element looks that stands in another one of the look `above`."""
        said = self._said(attribute(element, "style-name"))
        if tag(element).startswith("hidden-"):
            gone = attribute(element, "is-hidden") == "true"
        else:  # LibreOffice writes `opacity` 0 for what is seen
            gone = said["display"] == "none" if "display" in said else above.gone
        size = said.get("font-size", "")
        filled = said.get("fill") == "solid" and said.get("opacity", "100%") == "100%"
        ground = said.get("fill-color" if filled else "background-color", "")
        return OdfLook(
            gone,
            float(size[:-2]) if _POINTS.fullmatch(size) else above.size,
            colour_of(said.get("color", "")) or above.colour,
            colour_of(ground) or (None if said.get("fill", "none") != "none" else above.ground),
        )

    def look_of_holder(self, paragraph: Element) -> OdfLook:
        """How a paragraph looks by the cells and shapes that it stands in."""
        holders = [above for above in paragraph.iterancestors() if tag(above) in _HOLDERS]
        return functools.reduce(lambda look, holder: self.look(holder, look), reversed(holders), OdfLook())

    def hides(self, look: OdfLook, element: Element) -> bool:
        """Whether people do not see the text in an element: it is hidden, tiny, or in the colour of its
        ground."""
        if look.gone or look.size < LEAST_POINTS:
            return True
        if look.ground or look.colour is None or not alike(look.colour, WHITE):
            return alike(look.colour, look.ground)
        return not any(self._has_ground(above) for above in element.iterancestors())

    def raises(self, span: Element) -> bool:
        """Whether a style puts a text above the line: `super 58%`, or by how much (ODF 1.2, 20.384)."""
        position = self._said(attribute(span, "style-name")).get("text-position", "").partition(" ")[0]
        return position == "super" or (position[:1].isdecimal() and position != "0%")

    def _has_ground(self, element: Element) -> bool:
        """Whether a cell, its row or table, a frame or a shape may have a colour of its own."""
        if tag(element) not in _CELLS:
            return tag(element) in _SHAPES
        style = self._of(element)
        said = (attribute(part, "background-color") for part in each(style))
        coloured = any(value not in ("", "transparent") for value in said)
        mapped = child(style, "map") is not None
        return coloured or mapped or attribute(element, "default-cell-style-name") not in _OWN

    def _said(self, name: str, depth: int = 0) -> dict[str, str]:
        """Of the properties of a style, and of those that it inherits from, those that may hide its text."""
        style = self._styles.get(name)
        if name in self._known or style is None or depth >= _ANCESTORS:
            return self._known.get(name, {})
        found = dict(self._said(attribute(style, "parent-style-name"), depth + 1))
        for part in _PARTS:
            said = child(style, part)
            found |= {key: value for key in _LOOKS if (value := attribute(said, key))}
        self._known[name] = found
        return found

    def hides_table(self, table: Element) -> bool:
        """Whether a sheet's style hides it."""
        return attribute(child(self._of(table), "table-properties"), "display") == "false"

    def hides_slide(self, slide: Element) -> bool:
        """Whether a slide's style leaves it out of the show."""
        return attribute(child(self._of(slide), "drawing-page-properties"), "visibility") == "hidden"

    def is_unlisted(self, element: Element) -> bool:
        """Whether its style takes it out of any numbering: an empty name of a list."""
        style = self._of(element)
        return style is not None and any(
            key.endswith("}list-style-name") and not value for key, value in style.items()
        )


class Outline:
    """The numbering of headings in one document, as they come."""

    def __init__(self, roots: Iterable[Element | None]) -> None:
        self._levels = {
            number(level, "level"): level for root in roots for level in find_all(root, "outline-level-style")
        }
        self._counts = [0] * (_LEVELS + 1)

    def next(self, level: int) -> str:
        """The number of the next heading of a level; empty where that level shows none."""
        shape = self._levels.get(level)
        if shape is None or not 0 < level <= _LEVELS:
            return ""
        first = number(shape, "start-value", 1)
        self._counts[level] = self._counts[level] + 1 if self._counts[level] else first
        self._counts[level + 1 :] = [0] * (_LEVELS - level)
        return numbered(level, self._levels, lambda each: self._counts[each])


def numbered(level: int, levels: Mapping[int, Element], count: Callable[[int], int]) -> str:
    """The number at a level: `1.2.`, of the levels that are shown, with what stands around it."""
    shape = levels.get(level)
    if shape is None or not attribute(shape, "num-format"):
        return ""
    first = level - number(shape, "display-levels", 1) + 1
    parts = [
        formatted(count(each), _FORMATS.get(form, "decimal"))
        for each in range(max(1, first), level + 1)
        if (form := attribute(levels.get(each), "num-format"))
    ]
    return f"{attribute(shape, 'num-prefix')}{'.'.join(parts)}{attribute(shape, 'num-suffix')}"


def numbered_levels(style: Iterable[Element]) -> dict[int, Element]:
    """The numbered levels of a list's style."""
    return {number(each, "level"): each for each in style if tag(each) == "list-level-style-number"}
