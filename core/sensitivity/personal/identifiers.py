"""Numbers that identify a person or a company, each proved by its own check digits.

A number is reported when its checksum holds; where a checksum alone is too weak (one digit of ten), its
shape, the words before it or the heading of its column must agree, and words that name something else
(`dossier n°`, `PRM`) decide against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import luhn

from core.sensitivity.personal.bank import find_cards, find_ibans, find_ribs
from core.sensitivity.personal.context import Context
from core.sensitivity.personal.hits import Hit, Taken, digits, named_otherwise

_S = r"[ .\-/\n]{0,2}"
_NIR = re.compile(
    rf"[1-478](?<![A-Za-z0-9].){_S}\d\d{_S}(?:0[1-9]|1[0-2]|[23]\d|4[0-2]|[5-9]\d){_S}(?:\d\d|2[ABab]){_S}\d{{3}}{_S}\d{{3}}"
    r"(?:[ .,\-/\n(|;]{0,3}(?:clef?\s?[:=]?\s?)?(\d\d)\)?)?(?![A-Za-z0-9])"
)
_NIF = re.compile(r"[0-3](?<![A-Za-z0-9].)(?:[ .]?\d){12}(?!\d)")
_NIF_SHAPE = re.compile(r"\d\d \d\d \d{3} \d{3} \d{3}")
_SIRET = re.compile(r"\d(?<![\dA-Za-z].)\d\d([ .]?)\d{3}\1\d{3}[ .]?\d{3}[ ]?\d{2}(?!\d)")
_SIREN = re.compile(r"\d(?<![\dA-Za-z].)\d\d([ .]?)\d{3}\1\d{3}(?![ .]?\d)")
_RPPS = re.compile(r"[18](?<![\dA-Za-z].)\d{10}(?!\d)")

_ABOUT_NIR = re.compile(r"\bnir\b|secu|insee|n[°o]?\s?ss\b|\bss\b|assure|immatricul|\bins\b|vitale")
_ABOUT_TAX = re.compile(r"fiscal|\bspi\b|impot|contribuable|\bnif\b|dgfip|declarant|\btin\b")
_ABOUT_SIRET = re.compile(r"siret|etablissement")
_ABOUT_SIREN = re.compile(
    r"siren\b|\brcs\b|r\.c\.s|registre du commerce|immatriculee? au|societe immatriculee"
)
_TIMESTAMP = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
)

_POSTE = "356000000"
"""La Poste's establishments fail Luhn: their digits add up to a multiple of five instead."""


def find_numbers(context: Context) -> list[Hit]:
    """All checked numbers, none inside another."""
    found: list[Hit] = []
    for finder in (find_ibans, find_ribs, _nirs, find_cards, _sirets, _nifs, _sirens, _rpps):
        taken = Taken(found)
        found += [hit for hit in finder(context) if taken.free(hit)]
    return found


def _nirs(context: Context) -> Iterator[Hit]:
    for match in _NIR.finditer(context.text):
        plain = re.sub(r"[^0-9AB]", "", match.group().upper().replace("CLEF", "").replace("CLE", ""))
        number, key = plain[:13], plain[13:]
        end = match.end() - 1 if match.group().endswith(")") and "(" not in match.group() else match.end()
        value = int(number.replace("2A", "19").replace("2B", "18")) if _corsican(number) else 0
        about = context.about(match.start(), 45)
        named = bool(_ABOUT_NIR.search(about))
        proved = (
            bool(key) and int(key) == 97 - value % 97 and (number[0] in "12" or not named_otherwise(about))
        )
        if value and (proved or (named and not key)):
            yield Hit(kind="nir", start=match.start(), end=end)


def _corsican(number: str) -> bool:
    """Letters only where the department is."""
    return number.isdigit() or (number[5:7] in ("2A", "2B") and (number[:5] + number[7:]).isdigit())


def _nifs(context: Context) -> Iterator[Hit]:
    for match in _NIF.finditer(context.text):
        number = digits(match.group())
        if int(number[:10]) % 511 != int(number[10:]):
            continue
        about = context.about(match.start())
        if _ABOUT_TAX.search(about) or (_NIF_SHAPE.fullmatch(match.group()) and not named_otherwise(about)):
            yield Hit(kind="nif", start=match.start(), end=match.end())


def _sirets(context: Context) -> Iterator[Hit]:
    for match in _SIRET.finditer(context.text):
        number = digits(match.group())
        if not luhn.is_valid(number[:9]) or not (luhn.is_valid(number) or _is_poste(number)):
            continue
        about = context.about(match.start(), 60)
        if _ABOUT_SIRET.search(about) or not (_TIMESTAMP.fullmatch(number) or named_otherwise(about)):
            yield Hit(kind="siret", start=match.start(), end=match.end())


def _is_poste(number: str) -> bool:
    return number.startswith(_POSTE) and sum(map(int, number)) % 5 == 0


def _sirens(context: Context) -> Iterator[Hit]:
    for match in _SIREN.finditer(context.text):
        about = context.about(match.start(), 60) + context.after(match.end(), 8)
        if _ABOUT_SIREN.search(about) and luhn.is_valid(digits(match.group())):
            yield Hit(kind="siren", start=match.start(), end=match.end())


def _rpps(context: Context) -> Iterator[Hit]:
    for match in _RPPS.finditer(context.text):
        if "rpps" in context.about(match.start()) and luhn.is_valid(match.group()):
            yield Hit(kind="rpps", start=match.start(), end=match.end())
