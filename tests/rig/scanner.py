"""The content scanner before a homeserver's media, as Tchap's: with a key, a memory of verdicts, and faults.

    async with fake_scanner(servers.agents.base_url) as scanner:
        scanner.faults.append((502, "MCS_MEDIA_REQUEST_FAILED"))

It downloads with the caller's own token, opens what is encrypted, finds `EICAR` unclean and scripts of a
forbidden kind, and serves files as they are stored. It is as strict as matrix-content-scanner.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import vodozemac
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BASE = "/_matrix/media_proxy/unstable"
EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
SCRIPT = b"#!"


class Refusal(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class FakeScanner:
    """`requests` are the paths asked for; `faults` answer the next downloads, one each."""

    def __init__(self, homeserver: str) -> None:
        self.homeserver = homeserver.rstrip("/")
        self.url = ""
        self.requests: list[str] = []
        self.clear_bodies = 0
        self.verdicts: dict[str, str] = {}
        self.faults: list[tuple[int, str]] = []
        self.renew_key()

    def renew_key(self) -> None:
        """What was sealed to the key before can be opened no more."""
        self._key = vodozemac.PkDecryption()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get(f"{BASE}/public_key", self._public_key)
        app.router.add_get(f"{BASE}/download/{{server}}/{{id}}", self._plain)
        app.router.add_get(f"{BASE}/scan/{{server}}/{{id}}", self._plain)
        app.router.add_post(f"{BASE}/download_encrypted", self._encrypted)
        app.router.add_post(f"{BASE}/scan_encrypted", self._encrypted)
        return app

    async def _public_key(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        return web.json_response({"public_key": self._key.public_key.to_base64()})

    async def _plain(self, request: web.Request) -> web.Response:
        place = f"{request.match_info['server']}/{request.match_info['id']}"
        return await self._answer(request, place, None)

    async def _encrypted(self, request: web.Request) -> web.Response:
        try:
            file = self._opened(orjson.loads(await request.read()))
        except Refusal as refusal:
            self.requests.append(request.path)
            return _error(refusal)
        return await self._answer(request, file["url"].removeprefix("mxc://"), file)

    def _opened(self, body: dict[str, Any]) -> dict[str, Any]:
        sealed = body.get("encrypted_body")
        if sealed is None:
            self.clear_bodies += 1
            return _valid(body)
        try:
            message = vodozemac.Message.from_base64(sealed["ciphertext"], sealed["mac"], sealed["ephemeral"])
            return _valid(orjson.loads(self._key.decrypt(message)))
        except (ValueError, vodozemac.PkDecodeException) as error:
            raise Refusal(403, "MCS_BAD_DECRYPTION") from error

    async def _answer(self, request: web.Request, place: str, file: dict[str, Any] | None) -> web.Response:
        self.requests.append(request.path)
        try:
            if self.faults:
                raise Refusal(*self.faults.pop(0))
            data = await self._media(place, request.headers.get("Authorization"))
            self._examine(place, _decrypted(data, file) if file else data)
        except Refusal as refusal:
            if "/scan" in request.path and refusal.reason == "MCS_MEDIA_NOT_CLEAN":
                return web.json_response({"clean": False, "info": "***VIRUS DETECTED***"})
            return _error(refusal)
        if "/scan" in request.path:
            return web.json_response({"clean": True, "info": "File is clean"})
        return web.Response(body=data)

    async def _media(self, place: str, authorization: str | None) -> bytes:
        if authorization is None:
            raise Refusal(404, "M_NOT_FOUND")
        url = f"{self.homeserver}/_matrix/client/v1/media/download/{place}"
        async with (
            aiohttp.ClientSession(headers={"Authorization": authorization}) as session,
            session.get(url) as answer,
        ):
            if answer.status == 404:
                raise Refusal(404, "M_NOT_FOUND")
            if answer.status != 200:
                raise Refusal(502, "MCS_MEDIA_REQUEST_FAILED")
            return await answer.read()

    def _examine(self, place: str, data: bytes) -> None:
        if place not in self.verdicts:
            verdict = "MCS_MEDIA_NOT_CLEAN" if EICAR in data else ""
            self.verdicts[place] = verdict or ("MCS_MIME_TYPE_FORBIDDEN" if data.startswith(SCRIPT) else "")
        if self.verdicts[place]:
            raise Refusal(403, self.verdicts[place])


def _valid(body: dict[str, Any]) -> dict[str, Any]:
    """The file of a body that has every field which the real scanner demands."""
    try:
        file = body["file"]
        key = file["key"]
        assert file["v"] == "v2"
        assert key["alg"] == "A256CTR"
        assert key["kty"] == "oct"
        assert key["ext"] is True
        assert {"encrypt", "decrypt"} <= set(key["key_ops"])
        assert all(isinstance(value, str) for value in (key["k"], file["iv"], file["url"]))
        assert isinstance(file["hashes"]["sha256"], str)
    except (KeyError, TypeError, AssertionError) as error:
        raise Refusal(400, "MCS_MALFORMED_JSON") from error
    return file


def _decrypted(data: bytes, file: dict[str, Any]) -> bytes:
    def unbase64(value: str) -> bytes:
        return base64.urlsafe_b64decode(value.replace("+", "-").replace("/", "_") + "=" * (-len(value) % 4))

    if hashlib.sha256(data).digest() != unbase64(file["hashes"]["sha256"]):
        raise Refusal(400, "MCS_MEDIA_FAILED_TO_DECRYPT")
    key, iv = unbase64(file["key"]["k"]), unbase64(file["iv"])
    return Cipher(algorithms.AES256(key), modes.CTR(iv)).decryptor().update(data)


def _error(refusal: Refusal) -> web.Response:
    return web.json_response({"reason": refusal.reason, "info": "by the test's wish"}, status=refusal.status)


@asynccontextmanager
async def fake_scanner(homeserver: str) -> AsyncGenerator[FakeScanner]:
    """A scanner on a port of its own, in this loop."""
    scanner = FakeScanner(homeserver)
    runner = web.AppRunner(scanner.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        scanner.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield scanner
    finally:
        await runner.cleanup()
