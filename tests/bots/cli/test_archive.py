"""`relais archive`: what waits, another try, and the receipts; the trail says who tried."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from bots.base import archives_of, audit_of, opened, sessions_of
from bots.cli.archive import archive
from core.config.settings import Settings, load_settings
from core.errors import ConfigurationError, Rejected
from core.sensitivity.level import Level
from core.sessions.model import KeptTurn
from tests.core.stored import keep

ANNE = "@anne:agents.example"
KEY = "tchap:!room"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATA_DIR": str(tmp_path),
        "ARCHIVE__FOLDER": str(tmp_path / "versements"),
        "ARCHIVE__AGENCY": "FRAN",
        "ARCHIVE__ORIGIN": "relais",
    }.items():
        monkeypatch.setenv(f"RELAIS_{name}", value)
    return load_settings()


async def set_apart(settings: Settings) -> None:
    """Have a session begun anew that was marked: it waits for the archives."""
    async with opened(settings) as base:
        sessions = sessions_of(base)
        session, _ = await sessions.load(KEY, ANNE)
        turn = KeptTurn(key="k", question="Où ?", answer="Ici.", author=ANNE, at=1.0, level=Level.N2)
        assert await keep(sessions, session, turn)
        assert settings.archive is not None
        archives = archives_of(base, sessions, settings.archive)
        await archives.mark(KEY)
        await archives.leave(KEY)
        (id,) = await archives.packages.waiting()
        await base.store.run(archives.packages.failing(id, str(Rejected("the archives answer 403"))))


async def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, object]]]:
    capsys.readouterr()
    assert await archive("list", None, as_json=True) == 0
    return orjson.loads(capsys.readouterr().out)


async def test_what_waits_is_listed_and_handed_over(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its level, how much it is and why it was not taken, no content; then it is acknowledged, which the
    trail says, with who asked for it."""
    await set_apart(settings)
    (row,) = (await shown(capsys))["waiting"]
    assert (row["level"], row["turns"], row["trouble"]) == ("N2", 1, "the archives answer 403")
    assert await archive("list", None, as_json=False) == 0
    assert "attend" in (told := capsys.readouterr().out)
    assert "Où" not in told
    id = str(row["id"])
    assert await archive("retry", None, as_json=False) == 0
    assert (settings.data_dir / "versements" / f"{id}.zip").exists()
    found = await shown(capsys)
    assert (found["waiting"], [each["id"] for each in found["acknowledged"]]) == ([], [id])
    async with opened(settings) as base:
        acts = [each["act"] async for each in audit_of(base).entries()]
    assert acts == ["archive_packed", "archive_retry", "archive_deleted"]


async def test_receipt(settings: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """As the archives gave it; an unknown id has none."""
    await set_apart(settings)
    await archive("retry", None, as_json=False)
    capsysbinary.readouterr()
    await archive("list", None, as_json=True)
    id = orjson.loads(capsysbinary.readouterr().out)["acknowledged"][0]["id"]
    assert await archive("receipt", id, as_json=False) == 0
    assert capsysbinary.readouterr().out.startswith(f"{id}.zip sha512:".encode())
    assert await archive("receipt", "relais-0", as_json=False) == 1


async def test_without_archives(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The remedy names the settings."""
    for name in ("FOLDER", "AGENCY", "ORIGIN"):
        monkeypatch.delenv(f"RELAIS_ARCHIVE__{name}")
    with pytest.raises(ConfigurationError, match="RELAIS_ARCHIVE__FOLDER"):
        await archive("list", None, as_json=False)
