"""How a long answer is cut into messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.delivery.splitting import split

TEXTS = st.text(alphabet=st.sampled_from("aé \n.`~🙂"), max_size=600)


@given(text=TEXTS, limit=st.integers(64, 200))
def test_every_part_fits(text: str, limit: int) -> None:
    """No part is longer than the platform takes, whatever the text."""
    assert all(len(part.encode()) <= limit for part in split(text, limit))


@given(text=st.text(alphabet="aé \n.", max_size=600), limit=st.integers(64, 200))
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
