from __future__ import annotations

import time
from pathlib import Path

import orjson
import pytest

from bots.base import opened, register_of
from bots.cli.verify import verify
from core.config.settings import load_settings
from core.provenance.signing import SigningKeys
from core.sensitivity.level import Level

ANSWER = "L’atelier de Brest a retenu trois mesures pour le littoral, dont deux seront financées cette année."


async def test_answers_and_other_texts_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signed mail, a copied text and another one: each its verdict; the code says whether all are ours."""
    monkeypatch.setenv("RELAIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    async with opened(load_settings()) as base:
        signer = await SigningKeys(base.store, base.vault, time.time).signer()
        token = signer.record(ANSWER, level=Level.N1, generated=True, models=("small",))
        await base.store.batch(register_of(base).adding(f"{ANSWER} Fin.", name="t", generated=True))
    mail, copied, other = tmp_path / "m.eml", tmp_path / "c.txt", tmp_path / "o.txt"
    head = "Subject: Re: x\r\nContent-Type: text/plain; charset=utf-8\r\n"
    mail.write_bytes(f"{head}X-Relais-Provenance: {token}\r\n\r\n{ANSWER}\r\n".encode())
    copied.write_text(f"{ANSWER} Fin.")
    other.write_text("Bonjour, voici le compte rendu de la réunion que vous aviez demandé hier au bureau.")
    assert await verify([mail, copied], as_json=False) == 0
    assert "entière" in capsys.readouterr().out
    assert await verify([mail, copied, other, tmp_path / "absent"], as_json=True) == 1
    signed, found, unknown, absent = orjson.loads(capsys.readouterr().out)
    assert (signed["signature"], signed["record"]["models"], signed["whole"]) == ("ours", ["small"], True)
    assert (found["signature"], found["register"]["share"], found["whole"]) == (None, 1.0, True)
    assert (unknown["ours"], absent["readable"]) == (False, False)
