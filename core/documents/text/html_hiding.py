"""Finds the text that CSS hides or reorders in an HTML page, by its inline styles and its `<style>` elements.

Known are display, visibility, opacity, font-size, text-indent, positions off the page, transforms, filters,
clipped and empty boxes, `mso-hide`, the attribute `hidden`, closed dialogs, and text in the colour of its
ground. Not known are loaded style sheets, rules within `@media` other than screen and all, scripts, masks,
boxes that cover others, and grounds that are pictures (no text counts as hidden before those). Specificity
and `!important` decide between rules (CSS 2.2, section 6.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from PIL import ImageColor

from core.documents.visibility import Colour, alike

_RULES = 500
_LEAST_PIXELS = 2.0
_FAR = 400.0
_FAINT = 0.06
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_ORDER = re.compile(r"([+-]?\d{1,6})(?:\s*!important)?")
_REVERSE = re.compile(r"\b(?:row|column)-reverse\b")
_BRACE = re.compile(r"([{}])")
_PIXELS = {"px": 1.0, "pt": 1.33, "em": 16.0, "rem": 16.0, "ex": 8.0, "%": 0.16, "in": 96.0, "cm": 37.8,
           "mm": 3.78, "vw": 10.0, "vh": 10.0, "": 1.0}  # fmt: skip
_LENGTH = re.compile(r"(-?\d{0,9}\.?\d{0,9})(px|pt|em|rem|ex|%|in|cm|mm|vw|vh)?")
_OPACITY = re.compile(r"(\d+\.?\d*|\.\d+)(%?)")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*([\d.]+%?))?\s*\)")
_BARE = re.compile("[0-9a-f]{3}|[0-9a-f]{6}")
_SHIFT = re.compile(r"translate(?:x|y|3d)?\(\s*([^,)]+)(?:,\s*([^,)]+))?")
_FLATTENED = re.compile(
    r"scale(?:x|y|3d)?\(\s*0(?:\.0*)?\s*[,)]|rotate[xy]\(\s*(?:90|270)deg|opacity\(\s*0?\.?0*%?\s*\)"
)
_NOTHING = re.compile(r"rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01]|inset\(\s*(?:50|100)%|circle\(\s*0")
_FALLBACK = re.compile(r"var\(\s*--[\w-]{1,60}\s*,\s*([^()]*)\)|calc\(\s*([^()\s]+)\s*\)")
_VISIBLE = {"hidden": False, "collapse": False, "visible": True}
_OLD_COLOURS = (("bgcolor", "background-color"), ("color", "color"))
"""Attributes that give a colour, and the properties of CSS that they stand for."""
Declarations = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an element inherits: whether it is seen, the size of its letters in pixels, its colour and that of
    its ground. A colour is None if it is not known."""

    visible: bool = True
    size: float = 16.0
    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = (255, 255, 255)
    gone: bool = False
    """True if the element is not shown, and nothing in it can be."""

    @property
    def hides(self) -> bool:
        """True if text directly within the element is not seen."""
        return self.gone or not self.visible or self.size < _LEAST_PIXELS or alike(self.colour, self.ground)


class Hiding:
    """The rules of one page."""

    def __init__(self, parser: Any) -> None:
        self._rules: dict[int, Declarations] = {}
        sheets = "\n".join(style.text() for style in parser.css("style"))
        found = sorted(_rules(sheets), key=lambda rule: rule[0])
        for _, selector, declarations in found[:_RULES]:
            try:
                nodes = parser.css(selector)
            except Exception:  # noqa: BLE001, S112 - a selector that the library does not know matches nothing
                continue
            for node in nodes:
                _merge(self._rules.setdefault(node.mem_id, {}), declarations)

    def look(self, node: Any, above: Look) -> Look:
        """Return the look of an element within one of the look `above`."""
        gone = above.gone or _is_closed(node)
        declared = self._declared(node)
        for name, key in _OLD_COLOURS:
            if value := node.attributes.get(name):
                declared.setdefault(key, value.lower())
        if not declared:
            return above if gone == above.gone else replace(above, gone=gone)
        style = {name: value.removesuffix("!important").strip() for name, value in declared.items()}
        return Look(
            visible=_VISIBLE.get(style.get("visibility", ""), above.visible),
            size=_size(style, above.size),
            colour=_ink(style, above),
            ground=_ground(style, above.ground),
            gone=gone or _is_gone(style),
        )

    def shown_order(self, node: Any, children: list[Any]) -> list[Any]:
        """Return the children of an element in the order in which a browser shows them. CSS may reverse rows
        and columns and give each item its place (CSS Flexible Box 1, 5; CSS Display 3, 3)."""
        style = self._declared(node)
        display = style.get("display", "").removeprefix("inline-")
        if not display.startswith(("flex", "grid")):
            return children
        placed = sorted(children, key=self._place)
        turned = _REVERSE.search(style.get("flex-direction", style.get("flex-flow", "")))
        return placed[::-1] if turned and display.startswith("flex") else placed

    def _place(self, item: Any) -> int:
        value = "" if item.tag == "-text" else self._declared(item).get("order", "")
        given = _ORDER.fullmatch(value)
        return int(given[1]) if given else 0

    def _declared(self, node: Any) -> Declarations:
        """Return what the rules for an element and its own style declare."""
        declared: Declarations = dict(self._rules.get(node.mem_id, {}))
        attributes: dict[str, str | None] = node.attributes or {}
        if style := attributes.get("style"):
            _merge(declared, _declarations(style))
        return declared


def _is_closed(node: Any) -> bool:
    """True for an element with the attribute `hidden`, and for a dialog that is not open."""
    attributes: dict[str, str | None] = node.attributes
    return "hidden" in attributes or (node.tag == "dialog" and "open" not in attributes)


def _size(style: Declarations, above: float) -> float:
    """Return the size of letters in pixels, within an element with the size `above`."""
    size = _pixels(style.get("font-size") or _in_short(style.get("font", "")), above)
    return above if size is None else size


def _ink(style: Declarations, above: Look) -> Colour | None:
    """Return the colour of letters, within an element of the look `above`. None if it is not known."""
    colour = style.get("-webkit-text-fill-color") or style.get("color", "")
    return _colour(colour, above.colour, above.ground) if colour else above.colour


def _merge(into: Declarations, declarations: Declarations) -> None:
    for name, value in declarations.items():
        if value.endswith("!important") or not into.get(name, "").endswith("!important"):
            into[name] = value


def _rules(sheet: str) -> Iterator[tuple[tuple[int, int, int], str, Declarations]]:
    """Yield (specificity, selector, declarations) of the rules that apply to a screen, in their order."""
    selector: list[str] = []
    counts = True
    pieces = _BRACE.split(_COMMENT.sub("", sheet))
    for text, brace in zip(map(str.strip, pieces[::2]), pieces[1::2], strict=False):
        if brace == "{":
            selector.append(text.rpartition(";")[2].strip())
            continue
        outer = selector[:-1]
        name = selector.pop() if selector else ""
        counts = all(re.fullmatch(r"@media\s+(?:only\s+)?(?:screen|all)", each.lower()) for each in outer)
        if counts and name and not name.startswith("@") and (declared := _declarations(text)):
            for each in name.split(","):
                yield _specificity(each), each.strip(), declared


def _specificity(selector: str) -> tuple[int, int, int]:
    ids, classes = selector.count("#"), len(re.findall(r"[.\[]|(?<!:):(?!:)", selector))
    return ids, classes, len(re.findall(r"(?:^|[\s>+~])[a-zA-Z]", selector))


_KNOWN = frozenset(
    (
        "display", "visibility", "opacity", "font-size", "font", "color", "background", "background-color",
        "position", "left", "top", "right", "bottom", "text-indent", "width", "height", "max-height",
        "max-width", "overflow", "clip", "clip-path", "mso-hide", "margin-left", "background-image",
        "order", "flex-direction", "flex-flow", "transform", "filter", "content-visibility", "margin-top",
        "overflow-x", "overflow-y", "-webkit-text-fill-color",
    )
)  # fmt: skip


def _declarations(text: str) -> Declarations:
    found: Declarations = {}
    for part in text[:10_000].split(";"):
        name, _, value = part.partition(":")
        name = name.strip().lower()
        if name in _KNOWN and value.strip():
            value = " ".join(value.lower().split()).replace("! important", "!important")
            found[name] = _FALLBACK.sub(lambda match: match[1] or match[2], value) if "(" in value else value
    return found


_GONE = (("display", "none"), ("mso-hide", "all"), ("content-visibility", "hidden"))


def _is_gone(style: Declarations) -> bool:
    """True if an element with these declarations takes no visible place at all."""
    return (
        any(style.get(name) == value for name, value in _GONE)
        or _is_transparent(style)
        or _FLATTENED.search(style.get("transform", "") + style.get("filter", "")) is not None
        or _is_moved_away(style)
        or _is_cut_off(style)
    )


def _is_transparent(style: Declarations) -> bool:
    opacity = _OPACITY.fullmatch(style.get("opacity", "1"))
    return opacity is not None and float(opacity[1]) / (100 if opacity[2] else 1) < _FAINT


def _is_placed(style: Declarations) -> bool:
    return style.get("position", "") in ("absolute", "fixed", "relative")


def _is_moved_away(style: Declarations) -> bool:
    """True if a length moves the text far out of its page to the left or the top."""
    names = ("text-indent", "margin-left", "margin-top")
    names += ("left", "top", "right", "bottom") if _is_placed(style) else ()
    lengths = [style.get(name, "") for name in names]
    lengths += chain.from_iterable(_SHIFT.findall(style.get("transform", "")))
    return any((length := _pixels(text)) is not None and length <= -_FAR for text in lengths)


def _is_cut_off(style: Declarations) -> bool:
    """True if nothing, or less than a letter, is left of the element: by `clip`, or by its size."""
    if _NOTHING.search(style.get("clip-path", "") + (style.get("clip", "") if _is_placed(style) else "")):
        return True
    if not any(style.get(name) == "hidden" for name in ("overflow", "overflow-x", "overflow-y")):
        return False
    sizes = [_pixels(style.get(side, "")) for side in ("height", "width", "max-height", "max-width")]
    return any(size is not None and size < _LEAST_PIXELS for size in sizes)


def _in_short(font: str) -> str:
    """Return the size in a short declaration of a font, such as `bold 1px/1 Arial`."""
    sizes = (part.partition("/")[0] for part in font.split() if part[:1].isdigit() and not part.isdigit())
    return next(sizes, "")


def _pixels(value: str, above: float | None = None) -> float | None:
    """Return a length in pixels, or None if the value is none. With the size `above`, the length is that of
    letters, and `em` and `%` are shares of it."""
    match = _LENGTH.fullmatch(value.strip())
    if not match or not re.search(r"\d", match[1]):
        return None
    number, unit = float(match[1]), match[2] or ""
    if above is not None and unit in ("em", "%"):
        return above * (number if unit == "em" else number / 100)
    return number * _PIXELS[unit]


def _colour(value: str, above: Colour | None, ground: Colour | None) -> Colour | None:
    """Return the colour of a value, or None if it is not known."""
    value = value.strip()
    if value in ("inherit", "currentcolor", "unset"):
        return above
    if value == "transparent":
        return ground
    numbers = _RGB.fullmatch(value)
    if numbers:
        transparent = numbers[4] and re.fullmatch(r"0?\.?0*%?", numbers[4])
        return ground if transparent else (int(numbers[1]), int(numbers[2]), int(numbers[3]))
    try:
        found = ImageColor.getrgb(f"#{value}" if _BARE.fullmatch(value) else value)
    except ValueError:
        return None
    return ground if len(found) == 4 and found[3] < 256 * _FAINT else found[:3]


_PARTS = re.compile(r"rgba?\([^)]*\)|[^\s]+")


def _ground(style: Declarations, above: Colour | None) -> Colour | None:
    """Return the colour behind the text, or None if a picture may stand there."""
    shown = f"{style.get('background', '')} {style.get('background-image', '')}"
    if "url(" in shown or "gradient" in shown:
        return None
    value = style.get("background-color") or style.get("background", "")
    if value in ("", "transparent", "none", "inherit", "initial"):
        return above
    return next(
        (found for part in _PARTS.findall(value) if (found := _colour(part, None, above)) is not None), None
    )
