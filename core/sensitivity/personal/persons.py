"""Persons named in a text: `Mme Delorme`, `Paul Girard`, `LEGRAND Michel`, `Patient : Legrand`.

Not people: streets, schools, hospitals and laws that carry a name, functions (`M. le préfet`), and the
placeholders of examples (`M. X`). No model, no statistics: a civility, a label, or a known given name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.sensitivity.data import pattern_of
from core.sensitivity.personal.fact_words import given_names, telling_names

_PART = r"(?:[A-Z][A-Za-z]+(?:['\-][A-Z]?[A-Za-z]+)*|[A-Z]\.(?=\s?[A-Z]))"
_NAME = (
    rf"{_PART}(?:\s(?:(?:de\s(?:la\s)?|du\s|d'|le\s|la\s|van\s|von\s|el\s|al-|ben\s|ait\s))?{_PART}){{0,3}}"
)
_TITLED = re.compile(
    rf"\b(M\.|MM\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Mme\.?|Mmes|Mlle\.?|Monsieur|Madame|Mademoiselle|Dr\.?|Docteur|Pr\.?"
    rf"|Professeur|Me|Maitre)\s+({_NAME})"
)
_LABELLED = re.compile(
    r"\b(?i:(?:nom(?:\s(?:de\sfamille|d'usage|et\sprenom|,?\sprenom))?|nom-prenom|patiente?|interessee?|salariee?|agent"
    r"|beneficiaire|assuree?|victime|prevenue?|eleve|candidate?|usager|demandeur|demandeuse|requerante?|name|employee"
    r"|patient\sname)s?[ ]{0,2}:[ ]{0,3}"
    r"|(?:l'agente?|l[ea][ ](?:patient|salarie|candidat|stagiaire|victime|collegue)e?)[ ])"
    rf"(?:M\.[ ]|Mme[ ])?({_NAME})"
)
_TWO = re.compile(
    r"\b([A-Z][a-z]+(?:-[A-Z]?[a-z]+)?)[ ](?:de[ ]|d'|du[ ]|[A-Z]\.[ ])?([A-Z][A-Za-z]+(?:['\-][A-Za-z]+)*)\b"
)
_SURNAME_FIRST = re.compile(r"\b([A-Z]{2,30}(?:[ '\-][A-Z]{2,30}){0,4})[ ]([A-Z][a-z]+(?:-[A-Z][a-z]+)?)\b")
_ONE = re.compile(r"\b([A-Z][a-z]{2,}(?:-[A-Z][a-z]+)?)\b")
_PLACE = pattern_of("persons.place")
_NOBODY = pattern_of("persons.nobody")
_NO_SURNAME = pattern_of("persons.no_surname")
_DONE_TO = pattern_of("persons.done_to")
_RECIPIENT = pattern_of("persons.recipient")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPerson:
    """A person named. `professional`: named as a physician or a lawyer, who writes about somebody else."""

    start: int
    end: int
    professional: bool = False


def find_persons(text: str) -> list[NamedPerson]:
    """Persons named in a folded text, in order, none inside another."""
    found: dict[int, NamedPerson] = {}
    for person in (*_titled(text), *_labelled(text), *_pairs(text)):
        found.setdefault(person.start, person)
    ordered: list[NamedPerson] = []
    for _, person in sorted(found.items()):
        if not ordered or person.start >= ordered[-1].end:
            ordered.append(person)
    return ordered


def find_subjects(sentence: str) -> list[NamedPerson]:
    """Persons whom a sentence may tell something about: not its addressees, nor the professionals."""
    named = find_persons(sentence)
    alone = (p for p in _given_names(sentence) if not any(n.start <= p.start < n.end for n in named))
    return [
        person
        for person in (*named, *alone)
        if not person.professional and not _is_recipient(sentence[max(person.start - 40, 0) : person.start])
    ]


def _is_recipient(before: str) -> bool:
    """`à Mme Petit` is whom one writes to, unless something was done to her."""
    return bool(_RECIPIENT.search(before)) and not _DONE_TO.search(before)


def _titled(text: str) -> Iterator[NamedPerson]:
    for match in _TITLED.finditer(text):
        if not _NOBODY.fullmatch(match[2]):
            professional = match[1].rstrip(".") in ("Dr", "Docteur", "Pr", "Professeur", "Me", "Maitre")
            yield NamedPerson(start=match.start(), end=match.end(), professional=professional)


def _labelled(text: str) -> Iterator[NamedPerson]:
    for match in _LABELLED.finditer(text):
        if not _NOBODY.fullmatch(match[1]) or (match[1].isupper() and len(match[1]) == 3):
            yield NamedPerson(start=match.start(1), end=match.end(1))


def _pairs(text: str) -> Iterator[NamedPerson]:
    for match in _TWO.finditer(text):
        named = match[1] in given_names() and not _NO_SURNAME.fullmatch(match[2])
        if named and not _placed(text, match.start()):
            yield NamedPerson(start=match.start(), end=match.end())
    for match in _SURNAME_FIRST.finditer(text):
        if match[2] in given_names() and not _placed(text, match.start()):
            yield NamedPerson(start=match.start(), end=match.end())


def _given_names(text: str) -> Iterator[NamedPerson]:
    for match in _ONE.finditer(text):
        if match[1] in telling_names() and not _placed(text, match.start()):
            yield NamedPerson(start=match.start(), end=match.end())


def _placed(text: str, start: int) -> bool:
    return bool(_PLACE.search(text[max(start - 24, 0) : start]))
