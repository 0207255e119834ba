"""Files come through the content scanner, or not at all."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.tchap import probe
from connectors.tchap.api import Api
from connectors.tchap.attachments import attachment
from connectors.tchap.media import BASE, Scanner, TchapFiles, encrypted
from core.connector import Attachment
from core.errors import Deferred, Rejected, Unclean
from tests.rig.scanner import EICAR, FakeScanner, fake_scanner


@dataclass
class Media:
    """A homeserver that has nothing but files, the scanner before it, and our client."""

    scanner: FakeScanner
    files: TchapFiles
    stored: dict[str, bytes] = field(default_factory=dict)
    direct: int = 0

    def put(self, data: bytes, *, sealed: bool = True) -> Attachment:
        id = str(len(self.stored))
        content = {"msgtype": "m.file", "body": "note.txt"}
        if sealed:
            data, secret = encrypted(data)
            content["file"] = secret | {"url": f"mxc://agents.example/{id}"}
        else:
            content["url"] = f"mxc://agents.example/{id}"
        self.stored[id] = data
        return attachment(content)

    async def fetch(self, file: Attachment, limit: int = 1_000_000) -> bytes:
        return await self.files.fetch(file, limit)


@pytest.fixture
async def media() -> AsyncGenerator[Media]:
    made: Media

    async def serve(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer token":
            return web.json_response({"errcode": "M_MISSING_TOKEN"}, status=401)
        made.direct += 1
        return web.Response(body=made.stored[request.match_info["id"]])

    app = web.Application()
    app.router.add_get("/_matrix/client/v1/media/download/{server}/{id}", serve)
    async with (
        TestServer(app) as server,
        fake_scanner(str(server.make_url("/"))) as scanner,
        aiohttp.ClientSession() as session,
    ):
        api = Api(session, str(server.make_url("/")), "token")
        made = Media(scanner, TchapFiles(api, Scanner.of(api, scanner.url)))
        yield made


@pytest.mark.parametrize("sealed", [True, False])
async def test_a_clean_file_comes_through_the_scanner(media: Media, sealed: bool) -> None:
    """It is decrypted and verified here; its key leaves us sealed to the scanner only."""
    file = media.put(b"Bonjour", sealed=sealed)
    assert await media.fetch(file) == b"Bonjour"
    assert media.direct == 1  # the scanner's own
    assert media.scanner.clear_bodies == 0


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("data", [b"x " + EICAR, b"#!/bin/sh"])
async def test_a_file_that_is_not_clean_is_never_handed_over(media: Media, sealed: bool, data: bytes) -> None:
    """Neither a virus nor a forbidden kind; asked again, the verdict is the same."""
    file = media.put(data, sealed=sealed)
    for _ in range(2):
        with pytest.raises(Unclean):
            await media.fetch(file)


async def test_the_key_is_asked_for_once(media: Media) -> None:
    """Not before each file."""
    for _ in range(3):
        await media.fetch(media.put(b"x"))
    assert media.scanner.requests.count(f"{BASE}/public_key") == 1


async def test_a_renewed_key_is_fetched(media: Media) -> None:
    """The scanner changed its key: the file comes all the same."""
    await media.fetch(media.put(b"x"))
    media.scanner.renew_key()
    assert await media.fetch(media.put(b"y")) == b"y"
    assert media.scanner.requests.count(f"{BASE}/public_key") == 2


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (502, "MCS_MEDIA_REQUEST_FAILED", Deferred),
        (500, "M_UNKNOWN", Deferred),
        (429, "M_LIMIT_EXCEEDED", Deferred),
        (404, "M_NOT_FOUND", Rejected),
        (400, "MCS_MALFORMED_JSON", Rejected),
        (403, "MCS_SOMETHING_NEW", Rejected),
    ],
)
async def test_codes_of_the_scanner(media: Media, status: int, reason: str, kind: type[Exception]) -> None:
    """What may be tried again is Deferred; no code that is not known lets a file through."""
    file = media.put(b"x")
    media.scanner.faults = [(status, reason)]
    with pytest.raises(kind):
        await media.fetch(file)
    assert await media.fetch(file) == b"x"


async def test_what_it_can_never_open(media: Media) -> None:
    """It is asked twice, then the file counts as lost."""
    file = media.put(b"x")
    media.scanner.faults = [(400, "MCS_MEDIA_FAILED_TO_DECRYPT")] * 2
    with pytest.raises(Rejected):
        await media.fetch(file)
    assert media.scanner.requests.count(f"{BASE}/download_encrypted") == 2


async def test_without_the_scanner_no_file(media: Media) -> None:
    """It is away: the homeserver is not asked instead."""
    api = media.files._api
    files = TchapFiles(api, Scanner.of(api, f"http://127.0.0.1:9{BASE}/"))
    for sealed in (True, False):
        with pytest.raises(Deferred):
            await files.fetch(media.put(b"x", sealed=sealed), 1_000)
    assert media.direct == 0


async def test_a_file_beyond_the_limit(media: Media) -> None:
    """The scanner serves it, and it is not read to its end."""
    with pytest.raises(Rejected):
        await media.fetch(media.put(bytes(100_000)), limit=50_000)


async def test_another_file_is_refused(media: Media) -> None:
    """What comes is compared with what the message announced."""
    file, other = media.put(b"one file, and its bytes"), media.put(b"another, of as many one")
    media.stored[file.reference["mxc"].rpartition("/")[2]] = media.stored[
        other.reference["mxc"].rpartition("/")[2]
    ]
    with pytest.raises(Rejected):
        await media.fetch(file)


async def test_doctor_asks_for_its_key(media: Media) -> None:
    """A scanner that gives none means that no file is read: it is said, with the setting."""
    api = media.files._api
    assert (await probe._scanner(api, media.scanner.url))[0][0]
    ((ok, _, remedy),) = await probe._scanner(api, "http://127.0.0.1:9")
    assert not ok
    assert "RELAIS_TCHAP__CONTENT_SCANNER" in remedy
