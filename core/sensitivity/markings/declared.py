"""What a person says of the text that they send: « ce document est confidentiel », « à ne pas diffuser ».

A declaration is about the text at hand (`ce document`, `c'est`, `treat this as`), is not denied and asks
nothing; what is said of other things (« le secret médical est confidentiel ») is talk. It is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.sensitivity.markings.finder import FoundMarking
from core.sensitivity.markings.vocabulary import Vocabulary, skeleton
from core.sensitivity.personal.context import Context

_PIECE = (
    r"(?:documents?|notes?|fichiers?|messages?|mails?|courriels?|textes?|pieces?(?:\sjointes?)?|rapports?|fiches?"
    r"|informations?|infos?|elements?|tableaux?|donnees|files?|memo|attachment|information|data)"
)
_SAID = re.compile(
    rf"(?:\b(?:ces?|cette|cet|this|these)\s{_PIECE}\s(?:\w+\s){{0,2}}?(?:est|sont|reste|restent|is|are)"
    rf"|\b(?:le|la|les|the)\s(?:{_PIECE}\s(?:ci-)?joint\w{{0,2}}|attached\s{_PIECE})\s(?:est|sont|is|are)"
    r"|\b(?:(?:t')?envoie|transmets|transfere|joins|voici|ci-joint\w?|send\syou|here\sis)\s"
    rf"(?:une?|le|la|les|des|mon|ma|a|the|my)\s{_PIECE}"
    r"|\bc'est|(?<![\w'])c(?=\s(?:confidentiel|secret))|\battention[\s,:]{1,2}c'est|\btreat\s(?:this|it)\sas|\bit\sis|\bit's)\s"
    r"(?:(?:tres|strictement|hautement|classee?s?|classifiee?s?|marquee?s?|en|au\sniveau|de\sniveau|du|sous|strictly"
    r"|highly|classified|marked|as)\s){0,3}"
    r"((?:tres\s)?secret[\s-]defense|confidentiel[\s-]defense|confidentiel(?:le)?s?(?:\s(?:medical|personnel|industrie))?"
    r"|diffusion\srestreinte|tres\ssecret|top\ssecret|(?:nato|eu|otan)\s(?:restricted|confidential|secret)|confidential"
    r"|tlp\s?:\s?(?:red|amber(?:\s?\+\s?strict)?)|dr)\b(?!\s?\?|\sou\s|\sor\s|'|\sa\s|\set\s(?:destine|reserve|a\susage))"
)
_QUOTES = ("«", '"', "“", "'")
_HELD_BACK = re.compile(
    r"\b(ne\spas\s(?:diffuser|divulguer|ebruiter|faire\scirculer)"
    r"|not\sfor\s(?:distribution|release|circulation)|do\snot\s(?:distribute|circulate|share|forward)(?:\s(?:it|this))?)"
    r"(?=\s?(?:[.,;:!)\n-]|$|svp|stp|merci|avant|hors|en\sdehors|before|outside|until))"
)

_HOLDS_BACK = re.compile(r"(?:^|[\n.;,(!:-]\s?|\ba\s|\b(?:merci|priere)\sde\s|\b(?:svp|stp|please)\s)\Z")
_HEADED = re.compile(rf"(?m)^{_PIECE}\s(?:strictement\s|tres\s)?(confidentiel(?:le)?s?)(?=\s?[:–\n-])")
_EMBARGO = re.compile(r"\b((?:sous\s)?embargo)\s(?:jusqu|until\b)")
_BEGINS = re.compile(r"(?:^|[\n.;!]\s?)\Z")
_BRACKETED = re.compile(r"\s?\[\s?(tlp\s?:\s?\w+(?:\s?\+\s?strict)?)\s?\]\s?(?=\S)")


def find_declared(context: Context, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    """Declarations in a folded text."""
    text, lower = context.text, context.lower
    for match in (*context.said(_SAID), *context.said(_HEADED)):
        quoted = text[max(match.start() - 2, 0) : match.start()].strip()[-1:] in _QUOTES
        if not quoted and (mark := vocabulary.name(skeleton(match[1]))):
            start, end = match.span(1)
            yield FoundMarking(mark=mark, start=start, end=end, strength="weak", why="declared")
    for pattern, after, name in (
        (_HELD_BACK, _HOLDS_BACK, "ne pas diffuser"),
        (_EMBARGO, _BEGINS, "sous embargo"),
    ):
        if mark := vocabulary.name(skeleton(name)):
            for match in context.said(pattern, after):
                start, end = match.span(1)
                yield FoundMarking(mark=mark, start=start, end=end, strength="weak", why="declared")
    if (match := _BRACKETED.match(lower)) and (mark := vocabulary.name(skeleton(match[1]))):
        yield FoundMarking(
            mark=mark, start=match.start(1), end=match.end(1), strength="strong", why="opening"
        )
