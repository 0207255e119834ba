"""Names and numbers that somebody typed in one case: « mme delorme », « passeport 19fv12345 », « MME ROY ».

People write without capitals on a phone, and whole sentences in capitals when they are upset or fill in a
form. The finders of personal data know a name by its capital, and a number of papers by its own; so they read
a twin of such lines, quotations and sentences, where both have theirs.
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
_IN_CAPITALS = re.compile(r"(?<![A-Za-z])[A-Z](?=[^a-z\n]{11})[^a-z\n]+(?![a-z])")
"""A stretch without any small letter, a dozen characters long."""
_GRAMMAR_WORDS = 2
"""Words of grammar that tell a sentence in capitals from a stamp, a title or a list of names."""


def with_capitals(text: str) -> str:
    """Write names and numbers of a folded text with capitals, where it has next to none, and sentences in
    capitals as if they had been typed in small letters. The length of the text stays."""
    return _STRETCH.sub(_twin, _IN_CAPITALS.sub(_lowered, text))


def _lowered(stretch: re.Match[str]) -> str:
    """The twin of a stretch in capitals, if it is a sentence."""
    lower = stretch[0].lower()
    words = islice((word for word in lower.split() if word in grammar()), _GRAMMAR_WORDS)
    is_sentence = len(list(words)) == _GRAMMAR_WORDS and len(lower) == len(stretch[0])
    return _capitalised(lower) if is_sentence else stretch[0]


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
