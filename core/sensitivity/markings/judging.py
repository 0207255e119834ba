"""How much a marking counts where it stands. One method for each form in which it may be written.

What may be a marking is gathered first: lines with one in a place of its own, and lines that mention one.
Two cheap searches of the whole text keep ordinary lines away from the readers. A marking broken over lines is
put together as long as the lines so far begin some marking.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from core.language.folding import gate_skeleton, plain_letters, skeleton
from core.sensitivity.data import pattern_of
from core.sensitivity.level import Level, Strength
from core.sensitivity.markings.layout import TextLayout
from core.sensitivity.markings.line_reading import (
    LineReading,
    case_of,
    is_header_material,
    is_numbering,
    joins,
    read_line,
)
from core.sensitivity.markings.vocabulary import Mark, Match, Vocabulary

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


Verdict = tuple[Strength, str]
"""The strength, and the word for the rule that gave it."""

_TALK = pattern_of("judging.talk")
_ABOUT = pattern_of("judging.about")
"""What is said of a marking, not under one."""
_DEFINED = pattern_of("judging.defined")
_RELATIVE = re.compile(r"qu", re.I)
_SOON = 60
"""How far into the text beside a marking it shows that the text is about it."""
_MODEL = re.compile(r"\b(?:modeles?|specimens?|exemples?\s(?:de|d'un)|sample)\b", re.I)
_WORDS = re.compile(r"\b(?:niveau|mention|classifi\w+|marquage|marking|classification)\b", re.I)
_SMALL_WORD = re.compile(r"\b[a-z]{2,}")
_RUNS_ON = re.compile(r"[A-Za-z0-9,')]$")
_LEADS_ON = re.compile(r"\b(?:le|la|les|un|une|du|de|des|au|aux|en|et|ou|the|of|a|an)$|\b[ld]'$", re.I)
_ADDRESS = pattern_of("judging.address")
_LANGUAGE = pattern_of("judging.language")
_GRID = re.compile(r"(?:[A-Z][0-9]{1,2}\W*)+")
_ACRONYM = re.compile(r"[A-Z]{2,5}")
_SETTING = re.compile(r"[\w.\-]+\s?[:=]\s?\S.*|[\w.\-]+:|[{}\[\]],?|- .*")
_TALKED: dict[str, str] = {
    "quoted": "quotation", "code": "code", "question": "question", "choice": "choice", "heading": "heading",
}  # fmt: skip


def is_about(mark: Mark, text: str) -> bool:
    """Does the text after a marking begin by speaking of it?"""
    return _speaks(_DEFINED if mark.kind == "tlp" else _ABOUT, text[:_SOON])


def leads_to_talk(text: str) -> bool:
    """Do the words before a marking announce one (« la mention : »), rather than a text under one?"""
    return _speaks(_ABOUT, text) or bool(_TALK.search(text))


def _speaks(about: re.Pattern[str], text: str) -> bool:
    """Is there a word by which a text is about a marking? In « les moyens que déploie … » there is none: only
    what begins with it asks."""
    words = (found for found in about.finditer(text) if found.group())
    return any(
        not (_RELATIVE.match(each.group()) and _RUNS_ON.search(text[: each.start()].rstrip()))
        for each in words
    )


class Judge:
    """Judges the candidates of one sheet. `repeated` are names of markings that stand on every page."""

    def __init__(self, sheet: TextLayout, *, repeated: frozenset[str], running: bool) -> None:
        self._sheet = sheet
        self._repeated = repeated
        self._running = running

    def judge(self, candidate: Candidate) -> Verdict:
        reading = candidate.reading
        if reading.mark.form == "caveat":
            return self._caveat(candidate)
        if reading.form in _TALKED and not self._is_file_title(candidate):
            return "mention", _TALKED[reading.form]
        match reading.form:
            case "label" | "checked":
                verdict = self._label(candidate)
            case "subject" | "bracket":
                verdict = self._subject(candidate)
            case "segment":
                verdict = self._segment(candidate)
            case "key":
                verdict = self._key(candidate)
            case "cell" | "item":
                verdict = self._entry(candidate)
            case _:
                verdict = self._alone(candidate)
        return _softened(candidate, verdict)

    def _caveat(self, candidate: Candidate) -> Verdict:
        """`SPÉCIAL FRANCE` goes with a protection: alone at the head of a text, it was forgotten or lost."""
        reading, protects = candidate.reading, candidate.mark.level is Level.N4
        heads = (
            reading.form == "alone" and reading.case == "upper" and self._sheet.begins_page(candidate.line)
        )
        if protects and heads and not self._in_sentence(candidate):
            return "weak", "goes_with_level"
        return "mention", "caveat"

    def _is_file_title(self, candidate: Candidate) -> bool:
        """`DIFFUSION_RESTREINTE` as the first line of a page: written by a program, not in one."""
        reading, line = candidate.reading, candidate.line
        stamped = reading.form == "code" and reading.case == "upper" and is_long(reading.mark)
        return stamped and "=" not in self._sheet.raws[line] and self._sheet.begins_page(line)

    def _label(self, candidate: Candidate) -> Verdict:
        lower = candidate.reading.case == "lower" and candidate.reading.rest[:1].islower()
        return ("weak", "mixed_case") if lower else ("strong", "label")

    def _subject(self, candidate: Candidate) -> Verdict:
        reading = candidate.reading
        if reading.mark.form == "scale":
            return "mention", "sentence"
        if reading.form == "bracket":
            sure = reading.mark.form != "abbreviation" or reading.case == "upper"
            return ("strong", "subject") if sure else ("mention", "sentence")
        if reading.case == "upper":
            return ("weak" if reading.mark.form == "abbreviation" else "strong"), "subject"
        return "weak", "mixed_case"

    def _segment(self, candidate: Candidate) -> Verdict:
        reading = candidate.reading
        if is_numbering(reading.rest):
            return "mention", "heading"
        if not is_header_material(reading.rest):
            return self._opening(candidate)
        if self._everywhere(candidate):
            return "strong", "repeated"
        edge = self._sheet.at_edge(candidate.line)
        if reading.mark.form == "scale":
            return ("strong", "header") if edge else ("mention", "sentence")
        if reading.case == "upper" and reading.mark.form == "plain":
            sure = edge or is_long(reading.mark)
            return ("strong" if sure else "weak"), ("header" if edge else "isolated")
        return ("weak", "mixed_case") if edge else ("mention", "sentence")

    def _opening(self, candidate: Candidate) -> Verdict:
        """`TLP:AMBER — Quelles sont les mesures ?` begins with a stamp; `CONFIDENTIEL – à ouvrir par le
        destinataire` with one, perhaps."""
        reading, line = candidate.reading, candidate.line
        plain = reading.case == "upper" and reading.mark.form == "plain"
        first = self._sheet.begins_page(line) and candidate.start == self._sheet.bounds(line)[0]
        if not plain or not first or is_about(reading.mark, reading.rest):
            return "mention", "sentence"
        return ("strong", "opening") if reading.mark.kind == "tlp" else ("weak", "isolated")

    def _key(self, candidate: Candidate) -> Verdict:
        """`TLP:AMBER : diffusion limitée à …` and `Document en diffusion restreinte : …` open a text;
        anywhere else a marking is explained."""
        line, before = candidate.line, candidate.reading.match.start
        led = skeleton(self._sheet.raws[line][: candidate.start - self._sheet.starts[line]])
        opens = self._sheet.begins_page(line) and len(led) == before
        sure = candidate.mark.form == "plain" and is_long(candidate.mark)
        bare = not candidate.reading.rest and not self._sheet.after(candidate.last)
        said = before > 0 and not _ABOUT.search(candidate.reading.rest)
        if not opens or not sure or not (bare or said or candidate.reading.case == "upper"):
            return "mention", "explained"
        return ("strong" if candidate.mark.kind == "tlp" else "weak"), "isolated"

    def _entry(self, candidate: Candidate) -> Verdict:
        sure = candidate.reading.case == "upper" and candidate.mark.form == "plain"
        if not sure or self._introduced(candidate):
            return "mention", "listed"
        return "weak", "isolated"

    def _alone(self, candidate: Candidate) -> Verdict:
        if self._in_sentence(candidate):
            return "mention", "sentence"
        if self._introduced(candidate):
            return "mention", "introduced"
        match candidate.mark.form:
            case "scale":
                return self._scale(candidate)
            case "abbreviation":
                return self._abbreviation(candidate)
            case _:
                return self._stamp(candidate)

    def _stamp(self, candidate: Candidate) -> Verdict:
        reading = candidate.reading
        if reading.case == "upper":
            return "strong", "isolated"
        if self._everywhere(candidate):
            return "strong", "repeated"
        begins = self._sheet.begins_page(candidate.line)
        if (reading.form == "hash" and not begins) or self._heads_prose(candidate):
            return "mention", "heading"
        if reading.case == "lower" and self._among_settings(candidate):
            return "mention", "code"
        ends = self._sheet.at_edge(candidate.line) and (not begins or self._sheet.page_count > 1)
        if reading.case == "title" or is_long(reading.mark) or ends:
            return "weak", "mixed_case"
        return "mention", "sentence"

    def _scale(self, candidate: Candidate) -> Verdict:
        around = self._sheet.around(candidate.line, 8)
        other = any(_GRID.fullmatch(line) and line != candidate.mark.name for line in around)
        if other or any(_LANGUAGE.search(line) for line in around):
            return "mention", "other_meaning"
        return ("strong" if candidate.reading.case == "upper" else "weak"), "isolated"

    def _abbreviation(self, candidate: Candidate) -> Verdict:
        if candidate.reading.case != "upper":
            return "mention", "other_meaning"
        if self._everywhere(candidate):
            return "strong", "repeated"
        if any(_ACRONYM.fullmatch(line) for line in self._sheet.around(candidate.line, 2)):
            return "mention", "other_meaning"
        return "weak", "abbreviation"

    def _everywhere(self, candidate: Candidate) -> bool:
        return self._running or candidate.mark.name in self._repeated

    def _in_sentence(self, candidate: Candidate) -> bool:
        """Do the lines above and below make one sentence or title with the marking?"""
        above, below = self._sheet.before(candidate.line), self._sheet.after(candidate.last)
        if above and _LEADS_ON.search(above):
            return True
        if below and self._goes_on(candidate, below):
            return True
        if not above or not below:
            return False
        return len(_SMALL_WORD.findall(above)) > 2 and bool(_RUNS_ON.search(above)) and below[0].islower()

    def _goes_on(self, candidate: Candidate, below: str) -> bool:
        if not joins(below) or _ADDRESS.match(below):
            return False
        return below[0].islower() or (below.isupper() and candidate.reading.case == "upper")

    def _introduced(self, candidate: Candidate) -> bool:
        """`… porte la mention :` on the line above."""
        above = self._sheet.above(candidate.line)
        return bool(above) and bool(_MODEL.search(above) or (above.endswith(":") and _TALK.search(above)))

    def _heads_prose(self, candidate: Candidate) -> bool:
        """A title in mixed case: its paragraph is just below, or speaks of it."""
        close = self._sheet.after(candidate.last)
        if close and not self._sheet.at_edge(candidate.line):
            return len(_SMALL_WORD.findall(close)) > 4
        below = self._sheet.below(candidate.last) or ""
        speaks = _WORDS.search(below) or plain_letters(candidate.mark.name).text.lower() in below.lower()
        return bool(speaks) and len(_SMALL_WORD.findall(below)) > 4

    def _among_settings(self, candidate: Candidate) -> bool:
        near = self._sheet.around(candidate.line, 1)
        return bool(near) and all(_SETTING.fullmatch(line) for line in near)


def is_long(mark: Mark) -> bool:
    """Several words, or a TLP label: hardly anything but a marking, unlike `SECRET` or `TOP SECRET`."""
    return " " in mark.name.removeprefix("TOP ") or mark.kind == "tlp"


def _softened(candidate: Candidate, verdict: Verdict) -> Verdict:
    """What makes a strong finding weak: a doubtful word, an exclamation, a note that it was lifted."""
    reading, (strength, why) = candidate.reading, verdict
    if strength != "strong":
        return verdict
    if reading.match.lifted:
        return "weak", "lifted"
    if reading.loud:
        return "weak", "exclamation"
    return ("weak", "doubtful") if reading.mark.form == "doubtful" else (strength, why)
