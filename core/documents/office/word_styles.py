"""What a Word paragraph is: heading, list entry or text, by its own properties and its styles'."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.documents.zip_package import Element, attribute, child, children

_HEADING = re.compile(r"(?:heading|titre|überschrift|título|titolo)\s*([1-9])", re.IGNORECASE)
_TITLE = {"title", "titre"}
_OFF = {"0", "false", "off", "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """`level` 1 to 6 for a heading, else 0; `numbered` is (list, level in it); `depth` that level."""

    level: int = 0
    title: bool = False
    numbered: tuple[str, int] | None = None

    @property
    def depth(self) -> int:
        return self.numbered[1] if self.numbered else 0


class WordStyles:
    """The styles of one document."""

    def __init__(self, root: Element | None) -> None:
        self._styles = {attribute(style, "styleId"): style for style in children(root, "style")}
        self._default = next(
            (
                name
                for name, style in self._styles.items()
                if attribute(style, "default") in ("1", "true") and attribute(style, "type") == "paragraph"
            ),
            "",
        )
        self._known: dict[str, Style] = {}

    def of(self, paragraph: Element) -> Style:
        properties = child(paragraph, "pPr")
        base = self._named(_value(properties, "pStyle") or self._default)
        outline = _value(properties, "outlineLvl")
        level = min(int(outline) + 1, 6) if outline in set("01234567") else base.level
        return Style(level=level, title=base.title, numbered=_numbered(properties, base.numbered))

    def hides(self, run: Element) -> bool:
        """Whether a run is formatted as hidden text."""
        vanish = child(run, "rPr", "vanish")
        if vanish is not None:
            return attribute(vanish, "val") not in _OFF
        style = self._styles.get(_value(child(run, "rPr"), "rStyle"))
        vanish = child(style, "rPr", "vanish")
        return vanish is not None and attribute(vanish, "val") not in _OFF

    def _named(self, name: str, depth: int = 0) -> Style:
        if name in self._known:
            return self._known[name]
        style = self._styles.get(name)
        if style is None or depth > 20:
            return Style()
        base = self._named(_value(style, "basedOn"), depth + 1)
        properties = child(style, "pPr")
        shown = _value(style, "name")
        match = _HEADING.fullmatch(shown) or _HEADING.fullmatch(name)
        outline = _value(properties, "outlineLvl")
        level = int(match[1]) if match else int(outline) + 1 if outline in set("01234567") else base.level
        title = shown.lower() in _TITLE or base.title
        made = Style(
            level=min(level or (1 if title else 0), 6),
            title=title,
            numbered=_numbered(properties, base.numbered),
        )
        self._known[name] = made
        return made


def _value(element: Element | None, name: str) -> str:
    found = child(element, name)
    return attribute(found, "val") if found is not None else ""


def _numbered(properties: Element | None, base: tuple[str, int] | None) -> tuple[str, int] | None:
    numbers = child(properties, "numPr")
    if numbers is None:
        return base
    number = _value(numbers, "numId") or (base[0] if base else "")
    level = _value(numbers, "ilvl") or str(base[1] if base else 0)
    return (number, int(level)) if number not in ("", "0") and level.isdecimal() else None
