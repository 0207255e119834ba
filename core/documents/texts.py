"""What people are told about a file that could not be read, or not wholly; and what was not read of it: one
answer for scan, conversation and mail.

A marking may stand on any page, in any member of an archive, in any picture: a document of which a part was
not read has no known level, and whoever needs one must take it as unread (fail closed). Empty files and
pictures without text were read: nothing is missing there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.documents.cleaning import first_few
from core.documents.document import Caution, CautionCode, Document, PlaceKind, Reason
from core.language.phrasebook import Phrasebook

_FILE = Path(__file__).with_suffix(".toml")
_PACE = 1.2
"""Seconds that the recognition of a page takes."""
_LONG = 20.0
"""Seconds of recognition from which it is told before."""


def reason(document: Document, *, language: str = "fr") -> str:
    """Why the document could not be read, in one or two sentences; empty when it could."""
    words = Phrasebook(language, _FILE)
    if document.reason == "encrypted" and (document.type in ("eml", "zip") or document.detail):
        return words.say(f"reasons.encrypted.{document.detail or document.type}")
    return words.say(f"reasons.{document.reason}") if document.reason else ""


def caution(warning: Caution, *, language: str = "fr") -> str:
    """One sentence about what its reader must know."""
    return Phrasebook(language, _FILE).say(f"cautions.{warning.code}", about=warning.about)


def recognising(done: int, pages: int, *, language: str = "fr") -> str:
    """How many pages are still to be recognised, and how long that takes; empty where it is soon done."""
    left = (pages - done) * _PACE
    if left < _LONG:
        return ""
    time = f"{round(left / 60)}\u00a0min" if left >= 90 else f"{round(left, -1):.0f}\u00a0s"
    return Phrasebook(language, _FILE).say("recognising", pages=pages - done, time=time)


def place_name(kind: PlaceKind, *, language: str = "fr") -> str:
    """What a place round the text is called."""
    return Phrasebook(language, _FILE).say(f"places.{kind}")


_READ_IN_VAIN: frozenset[Reason] = frozenset(("empty", "ocr_empty"))
"""Read, and found to hold no text."""

_LEFT_OUT: frozenset[CautionCode] = frozenset(
    (
        "pages_left_out", "text_left_out", "rows_left_out", "parts_left_out", "nested_left_out",
        "damaged_part", "scanned_pages", "pictures_unread",
    )
)  # fmt: skip
"""Cautions that speak of text which nobody has read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A file that was not read (no `caution`), or of which the part that its `caution` names was not."""

    document: Document
    caution: Caution | None = None

    def said(self, language: str) -> str:
        """The sentence for people, without the file's name."""
        if self.caution:
            return caution(self.caution, language=language)
        return reason(self.document, language=language)


def missing(document: Document) -> tuple[Missing, ...]:
    """Everything that was not read in a document and in the files within it, in their order."""
    found: list[Missing] = []
    for each in document.walk():
        if each.reason is not None and each.reason not in _READ_IN_VAIN:
            found.append(Missing(document=each))
        found += [Missing(document=each, caution=one) for one in each.warnings if one.code in _LEFT_OUT]
        if each.pictures and not each.pictures_are_beside_text:
            found.append(Missing(document=each, caution=pictures_unread(each)))
    return tuple(found)


def aside_unread(document: Document) -> tuple[Missing, ...]:
    """What was not read beside the text: pictures, about which the owner is asked; and objects, films and
    macros of which no file within the document bears the name, which take no part in the level."""
    found: list[Missing] = []
    for each in document.walk():
        if each.pictures and each.pictures_are_beside_text:
            found.append(Missing(document=each, caution=pictures_unread(each)))
        names = {part.name for part in each.parts}
        for one in each.warnings:
            if one.code == "part_unread" and one.about not in names:
                found.append(Missing(document=each, caution=one))
    return tuple(found)


def pictures_unread(document: Document) -> Caution:
    """The caution about the pictures of a document that were not recognised: how many, and on which pages."""
    pages = sorted({picture.page for picture in document.pictures if picture.page is not None})
    shown = f", p. {first_few(pages)}" if pages else ""
    return Caution(code="pictures_unread", about=f"{len(document.pictures)}{shown}")
