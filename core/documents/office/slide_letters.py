"""Which letters of a slide people do not see: those that are tiny, transparent, or in the colour of their
ground.

ECMA-376 part 1, 21.1 (DrawingML: text).
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

from core.documents.office.slide_ground import FILLS, SlideGround, is_painted
from core.documents.visibility import LEAST_POINTS, HiddenText, alike, colour_of
from core.documents.xml import Element, attribute, child, children, each, find_all, tag, text_in

_FAINT = 0.1
"""The ink of letters that are not seen."""
_PIECES = ("r", "fld", "br")
_USUAL = 1_800
"""In hundredths of a point: the size of letters where none is given."""
_WHOLE = 100_000


def without_hidden(shape: Element, slide: SlideGround) -> str:
    """Take the letters that are not seen out of a shape, and return them, a line for each paragraph."""
    inks = _Inks(slide)
    seen: list[str] = []
    hidden = HiddenText(seen)
    for body in dict.fromkeys(paragraph.getparent() for paragraph in find_all(shape, "p")):
        usual, holder = _UsualLook(body), _holder_of(body)
        for paragraph in children(body, "p"):
            of_level = usual.of(paragraph)  # once: its search passes over all runs
            for run in [one for one in each(paragraph) if tag(one) in _PIECES]:
                look = _Look.read(child(run, "rPr"), of_level)
                if tag(run) == "br":
                    seen.append("\n")
                elif usual.makes_tiny(look) or inks.hide(look, holder):
                    hidden.append(text_in(run))
                    paragraph.remove(run)
                else:
                    seen.append(text_in(run))
            hidden.part()
    return hidden.text


def _holder_of(body: Element) -> Element | None:
    """The cell or shape that a text stands in."""
    upwards = itertools.chain([body], body.iterancestors())
    return next((above for above in upwards if tag(above) in ("tc", "sp")), None)


class _UsualLook:
    """How the letters of a text look where a run does not say it, by the levels of paragraphs."""

    def __init__(self, body: Element) -> None:
        self._levels: dict[str, Element | None] = {}
        for level in each(child(body, "lstStyle")):
            self._levels.setdefault(tag(level), child(level, "defRPr"))
        scale = _share(attribute(child(body, "bodyPr", "normAutofit"), "fontScale"))
        self._scale = 1.0 if scale is None else scale

    def makes_tiny(self, look: _Look) -> bool:
        """True if letters are too small to be read once the text is shrunk to fit its shape."""
        return look.size / 100 * self._scale < LEAST_POINTS

    def of(self, paragraph: Element) -> Element | None:
        """The run properties that a paragraph's level gives to its letters, if there are some."""
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
        """True if the letters have no fill, or hardly one."""
        none = self.fill is not None and tag(self.fill) == "noFill"
        return (none or _is_faint(self.fill)) and not self.linked


def _first(own: Element | None, usual: Element | None, *names: str) -> Element | None:
    """The first element of these names: the run's own, or else the usual one."""
    return next((one for look in (own, usual) for one in each(look) if tag(one) in names), None)


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

    def hide(self, look: _Look, holder: Element | None) -> bool:
        """True if letters have no ink, or that of the cell or shape that holds them. Letters with an outline,
        a glow or a shadow are seen."""
        ground = self._ground(holder) if look.marked is None else self._slide.colour(look.marked)
        if look.is_bare:
            return not self._outlined(look.outline, ground, bare=True)
        lit = look.effects is not None and len(look.effects) > 0
        drawn = lit or self._outlined(look.outline, ground, bare=False)
        return not drawn and self._alike(self._colour(look), ground)

    def _colour(self, look: _Look) -> str:
        """The colour of letters. Links have the theme's, unless they keep the colour of their text."""
        return self._slide.named("hlink") if look.linked else self._slide.colour(look.fill, of_letters=True)

    def _alike(self, one: str, other: str) -> bool:
        return bool(one) and (one == other or alike(colour_of(one), colour_of(other)))

    def _outlined(self, outline: Element | None, ground: str, *, bare: bool) -> bool:
        """True if an outline is seen. An outline without properties shows only on letters without a fill."""
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
    """True if letters are a link and have the colour of links. A link may keep the colour of its text."""
    return link is not None and all(attribute(one, "val") != "tx" for one in find_all(link, "hlinkClr"))
