"""The styles of an OpenDocument, as far as they say what is read: what they hide, what they number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from core.documents.visibility import LEAST_POINTS, WHITE, Colour, alike, colour_of
from core.documents.zip_package import Element, attribute, child, find_all, tag

_POINTS = re.compile(r"\d{1,4}(?:\.\d{1,4})?pt")
_SHAPES = frozenset(("text-box", "custom-shape", "rect", "ellipse", "circle", "path", "page", "frame", "g"))
"""What may stand before a ground of its own."""
_ANCESTORS = 8
"""Styles that inherit from each other."""


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
        self._looks: dict[str, tuple[bool | None, float, Colour | None, Colour | None]] = {}

    def get(self, name: str) -> Element | None:
        return self._styles.get(name)

    def look(self, element: Element, above: OdfLook) -> OdfLook:
        """How the text directly in an element looks that stands in another one of the look `above`."""
        name = attribute(element, "style-name")
        if name not in self._looks:
            self._looks[name] = self._look(name)
        gone, size, colour, ground = self._looks[name]
        if tag(element).startswith("hidden-"):
            gone = attribute(element, "is-hidden") == "true"
        return OdfLook(
            above.gone if gone is None else gone,
            size or above.size,
            colour or above.colour,
            ground or above.ground,
        )

    def hides(self, look: OdfLook, element: Element) -> bool:
        """Whether people do not see the text in an element: it is hidden, tiny, or in the colour of its
        ground."""
        if look.gone or look.size < LEAST_POINTS:
            return True
        if look.ground or look.colour is None or not alike(look.colour, WHITE):
            return alike(look.colour, look.ground)
        return not any(self._has_ground(above) for above in element.iterancestors())

    def _has_ground(self, element: Element) -> bool:
        """Whether a cell, a frame or a shape may have a colour of its own."""
        if tag(element) != "table-cell":
            return tag(element) in _SHAPES
        style = self._styles.get(attribute(element, "style-name"))
        return child(style, "table-cell-properties") is not None

    def _look(self, name: str) -> tuple[bool | None, float, Colour | None, Colour | None]:
        found: dict[str, str] = {}
        for _ in range(_ANCESTORS):
            style = self._styles.get(name)
            if style is None:
                break
            for part in ("text-properties", "paragraph-properties"):
                said = {key.rpartition("}")[2]: value for key, value in _attributes(child(style, part))}
                found = said | found
            name = attribute(style, "parent-style-name")
        size = found.get("font-size", "")
        display = found.get("display")
        return (
            display == "none" if display else None,  # LibreOffice writes `opacity` 0 for what is seen
            float(size[:-2]) if _POINTS.fullmatch(size) else 0.0,
            colour_of(found.get("color", "")),
            colour_of(found.get("background-color", "")),
        )

    def hides_table(self, table: Element) -> bool:
        """Whether a sheet's style hides it."""
        style = self._styles.get(attribute(table, "style-name"))
        return attribute(child(style, "table-properties"), "display") == "false"

    def is_unlisted(self, element: Element) -> bool:
        """Whether its style takes it out of any numbering: an empty name of a list."""
        style = self._styles.get(attribute(element, "style-name"))
        return style is not None and any(
            key.endswith("}list-style-name") and not value for key, value in style.items()
        )


def _attributes(element: Element | None) -> list[tuple[str, str]]:
    return [] if element is None else [(str(key), str(value)) for key, value in element.items()]
