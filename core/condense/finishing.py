"""From what the model wrote to what people read: labels for marks, citations that hold, what to check.

Citations are those in what the model wrote: `(p. 3)`, `[D2 p. 4]`, `(p. 3, p. 5 et p. 7)`, `(pp. 3-5)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from core.condense.works import Source, Work
from core.grounding import Doubt, Grounds
from core.language.commonmark import named
from core.language.sentences import split

_LIST_MARK = re.compile(r"\s*(?:[-*•+]\s+|\d{1,3}[.)]\s+|>\s*)*")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\*\*[^*]+\*\*\s*:?\s*$|\|?[\s:|-]+$)")
_GROUP = re.compile(r"[ \u00a0\u202f]?[(\[]([^()\[\]\n]{1,160})[)\]](?!\()")
_BETWEEN = re.compile(r"\s*[,;]\s*|\s+(?:et|and|&)\s+")
_ITEM = re.compile(r"(?:(D\d+)\b[ ,]*)?(?:(pp?\. ?|pages? |§+ ?|m)?(\d+)(?: ?[-–à] ?(\d+))?)?", re.IGNORECASE)
_IN_WORK = re.compile(r"D\d+ (.+)")
_WIDEST = 30
"""Sources of one range at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of a synthesis, with the sources that support it."""

    text: str = field(repr=False)
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """`text` is CommonMark. `dropped` counts citations that their source does not support."""

    text: str = field(repr=False)
    statements: tuple[Statement, ...]
    to_check: tuple[Doubt, ...]
    dropped: int


def finish(text: str, works: Sequence[Work], *, said: str = "", checked: bool = True) -> Finished:
    """Check a synthesis against its works. Pure; takes milliseconds a page, so long ones go to a thread.

    `said` are the person's own words: what they brought in needs no check.
    `checked` is False for extracts: their items quote, so they can neither invent nor cite wrongly."""
    passages = {passage.source: passage.text for work in works for passage in work.passages}
    quoted = () if checked else works  # extracts cite whole works
    files = [Source(id=each.name, mark=each.name, label=named(each.name), work=each.name) for each in quoted]
    sources = Sources([*passages, *files])
    known = Grounds([*passages.values(), *(work.name for work in works), said])
    lines: list[str] = []
    statements: list[Statement] = []
    doubts: list[Doubt] = []
    dropped = 0

    @cache
    def grounded(source: Source) -> Grounds:
        return Grounds([passages[source]])

    for line in text.split("\n"):
        written: list[str] = []
        for sentence in _sentences(line, sources):
            citations = sources.citations(sentence)
            bare = rewritten(sentence, citations, lambda _: "")
            held: list[Citation] = []
            for citation in citations:
                holding = tuple(
                    source
                    for source in citation.sources
                    if not checked or grounded(source).supports(bare, known)
                )
                dropped += max(1, len(citation.sources)) - len(holding)
                held.append(Citation(start=citation.start, end=citation.end, sources=holding))
            written.append(rewritten(sentence, held, _written))
            if not _HEADING.match(sentence) and (said := _LIST_MARK.sub("", bare, count=1).strip()):
                cited = dict.fromkeys(source for citation in held for source in citation.sources)
                if checked or line.startswith("- "):
                    statements.append(Statement(text=said, sources=tuple(cited or files[:1])))
        if checked:
            bare_line = rewritten(line, sources.citations(line), lambda _: "")
            doubts += known.doubts(bare_line)
        lines.append(" ".join(written) if written else line)
    return Finished(
        text="\n".join(lines).strip(),
        statements=tuple(statements),
        to_check=tuple({(doubt.kind, doubt.text): doubt for doubt in doubts}.values()),
        dropped=dropped,
    )


def shower(works: Sequence[Work]) -> Callable[[str], str]:
    """Shows a synthesis that still grows: labels for marks, nothing checked."""
    sources = Sources(passage.source for work in works for passage in work.passages)

    def shown(text: str) -> str:
        return rewritten(text, sources.citations(text), _written)

    return shown


def _written(sources: tuple[Source, ...]) -> str:
    return f" ({', '.join(source.label for source in sources)})" if sources else ""


def _sentences(line: str, sources: Sources) -> list[str]:
    """The sentences of a line, each with the citations that follow its full stop."""
    found: list[str] = []
    indent = line[: len(line) - len(line.lstrip())]
    for sentence in split(line):
        citations = sources.citations(sentence)
        if found and citations and not sentence[: citations[0].start].strip():
            found[-1] += f" {sentence[: citations[0].end].strip()}"
            sentence = sentence[citations[0].end :].strip()
        if sentence:
            found.append(sentence)
    return [indent + found[0], *found[1:]] if found else []


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
    """A mark or a label without blanks, and without the backslashes by which a label shows its signs."""
    return re.sub(r"[\s\u00a0\u202f\\]+", "", text).casefold()
