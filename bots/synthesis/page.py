"""How a synthesis stands in a mail: a title, the synthesis, what to check, the documents, who wrote it.

Everything has a heading, so that a screen reader finds it, and nothing is told by looks alone. Pure.
"""

from __future__ import annotations

import re

from bots.documents.synthesis import Made
from bots.synthesis.words import words
from core.bot import Turn
from core.condense.words import words as condensing
from core.texts.signature import signature

_HEADING = re.compile(r"^(#{1,6})(?= \S)", re.MULTILINE)
_NAMED = 3
"""Documents that the title names; more are counted by the list below."""


def page(turn: Turn, made: Made) -> str:
    """The answer to a request for a synthesis."""
    names = [work.name for work in made.works]
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    title = f"# {condensing(turn.texts.language).title(shown)}"
    return "\n\n".join([title, lowered(made.finished.text), *below(turn, made)])


def answer(turn: Turn, made: Made) -> str:
    """The answer to a question on the documents: no title, it begins with what was asked."""
    return "\n\n".join([lowered(made.finished.text), *below(turn, made)])


def lowered(text: str) -> str:
    """Its headings below the title of the page: the highest is of the second level."""
    levels = [len(match[1]) for match in _HEADING.finditer(text)]
    shift = 2 - min(levels, default=2)
    return _HEADING.sub(lambda match: "#" * max(2, min(6, len(match[1]) + shift)), text)


def below(turn: Turn, made: Made) -> list[str]:
    """What stands under the synthesis."""
    language = turn.texts.language
    say = words(language)
    parts: list[str] = []
    if made.condensed.done.finish == "length":
        parts.append(condensing(language).cut_short())
    if doubts := made.finished.to_check:
        parts += [f"## {say.to_check()}", say.to_check_why(), condensing(language).doubts(doubts)]
    if len(made.works) > 1:
        parts += [f"## {say.documents()}", "\n".join(_documents(turn, made))]
    if unread := turn.unreadable():
        parts += [f"## {say.not_read()}", "\n".join(f"- {each}" for each in unread)]
    if signed := signature(made.condensed.done, turn.level, turn.texts):
        parts += ["---", signed]
    return parts


def _documents(turn: Turn, made: Made) -> list[str]:
    levels = {material.name: material.level for material in turn.materials()}
    say = words(turn.texts.language)
    return [
        "- "
        + say.document(work.name, pages=1 + work.whole.count("\f"), level=levels.get(work.name, turn.level))
        for work in made.works
    ]
