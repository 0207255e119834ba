"""Whether a text says that somebody is in danger or suffers: then a fixed word comes before any answer.

The patterns are few and of the first person or of somebody near. A subject (« prévention du suicide »)
is an ordinary question; a wrong reading costs a kind line that was not needed.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Literal, get_args

from core.language.accents import fold

Distress = Literal["suicide", "violence", "harassment"]


@cache
def _patterns() -> dict[Distress, re.Pattern[str]]:
    data = tomllib.loads(resources.files("core.understanding").joinpath("distress.toml").read_text("utf-8"))
    return {kind: re.compile(data[kind]) for kind in get_args(Distress)}


def distress_in(text: str) -> Distress | None:
    """Name the gravest danger that `text` tells of; None for nearly all texts."""
    folded = fold(text)
    return next((kind for kind, pattern in _patterns().items() if pattern.search(folded)), None)
