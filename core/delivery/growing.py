"""When an answer that is being written is first shown, and how often again, where it may be edited."""

from __future__ import annotations

import re
from typing import Literal

_SENTENCE = re.compile(r"^[^\w\n]*\w[^\n]{15,}?(?:[.!?…](?=\s)|\n)", re.MULTILINE)
"""Enough of an answer to be worth a message; looked for from the first word of each line, in linear time."""
ENOUGH = 400
"""Characters that are worth one though no sentence ends in them: a table, a list of words."""

MOST_EDITS = {"freely": 60, "sparingly": 1}
"""Growing edits of one answer, at most. Each edit costs every device of a conversation something, and models
write faster than people read: three messages are enough for any answer, its beginning and end included."""
_FREELY, _SLOWER, _SPARINGLY = 1.0, 1.05, 10.0


def pause_before(edit: int, grows: Literal["freely", "sparingly"]) -> float:
    """Seconds before the growing edit number `edit` of an answer, from 0."""
    return _FREELY * _SLOWER**edit if grows == "freely" else _SPARINGLY


def is_beginning(text: str, few: int) -> bool:
    """Is there a whole sentence in the text so far, or else so `few` characters?"""
    return len(text) >= few or _SENTENCE.search(text) is not None
