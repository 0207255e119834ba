"""`!commands`: how they are written, with or without accents, in French or English, and near misses."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from core.language.accents import fold

Name = Literal[
    "help", "new", "model", "level", "why", "yes", "no", "mask", "stop", "language", "forget", "data",
    "digest", "question", "compare", "settings", "pause", "resume", "off", "actions", "export",
]  # fmt: skip

_WORDS: dict[str, Name] = {
    "aide": "help",
    "help": "help",
    "nouveau": "new",
    "nouvelle": "new",
    "new": "new",
    "modèle": "model",
    "modèles": "model",
    "model": "model",
    "niveau": "level",
    "level": "level",
    "pourquoi": "why",
    "why": "why",
    "oui": "yes",
    "yes": "yes",
    "non": "no",
    "no": "no",
    "masquer": "mask",
    "mask": "mask",
    "stop": "stop",
    "arrêt": "stop",
    "langue": "language",
    "language": "language",
    "oublier": "forget",
    "forget": "forget",
    "données": "data",
    "data": "data",
    "résumer": "digest",
    "résume": "digest",
    "résumé": "digest",
    "synthèse": "digest",
    "summarise": "digest",
    "summarize": "digest",
    "summary": "digest",
    "question": "question",
    "questions": "question",
    "réglages": "settings",
    "réglage": "settings",
    "settings": "settings",
    "pause": "pause",
    "reprise": "resume",
    "reprendre": "resume",
    "unpause": "resume",
    "off": "off",
    "actions": "actions",
    "action": "actions",
    "export": "export",
    "exporter": "export",
    "comparer": "compare",
    "compare": "compare",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`name` is None for a word that is no command; `near` is then the word probably meant."""

    word: str
    name: Name | None
    argument: str = ""
    near: str | None = None


def parse(text: str) -> Command | None:
    """The command that `text` is, or None: a command is `!word`, alone or followed by an argument."""
    text = text.strip()
    if len(text) < 2 or text[0] not in "!！" or not text[1].isalpha():
        return None
    word, _, argument = text[1:].partition(" ")
    name = _FOLDED.get(fold(word))
    if name is not None:
        return Command(word=word, name=name, argument=argument.strip())
    near = difflib.get_close_matches(fold(word), _FOLDED, n=1, cutoff=0.6)
    return Command(word=word, name=None, argument=argument.strip(), near=_SPELLED[near[0]] if near else None)


_FOLDED: dict[str, Name] = {fold(word): name for word, name in _WORDS.items()}
COMMANDS = tuple(_WORDS)
"""All words that may follow `!`."""
_SPELLED = {fold(word): word for word in _WORDS}
