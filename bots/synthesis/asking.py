"""What a mail asks to be done with its documents: form, question, file, language. Pure.

Read from three places. The word after the plus of the address (`synthese+note@…`) counts most: it is chosen
on purpose, and a rule of a mail client can set it. Then the sentences above the document that ask for
something; a long letter holds many words that do not. Then the subject of a mail that begins a thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from bots.documents import requests as wishes
from bots.documents.requests import DocumentWish
from core.condense import Form
from core.export import FileKind
from core.language.accents import fold

T = TypeVar("T")
Language = Literal["fr", "en"]

_FORMS: dict[str, Form] = {
    "court": "short", "courte": "short", "bref": "short", "short": "short",
    "note": "note", "page": "note",
    "detail": "detailed", "detaille": "detailed", "detaillee": "detailed", "detailed": "detailed",
    "long": "detailed", "complet": "detailed",
    "question": "question", "questions": "question",
}  # fmt: skip
_FILES: dict[str, FileKind] = {
    "docx": "docx", "word": "docx", "odt": "odt", "pdf": "pdf", "md": "md", "markdown": "md",
}  # fmt: skip
_LANGUAGES: dict[str, Language] = {
    "fr": "fr", "francais": "fr", "french": "fr", "en": "en", "anglais": "en", "english": "en",
}  # fmt: skip
_TONGUE = re.compile(r"\b(?:en|in) (francais|french|anglais|english)\b|\b(french|english) version\b")
_FORWARD = re.compile(r"\s*(?:tr|fwd?|wg)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_ENDS = re.compile(r"(?<=[.!?…])\s+|\n+")
_WANTS = re.compile(
    r"\b(?:resum\w*|synthes\w*|synthetis\w*|condens\w*|compar(?:e|er|ez)\b|summar\w*|tl;?dr"
    r"|fai(?:s|tes|re)\b|redig\w+|ecri(?:s|re|vez)\b|prepar(?:e|er|ez)\b|donne[rz]?\b|list(?:e|er|ez)\b"
    r"|extrai\w*|indique[rz]?\b|precise[rz]?\b|concentre|insiste|explique|dis[- ](?:moi|nous)"
    r"|peux[- ]tu|pourrais[- ]tu|pou(?:vez|rriez)[- ]vous|merci de\b|il (?:me |nous )?faut|faudrait"
    r"|je (?:veux|voudrais|souhaite)|j'aimerais|besoin d|(?:can|could|would) you|please (?!find)"
    r"|i (?:want|need)|we need|write|list\b|extract|focus|compare|give me)"
)
_SYNTHESIS = re.compile(
    r"\b(?:resum\w*|synthes\w*|synthetis\w*|condens\w*|summar\w*|compar\w*|tl;?dr|note|courte?|bref|breve"
    r"|detaille?\w*|complete|lignes|lines|page|short|brief|detailed)\b"
)
_BARE = re.compile(
    r"\W*(?:(?:une|un|a|la|le|the|en|in|as|au|format|fichier|version|plus|moins|meme|same|chose|thing|resume|synthese|note"
    r"|summary|courte?|bref|breve|longue?|detaillee?s?|short|shorter|detailed|more|page|docx?|word|odt|pdf|anglais"
    r"|francais|english|french|svp|stp|please|s'il (?:te|vous) plait|merci|thanks)\b\W*)+"
)
_QUESTION = re.compile(
    r"\?\s*$|^(?:quel|quelle|quels|quelles|qui|que|quoi|combien|quand|ou|comment|pourquoi|est-ce|y a-t-il"
    r"|what|which|who|how|when|where|why|is there|are there)\b"
)
_ASKING = 6
"""Sentences that are taken for what is asked, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`wish` is the synthesis that is wanted, or a question on the documents; `plain` says that nothing was
    said about its form, so that a mail without documents is an ordinary question."""

    wish: DocumentWish
    language: Language | None = None
    plain: bool = True


def asked(*, subject: str, words: str, tag: str = "") -> Asked:
    """`subject` as it came, with its prefixes, "" within a thread."""
    tags = [fold(each) for each in re.split(r"[+._-]", tag) if each]
    chosen = _first(tags, _FORMS)
    title = "" if _FORWARD.match(subject) else subject
    sentences = [each for each in (title, *_sentences(words)) if each]
    wanting = [each for each in sentences if _is_request(each, title)][:_ASKING]
    questions = [each for each in sentences if _QUESTION.search(_folded(each)) and each not in wanting]
    request = _folded(" ".join(wanting))
    form = chosen or _form(request, wanting, questions)
    if form == "question":
        question = words.strip() or title
    else:
        question = " ".join([*wanting, *questions]) if len(request.split()) > 1 or questions else ""
    file = _first(tags, _FILES) or wishes.file_in(request)
    language = _first(tags, _LANGUAGES)
    if language is None and (tongue := _TONGUE.search(request)):
        language = _LANGUAGES[tongue[1] or tongue[2]]
    plain = not (file or language or tags) and not (form != "question" and _SYNTHESIS.search(request))
    return Asked(wish=DocumentWish(form=form, question=question, file=file), language=language, plain=plain)


def _first(tags: Iterable[str], table: Mapping[str, T]) -> T | None:
    return next((table[each] for each in tags if each in table), None)


def _form(request: str, wanting: list[str], questions: list[str]) -> Form:
    """A page unless something else is said; a question when nothing but questions is asked."""
    polite = [each for each in wanting if _QUESTION.search(_folded(each))]
    if (questions and not wanting) or (polite and not _SYNTHESIS.search(request)):
        return "question"  # « Qui paie ? », « Peux-tu me dire qui paie ? »
    return wishes.form_in(request, default="note")


def _is_request(sentence: str, title: str) -> bool:
    folded = _folded(sentence)
    if _BARE.fullmatch(folded):  # « plus court », « en docx svp »
        return True
    if sentence == title:
        return bool(_SYNTHESIS.search(folded)) and wishes.free(sentence) is not None
    return bool(_WANTS.search(folded)) and len(folded) <= 400


def _sentences(words: str) -> list[str]:
    return [each.strip() for each in _ENDS.split(words[:4_000]) if each.strip()]


def _folded(text: str) -> str:
    return fold(text).strip()
