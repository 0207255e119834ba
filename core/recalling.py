"""What of a range read back may be used: not what its author keeps out of summaries. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from core.connector import Past, Range
from core.sensitivity.evidence import Part

KEPT_OUT = frozenset({"🚫", "hors resume", "off the record"})
"""An author's own reaction that keeps a message out of summaries."""


def kept(found: Range) -> Range:
    """The range without the messages that their authors keep out; they are counted."""
    messages = tuple(past for past in found.messages if not _kept_out(past))
    return replace(found, messages=messages, withheld=found.withheld + len(found.messages) - len(messages))


def _kept_out(past: Past) -> bool:
    return any(past.sender.id in who and _folded(key) in KEPT_OUT for key, who in past.reactions.items())


def _folded(key: str) -> str:
    plain = unicodedata.normalize("NFKD", key.casefold()).replace("\ufe0f", "")
    return "".join(char for char in plain if not unicodedata.combining(char)).strip()


def parts_of(found: Range) -> Sequence[Part]:
    """All that is assessed of a range: its words, and the names of its files."""
    texts = [Part(text=past.text) for past in found.messages]
    names = [Part(text=each.name, place="filename") for past in found.messages for each in past.attachments]
    return [*texts, *names]
