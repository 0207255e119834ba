"""The homeserver starts in a folder, keeps it, and says what is wrong."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.rig import homeserver as module
from tests.rig.homeserver import Homeserver, NoHomeserver, homeserver, spawn


async def test_a_second_start_finds_everything_again(tmp_path: Path) -> None:
    """Address, name and accounts are those of the first start; a folder in use is refused meanwhile."""
    async with homeserver(tmp_path) as first:
        user = await first.register("camille", "secret", displayname="Camille")
        assert user == "@camille:localhost"
        with pytest.raises(NoHomeserver, match="un autre serveur tourne"):
            async with homeserver(tmp_path):
                pass
    async with homeserver(tmp_path) as second:
        assert (second.base_url, second.server_name) == (first.base_url, first.server_name)
        assert await second.register("camille", "secret") == user
        assert await _login(second, "camille", "secret") == 200
        assert await _login(second, "camille", "wrong") == 403


async def test_a_failed_start_shows_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Synapse says of a wrong setting is in the error."""
    monkeypatch.setattr(module, "spawn", spawn)
    with pytest.raises(NoHomeserver, match="max_upload_size"):
        async with homeserver(tmp_path, settings={"max_upload_size": []}):
            pass


async def test_without_synapse_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Synapse is not installed one is told to use `make demo`."""
    monkeypatch.setattr(module, "PROGRAM", "no_such_homeserver")
    monkeypatch.setattr(module, "spawn", spawn)
    with pytest.raises(NoHomeserver, match="`make demo`"):
        async with homeserver(tmp_path):
            pass


async def _login(server: Homeserver, name: str, password: str) -> int:
    identifier = {"type": "m.id.user", "user": name}
    body = {"type": "m.login.password", "identifier": identifier, "password": password}
    async with (
        aiohttp.ClientSession(server.base_url) as session,
        session.post("/_matrix/client/v3/login", json=body) as answer,
    ):
        return answer.status
