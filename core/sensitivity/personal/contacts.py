"""Where a person is reached and how one is identified without a checksum: phones, mail and postal
addresses, vehicle plates, identity documents, dates of birth.

Shape and context decide together. What is found is told apart later: a professional signature is
ordinary, a private address is not (`personal`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.language.months import WHOLE_MONTH
from core.sensitivity.data import pattern_of, patterns_of
from core.sensitivity.level import Kind
from core.sensitivity.patterns import words
from core.sensitivity.personal.context import Context, Hit, Taken, digits, named_otherwise

_FRENCH = pattern_of("contacts.french")
_FOREIGN = pattern_of("contacts.foreign")
_CODES = pattern_of("contacts.codes")
_CALL = pattern_of("contacts.call")
_LOCAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+'\-]*$")
_DOMAIN = re.compile(r"@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![A-Za-z0-9])")

_DATE = (
    rf"(?<![\w\-/.])(?:\d{{1,2}}\s?[/.\-]\s?\d{{1,2}}\s?[/.\-]\s?(?:19|20)?\d\d|\d{{1,2}}(?:er)?\s+{WHOLE_MONTH}\s+\d{{4}}"
    rf"|{WHOLE_MONTH}\s+\d{{1,2}},?\s+\d{{4}}|\d{{4}}-\d\d-\d\d)(?![\w\-/])"
)
_BORN = words(
    r"""
    nee?(\(e\)|[.•/\-]e)?s? (a [\w'\-]{2,30} )?le
    (date|jour|lieu) (et (date|lieu) )?(de )?naissance
    naissance
    d\.?d\.?n\b\.?
    date of birth
    d\.?o\.?b\b\.?
    born\b( on)?
    """,
    ending=rf"[^\n\d]{{0,25}}({_DATE})",
)
_ANY_DATE = re.compile(_DATE)
_BIRTH_COLUMN = re.compile(r"naiss|birth|(?<![A-Za-z0-9])(?:nee?(?:\(e\))?\s+le\b|dob\b|ddn\b)")

_ADDRESS = pattern_of("contacts.address")
_PLATE = pattern_of("contacts.plate")
_OLD_PLATE = pattern_of("contacts.old_plate")
_ZONE = pattern_of("contacts.zone")
_VEHICLE = pattern_of("contacts.vehicle")
_PATTERN = pattern_of("contacts.pattern")
_PAPERS: tuple[Kind, ...] = ("passport", "cni", "residence_permit")
_PAPER, _PAPER_WORD = patterns_of("contacts.papers"), patterns_of("contacts.paper_words")


def find_contacts(context: Context, numbers: list[Hit]) -> list[Hit]:
    """Everything of these kinds that does not overlap `numbers`."""
    found = list(numbers)
    for finder in (_emails, _papers, _births, _phones, _addresses, _plates):
        taken = Taken(found)
        found += [hit for hit in finder(context) if taken.free(hit)]
    return found[len(numbers) :]


def _emails(context: Context) -> Iterator[Hit]:
    text = context.text
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.search(text[max(at - 64, 0) : at])
        domain = _DOMAIN.match(text, at)
        if local and domain:
            yield Hit(kind="email", start=at - len(local.group()), end=domain.end())
        at = text.find("@", at + 1)


def _phones(context: Context) -> Iterator[Hit]:
    for match in _FRENCH.finditer(context.text):
        if _is_call(context, match):
            yield Hit(kind="phone", start=match.start(), end=match.end())
    for match in _FOREIGN.finditer(context.text):
        number = match.group()
        if _assigned(number) and _is_call(context, match):
            yield Hit(kind="phone", start=match.start(), end=match.end())


def _is_call(context: Context, match: re.Match[str]) -> bool:
    """Not a stretch of a longer row of pairs, nor called a reference."""
    text, before = context.text, context.about(match.start(), 30)
    if _CALL.search(before):
        return True
    row = re.search(r"[A-Z\d][ .\-/]$", text[max(match.start() - 2, 0) : match.start()])
    more = re.match(r"[ .\-]\d\d(?!\d)", text[match.end() : match.end() + 4])
    return not (row or more or named_otherwise(before) or re.search(r"n[°o]\s?$|\bversion\b|\bip\b", before))


def _assigned(number: str) -> bool:
    """Does it begin with a country's code, and is it as long as its numbers are (ITU-T E.164)?"""
    plain = digits(number).removeprefix("00")
    if code := _CODES.match(plain):
        rest = len(plain) - code.end()
        return rest == 10 if code.group() == "1" else 6 <= rest <= 12
    return False


def _births(context: Context) -> Iterator[Hit]:
    for match in context.said(_BORN):
        yield Hit(kind="birth_date", start=match.start(1), end=match.end(1))
    for start, end in context.headed(_BIRTH_COLUMN):
        for match in _ANY_DATE.finditer(context.lower, start, end):
            if _BIRTH_COLUMN.search(context.column(match.start())):
                yield Hit(kind="birth_date", start=match.start(), end=match.end())


def _addresses(context: Context) -> Iterator[Hit]:
    for match in _ADDRESS.finditer(context.lower):
        town = re.match(
            r".*\d{5}\s[\w'\-]+(?:[ \-](?:[A-Z0-9][\w'\-]*|(?:sur|sous|en|les|la|le|de|du|des|lez|d|l)\b))*",
            context.text[match.start() : match.end()],
            re.S,
        )
        end = match.start() + town.end() if town else match.end()
        yield Hit(kind="address", start=match.start(), end=end)


def _plates(context: Context) -> Iterator[Hit]:
    for match in _PLATE.finditer(context.text):
        if _PATTERN.search(context.before(match.start(), 24)):
            continue
        about = context.about(match.start(), 80) + context.after(match.end(), 60)
        vehicle = bool(_VEHICLE.search(about))
        if vehicle or (match[1] == "-" and not named_otherwise(context.before(match.start(), 40))):
            yield Hit(kind="plate", start=match.start(), end=match.end())
    for match in _OLD_PLATE.finditer(context.text):
        before = context.about(match.start(), 60)
        if _VEHICLE.search(before) and not _PATTERN.search(before):
            yield Hit(kind="plate", start=match.start(), end=match.end())


def _papers(context: Context) -> Iterator[Hit]:
    for match in _ZONE.finditer(context.text):
        kind: Kind = "cni" if match.group()[0] in "IAC" else "passport"
        yield Hit(kind=kind, start=match.start(), end=match.end())
    for kind in _PAPERS:
        for match in context.said(_PAPER_WORD[kind]):
            number = _PAPER[kind].search(context.text, match.end(), match.end() + 60)
            if number:
                yield Hit(kind=kind, start=number.start(), end=number.end())
