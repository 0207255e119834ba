"""What a Word paragraph is: heading, list entry or text, by its own properties and its styles'; and the
numbers and bullets that Word computes for its lists and headings (ECMA-376, part 1, 17.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.documents.visibility import LEAST_POINTS, WHITE, Colour, alike, colour_of
from core.documents.xml import Element, attribute, child, children, each, find_all, number, tag, value_of


def _roman(number: int) -> str:
    pairs = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
    text = ""
    for value, letters in (*pairs, (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        count, number = divmod(number, value)
        text += letters * count
    return text


def _letter(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def formatted(number: int, style: str) -> str:
    """A number as Word or LibreOffice writes it; style by its OOXML name."""
    if not 0 < number < 4000:
        return str(number)
    match style:
        case "lowerLetter":
            return _letter(number)
        case "upperLetter":
            return _letter(number).upper()
        case "lowerRoman":
            return _roman(number)
        case "upperRoman":
            return _roman(number).upper()
        case "none":
            return ""
        case "decimalZero":
            return f"{number:02}"
        case _:
            return str(number)


@dataclass(slots=True, kw_only=True)
class _Level:
    style: str
    text: str
    start: int
    legal: bool
    """Whether all numbers in it are shown as figures (17.9.4)."""


@dataclass(slots=True, kw_only=True)
class _List:
    """`counts` are those of all lists of one definition; a list with `restarts` begins there at its own
    number (ECMA-376, part 1, 17.9.26)."""

    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict[int, int])
    restarts: dict[int, int] = field(default_factory=dict[int, int])


class Numbering:
    """All lists of one document, counting as paragraphs come."""

    def __init__(self, root: Element | None) -> None:
        abstract = {
            attribute(item, "abstractNumId"): _List(
                levels={int(attribute(each, "ilvl") or 0): _level(each) for each in children(item, "lvl")}
            )
            for item in children(root, "abstractNum")
        }
        self._lists: dict[str, _List] = {}
        for item in children(root, "num"):
            base = abstract.get(value_of(item, "abstractNumId"))
            if base is None:
                continue
            anew = children(item, "lvlOverride")
            restarts = {
                int(attribute(override, "ilvl") or 0): int(start)
                for override in anew
                if (start := value_of(override, "startOverride")).isdecimal()
            }
            levels = base.levels | {
                int(attribute(override, "ilvl") or 0): _level(level)
                for override in anew
                if (level := child(override, "lvl")) is not None
            }
            self._lists[attribute(item, "numId")] = _List(
                levels=levels, counts=base.counts, restarts=restarts
            )

    def mark(self, number: str, level: int) -> str | None:
        """The mark of the next paragraph: `-` for a bullet, a number as shown, None when it has none."""
        found = self._lists.get(number)
        if found is None or level not in found.levels:
            return None
        if level in found.restarts:
            found.counts[level] = found.restarts.pop(level) - 1
        found.counts[level] = found.counts.get(level, found.levels[level].start - 1) + 1
        for deeper in [other for other in found.counts if other > level]:
            del found.counts[deeper]
        shown = found.levels[level]
        if shown.style == "bullet":
            return shown.text if len(shown.text) > 2 and shown.text.isprintable() else "-"
        return (
            re.sub(
                r"%(\d)", lambda match: self._count(found, int(match[1]) - 1, legal=shown.legal), shown.text
            ).strip()
            or None
        )

    def _count(self, found: _List, level: int, *, legal: bool) -> str:
        known = found.levels.get(level)
        style = "decimal" if legal or known is None else known.style
        return formatted(found.counts.get(level, known.start if known else 1), style)


def _level(level: Element) -> _Level:
    return _Level(
        style=value_of(level, "numFmt") or "decimal",
        text=value_of(level, "lvlText"),
        start=number(child(level, "start"), "val", 1),
        legal=child(level, "isLgl") is not None and value_of(level, "isLgl") not in ("0", "false", "off"),
    )


_HEADING = re.compile(r"(?:heading|titre|überschrift|título|titolo)\s*([1-9])", re.IGNORECASE)
_TITLE = {"title", "titre"}
_OFF = {"0", "false", "off", "none"}
_CLEAR = 95_000
"""In thousandths of a percent."""
_ANCESTORS = 20
"""Styles that are based on each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """`level` 1 to 6 for a heading, else 0; `numbered` is (list, level in it); `depth` that level; `look`: of
    its letters."""

    level: int = 0
    title: bool = False
    numbered: tuple[str, int] | None = None
    look: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def depth(self) -> int:
        return self.numbered[1] if self.numbered else 0


class WordStyles:
    """The styles of one document."""

    def __init__(self, root: Element | None) -> None:
        self._styles = {attribute(style, "styleId"): style for style in children(root, "style")}
        usual = (
            name
            for name, style in self._styles.items()
            if attribute(style, "default") in ("1", "true") and attribute(style, "type") == "paragraph"
        )
        self._default = next(usual, "")
        self._known: dict[str, Style] = {}
        self._grounded = frozenset(
            name for name, style in self._styles.items() if next(find_all(style, "shd"), None) is not None
        )

    def of(self, paragraph: Element) -> Style:
        properties = child(paragraph, "pPr")
        base = self._named(value_of(properties, "pStyle") or self._default)
        outline = value_of(properties, "outlineLvl")
        level = min(int(outline) + 1, 6) if outline in set("01234567") else base.level
        return Style(level=level, title=base.title, numbered=_numbered(properties, base.numbered))

    def hides(self, run: Element) -> bool:
        """Whether people do not see a run: it is hidden, tiny, or in the colour of its ground."""
        own, above = child(run, "rPr"), next(run.iterancestors("{*}p"), None)
        base = self._named(value_of(child(above, "pPr"), "pStyle") or self._default)
        look = base.look | self._named(value_of(own, "rStyle")).look | _look(own)
        if look.get("vanish", "off") not in _OFF:
            return True
        if child(run, "t") is None:  # a shape has its own letters
            return False
        size = look.get("sz", "")
        if size.isdecimal() and int(size) < 2 * LEAST_POINTS:
            return True
        if (colour := colour_of(look.get("color", ""))) is None:
            return False
        return alike(colour, colour_of(look["fill"]) if "fill" in look else self._ground(run))

    def raises(self, run: Element) -> bool:
        """Whether a run stands above the line: an exponent, the mark of a note."""
        own = child(run, "rPr")
        own_height = value_of(own, "vertAlign")
        return (own_height or self._named(value_of(own, "rStyle")).look.get("vertAlign")) == "superscript"

    def _ground(self, run: Element) -> Colour | None:
        """The colour behind a run: of its paragraph, its cell, its page; None where it is not known."""
        for above in run.iterancestors():
            match tag(above):
                case "p":
                    fill = _fill(child(above, "pPr"))
                case "tc":
                    fill = _fill(child(above, "tcPr"))
                case "tbl":
                    fill = "style" if value_of(child(above, "tblPr"), "tblStyle") in self._grounded else ""
                case "txbxContent":
                    return None
                case _:
                    continue
            if fill:
                return colour_of(fill)
        return WHITE

    def _named(self, name: str, depth: int = 0) -> Style:
        if name in self._known:
            return self._known[name]
        style = self._styles.get(name)
        if style is None or depth > _ANCESTORS:
            return Style()
        base = self._named(value_of(style, "basedOn"), depth + 1)
        properties = child(style, "pPr")
        shown = value_of(style, "name")
        match = _HEADING.fullmatch(shown) or _HEADING.fullmatch(name)
        outline = value_of(properties, "outlineLvl")
        level = int(match[1]) if match else int(outline) + 1 if outline in set("01234567") else base.level
        title = shown.lower() in _TITLE or base.title
        fill = _fill(properties)
        made = Style(
            level=min(level or (1 if title else 0), 6),
            title=title,
            numbered=_numbered(properties, base.numbered),
            look=base.look | ({"fill": fill} if fill else {}) | _look(child(style, "rPr")),
        )
        self._known[name] = made
        return made


def _look(properties: Element | None) -> dict[str, str]:
    """Of the properties of letters those that may hide or raise them (17.3.2)."""
    found: dict[str, str] = {}
    for said in each(properties):
        name = tag(said)
        if name in ("shd", "highlight"):
            found["fill"] = attribute(said, "fill" if name == "shd" else "val")
        elif name in ("vanish", "color", "sz", "vertAlign"):
            found[name] = attribute(said, "val") or ("on" if name == "vanish" else "")
        elif name == "textFill" and _is_clear(said):
            found["clear"] = "on"
    if found.pop("clear", "") and child(properties, "textOutline") is None:
        found["vanish"] = "on"
    if found.get("fill", "") in ("auto", "none"):
        del found["fill"]
    return found


def _is_clear(fill: Element) -> bool:
    """Whether letters have no ink, or nearly none: `alpha` is how transparent they are (MS-DOCX, 2.3.1)."""
    shares = (attribute(alpha, "val") for alpha in find_all(fill, "alpha"))
    clear = any(share.isdecimal() and int(share) >= _CLEAR for share in shares)
    return clear or child(fill, "noFill") is not None


def _fill(properties: Element | None) -> str:
    fill = attribute(child(properties, "shd"), "fill")
    return "" if fill == "auto" else fill


def _numbered(properties: Element | None, base: tuple[str, int] | None) -> tuple[str, int] | None:
    numbers = child(properties, "numPr")
    if numbers is None:
        return base
    number = value_of(numbers, "numId") or (base[0] if base else "")
    level = value_of(numbers, "ilvl") or str(base[1] if base else 0)
    return (number, int(level)) if number not in ("", "0") and level.isdecimal() else None
