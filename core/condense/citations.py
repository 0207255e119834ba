"""The citations in what a model wrote: `(p. 3)`, `[D2 p. 4]`, `(p. 3, p. 5 et p. 7)`, `(pp. 3-5)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from core.condense.works import Source

_GROUP = re.compile(r"[ \u00a0\u202f]?[(\[]([^()\[\]\n]{1,160})[)\]](?!\()")
_BETWEEN = re.compile(r"\s*[,;]\s*|\s+(?:et|and|&)\s+")
_ITEM = re.compile(r"(?:(D\d+)\b[ ,]*)?(?:(pp?\. ?|pages? |§+ ?|m)?(\d+)(?: ?[-–à] ?(\d+))?)?", re.IGNORECASE)
_IN_WORK = re.compile(r"D\d+ (.+)")
_WIDEST = 30
"""Sources of one range at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A bracketed group that cites. `sources` are the known ones: none when it cites what is not there."""

    start: int
    end: int
    sources: tuple[Source, ...]


class Sources:
    """The sources of a request, found by their marks, or by their labels where no marks were shown."""

    def __init__(self, sources: Iterable[Source]) -> None:
        given = tuple(sources)
        self._known: Mapping[str, Source] = {
            _folded(name): source for source in given for name in (source.mark, source.label)
        }
        self._known = {**_alone(given), **self._known}

    def citations(self, text: str) -> list[Citation]:
        found: list[Citation] = []
        for group in _GROUP.finditer(text):
            cited = self._cited(group[1])
            if cited is not None:
                found.append(Citation(start=group.start(), end=group.end(), sources=tuple(cited)))
        return found

    def _cited(self, inner: str) -> dict[Source, None] | None:
        """The known sources of a group; None when it is no citation at all."""
        cited: dict[Source, None] = {}
        work = kind = ""
        for item in [inner] if _folded(inner) in self._known else _BETWEEN.split(inner.strip()):
            known = self._known.get(_folded(item))
            match = None if known else _ITEM.fullmatch(item.strip())
            if known:
                cited[known] = None
            elif match and (match[2] or match[3]):
                work, kind = match[1] or work, _kind(match[2]) or kind
                if match[3] and not kind:
                    return None
                cited |= dict.fromkeys(self._range(f"{work} {kind}", match[3], match[4]))
            elif match and match[1]:
                work = match[1]
            else:
                return None
        return cited

    def _range(self, kind: str, first: str | None, last: str | None) -> list[Source]:
        start = int(first or 0)
        numbers = range(start, min(int(last or start), start + _WIDEST) + 1)
        return [found for n in numbers if (found := self._known.get(_folded(f"{kind}{n}")))]


def _alone(sources: Iterable[Source]) -> dict[str, Source]:
    """The marks without their work, of those that stand in one work only: « p. 4 » where one file alone has
    four pages."""
    found: dict[str, list[Source]] = {}
    for source in sources:
        if mark := _IN_WORK.fullmatch(source.mark):
            found.setdefault(_folded(mark[1]), []).append(source)
    return {mark: some[0] for mark, some in found.items() if len(some) == 1}


def rewritten(text: str, citations: Iterable[Citation], write: Callable[[tuple[Source, ...]], str]) -> str:
    """The text with each citation written anew."""
    parts: list[str] = []
    at = 0
    for citation in citations:
        parts += [text[at : citation.start], write(citation.sources)]
        at = citation.end
    return "".join([*parts, text[at:]])


def _kind(word: str | None) -> str:
    word = (word or "").strip().lower()
    return {"": "", "m": "m", "§": "§ ", "§§": "§ "}.get(word, "p. ")


def _folded(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f]+", "", text).casefold()
