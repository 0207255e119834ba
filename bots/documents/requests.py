"""What a person wants done with documents, from what was understood: form, file, on what. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.condense import Form
from core.export import FileKind
from core.language.folding import fold
from core.understanding import Intent, arguments, understand

_FORMS: Mapping[str, Form] = {
    "short": "short", "note": "note", "digest": "note", "minutes": "note", "long": "detailed",
}  # fmt: skip
_NOTE = re.compile(r"\bsynthese\b|\bcompar|\bdifferences\b|\bcommuns?\b")
_BARE: Mapping[str, Form] = {
    "court": "short", "courte": "short", "bref": "short", "short": "short", "note": "note", "page": "note",
    "detail": "detailed", "detaille": "detailed", "detaillee": "detailed", "detailed": "detailed",
    "long": "detailed", "complet": "detailed",
}  # fmt: skip


FORMATS: tuple[FileKind, ...] = ("docx", "odt", "pdf", "md")
"""What a file may be, in the order in which it is offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentWish:
    """`question` are the person's words when they say more than the form; `file`: as a file of this type."""

    form: Form
    question: str = ""
    file: FileKind | None = None


def command(argument: str) -> DocumentWish:
    """`!résumer [court|note|détaillé] [en docx] [more words]`."""
    first, _, rest = argument.partition(" ")
    own = rest if fold(first) in _BARE else argument
    folded = fold(argument)
    more = arguments.without_file(fold(own)).strip()
    return DocumentWish(
        form=form_in(folded, default="short"), question=own if more else "", file=file_in(folded)
    )


def wish_of(text: str, intent: Intent) -> DocumentWish | None:
    """The synthesis of documents that plain words ask for; None when they ask for none."""
    folded = fold(text).strip()
    about = intent.kind == "summarise" and intent.arguments.get("what") == "document"
    if not about and not (intent.kind == "ask_document" and arguments.compares(folded)):
        return None
    bare = len(folded.split()) == 1
    return DocumentWish(
        form=form_in(folded, default="short"), question="" if bare else text.strip(), file=file_in(folded)
    )


def free(text: str) -> DocumentWish | None:
    """The synthesis that plain words beside a document ask for; None when they ask for none."""
    return wish_of(text, understand(text, document=True))


def as_file(intent: Intent) -> FileKind | None:
    """The type of file in which the last answer is wanted: « la même en PDF », « en Word stp »."""
    if intent.kind != "export" or not intent.sure:
        return None
    return _kind(str(intent.arguments.get("format", "docx")))


def comparison(words: str, language: str) -> DocumentWish:
    """`!comparer [words]`."""
    own = "Compare these documents." if language == "en" else "Compare ces documents."
    return DocumentWish(form="note", question=f"{own} {words}".strip(), file=file_in(fold(words)))


def form_in(folded: str, *, default: Form) -> Form:
    found = _FORMS.get(arguments.form_of(folded) or "")
    return found or ("note" if _NOTE.search(folded) else default)


def file_in(folded: str) -> FileKind | None:
    return _kind(arguments.file_of(folded) or "")


def form_named(word: str) -> Form | None:
    """The form that a word alone names, as after `!résumer`."""
    return _BARE.get(word)


def file_named(word: str) -> FileKind | None:
    """The type of file that a word alone names."""
    return _kind(arguments.format_of(word) or "")


def _kind(name: str) -> FileKind | None:
    match name:
        case "docx" | "odt" | "pdf" | "md":
            return name
        case _:
            return None
