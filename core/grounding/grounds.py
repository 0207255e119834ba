"""The grounds of a text: what its sources hold, and what of the text does not stand there."""

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
    """One reference in its one form. `loose` is the form without the kind of the text, where there is one."""

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
    """References in `plain` text; articles of a list one by one."""
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
    """Telephone numbers; letters and digits in one: « INC-20417 », « MX02 »."""
    for match in _TELEPHONE.finditer(text):
        form = re.sub(r"\D", "", match[1])
        yield Reference(match.start(), match.end(), "name", f"0{form}")
    for match in _IDENTIFIER.finditer(text):
        form = match[0].rstrip("/-")
        if _NO_IDENTIFIER.fullmatch(form) is None:
            yield Reference(match.start(), match.start() + len(form), "name", form)


class References:
    """References of law and links in a source: « art. L. 311-5 », « loi n° 2021-1109 », « (UE) 2016/679 »."""

    def __init__(self, found: list[Reference]) -> None:
        self._forms = {reference.form for reference in found}
        self._loose: dict[str, set[str]] = {}
        for reference in found:
            if reference.loose:
                self._loose.setdefault(reference.loose, set()).add(reference.form.partition(":")[0])

    def has(self, reference: Reference) -> bool:
        """« décret n° 3 » is not in a source that only knows « loi n° 3 »; « n° 3 » alone is in both."""
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
"""Known words of a statement, below which its words say nothing about where it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something in a text that its source does not hold: `text`, as it is written."""

    kind: Kind
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Fact:
    kind: Kind
    start: int
    end: int
    value: Date | tuple[int, int] | Figure | Reference | Name


def _facts(text: str) -> Iterator[_Fact]:
    """What can be looked up, each character read once: links, then figures of all kinds; then names."""
    found = [_Fact("link", link.start, link.end, link) for link in links(text)]
    yield from found
    text = blank(text, ((fact.start, fact.end) for fact in found))
    yield from _numbered(unaccented(text))
    for name in names(_TITLES.sub(lambda title: " " * len(title[0]), text)):
        yield _Fact("name", name.start, name.end, name)


def _numbered(text: str) -> Iterator[_Fact]:
    """References, codes, dates and times, then the figures that are left."""
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


class Grounds:
    """What sources hold; made once, asked for each sentence."""

    def __init__(self, texts: Sequence[str]) -> None:
        facts: list[_Fact] = []
        others: list[Figure] = []
        short: list[Date] = []
        stems: set[str] = set()
        for text in texts:  # one at a time: a search over a whole book would hold the interpreter
            own = [*_facts(_unlisted(text))]
            folded = unaccented(text)
            facts += own
            others += _others(own, folded)
            short += short_dates(folded)
            stems.update(terms(text))
        whole = "\n\n".join(texts)
        numbers = [fact.value for fact in facts if isinstance(fact.value, Figure)]
        years = {int(v) for n in (*numbers, *others) for v in n.values if v == int(v) and int(v) in _YEAR}
        found = [fact.value for fact in facts if isinstance(fact.value, Date)]
        self._figures = Figures(numbers, others, unaccented(whole))
        self._references = References([fact.value for fact in facts if isinstance(fact.value, Reference)])
        self._dates = Dates([*found, *short], years)
        self._times = {fact.value for fact in facts if isinstance(fact.value, tuple)}
        self._names = Names(whole)
        self._terms = frozenset(stems)

    def doubts(self, text: str) -> list[Doubt]:
        """What of a text (without its citations) does not stand in the sources, in reading order."""
        text = _unlisted(text)
        found = [fact for fact in _facts(text) if _asserted(fact) and not self._holds(fact, text)]
        spans = {(fact.start, fact.end): fact for fact in sorted(found, key=lambda fact: fact.start)}
        return [Doubt(kind=fact.kind, text=text[start:end].strip()) for (start, end), fact in spans.items()]

    def supports(self, statement: str, whole: Grounds) -> bool:
        """May this passage stand behind a statement? `whole` are the grounds of all sources.

        A fact of the statement that stands here decides for it; else most of its words must be here. What
        `whole` does not hold says nothing about where the rest comes from."""
        held = [f for f in _facts(statement) if _asserted(f) and whole._holds(f, statement)]
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
        return figure.unit is None and any(
            value == int(value) and int(value) in _YEAR and self._dates.has_year(int(value))
            for value in figure.values
        )


def _asserted(fact: _Fact) -> bool:
    """Numbers in words are read in a text only where they measure something: « deux points » counts."""
    figure = fact.value
    if not isinstance(figure, Figure) or not figure.spelled:
        return True
    return figure.unit is not None or figure.scaled or max(figure.values) > _COUNTED


def _unlisted(text: str) -> str:
    """Without the numbers of lists and headings."""
    return _LIST.sub(lambda mark: " " * len(mark[0]), text)


def _others(facts: Sequence[_Fact], folded: str) -> Iterator[Figure]:
    """The numbers within references, dates and lists."""
    spans = ((fact.start, fact.end) for fact in facts if not isinstance(fact.value, Figure | Name))
    for start, end in dict.fromkeys(spans):  # a list of articles is many facts in one place
        yield from figures(folded[start:end])
    for mark in _LIST.finditer(folded):
        yield from figures(mark[0])


def grounds(texts: Sequence[str]) -> Grounds:
    """The grounds that some texts give together; pages one by one are best."""
    return Grounds(texts)
