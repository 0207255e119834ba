"""What of a slide's shapes people do not see: those that stand off the slide, and letters that are tiny,
transparent, or in the colour of what they stand on. ECMA-376 part 1, 20.1 and 21.1 (DrawingML)."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass

from core.documents.office.slide_ground import FILLS, Box, SlideGround, is_painted
from core.documents.visibility import LEAST_POINTS, HiddenText, alike, colour_of
from core.documents.zip_package import Element, attribute, child, children, each, find_all, tag, text_in

_FAINT = 0.1
"""The ink of letters that are not seen."""
_PIECES = ("r", "fld", "br")
_USUAL = 1_800
"""In hundredths of a point: the size of letters where none is given."""
_WHOLE = 100_000
_Pair = tuple[float, float]


class SlideVisibility:
    """Which shapes of one slide people see. `size`: its width and height, where they are known."""

    def __init__(self, size: _Pair | None) -> None:
        self._size = size
        self._group = functools.cache(_Group.read)
        self.box_of = functools.cache(self._box_of)

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

    def _box_of(self, shape: Element) -> Box | None:
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
    seen: list[str] = []
    hidden = HiddenText(seen)
    for body in dict.fromkeys(paragraph.getparent() for paragraph in find_all(shape, "p")):
        upwards = itertools.chain([body], body.iterancestors())
        holder = next((above for above in upwards if tag(above) in ("tc", "sp")), None)
        usual = _Usual(body)
        for paragraph in children(body, "p"):
            of_level = usual.of(paragraph)
            for run in [one for one in each(paragraph) if tag(one) in _PIECES]:
                look = _Look.read(child(run, "rPr"), of_level)
                tiny = look.size / 100 * usual.scale < LEAST_POINTS
                text = "\n" if tag(run) == "br" else text_in(run)
                if tag(run) == "br" or not (tiny or inks.unseen(look, holder)):
                    seen.append(text)
                else:
                    hidden.append(text)
                    paragraph.remove(run)
            hidden.part()
    return hidden.text


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
    """Where a box may stand that is turned round the middle of a space, by whatever angle."""
    middle = (place[0] + size[0] / 2, place[1] + size[1] / 2)
    reach = max(math.hypot(x - middle[0], y - middle[1]) for x, y in _corners(box))
    return middle[0] - reach, middle[1] - reach, 2 * reach, 2 * reach


def _corners(box: Box) -> list[_Pair]:
    left, top, wide, high = box
    return [(left + across * wide, top + down * high) for across in (0, 1) for down in (0, 1)]


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
        """A box within the group, where the group stands."""
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


class _Usual:
    """How letters of a text look where a run does not say it, by the levels of paragraphs."""

    def __init__(self, body: Element) -> None:
        self._levels: dict[str, Element | None] = {}
        for level in each(child(body, "lstStyle")):
            self._levels.setdefault(tag(level), child(level, "defRPr"))
        scale = _share(attribute(child(body, "bodyPr", "normAutofit"), "fontScale"))
        self.scale = 1.0 if scale is None else scale

    def of(self, paragraph: Element) -> Element | None:
        """How they look in a paragraph."""
        level = attribute(child(paragraph, "pPr"), "lvl") or "0"
        return self._levels.get(f"lvl{int(level[:2]) + 1}pPr") if level.isdecimal() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How the letters of a run look: what they are filled and outlined with, and what lies round them.
    `linked` letters have the colour of links; `size` is in hundredths of a point."""

    fill: Element | None
    outline: Element | None
    effects: Element | None
    marked: Element | None
    linked: bool
    size: int

    @classmethod
    def read(cls, own: Element | None, usual: Element | None) -> _Look:
        size = next(filter(str.isdecimal, (attribute(own, "sz"), attribute(usual, "sz"))), "")
        return cls(
            fill=_first(own, usual, *FILLS),
            outline=_first(own, usual, "ln"),
            effects=_first(own, usual, "effectLst", "effectDag"),
            marked=_first(own, usual, "highlight"),
            linked=_is_linked(child(own, "hlinkClick")),
            size=int(size[:7] or _USUAL),
        )

    @property
    def is_bare(self) -> bool:
        """Whether they have no fill, or hardly one."""
        none = self.fill is not None and tag(self.fill) == "noFill"
        return (none or _is_faint(self.fill)) and not self.linked


def _first(own: Element | None, usual: Element | None, *names: str) -> Element | None:
    """The first element of some names, which a run has before what is usual."""
    return next((one for look in (own, usual) for one in each(look) if tag(one) in names), None)


def _is_named_hidden(properties: Element | None) -> bool:
    return attribute(properties, "hidden") in ("1", "true")


def numbers(element: Element | None, *names: str) -> _Pair | None:
    """Two attributes of an element; None where one is no number."""
    try:
        first, second = (float(attribute(element, name)) for name in names)
    except ValueError:
        return None
    return first, second


def _share(value: str) -> float | None:
    """A share of the whole, written `50000` or `50%` (ECMA-376 part 1, 22.9.2.9); None for another value."""
    digits = value.removesuffix("%")
    if not digits.isdecimal():
        return None
    return int(digits[:9]) / (_WHOLE if digits == value else 100)


def _is_faint(fill: Element | None) -> bool:
    """Whether a fill lets nearly all through."""
    shares = (_share(attribute(one, "val")) for one in find_all(fill, "alpha"))
    return next((share for share in shares if share is not None), 1.0) < _FAINT


class _Inks:
    """Which letters of a slide are not seen on what they stand on."""

    def __init__(self, slide: SlideGround) -> None:
        self._slide = slide
        self._ground = functools.cache(self._ground_of)

    def unseen(self, look: _Look, holder: Element | None) -> bool:
        """Whether letters have no ink, or that of the cell or shape that holds them; false where they are
        outlined, or have a glow or a shadow."""
        ground = self._ground(holder) if look.marked is None else self._slide.colour(look.marked)
        if look.is_bare:
            return not self._outlined(look.outline, ground, bare=True)
        lit = look.effects is not None and len(look.effects) > 0
        drawn = lit or self._outlined(look.outline, ground, bare=False)
        return not drawn and self._alike(self._colour(look), ground)

    def _colour(self, look: _Look) -> str:
        """The colour of letters: links have that of the theme, but where they are said to have their own."""
        return self._slide.named("hlink") if look.linked else self._slide.colour(look.fill, of_letters=True)

    def _alike(self, one: str, other: str) -> bool:
        return bool(one) and (one == other or alike(colour_of(one), colour_of(other)))

    def _outlined(self, outline: Element | None, ground: str, *, bare: bool) -> bool:
        """Whether an outline is seen; one of which nothing is said is that of letters without a fill."""
        if outline is None or child(outline, "noFill") is not None:
            return False
        if not len(outline):
            return bare
        return not self._alike(self._slide.colour(child(outline, "solidFill"), of_letters=True), ground)

    def _ground_of(self, holder: Element | None) -> str:
        if holder is None:
            return ""
        if tag(holder) == "tc":
            return self._slide.colour(child(holder, "tcPr", "solidFill"))
        if is_painted(holder):
            return self._slide.colour(child(holder, "spPr", "solidFill"))
        return self._slide.beneath(holder)


def _is_linked(link: Element | None) -> bool:
    """Whether letters have the colour of links: they are one, which is not said to keep that of its text."""
    return link is not None and all(attribute(one, "val") != "tx" for one in find_all(link, "hlinkClr"))
