"""Lists of markings: glossaries, tables of levels, configuration, tables of contents, forms.

Where several *different* markings of one family stand close together, each on a line or row of its own,
the text is about markings. A document has one stamp (or the same one twice, or one in two languages).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from core.sensitivity.markings.candidates import Candidate
from core.sensitivity.markings.layout import TextLayout

_LISTING = {"key", "item", "heading", "hash", "cell", "code", "quoted", "question", "choice", "label"}
_TITLES = {"heading", "hash"}
_ENTRIES = {"key", "item", "cell"}
"""Two of these close together are a list, of whatever families."""
_GAP = 2
"""How many other written lines may lie between two lines of one list."""


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
