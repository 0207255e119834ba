"""What operators do by hand, on the embedded store of a data folder."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from bots.compose import opened, sessions_of
from bots.upkeep import dead, person
from core.sensitivity.level import Level
from core.session import Turn
from core.settings import Settings, load_settings

ANNE = "@anne:agents.example"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("RELAIS_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return load_settings()


async def remember(settings: Settings, question: str) -> None:
    async with opened(settings) as base:
        sessions = sessions_of(base)
        session, _ = await sessions.load("tchap:!room", ANNE)
        turn = Turn(key="k", question=question, answer="oui", author=ANNE, at=1.0, level=Level.N1)
        assert await sessions.append(session, turn)


async def test_export_then_erase(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The operator hands over what is kept about a person; once erased, nothing is."""
    await remember(settings, "Quelle heure est-il ?")
    assert await person("export", ANNE) == 0
    assert "Quelle heure est-il ?" in capsys.readouterr().out
    assert await person("erase", ANNE) == 0
    capsys.readouterr()
    assert await person("export", ANNE) == 0
    assert orjson.loads(capsys.readouterr().out)["sessions"] == []


async def test_beside_a_running_replica(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands may be given while a replica holds the embedded store."""
    async with opened(settings):
        assert await person("export", ANNE) == 0
    assert ANNE in capsys.readouterr().out


async def test_dead_letters_that_are_not_there(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty list is empty, and an unknown or missing id is said."""
    assert await dead("list", None) == 0
    assert capsys.readouterr().out == ""
    assert await dead("retry", None) == 2
    assert await dead("drop", "0-99") == 1
    assert "0-99" in capsys.readouterr().err
