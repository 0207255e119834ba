"""Footprints: a range and its method, or nothing."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from core.gateway.ask import Usage
from core.gateway.footprint import footprint, prepare
from tests.core.gateway.asking import model

DENSE_24 = replace(model("u"), active_parameters=24.0)
USAGE = Usage(prompt_tokens=100, completion_tokens=400)


def test_estimate_in_france():
    """EcoLogits for a dense model of 24 billion parameters: some hundredths of a watt-hour."""
    found = footprint(DENSE_24, USAGE)
    assert found.method == "EcoLogits"
    assert 0.03 < found.wh[0] < found.wh[1] < 0.07
    assert 0.003 < found.gco2e[0] < found.gco2e[1] < 0.008


def test_grows_with_the_model_and_the_answer():
    """Twice the tokens take twice the energy; a larger model takes more."""
    once, twice = footprint(DENSE_24, USAGE), footprint(DENSE_24, replace(USAGE, completion_tokens=800))
    assert twice.wh[1] == pytest.approx(2 * once.wh[1])
    large = replace(DENSE_24, active_parameters=41.0, total_parameters=675.0)
    assert footprint(large, USAGE).wh[0] > 10 * once.wh[0]


def test_gateway_knows_better():
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
def test_unknown(asked, usage):
    """Without a size, tokens or a server there is no figure."""
    assert footprint(asked, usage) is None


async def test_prepare():
    """EcoLogits is imported beside the loop, once."""
    await prepare()
    assert "ecologits.impacts.llm" in sys.modules
