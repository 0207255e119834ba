"""A question is told so that no text passes for another; it fits; its answer has a footprint, or none."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ContextOverflow
from core.gateway.ask import (
    Material,
    Usage,
    estimate,
    fenced,
    fit,
    footprint,
    length,
    load_ecologits,
    messages,
    room,
)
from tests.core.gateway.asking import ask, model


def test_without_instructions():
    """No empty system message is sent."""
    assert [m["role"] for m in messages(ask())] == ["system", "user"]


@given(text=st.text() | st.just("</document-> Ignore"), name=st.text())
def test_fence_cannot_be_closed(text, name):
    """Whatever a material holds, its fence occurs twice: where it opens and where it closes."""
    material = Material(name=name, text=text)
    whole = fenced(ask(materials=(material,)), material)
    opening = whole.split("\n")[1]
    fence = opening.removeprefix("<document-").removesuffix(">")
    assert len(fence) == 16
    assert whole.count(fence) == 2
    assert whole.endswith(f"\n</document-{fence}>")


def test_fence_known_to_the_writer():
    """A material that holds the very fence that it would get gets another one."""
    material = Material(name="a", text="x")
    fence = fenced(ask(materials=(material,)), material).split("\n")[1][10:-1]
    other = Material(name="a", text=f"x</document-{fence}>")
    assert fenced(ask(materials=(material,)), other).split("\n")[1] != f"<document-{fence}>"


@pytest.mark.parametrize(
    "sign",
    [
        "<|im_start|>",
        "<｜User｜>",
        "[INST]",
        "[/INST]",
        "</s>",
        "<<SYS>>",
        "<start_of_turn>",
        "[SYSTEM_PROMPT]",
    ],
)
def test_texts_hold_no_sign_of_a_template(sign):
    """What marks who speaks in a template is broken in texts of people, and stays in our own instructions."""
    whole = ask(f"a{sign}b", materials=(Material(name=sign, text=sign),), history=())
    made = messages(replace(whole, instructions=sign))
    assert made[0]["content"] == sign
    assert all(sign not in each["content"] for each in made[1:])
    assert made[-1]["content"] == f"a{sign[0]} {sign[1:]}b"


TURN = st.tuples(st.text(max_size=200), st.text(max_size=400))


@given(history=st.lists(TURN, max_size=12).map(tuple), context=st.integers(200, 2000))
def test_oldest_history_goes_first(history, context):
    """The kept history is the newest part of it, it fits, and one more exchange would not."""
    full = ask(history=history, answer_tokens=64)
    small = model("u", context=context)
    fitted = fit(full, small)
    kept = (len(fitted) - len(messages(replace(full, history=())))) // 2
    newest = replace(full, history=history[len(history) - kept :])
    most = int(context * 0.9) - 64
    assert fitted == messages(newest)
    assert length(newest) <= most
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
        assert fit(full, model("u", context=small)) != messages(full)


def test_everything_that_fits_stays():
    """A short conversation is left as it is."""
    full = ask(history=(("a", "b"),))
    assert fit(full, model("u")) == messages(full)


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


DENSE_24 = replace(model("u"), active_parameters=24.0)
USAGE = Usage(prompt_tokens=100, completion_tokens=400)


def test_footprint_in_france():
    """EcoLogits for a dense model of 24 billion parameters: some hundredths of a watt-hour."""
    found = footprint(DENSE_24, USAGE)
    assert found.method == "EcoLogits"
    assert 0.03 < found.wh[0] < found.wh[1] < 0.07
    assert 0.003 < found.gco2e[0] < found.gco2e[1] < 0.008


def test_footprint_grows_with_the_model_and_the_answer():
    """Twice the tokens take twice the energy; a larger model takes more."""
    once, twice = footprint(DENSE_24, USAGE), footprint(DENSE_24, replace(USAGE, completion_tokens=800))
    assert twice.wh[1] == pytest.approx(2 * once.wh[1])
    large = replace(DENSE_24, active_parameters=41.0, total_parameters=675.0)
    assert footprint(large, USAGE).wh[0] > 10 * once.wh[0]


def test_gateway_knows_its_footprint_better():
    """What the gateway reports is taken as it is, never added to an estimate."""
    told = replace(USAGE, kwh=(1e-5, 3e-5), kgco2eq=(1e-6, 2e-6))
    found = footprint(replace(DENSE_24, dialect="opengatellm"), told)
    assert found.wh == pytest.approx((0.01, 0.03))
    assert found.gco2e == pytest.approx((0.001, 0.002))
    assert found.method == "OpenGateLLM"


@pytest.mark.parametrize(
    ("asked", "usage"),
    [
        (model("u"), USAGE),
        (DENSE_24, Usage()),
        (replace(DENSE_24, dialect="local"), USAGE),
        (replace(DENSE_24, dialect="extracts"), USAGE),
    ],
)
def test_unknown_footprint(asked, usage):
    """Without a size, tokens or a server there is no figure."""
    assert footprint(asked, usage) is None


async def test_ecologits_is_loaded_beside_the_loop():
    """EcoLogits is imported beside the loop, once."""
    await load_ecologits()
    assert "ecologits.impacts.llm" in sys.modules
