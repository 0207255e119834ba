"""Why a finding counts as it does, in a few words for people. One line for each `why` of the rules."""

from __future__ import annotations

from core.sensitivity.evidence import Strength

_FRENCH = {
    "isolated": "seule sur sa ligne, en capitales",
    "header": "dans un en-tête ou un pied de page",
    "repeated": "répétée de page en page",
    "opening": "en tête du texte",
    "subject": "dans l’objet",
    "label": "donnée comme classification du document",
    "property": "dans les propriétés ou l’étiquette du document",
    "policy": "d’après la politique de l’organisation",
    "file_name": "dans le nom du fichier",
    "mixed_case": "isolée, mais pas en capitales",
    "abbreviation": "une abréviation qui a d’autres sens",
    "doubtful": "un mot qui n’est pas toujours une mention",
    "exclamation": "suivie d’un point d’exclamation",
    "lifted": "suivie d’une déclassification",
    "unknown_label": "une étiquette inconnue",
    "listed": "dans une liste de mentions",
    "sentence": "dans une phrase",
    "quotation": "entre guillemets",
    "question": "dans une question",
    "heading": "dans un titre",
    "explained": "dans une définition",
    "introduced": "annoncée par le texte, qui en parle",
    "choice": "parmi plusieurs choix",
    "code": "dans du code ou une configuration",
    "other_meaning": "probablement dans un autre sens",
    "caveat": "qui ne fixe pas de niveau",
    "goes_with_level": "qui va avec une protection, absente ici",
    "public_quote": "dans un message cité",
    "personal": "qui identifie une personne",
    "professional": "coordonnées professionnelles",
    "company": "numéro public d’une entreprise",
    "fact": "dit d’une personne nommée",
    "list": "plusieurs personnes à la suite",
    "unreadable": "dans un fichier qui ne peut pas être lu",
    "declared": "dit du texte lui-même",
    "format": "la forme d’une clé ou d’un jeton",
    "assigned": "une valeur donnée à un nom de secret",
    "named": "après un mot qui annonce un secret",
    "door_code": "un code près du nom d’un accès",
    "looks_secret": "la forme d’un mot de passe",
    "learned": "d’après les textes de même sorte",
    "second_reader": "d’après une seconde lecture, par un modèle habilité",
}
_ENGLISH = {
    "isolated": "alone on its line, in capitals",
    "header": "in a header or footer",
    "repeated": "repeated from page to page",
    "opening": "at the head of the text",
    "subject": "in the subject",
    "label": "given as the classification of the document",
    "property": "in the document's properties or label",
    "policy": "by the policy of the organisation",
    "file_name": "in the file's name",
    "mixed_case": "isolated, but not in capitals",
    "abbreviation": "an abbreviation with other meanings",
    "doubtful": "a word that is not always a marking",
    "exclamation": "followed by an exclamation mark",
    "lifted": "followed by a declassification",
    "unknown_label": "an unknown label",
    "listed": "in a list of markings",
    "sentence": "in a sentence",
    "quotation": "in quotation marks",
    "question": "in a question",
    "heading": "in a heading",
    "explained": "in a definition",
    "introduced": "announced by the text, which speaks of it",
    "choice": "among several choices",
    "code": "in code or configuration",
    "other_meaning": "probably with another meaning",
    "caveat": "which sets no level",
    "goes_with_level": "which goes with a protection that is missing here",
    "public_quote": "in a quoted message",
    "personal": "which identifies a person",
    "professional": "professional contact details",
    "company": "the public number of a company",
    "fact": "told of a named person",
    "list": "several persons in a row",
    "unreadable": "in a file that cannot be read",
    "declared": "said of the text itself",
    "format": "the form of a key or token",
    "assigned": "a value given to the name of a secret",
    "named": "after a word that announces a secret",
    "door_code": "a code beside the name of an access",
    "looks_secret": "the form of a password",
    "learned": "as in texts of the same kind",
    "second_reader": "by a second reading, by a cleared model",
}
_STRENGTHS: dict[str, dict[Strength, str]] = {
    "fr": {"strong": "indice fort", "weak": "indice faible, à confirmer", "mention": "sans effet"},
    "en": {"strong": "strong", "weak": "weak, to be confirmed", "mention": "no effect"},
}


def because(why: str, language: str = "fr") -> str:
    """The rule named by `why` in words; the name itself when there are none."""
    return (_ENGLISH if language == "en" else _FRENCH).get(why, why)


def how_sure(strength: Strength, probability: float | None, language: str = "fr") -> str:
    """`indice fort`, or for the learned reader `indice faible, à confirmer, probable à 74 %`."""
    sure = strength_name(strength, language)
    if probability is None:
        return sure
    percent = min(round(100 * probability), 99)
    return f"{sure}, {percent}% likely" if language == "en" else f"{sure}, probable à {percent}\u00a0%"


def strength_name(strength: Strength, language: str = "fr") -> str:
    return _STRENGTHS["en" if language == "en" else "fr"][strength]
