"""Names: words with a capital where grammar asks for none. No list of names, no model: the source decides."""

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
    """A run of capitalised words; `parts` are folded. `title` is the gender of a title before it, if any."""

    start: int
    end: int
    parts: tuple[str, ...]
    adjacent: bool
    title: str | None


def names(text: str) -> Iterator[Name]:
    """The names in a text as it was written."""
    run: list[tuple[int, int, str]] = []
    title: str | None = None
    for start, end, word in _words(text):
        joins = bool(run) and re.fullmatch(r"[ \u00a0\u202f\-‑]?", text[run[-1][1] : start]) is not None
        if run and not joins:
            yield from _named(text, run, title)
            run, title = [], None
        folded = unaccented(word).rstrip(".")
        if folded in _TITLES and word[0].isupper():
            yield from _named(text, run, title)
            run, title = [], _TITLES[folded]
            continue
        if word[0].isupper() or (run and folded in _PARTICLES):
            run.append((start, end, word))
            continue
        yield from _named(text, run, title)
        run, title = [], None
    yield from _named(text, run, title)


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _WORD.finditer(text):
        start, word = match.start(), match[0]
        while (elided := _ELIDED.match(word)) is not None:
            yield start, start + elided.end(), word[: elided.end() - 1]
            start += elided.end()
            word = word[elided.end() :]
        yield start, start + len(word), word


def _named(text: str, run: list[tuple[int, int, str]], title: str | None) -> Iterator[Name]:
    """The run without what may be capitalised for another reason: the first word of a sentence."""
    while run and unaccented(run[-1][2]) in _PARTICLES:
        run = run[:-1]
    if not run:
        return
    first = run[0][0]
    begins = title is None and _START.search(text[max(0, first - 60) : first]) is not None
    capitals = [item for item in run if item[2][0].isupper()]
    if begins and not (run[0][2].isupper() and len(run[0][2]) > 2):
        rest = [item for item in run[1:] if item[2][0].isupper()]
        grammar = unaccented(run[0][2]) in _FUNCTION or len(capitals) == 1
        if grammar or len(rest) != 1 or unaccented(run[1][2]) in _PARTICLES:
            capitals = rest
    if len(capitals) == 1 and len(capitals[0][2]) == 2 and capitals[0][2].isupper():
        return  # « HT », « CP »: an abbreviation, not a name
    parts = tuple(
        part
        for _, _, word in capitals
        for part in re.split(r"[-‑]", unaccented(word))
        if part not in _COMMON and part not in _FUNCTION
    )
    if parts:
        adjacent = len(capitals) == 2 and capitals[0][1] + 1 == capitals[1][0]
        yield Name(capitals[0][0], capitals[-1][1], parts, adjacent, title)


class Names:
    """The words of a source, and which stand near each other."""

    def __init__(self, text: str) -> None:
        self._order = [unaccented(part) for _, _, word in _words(text) for part in re.split(r"[-‑]", word)]
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self._order):
            self._places.setdefault(word, []).append(place)
        self._initials = " ".join(word[0] for word in self._order if word not in _FUNCTION and word)
        self._titled: dict[str, set[str]] = {}
        for name in names(text):
            if name.title:
                self._titled.setdefault(name.parts[-1], set()).add(name.title)

    def has(self, name: Name) -> bool:
        known = [self._known(part) for part in name.parts]
        if not all(known):
            return False
        if name.title and (titles := self._titled.get(name.parts[-1])) and name.title not in titles:
            return False
        return not name.adjacent or len(name.parts) < 2 or self._near(name.parts[0], name.parts[-1])

    def _known(self, part: str) -> bool:
        forms = part, f"{part}s", part.removesuffix("s"), f"{part}e", f"{part}es"
        if any(form in self._places for form in forms):
            return True
        return 3 <= len(part) <= 8 and " ".join(part) in self._initials

    def _near(self, one: str, other: str) -> bool:
        """Within four words of each other, wherever both are known as they are written."""
        places, others = self._places.get(one), self._places.get(other)
        if places is None or others is None:
            return True
        return any(abs(place - further) <= 4 for place in places for further in others)
