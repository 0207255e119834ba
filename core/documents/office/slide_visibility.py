"""What of a slide's shapes people do not see: those that stand off the slide, and letters that are tiny,
transparent, or in the colour of what they stand on, be it what the slide itself shows beneath, where nothing
painted lies between. ECMA-376 part 1, 19.3.1 (PresentationML), 20.1 and 21.1 (DrawingML)."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from core.documents.visibility import LEAST_POINTS, HiddenText, alike, colour_named, colour_of
from core.documents.xml import Element, attribute, child, children, each, find_all, tag, text_in
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
    """What all slides of one layout have beneath them. `layers` are the layout and its master."""

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
        """The ground of slides whose layout is the part of a name; None for a slide without one."""
        master = next(package.related(layout, "slideMaster"), None) if layout else None
        below, above = (package.xml(part) if part else None for part in (layout, master))
        return cls((below, above), package.related_xml(master, "theme") if master else None)


class SlideGround:
    """The ground of one slide. `box_of` tells where a shape stands on the slide, or None where that is
    unknown."""

    def __init__(
        self, slide: Element | None, below: LayoutGround, box_of: Callable[[Element], Box | None]
    ) -> None:
        self._slide, self._below, self._box_of = slide, below, box_of

    def colour(self, fill: Element | None, *, of_letters: bool = False) -> str:
        """The colour of a fill by its digits, or by its name where the theme does not tell them; empty for
        one that is changed further, but for that of letters where it lets their ground through."""
        for colour in each(fill):
            if tag(colour) in _COLOURS and all(_changes_nothing(one, of_letters) for one in colour):
                value = attribute(colour, "lastClr") or attribute(colour, "val")
                return colour_named(value) if tag(colour) == "prstClr" else self.named(value)
        return ""

    def named(self, name: str) -> str:
        """The digits of a colour of the theme; the name itself where the theme has none of it."""
        return self._names.get(name, name)

    def beneath(self, shape: Element) -> str:
        """The colour beneath a shape of the slide that has no fill; empty where it is not known."""
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
        """Whether a style of grounds of the theme is one colour, as it is named."""
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
        """Where the lowest of what is painted stands, with its lines."""
        own = filter(self._paints, _shapes(self._slide))
        lowest = itertools.islice(itertools.chain(self._below.painted, own), _MOST)
        return [_stretched(self._box_of(shape), _width(shape)) for shape in lowest]

    def _paints(self, shape: Element) -> bool:
        """Whether a shape of the slide is painted, by itself or by the placeholder that it fills."""
        inherits = (
            self._below.fills_placeholders and placeholder_of(shape) is not None and _fill(shape) is None
        )
        return inherits or paints(shape)

    @functools.cached_property
    def _names(self) -> dict[str, str]:
        """The colours of the theme by the names that slides use."""
        own = child(self._slide, "clrMapOvr", "overrideClrMapping")
        chosen, digits = self._below.mapping if own is None else own, self._below.digits
        names = _MAPPED | {name: attribute(chosen, name) for name in _MAPPED if attribute(chosen, name)}
        return digits | {name: digits[to] for name, to in names.items() if to in digits}


def placeholder_of(shape: Element) -> Element | None:
    """What says of a shape that it fills a place of its layout."""
    return next(find_all(shape, "ph"), None)


def is_painted(shape: Element) -> bool:
    """Whether a shape has a fill, by its own properties or by a style."""
    if tag(shape) != "sp":
        return tag(shape) != "cxnSp"
    if (fill := _fill(shape)) is not None:
        return tag(fill) != "noFill"
    return attribute(child(shape, "style", "fillRef"), "idx") not in ("", "0")


def paints(shape: Element) -> bool:
    """Whether a shape has a fill, or a line so thick that letters may stand on it."""
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
