"""Checks a text against its sources: they must hold its figures, dates, names, references and links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.grounding.dates import Date, Dates, blank, dates, short_dates, times
from core.grounding.names import Name, Names, names
from core.grounding.numbers import Figure, Figures, figures
from core.language.folding import unaccented
from core.language.pattern_file import PatternFile, toml_beside
from core.language.terms import terms

_PATTERNS = PatternFile(toml_beside(__file__))
_LINK = _PATTERNS.pattern("link")
_NUMBERED = _PATTERNS.pattern("numbered")
_EUROPEAN = _PATTERNS.pattern("european")
_CODE = _PATTERNS.pattern("code")
_ARTICLE = _PATTERNS.pattern("article")
_CODES = _PATTERNS.pattern("codes")

What = Literal["law", "link", "name"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference, code or link in a normal form, such as "loi:2021-1109".

    `loose` is the form without the kind of the act ("2021-1109"), where the reference has one.
    """

    start: int
    end: int
    kind: What
    form: str
    loose: str = ""


def links(text: str) -> Iterator[Reference]:
    for match in _LINK.finditer(text):
        found = match[0].rstrip(".,;:!?)]}…")
        form = re.sub(r"^(?:https?://)?(?:www\.)?", "", found.lower()).rstrip("/")
        yield Reference(match.start(), match.start() + len(found), "link", form)


def laws(text: str) -> Iterator[Reference]:
    """Yield the references to law in a text without accents, each article of a list by itself."""
    for match in _NUMBERED.finditer(text):
        number = match["number"].rstrip("./-")
        act = (match["act"] or "").split(" ")[0]
        end = match.start("number") + len(number)
        yield Reference(match.start(), end, "law", f"{act}:{number}", number)
    for match in _EUROPEAN.finditer(text):
        number = match["number"]
        yield Reference(match.start(), match.end(), "law", f"{match['act'] or ''}:{number}", number)
    for match in _CODE.finditer(text):
        letter, number = match["letter"] or match["letter2"], match["number"] or match["number2"]
        yield Reference(match.start(), match.end(), "law", f"{letter}{number}")
    for match in _ARTICLE.finditer(text):
        for number in _articles(match["first"], match["more"]):
            yield Reference(match.start(), match.end(), "law", f"art:{number}")
    for match in _CODES.finditer(text):
        form = re.sub(r"\b(?:de la|de l'|du|des|de|d')\s*", "", match[0])
        yield Reference(match.start(), match.end(), "law", " ".join(form.split()))


def _articles(first: str, more: str) -> list[str]:
    """Return the numbers of a list of articles. « 3 à 5 » gives 3, 4 and 5."""
    numbers = [first]
    for link, number in re.findall(r"( ?, ?| et | ou | and | or | a | to | ?- ?)(\d{1,4}(?:-\d+)*)", more):
        if link.strip() in ("a", "to", "-") and numbers[-1].isdigit() and number.isdigit():
            numbers += [str(n) for n in range(int(numbers[-1]) + 1, min(int(number), int(numbers[-1]) + 200))]
        numbers.append(number)
    return numbers


_IDENTIFIER = _PATTERNS.pattern("identifier")
_NO_IDENTIFIER = re.compile(r"[a-z]?\d{1,2}|\d{1,2}(?:er|e|eme|h|h\d\d|st|nd|rd|th)|[dlj]\d+")


_TELEPHONE = re.compile(r"(?<![\d,.])(?:(?:\+|00)33 ?(?:\(0\) ?)?|0)([1-9](?:[ .-]?\d\d){4})(?!\d|[.,]\d)")


def codes(text: str) -> Iterator[Reference]:
    """Yield telephone numbers, and identifiers of letters with digits: « INC-20417 », « MX02 »."""
    for match in _TELEPHONE.finditer(text):
        form = re.sub(r"\D", "", match[1])
        yield Reference(match.start(), match.end(), "name", f"0{form}")
    for match in _IDENTIFIER.finditer(text):
        form = match[0].rstrip("/-")
        if _NO_IDENTIFIER.fullmatch(form) is None:
            yield Reference(match.start(), match.start() + len(form), "name", form)


class References:
    """The references and links of a source: « art. L. 311-5 », « loi n° 2021-1109 », « (UE) 2016/679 »."""

    def __init__(self, found: list[Reference]) -> None:
        self._forms = {reference.form for reference in found}
        self._loose: dict[str, set[str]] = {}
        for reference in found:
            if reference.loose:
                self._loose.setdefault(reference.loose, set()).add(reference.form.partition(":")[0])

    def has(self, reference: Reference) -> bool:
        """True if the source has the reference.

        A source with « loi n° 3 » has « n° 3 » and not « décret n° 3 ». One with « n° 3 » has both."""
        if reference.form in self._forms:
            return True
        acts = self._loose.get(reference.loose)
        if reference.loose and acts is not None:
            return "" in acts or reference.form.startswith(":")
        return reference.kind == "link" and any(reference.form in form for form in self._forms)


Kind = Literal["figure", "date", "name", "law", "link"]

_LIST = re.compile(r"^[ \t>*_#-]*\(?\d{1,3}(?:\.\d{1,2})*[.)°](?=[ \t*])", re.MULTILINE)
_TITLES = _PATTERNS.pattern("titles")
_YEAR = range(1500, 2100)
_COUNTED = 10
"""A text may count what it lists: « trois points »."""
_OVERLAP = 0.25
_WITHOUT_FACT = 0.5
_JUDGED = 3
"""A statement with fewer known words than this says too little about where it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Words of a text that its sources do not hold, as they are written."""

    kind: Kind
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Fact:
    kind: Kind
    start: int
    end: int
    value: Date | tuple[int, int] | Figure | Reference | Name


def _facts(text: str) -> Iterator[_Fact]:
    """Yield what can be looked up in a source. Each character belongs to one link or figure at most."""
    found = [_Fact("link", link.start, link.end, link) for link in links(text)]
    yield from found
    text = blank(text, ((fact.start, fact.end) for fact in found))
    yield from _numbered(unaccented(text))
    for name in names(_TITLES.sub(lambda title: " " * len(title[0]), text)):
        yield _Fact("name", name.start, name.end, name)


def _numbered(text: str) -> Iterator[_Fact]:
    """Yield references, codes, dates and times, then the figures in the rest of the text."""
    for read in _READERS:
        found = [*read(text)]
        yield from found
        text = blank(text, ((fact.start, fact.end) for fact in found))
    for figure in figures(text):
        yield _Fact("figure", figure.start, figure.end, figure)


_READERS: tuple[Callable[[str], Iterator[_Fact]], ...] = (
    lambda text: (_Fact("law", law.start, law.end, law) for law in laws(text)),
    lambda text: (_Fact("name", code.start, code.end, code) for code in codes(text)),
    lambda text: (_Fact("date", each.start, each.end, date) for each in dates(text) for date in each.dates),
    lambda text: (_Fact("date", start, end, time) for start, end, time in times(text)),
)


@dataclass(frozen=True, slots=True)
class _TextFacts:
    """What one text of a source holds.

    `others` are the numbers within its references, dates and lists. `short_dates` are dates without a year.
    `stems` are those of its words.
    """

    facts: tuple[_Fact, ...]
    others: tuple[Figure, ...]
    short_dates: tuple[Date, ...]
    stems: frozenset[str]


def _read(text: str) -> _TextFacts:
    facts = tuple(_facts(_unlisted(text)))
    folded = unaccented(text)
    return _TextFacts(
        facts=facts,
        others=tuple(_others(facts, folded)),
        short_dates=tuple(short_dates(folded)),
        stems=frozenset(terms(text)),
    )


class Grounds:
    """What the texts of a source hold together. Made once, then asked for each sentence.

    Texts are best given page by page: a search over a whole book would hold the interpreter's lock.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        read = [_read(text) for text in texts]
        whole = "\n\n".join(texts)
        values = [fact.value for each in read for fact in each.facts]
        numbers = [value for value in values if isinstance(value, Figure)]
        others = [figure for each in read for figure in each.others]
        found_dates = [value for value in values if isinstance(value, Date)]
        found_dates += [date for each in read for date in each.short_dates]
        self._figures = Figures(numbers, others, unaccented(whole))
        self._references = References([value for value in values if isinstance(value, Reference)])
        self._dates = Dates(found_dates, _years([*numbers, *others]))
        self._times = {value for value in values if isinstance(value, tuple)}
        self._names = Names(whole)
        self._terms = frozenset[str]().union(*(each.stems for each in read))

    def doubts(self, text: str) -> list[Doubt]:
        """Return what the sources do not hold of a text without citations, in reading order."""
        text = _unlisted(text)
        found = [fact for fact in _facts(text) if _asserted(fact) and not self._holds(fact, text)]
        spans = {(fact.start, fact.end): fact for fact in sorted(found, key=lambda fact: fact.start)}
        return [Doubt(kind=fact.kind, text=text[start:end].strip()) for (start, end), fact in spans.items()]

    def supports(self, statement: str, whole: Grounds) -> bool:
        """True if this passage may be cited for a statement. `whole` are the grounds of all sources.

        One fact of the statement that the passage holds is enough. Otherwise the passage must hold enough
        of its words. Facts and words that `whole` does not hold are left out: they come from nowhere."""
        held = [fact for fact in _facts(statement) if _asserted(fact) and whole._holds(fact, statement)]
        if any(self._holds(fact, statement) for fact in held):
            return True
        known = set(terms(statement)) & whole._terms
        if len(known) < _JUDGED:
            return not held
        share = len(known & self._terms) / len(known)
        return share >= (_WITHOUT_FACT if held else _OVERLAP)

    def _holds(self, fact: _Fact, text: str) -> bool:
        match fact.value:
            case Date() as date:
                return self._dates.has(date)
            case Figure() as figure:
                return self._has_figure(figure, text[fact.start : fact.end])
            case Reference() as reference:
                return self._references.has(reference)
            case Name() as name:
                return self._names.has(name)
            case time:
                return time in self._times

    def _has_figure(self, figure: Figure, literal: str) -> bool:
        if self._figures.has(figure, unaccented(literal)):
            return True
        return figure.unit is None and any(self._dates.has_year(year) for year in _years([figure]))


def _years(figures: Sequence[Figure]) -> set[int]:
    """Return the values of figures that may be years."""
    values = {value for figure in figures for value in figure.values}
    return {int(value) for value in values if value == int(value) and int(value) in _YEAR}


def _asserted(fact: _Fact) -> bool:
    """True if a statement claims the fact. « Deux points » does not: it counts what the text lists."""
    figure = fact.value
    if not isinstance(figure, Figure) or not figure.spelled:
        return True
    return figure.unit is not None or figure.scaled or max(figure.values) > _COUNTED


def _unlisted(text: str) -> str:
    """Return the text with spaces in place of the numbers of its lists and headings."""
    return _LIST.sub(lambda mark: " " * len(mark[0]), text)


def _others(facts: Sequence[_Fact], folded: str) -> Iterator[Figure]:
    """Yield the numbers within references, dates and the numbering of lists."""
    spans = ((fact.start, fact.end) for fact in facts if not isinstance(fact.value, Figure | Name))
    for start, end in dict.fromkeys(spans):  # a list of articles is many facts in one place
        yield from figures(folded[start:end])
    for mark in _LIST.finditer(folded):
        yield from figures(mark[0])
