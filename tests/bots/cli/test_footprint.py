"""`relais footprint`: the declaration of a month, as text and as plain values."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from bots.base import figures_of, opened
from bots.cli.footprint import footprint
from core.config.settings import load_settings
from core.errors import ConfigurationError
from core.gateway.ask import Usage
from tests.rig.answers import answer


@pytest.fixture
async def used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A month in which twelve people asked a small model, and three a large one; its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAIS_HTTP__ORGANISATION", "Ministère de l’Exemple")
    people: Sequence[tuple[str, str]] = [
        *((f"@p{n}:x", "petit") for n in range(12)),
        *((f"@q{n}:x", "grand") for n in range(3)),
    ]
    async with opened(load_settings()) as base:
        for person, model in people:
            used = Usage(prompt_tokens=1000, kwh=(0.001, 0.002), kgco2eq=(0.0001, 0.0002))
            counted = figures_of(base).counting(
                person=person, connector="tchap", level="N1", models=(model,), tokens=1000, use="chat",
                done=(answer(model, used),), spared={"smaller": (3.0, 4.0)},
            )  # fmt: skip
            await base.store.run(counted)
    return datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m")


async def test_declaration_as_values(used: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Totals by model and use with bounds, what was spared, method, scope; a few people are not described."""
    assert await footprint(used, as_json=True) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert (told["month"], told["answers"], told["wh"], told["gco2e"]) == (used, 15, [15.0, 30.0], [1.5, 3.0])
    assert told["models"] == [
        {"name": "petit", "answers": 12, "tokens": 12_000, "wh": [12.0, 24.0], "gco2e": [1.2, 2.4]},
        {"name": "grand", "people": "<10"},
    ]
    assert told["uses"][0]["name"] == "chat"
    assert told["uses"][0]["tokens"] == 15_000
    assert told["spared"]["smaller"] == {"count": 15, "wh": [45.0, 60.0]}
    assert told["spared"]["notes"] == {"count": 0, "wh": [0.0, 0.0]}
    assert (told["scope"], told["method"]["name"]) == ("inference", "EcoLogits")


async def test_declaration_as_text(used: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same to be published, in the language of the service."""
    await footprint(used, as_json=False)
    text = capsys.readouterr().out
    for line in (
        f"# Empreinte de l’assistant, {used}",
        "| Énergie (Wh) | 15,0 à 30,0 |",
        "| Énergie par réponse (Wh) | 1,000 à 2,000 |",
        "| petit | 12 | 12\u202f000 | 12,0 à 24,0 | 1,2 à 2,4 |",
        "| grand | non montré | | | |",
        "| Questions | 15 | 15\u202f000 | 15,0 à 30,0 | 1,5 à 3,0 |",
        "| Un modèle plus petit a répondu | 15 | 45,0 à 60,0 |",
    ):
        assert line in text.splitlines()
    assert "AFNOR SPEC 2314" in text
    assert "\n\n\n" not in text


async def test_month_that_is_none(used: str) -> None:
    """It is said how to write one."""
    with pytest.raises(ConfigurationError, match="2026-11"):
        await footprint("novembre", as_json=True)
