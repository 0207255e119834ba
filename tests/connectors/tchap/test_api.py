"""HTTP → typed errors, in the one place where that happens."""

from __future__ import annotations

import asyncio
import hashlib

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.tchap.api import Api, Path, failure
from core.errors import Deferred, PlatformRefused, Rejected, Unusable

KEYED = hashlib.blake2b(b"k", digest_size=16).hexdigest()


@pytest.mark.parametrize(
    ("status", "body", "kind", "retry_after"),
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, Deferred, 1.5),
        (429, {}, Deferred, 5.0),
        (502, {}, Deferred, 1.0),
        (500, {"errcode": "M_UNKNOWN"}, Deferred, 1.0),
        (400, {}, Deferred, 1.0),
        (403, {"errcode": "M_FORBIDDEN"}, PlatformRefused, None),
        (404, {}, PlatformRefused, None),
        (401, {"flows": []}, PlatformRefused, None),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, Unusable, 30.0),
        (403, {"errcode": "ORG_MATRIX_EXPIRED_ACCOUNT"}, Unusable, 30.0),
        (413, {"errcode": "M_TOO_LARGE"}, PlatformRefused, None),
    ],
)
def test_statuses(
    status: int, body: dict[str, object], kind: type[Exception], retry_after: float | None
) -> None:
    """What may be tried again is Deferred, with the server's delay; what may not is Rejected."""
    error = failure("PUT rooms/send", status, body, {})
    assert type(error) is kind
    assert getattr(error, "retry_after", None) == retry_after


def test_retry_after_of_a_proxy() -> None:
    """A rate limit of a proxy says its delay in the header."""
    error = failure("GET sync", 429, {}, {"Retry-After": "7"})
    assert isinstance(error, Deferred)
    assert (error.retry_after, error.limited) == (7.0, True)


@pytest.mark.parametrize(
    ("path", "key", "asked"),
    [
        ("/sync", None, "/_matrix/client/v3/sync"),
        (
            ("rooms", "!a/b:c", "send", "m.x", "é?"),
            None,
            "/_matrix/client/v3/rooms/!a%2Fb:c/send/m.x/%C3%A9%3F",
        ),
        (("_matrix", "client", "v1", "rooms", "!a:b"), None, "/_matrix/client/v1/rooms/!a:b"),
        (("sendToDevice", "m.x"), b"k", f"/_matrix/client/v3/sendToDevice/m.x/{KEYED}"),
    ],
)
async def test_paths(path: Path, key: bytes | None, asked: str) -> None:
    """Ids hold characters that mean something in a path; a key is a transaction at its end."""
    seen: list[str] = []
    server, api, session = await answering(b"{}", seen=seen)
    try:
        await api.call("PUT", path, key=key)
    finally:
        await session.close()
        await server.close()
    assert seen == [asked]


async def answering(
    payload: bytes, status: int = 200, seen: list[str] | None = None
) -> tuple[TestServer, Api, aiohttp.ClientSession]:
    async def handle(request: web.Request) -> web.Response:
        if seen is not None:
            seen.append(request.raw_path)
        return web.Response(body=payload, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    server = TestServer(app)
    await server.start_server()
    session = aiohttp.ClientSession()
    return server, Api(session, str(server.make_url("/"))), session


@pytest.mark.parametrize("payload", [b"<html>", b"[1]", b"", b"\xff"])
async def test_nonsense_is_temporary(payload: bytes) -> None:
    """A 200 that is no JSON object comes from something before the homeserver."""
    server, api, session = await answering(payload)
    try:
        with pytest.raises(Deferred):
            await api.call("GET", "/sync")
    finally:
        await session.close()
        await server.close()


async def test_lone_surrogates_do_not_stop_the_sync() -> None:
    """Any user may send a to-device message with one; orjson refuses it, we read it."""
    server, api, session = await answering(b'{"next_batch": "a", "x": "\\ud800"}')
    try:
        assert (await api.call("GET", "/sync"))["next_batch"] == "a"
    finally:
        await session.close()
        await server.close()


async def test_an_id_of_half_a_character_is_one_that_is_not_there() -> None:
    """Anybody may send a message that replies to one; it is read all the same."""
    server, api, session = await answering(b'{"errcode": "M_NOT_FOUND"}', status=404)
    try:
        for path in (("rooms", "!a:x", "event", "$\ud800"), ("profile", "@\ud800:x")):
            with pytest.raises(PlatformRefused):
                await api.call("GET", path)
    finally:
        await session.close()
        await server.close()


async def test_an_unreachable_homeserver_is_temporary() -> None:
    """Refused connections and time-outs are to be tried again; the error names no address."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(Deferred, match="GET sync: rien n’écoute à ce port"):
            await Api(session, "http://127.0.0.1:9").call("GET", "/sync")


async def test_a_download_stops_at_the_limit() -> None:
    """A file that is longer than announced is not read to its end."""
    server, api, session = await answering(b"x" * 100_000)
    try:
        assert len(await api.download("/file", 100_000)) == 100_000
        with pytest.raises(Rejected, match="plus de"):
            await api.download("/file", 99_999)
    finally:
        await session.close()
        await server.close()
        await asyncio.sleep(0)
