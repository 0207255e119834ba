"""Numbers that identify a person or a company, each proved by its own check digits.

A number is reported when its checksum holds; where a checksum alone is too weak (one digit of ten), its
shape, the words before it or the heading of its column must agree, and words that name something else
(`dossier n°`, `PRM`) decide against it.

Of accounts and cards are found IBAN (ISO 13616), RIB (the French national form), card numbers (ISO/IEC 7812).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from itertools import chain

from stdnum import iban as stdnum_iban
from stdnum import luhn, numdb

from core.sensitivity.data import lexicon, pattern_of
from core.sensitivity.personal.context import Context, Hit, Taken, digits, is_example, named_otherwise

_CELLS = ("", "\t")
"""What may stand between two groups beside blanks and signs: first the numbers in one cell of a row are
found, so that none is lost behind a short cell, then those that go over several cells."""
_NIR = {cells: pattern_of("identifiers.nir", cells=cells) for cells in _CELLS}
_NEXT_CELL = re.compile(r"[\t\n|;,][^\dA-Za-z]*\d\d$")
"""What looks like the key of a number, and is what stands beside it."""
_NIF = {cells: re.compile(rf"[0-3](?:[ {cells}.]?\d){{12}}(?!\d)") for cells in _CELLS}
_NIF_SHAPE = re.compile(r"\d\d \d\d \d{3} \d{3} \d{3}")
_SIRET = re.compile(r"\d{3}([ .]?)\d{3}\1\d{3}[ .]?\d{3}[ ]?\d{2}(?!\d)")
_SIREN = {
    "": re.compile(r"\d{3}([ .]?)\d{3}\1\d{3}(?![ .]?\d)"),
    "\t": re.compile(r"\d{3}\t\d{3}\t\d{3}(?!\t?\d)"),
}
_RPPS = re.compile(r"[18]\d{10}(?!\d)")

_ABOUT_NIR = re.compile(r"\bnir\b|secu|insee|n[°o]?\s?ss\b|\bss\b|assure|immatricul|\bins\b|vitale")
_ABOUT_TAX = re.compile(r"fiscal|\bspi\b|impot|contribuable|\bnif\b|dgfip|declarant|\btin\b")
_ABOUT_SIRET = re.compile(r"siret|etablissement")
_ABOUT_SIREN = pattern_of("identifiers.about_siren")
_TIMESTAMP = pattern_of("identifiers.timestamp")
_POSTE = "356000000"
"""La Poste's establishments fail Luhn: their digits add up to a multiple of five instead."""
_IBAN = pattern_of("identifiers.iban")
_RIB = pattern_of("identifiers.rib")
_CARD = {cells: pattern_of("identifiers.card", cells=cells) for cells in _CELLS}
_ABOUT_CARD = re.compile(r"cart|card|\bcb\b|visa|master|amex|american|diners|\bpan\b|paiement|paye")
_ABOUT_BANK = re.compile(r"\brib\b|banque|bancaire|compte|guichet|domiciliation|etabliss")
_TEST_CARDS = lexicon("test_cards.txt")
_RIB_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def find_numbers(context: Context) -> list[Hit]:
    """All checked numbers, none inside another."""
    found: list[Hit] = []
    in_one = (find_ibans, find_ribs, _nirs, find_cards, _sirets, _nifs, _sirens, _rpps)
    over = (partial(each, cells="\t") for each in (_nirs, find_cards, _nifs, _sirens))
    for finder in chain(in_one, over if "\t" in context.text else ()):
        taken = Taken(found)
        found += [hit for hit in finder(context) if taken.free(hit)]
    return found


def _nirs(context: Context, cells: str = "") -> Iterator[Hit]:
    for match in context.numbered(_NIR[cells]):
        plain = re.sub(r"[^0-9AB]", "", match.group().upper().replace("CLEF", "").replace("CLE", ""))
        number, key = plain[:13], plain[13:]
        end = match.end() - 1 if match.group().endswith(")") and "(" not in match.group() else match.end()
        value = int(number.replace("2A", "19").replace("2B", "18")) if _corsican(number) else 0
        about = context.about(match.start(), 45)
        named = bool(_ABOUT_NIR.search(about))
        proved = (
            bool(key) and int(key) == 97 - value % 97 and (number[0] in "12" or not named_otherwise(about))
        )
        if key and not proved and (beside := _NEXT_CELL.search(match.group())):
            key, end = "", match.start() + beside.start()
        if value and (proved or (named and not key)):
            yield Hit(kind="nir", start=match.start(), end=end)


def _corsican(number: str) -> bool:
    """Letters only where the department is."""
    return number.isdigit() or (number[5:7] in ("2A", "2B") and (number[:5] + number[7:]).isdigit())


def _nifs(context: Context, cells: str = "") -> Iterator[Hit]:
    for match in context.numbered(_NIF[cells]):
        number = digits(match.group())
        if int(number[:10]) % 511 != int(number[10:]):
            continue
        about = context.about(match.start())
        if _ABOUT_TAX.search(about) or (_NIF_SHAPE.fullmatch(match.group()) and not named_otherwise(about)):
            yield Hit(kind="nif", start=match.start(), end=match.end())


def _sirets(context: Context) -> Iterator[Hit]:
    for match in context.numbered(_SIRET):
        number = digits(match.group())
        if not luhn.is_valid(number[:9]) or not (luhn.is_valid(number) or _is_poste(number)):
            continue
        about = context.about(match.start(), 60)
        if _ABOUT_SIRET.search(about) or not (_TIMESTAMP.fullmatch(number) or named_otherwise(about)):
            yield Hit(kind="siret", start=match.start(), end=match.end())


def _is_poste(number: str) -> bool:
    return number.startswith(_POSTE) and sum(map(int, number)) % 5 == 0


def _sirens(context: Context, cells: str = "") -> Iterator[Hit]:
    for match in context.numbered(_SIREN[cells]):
        about = context.about(match.start(), 60) + context.after(match.end(), 8)
        if _ABOUT_SIREN.search(about) and luhn.is_valid(digits(match.group())):
            yield Hit(kind="siren", start=match.start(), end=match.end())


def _rpps(context: Context) -> Iterator[Hit]:
    for match in context.numbered(_RPPS):
        if "rpps" in context.about(match.start()) and luhn.is_valid(match.group()):
            yield Hit(kind="rpps", start=match.start(), end=match.end())


def find_ibans(context: Context) -> Iterator[Hit]:
    text = context.text
    for match in _IBAN.finditer(text):
        start = match.start() - (2 if text[match.start() - 1].isalpha() else 3)
        length = _iban_length(text[start : start + 2].upper())
        if length is None or (
            text[start - 1 : start].isalnum() and text[max(start - 4, 0) : start] != "IBAN"
        ):
            continue
        end = _collect(text, start, length)
        plain = re.sub(r"[ \t.\-\n]", "", text[start:end]).upper()
        whole = len(plain) == length and not text[end : end + 1].isalnum()
        if whole and _written_as_one(text[start:end]) and stdnum_iban.is_valid(plain, check_country=False):
            yield Hit(kind="iban", start=start, end=end)


def _collect(text: str, start: int, count: int) -> int:
    """The end of `count` letters and digits from `start`, single spaces, dashes or line ends between."""
    at = start
    while count and at < len(text):
        if text[at].isalnum():
            count -= 1
        elif text[at] not in " \t.-\n" or not (text[at - 1].isalnum() or text[at - 1 : at + 1] == "  "):
            break
        at += 1
    return at


def _written_as_one(text: str) -> bool:
    """In capitals, or in small letters throughout: never a stretch of prose."""
    return not (re.search(r"[a-z]", text) and re.search(r"[A-Z]", text)) and not re.search(r"[a-z]{5}", text)


@cache
def _iban_length(country: str) -> int | None:
    """From the registry that python-stdnum carries (and has read when it was imported)."""
    structure: str = numdb.get("iban").info(country)[0][1].get("bban", "")
    return 4 + sum(int(n) for n in re.findall(r"(\d+)!", structure)) if structure else None


def find_ribs(context: Context) -> Iterator[Hit]:
    for match in _RIB.finditer(context.text):
        bank, _, branch, _, account, _, key = match.groups()
        value = 89 * int(bank) + 15 * int(branch) + 3 * int(account.translate(_RIB_LETTERS))
        if int(key) != 97 - value % 97:
            continue
        spaced = all(match[n] in (" ", "\t", "-", ".") for n in (2, 4, 6))
        if spaced or _ABOUT_BANK.search(context.about(match.start(), 80) + match.group().lower()):
            yield Hit(kind="rib", start=match.start(), end=match.end())


def find_cards(context: Context, cells: str = "") -> Iterator[Hit]:
    for match in context.numbered(_CARD[cells]):
        number = digits(match.group())
        if not luhn.is_valid(number):
            continue
        about = context.about(match.start())
        named = bool(_ABOUT_CARD.search(about)) and not is_example(about)
        if number in _TEST_CARDS and not named:
            continue
        issued = _issuer(number)
        if (named and (issued or number[0] in "56")) or (
            issued and len(number) > 14 and _alone(context, match, about)
        ):
            yield Hit(kind="card", start=match.start(), end=match.end())


def _alone(context: Context, match: re.Match[str], about: str) -> bool:
    """Not one stretch of a longer row of figures, nor cells of a table, nor called something else."""
    text = context.text
    row = re.search(r"\d[ \-]$", text[max(match.start() - 2, 0) : match.start()])
    more = re.match(r"[ \-]\d", text[match.end() : match.end() + 2])
    return not (row or more or "\t" in match.group() or named_otherwise(about) or is_example(about))


def _issuer(number: str) -> bool:
    """Does a scheme give out numbers that begin so and are so long (ISO/IEC 7812)?"""
    two, four, length = int(number[:2]), int(number[:4]), len(number)
    if number[0] == "4":
        return length in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return length == 16
    if two in (34, 37):
        return length == 15
    if two in (36, 38, 39) or 300 <= four // 10 <= 305:
        return length == 14
    return (two in (62, 65) or four == 6011 or 3528 <= four <= 3589) and length in (16, 19)
