"""What of a slide's shapes people do not see: those that stand off the slide, and letters that are tiny,
transparent, or in the colour of what they stand on. ECMA-376 part 1, 20.1 and 21.1 (DrawingML)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from core.documents.visibility import LEAST_POINTS, alike, colour_of
from core.documents.zip_package import Element, attribute, child, children, each, find_all, tag

_FAINT = 10_000
"""In thousandths of a percent: the ink of letters that are not seen."""
_USUAL = 1_800
"""In hundredths of a point: the size of letters where none is given."""
_WHOLE = 100_000
_Pair = tuple[float, float]
_Box = tuple[float, float, float, float]


class SlideVisibility:
    """Which shapes of one slide people see. `size`: its width and height, where they are known."""

    def __init__(self, size: _Pair | None) -> None:
        self._size = size
        self._group = functools.cache(_Group.read)

    def hides(self, shape: Element) -> bool:
        """Whether a shape, or a group that it is in, is hidden or stands outside the slide; false where its
        place is not known."""
        groups = [self._group(above) for above in shape.iterancestors("{*}grpSp")]
        if _is_named_hidden(next(find_all(shape, "cNvPr"), None)) or any(group.hidden for group in groups):
            return True
        box = _box(shape)
        if box is None or self._size is None:
            return False
        for group in groups:
            box = group.moved(box)
        left, top, wide, high = box
        return left >= self._size[0] or top >= self._size[1] or left + wide <= 0 or top + high <= 0


def without_hidden(shape: Element) -> str:
    """Take the letters that are not seen out of a shape, and return them, a line for each paragraph."""
    ground = functools.cache(_ground)
    lines: list[str] = []
    for body in dict.fromkeys(paragraph.getparent() for paragraph in find_all(shape, "p")):
        own = ground(next((above for above in _upwards(body) if tag(above) in ("tc", "sp")), None))
        usual = _Sizes(body)
        for paragraph in children(body, "p"):
            runs = [run for run in each(paragraph) if tag(run) in ("r", "fld")]
            size = usual.of(paragraph) if runs else ""
            unseen = [run for run in runs if _is_hidden(child(run, "rPr"), own, usual.scale, size)]
            lines.append("".join("".join(run.itertext()) for run in unseen))
            for run in unseen:
                paragraph.remove(run)
    return "\n".join(filter(None, lines))


def _box(shape: Element) -> _Box | None:
    own = next(find_all(shape, "xfrm"), None)
    place = numbers(child(own, "off"), "x", "y")
    size = numbers(child(own, "ext"), "cx", "cy")
    return (*place, *size) if place and size else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A group of shapes: where it stands, and the space that its shapes stand in."""

    hidden: bool
    place: _Pair | None
    size: _Pair | None
    inner: _Pair | None
    whole: _Pair | None

    @classmethod
    def read(cls, group: Element) -> _Group:
        space = child(group, "grpSpPr", "xfrm")
        return cls(
            hidden=_is_named_hidden(child(group, "nvGrpSpPr", "cNvPr")),
            place=numbers(child(space, "off"), "x", "y"),
            size=numbers(child(space, "ext"), "cx", "cy"),
            inner=numbers(child(space, "chOff"), "x", "y"),
            whole=numbers(child(space, "chExt"), "cx", "cy"),
        )

    def moved(self, box: _Box) -> _Box:
        """A box within the group, where the group stands."""
        if not (self.place and self.size and self.inner and self.whole and min(self.whole) > 0):
            return box
        across, down = self.size[0] / self.whole[0], self.size[1] / self.whole[1]
        left, top, wide, high = box
        return (
            self.place[0] + (left - self.inner[0]) * across,
            self.place[1] + (top - self.inner[1]) * down,
            wide * across,
            high * down,
        )


class _Sizes:
    """The sizes of letters of a text of which a run gives none, by the levels of paragraphs."""

    def __init__(self, body: Element) -> None:
        self._levels: dict[str, str] = {}
        for level in each(child(body, "lstStyle")):
            self._levels.setdefault(tag(level), attribute(child(level, "defRPr"), "sz"))
        scale = attribute(child(body, "bodyPr", "normAutofit"), "fontScale")
        self.scale = int(scale) / _WHOLE if scale.isdecimal() else 1.0

    def of(self, paragraph: Element) -> str:
        level = attribute(child(paragraph, "pPr"), "lvl") or "0"
        return self._levels.get(f"lvl{int(level) + 1}pPr", "") if level.isdecimal() else ""


def _is_named_hidden(properties: Element | None) -> bool:
    return attribute(properties, "hidden") in ("1", "true")


def _upwards(element: Element) -> Iterator[Element]:
    yield element
    yield from element.iterancestors()


def numbers(element: Element | None, *names: str) -> _Pair | None:
    """Two attributes of an element; None where one is no number."""
    try:
        first, second = (float(attribute(element, name)) for name in names)
    except ValueError:
        return None
    return first, second


def _is_hidden(look: Element | None, ground: str, scale: float, usual: str) -> bool:
    fill = child(look, "solidFill")
    if (child(look, "noFill") is not None and child(look, "ln") is None) or _is_faint(fill):
        return True
    own = _colour(fill)
    same = bool(own) and own == ground
    size = next(filter(str.isdecimal, (attribute(look, "sz"), usual)), "")
    tiny = int(size or _USUAL) / 100 * scale < LEAST_POINTS
    return same or tiny or alike(colour_of(own), colour_of(ground))


def _is_faint(fill: Element | None) -> bool:
    share = next((attribute(alpha, "val") for alpha in find_all(fill, "alpha")), "")
    return share.isdecimal() and int(share) < _FAINT


def _ground(holder: Element | None) -> str:
    """The colour of what a text stands on: its cell, or its shape."""
    if holder is None:
        return ""
    return _colour(child(holder, "tcPr" if tag(holder) == "tc" else "spPr", "solidFill"))


def _colour(fill: Element | None) -> str:
    """A colour by its digits, or by its name in the theme; empty for one that is changed further."""
    for colour in each(fill):
        if tag(colour) in ("srgbClr", "schemeClr") and not len(colour):
            return attribute(colour, "val")
    return ""
