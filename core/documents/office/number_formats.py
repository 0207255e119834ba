"""Numbers as a spreadsheet shows them: its format codes (ECMA-376 part 1, 18.8.30 and 18.8.31).

Units, leading zeros, telephone numbers, percentages, fractions, dates and durations are what people read;
the bare value is not. In a French file decimals follow a comma and thousands a narrow space.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from bisect import bisect_left
from collections.abc import Iterator
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


_DECIMAL = {True: ",", False: "."}
_THOUSANDS = {True: "\u202f", False: ","}
"""The signs of a French and of an English cell."""
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
    if any(section.test for section in sections):
        holding = (section for section in sections if section.test and _holds(value, section.test))
        untested = (section for section in sections if not section.test)
        return next(holding, next(untested, sections[-1])), value
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Which items of a section take which digits of a number. The numbers are indexes of `items`."""

    items: tuple[tuple[str, str], ...]
    whole: list[int]
    """Places of digits before the decimal point."""
    decimals: list[int]
    """Places of digits behind the decimal point, before an exponent."""
    exponent: list[int]
    """Places of digits behind `E+`."""
    point: int | None
    power: int | None

    @property
    def grouped(self) -> bool:
        """True if a comma between the places before the point asks for separated thousands."""
        return bool(self.whole) and ("other", ",") in self.items[self.whole[0] : self.whole[-1]]

    @property
    def factor(self) -> Decimal:
        """The value is multiplied by this: 100 for each `%`, 1/1000 for each comma behind the digits."""
        percents = self.items.count(("other", "%"))
        last = max(self.whole + self.decimals + self.exponent)
        behind = itertools.takewhile(lambda item: item == ("other", ","), self.items[last + 1 :])
        return Decimal(100) ** percents / Decimal(1000) ** sum(1 for _ in behind)


def _layout(items: tuple[tuple[str, str], ...]) -> _Layout:
    digits = [index for index, (kind, _) in enumerate(items) if kind == "digit"]
    power = next((index for index, (kind, _) in enumerate(items) if kind == "power"), None)
    point = next((index for index in range(digits[-1]) if items[index] == ("other", ".")), None)
    mantissa_end = len(items) if power is None else power
    whole_end = mantissa_end if point is None else min(point, mantissa_end)
    first_decimal, first_exponent = bisect_left(digits, whole_end), bisect_left(digits, mantissa_end)
    return _Layout(
        items=items,
        whole=digits[:first_decimal],
        decimals=digits[first_decimal:first_exponent],
        exponent=digits[first_exponent:],
        point=point,
        power=power,
    )


def _number(value: float, section: _Section, french: bool) -> str:
    """A number in a section with places for digits, such as `# ##0,00 €` or `0.0E+00`."""
    layout = _layout(section.items)
    number = abs(Decimal(repr(value))) * layout.factor
    if ("other", "/") in section.items and sum(kind == "digit" for kind, _ in section.items) >= 2:
        return _sign(value) + _fraction(number, section.items)
    exponent = 0
    if layout.power is not None and number:
        exponent = number.adjusted() - (max(len(layout.whole), 1) - 1)
        number = number.scaleb(-exponent)
    number = number.quantize(Decimal(1).scaleb(-len(layout.decimals)), rounding=ROUND_HALF_UP)
    return (_sign(value) if number else "") + "".join(_filled(number, exponent, layout, french))


def _filled(number: Decimal, exponent: int, layout: _Layout, french: bool) -> Iterator[str]:
    """The items of a section, each with the digits, the point or the exponent that it stands for."""
    out = {index: "" if item == ("other", ",") else item[1] for index, item in enumerate(layout.items)}
    left, _, right = f"{number:f}".partition(".")
    separator = _THOUSANDS[french] if layout.grouped else ""
    _fill_left(out, layout.whole, layout.items, left, separator)
    _fill_right(out, layout.decimals, layout.items, right)
    if layout.power is not None:
        out[layout.power] = _exponent(exponent, out[layout.power], len(layout.exponent))
        out |= dict.fromkeys(layout.exponent, "")
    if layout.point is not None:
        has_decimals = any(out[index].strip() for index in layout.decimals)
        out[layout.point] = _DECIMAL[french] if has_decimals else ""
    return (out[index] for index in range(len(layout.items)))


def _exponent(exponent: int, code: str, places: int) -> str:
    """`E+05`: `E+` shows the sign always, `E-` a minus only (18.8.31)."""
    plus = "+" if code.endswith("+") else ""
    return f"E{'-' if exponent < 0 else plus}{str(abs(exponent)).zfill(places)}"


def _sign(value: float) -> str:
    return "-" if value < 0 else ""


def _fill_left(
    out: dict[int, str], whole: list[int], items: tuple[tuple[str, str], ...], left: str, mark: str
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


def _fill_right(
    out: dict[int, str], places: list[int], items: tuple[tuple[str, str], ...], right: str
) -> None:
    """Digits behind the point; zeros at the end only where the code demands them."""
    ended = True
    for index, digit in reversed(list(zip(places, right.ljust(len(places), "0"), strict=False))):
        kind = items[index][1]
        ended &= digit == "0" and kind != "0"
        out[index] = digit if not ended else " " if kind == "?" else ""


def _fraction(number: Decimal, items: tuple[tuple[str, str], ...]) -> str:
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
    """A serial number of days as a date, a time or a duration (`[h]:mm`)."""
    items = section.items
    if not 0 <= value < _LAST_DAY and not any(kind == "elapsed" for kind, _ in items):
        return general(value, french=french)
    seconds = _seconds(value, items)
    epoch = datetime(1904, 1, 1) if first_1904 else datetime(1899, 12, 30 + (value < 60))  # noqa: DTZ001
    clock = _Clock(
        moment=epoch + timedelta(seconds=seconds),
        seconds=seconds,
        half_days=("date", "am") in items,
        french=french,
    )
    minutes = _minutes(items)
    out: list[str] = []
    for at, (kind, text) in enumerate(items):
        if kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[text[0]]
            out.append(_sign(value) + str(int(seconds // unit)).zfill(len(text)))
        elif kind == "date":
            out.append(clock.minute(text) if at in minutes else clock.shown(text))
        elif kind in ("literal", "other"):
            out.append("" if text == "@" else text)
    return "".join(out)


def _seconds(value: float, items: tuple[tuple[str, str], ...]) -> float:
    """The seconds since the epoch, rounded to what the code shows: `ss.00` shows hundredths."""
    decimals = max((len(text.partition(".")[2]) for kind, text in items if kind == "date"), default=0)
    seconds = round(abs(value) * 86_400, decimals)
    shows_seconds = any(text.startswith("s") for kind, text in items if kind in ("date", "elapsed"))
    return seconds if shows_seconds else round(seconds)


def _minutes(items: tuple[tuple[str, str], ...]) -> set[int]:
    """The indexes of each `m` or `mm` that means minutes: it follows hours or stands before seconds."""
    units = [(index, kind, text) for index, (kind, text) in enumerate(items) if kind in ("date", "elapsed")]
    found: set[int] = set()
    after_hours = False
    for place, (index, kind, text) in enumerate(units):
        following = next((text for _, kind, text in units[place + 1 :] if kind == "date"), "")
        if kind == "date" and text in ("m", "mm") and (after_hours or following.startswith("s")):
            found.add(index)
        if kind == "elapsed":
            after_hours = True
        elif text[0] in "ymdh":
            after_hours = text[0] == "h"
        elif text == "am":
            after_hours = False
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    """The moment that a cell shows. `seconds` since the epoch keep the decimals that `moment` has lost."""

    moment: datetime
    seconds: float
    half_days: bool
    french: bool

    def minute(self, code: str) -> str:
        return str(self.moment.minute).zfill(len(code))

    def shown(self, code: str) -> str:
        """One unit of a code: `yyyy`, `mmm`, `d`, `hh`, `ss.0`, `am`."""
        if code == "am":
            return "AM" if self.moment.hour < 12 else "PM"
        size = len(code.partition(".")[0])
        match code[0]:
            case "y":
                return f"{self.moment.year:04}" if size > 2 else f"{self.moment.year % 100:02}"
            case "m":
                return self._month(size)
            case "d":
                return self._day(size)
            case "h":
                hour = (self.moment.hour % 12 or 12) if self.half_days else self.moment.hour
                return str(hour).zfill(size)
            case _:
                return str(self.moment.second).zfill(size) + self._decimals(len(code) - size - 1)

    def _month(self, size: int) -> str:
        month, language = self.moment.month, 0 if self.french else 1
        name = _MONTHS[language][month - 1]
        names = {3: _SHORT[language][month - 1], 4: name, 5: name[0]}
        return names.get(size, str(month).zfill(min(size, 2)))

    def _day(self, size: int) -> str:
        name = _DAYS[0 if self.french else 1][self.moment.weekday()]
        names = {3: name[:3] + ("." if self.french else ""), 4: name}
        return names.get(size, str(self.moment.day).zfill(min(size, 2)))

    def _decimals(self, places: int) -> str:
        return _DECIMAL[self.french] + f"{self.seconds % 1:.{places}f}"[2:] if places > 0 else ""
