"""The line under an answer that says who wrote it, at what level, and under a synthesis what it took."""

from __future__ import annotations

from core.gateway.ask import Done
from core.gateway.footprint import footprint
from core.sensitivity.level import Level
from core.texts import Texts


def signature(done: Done, level: Level, say: Texts, *, footprints: bool = True) -> str:
    """The signature of an answer that a model wrote; empty for extracts, of which no word is a model's."""
    if not done.model.generates:
        return ""
    taken = footprint(done.model, done.usage) if footprints else None
    spent = say.footprint(wh=taken.wh, gco2e=taken.gco2e, method=taken.method) if taken else None
    return say.footer(model=done.model.id, level=level, footprint=spent)
