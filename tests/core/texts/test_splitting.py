"""How a long answer is cut into messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.texts.typography import LEAST, split

FENCES = st.builds(
    lambda mark, info: f"\n{mark}{info}\n",
    st.sampled_from("`~").flatmap(lambda mark: st.integers(1, 500).map(lambda n: mark * n)),
    st.text(alphabet="aé \n`", max_size=300),
)
TEXTS = st.lists(
    st.one_of(
        FENCES,
        st.text(alphabet=st.sampled_from("aé \n.`~🙂"), max_size=200),
        st.text(st.characters(exclude_categories=()), max_size=50),
    ),
    max_size=12,
).map("".join)


@given(text=TEXTS, limit=st.integers(LEAST, 400))
def test_every_part_fits(text: str, limit: int) -> None:
    """No part is longer than the platform takes, whatever the text, fences longer than a part included."""
    assert all(len(part.encode()) <= limit for part in split(text, limit))


@given(text=TEXTS, limit=st.integers(LEAST, 400))
def test_every_part_takes_something_of_the_text(text: str, limit: int) -> None:
    """What is put round the parts never makes more of a text than it was: a part holds a quarter of its limit
    of the text itself, but for the white space at the cuts, so that their number has a bound."""
    assert len(split(text, limit)) <= len(text.encode("utf-8", "replace")) * 4 // limit + 1


@pytest.mark.parametrize("mark", ["`", "~"])
def test_a_fence_longer_than_a_message_is_cut(mark: str) -> None:
    """A command that echoes 20,000 backticks ends, in messages that a platform takes."""
    parts = split("!niveau x\n" + mark * 20_000, 16_000)
    assert [len(part.encode()) <= 16_000 for part in parts] == [True, True]
    assert "".join(parts).count(mark) == 20_000


def test_a_limit_too_small_for_any_text_is_refused() -> None:
    """A connector that declares no room for a message is a mistake in code."""
    with pytest.raises(ValueError, match="at least"):
        split("Bonjour", LEAST - 1)


def test_code_keeps_its_indentation_where_it_is_cut() -> None:
    """A line of code that begins a part stands as far in as it stood."""
    code = "```python\n" + "    x = 1\n" * 40 + "```"
    lines = {line for part in split(code, 120) for line in part.split("\n")}
    assert lines == {"```python", "    x = 1", "```"}


@given(text=st.text(alphabet="aé \n.", max_size=600), limit=st.integers(LEAST, 200))
def test_nothing_is_lost(text: str, limit: int) -> None:
    """Put together, the parts say what the text said, white space at the cuts apart."""
    assert "".join("".join(split(text, limit)).split()) == "".join(text.split())


def test_short_text_is_one_part() -> None:
    """What fits is not touched."""
    assert split("Bonjour", 100) == ["Bonjour"]


def test_cuts_between_paragraphs_first() -> None:
    """A reader sees whole paragraphs where they fit."""
    paragraph = "mot " * 15
    assert split(f"{paragraph}\n\n{paragraph}", 100) == [paragraph.strip(), paragraph]


def test_a_code_block_is_closed_and_opened_again() -> None:
    """Each part of a code block that was cut is a code block."""
    code = "```python\n" + "x = 1\n" * 30 + "```"
    parts = split(code, 120)
    assert len(parts) > 1
    assert all(part.startswith("```python\n") and part.endswith("```") for part in parts)
