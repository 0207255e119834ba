"""`!word` and `/word`: how commands are spelled, in French and English, and their near misses."""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

from core.language.accents import fold
from core.understanding.intent import Kind

_SPELLINGS: dict[Kind, str] = {
    "help": "aide help ? aider commandes",
    "about": "apropos about infos notice",
    "new": "nouveau nouvelle new reset recommencer",
    "model": "modèle modèles model models",
    "level": "niveau level niveaux",
    "why": "pourquoi why",
    "yes": "oui yes",
    "no": "non no",
    "mask": "masquer mask masque",
    "stop": "stop arrêt arrête",
    "language": "langue language lang",
    "forget": "oublier oublie forget effacer",
    "data": "données data mesdonnées",
    "summarise": "résumer résume résumé synthèse summarise summarize summary fil cr",
    "actions": "actions action tâches tasks",
    "ask_document": "question questions comparer compare",
    "settings": "réglages réglage settings paramètres pause reprise reprendre unpause off",
    "export": "export exporter",
    "archive": "archiver archive archives",
    "human": "humain support human contact",
    "again": "encore again retry refaire recommence",
    "feedback": "avis feedback",
    "footprint": "empreinte footprint",
    "schedule": "planifier programmer schedule",
}


class Spelled(NamedTuple):
    """A command as typed. `kind` is None for a `!word` that is no command; `near` is the spelling meant.

    A word one slip away from a command counts as that command (`near` says which); one that only resembles
    it does not, and is then told with `near` as what was probably meant.
    """

    word: str
    kind: Kind | None
    argument: str
    near: str | None


_KINDS: dict[str, Kind] = {fold(word): kind for kind, words in _SPELLINGS.items() for word in words.split()}
_PRINTED = {fold(word): word for words in _SPELLINGS.values() for word in words.split()}
COMMANDS = tuple(word for words in _SPELLINGS.values() for word in words.split() if word.isalpha())
"""All words that may follow `!`."""
_COMMAND = re.compile(r"\s*([!！/])\s?(\?|[^\W\d_][\w-]*)[ :,]*(.*)", re.DOTALL)
_SLIP = 0.75
_RESEMBLES = 0.6


def spelled(text: str) -> Spelled | None:
    """Read the command that `text` is; None for plain words, such as `/usr/bin` and « !!! »."""
    match = _COMMAND.fullmatch(text)
    if match is None or match[3].startswith(("/", "!")):
        return None
    mark, word, argument = match[1], match[2], match[3].strip()
    folded = fold(word)
    if folded in _KINDS:
        return Spelled(word, _KINDS[folded], argument, None)
    near = difflib.get_close_matches(folded, _KINDS, n=1, cutoff=_SLIP if mark == "/" else _RESEMBLES)
    if mark == "/" and not near:
        return None
    slip = bool(near) and difflib.SequenceMatcher(a=folded, b=near[0]).ratio() >= _SLIP
    printed = _PRINTED[near[0]] if near else None
    return Spelled(word, _KINDS[near[0]] if slip else None, argument, printed)


def is_command(text: str) -> bool:
    """Say whether `text` is written as a command, known or not."""
    return spelled(text) is not None
