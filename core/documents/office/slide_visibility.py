"""What of a slide's shapes people do not see: those that stand off the slide, and letters that are tiny,
transparent, or in the colour of what they stand on. ECMA-376 part 1, 20.1 and 21.1 (DrawingML)."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from core.documents.office.slide_ground import Box, SlideGround, is_painted
from core.documents.visibility import LEAST_POINTS, alike, colour_of
from core.documents.zip_package import Element, attribute, child, children, each, find_all, tag

_FAINT = 10_000
"""In thousandths of a percent: the ink of letters that are not seen."""
_USUAL = 1_800
"""In hundredths of a point: the size of letters where none is given."""
_WHOLE = 100_000
_Pair = tuple[float, float]


class SlideVisibility:
    """Which shapes of one slide people see. `size`: its width and height, where they are known."""

    def __init__(self, size: _Pair | None) -> None:
        self._size = size
        self._group = functools.cache(_Group.read)

    def hides(self, shape: Element) -> bool:
        """Whether a shape, or a group that it is in, is hidden or stands outside the slide; false where its
        place is not known."""
        groups = self._groups(shape)
        if _is_named_hidden(next(find_all(shape, "cNvPr"), None)) or any(group.hidden for group in groups):
            return True
        box = self.box_of(shape)
        if box is None or self._size is None:
            return False
        left, top, wide, high = box
        return left >= self._size[0] or top >= self._size[1] or left + wide <= 0 or top + high <= 0

    def box_of(self, shape: Element) -> Box | None:
        """Where a shape stands on the slide; None where its own place is not known."""
        box = _box(shape)
        for group in self._groups(shape) if box else ():
            box = group.moved(box) if box else None
        return box

    def _groups(self, shape: Element) -> list[_Group]:
        return [self._group(above) for above in shape.iterancestors("{*}grpSp")]


def without_hidden(shape: Element, slide: SlideGround) -> str:
    """Take the letters that are not seen out of a shape, and return them, a line for each paragraph."""
    inks = _Inks(slide)
    lines: list[str] = []
    for body in dict.fromkeys(paragraph.getparent() for paragraph in find_all(shape, "p")):
        holder = next((above for above in _upwards(body) if tag(above) in ("tc", "sp")), None)
        usual = _Sizes(body)
        for paragraph in children(body, "p"):
            runs = [run for run in each(paragraph) if tag(run) in ("r", "fld")]
            size = usual.of(paragraph) if runs else ""
            looks = ((run, child(run, "rPr")) for run in runs)
            unseen = [
                run for run, look in looks if _is_hidden(look, usual.scale, size) or inks.unseen(look, holder)
            ]
            lines.append("".join("".join(run.itertext()) for run in unseen))
            for run in unseen:
                paragraph.remove(run)
    return "\n".join(filter(None, lines))


def _box(shape: Element) -> Box | None:
    own = next(find_all(shape, "xfrm"), None)
    place = numbers(child(own, "off"), "x", "y")
    size = numbers(child(own, "ext"), "cx", "cy")
    if not place or not size:
        return None
    if attribute(own, "rot") in ("", "0"):
        return (*place, *size)
    (left, top), (wide, high), reach = place, size, math.hypot(*size)
    return left + (wide - reach) / 2, top + (high - reach) / 2, reach, reach


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

    def moved(self, box: Box) -> Box:
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


def _is_hidden(look: Element | None, scale: float, usual: str) -> bool:
    """Whether letters are tiny, or have no ink."""
    if (child(look, "noFill") is not None and child(look, "ln") is None) or _is_faint(
        child(look, "solidFill")
    ):
        return True
    size = next(filter(str.isdecimal, (attribute(look, "sz"), usual)), "")
    return int(size or _USUAL) / 100 * scale < LEAST_POINTS or _is_faint(child(look, "solidFill"))


def _is_faint(fill: Element | None) -> bool:
    share = next((attribute(alpha, "val") for alpha in find_all(fill, "alpha")), "")
    return share.isdecimal() and int(share) < _FAINT


class _Inks:
    """Which letters of a slide are written in the colour of what they stand on."""

    def __init__(self, slide: SlideGround) -> None:
        self._slide = slide
        self._ground = functools.cache(self._ground_of)

    def unseen(self, look: Element | None, holder: Element | None) -> bool:
        """Whether letters are, by their look and the cell or shape that holds them; false where they are
        outlined, or have a glow or a shadow."""
        own = self._slide.colour(child(look, "solidFill"))
        if not own or any(
            len(one) for one in (child(look, "ln"), child(look, "effectLst")) if one is not None
        ):
            return False
        marked = child(look, "highlight")
        ground = self._ground(holder) if marked is None else self._slide.colour(marked)
        return own == ground or alike(colour_of(own), colour_of(ground))

    def _ground_of(self, holder: Element | None) -> str:
        if holder is None:
            return ""
        if tag(holder) == "tc":
            return self._slide.colour(child(holder, "tcPr", "solidFill"))
        if is_painted(holder):
            return self._slide.colour(child(holder, "spPr", "solidFill"))
        return self._slide.beneath(holder)
