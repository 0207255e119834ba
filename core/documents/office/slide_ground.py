"""What a slide itself shows beneath a shape: the colour of its ground, where nothing painted lies between.
ECMA-376 part 1, 19.3.1 (PresentationML) and 20.1.4 (themes)."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator

from core.documents.zip_package import Element, attribute, child, each, find_all, tag

Box = tuple[float, float, float, float]
"""Left, top, width, height."""
_FILLS = {"solidFill", "gradFill", "blipFill", "pattFill", "grpFill"}
_PAINTED = ("sp", "pic", "graphicFrame", "contentPart")
_MOST = 200
"""Painted shapes of a slide; the ground beneath the text of one with more is not known."""
_FIRST_GROUND = 1_001
"""The number of a theme's first style of grounds (20.1.4.1.7)."""
_MAPPED = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
"""Names of colours that a master maps to the theme's (19.3.1.6), as it usually does."""


class SlideGround:
    """The ground of one slide. `layers` are the slide, its layout and its master; `box_of` tells where a
    shape stands on the slide, or None where that is unknown."""

    def __init__(
        self,
        layers: tuple[Element | None, ...],
        theme: Element | None,
        box_of: Callable[[Element], Box | None],
    ) -> None:
        self._layers, self._theme, self._box_of = layers, theme, box_of

    def colour(self, fill: Element | None) -> str:
        """The colour of a fill by its digits, or by its name where the theme does not tell them; empty for
        one that is changed further."""
        for colour in each(fill):
            if tag(colour) in ("srgbClr", "schemeClr", "sysClr") and not len(colour):
                value = attribute(colour, "lastClr") or attribute(colour, "val")
                return self._names.get(value, value)
        return ""

    def beneath(self, shape: Element) -> str:
        """The colour beneath a shape of the slide that has no fill; empty where it is not known."""
        if not self._colour or (self._fills_placeholders and next(find_all(shape, "ph"), None) is not None):
            return ""
        painted = self._painted[: self._before.get(shape, 0)]
        box = self._box_of(shape)
        if len(painted) > _MOST or (painted and box is None):
            return ""
        return "" if any(_may_overlap(box, self._box_of(other)) for other in painted) else self._colour

    @functools.cached_property
    def _colour(self) -> str:
        """The colour of the slide's own ground; empty for a picture or a gradient."""
        for layer in self._layers:
            own = child(layer, "cSld", "bg")
            if (style := child(own, "bgRef")) is not None:
                return self.colour(style) if self._is_plain(attribute(style, "idx")) else ""
            if own is not None:
                return self.colour(child(own, "bgPr", "solidFill"))
        return "FFFFFF"

    def _is_plain(self, number: str) -> bool:
        """Whether a style of grounds of the theme is one colour, as it is named."""
        styles = list(each(child(self._theme, "themeElements", "fmtScheme", "bgFillStyleLst")))
        index = int(number) - _FIRST_GROUND if number.isdecimal() else -1
        if not 0 <= index < len(styles) or tag(styles[index]) != "solidFill":
            return False
        return all(not len(colour) for colour in each(styles[index]))

    @functools.cached_property
    def _lower(self) -> list[Element]:
        """The painted shapes of the layout and the master."""
        return [shape for layer in self._layers[1:] for shape in _shapes(layer) if is_painted(shape)]

    @functools.cached_property
    def _fills_placeholders(self) -> bool:
        """Whether a shape of the slide may take its fill from a placeholder."""
        return any(next(find_all(shape, "ph"), None) is not None for shape in self._lower)

    @functools.cached_property
    def _before(self) -> dict[Element, int]:
        """How many painted shapes lie below each shape of the slide."""
        shapes = list(_shapes(self._layers[0]))
        counts = itertools.accumulate(
            map(is_painted, shapes), initial=len(self._painted) - sum(map(is_painted, shapes))
        )
        return dict(zip(shapes, counts, strict=False))

    @functools.cached_property
    def _painted(self) -> list[Element]:
        """All that is painted, from the lowest: placeholders of layouts and masters are only forms."""
        lower = [shape for shape in self._lower if next(find_all(shape, "ph"), None) is None]
        return [*lower, *filter(is_painted, _shapes(self._layers[0]))]

    @functools.cached_property
    def _names(self) -> dict[str, str]:
        """The colours of the theme by the names that slides use."""
        digits = {
            tag(colour): attribute(one, "lastClr") or attribute(one, "val")
            for colour in each(child(self._theme, "themeElements", "clrScheme"))
            for one in each(colour)
        }
        slide, layout, master = self._layers
        overrides = [child(layer, "clrMapOvr", "overrideClrMapping") for layer in (slide, layout)]
        chosen = next((one for one in (*overrides, child(master, "clrMap")) if one is not None), None)
        names = _MAPPED | {name: attribute(chosen, name) for name in _MAPPED if attribute(chosen, name)}
        return digits | {name: digits[to] for name, to in names.items() if to in digits}


def _shapes(layer: Element | None) -> Iterator[Element]:
    return find_all(child(layer, "cSld", "spTree"), *_PAINTED)


def _may_overlap(box: Box | None, other: Box | None) -> bool:
    if box is None or other is None:
        return True
    return all(
        box[side] < other[side] + other[side + 2] and other[side] < box[side] + box[side + 2]
        for side in (0, 1)
    )


def is_painted(shape: Element) -> bool:
    """Whether a shape has a fill, by its own properties or by a style."""
    if tag(shape) != "sp":
        return True
    own = {tag(one) for one in each(child(shape, "spPr"))}
    if "noFill" in own or own & _FILLS:
        return "noFill" not in own
    return attribute(child(shape, "style", "fillRef"), "idx") not in ("", "0")
