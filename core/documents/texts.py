"""What people are told about a file that could not be read, or not wholly."""

from __future__ import annotations

from pathlib import Path

from core.documents.document import Caution, Document, PlaceKind
from core.language.phrasebook import Phrasebook

_FILE = Path(__file__).with_suffix(".toml")
_PACE = 1.2
"""Seconds that the recognition of a page takes."""
_LONG = 20.0
"""Seconds of recognition from which it is told before."""


def reason(document: Document, *, language: str = "fr") -> str:
    """Why the document could not be read, in one or two sentences; empty when it could."""
    words = Phrasebook(language, _FILE)
    if document.reason == "encrypted" and document.type in ("eml", "zip"):
        return words.say(f"reasons.encrypted.{document.type}")
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
