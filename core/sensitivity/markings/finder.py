"""Finds markings in a text and weighs how each is placed: strong, weak, or only talked about.

A marking that stands by itself is a stamp; one in a sentence, a quotation, a title, a list of markings or a
question is talk. Capitals make a stamp strong, so do a label (`Classification :`), a subject's prefix and
repetition on every page; a stamp in mixed case is weak: the person is asked. Whatever else a text says about
its own marking has no effect: instructions in it are data.

Lists of markings are glossaries, tables of levels, configuration, tables of contents, forms. Where several
*different* markings of one family stand close together, each on a line or row of its own, the text is about
markings. A document has one stamp (or the same one twice, or one in two languages).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from core.language.folding import gate_skeleton, skeleton
from core.sensitivity.data import pattern_of
from core.sensitivity.level import Strength
from core.sensitivity.markings.judging import (
    Candidate,
    Judge,
    Verdict,
    gather,
    is_long,
)
from core.sensitivity.markings.layout import TextLayout
from core.sensitivity.markings.line_reading import (
    LineReading,
    joins,
    leading,
    read_subject,
    tightened,
    trailing,
)
from core.sensitivity.markings.vocabulary import Mark, Vocabulary

_PHRASE = pattern_of("finder.phrase")
_TITLED = pattern_of("finder.titled")
_ARTICLE = re.compile(r"\b(?:le|la|les|un|une|du|de|des|au|aux|ou|the|of)\s*$|\b[ld]'$", re.I)
_SENTENCE = pattern_of("finder.sentence")
_MENTIONS = 100
_NEAR = 40
"""How far the words beside a marking in a line are looked at."""
_LISTING = {"key", "item", "heading", "hash", "cell", "code", "quoted", "question", "choice", "label"}
_TITLES = {"heading", "hash"}
_ENTRIES = {"key", "item", "cell"}
"""Two of these close together are a list, of whatever families."""
_GAP = 2
"""How many other written lines may lie between two lines of one list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMarking:
    """A marking found. Offsets are those of the folded text."""

    mark: Mark
    start: int
    end: int
    strength: Strength
    why: str


def find(text: str, vocabulary: Vocabulary, *, running: bool = False) -> list[FoundMarking]:
    """Markings of a folded text. `running`: it is a header or footer, which stands on every page."""
    several = "\n" in text or "\f" in text
    if not (several or vocabulary.gate.search(gate_skeleton(text)) or vocabulary.short.search(text)):
        return []  # as most messages
    sheet = TextLayout(text)
    candidates, others = gather(sheet, vocabulary)
    if not candidates and not others:
        return []
    entries = listed(candidates, sheet)
    judge = Judge(sheet, repeated=_repeated(candidates, sheet), running=running)
    found = [
        _finding(candidate, ("mention", "listed") if i in entries else judge.judge(candidate))
        for i, candidate in enumerate(candidates)
    ]
    headers = _repeated_lines(sheet, others, running)
    for n in others:
        if len(found) > _MENTIONS and n not in headers and not sheet.begins_page(n):
            continue
        found += _in_line(sheet, n, vocabulary, n in headers)
    return found


def find_in_subject(text: str, vocabulary: Vocabulary) -> list[FoundMarking]:
    """Markings of a folded subject or title of a message."""
    line = text.replace("\n", " ").replace("\f", " ")
    judge = Judge(TextLayout(line), repeated=frozenset(), running=False)
    return [
        _finding(candidate, judge.judge(candidate))
        for reading in read_subject(line, vocabulary)
        for candidate in (Candidate(reading=reading, line=0, last=0, start=reading.start, end=reading.end),)
    ]


def _finding(candidate: Candidate, verdict: Verdict) -> FoundMarking:
    strength, why = verdict
    return FoundMarking(
        mark=candidate.mark, start=candidate.start, end=candidate.end, strength=strength, why=why
    )


def _repeated(candidates: list[Candidate], sheet: TextLayout) -> frozenset[str]:
    """Names of the markings that stand by themselves on every page of several."""
    pages: dict[str, set[int]] = defaultdict(set)
    for candidate in candidates:
        if candidate.reading.form in ("alone", "segment", "hash"):
            pages[candidate.mark.name].add(sheet.page(candidate.line))
    return frozenset(name for name, on in pages.items() if _throughout(len(on), sheet))


def _throughout(pages: int, sheet: TextLayout) -> bool:
    """On every page; a cover may have none, and of many pages a few may have lost theirs."""
    return pages >= 2 and (pages >= 0.8 * sheet.page_count or pages == sheet.page_count - 1)


def _repeated_lines(sheet: TextLayout, lines: list[int], running: bool) -> frozenset[int]:
    """Lines at the edge of pages that come back on every page, page numbers apart."""
    if running:
        return frozenset(lines)
    same: dict[str, list[int]] = defaultdict(list)
    for n in lines:
        if sheet.page_count > 1 and len(sheet.raws[n]) < 200 and sheet.at_edge(n):
            same[re.sub(r"[\d\W]+", " ", sheet.raws[n])].append(n)
    pages = ({sheet.page(n) for n in group} for group in same.values())
    return frozenset(
        n
        for group, on in zip(same.values(), pages, strict=True)
        if _throughout(len(on), sheet)
        for n in group
    )


def _in_line(sheet: TextLayout, line: int, vocabulary: Vocabulary, header: bool) -> Iterator[FoundMarking]:
    """Markings among other words: a header in one run of words, the beginning of a text, or a mention."""
    raw, offset = sheet.raws[line], sheet.starts[line]
    if sheet.at_edge(line) and (reading := _at_end_of_line(raw, vocabulary, sheet.begins_page(line))):
        start, end = offset + reading.start, offset + reading.end
        strength: Strength = "strong" if reading.form == "lead" or reading.mark.kind == "tlp" else "weak"
        yield FoundMarking(mark=reading.mark, start=start, end=end, strength=strength, why="opening")
        return
    titled = bool(_TITLED.search(raw))
    for match in _PHRASE.finditer(raw):
        mark = vocabulary.name(skeleton(match.group()))
        if mark is None:
            continue
        talk = titled or _is_talk(raw, match.start(), match.end())
        stamped = header and mark.form == "plain" and not talk
        yield FoundMarking(
            mark=mark,
            start=offset + match.start(),
            end=offset + match.end(),
            strength="strong" if stamped else "mention",
            why="repeated" if stamped else "sentence",
        )


def _at_end_of_line(raw: str, vocabulary: Vocabulary, begins: bool) -> LineReading | None:
    """A long marking in capitals in front of a text, or at the end of a short line without prose."""
    reading = leading(raw, vocabulary, len(raw) - len(raw.lstrip())) if begins else None
    if reading is None and not _TITLED.search(raw):
        reading = trailing(tightened(raw), vocabulary)
        if reading and _is_prose(reading.rest, raw) and not reading.rest.isupper():
            return None
        if reading and reading.mark.kind != "tlp" and not reading.rest.isupper():
            return None
    return reading if reading and is_long(reading.mark) and reading.mark.form == "plain" else None


def _is_prose(before: str, line: str) -> bool:
    """Is what stands before a label at the end of a line a sentence, rather than a title?"""
    return bool(line.rstrip()[-1] in ".!?" or "," in before or _SENTENCE.search(before))


def _is_talk(line: str, start: int, end: int) -> bool:
    """Does an article lead to the marking, or does a phrase go on after it?"""
    before, after = line[max(start - _NEAR, 0) : start], line[end : end + _NEAR]
    return bool(_ARTICLE.search(before)) or joins(after.lstrip())


def listed(candidates: list[Candidate], sheet: TextLayout) -> set[int]:
    """Indices of the candidates that are entries of a list of markings."""
    found: set[int] = set()
    unticked = [i for i, c in enumerate(candidates) if c.reading.form != "checked"]
    for family in {_family(candidates[i]) for i in unticked}:
        members = [i for i in unticked if _family(candidates[i]) == family]
        for group in _groups(members, candidates, sheet):
            if _is_list([candidates[i] for i in group]):
                found.update(group)
        titles = [i for i in members if candidates[i].reading.form in _TITLES]
        if len({candidates[i].mark.name for i in titles}) > 1:
            found.update(titles)
    entries = [i for i in unticked if candidates[i].reading.form in _ENTRIES]
    for group in _groups(entries, candidates, sheet):
        if len({candidates[i].mark.name for i in group}) > 1:
            found.update(group)
    return found


def _family(candidate: Candidate) -> str:
    mark = candidate.mark
    return "caveat" if mark.form == "caveat" else "scale" if mark.form == "scale" else mark.kind


def _groups(members: list[int], candidates: list[Candidate], sheet: TextLayout) -> Iterator[list[int]]:
    group: list[int] = []
    for i in members:
        if group and not _close(candidates[group[-1]], candidates[i], sheet):
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def _close(one: Candidate, other: Candidate, sheet: TextLayout) -> bool:
    if sheet.page(one.last) != sheet.page(other.line):
        return False
    return sheet.written_between(one.last, other.line) <= _GAP


def _is_list(group: list[Candidate]) -> bool:
    names = {candidate.mark.name for candidate in group}
    if len(names) > 2 or _side_by_side(group):
        return True
    explained = any(candidate.reading.form in _LISTING - {"label"} for candidate in group)
    mixed = all(candidate.reading.case != "upper" for candidate in group)
    return len(names) == 2 and (explained or mixed)


def _side_by_side(group: list[Candidate]) -> bool:
    """Different levels on one line."""
    pairs = pairwise(group)
    return any(
        one.line == other.line
        and (one.mark.level, one.mark.sublevel) != (other.mark.level, other.mark.sublevel)
        for one, other in pairs
    )
