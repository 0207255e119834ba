"""From what the model wrote to what people read: labels for marks, citations that hold, what to check."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from core.condense.citations import Citation, CitedSources, with_labels, without_citations
from core.condense.works import Source, Work
from core.grounding import Doubt, Grounds
from core.language.commonmark import named
from core.language.sentences import split

_LIST_MARK = re.compile(r"\s*(?:[-*•+]\s+|\d{1,3}[.)]\s+|>\s*)*")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\*\*[^*]+\*\*\s*:?\s*$|\|?[\s:|-]+$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of a synthesis, with the sources that support it."""

    text: str = field(repr=False)
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A synthesis that people can read. `text` is CommonMark.

    `to_check` is what no source holds. `dropped` counts the citations that their source does not support.
    """

    text: str = field(repr=False)
    statements: tuple[Statement, ...]
    to_check: tuple[Doubt, ...]
    dropped: int


def finish(text: str, works: Sequence[Work], *, said: str = "", checked: bool = True) -> Finished:
    """Check a synthesis against its works. Pure; takes milliseconds a page, so long ones go to a thread.

    `said` are the person's own words, which need no check. `checked` is False for extracts: they quote
    their works, so they can neither invent nor cite wrongly.
    """
    finishing = _Finishing(works, _WorkGrounds(works, said) if checked else None)
    lines = [finishing.line(line) for line in text.split("\n")]
    doubts = {(doubt.kind, doubt.text): doubt for doubt in finishing.doubts}
    return Finished(
        text="\n".join(lines).strip(),
        statements=tuple(finishing.statements),
        to_check=tuple(doubts.values()),
        dropped=finishing.dropped,
    )


def labeller(works: Sequence[Work]) -> Callable[[str], str]:
    """Return a function that puts labels for marks in a synthesis that still grows, and checks nothing."""
    sources = CitedSources(passage.source for work in works for passage in work.passages)

    def labelled(text: str) -> str:
        return with_labels(text, sources.citations(text))

    return labelled


class _WorkGrounds:
    """What the works of a synthesis hold: all of them together, and each passage by itself."""

    def __init__(self, works: Sequence[Work], said: str) -> None:
        self._passages = {passage.source: passage.text for work in works for passage in work.passages}
        self._read: dict[Source, Grounds] = {}
        self.whole = Grounds([*self._passages.values(), *(work.name for work in works), said])

    def supports(self, source: Source, statement: str) -> bool:
        """True if the passage of the source may be cited for a statement."""
        if source not in self._read:
            self._read[source] = Grounds([self._passages[source]])
        return self._read[source].supports(statement, self.whole)


class _Finishing:
    """Goes through a synthesis line by line. Gathers its statements, its doubts and its wrong citations.

    Without `grounds` the synthesis is made of extracts. They cite whole works, too, and each item of their
    lists is a statement.
    """

    def __init__(self, works: Sequence[Work], grounds: _WorkGrounds | None) -> None:
        self.statements: list[Statement] = []
        self.doubts: list[Doubt] = []
        self.dropped = 0
        self._grounds = grounds
        self._whole_works = [] if grounds else [_source_of(work.name) for work in works]
        passages = [passage.source for work in works for passage in work.passages]
        self._sources = CitedSources([*passages, *self._whole_works])

    def line(self, line: str) -> str:
        """Take a line, and return it with labels for the citations that hold."""
        if self._grounds:
            bare = without_citations(line, self._sources.citations(line))
            self.doubts += self._grounds.whole.doubts(bare)
        states = self._grounds is not None or line.startswith("- ")
        sentences = [self._sentence(each, states=states) for each in _sentences(line, self._sources)]
        return " ".join(sentences) if sentences else line

    def _sentence(self, sentence: str, *, states: bool) -> str:
        citations = self._sources.citations(sentence)
        bare = without_citations(sentence, citations)
        held = [self._held(citation, bare) for citation in citations]
        statement = _LIST_MARK.sub("", bare, count=1).strip()
        if states and statement and not _HEADING.match(sentence):
            sources = dict.fromkeys(source for citation in held for source in citation.sources)
            self.statements.append(Statement(text=statement, sources=tuple(sources or self._whole_works[:1])))
        return with_labels(sentence, held)

    def _held(self, citation: Citation, statement: str) -> Citation:
        """Return the citation without the sources that do not support its statement, and count those."""
        if self._grounds:
            supports = self._grounds.supports
            sources = tuple(source for source in citation.sources if supports(source, statement))
        else:
            sources = citation.sources
        self.dropped += max(1, len(citation.sources)) - len(sources)
        return replace(citation, sources=sources)


def _source_of(work: str) -> Source:
    """Return the source that stands for a whole work, which extracts cite by its name."""
    return Source(id=work, mark=work, label=named(work), work=work)


def _sentences(line: str, sources: CitedSources) -> list[str]:
    """Return the sentences of a line, each with the citations that follow its full stop."""
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
