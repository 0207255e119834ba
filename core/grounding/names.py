"""Find names in a text: words with a capital where grammar asks for none.

There is neither a list of names nor a model. A name is right if the source has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.language.folding import unaccented
from core.language.months import DAYS, MONTHS
from core.language.pattern_file import toml_beside

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*(?:[-‑][^\W\d_]+)*")
_ELIDED = re.compile(r"(?:[ldjmnstc]|qu|jusqu|lorsqu|puisqu)['’](?=\w)", re.IGNORECASE)
_START = re.compile(
    r"(?:^|\n)[\s>|#*+•\-–—\d.)(«“\"_\[\]]*$|[.!?…:;][)»”\"\s\u00a0\u202f*_]*[\s\u00a0\u202f|][\s*_«“\"(\-–—•\u00a0\u202f]*$|[«“|][\s\u00a0\u202f*]*$"
)
_JOINT = re.compile(r"[ \u00a0\u202f\-‑]?")
"""The characters that may stand between two words of one name."""
_HYPHEN = re.compile(r"[-‑]")
_PARTICLES = frozenset(
    ("de", "du", "des", "d", "la", "le", "les", "l", "van", "von", "der", "den", "of", "the", "et", "and")
)
_LISTS: dict[str, Any] = toml_beside(__file__)
_GENDERS = {"m": "m", "f": "f", "either": ""}
_TITLES = {word: _GENDERS[gender] for gender, words in _LISTS["titles"].items() for word in words.split()}
_COMMON = frozenset(_LISTS["seldom"].split()) | frozenset(MONTHS) | frozenset(DAYS)
_FUNCTION = frozenset(_LISTS["grammar"].split())


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words in a text, between the characters `start` and `end`.

    `parts` are its words, folded. `adjacent` is True if two capitalised words follow each other directly.
    `title` is the gender ("m", "f" or "") of a title before the name, such as « Mme », if there is one.
    """

    start: int
    end: int
    parts: tuple[str, ...]
    adjacent: bool
    title: str | None


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text. `folded` has neither capitals nor accents."""

    start: int
    end: int
    text: str
    folded: str

    @property
    def capitalised(self) -> bool:
        return self.text[0].isupper()

    @property
    def abbreviates(self) -> bool:
        """True for two capitals that are an abbreviation and not a name: « HT », « CP »."""
        return len(self.text) == 2 and self.text.isupper()


def names(text: str) -> Iterator[Name]:
    """Yield the names in a text as it was written, in reading order."""
    run: list[_Word] = []
    title: str | None = None
    for word in _words(text):
        if run and _JOINT.fullmatch(text, run[-1].end, word.start) is None:
            yield from _name_of(run, title, text)
            run, title = [], None
        if word.folded in _TITLES and word.capitalised:
            yield from _name_of(run, title, text)
            run, title = [], _TITLES[word.folded]
        elif word.capitalised or (run and word.folded in _PARTICLES):
            run.append(word)
        else:
            yield from _name_of(run, title, text)
            run, title = [], None
    yield from _name_of(run, title, text)


def _words(text: str) -> Iterator[_Word]:
    """Yield the words of a text. An elided article (« l' ») is a word of its own."""
    for match in _WORD.finditer(text):
        start, word = match.start(), match[0]
        while (elided := _ELIDED.match(word)) is not None:
            article = word[: elided.end() - 1]
            yield _Word(start, start + elided.end(), article, unaccented(article))
            start += elided.end()
            word = word[elided.end() :]
        yield _Word(start, start + len(word), word, unaccented(word))


def _name_of(run: list[_Word], title: str | None, text: str) -> Iterator[Name]:
    """Yield the name that a run of capitalised words and particles holds, if it holds one."""
    while run and run[-1].folded in _PARTICLES:
        run = run[:-1]
    if not run:
        return
    begins_sentence = _START.search(text[max(0, run[0].start - 60) : run[0].start]) is not None
    if title is None and begins_sentence:
        words = _without_first_of_sentence(run)
    else:
        words = [word for word in run if word.capitalised]
    if len(words) == 1 and words[0].abbreviates:
        return
    parts = tuple(
        part
        for word in words
        for part in _HYPHEN.split(word.folded)
        if part not in _COMMON and part not in _FUNCTION
    )
    if parts:
        adjacent = len(words) == 2 and words[0].end + 1 == words[1].start
        yield Name(words[0].start, words[-1].end, parts, adjacent, title)


def _without_first_of_sentence(run: list[_Word]) -> list[_Word]:
    """Return the capitalised words of a run, without the first if only its place explains its capital.

    The first word stays if it is an acronym, or if one more name follows it directly (« Jean Dupont ») and
    it is no grammatical word.
    """
    first, *others = (word for word in run if word.capitalised)
    if first.text.isupper() and len(first.text) > 2:
        return [first, *others]
    is_pair = len(others) == 1 and run[1].folded not in _PARTICLES
    return [first, *others] if is_pair and first.folded not in _FUNCTION else others


class Names:
    """The words of a source, and the places where they stand."""

    def __init__(self, text: str) -> None:
        self._order = [part for word in _words(text) for part in _HYPHEN.split(word.folded)]
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self._order):
            self._places.setdefault(word, []).append(place)
        self._initials = " ".join(word[0] for word in self._order if word not in _FUNCTION and word)
        self._titled: dict[str, set[str]] = {}
        for name in names(text):
            if name.title:
                self._titled.setdefault(name.parts[-1], set()).add(name.title)

    def has(self, name: Name) -> bool:
        """True if the source has all parts of the name, and no other title before its last part.

        The two words of an adjacent name must also stand near each other in the source.
        """
        if not all(self._known(part) for part in name.parts):
            return False
        titles = self._titled.get(name.parts[-1])
        if name.title and titles and name.title not in titles:
            return False
        return not name.adjacent or len(name.parts) < 2 or self._near(name.parts[0], name.parts[-1])

    def _known(self, part: str) -> bool:
        """True if the source has the word, its plural or feminine form, or the words that it abbreviates."""
        forms = part, f"{part}s", part.removesuffix("s"), f"{part}e", f"{part}es"
        if any(form in self._places for form in forms):
            return True
        return 3 <= len(part) <= 8 and " ".join(part) in self._initials

    def _near(self, one: str, other: str) -> bool:
        """True if the two words stand within four words of each other, or if the source has only other
        forms of them."""
        places, others = self._places.get(one), self._places.get(other)
        if places is None or others is None:
            return True
        return any(abs(place - further) <= 4 for place in places for further in others)
