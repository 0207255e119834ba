"""What of a slide's shapes people do not see: those that stand off the slide, and letters that are tiny,
transparent, or in the colour of what they stand on. ECMA-376 part 1, 20.1 and 21.1 (DrawingML)."""

from __future__ import annotations

from core.documents.visibility import LEAST_POINTS, alike, colour_of
from core.documents.zip_package import Element, attribute, child, each, find_all, tag

_FAINT = 10_000
"""In thousandths of a percent: the ink of letters that are not seen."""
_USUAL = 1_800
"""In hundredths of a point: the size of letters where none is given."""
_WHOLE = 100_000


def is_off(shape: Element, size: tuple[float, float] | None) -> bool:
    """Whether a shape stands outside a slide of a width and height; false where its place is not known."""
    box = _box(shape)
    if box is None or size is None:
        return False
    for above in shape.iterancestors("{*}grpSp"):
        box = _moved(box, child(above, "grpSpPr", "xfrm"))
    left, top, wide, high = box
    return left >= size[0] or top >= size[1] or left + wide <= 0 or top + high <= 0


def without_hidden(shape: Element) -> str:
    """Take the letters that are not seen out of a shape, and return them, a line for each paragraph."""
    lines: list[str] = []
    for paragraph in find_all(shape, "p"):
        unseen = [run for run in each(paragraph) if tag(run) in ("r", "fld") and _is_hidden(run, paragraph)]
        lines.append("".join("".join(run.itertext()) for run in unseen))
        for run in unseen:
            paragraph.remove(run)
    return "\n".join(filter(None, lines))


def _box(shape: Element) -> tuple[float, float, float, float] | None:
    own = next((inner for inner in find_all(shape, "xfrm")), None)
    place = numbers(child(own, "off"), "x", "y")
    size = numbers(child(own, "ext"), "cx", "cy")
    return (*place, *size) if place and size else None


def _moved(
    box: tuple[float, float, float, float], group: Element | None
) -> tuple[float, float, float, float]:
    """A box within a group, where the group stands."""
    place, size = numbers(child(group, "off"), "x", "y"), numbers(child(group, "ext"), "cx", "cy")
    inner, whole = numbers(child(group, "chOff"), "x", "y"), numbers(child(group, "chExt"), "cx", "cy")
    if not (place and size and inner and whole and min(whole) > 0):
        return box
    across, down = size[0] / whole[0], size[1] / whole[1]
    left, top, wide, high = box
    return (
        place[0] + (left - inner[0]) * across,
        place[1] + (top - inner[1]) * down,
        wide * across,
        high * down,
    )


def numbers(element: Element | None, *names: str) -> tuple[float, float] | None:
    """Two attributes of an element; None where one is no number."""
    try:
        first, second = (float(attribute(element, name)) for name in names)
    except ValueError:
        return None
    return first, second


def _is_hidden(run: Element, paragraph: Element) -> bool:
    look = child(run, "rPr")
    fill = child(look, "solidFill")
    if (child(look, "noFill") is not None and child(look, "ln") is None) or _is_faint(fill):
        return True
    own, ground = _colour(fill), _colour(_ground(paragraph))
    same = bool(own) and own == ground
    return same or alike(colour_of(own), colour_of(ground)) or _points(run, paragraph) < LEAST_POINTS


def _is_faint(fill: Element | None) -> bool:
    share = next((attribute(alpha, "val") for alpha in find_all(fill, "alpha")), "")
    return share.isdecimal() and int(share) < _FAINT


def _ground(paragraph: Element) -> Element | None:
    """The fill of what a paragraph stands on: its cell, or its shape."""
    for above in paragraph.iterancestors():
        if tag(above) in ("tc", "sp"):
            return child(above, "tcPr" if tag(above) == "tc" else "spPr", "solidFill")
    return None


def _colour(fill: Element | None) -> str:
    """A colour by its digits, or by its name in the theme; empty for one that is changed further."""
    for colour in each(fill):
        if tag(colour) in ("srgbClr", "schemeClr") and not len(colour):
            return attribute(colour, "val")
    return ""


def _points(run: Element, paragraph: Element) -> float:
    """The size of letters: their own, or that of their box for paragraphs of a level."""
    text = next((above for above in paragraph.iterancestors() if tag(above) == "txBody"), None)
    level = attribute(child(paragraph, "pPr"), "lvl") or "0"
    name = f"lvl{int(level) + 1}pPr" if level.isdecimal() else ""
    usual = attribute(child(text, "lstStyle", name, "defRPr"), "sz")
    size = next(filter(str.isdecimal, (attribute(child(run, "rPr"), "sz"), usual)), "")
    scale = attribute(child(text, "bodyPr", "normAutofit"), "fontScale")
    return int(size or _USUAL) / 100 * (int(scale) / _WHOLE if scale.isdecimal() else 1.0)
