"""The sentences that people read. They stand in TOML files by subject, French and English beside each other.

Each text is a method of `Texts` that returns CommonMark for a person, never anything for a log.
"""

from __future__ import annotations

from functools import cache

from core.texts.about_texts import AboutTexts
from core.texts.answer_texts import AnswerTexts
from core.texts.file_texts import FileTexts
from core.texts.level_texts import LevelTexts
from core.texts.speaker import Contacts, DataNotice

__all__ = ["Contacts", "DataNotice", "Texts", "texts"]


class Texts(AboutTexts, LevelTexts, AnswerTexts, FileTexts):
    """Everything that relais says by itself, in one language. Short sentences, known words."""


@cache
def texts(language: str, contacts: Contacts) -> Texts:
    """Return the texts in `fr` or `en`. Any other language is answered in French. The texts are made once for
    each language and contacts."""
    return Texts(language, contacts)
