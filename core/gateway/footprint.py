"""Energy and greenhouse gases of an answer: what the gateway reports, else an estimate by EcoLogits.

Both are ranges with the name of their method, and are never added up. EcoLogits (offline) knows the size
of the model, the tokens written and the electricity of France; it ignores the tokens read, so long
materials are under-counted. A model of unknown size has no footprint rather than an invented one.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.gateway.ask import Usage
from core.gateway.catalogue import Model

LAMP = 8.0
"""Watts of the LED lamp that footprints are compared with."""
_ECOLOGITS = "ecologits.impacts.llm"
ZONE = "FRA"
PUE = (1.1, 1.5)
"""Power usage effectiveness, from a large recent data centre to a common French one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Ranges, low to high: watt-hours and grams of CO2 equivalent."""

    wh: tuple[float, float]
    gco2e: tuple[float, float]
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FootprintSum:
    """What answers took: tokens, watt-hours and grams of CO2 equivalent, low to high; `count` of them have a
    footprint that is known."""

    tokens: int = 0
    wh: tuple[float, float] = (0.0, 0.0)
    gco2e: tuple[float, float] = (0.0, 0.0)
    count: int = 0

    def __add__(self, other: FootprintSum) -> FootprintSum:
        return FootprintSum(
            tokens=self.tokens + other.tokens,
            wh=(self.wh[0] + other.wh[0], self.wh[1] + other.wh[1]),
            gco2e=(self.gco2e[0] + other.gco2e[0], self.gco2e[1] + other.gco2e[1]),
            count=self.count + other.count,
        )


def footprint(model: Model, usage: Usage) -> Footprint | None:
    """The footprint of one answer, None when it is not known."""
    if usage.kwh and usage.kgco2eq:
        method = "OpenGateLLM" if model.dialect == "opengatellm" else "API"
        return Footprint(wh=_thousandfold(usage.kwh), gco2e=_thousandfold(usage.kgco2eq), method=method)
    return estimated(model, usage.completion_tokens) if model.estimable else None


def estimated(model: Model, tokens: int) -> Footprint | None:
    """The estimate for so many tokens that a model writes."""
    if not (model.estimable and tokens):
        return None
    total = model.total_parameters or model.active_parameters
    (wh, gco2e), (most_wh, most_gco2e) = (_per_token(model.active_parameters, total, pue) for pue in PUE)
    return Footprint(
        wh=(tokens * wh, tokens * most_wh), gco2e=(tokens * gco2e, tokens * most_gco2e), method="EcoLogits"
    )


async def prepare() -> None:
    """Import EcoLogits (0.15 s) beside the event loop, so that `footprint` does not do it there."""
    if _ECOLOGITS not in sys.modules:
        await asyncio.to_thread(importlib.import_module, _ECOLOGITS)


@lru_cache(maxsize=64)
def _per_token(active: float, total: float, pue: float) -> tuple[float, float]:
    """Watt-hours and grams for a token: EcoLogits takes no other part of an answer but its length, in
    proportion, and 1.5 ms."""
    llm: Any = importlib.import_module(_ECOLOGITS)
    mixes: Any = importlib.import_module("ecologits.electricity_mix_repository")
    mix = mixes.electricity_mixes.find_electricity_mix(zone=ZONE)
    found = llm.compute_llm_impacts(
        model_active_parameter_count=active,
        model_total_parameter_count=total,
        output_token_count=1000,
        request_latency=float("inf"),
        if_electricity_mix_adpe=mix.adpe,
        if_electricity_mix_pe=mix.pe,
        if_electricity_mix_gwp=mix.gwp,
        if_electricity_mix_wue=mix.wue,
        datacenter_pue=pue,
        datacenter_wue=0.0,
    )
    return found.energy.value, found.gwp.value  # of a thousand tokens in kWh and kg


def _thousandfold(span: tuple[float, float]) -> tuple[float, float]:
    return span[0] * 1000, span[1] * 1000
