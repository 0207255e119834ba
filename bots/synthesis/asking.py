"""What a mail asks to be done with its documents: form, question, file, language. Pure.

Read from three places. The word after the plus of the address (`synthese+note@…`) counts most: it is chosen
on purpose, and a rule of a mail client can set it. Then the sentences above the document that ask for
something (`core.understanding.letter`). Then the subject of a mail that begins a thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bots.documents import requests as wishes
from bots.documents.requests import DocumentWish
from core.condense import Form
from core.language.folding import fold
from core.understanding import arguments
from core.understanding.letter import is_question, wanted_in

Language = Literal["fr", "en"]

_FORWARD = re.compile(r"\s*(?:tr|fwd?|wg)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)


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
    title = "" if _FORWARD.match(subject) else subject
    wanting, questions = wanted_in(title, words)
    request = fold(" ".join(wanting)).strip()
    condensed = arguments.form_of(request) is not None or any(map(wishes.free, wanting))
    polite = any(map(is_question, wanting)) and not condensed  # « Peux-tu me dire qui paie ? »
    form = next(_forms(tags), None)
    if form is None and ((questions and not wanting) or polite):
        form = "question"
    form = form or wishes.form_in(request, default="note")
    if form == "question":
        question = words.strip() or title
    else:
        question = " ".join([*wanting, *questions]) if len(request.split()) > 1 or questions else ""
    file, language = wishes.file_in(request), _told(arguments.told_in(request))
    for each in reversed(tags):
        file = wishes.file_named(each) or file
        language = _told(arguments.language_of(each)) or language
    plain = not (file or language or tags) and not (form != "question" and condensed)
    return Asked(wish=DocumentWish(form=form, question=question, file=file), language=language, plain=plain)


def _forms(tags: Sequence[str]) -> Iterator[Form]:
    for each in tags:
        if each in ("question", "questions"):
            yield "question"
        elif (form := wishes.form_named(each)) is not None:
            yield form


def _told(code: str | None) -> Language | None:
    """A language that relais speaks."""
    match code:
        case "fr" | "en":
            return code
        case _:
            return None
