"""The encoder of the reader of unmarked texts: a few layers, the last of them tuned to what is sensitive."""

from __future__ import annotations

from functools import cache

from core.language.encoder import Encoder, Layers, installed_encoder
from core.sensitivity.data import read_bytes


@cache
def shipped_encoder() -> Encoder | None:
    """The encoder of this machine, tuned; None where there is none. Only who encodes reads its layers."""
    return installed_encoder(Layers.load(read_bytes("unmarked_layers.bin")))
