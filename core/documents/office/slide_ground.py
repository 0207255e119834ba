"""The ground of a slide: the colour beneath a shape that has no fill, where no painted shape lies between.

Layout and master lie beneath the slide. ECMA-376 part 1, 19.3.1 (PresentationML), 20.1 and 21.1 (DrawingML).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping

from core.documents.visibility import colour_named
from core.documents.xml import Element, attribute, child, each, find_all, tag
from core.documents.zip_package import Package

Box = tuple[float, float, float, float]
"""Left, top, width, height."""
FILLS = {"noFill", "solidFill", "gradFill", "blipFill", "pattFill", "grpFill"}
_PAINTED = ("sp", "pic", "graphicFrame", "contentPart", "cxnSp")
_MOST = 200
"""Painted shapes of a slide; the ground beneath the text of one with more is not known."""
_THICK = 76_200.0
"""Width of a line that bears letters, in English metric units: six points."""
_FIRST_GROUND = 1_001
"""The number of a theme's first style of grounds (20.1.4.1.7)."""
_MAPPED = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
"""Names of colours that a master maps to the theme's (19.3.1.6), as it usually does."""
_COLOURS = ("srgbClr", "schemeClr", "sysClr", "prstClr")
_UNCHANGED = {"100000", "100%"}
_CHANGES = {"lumMod", "satMod", "shade", "tint", "alpha"}
"""Changes of a colour that change nothing where they say `_UNCHANGED`."""


class LayoutGround:
    """The ground that all slides of one layout have. `layers` are the layout and its master."""

    def __init__(self, layers: tuple[Element | None, Element | None], theme: Element | None) -> None:
        painted = [shape for layer in layers for shape in _shapes(layer) if paints(shape)]
        own = [shape for shape in painted if placeholder_of(shape) is None]
        self.fills_placeholders = len(own) < len(painted)
        self.painted = own[: _MOST + 1]  # placeholders of layouts and masters are only forms
        self.ground = next((one for one in map(_own_ground, layers) if one is not None), None)
        self.digits = {
            tag(colour): attribute(one, "lastClr") or attribute(one, "val")
            for colour in each(child(theme, "themeElements", "clrScheme"))
            for one in each(colour)
        }
        self.styles = list(each(child(theme, "themeElements", "fmtScheme", "bgFillStyleLst")))
        layout, master = layers
        mapping = child(layout, "clrMapOvr", "overrideClrMapping")
        self.mapping = child(master, "clrMap") if mapping is None else mapping

    @classmethod
    def read(cls, package: Package, layout: str | None) -> LayoutGround:
        """Read the ground of the slides whose layout is the part `layout`; None for a slide without
        layout."""
        master = next(package.related(layout, "slideMaster"), None) if layout else None
        below, above = (package.xml(part) if part else None for part in (layout, master))
        return cls((below, above), package.related_xml(master, "theme") if master else None)


class SlideGround:
    """The ground of one slide. `box_of` gives the place of a shape on the slide, or None if it is unknown."""

    def __init__(
        self, slide: Element | None, below: LayoutGround, box_of: Callable[[Element], Box | None]
    ) -> None:
        self._slide, self._below, self._box_of = slide, below, box_of

    def colour(self, fill: Element | None, *, of_letters: bool = False) -> str:
        """The colour of a fill, as `1F497D`, or by its name where the theme does not tell the digits.

        Empty for a colour that is changed further. Colours of letters may be transparent all the same.
        """
        for colour in each(fill):
            if tag(colour) in _COLOURS and all(_changes_nothing(one, of_letters) for one in colour):
                value = attribute(colour, "lastClr") or attribute(colour, "val")
                return colour_named(value) if tag(colour) == "prstClr" else self.named(value)
        return ""

    def named(self, name: str) -> str:
        """The digits of a colour of the theme, or its name where the theme has no such colour."""
        return self._names.get(name, name)

    def beneath(self, shape: Element) -> str:
        """The colour beneath a shape without a fill; empty where it is not known."""
        if not self._colour or (self._below.fills_placeholders and placeholder_of(shape) is not None):
            return ""
        count, box = self._before.get(shape, 0), self._box_of(shape)
        if count > _MOST or (count and box is None):
            return ""
        covered = any(_may_overlap(box, other) for other in itertools.islice(self._painted, count))
        return "" if covered else self._colour

    @functools.cached_property
    def _colour(self) -> str:
        """The colour of the slide's own ground; empty for a picture or a gradient."""
        own = _own_ground(self._slide)
        own = self._below.ground if own is None else own
        if (style := child(own, "bgRef")) is not None:
            return self.colour(style) if self._is_plain(attribute(style, "idx")) else ""
        return "FFFFFF" if own is None else self.colour(child(own, "bgPr", "solidFill"))

    def _is_plain(self, number: str) -> bool:
        """True if a style of grounds of the theme is one colour, unchanged."""
        styles = self._below.styles
        index = int(number) - _FIRST_GROUND if number.isdecimal() and len(number) < 9 else -1
        if not 0 <= index < len(styles) or tag(styles[index]) != "solidFill":
            return False
        return all(not len(colour) for colour in each(styles[index]))

    @functools.cached_property
    def _before(self) -> Mapping[Element, int]:
        """How many painted shapes lie below each shape of the slide."""
        shapes = list(_shapes(self._slide))
        counts = itertools.accumulate(map(self._paints, shapes), initial=len(self._below.painted))
        return dict(zip(shapes, counts, strict=False))

    @functools.cached_property
    def _painted(self) -> list[Box | None]:
        """The places of the lowest painted shapes, with their lines."""
        own = filter(self._paints, _shapes(self._slide))
        lowest = itertools.islice(itertools.chain(self._below.painted, own), _MOST)
        return [_stretched(self._box_of(shape), _width(shape)) for shape in lowest]

    def _paints(self, shape: Element) -> bool:
        """True if a shape of the slide is painted, by itself or by the placeholder that it fills."""
        is_placeholder = self._below.fills_placeholders and placeholder_of(shape) is not None
        return paints(shape) or (is_placeholder and _fill(shape) is None)

    @functools.cached_property
    def _names(self) -> dict[str, str]:
        """The colours of the theme by the names that slides use."""
        own = child(self._slide, "clrMapOvr", "overrideClrMapping")
        chosen, digits = self._below.mapping if own is None else own, self._below.digits
        names = _MAPPED | {name: attribute(chosen, name) for name in _MAPPED if attribute(chosen, name)}
        return digits | {name: digits[to] for name, to in names.items() if to in digits}


def placeholder_of(shape: Element) -> Element | None:
    """The element that makes a shape fill a place of its layout, if there is one."""
    return next(find_all(shape, "ph"), None)


def is_painted(shape: Element) -> bool:
    """True if a shape has a fill, by its own properties or by a style."""
    if tag(shape) != "sp":
        return tag(shape) != "cxnSp"
    if (fill := _fill(shape)) is not None:
        return tag(fill) != "noFill"
    return attribute(child(shape, "style", "fillRef"), "idx") not in ("", "0")


def paints(shape: Element) -> bool:
    """True if a shape has a fill, or a line so thick that letters may stand on it."""
    return is_painted(shape) or _width(shape) >= _THICK


def _fill(shape: Element) -> Element | None:
    return next((one for one in each(child(shape, "spPr")) if tag(one) in FILLS), None)


def _width(shape: Element) -> float:
    line = child(shape, "spPr", "ln")
    width = attribute(line, "w")
    return float(width[:9]) if width.isdecimal() and child(line, "noFill") is None else 0.0


def _stretched(box: Box | None, width: float) -> Box | None:
    """A box with the line round it."""
    return box and (box[0] - width / 2, box[1] - width / 2, box[2] + width, box[3] + width)


def _changes_nothing(change: Element, of_letters: bool) -> bool:
    if of_letters and tag(change) == "alpha":
        return True
    return tag(change) in _CHANGES and attribute(change, "val") in _UNCHANGED


def _own_ground(layer: Element | None) -> Element | None:
    return child(layer, "cSld", "bg")


def _shapes(layer: Element | None) -> Iterator[Element]:
    return find_all(child(layer, "cSld", "spTree"), *_PAINTED)


def _may_overlap(box: Box | None, other: Box | None) -> bool:
    if box is None or other is None:
        return True
    return all(
        box[side] < other[side] + other[side + 2] and other[side] < box[side] + box[side + 2]
        for side in (0, 1)
    )
