"""References of law and links: « art. L. 311-5 », « loi n° 2021-1109 », « (UE) 2016/679 », addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_LINK = re.compile(
    r"https?://[^\s<>«»\"']+|www\.[^\s<>«»\"']+|(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)
_ACTS = (
    "loi organique|loi|decret|ordonnance|arrete|circulaire|instruction|decision|deliberation|avis"
    "|act|law|decree|order"
)
_NUMBERED = re.compile(
    rf"(?:\b(?P<act>{_ACTS})s? ?(?:modifiee? )?)?\bn ?[°ºo]\.? ?(?P<number>[\w./-]*\d[\w./-]*)"
)
_EUROPEAN = re.compile(
    r"\b(?P<act>reglement|directive|decision|regulation)?\b ?\(?(?:ue|ce|eu|cee)?\)?(?: n[°o])? ?"
    r"(?<![\d/])(?P<number>(?:19|20)\d\d/\d{1,4}|\d{2,4}/(?:19|20)\d\d)\b(?!/\d)(?:/(?:ce|ue|cee|eu))?"
)
_CODE = re.compile(
    r"\b(?P<letter>[lrda])(?:\. ?| )?\*?(?P<number>\d{1,4}(?:-\d+)+)\b"
    r"|\b(?P<letter2>[lrd])\. ?(?P<number2>\d{1,4})\b"
)
_ARTICLE = re.compile(
    r"\b(?:articles?|art\.|arts\.) ?(?P<first>\d{1,4}(?:-\d+)*)(?:er)?"
    r"(?P<more>(?:(?: ?, ?| et | ou | and | or | a | to | ?- ?)\d{1,4}(?:-\d+)*(?!\d))*)"
)
_CODES = re.compile(
    r"\bcode (?:(?:de |du |des |de la |de l'|d')?(?:general |generale )?(?:de |du |des |de la |de l'|d')?)"
    r"(?:penal|civil|travail|defense|fonction publique|commerce|consommation|environnement|education"
    r"|sante publique|securite interieure|securite sociale|procedure penale|procedure civile|route"
    r"|justice administrative|commande publique|urbanisme|impots|collectivites territoriales|patrimoine"
    r"|relations entre le public et l'administration|action sociale)"
)

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


_IDENTIFIER = re.compile(
    r"\b(?=[a-z/-]{0,40}\d)(?=[\d/-]{0,40}[a-z])(?:[a-z]{1,8}[-/]?\d[\w/-]*|\d+[a-z]{2,}\d[\w-]*)"
)
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
    """The references of a source."""

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
