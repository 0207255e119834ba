"""How an answer ended, for tests of what is counted of it."""

from __future__ import annotations

from core.gateway.ask import Done, Usage
from core.gateway.catalogue import Model
from core.sensitivity.level import Level


def answer(model: str, usage: Usage) -> Done:
    """The end of an answer of a model whose gateway tells what it used."""
    by = Model(id=model, served=model, url="http://x/", clearance=Level.N2)
    return Done(model=by, served=model, finish="stop", usage=usage)
