"""Sentences of French (and English) administrative text, where a full stop often ends no sentence."""

from __future__ import annotations

import re

_SHORT = """
    m mm mme mmes mlle mlles dr drs pr prs me mes mgr st ste art arts al n no nos num cf p pp ex av bd
    bld tél tel réf ref chap ch fig vol éd ed env max min hab dép dept préf req resp secr adj janv févr
    fév avr juil sept oct nov déc lun mar mer jeu ven sam dim càd ibid op cit loc vs suiv sq mr mrs ms
    prof sr jr inc ltd co corp jan feb apr jun jul aug dec sec para
"""
_ABBREVIATIONS = frozenset(_SHORT.split())
_END = re.compile(
    r"(?<![.!?…])[.!?…]++[»”\"')\]\u00a0\u202f ]{0,9}?(?:\[\d+\])?\s++"
    r"(?=[«“\"'(\[—–-]?\s*+[A-ZÀ-ÖØ-Þ0-9])"
)
"""It takes time by the length of a text, whatever that is: it begins at the first of several stops, and what
repeats gives nothing back."""
_LAST_WORD = re.compile(r"[^\s\u00a0\u202f(«“\"'’]+$")
_INITIALS = re.compile(r"(?:[A-Za-z]\.-?)+[A-Za-z]")
_NUMBERING = re.compile(r"\d{1,3}|[IVX]{1,5}|[a-z]")
_LONGEST_WORD = 40


def split(text: str) -> list[str]:
    """The sentences of one paragraph, in order, without any loss but of the spaces between them."""
    sentences: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if text[match.start()] == "." and not _ends(text[start : match.start()]):
            continue
        sentences.append(text[start : match.end()].strip())
        start = match.end()
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence]


def _ends(before: str) -> bool:
    """Does the full stop after `before` end a sentence?"""
    found = _LAST_WORD.search(before[-_LONGEST_WORD:])
    if found is None:
        return False
    word = found.group()
    if word.lower().rstrip(".") in _ABBREVIATIONS:
        return False
    if len(word) == 1 and word.isupper():  # initials, « article L. 110-1 »
        return False
    if _INITIALS.fullmatch(word):  # J.-C., S.A., e.g.
        return False
    return not (word == before.strip() and _NUMBERING.fullmatch(word))  # « 1. Objet »
