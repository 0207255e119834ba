"""The citations in what a model wrote, and the sources that they name.

A citation stands in brackets: `(p. 3)`, `[D2 p. 4]`, `(p. 3, p. 5 et p. 7)`, `(pp. 3-5)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from core.condense.works import Source

_BRACKETS = re.compile(r"[ \u00a0\u202f]?[(\[]([^()\[\]\n]{1,160})[)\]](?!\()")
_BETWEEN = re.compile(r"\s*[,;]\s*|\s+(?:et|and|&)\s+")
_ITEM = re.compile(
    r"(?:(?P<work>D\d+)\b[ ,]*)?"
    r"(?:(?P<kind>pp?\. ?|pages? |§+ ?|m)?(?P<first>\d+)(?: ?[-–à] ?(?P<last>\d+))?)?",
    re.IGNORECASE,
)
_IN_WORK = re.compile(r"D\d+ (.+)")
_WIDEST = 30
"""Sources of one range at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A citation between two characters of a text. `sources` is empty if it cites what does not exist."""

    start: int
    end: int
    sources: tuple[Source, ...]


class CitedSources:
    """The sources of a request. They are found by their marks, by their labels where no marks were shown,
    and by a mark without its work where only one work has it: « p. 4 » if one file alone has four pages."""

    def __init__(self, sources: Iterable[Source]) -> None:
        given = tuple(sources)
        named = {_folded(name): source for source in given for name in (source.mark, source.label)}
        self._known: Mapping[str, Source] = {**_by_mark_in_work(given), **named}

    def citations(self, text: str) -> list[Citation]:
        """Return the citations in a text, in reading order."""
        found: list[Citation] = []
        for group in _BRACKETS.finditer(text):
            cited = self._cited(group[1])
            if cited is not None:
                found.append(Citation(start=group.start(), end=group.end(), sources=tuple(cited)))
        return found

    def _cited(self, inner: str) -> dict[Source, None] | None:
        """Return the known sources that a group in brackets names, or None if it is no citation.

        An item that names no work or no kind has those of the item before it: « D2 p. 3, 5 »."""
        cited: dict[Source, None] = {}
        work = kind = ""
        for item in [inner] if _folded(inner) in self._known else _BETWEEN.split(inner.strip()):
            if known := self._known.get(_folded(item)):
                cited[known] = None
                continue
            match = _ITEM.fullmatch(item.strip())
            if not match or not match[0]:
                return None
            work = match["work"] or work
            if match["first"]:
                kind = _kind(match["kind"]) or kind
                if not kind:
                    return None
                cited |= dict.fromkeys(self._range(f"{work} {kind}", match["first"], match["last"]))
        return cited

    def _range(self, prefix: str, first: str, last: str | None) -> list[Source]:
        start = int(first)
        numbers = range(start, min(int(last or start), start + _WIDEST) + 1)
        return [found for number in numbers if (found := self._known.get(_folded(f"{prefix}{number}")))]


def _by_mark_in_work(sources: Iterable[Source]) -> dict[str, Source]:
    """Return the sources whose mark, without its work, is that of no source of another work."""
    found: dict[str, list[Source]] = {}
    for source in sources:
        if mark := _IN_WORK.fullmatch(source.mark):
            found.setdefault(_folded(mark[1]), []).append(source)
    return {mark: same[0] for mark, same in found.items() if len(same) == 1}


def _kind(word: str | None) -> str:
    word = (word or "").strip().lower()
    return {"": "", "m": "m", "§": "§ ", "§§": "§ "}.get(word, "p. ")


def _folded(text: str) -> str:
    """Return a mark or a label without blanks, and without the backslashes that escape its signs."""
    return re.sub(r"[\s\u00a0\u202f\\]+", "", text).casefold()


def rewritten(text: str, citations: Iterable[Citation], write: Callable[[tuple[Source, ...]], str]) -> str:
    """Return the text with what `write` makes of the sources in the place of each citation."""
    parts: list[str] = []
    at = 0
    for citation in citations:
        parts += [text[at : citation.start], write(citation.sources)]
        at = citation.end
    return "".join([*parts, text[at:]])


def without_citations(text: str, citations: Iterable[Citation]) -> str:
    return rewritten(text, citations, lambda _: "")


def with_labels(text: str, citations: Iterable[Citation]) -> str:
    """Return the text with the labels of the sources in place of their marks: « (p. 3, p. 5) »."""
    return rewritten(text, citations, _labels)


def _labels(sources: tuple[Source, ...]) -> str:
    return f" ({', '.join(source.label for source in sources)})" if sources else ""
