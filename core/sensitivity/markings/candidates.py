"""Gathers what may be a marking: lines with one in a place of its own, and lines that mention one.

Two cheap searches of the whole text keep ordinary lines away from the readers.
A marking broken over lines is put together as long as the lines so far begin some marking.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from core.sensitivity.markings.layout import TextLayout
from core.sensitivity.markings.line_reading import LineReading, case_of, read_line
from core.sensitivity.markings.vocabulary import Mark, Match, Vocabulary, gate_skeleton, skeleton

_MOST_LINES = 30
_MOST_BLANK = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A reading and the lines it takes, `line` to `last`. Offsets are those of the folded text."""

    reading: LineReading
    line: int
    last: int
    start: int
    end: int

    @property
    def mark(self) -> Mark:
        return self.reading.mark


def gather(sheet: TextLayout, vocabulary: Vocabulary) -> tuple[list[Candidate], list[int]]:
    """The candidates, in order, and the numbers of the other lines with a marking's words."""
    gates = gate_skeleton("\n".join(sheet.raws)).split("\n")
    worded = _worded(sheet, gates, vocabulary)
    candidates: list[Candidate] = []
    others: list[int] = []
    done = -1
    for n in sorted(worded | {n for n, gate in enumerate(gates) if gate in vocabulary.prefixes}):
        if n <= done:
            continue
        if gates[n] in vocabulary.prefixes and (joined := _joined(sheet, gates, n, vocabulary)):
            candidates.append(joined)
            done = joined.last
        elif n in worded:
            found = [_placed(reading, sheet, n) for reading in read_line(sheet.raws[n], vocabulary)]
            candidates += found
            if not found:
                others.append(n)
    return candidates, others


def _worded(sheet: TextLayout, gates: list[str], vocabulary: Vocabulary) -> set[int]:
    """The numbers of the lines with words of a marking, long or short."""
    ends = list(accumulate(len(gate) + 1 for gate in gates))
    worded = {bisect_right(ends, found.start()) for found in vocabulary.gate.finditer("\n".join(gates))}
    short = vocabulary.short.finditer("\n".join(sheet.raws))
    worded.update(bisect_right(sheet.starts, found.start()) - 1 for found in short)
    return {n for n in worded if gates[n]}


def _placed(reading: LineReading, sheet: TextLayout, line: int) -> Candidate:
    offset = sheet.starts[line]
    return Candidate(
        reading=reading, line=line, last=line, start=offset + reading.start, end=offset + reading.end
    )


def _joined(sheet: TextLayout, gates: list[str], line: int, vocabulary: Vocabulary) -> Candidate | None:
    """The longest marking that begins on `line` and ends on a later one."""
    gate, text = gates[line], skeleton(sheet.raws[line])
    blank = 0
    found: Candidate | None = None
    alone = vocabulary.match(text)
    whole = alone is not None and not alone.noisy
    for n in range(line + 1, min(line + 1 + _MOST_LINES, len(gates))):
        if not gates[n]:
            blank += 1
            if blank > _MOST_BLANK:
                break
            continue
        if sheet.page(n) != sheet.page(line):
            break
        blank = 0
        gate += gates[n]
        text += skeleton(sheet.raws[n])
        match = vocabulary.match(text)
        added = match and _is_one(match) and match.end > len(text) - len(gates[n])
        if match and added and not (whole and match.noisy):
            start, end = sheet.bounds(line)[0], sheet.bounds(n)[1]
            case = case_of("".join(sheet.raws[line : n + 1]))
            reading = LineReading(match=match, form="alone", case=case, start=0, end=end - start)
            found = Candidate(reading=reading, line=line, last=n, start=start, end=end)
        if gate not in vocabulary.prefixes:
            break
    return found


def _is_one(match: Match) -> bool:
    """One marking, which may be broken over lines: neither two of them nor a bare `C2`."""
    return not match.choice and not match.twice and match.mark.form != "scale"
