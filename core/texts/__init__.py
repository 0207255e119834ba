"""What people read: one protocol, one class per language. A missing translation is a type error."""

from __future__ import annotations

from functools import cache

from core.texts.english import English
from core.texts.french import French
from core.texts.protocol import Contacts, DataNotice, Texts

__all__ = ["Contacts", "DataNotice", "Texts", "texts"]


@cache
def texts(language: str, contacts: Contacts) -> Texts:
    """The texts in `fr` or `en`; any other language is answered in French."""
    return English(contacts) if language == "en" else French(contacts)
