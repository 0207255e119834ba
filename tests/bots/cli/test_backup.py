"""A backup and its restore, with the embedded store and with one that replicas share."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import nullcontext
from pathlib import Path

import pytest

from bots.base import inbox_of, opened, sessions_of
from bots.cli.admin import rotate
from bots.cli.backup import backup, restore
from core.config.settings import load_settings
from core.errors import ConfigurationError, StoreRefused
from core.sensitivity.level import Level
from core.sessions.model import KeptTurn
from core.vault import generate
from tests.core.stored import keep, question
from tests.rig.valkey import Valkey, valkey

ANNE = "@anne:agents.example"


async def remember(text: str) -> None:
    """A turn of Anne's is kept, and a question of hers waits."""
    async with opened(load_settings()) as base:
        sessions = sessions_of(base)
        session, _ = await sessions.load("tchap:!room", ANNE)
        turn = KeptTurn(key=text, question=text, answer="oui", author=ANNE, at=1.0, level=Level.N1)
        assert await keep(sessions, session, turn)


async def wait(name: str) -> None:
    from core.inbox.inbox import Entry

    async with opened(load_settings()) as base:
        await inbox_of(base).enqueue([Entry(event=question(name))])


async def remembered() -> list[str]:
    async with opened(load_settings()) as base:
        session, _ = await sessions_of(base).load("tchap:!room", ANNE)
        return [turn.question for turn in session.turns]


async def waiting() -> int:
    async with opened(load_settings()) as base:
        return (await inbox_of(base).stats()).ready


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[Valkey]:
    async with valkey(tmp_path / "server") as server:
        yield server


@pytest.fixture
def shared(server: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a replica on a store of its own process; its data folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAIS_STORE__URL", server.url)
    monkeypatch.setenv("RELAIS_STORE__KEYS", generate())
    monkeypatch.setenv("RELAIS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


async def emptied(server: Valkey) -> None:
    async with opened(load_settings()) as base:
        await base.store.everywhere(("FLUSHALL",))


async def test_a_shared_store_comes_back(server: Valkey, shared: Path) -> None:
    """What was kept and what waited is there again; what came after the backup is not, nor what expired."""
    await remember("avant")
    await wait("attend")
    async with opened(load_settings()) as base:
        await base.store.run(("SET", "relais:{0}:bref", "x", "PX", 50))
        assert await backup(shared / "b", None) == 0
    await remember("après")
    await emptied(server)
    await asyncio.sleep(0.06)  # the time of a key that the backup holds
    assert await restore(shared / "b", None) == 0
    assert (await remembered(), await waiting()) == (["avant"], 1)
    async with opened(load_settings()) as base:
        assert await base.store.run(("EXISTS", "relais:{0}:bref")) == 0
    assert not list((shared / "b").rglob("*.key"))


async def test_a_shared_store_comes_back_on_a_new_machine(server: Valkey, shared: Path) -> None:
    """Whose data folder is not there yet; the journal of erasures is put there."""
    await remember("avant")
    await backup(shared / "b", None)
    await emptied(server)
    shutil.rmtree(shared / "data", ignore_errors=True)
    assert await restore(shared / "b", None) == 0
    assert await remembered() == ["avant"]
    assert (shared / "data" / "erasures").exists()


async def test_who_was_erased_since_stays_erased(server: Valkey, shared: Path) -> None:
    """The journal of erasures of the data folder holds against a backup of before."""
    from core.sessions.erasure import Journal

    await remember("à oublier")
    await backup(shared / "b", None)
    async with opened(load_settings()) as base:
        await sessions_of(base).forget(ANNE)
        await Journal(base.store, base.settings.data_dir).mirror()
    await emptied(server)
    await restore(shared / "b", None)
    async with opened(load_settings()) as base:
        assert await Journal(base.store, base.settings.data_dir).replay() == 1
    assert await remembered() == []


async def test_a_store_that_is_used_is_not_written_over(
    server: Valkey, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one filled under other keys than those that are given."""
    await remember("avant")
    await backup(shared / "b", None)
    with pytest.raises(StoreRefused, match="n’est pas vide"):
        await restore(shared / "b", None)
    await emptied(server)
    monkeypatch.setenv("RELAIS_STORE__KEYS", generate())
    with pytest.raises(StoreRefused, match="par d’autres clés"):
        await restore(shared / "b", None)


async def test_a_lost_data_folder_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the embedded store: its key and the identity's seed come from the folder of secrets, old devices
    do not come at all."""
    data, apart = tmp_path / "data", tmp_path / "secrets"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAIS_DATA_DIR", str(data))
    (data / "tchap").mkdir(parents=True)
    (data / "tchap/cross_signing.seed").write_text("graine")
    (data / "tchap/device.json").write_text("{}")
    await remember("avant")
    assert await backup(tmp_path / "b", apart) == 0
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["erasures", "manifest.json", "store"]
    assert {path.stat().st_mode & 0o777 for path in apart.iterdir()} == {0o600}
    shutil.rmtree(data)
    assert await restore(tmp_path / "b", apart) == 0
    assert await remembered() == ["avant"]
    assert [path.name for path in (data / "tchap").iterdir()] == ["cross_signing.seed"]


@pytest.mark.parametrize("runs", [True, False])
async def test_a_restore_that_is_refused_leaves_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    """Beside a relais that runs, or over one that was stopped: with the key of the backup, which was replaced
    since, its store would open no more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAIS_DATA_DIR", str(tmp_path / "data"))
    await remember("avant")
    await backup(tmp_path / "b", tmp_path / "secrets")
    await rotate()
    async with opened(load_settings()) if runs else nullcontext():
        with pytest.raises(StoreRefused):
            await restore(tmp_path / "b", tmp_path / "secrets")
    assert await remembered() == ["avant"]


async def test_a_backup_that_was_cut_is_refused(server: Valkey, shared: Path) -> None:
    """Before anything is written."""
    await remember("avant")
    await backup(shared / "b", None)
    whole = (shared / "b/store").read_bytes()
    (shared / "b/store").write_bytes(whole[:-1])
    with pytest.raises(ConfigurationError, match="changé ou coupé"):
        await restore(shared / "b", None)
    with pytest.raises(ConfigurationError, match="n’est pas vide"):
        await backup(shared / "b", None)
    with pytest.raises(ConfigurationError, match="est dans la sauvegarde"):
        await backup(shared / "c", shared / "c/keys")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act on another account's folder")
async def test_root_restores_nothing_for_the_account_of_the_service(server: Valkey, shared: Path) -> None:
    """Into the empty folder of a service that has an account of its own: it could not read what root puts
    there."""
    await remember("avant")
    await backup(shared / "b", None)
    await emptied(server)
    shutil.rmtree(shared / "data", ignore_errors=True)
    (shared / "data").mkdir()
    os.chown(shared / "data", 61_184, 61_184)
    with pytest.raises(ConfigurationError, match=r"data est au compte 61184.*sudo -u 61184"):
        await restore(shared / "b", None)
    assert list((shared / "data").iterdir()) == []
