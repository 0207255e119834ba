"""Credentials as people write them: « le mdp c'est … », `pwd: …`, « le digicode est B7194 ».

A word that names a secret stands before a value, and the value must look like one: letters with figures or
signs in them, a row of figures after the word for a door, a phrase in quotation marks. Signs in the midst of
letters and figures look like a password even alone: then the person is asked.
"""

from __future__ import annotations

import re

from core.sensitivity.data import pattern_of

NO_WORD = pattern_of("spoken.no_word")
NAMED = pattern_of("spoken.named")
ACCESS = pattern_of("spoken.access")
"""A word after which a secret may stand, and much else too."""
DOOR = pattern_of("spoken.door")
"""A word after which a row of figures opens something."""
ASSIGNED = pattern_of("spoken.assigned")
EMPHASIS = pattern_of("spoken.emphasis")
SIGN = pattern_of("spoken.sign")
VALUE = pattern_of("spoken.value")
TURNS = pattern_of("spoken.turns")
PHRASE = pattern_of("spoken.phrase")
DICTATED = pattern_of("spoken.dictated")
IN_URL = pattern_of("spoken.in_url")
ANNOUNCED = pattern_of("spoken.announced")
DEDUCED = pattern_of("spoken.deduced")
CODED = pattern_of("spoken.coded")
CODE = pattern_of("spoken.code")
BETWEEN = pattern_of("spoken.between")
ENTRY = pattern_of("spoken.entry")
"""An account that everybody has, and what may be its password."""
HEADED = pattern_of("spoken.headed")
COLUMNS = re.compile(r"(?:[^\n;|\t,]{0,40}[;|\t,]){0,8}[ ]?")

DECLARED = pattern_of("spoken.declared")
DECLARES = re.compile(r"^[ \t]{0,9}(?:export )?[A-Z][A-Z0-9_]{0,30}\Z", re.M)

KEPT = pattern_of("spoken.kept")
PAIR = pattern_of("spoken.pair")
PAIRED = re.compile(r"(?<![\w/.\-])[A-Za-z][\w.\-]{2,24}\s\Z")

QUOTED = pattern_of("spoken.quoted")
CALLED = re.compile(r"(?<!\S)(?:[«\"]\s?)?([^\s«»\"]{6,40})(?:\s?[»\"])?\s(?:[:(\-]\s?)?\Z")
BEFORE = pattern_of("spoken.before")
LABEL = pattern_of("spoken.label")
LABELLED = re.compile(
    r"(?<!\S)(?:[«\"]\s?)?([^\s«»\"(]{5,40})(?:\s?[»\"])?\s?(?:\((?:\s?[A-Za-z]{2,14}(?:\s?[/,:+]|\s(?:et|puis|and)))?|\n\^)\s?\Z"
)
"""A value before its label: `Tulipe42 (mot de passe du wifi)`, `jmartin / Tulipe42 (login / mdp)`."""
SCOPE = pattern_of("spoken.scope")
GAP = pattern_of("spoken.gap")
PARTED = re.compile(r"[\n\t<|«\"`]|\.\.|__")
"""What sets a value apart from the words before it: a line, a cell, an element, quotation marks, a leader."""
SAYS = re.compile(r"\b(?:c'est|est|is|sera|suivante?)\s?\Z")
ALONE = pattern_of("spoken.alone")
SPACED = pattern_of("spoken.spaced")
SECOND = pattern_of("spoken.second")
OPENS = pattern_of("spoken.opens")
THEN = pattern_of("spoken.then")
SAME = pattern_of("spoken.same")
ACCOUNT = re.compile(r"(?<![/\w])([a-z]{4,20})\s?\Z")

FIGURES = pattern_of("spoken.figures")
_PLACEHOLDER = pattern_of("spoken.placeholder")
_REFERENCE = pattern_of("spoken.reference")
_NAMED_THING = pattern_of("spoken.named_thing")
_ODD = pattern_of("spoken.odd")
_SIGNS = re.compile(r"[A-Za-z0-9][!#$%&*@^?+~=§]+[A-Za-z0-9]|[A-Za-z]\d+[!#$%&*@^+~§]+$|[!#$@^§]+$")
_COINED = re.compile(r"[A-Z]\w*[a-z]{2,}\w*\d\d")
_WORDED = pattern_of("spoken.worded")
_LEET = pattern_of("spoken.leet")
_CODE = pattern_of("spoken.program")


def is_placeholder(value: str) -> bool:
    """`changeme`, `<votre mot de passe>`, `${DB_PASSWORD}`, `********`: nobody's secret."""
    return bool(_PLACEHOLDER.fullmatch(value))


def looks_secret(value: str) -> bool:
    """Does a run look like a password where one was announced? Letters with figures or signs."""
    if len(value) < 5 or is_placeholder(value) or _REFERENCE.fullmatch(value) or _CODE.search(value):
        return False
    letters, figures = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    return letters >= 2 and (figures > 0 or bool(_SIGNS.search(value)))


def is_announced(value: str) -> bool:
    """May a run be what a word for a password announces? Letters with figures, also a few of each."""
    if len(value) < 5 or is_placeholder(value) or _CODE.search(value) or _NAMED_THING.fullmatch(value):
        return False
    return any(map(str.isalpha, value)) and (any(map(str.isdigit, value)) or bool(_SIGNS.search(value)))


def is_coined(value: str) -> bool:
    """May a run be what only its account announces? A sign amid its letters, or some figures behind letters
    of both cases."""
    return is_announced(value) and bool(_SIGNS.search(value) or _COINED.fullmatch(value))


def is_odd(value: str) -> bool:
    """Does a run in quotation marks look like a password? Figures amid letters of both cases, or a sign after
    figures: no title, no reference and no year has that."""
    return is_mixed(value) and sum(map(str.isdigit, value)) > 1 and bool(_ODD.search(value))


def is_mixed(value: str) -> bool:
    """A word with figures or signs in it: `Canele.2030`, `Tz9#pelotari`; not a reference of capitals."""
    return looks_secret(value) and bool(_SIGNS.search(value) or (len(value) > 7 and _WORDED.search(value)))


def is_disguised(value: str) -> bool:
    """May words with figures or signs in them be a password, beside a word for an access?"""
    return bool(_LEET.fullmatch(value)) and not (is_placeholder(value) or _REFERENCE.fullmatch(value))


def is_strong_password(value: str) -> bool:
    """Small letters, capitals, figures and a sign amid them: hardly anything but a password."""
    kinds = (any(map(str.islower, value)), any(map(str.isupper, value)), any(map(str.isdigit, value)))
    return len(value) >= 8 and all(kinds) and bool(SIGN.search(value)) and is_mixed(value)
