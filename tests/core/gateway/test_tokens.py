"""What is left out so that a request fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ContextOverflow
from core.gateway.ask import Exchange, Material
from core.gateway.tokens import estimate, fit, length
from tests.core.gateway.asking import ask, model

TURN = st.builds(Exchange, question=st.text(max_size=200), answer=st.text(max_size=400))


@given(history=st.lists(TURN, max_size=12).map(tuple), context=st.integers(200, 2000))
def test_oldest_history_goes_first(history, context):
    """The kept history is the newest part of it, it fits, and one more exchange would not."""
    full = ask(history=history, answer_tokens=64)
    small = model("u", context=context)
    fitted = fit(full, small)
    kept = len(fitted.history)
    room = int(context * 0.9) - 64
    assert fitted.history == history[len(history) - kept :]
    assert length(fitted) <= room
    if kept < len(history):
        assert length(replace(full, history=history[len(history) - kept - 1 :])) > room


def test_everything_that_fits_stays():
    """A short conversation is left as it is."""
    full = ask(history=(Exchange(question="a", answer="b"),))
    assert fit(full, model("u")) == full


@pytest.mark.parametrize(
    "too_long",
    [ask("x" * 130_000), ask(materials=(Material(name="a", text="x" * 130_000),)), ask(answer_tokens=40_000)],
)
def test_overflow(too_long):
    """A question, materials or an answer that cannot fit are refused before anything leaves."""
    with pytest.raises(ContextOverflow, match=r"small: .* tokens over a window of 32768"):
        fit(too_long, model("u"))


def test_estimate():
    """Four characters make a token, rounded up."""
    assert [estimate("x" * n) for n in (0, 1, 4, 5)] == [0, 1, 1, 2]
