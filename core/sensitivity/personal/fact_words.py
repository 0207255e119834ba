"""The words by which facts about persons are told, and those around them. Pure.

What tells a fact is data (`data/facts.txt`), read when first used. Here stand the turns that make a fact
somebody's, or a subject of work. All match in lower-case folded text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from core.sensitivity.data import pattern_of, read_text
from core.sensitivity.folding import fold
from core.sensitivity.patterns import words

_NAMED = re.compile(r"([A-Z_]+) = (.+)")
_SECTION = re.compile(r"\[(\w+)(\*?)\]")


@cache
def fact_patterns() -> Mapping[str, re.Pattern[str]]:
    """A pattern for each section of `data/facts.txt`: `{"health": …, "disease": …, "union": …}`."""
    named: dict[str, str] = {}
    sections: dict[str, list[str]] = {}
    endings: dict[str, str] = {}
    lines: list[str] = []
    for line in filter(None, read_text("facts.txt").splitlines()):
        if name := _NAMED.fullmatch(line):
            named["{" + name[1] + "}"] = name[2]
        elif section := _SECTION.fullmatch(line):
            lines = sections[section[1]] = []
            endings[section[1]] = "" if section[2] else r"\b"
        else:
            lines.append(re.sub(r"\{[A-Z_]+\}", lambda found: named[found[0]], line))
    return {name: words("\n".join(lines), endings[name]) for name, lines in sections.items()}


def read_lexicons() -> None:
    """Read the data of personal facts and names now: for a process that may open no file later."""
    fact_patterns()
    given_names()
    telling_names()


TELLS = pattern_of("fact_words.tells")
"""Words before a disease that make it somebody's."""

DISEASE_ENDING = re.compile(r"(?:path|thyroid|glycem|pleg|ectom|plast)ie\b")
"""The ending of a disease or an operation, in a word of any beginning."""
WORD_BEFORE = re.compile(r"(?<!\w)\w{3,40}\Z")
ENDED_DISEASE = re.compile(
    r"\w{3,40}(?<!homeo)(?<!osteo)(?<!naturo)(?:path|thyroid|glycem|pleg|ectom|plast)ie"
)

OF_SOMEBODY = re.compile(
    r"\s(?:\w+\s){0,2}(?:de|chez|of|dont)\s(?:m\.|(?:mme|mlle|monsieur|madame|mr|mrs|ms|l'agente?|l'interessee?)\b)"
)
"""Words after a disease that do."""
NO_DISEASE = re.compile(r"(?:assurance[\s-]|caisse\s|personnes\s(?:en\ssituation\sde\s)?)$")
"""What makes `maladie` an insurance and `handicapées` a public."""

RECORD = pattern_of("fact_words.record")
"""A line of a medical record, and what stands before one."""
BEFORE_RECORD = re.compile(r"(?:^|[.;][ ])[ \t\-*•|]{0,12}\Z", re.M)

_LINKS = (
    r"(?:\s(?:de|du|des|la|le|les|sur|contre|pour|et|a|au|aux|en|relati\w+|liee?s?|dediee?s?|of|on|for|the)"
    r"|\s?[dl]')*"
)
TOPIC = re.compile(
    r"\b(?:plan|institut|ligue|campagne|journees?|depistage|politique|referente?|service|unite|mission|prevention"
    r"|sensibilisation|association|commission|comite|reforme|conference|colloque|formation|groupe\sde\stravail"
    r"|bureau|pole|cheffe|chef|charge\w*|direct\w+|presid\w+|medecin|infirmi\w+|psychologue|specialiste"
    r"|professeur|pilot\w+|anime\w*|coordonn\w+|dispositif|programme|projet|fondation|etudes?|recherches?|charte"
    r"|correspondante?|instrui\w+|juge|avocate?|procureure?|magistrate?|redig\w+|gestionnaire|guide|note|dossiers?"
    rf"|formulaires?|personnes|agents|eleves|patients|droit|regles?|suivi\sdes){_LINKS}(?:\s[\w\-]+)?{_LINKS}\s?$"
    r"|\b(?:sur|concernant|relati\w+\s(?:a|aux?)|au\ssujet\sd[eu]s?|a\spropos\sd[eu]s?)\s(?:(?:la|le|les|l')\s?)?$"
)
"""Words before a fact that make it a subject of work: `cheffe du bureau de la santé et du handicap`."""
TAUGHT = re.compile(
    r"\b(?:traite(?:nt|r)?|explique\w*|ouvrage|atelier|module|alternatives?|comment\s\w+)"
    rf"{_LINKS}(?:\s(?!s(?:a|on|es)\b|avoir\b|etre\b|souffrir\b)[\w\-]+)?{_LINKS}\s?(?:d'une?\s)?$"
)
"""The same, unless somebody is named whose it is: `comment sortir d'un divorce`."""


@cache
def given_names() -> frozenset[str]:
    """All given names that are known."""
    return _names("given_names.txt") | _names("given_names_ambiguous.txt")


@cache
def telling_names() -> frozenset[str]:
    """The given names that tell a person even without a surname: no ordinary words, places or bodies."""
    return given_names() - _names("given_names_ambiguous.txt")


def _names(file: str) -> frozenset[str]:
    return frozenset(fold(read_text(file)).text.split())
