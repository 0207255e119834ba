"""Puts a text between harmless words, as who writes to an assistant does: to learn from, and to measure.

« Corrige ce texte : … Merci, bonne journée. », between two sentences of an office, in a letter, quoted line
by line, forwarded. What the text is does not change by it: neither its kind, nor its level. The words stand
in two sets (tests/data/sensitivity/padding), written in different manners: `learned` and `measured`; nothing
was ever learned from the second. A tenth of both is in English, for texts that are.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parents[1] / "data" / "sensitivity" / "padding"
Form = Literal["asked", "amid", "letter", "quoted", "forwarded"]
FORMS: tuple[Form, ...] = ("asked", "amid", "letter", "quoted", "forwarded")
Frames = dict[str, list[str]]
_ENGLISH = re.compile(r"\b(?:the|of|and|is|are|was|to|for|with|you|this|that|has|not)\b", re.IGNORECASE)
_FRENCH = re.compile(
    r"\b(?:le|la|les|des|du|de|et|est|une?|pour|dans|que|qui|pas|au|en|je|il)\b", re.IGNORECASE
)


def frames(name: Literal["learned", "measured"]) -> dict[str, Frames]:
    """The words of one set, by language."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def padded(
    text: str, form: Form, by: dict[str, Frames], chance: random.Random, more: Sequence[str] = ()
) -> str:
    """A text between harmless words of this form. `more`: further sentences that may be its neighbours."""
    english = len(_ENGLISH.findall(text)) > len(_FRENCH.findall(text))
    own = by["en" if english else "fr"]

    def some(name: str) -> str:
        if name == "neighbours" and more and not english and chance.random() < 0.5:
            return chance.choice(more)
        return chance.choice(own[name])

    return _FORMS[form](text.strip(), some, chance)


def _asked(text: str, some: Callable[[str], str], chance: random.Random) -> str:
    between = chance.choice((" ", "\n", "\n\n"))
    return between.join((some("openings"), text, some("closings")))


def _amid(text: str, some: Callable[[str], str], chance: random.Random) -> str:
    between = chance.choice((" ", " ", "\n"))
    before = [some("neighbours") for _ in range(chance.choice((1, 1, 2)))]
    after = [some("neighbours") for _ in range(chance.choice((1, 1, 2)))]
    return between.join((*before, text, *after))


def _letter(text: str, some: Callable[[str], str], chance: random.Random) -> str:
    between = chance.choice(("\n", "\n\n"))
    return between.join((some("greetings"), some("leads"), text, some("ends"), some("signoffs")))


def _quoted(text: str, some: Callable[[str], str], chance: random.Random) -> str:
    lines = "\n".join("> " + line if line.strip() else ">" for line in text.splitlines())
    return "\n".join((some("quoted"), lines, "", some("closings")))


def _forwarded(text: str, some: Callable[[str], str], chance: random.Random) -> str:
    inner = f"{some('greetings')}\n\n{text}\n\n{some('signoffs')}"
    return "\n\n".join((some("openings"), some("quoted"), inner))


_FORMS: dict[Form, Callable[[str, Callable[[str], str], random.Random], str]] = {
    "asked": _asked,
    "amid": _amid,
    "letter": _letter,
    "quoted": _quoted,
    "forwarded": _forwarded,
}
