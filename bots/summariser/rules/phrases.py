"""The turns of phrase by which the rules read a talk, from `data/*.txt`, read when one is first used.

In these files a section is one pattern, and each of its lines one way of saying it, in folded text
(`core.language.folding.unaccented`: no accents, lower case, straight apostrophes). A space stands for any
white space, and no group captures. `{NAME}` stands for `NAME = …` or for the section `[name]`. An indented
line continues the one before. A section with an asterisk lists plain words.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Literal

from core.language.pattern_file import read_sections

Phrase = Literal[
    "accepts", "answers", "asks_to", "chooses", "clause", "commits", "dates", "deadline", "decides",
    "decides_mildly", "denies", "disagrees", "does", "done", "fails", "given", "given_later", "gives_up",
    "idle", "jokes", "listed", "meeting", "needed", "needs_of_all", "no", "no_answer", "not_committed",
    "not_decided", "not_disagreed", "objects", "offered", "offers", "open_still", "proposes", "refuses",
    "reverses", "settled", "settles", "take_together", "takes", "thanks", "to_do", "to_you", "turns",
    "who", "winks", "withdraws", "wonders",
]  # fmt: skip
_FILES = ("decisions.txt", "promises.txt", "turns.txt")


def says(phrase: Phrase, plain: str) -> re.Match[str] | None:
    """Return the first place where a folded text says this phrase, or None."""
    return pattern(phrase).search(plain)


@cache
def pattern(phrase: Phrase) -> re.Pattern[str]:
    return re.compile(re.sub(r"(?<!\\)\((?!\?)", "(?:", "|".join(sections()[phrase])).replace(" ", r"\s+"))


@cache
def vocabulary(name: Literal["agrees", "laughs", "no_names", "stop_words"]) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(" ".join(sections()[f"{name}*"]).split())


@cache
def sections() -> dict[str, list[str]]:
    """Return the ways of saying each phrase, with their names replaced by what they stand for."""
    folder = resources.files("bots.summariser.rules") / "data"
    return read_sections("\n".join((folder / name).read_text("utf-8") for name in _FILES))
