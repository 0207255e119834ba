"""Names and numbers that somebody typed in small letters: « mme delorme », « passeport 19fv12345 ».

People write without capitals on a phone. The finders of personal data know a name by its capital, and a
number of papers by its own; so they read a twin of such lines and quotations, where both have theirs.
"""

from __future__ import annotations

import re
from itertools import islice

from core.language.learned import grammar
from core.sensitivity.data import pattern_of
from core.sensitivity.personal.facts import telling_names

_STRETCH = re.compile(r"[^\n\"“”«»]+")
"""A line, or what stands before, between or behind quotation marks in one."""
_CAPITAL = re.compile(r"[A-Z]")
_NUMBER = re.compile(r"(?<![\w.@/\-])(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{6,40}(?!\w|[.@/\-]\w)")
_TITLE = pattern_of("small_letters.title")
_WORD = re.compile(r"[a-z]{3,}(?:-[a-z]{3,})*")


def with_capitals(text: str) -> str:
    """Write names and numbers of a folded text with capitals, where it has next to none. Its length stays."""
    return _STRETCH.sub(_twin, text)


def _twin(stretch: re.Match[str]) -> str:
    """Capitalise the names and numbers of a stretch that has one capital at most, at its beginning."""
    few = len(list(islice(_CAPITAL.finditer(stretch[0]), 2))) < 2
    return _capitalised(stretch[0]) if few else stretch[0]


def _capitalised(line: str) -> str:
    line = _NUMBER.sub(lambda found: found[0].upper(), line)
    return _WORD.sub(_named, _TITLE.sub(_titled, line))


def _named(found: re.Match[str]) -> str:
    """A given name that tells a person even without a surname."""
    named = found[0].title()
    return named if named in telling_names() else found[0]


def _titled(found: re.Match[str]) -> str:
    """A title and the name behind it; « mme la directrice » has none."""
    return found[0] if found["name"] in grammar() else found[0].title()
