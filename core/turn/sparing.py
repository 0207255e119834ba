"""What a turn spared: what was not asked of a model though it could have been.

That is done by a smaller model than the largest that may read this level, by notes on a document that were
kept, and by extracts in place of a model. It is always compared by EcoLogits, which knows sizes; what it does
not know spares nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.gateway.ask import Done, estimate, estimated_footprint
from core.gateway.catalogue import Model
from core.sessions.figures import Spared


def spared(
    answers: Sequence[Done], models: Sequence[Model], *, reused: int, quoted: str
) -> dict[Spared, tuple[float, float]]:
    """Return the watt-hours that were spared. `models` may read this level, the one that answers before the
    others; `reused`: tokens of notes that were kept; `quoted`: the answer, which may be one by extracts."""
    able = [model for model in models if model.generates]
    if not any(model.estimable for model in able):
        return {}
    largest = max(able, key=lambda model: (model.active_parameters, model.total_parameters or 0.0))
    found: dict[Spared, tuple[float, float]] = {}
    for done in answers:
        own, more = (
            estimated_footprint(model, done.usage.completion_tokens) for model in (done.model, largest)
        )
        if own and more and more.wh[1] > own.wh[1]:  # else one of them is not known, or the largest answered
            low, high = found.get("smaller", (0.0, 0.0))
            found["smaller"] = low + more.wh[0] - own.wh[0], high + more.wh[1] - own.wh[1]
    if notes := estimated_footprint(able[0], reused):
        found["notes"] = notes.wh
    quotes = any(not done.model.generates for done in answers)
    if extracts := estimated_footprint(able[0], estimate(quoted) if quotes else 0):
        found["extracts"] = extracts.wh
    return found
