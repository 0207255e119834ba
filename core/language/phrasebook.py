"""The sentences that people read, in French and in English, in TOML files beside the code that says them.

A file holds each sentence under its key, first in French: `[unserved.closed]`, with `fr` and `en`. Words in
braces are filled in by the code, and `{days:jour|jours}` is the word that goes with that number. A sentence
without one of the languages is an error where its file is read, and every file is read in the tests.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from functools import cache, partial
from pathlib import Path
from string import Formatter
from typing import Any, cast

from core.language.months import ENGLISH_MONTHS, FRENCH_MONTHS

LANGUAGES = ("fr", "en")


class _Counting(Formatter):
    """Fills in words as `str.format` does, decimals as in the language; of `{days:jour|jours}` the one that
    goes with `days`: the first in French below two, in English for one alone."""

    def __init__(self, language: str) -> None:
        self._english = language == "en"

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" not in format_spec:
            told = format(value, format_spec)
            return told if self._english or not isinstance(value, float) else told.replace(".", ",")
        one, more = format_spec.split("|")
        return one if (value == 1 if self._english else abs(value) < 2) else more


class Phrasebook:
    """What is said in one language, from these files, else from those that stand beside the modules of its
    classes and bear their names; any language but `en` is answered in French."""

    def __init__(self, language: str, *files: Path) -> None:
        self.language = "en" if language == "en" else "fr"
        self.always: Mapping[str, object] = {}
        """Words that any sentence may hold."""
        self._sentences = read_sentences(*(files or _files_of(type(self))))
        self._filled = _Counting(self.language).format

    def say(self, key: str, /, **words: object) -> str:
        """The sentence of this key, with these words in it."""
        return self._filled(self._sentences[key][self.language], **self.always, **words)

    def word(self, key: str, otherwise: str) -> str:
        """The word of this key; `otherwise` where there is none."""
        return self._sentences[key][self.language] if key in self._sentences else otherwise

    def number(self, value: float, digits: int = 0) -> str:
        """« 1 234,5 », “1,234.5”."""
        told = f"{value:,.{digits}f}"
        return told if self.language == "en" else told.replace(",", "\u202f").replace(".", ",")

    def month(self, number: int) -> str:
        return (ENGLISH_MONTHS if self.language == "en" else FRENCH_MONTHS)[number - 1]

    def day(self, day: date) -> str:
        """« 1er mars », “1 March”."""
        number = "1er" if day.day == 1 and self.language == "fr" else day.day
        return f"{number} {self.month(day.month)}"

    def date(self, day: date) -> str:
        """« 1er mars 2026 », “1 March 2026”."""
        return f"{self.day(day)} {day.year}"

    def clock(self, at: time | datetime) -> str:
        """« 9 h », « 14 h 05 », “09:00”, “14:05”."""
        if self.language == "en":
            return f"{at:%H:%M}"
        return f"{at.hour}\u00a0h" + (f"\u00a0{at:%M}" if at.minute else "")

    def moment(self, at: datetime) -> str:
        """« 3 juin 2026 à 14 h 05 », “3 June 2026 at 14:05”."""
        return f"{self.date(at.date())} {'at' if self.language == 'en' else 'à'} {self.clock(at)}"


class Fixed:
    """A text that holds nothing but words that are always the same: its key is its name in its class."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._key = name

    def __get__(self, speaker: Phrasebook, owner: type) -> Callable[[], str]:
        return partial(speaker.say, self._key)


class FixedWord(Fixed):
    """The same as a value, which needs no call."""

    def __get__(self, speaker: Phrasebook, owner: type) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        return speaker.say(self._key)


@cache
def _files_of(book: type[Phrasebook]) -> tuple[Path, ...]:
    """The files of sentences of a kind of book, those of what it builds on first."""
    kinds = (each for each in reversed(book.__mro__[:-1]) if each is not Phrasebook)
    return tuple(Path(inspect.getfile(each)).with_suffix(".toml") for each in kinds)


@cache
def read_sentences(*files: Path) -> Mapping[str, Mapping[str, str]]:
    """Read each sentence of these files, by its key (`unserved.closed`), in every language."""
    return {
        key: each
        for file in files
        for key, each in _sentences(tomllib.loads(file.read_text(encoding="utf-8")))
    }


def _sentences(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, value in table.items():
        if isinstance(value, dict):
            inner = cast(dict[str, Any], value)
            key = f"{above}{name}"
            if "fr" in inner or "en" in inner:
                yield key, {language: inner[language] for language in LANGUAGES}
            yield from _sentences(inner, f"{key}.")
