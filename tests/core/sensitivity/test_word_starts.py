"""A pattern that is tried only where a word may begin a match finds what `finditer` finds."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sensitivity.markings import labels
from core.sensitivity.personal import contacts
from core.sensitivity.personal.facts import fact_patterns
from core.sensitivity.secrets import spoken
from core.sensitivity.secrets.credentials import formats
from core.sensitivity.word_starts import WordStarts, first_letters
from tests.bench.sensitivity import labelled


def shipped() -> Iterator[tuple[str, re.Pattern[str]]]:
    """The patterns of rules that begin at a word."""
    patterns: dict[str, re.Pattern[str]] = {f"fact {kind}": each for kind, each in fact_patterns().items()}
    patterns |= {f"format {n}": pattern for n, (_, pattern) in enumerate(formats())}
    modules: tuple[ModuleType, ...] = (labels, contacts, spoken)
    for module in modules:
        for name, each in vars(module).items():
            if isinstance(each, re.Pattern):
                patterns[f"{module.__name__} {name}"] = cast("re.Pattern[str]", each)
    yield from ((name, each) for name, each in patterns.items() if first_letters(each) is not None)


def spans(matches: Iterator[re.Match[str]]) -> list[tuple[int, int]]:
    return [match.span() for match in matches]


def test_patterns_of_rules_find_what_they_find_everywhere() -> None:
    """On the labelled texts, which every rule was written for, in small letters and as written."""
    text = "\n".join(entry["text"] for entry in labelled())
    lower = text.lower()
    words = WordStarts(lower)
    patterns = list(shipped())
    assert len(patterns) > 50
    for name, pattern in patterns:
        for each in (text, lower):
            assert spans(words.finditer(pattern, each)) == spans(pattern.finditer(each)), name


@pytest.mark.parametrize(
    "pattern",
    [r"\bab?c", r"(?<![A-Za-z0-9])(?:a|bc)+\b", r"(?m)^a[bc]{2}",
     r"(?i)\bA(?:b|\s)c?", r"\b(?:a.|b+?c|ca(?=b))",
     r"\ba\b", r"\b(?P<x>[ab])(?P=x)", r"(?<![\w-])c(?:a{0,3})b", r"\b[^\W\d_]b", r"a|\bb", r"\bb?"],
)  # fmt: skip
@given(text=st.text(alphabet="abcABC1_- \né", max_size=40))
def test_any_pattern_finds_what_it_finds_everywhere(pattern: str, text: str) -> None:
    """Whether a word begins its matches or not."""
    compiled = re.compile(pattern)
    assert spans(WordStarts(text.lower()).finditer(compiled, text)) == spans(compiled.finditer(text))


def test_what_stands_before_a_match_may_be_asked_for() -> None:
    """Of the matches those that follow it; a pattern that begins anywhere has none."""
    words = WordStarts("ne pas lire, mais ne pas dire")
    after = re.compile(r"(?:^|, )\Z")
    found = words.finditer(re.compile(r"\bne pas (\w+)"), "ne pas lire, mais ne pas dire", after)
    assert [match[1] for match in found] == ["lire"]
    with pytest.raises(ValueError, match="begins"):
        next(words.finditer(re.compile("pas"), "pas", after))


@pytest.mark.parametrize(
    ("pattern", "text"), [(r"\bn°\s?\d", "voir n°12"), (r"\bé", "é"), (r"\b[aé]b", "éb ab")]
)
def test_letters_beyond_ascii_are_searched_for_everywhere(pattern: str, text: str) -> None:
    """They are no part of the words that are noted."""
    rule = re.compile(pattern)
    assert spans(WordStarts(text).finditer(rule, text)) == spans(rule.finditer(text))
