"""How often an answer that is being written is shown again, where the platform lets it be edited."""

from __future__ import annotations

from core.connector import Pace

GROWING = (1.5, 3.0, 4.0)
"""Pauses before the growing edits: models write faster than people read, and each edit costs every device of
the conversation something. Where the platform limits the rate (Synapse: edits are messages) there are no
more than these but for what the budget spares."""
WITHOUT_LIMIT, FINE = 100.0, 1.0
"""Messages a second from which a platform's declared pace counts as no limit: there the answer grows each
second at first."""
SLOWER, MOST_EDITS = 1.05, 60
"""By how much each further pause is longer, and the most growing edits of one answer, whatever the rate."""


def pause_before(edit: int, pace: Pace) -> float:
    """Seconds before the growing edit number `edit` of an answer, from 0."""
    if pace.per_second >= WITHOUT_LIMIT:
        return FINE * SLOWER**edit
    return GROWING[edit] if edit < len(GROWING) else GROWING[-1] * SLOWER ** (edit - len(GROWING))
