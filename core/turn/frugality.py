"""What a turn took of models, by model, and what it spared, as the figures of the service count it. Pure.

Spared is what was not asked of a model though it could have been: by a smaller model than the largest that
may read this level, by notes on a document that were kept, by extracts in place of a model. Compared is
always by EcoLogits, which knows sizes; what it does not know spares nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.figures import ModelShare, Spared
from core.gateway.ask import Done
from core.gateway.catalogue import Model
from core.gateway.footprint import estimable, estimated, footprint

Span = tuple[float, float]


def shares(answers: Iterable[Done]) -> dict[str, ModelShare]:
    """What each model that answered took."""
    found: dict[str, ModelShare] = {}
    for done in answers:
        if done.model.generates:
            own = footprint(done.model, done.usage)
            took = ModelShare(
                tokens=done.usage.prompt_tokens + done.usage.completion_tokens,
                wh=own.wh if own else (0.0, 0.0),
                gco2e=own.gco2e if own else (0.0, 0.0),
            )
            before = found.get(done.model.id)
            found[done.model.id] = before + took if before else took
    return found


def spared(
    answers: Sequence[Done], models: Sequence[Model], *, reused: int, quoted: int
) -> dict[Spared, Span]:
    """Watt-hours that were spared. `models` may read this level, the one that answers before the others;
    `reused`: tokens of notes that were kept; `quoted`: those of an answer by extracts."""
    able = [model for model in models if model.generates]
    if not any(map(estimable, able)):
        return {}
    largest = max(able, key=lambda model: (model.active_parameters, model.total_parameters or 0.0))
    found: dict[Spared, Span] = {}
    for done in answers:
        tokens = done.usage.completion_tokens
        if done.model.generates:
            found["smaller"] = _sum(
                found.get("smaller"), _less(_wh(largest, tokens), _wh(done.model, tokens))
            )
        else:
            found["extracts"] = _wh(able[0], quoted)
    if reused:
        found["notes"] = _wh(able[0], reused)
    return {kind: span for kind, span in found.items() if span[1] > 0}


def _wh(model: Model, tokens: int) -> Span:
    found = estimated(model, tokens)
    return found.wh if found else (0.0, 0.0)


def _less(more: Span, less: Span) -> Span:
    """The difference, none where one of them is not known."""
    return (more[0] - less[0], more[1] - less[1]) if less[1] and more[1] > less[1] else (0.0, 0.0)


def _sum(one: Span | None, other: Span) -> Span:
    return (one[0] + other[0], one[1] + other[1]) if one else other
