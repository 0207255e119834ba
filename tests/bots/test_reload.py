"""A policy that is changed while a replica runs holds whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from structlog.testing import capture_logs

from bots.reload import PolicyReload
from core.config.settings import Settings
from core.policy.file import read_policy
from core.sensitivity.level import Level
from core.turn.services import Services
from tests.core.conftest import Core, core_on

BEFORE = '[ceilings]\ntchap_encrypted = "N2"\n[quotas]\nmessages_per_minute = 10\n'
AFTER = '[ceilings]\ntchap_encrypted = "N1"\n[quotas]\nmessages_per_minute = 3\n'


async def test_a_changed_file_holds_whole_and_is_in_the_trail(tmp_path: Path) -> None:
    """Everybody who held the policy holds the new one; a wrong one changes nothing and is logged."""
    path = tmp_path / "politique.toml"
    path.write_text(BEFORE)
    settings = Settings(policy=path)
    async with core_on(tmp_path / "store", policy=lambda _: read_policy(path)) as core:
        services = services_of(core)
        reload = PolicyReload(settings, services)
        await reload.look()
        held = services.policy
        change(path, AFTER)
        await reload.look()
        assert services.policy is held
        assert held.carries.get("tchap_encrypted") == Level.N1
        assert services.quotas.per_minute == 3
        acts = [entry["act"] async for entry in core.audit.entries() if entry["what"] == "operator"]
        assert acts == ["policy_reload"]
        version = held.version
        change(path, AFTER + '[ceilings]\nslack = "N9"\n')
        with capture_logs() as lines:
            await reload.look()
            await reload.look()
        assert [line["event"] for line in lines] == ["policy_refused"]
        assert (held.version, held.carries.get("tchap_encrypted")) == (version, Level.N1)


async def test_a_signal_has_it_read_again(tmp_path: Path) -> None:
    """Also where the file's time did not change."""
    path = tmp_path / "politique.toml"
    path.write_text(BEFORE)
    async with core_on(tmp_path / "store", policy=lambda _: read_policy(path)) as core:
        services = services_of(core)
        reload = PolicyReload(Settings(policy=path), services)
        stamp = path.stat()
        path.write_text(BEFORE.replace("N2", "N1"))
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        await reload.look()
        assert services.policy.carries.get("tchap_encrypted") == Level.N2
        reload.ask()
        await reload.look()
        assert services.policy.carries.get("tchap_encrypted") == Level.N1


def services_of(core: Core) -> Services:
    return core.worker._context.services


def change(path: Path, text: str) -> None:
    """Write a file, at a later time than before."""
    later = path.stat().st_mtime_ns + 1_000_000_000
    path.write_text(text)
    os.utime(path, ns=(later, later))
