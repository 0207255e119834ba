"""Families of texts: every marking × how it is written × where it stands; talk; numbers and decoys.

What is made here has its level by construction. `tests/core/sensitivity/test_families.py` samples them,
`python -m tests.bench.sensitivity` runs all.
"""

from __future__ import annotations

import base64
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from random import Random

from stdnum import luhn

MARKINGS: Mapping[str, tuple[str, ...]] = {
    "N4a": (
        "DIFFUSION RESTREINTE",
        "RESTREINT UE/EU RESTRICTED",
        "RESTREINT UE",
        "EU RESTRICTED",
        "NATO RESTRICTED",
        "DIFFUSION RESTREINTE – SPÉCIAL FRANCE",
        "OTAN DIFFUSION RESTREINTE",
    ),
    "N4b": (
        "SECRET",
        "TRÈS SECRET",
        "SECRET DÉFENSE",
        "CONFIDENTIEL DÉFENSE",
        "TRÈS SECRET DÉFENSE",
        "CONFIDENTIEL UE/EU CONFIDENTIAL",
        "SECRET UE/EU SECRET",
        "TRÈS SECRET UE/EU TOP SECRET",
        "NATO CONFIDENTIAL",
        "NATO SECRET",
        "COSMIC TOP SECRET",
        "SECRET – SPÉCIAL FRANCE",
    ),
    "N3": (
        "CONFIDENTIEL PERSONNEL",
        "CONFIDENTIEL MÉDICAL",
        "CONFIDENTIEL INDUSTRIE",
        "CONFIDENTIEL CONCOURS",
        "TLP:RED",
        "TLP:AMBER+STRICT",
    ),
    "N2": ("TLP:AMBER",),
    "N1": ("TLP:GREEN", "NON PROTÉGÉ"),
    "N0": ("TLP:CLEAR", "TLP:WHITE"),
}


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _full_width(text: str) -> str:
    return "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in plain(text)
    )


def _spaced(text: str, letter: str, word: str) -> str:
    return word.join(letter.join(w) for w in text.split())


_CYRILLIC = str.maketrans("ABCEHIKMOPSTX", "АВСЕНІКМОРЅТХ")

WRITTEN: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "without accents": plain,
    "decomposed accents": lambda m: unicodedata.normalize("NFD", m),
    "letter-spaced": lambda m: _spaced(m, " ", "   "),
    "widely spaced": lambda m: _spaced(m, "  ", "     "),
    "no-break spaces": lambda m: m.replace(" ", "\u00a0"),
    "narrow spaces": lambda m: m.replace(" ", "\u202f"),
    "wide gaps": lambda m: m.replace(" ", "   "),
    "soft hyphens": "\u00ad".join,
    "zero-width spaces": "\u200b".join,
    "struck out": "\u0336".join,
    "full width": _full_width,
    "Cyrillic letters": lambda m: plain(m).translate(_CYRILLIC),
}
PLACED: Mapping[str, Callable[[str, str, str], str]] = {
    "on top": lambda m, t, b: f"{m}\n\n{t}\n\n{b}",
    "centred": lambda m, t, b: f"{t}\n\n{' ' * 25}{m}\n\n{b}",
    "below": lambda m, t, b: f"{t}\n\n{b}\n\n{m}\n",
    "between": lambda m, t, b: f"{t}\n\n{b}\n\n{m}\n\n{b}",
    "starred": lambda m, t, b: f"*** {m} ***\n{t}\n\n{b}",
    "ruled": lambda m, t, b: f"{t}\n=== {m} ===\n{b}",
    "bracketed": lambda m, t, b: f"[{m}]\n\n{b}",
    "bold": lambda m, t, b: f"**{m}**\n\n{b}",
    "boxed": lambda m, t, b: f"+{'-' * 40}+\n|   {m}   |\n+{'-' * 40}+\n{b}",
    "with emoji": lambda m, t, b: f"⚠️ {m} ⚠️\n\n{b}",
    "HTML": lambda m, t, b: f"<p><b>{m}</b></p>\n<p>{b}</p>",
    "page number": lambda m, t, b: f"{t}\n\n{b}\n\n{m} - page 1/3",
    "copy number": lambda m, t, b: f"{m}      Exemplaire n° 2/4\n{t}\n{b}",
    "after the issuer": lambda m, t, b: f"SGDSN – {m}\n\n{b}",
    "with a date": lambda m, t, b: f"{m} – 12 mars 2026\n\n{b}",
    "footer": lambda m, t, b: "\f".join(f"{b}\n\nBureau de l'eau – {m} – page {i}" for i in (1, 2, 3)),
    "header": lambda m, t, b: "\f".join(f"{m}   Note n° 123/SG   {i}\n{b}" for i in (1, 2, 3)),
    "footer but the cover's": lambda m, t, b: "\f".join((t, *(f"{b}\n\n{m}\n{i}" for i in (2, 3, 4)))),
    "quoted mail": lambda m, t, b: f"Bonjour,\nVoir ci-dessous.\n\n> {m}\n>\n> " + b.replace("\n", "\n> "),
    "label": lambda m, t, b: f"{t}\nClassification : {m}\n\n{b}",
    "level": lambda m, t, b: f"Niveau de protection : {m}\n{b}",
    "subject": lambda m, t, b: f"Objet : [{m}] réunion de lundi\n\n{b}",
    "subject, no brackets": lambda m, t, b: f"Objet : {m} – réunion de lundi\n\n{b}",
    "English subject": lambda m, t, b: f"Subject: RE: [{m}] planning\n\n{b}",
    "Windows lines": lambda m, t, b: f"{t}\n{m}\n{b}".replace("\n", "\r\n"),
}
_TOPS = ("MINISTÈRE DE LA TRANSITION\nDirection de l'eau\nParis, le 4 février 2026", "NOTE", "Rapport n° 12")
_BODIES = (
    "La présente note fixe le calendrier des travaux.\nLes services transmettront leurs observations en mai.",
    "Réunion du 3 mars, 14 h. Présents : le chef de bureau.\n1. Tour de table\n2. Budget\nFin à 16 h.",
    "- point un\n- point deux\n- point trois\n\nFin du document.",
)


def stamped() -> Iterator[tuple[str, str, str]]:
    """(expected level, family, text). A quoted mail's own publicity is not that of the answer."""
    number = 0
    for level, names in MARKINGS.items():
        for name, (how, write), (where, place) in product(names, WRITTEN.items(), PLACED.items()):
            if level == "N0" and where == "quoted mail":
                continue
            number += 1
            text = place(write(name), _TOPS[number % len(_TOPS)], _BODIES[number % len(_BODIES)])
            yield level, f"{name}, {how}, {where}", text


TALKED = (
    "Le document porte la mention {}.",
    "Peut-on envoyer un document {} par mail ?",
    "Quelle est la différence entre {} et non protégé ?",
    "La mention « {} » doit figurer en haut de chaque page.",
    "Les informations {} ne peuvent pas circuler sur Internet.",
    "Je dois rédiger une note sur le marquage {}, peux-tu m'aider ?",
    "Un agent habilité {} peut consulter ces documents.",
    "Explique-moi ce que veut dire {}.",
    "Faut-il apposer {} sur cette note ?",
    "Rappel : ne jamais déposer de {} sur Tchap.",
    "Le tampon {} a été retiré du dossier.",
    "Dans le film, l'espion vole un dossier {}.",
    "On m'a demandé si {} s'applique ici.",
    "Objet : question sur la mention {}",
    "The document is marked {}.",
    "What does {} mean?",
    "Please do not send {} documents by e-mail.",
    "Le cours porte sur {}, CONFIDENTIEL MÉDICAL et NON PROTÉGÉ.",
    "| Mention | Effet |\n|---|---|\n| {} | réseau homologué |\n| NON PROTÉGÉ | aucun |",
    "- {} : réseau homologué seulement\n- NON PROTÉGÉ : libre\n- TLP:GREEN : communauté",
    "Glossaire\n{} : mention de protection\nNP : non protégé",
    "levels:\n  - name: {}\n    rank: 4\n  - name: PUBLIC\n    rank: 0",
    'const LEVELS = ["{}", "PUBLIC"];',
    "Titre : Comprendre la mention {}\n\nCe guide explique la mention.",
    "Exemple de marquage :\n{}\nÀ ne pas recopier.",
    "Q : Que faire d'un {} ?\nR : Appeler l'officier de sécurité.",
    "“{}” is a protective marking.",
)


def talked() -> Iterator[str]:
    """Sentences, lists and code about markings, as they are written and in small letters."""
    names = [name for level in ("N4a", "N4b", "N3", "N2") for name in MARKINGS[level]]
    for sentence, name in product(TALKED, (*names, *(n.lower() for n in names if ":" not in n))):
        yield sentence.format(name)


def _digits(random: Random, count: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(count))


def _luhn(random: Random, length: int, *starts: str) -> str:
    start = random.choice(starts or tuple("123456789"))
    number = start + _digits(random, length - 1 - len(start))
    return number + luhn.calc_check_digit(number)


def _grouped(text: str, *sizes: int, by: str = " ") -> str:
    pieces, at = list[str](), 0
    for size in sizes:
        pieces.append(text[at : at + size])
        at += size
    return by.join(filter(None, (*pieces, text[at:])))


def _nir(random: Random) -> str:
    department = random.choice(("75", "13", "2A", "2B", "59", "99", "01"))
    born = f"{random.choice('12')}{_digits(random, 2)}{random.randint(1, 12):02d}"
    body = f"{born}{department}{random.randint(1, 500):03d}{random.randint(1, 990):03d}"
    return f"{body}{97 - int(body.replace('2A', '19').replace('2B', '18')) % 97:02d}"


def _iban(random: Random) -> str:
    bban = _digits(random, 23)
    return f"FR{98 - int(f'{bban}152700') % 97:02d}{bban}"


def _siret(random: Random) -> str:
    head = f"{_luhn(random, 9)}000{_digits(random, 1)}"
    return head + luhn.calc_check_digit(head)


def _nif(random: Random) -> str:
    number = random.choice("0123") + _digits(random, 9)
    return f"{number}{int(number) % 511:03d}"


Number = tuple[Callable[[Random], str], tuple[Callable[[str], str], ...], tuple[str, ...]]
NUMBERS: Mapping[str, Number] = {
    "nir": (
        _nir,
        (
            str,
            lambda n: _grouped(n, 1, 2, 2, 2, 3, 3, 2),
            lambda n: _grouped(n, 13, 2),
            lambda n: _grouped(n, 1, 2, 2, 2, 3, 3, 2, by="\u00a0"),
            lambda n: _grouped(n, 1, 2, 2, 2, 3, 3, 2, by="."),
            lambda n: _grouped(n, 1, 2, 2, 2, 3, 3, 2, by="-"),
            lambda n: f"{_grouped(n[:13], 1, 2, 2, 2, 3, 3)} clé {n[13:]}",
            lambda n: f"{_grouped(n[:13], 7, 6)} / {n[13:]}",
        ),
        ("Mon NIR est {}.", "N° de sécurité sociale : {}", "{}", "Nom;NIR\nMartin;{}", "INS : {}", "nir={}"),
    ),
    "iban": (
        _iban,
        (
            str,
            str.lower,
            lambda n: _grouped(n, 4, 4, 4, 4, 4, 4, 3),
            lambda n: _grouped(n, 4, 4, 4, 4, 4, 4, 3, by="\u202f"),
            lambda n: _grouped(n, 4, 4, 4, 4, 4, 4, 3, by="-"),
            lambda n: _grouped(n, 4, 4, 4, 4, 4, 4, 3, by="  "),
            lambda n: _grouped(n, 4, 5, 5, 11, 2),
        ),
        (
            "IBAN : {}",
            "Virement sur {} svp",
            "{}",
            "IBAN {} BIC AGRIFRPP",
            "<iban>{}</iban>",
            "Compte n° {}.",
        ),
    ),
    "card": (
        lambda random: _luhn(random, 16, "4", "51", "53", "55", "2221", "497"),
        (
            str,
            lambda n: _grouped(n, 4, 4, 4, 4),
            lambda n: _grouped(n, 4, 4, 4, 4, by="-"),
            lambda n: _grouped(n, 4, 4, 4, 4, by="."),
            lambda n: _grouped(n, 4, 4, 4, 4, by="\u00a0"),
        ),
        ("CB : {} exp 12/27", "numéro de carte {}", "card number {}", "{}", "Nom;carte\nMartin;{}"),
    ),
    "siret": (
        _siret,
        (str, lambda n: _grouped(n, 3, 3, 3, 5), lambda n: _grouped(n, 9, 5)),
        ("SIRET {}", "Siège : 12 rue des Prés – SIRET {} – APE 8411Z", "N° Siret: {}"),
    ),
    "siren": (
        lambda random: _luhn(random, 9, "3", "5", "8"),
        (str, lambda n: _grouped(n, 3, 3, 3)),
        ("SIREN {}", "RCS Paris {}", "{} RCS Nanterre"),
    ),
    "rpps": (lambda random: _luhn(random, 11, "10"), (str,), ("RPPS {}", "Dr Martin, RPPS n° {}")),
    "nif": (
        _nif,
        (str, lambda n: _grouped(n, 2, 2, 3, 3, 3)),
        ("Numéro fiscal : {}", "n° fiscal {}", "SPI : {}", "NIF {}"),
    ),
}


def numbered(times: int = 6, seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """(kind, the number as written, text) of numbers whose check digits are right."""
    random = Random(seed)
    for kind, (make, forms, labels) in NUMBERS.items():
        for form, label, _ in product(forms, labels, range(times)):
            number = form(make(random))
            yield kind, number, label.format(number)


DECOYS: Mapping[str, Callable[[Random], str]] = {
    "invoice like a phone": lambda r: f"Facture n° 0{r.randint(1, 7)}{_digits(r, 8)}",
    "invoice in pairs": lambda r: f"Réf. facture : {_grouped('06' + _digits(r, 8), 2, 2, 2, 2, 2)}",
    "order": lambda r: f"Bon de commande n° {_luhn(r, r.choice((10, 13, 14, 16)))}",
    "commitment": lambda r: f"Engagement juridique {_luhn(r, 16)} (Chorus)",
    "parcel": lambda r: f"Suivi Colissimo : {_luhn(r, r.choice((14, 15, 16)))}",
    "hash": lambda r: f"sha256 {r.getrandbits(256):064x}",
    "commit": lambda r: f"commit {r.getrandbits(160):040x}",
    "UUID": lambda r: str(uuid.UUID(int=r.getrandbits(128))),
    "version": lambda r: f"Version {'.'.join(str(r.randint(0, 99)) for _ in range(5))}",
    "coordinates": lambda r: f"{r.uniform(41, 51):.6f}, {r.uniform(-5, 9):.6f}",
    "Lambert": lambda r: (
        f"X = {r.randint(100000, 999999)}.{_digits(r, 2)} Y = 6{_digits(r, 6)}.{_digits(r, 2)}"
    ),
    "ISBN": lambda r: f"ISBN 978-2-{_digits(r, 4)}-{_digits(r, 4)}-{_digits(r, 1)}",
    "barcode": lambda r: f"Code-barres {_digits(r, 13)}",
    "figures": lambda r: "\n".join(" ".join(_digits(r, 2) for _ in range(10)) for _ in range(10)),
    "columns": lambda r: (
        "Année;Dépenses\n" + "\n".join(f"{y};{r.randint(10**8, 10**10)}" for y in range(2010, 2025))
    ),
    "amount": lambda r: f"AE {r.randint(1, 999)} {_digits(r, 3)} {_digits(r, 3)} {_digits(r, 3)},00 €",
    "time": lambda r: (
        f"2024{r.randint(1, 12):02d}{r.randint(1, 28):02d}{r.randint(0, 23):02d}{_digits(r, 1)}530"
    ),
    "IMEI": lambda r: f"IMEI {_luhn(r, 15, '35')}",
    "serial": lambda r: f"N° de série {_luhn(r, r.choice((15, 16)))}",
    "meter": lambda r: f"Point de livraison {_luhn(r, 14)}",
    "legal footer": lambda r: (
        f"SAS X au capital de 10 000 € – RCS Lyon {_luhn(r, 9, '4')} – SIRET {_siret(r)}"
    ),
    "VAT": lambda r: f"N° TVA : FR{_digits(r, 2)}{_luhn(r, 9, '5')}",
    "address of a machine": lambda r: f"10.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(0, 255)}:8443",
    "law": lambda r: (
        f"loi n° 20{_digits(r, 2)}-{_digits(r, 4)} du 9 décembre 2016, NOR : TREL{_digits(r, 7)}A"
    ),
    "case": lambda r: f"Dossier n° {_luhn(r, r.choice((10, 13, 15, 16)))}",
    "switchboard": lambda r: "Standard : 01 40 81 21 22",
    "base64": lambda r: base64.b64encode(r.randbytes(90)).decode(),
    "error code": lambda r: f"code {_luhn(r, 16)} rejected",
}


def decoys(times: int = 20, seed: int = 2) -> Iterator[tuple[str, str]]:
    """(family, text) of what looks like personal data and is none."""
    random = Random(seed)
    for (family, make), _ in product(DECOYS.items(), range(times)):
        yield family, make(random)
