"""The account's name and picture are what the settings say, and nothing is done twice."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from structlog.testing import capture_logs

from connectors.tchap.api import Api
from connectors.tchap.profile import introduce
from core.connector.untrusted_json import Json
from core.errors import Deferred, PlatformRefused

ME = "@bot:agents.example"


class Homeserver:
    """Keeps what is put, as an `Api` does; `closed`: it lets nobody change a profile; `full`: it takes no
    files."""

    def __init__(self, *, closed: bool = False, full: bool = False) -> None:
        self.full = full
        self.profile: Json = {"displayname": "bot"}
        self.notes: dict[str, Json] = {}
        self.uploads: list[tuple[bytes, str]] = []
        self.puts = 0
        self.closed = closed

    async def call(self, method: str, path: str, body: object = None) -> Json:
        if method == "GET":
            if "account_data" not in path:
                return self.profile
            if path not in self.notes:
                raise PlatformRefused("GET account_data", "M_NOT_FOUND")
            return self.notes[path]
        if self.closed:
            raise PlatformRefused("PUT profile", "M_FORBIDDEN")
        self.puts += 1
        told = cast(Json, body)
        if "account_data" in path:
            self.notes[path] = told
        else:
            self.profile |= told
        return {}

    async def upload(self, data: bytes, media_type: str) -> str:
        if self.full:
            raise Deferred("POST upload: 502", retry_after=1.0)
        self.uploads.append((data, media_type))
        return f"mxc://agents.example/{len(self.uploads)}"


async def show(server: Homeserver, *, name: str = "Assistant", picture: Path | None = None) -> None:
    await introduce(cast(Api, server), ME, name=name, picture=picture)


async def test_the_account_bears_its_name_and_picture(tmp_path: Path) -> None:
    """Set once; another start changes nothing, and another file is shown in its place."""
    picture = tmp_path / "portrait.png"
    picture.write_bytes(b"\x89PNG one")
    server = Homeserver()
    await show(server, picture=picture)
    assert server.profile == {"displayname": "Assistant", "avatar_url": "mxc://agents.example/1"}
    assert server.uploads == [(b"\x89PNG one", "image/png")]
    puts = server.puts
    await show(server, picture=picture)
    assert server.puts == puts
    picture.write_bytes(b"\x89PNG two")
    await show(server, picture=picture)
    assert server.profile["avatar_url"] == "mxc://agents.example/2"


async def test_without_settings_the_account_keeps_its_own() -> None:
    """Nothing is asked or changed."""
    server = Homeserver()
    await show(server, name="")
    assert server.profile == {"displayname": "bot"}


async def test_a_homeserver_that_keeps_profiles_stops_nothing() -> None:
    """The account goes on under the name that it has."""
    server = Homeserver(closed=True)
    await show(server)
    assert server.profile == {"displayname": "bot"}


@pytest.mark.parametrize("full", [True, False])
async def test_a_picture_that_cannot_be_shown_stops_nothing(tmp_path: Path, *, full: bool) -> None:
    """A media repository that is away, or a file that is gone: it is said once, and the name is set."""
    picture = tmp_path / "portrait.png"
    if full:
        picture.write_bytes(b"\x89PNG")
    server = Homeserver(full=full)
    with capture_logs() as said:
        await show(server, picture=picture)
    assert server.profile == {"displayname": "Assistant"}
    assert [line["event"] for line in said] == ["profile_not_set"]
