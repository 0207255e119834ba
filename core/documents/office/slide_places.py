"""Where the shapes of a slide stand, and which shapes people do not see: hidden ones, and those off the
slide.

ECMA-376 part 1, 20.1.7 (DrawingML: places of shapes and groups).
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass

from core.documents.office.slide_ground import Box
from core.documents.xml import Element, attribute, child, find_all

_Pair = tuple[float, float]


class SlideVisibility:
    """Tells which shapes of one slide people see. `size` is the width and height of the slide, where
    known."""

    def __init__(self, size: _Pair | None) -> None:
        self._size = size
        self._group = functools.cache(_Group.read)
        self.box_of = functools.cache(self._box_of)

    def hides(self, shape: Element) -> bool:
        """True if a shape, or a group that it is in, is hidden or stands outside the slide. A shape whose
        place is not known counts as seen."""
        if _is_named_hidden(next(find_all(shape, "cNvPr"), None)):
            return True
        if any(group.hidden for group in self._groups(shape)):
            return True
        box = self.box_of(shape)
        if box is None or self._size is None:
            return False
        left, top, wide, high = box
        return left >= self._size[0] or top >= self._size[1] or left + wide <= 0 or top + high <= 0

    def _box_of(self, shape: Element) -> Box | None:
        """Where a shape stands on the slide; None where its own place is not known."""
        box = _box(shape)
        for group in self._groups(shape) if box else ():
            box = group.moved(box) if box else None
        return box

    def _groups(self, shape: Element) -> list[_Group]:
        return [self._group(above) for above in shape.iterancestors("{*}grpSp")]


def _box(shape: Element) -> Box | None:
    own = next(find_all(shape, "xfrm"), None)
    place = numbers(child(own, "off"), "x", "y")
    size = numbers(child(own, "ext"), "cx", "cy")
    if not place or not size:
        return None
    if attribute(own, "rot") in ("", "0"):
        return (*place, *size)
    return _turned((*place, *size), place, size)


def _turned(box: Box, place: _Pair, size: _Pair) -> Box:
    """Return the box that holds a box however it is turned round the middle of a space."""
    middle = (place[0] + size[0] / 2, place[1] + size[1] / 2)
    left, top, wide, high = box
    corners = itertools.product((left, left + wide), (top, top + high))
    reach = max(math.hypot(x - middle[0], y - middle[1]) for x, y in corners)
    return middle[0] - reach, middle[1] - reach, 2 * reach, 2 * reach


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A group of shapes: where it stands, and the space that its shapes stand in."""

    hidden: bool
    place: _Pair | None
    size: _Pair | None
    inner: _Pair | None
    whole: _Pair | None
    turned: bool

    @classmethod
    def read(cls, group: Element) -> _Group:
        space = child(group, "grpSpPr", "xfrm")
        return cls(
            hidden=_is_named_hidden(child(group, "nvGrpSpPr", "cNvPr")),
            place=numbers(child(space, "off"), "x", "y"),
            size=numbers(child(space, "ext"), "cx", "cy"),
            inner=numbers(child(space, "chOff"), "x", "y"),
            whole=numbers(child(space, "chExt"), "cx", "cy"),
            turned=attribute(space, "rot") not in ("", "0"),
        )

    def moved(self, box: Box) -> Box:
        """Move a box from the group's own space to where the group stands."""
        if not (self.place and self.size and self.inner and self.whole and min(self.whole) > 0):
            return box
        across, down = self.size[0] / self.whole[0], self.size[1] / self.whole[1]
        left, top, wide, high = box
        moved = (
            self.place[0] + (left - self.inner[0]) * across,
            self.place[1] + (top - self.inner[1]) * down,
            wide * across,
            high * down,
        )
        return _turned(moved, self.place, self.size) if self.turned else moved


def _is_named_hidden(properties: Element | None) -> bool:
    return attribute(properties, "hidden") in ("1", "true")


def numbers(element: Element | None, *names: str) -> _Pair | None:
    """Two attributes of an element; None where one is no number."""
    try:
        first, second = (float(attribute(element, name)) for name in names)
    except ValueError:
        return None
    return first, second
