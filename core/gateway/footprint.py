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
from typing import Any

from core.gateway.ask import Usage
from core.gateway.catalogue import Model

LAMP = 8.0
"""Watts of the LED lamp that footprints are compared with."""
_ECOLOGITS = "ecologits.impacts.llm"
_ZONE = "FRA"
_PUE = (1.1, 1.5)
"""Power usage effectiveness, from a large recent data centre to a common French one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Ranges, low to high: watt-hours and grams of CO2 equivalent."""

    wh: tuple[float, float]
    gco2e: tuple[float, float]
    method: str


def footprint(model: Model, usage: Usage, seconds: float | None = None) -> Footprint | None:
    """The footprint of one answer, None when it is not known. `seconds` is how long the answer took."""
    if usage.kwh and usage.kgco2eq:
        method = "OpenGateLLM" if model.dialect == "opengatellm" else "API"
        return Footprint(wh=_thousandfold(usage.kwh), gco2e=_thousandfold(usage.kgco2eq), method=method)
    if not estimable(model) or not usage.completion_tokens:
        return None
    low, high = (_impacts(model, usage.completion_tokens, seconds, pue) for pue in _PUE)
    return Footprint(
        wh=(low.energy.value * 1000, high.energy.value * 1000),
        gco2e=(low.gwp.value * 1000, high.gwp.value * 1000),
        method="EcoLogits",
    )


def estimable(model: Model) -> bool:
    """EcoLogits speaks of servers with graphics cards: not of this machine, nor of unknown sizes."""
    return model.active_parameters > 0 and model.address == "url"


async def prepare() -> None:
    """Import EcoLogits (0.15 s) beside the event loop, so that `footprint` does not do it there."""
    if _ECOLOGITS not in sys.modules:
        await asyncio.to_thread(importlib.import_module, _ECOLOGITS)


def _impacts(model: Model, tokens: int, seconds: float | None, pue: float) -> Any:
    llm: Any = importlib.import_module(_ECOLOGITS)
    mixes: Any = importlib.import_module("ecologits.electricity_mix_repository")
    mix = mixes.electricity_mixes.find_electricity_mix(zone=_ZONE)
    return llm.compute_llm_impacts(
        model_active_parameter_count=model.active_parameters,
        model_total_parameter_count=model.total_parameters or model.active_parameters,
        output_token_count=tokens,
        request_latency=float("inf") if seconds is None else seconds,
        if_electricity_mix_adpe=mix.adpe,
        if_electricity_mix_pe=mix.pe,
        if_electricity_mix_gwp=mix.gwp,
        if_electricity_mix_wue=mix.wue,
        datacenter_pue=pue,
        datacenter_wue=0.0,
    )


def _thousandfold(span: tuple[float, float]) -> tuple[float, float]:
    return span[0] * 1000, span[1] * 1000
