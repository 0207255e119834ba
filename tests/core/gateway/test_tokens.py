"""What is left out so that a request fits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ContextOverflow
from core.gateway.ask import Exchange, Material
from core.gateway.tokens import estimate, fit, length, room
from tests.core.gateway.asking import ask, model

TURN = st.builds(Exchange, question=st.text(max_size=200), answer=st.text(max_size=400))


@given(history=st.lists(TURN, max_size=12).map(tuple), context=st.integers(200, 2000))
def test_oldest_history_goes_first(history, context):
    """The kept history is the newest part of it, it fits, and one more exchange would not."""
    full = ask(history=history, answer_tokens=64)
    small = model("u", context=context)
    fitted = fit(full, small)
    kept = len(fitted.history)
    most = int(context * 0.9) - 64
    assert fitted.history == history[len(history) - kept :]
    assert length(fitted) <= most
    if kept < len(history):
        assert length(replace(full, history=history[len(history) - kept - 1 :])) > most


WRITTEN = st.text(st.sampled_from("aé9\n\f€ “中🙂<s>[/INST]"), max_size=80) | st.text(max_size=80)


@given(
    question=WRITTEN,
    history=st.lists(TURN, max_size=3).map(tuple),
    materials=st.lists(st.builds(Material, name=WRITTEN, text=WRITTEN), max_size=3).map(tuple),
)
def test_no_request_is_longer_than_the_most_that_is_known_at_once(question, history, materials):
    """No request is left whole by the bound at which it is not counted, though it is one token too long."""
    full = ask(question, history=history, materials=materials)
    most = length(full) + full.answer_tokens
    small = next(n for n in count(2 * most, -1) if room(n, full) < 0)
    with suppress(ContextOverflow):
        assert fit(full, model("u", context=small)) != full


def test_everything_that_fits_stays():
    """A short conversation is left as it is."""
    full = ask(history=(Exchange(question="a", answer="b"),))
    assert fit(full, model("u")) == full


@pytest.mark.parametrize(
    "too_long",
    [
        ask("mot " * 60_000),
        ask(materials=(Material(name="a", text="mot " * 60_000),)),
        ask(answer_tokens=40_000),
    ],
)
def test_overflow(too_long):
    """A question, materials or an answer that cannot fit are refused before anything leaves."""
    with pytest.raises(ContextOverflow, match=r"small\s: .* jetons de trop pour une fenêtre de 32768"):
        fit(too_long, model("u"))


COUNTED = {
    "prose": ("Le service de la direction examine chaque demande dans un délai de deux mois. " * 9, 145),
    "amounts": ("| 912\u202f480,57 | 88\u202f305,10 | 7\u202f416,99 |\n" * 9, 306),
    "dates": ("03/11/2026 10:45\n" * 9, 153),
    "key": ("c2VydmljZSBkZSBsYSBkaXJlY3Rpb24gZXhhbWluZSBjaGFxdWU5OTk4NDMxMg==" * 3, 141),
    "capitals": ("DIFFUSION RESTREINTE AU SERVICE DE LA DIRECTION\n" * 9, 153),
    "arabic": ("تعقد اللجنة اجتماعها السنوي في مدينة الرباط. " * 9, 109),
    "empty cells": ("|  | x |  |  | 3 |  |\n" * 9, 126),
    "addresses": ("jean.dupont@exemple.fr; \n" * 9, 99),
    "code": ("def fit(ask: Ask, model: Model) -> Ask:\n    return ask\n" * 9, 162),
    "emoji": ("🎉 Réunion 📅 à 14 h ✅ 👩‍💻 " * 9, 209),
    "telephones": ("01 23 45 67 89\n" * 9, 135),
    "chinese": ("委员会将于星期二在城市举行年度会议。" * 9, 135),
}
"""Texts and what the Tekken tokenizers of mistral-common make of them, the greater of two."""


@pytest.mark.parametrize("name", COUNTED)
def test_estimate(name):
    """A text of any kind is estimated at no less than what 1.3 times covers, nor at twice its tokens."""
    text, counted = COUNTED[name]
    assert counted / 1.3 <= estimate(text) <= 2 * counted


@given(st.text(max_size=200), st.text(max_size=200))
def test_estimates_add_up(one, other):
    """A text is worth what its parts are, but for keys that are cut: budgets may be reckoned by parts."""
    assert estimate("") == 0
    assert estimate(f"{one} {other}") <= estimate(one) + estimate(other) + 60
