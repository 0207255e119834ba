"""Numbers as a spreadsheet shows them: its format codes (ECMA-376 part 1, 18.8.30 and 18.8.31).

Units, leading zeros, telephone numbers, percentages, fractions, dates and durations are what people read;
the bare value is not. In a French file decimals follow a comma and thousands a narrow space.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

from core.language.months import ENGLISH_DAYS, ENGLISH_MONTHS, FRENCH_DAYS, FRENCH_MONTHS

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    41: "#,##0;-#,##0;-;@", 42: "#,##0;-#,##0;-;@", 43: "#,##0.00;-#,##0.00;-;@",
    44: "#,##0.00;-#,##0.00;-;@", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_FRENCH = {14: "dd/mm/yyyy", 22: "dd/mm/yyyy hh:mm"}
_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_(.)|\*(.)|\[([^\]]*)\]|(AM/PM|A/P)|(E[+-])|([yY]+|[mM]+|[dD]+|[hH]+|[sS]+(?:\.0+)?)'
    r"|([0#?])|(General)|(.)",
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = (FRENCH_MONTHS, ENGLISH_MONTHS)
_SHORT = (
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    [name[:3] for name in _MONTHS[1]],
)
_DAYS = (FRENCH_DAYS, ENGLISH_DAYS)
_HEADER_SECTIONS = re.compile(r"(?<!&)&[LCR]")
_HEADER_CODES = re.compile(r'&(?:"[^"]*"|[LCRPNDTAFZGBIUESXYO+-]|K[0-9A-F]{6}|\d+)')
"""What a printed header or footer says of its fonts, sizes and fields (ECMA-376 part 1, 18.3.1.46)."""


def header_text(code: str) -> str:
    """What a printed header or footer says, what stands left, in the middle and right on lines of their
    own."""
    return _HEADER_CODES.sub(" ", _HEADER_SECTIONS.sub("\n", code))


_LAST_DAY = 2_958_466
_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """One part of a code: `items` are (kind, text); `test` the condition under which it is used."""

    items: tuple[tuple[str, str], ...]
    test: tuple[str, float] | None = None

    @property
    def dated(self) -> bool:
        return any(kind in ("date", "elapsed") for kind, _ in self.items)


def format_of(number: int, codes: dict[int, str], *, french: bool) -> str:
    """The code of a format's number: the file's own, or one that every program knows."""
    return codes.get(number) or (_FRENCH.get(number) if french else None) or BUILT_IN.get(number, "General")


def shown(value: float, code: str, *, french: bool, first_1904: bool = False) -> str:
    """A number as its cell shows it. A code that makes no sense shows the number as it is."""
    try:
        return _shown(value, code[:_LONGEST], french, first_1904).strip()
    except (ValueError, OverflowError, InvalidOperation, IndexError, ZeroDivisionError):
        return general(value, french=french)


def shown_text(text: str, code: str) -> str:
    """A text as its cell shows it: the fourth part of a code, or the only one with an `@`, is for texts."""
    sections = _sections(code[:_LONGEST])
    places = [section for section in sections if ("other", "@") in section.items]
    section = sections[3] if len(sections) > 3 else places[0] if places else None
    if section is None:
        return text
    return "".join(text if each == "@" else each for _, each in section.items).strip()


def general(value: float, *, french: bool) -> str:
    """A number without a format: ten digits at most, as in a cell of usual width."""
    if not math.isfinite(value):
        return str(value)
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.10g}"
    return text.replace(".", ",") if french else text


def _shown(value: float, code: str, french: bool, first_1904: bool) -> str:
    sections = _sections(code)
    section, value = _chosen(sections, value)
    if section is None:
        return general(value, french=french)
    if section.dated:
        return _date(value, section, french, first_1904)
    if any(kind == "general" for kind, _ in section.items):
        return "".join(general(value, french=french) if k == "general" else t for k, t in section.items)
    if not any(kind == "digit" for kind, _ in section.items):
        text = "".join(text for kind, text in section.items if kind in ("literal", "other"))
        return text.replace("@", general(value, french=french))
    return _number(value, section, french)


def _chosen(sections: tuple[_Section, ...], value: float) -> tuple[_Section | None, float]:
    """The section for a value, and the value as that section shows it: its sign is the section's own
    matter."""
    for section in sections:
        if section.test and _holds(value, section.test):
            return section, value
    if any(section.test for section in sections):
        plain = [section for section in sections if not section.test]
        return (plain[0] if plain else sections[-1]), value
    if len(sections) >= 2 and value < 0:
        return sections[1], -value
    if len(sections) >= 3 and value == 0:
        return sections[2], value
    return sections[0] if sections else None, value


def _holds(value: float, test: tuple[str, float]) -> bool:
    sign, limit = test
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit,
        "=": value == limit, "<>": value != limit,
    }[sign]  # fmt: skip


_KINDS = (
    "literal", "literal", "space", "filled", "bracket", "noon", "power", "date", "digit", "general", "other",
)  # fmt: skip
"""What the groups of `_TOKEN` are."""
_SHOWN = {"space": ("literal", " "), "noon": ("date", "am"), "general": ("general", "")}


@functools.lru_cache(maxsize=512)
def _sections(code: str) -> tuple[_Section, ...]:
    sections: list[_Section] = []
    items: list[tuple[str, str]] = []
    test: tuple[str, float] | None = None
    for match in _TOKEN.finditer(code):
        group = match.lastindex or 0
        kind, text = _KINDS[group - 1], match[group]
        if kind == "bracket":
            test = _bracket(text, items) or test
        elif (kind, text) == ("other", ";"):
            sections.append(_Section(items=tuple(items), test=test))
            items, test = [], None
        elif kind != "filled":
            items.append(_SHOWN.get(kind, (kind, text.lower() if kind == "date" else text)))
    sections.append(_Section(items=tuple(items), test=test))
    return tuple(sections)


def _bracket(text: str, items: list[tuple[str, str]]) -> tuple[str, float] | None:
    """A currency, a duration or a condition; colours and languages show nothing."""
    if match := re.fullmatch(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)", text):
        return match[1], float(match[2])
    if text.startswith("$"):
        items.append(("literal", text[1:].partition("-")[0]))
    elif re.fullmatch(r"h+|m+|s+", text, re.IGNORECASE):
        items.append(("elapsed", text.lower()))
    return None


def _number(value: float, section: _Section, french: bool) -> str:
    items = list(section.items)
    texts = [text for _, text in items]
    kinds = [kind for kind, _ in items]
    digits = [index for index, kind in enumerate(kinds) if kind == "digit"]
    percent = sum(kind == "other" and text == "%" for kind, text in items)
    scale = 0
    while digits[-1] + 1 + scale < len(items) and items[digits[-1] + 1 + scale] == ("other", ","):
        scale += 1
    number = abs(Decimal(repr(value))) * (Decimal(100) ** percent) / (Decimal(1000) ** scale)
    if ("other", "/") in items and len(digits) >= 2:
        return _sign(value) + _fraction(number, items)
    point = next((i for i, item in enumerate(items) if item == ("other", ".") and i < digits[-1]), None)
    power = kinds.index("power") if "power" in kinds else None
    whole = [i for i in digits if (point is None or i < point) and (power is None or i < power)]
    places = [i for i in digits if point is not None and i > point and (power is None or i < power)]
    exponent = 0
    if power is not None and number:
        exponent = number.adjusted() - (max(len(whole), 1) - 1)
        number = number.scaleb(-exponent)
    number = number.quantize(Decimal(1).scaleb(-len(places)), rounding=ROUND_HALF_UP)
    text = f"{number:f}"
    left, _, right = text.partition(".")
    grouped = any(items[i] == ("other", ",") for i in range(whole[0], whole[-1])) if whole else False
    out = dict(enumerate(texts))
    _fill_left(out, whole, items, left, "" if not grouped else "\u202f" if french else ",")
    _fill_right(out, places, items, right)
    if power is not None:
        sign = "-" if exponent < 0 else "+" if texts[power].endswith("+") else ""
        after = [i for i in digits if i > power]
        out[power] = f"E{sign}" + str(abs(exponent)).zfill(len(after))
        out |= dict.fromkeys(after, "")
    for i, item in enumerate(items):
        if item == ("other", ","):
            out[i] = ""
    if point is not None:
        out[point] = ("," if french else ".") if any(out[i].strip() for i in places) else ""
    return (_sign(value) if number else "") + "".join(out[i] for i in range(len(items)))


def _sign(value: float) -> str:
    return "-" if value < 0 else ""


def _fill_left(
    out: dict[int, str], whole: list[int], items: list[tuple[str, str]], left: str, mark: str
) -> None:
    """Digits before the point into their places, from the right, with `mark` between thousands; those that
    are more stand in the first."""
    left = left.lstrip("0")
    for count, index in enumerate(reversed(whole)):
        first = index == whole[0]
        taken = left if first else left[-1:]
        left = "" if first else left[:-1]
        out[index] = _grouped(taken or {"0": "0", "?": " ", "#": ""}[items[index][1]], count, mark)


def _grouped(digits: str, before: int, mark: str) -> str:
    """Digits with a separator after each third, counted from the right, where `before` stand to the right."""
    pieces: list[str] = []
    for count, digit in enumerate(reversed(digits), before):
        pieces.append(digit + (mark if count and count % 3 == 0 and digit.isdigit() else ""))
    return "".join(reversed(pieces))


def _fill_right(out: dict[int, str], places: list[int], items: list[tuple[str, str]], right: str) -> None:
    """Digits behind the point; zeros at the end only where the code demands them."""
    ended = True
    for index, digit in reversed(list(zip(places, right.ljust(len(places), "0"), strict=False))):
        kind = items[index][1]
        ended &= digit == "0" and kind != "0"
        out[index] = digit if not ended else " " if kind == "?" else ""


def _fraction(number: Decimal, items: list[tuple[str, str]]) -> str:
    slash = items.index(("other", "/"))
    below = [text for kind, text in items[slash + 1 :] if kind == "digit"]
    whole = int(number) if sum(kind == "digit" for kind, _ in items[:slash]) > 1 else 0
    part = Fraction(number - whole).limit_denominator(10 ** min(max(len(below), 1), 4) - 1)
    if part == 1:
        whole, part = whole + 1, Fraction(0)
    after = "".join(text for kind, text in items[slash + 1 :] if kind == "literal")
    shown = f"{whole} {part}" if whole and part else str(whole or part)
    return shown + after


def _date(value: float, section: _Section, french: bool, first_1904: bool) -> str:
    if not 0 <= value < _LAST_DAY and not any(kind == "elapsed" for kind, _ in section.items):
        return general(value, french=french)
    items = section.items
    parts = [text for kind, text in items if kind == "date"]
    digits = max((len(text.partition(".")[2]) for text in parts), default=0)
    seconds = round(abs(value) * 86_400, digits)
    if not any(text.startswith("s") for kind, text in items if kind in ("date", "elapsed")):
        seconds = round(seconds)
    epoch = datetime(1904, 1, 1) if first_1904 else datetime(1899, 12, 30 + (value < 60))  # noqa: DTZ001
    moment = epoch + timedelta(seconds=seconds)
    half = "am" in parts
    out: list[str] = []
    clock = False
    for at, (kind, text) in enumerate(items):
        if kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[text[0]]
            out.append(("-" if value < 0 else "") + str(int(seconds // unit)).zfill(len(text)))
            clock = True
        elif kind == "date":
            following = next((text for kind, text in items[at + 1 :] if kind == "date"), "")
            minute = text[0] == "m" and len(text) <= 2 and (clock or following.startswith("s"))
            out.append(_moment(moment, text, minute=minute, half=half, french=french, seconds=seconds))
            clock = text[0] == "h" if text[0] in "ymdh" else clock and text != "am"
        elif kind in ("literal", "other"):
            out.append("" if text == "@" else text)
    return "".join(out)


def _moment(moment: datetime, text: str, *, minute: bool, half: bool, french: bool, seconds: float) -> str:
    if text == "am":
        return "AM" if moment.hour < 12 else "PM"
    language = 0 if french else 1
    unit, _, decimals = text.partition(".")
    size = len(unit)
    match unit[0]:
        case "y":
            return f"{moment.year:04}" if size > 2 else f"{moment.year % 100:02}"
        case "m" if minute:
            return str(moment.minute).zfill(size)
        case "m":
            name = _MONTHS[language][moment.month - 1]
            names = {3: _SHORT[language][moment.month - 1], 4: name, 5: name[0]}
            return names.get(size, str(moment.month).zfill(min(size, 2)))
        case "d":
            name = _DAYS[language][moment.weekday()]
            names = {3: name[:3] + ("." if french else ""), 4: name}
            return names.get(size, str(moment.day).zfill(min(size, 2)))
        case "h":
            hour = (moment.hour % 12 or 12) if half else moment.hour
            return str(hour).zfill(size)
        case _:
            rest = f"{seconds % 1:.{len(decimals)}f}"[2:] if decimals else ""
            return str(moment.second).zfill(size) + (("," if french else ".") + rest if rest else "")
