"""How often an answer that is being written is shown again, where the platform lets it be edited."""

from __future__ import annotations

from typing import Literal

MOST_EDITS = {"freely": 60, "sparingly": 1}
"""Growing edits of one answer, at most. Each edit costs every device of a conversation something, and models
write faster than people read: three messages are enough for any answer, its beginning and end included."""
_FREELY, _SLOWER, _SPARINGLY = 1.0, 1.05, 10.0


def pause_before(edit: int, grows: Literal["freely", "sparingly"]) -> float:
    """Seconds before the growing edit number `edit` of an answer, from 0."""
    return _FREELY * _SLOWER**edit if grows == "freely" else _SPARINGLY
