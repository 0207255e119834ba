"""Writes a text as people in a hurry do: what is learned of words then depends less on how they are written.

Nobody writes by all of these habits: each text is given some of them, at random. Words with figures or signs
(passwords, addresses, references) stay as they are.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

from core.sensitivity.data import lexicon

_SMALL = lexicon("small_words.txt")
_VOWELS = "aeiouyàâéèêëîïôûù"
_WORD = re.compile(r"(?<![^\s'’(«\"-])[^\W\d_]+(?![^\s'’.,;:!?)»\"-])")
_SOUNDS = {"eaux": "o", "eau": "o", "qu": "k", "ph": "f", "ais": "é", "ait": "é", "ez": "é", "er": "é"}
_LEFT_OUT = 0.6
"""The share of small words that a telegram does without."""


def hurried(text: str, chance: random.Random) -> str:
    """The text with some habits of people who write in a hurry."""
    habits: tuple[tuple[float, Callable[[str, random.Random], str]], ...] = (
        (0.25, _telegram),
        (0.6, _words(0.08, _misspelt)),
        (0.35, _words(0.25, _shortened)),
        (0.3, _words(0.35, _by_ear)),
        (0.65, _plain_letters),
        (0.65, _small_letters),
        (0.6, _without_signs),
        (0.15, _stuck),
    )
    for share, habit in habits:
        if chance.random() < share:
            text = habit(text, chance)
    return text


def _words(share: float, change: Callable[[str, random.Random], str]) -> Callable[[str, random.Random], str]:
    """A change of some words."""

    def changed(text: str, chance: random.Random) -> str:
        return _WORD.sub(lambda m: change(m[0], chance) if chance.random() < share else m[0], text)

    return changed


def _misspelt(word: str, chance: random.Random) -> str:
    if len(word) < 4:
        return word
    at = chance.randrange(1, len(word) - 1)
    match chance.randrange(3):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case _:
            return word[:at] + word[at] + word[at:]


def _shortened(word: str, chance: random.Random) -> str:
    """Without vowels (« bcp »), or its beginning alone (« réu »)."""
    if len(word) < 5 or not word.islower():
        return word
    if chance.random() < 0.5:
        return word[0] + "".join(letter for letter in word[1:-1] if letter not in _VOWELS) + word[-1]
    at = next((n for n in range(4, len(word)) if word[n - 1] in _VOWELS), len(word))
    return word[:at]


def _by_ear(word: str, chance: random.Random) -> str:
    """As it sounds."""
    for written, heard in _SOUNDS.items():
        word = word.replace(written, heard)
    return re.sub(r"(?<=[^\W\d_]{2})(?:ent|es|[estdx])$", "", word)


def _telegram(text: str, chance: random.Random) -> str:
    """Without most of the small words."""
    kept = [word for word in text.split(" ") if word.lower() not in _SMALL or chance.random() > _LEFT_OUT]
    return " ".join(kept) or text


def _plain_letters(text: str, chance: random.Random) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _small_letters(text: str, chance: random.Random) -> str:
    return _WORD.sub(lambda m: m[0].lower(), text)


def _without_signs(text: str, chance: random.Random) -> str:
    """Without commas and full stops, « jai » and « c est »."""
    text = re.sub(r"[.,;:!?…]+(?=\s|$)|(?<=\s)[:!?;](?=\s)|[«»\"]\s?", "", text)
    return re.sub(r"(?<=[^\W\d_])['’](?=[^\W\d_])", chance.choice(("", " ", "'")), text)


def _stuck(text: str, chance: random.Random) -> str:
    """Without some of the spaces between small words."""
    return re.sub(
        r"(?<= )([^\W\d_]{1,3}) (?=[^\W\d_])", lambda m: m[1] + (" " if chance.random() < 0.7 else ""), text
    )
