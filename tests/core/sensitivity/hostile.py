"""Texts that cost most: some forty kinds, of any length. Each is too much of something ordinary."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, islice

_REPEATED = {
    "digits": "1",
    "groups of digits": "123 456 789 ",
    "one letter a line": "S\n",
    "half a stamp": "DIFFUSION\n",
    "stamps on pages": "SECRET\n\f",
    "stamps in one line": "SECRETE SECRET ",
    "stamps that go on": "NE PAS DIFFUSER",
    "stamps with dates": "SECRET JUSQU",
    "labels": "Classification : ",
    "titles": "guide CONFIDENTIEL ",
    "colours": "TLP:GREEN\n",
    "boxes": "[x] SECRET ",
    "scales": "C2 ",
    "capitals": "CGT ",
    "names in capitals": "LE-GOFF D'ARC ",
    "names": "Mme Durand ",
    "given names": "Paul ",
    "initials": "A. ",
    "addresses": "jean.dupont@x.fr ",
    "at signs": "a@",
    "numbers": "1 85 05 78 006 084 91 ",
    "accounts": "FR76 3000 4008 2300 0012 3456 778 ",
    "telephones": "01 40 81 21 22 ",
    "streets": "12 rue des Prés ",
    "births": "né le ",
    "documents for machines": "P<FRA<<",
    "facts without a stop": "Mme Durand souffre d'un cancer ",
    "diseases": "traitement contre maladie ",
    "unions": "adhérent CGT ",
    "salaries": "salaire 1",
    "records": "diagnostic: x\n",
    "rows": "Durand;Paul;arrêt maladie;",
    "files": "a.pdf,",
    "labels of documents": "MSIP_Label_12345678_Name=",
    "quotes": "> ",
    "invisible": "a\u200b",
    "ligatures": "œ",
    "brackets": "[",
    "spaces": " ",
    "spaced letters": "D I F F U S I O N ",
    "placeholders": "[NIR_1] ",
    "tags": "<a ",
    "labels of passwords": "mdp : ",
    "labels of passwords in lines": "mot de passe du serveur est\n> ",
    "labels of passwords in cells": "<td>mdp</td>",
    "signs behind a label": "mdp" + " =" * 40,
    "words apart behind a label": "mdp :" + " a" * 50,
    "arrows behind what opens": "vpn -> user:",
    "names behind what opens": "vpn login ",
    "passwords that come after": "puis mot de passe ",
    "settings on the next line": "_PASS=\\\n   ",
    "values far below their names": "pwd:" + "\n" * 60,
    "separators": " - ",
    "line ends": "\r\n",
    "years of nobody": "* 2024" + " -" * 40 + "\n",
}
_COUNTED: dict[str, Callable[[int], str]] = {
    "as many persons": lambda n: f"prenom{n}.nom{n}@example.fr\n",
    "as many telephones": lambda n: (
        f"tél. 06 {n // 10**6 % 100:02} {n // 10**4 % 100:02} {n // 100 % 100:02} {n % 100:02}\n"
    ),
}


def hostile(kind: str, size: int) -> str:
    """`size` characters of a kind."""
    if kind in _COUNTED:
        pieces = map(_COUNTED[kind], count())
        return "".join(islice(pieces, size // 15 + 1))[:size]
    piece = _REPEATED[kind]
    return (piece * (size // len(piece) + 1))[:size]


KINDS = (*_REPEATED, *_COUNTED)
