"""Which facts about the bot itself a question is after: where data go, how long, how large, which model, who.

A question that names none is not about the bot (« quelle limite pour le plomb ? »), and is for the model.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Literal, get_args

from core.language.accents import fold

Topic = Literal["retention", "data", "size", "model", "learning", "who", "errors"]


@cache
def _patterns() -> dict[Topic, re.Pattern[str]]:
    data = tomllib.loads(resources.files("core.understanding").joinpath("about.toml").read_text("utf-8"))
    return {topic: re.compile(data[topic]) for topic in get_args(Topic)}


def topics_of(text: str) -> tuple[Topic, ...]:
    """Name the facts about the bot that `text` asks for, in the order in which they are told."""
    folded = fold(text)
    return tuple(topic for topic, pattern in _patterns().items() if pattern.search(folded))
