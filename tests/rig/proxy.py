"""A reverse proxy with faults, to put between a client and a homeserver.

    async with proxy(servers.agents.base_url) as way:
        way.add(answer(502), path="/sync", times=3)
        way.add(lose_response, path="/send/", method="PUT")

A rule holds for requests whose path contains `path` (and whose method is `method`, if given), `times`
times or for ever; the first that fits is applied. Everything else passes through unchanged. `seen` lists
the requests, to count retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from tests.rig.child import LOOPBACK

Forward = Callable[[], Awaitable[web.Response]]
Fault = Callable[[web.Request, Forward], Awaitable[web.Response]]


def answer(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Fault:
    """Answer at once, the homeserver does not hear of it. A `str` body is sent as HTML, else JSON."""

    async def fault(_request: web.Request, _forward: Forward) -> web.Response:
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html", headers=headers)
        return web.json_response(body if body is not None else {}, status=status, headers=headers)

    return fault


def error(status: int, errcode: str, message: str = "by the test's wish", **fields: Any) -> Fault:
    """A Matrix error."""
    return answer(status, {"errcode": errcode, "error": message, **fields})


def limit(retry_after: float) -> Fault:
    """Refuse for the rate: 429 M_LIMIT_EXCEEDED with `retry_after` seconds."""
    return error(429, "M_LIMIT_EXCEEDED", "Too Many Requests", retry_after_ms=int(retry_after * 1000))


def delay(seconds: float) -> Fault:
    """Forward after a pause."""

    async def fault(_request: web.Request, forward: Forward) -> web.Response:
        await asyncio.sleep(seconds)
        return await forward()

    return fault


async def lose_response(request: web.Request, forward: Forward) -> web.Response:
    """Forward, then drop the connection: it is done, and the client does not know.

    An aiohttp client (nio's too) repeats a lost PUT or GET once by itself: say `times=2` to have it see one.
    """
    response = await forward()
    _drop(request)
    return response


async def drop(request: web.Request, _forward: Forward) -> web.Response:
    """Drop the connection, nothing was forwarded."""
    _drop(request)
    return web.Response(status=502)


async def black_hole(_request: web.Request, _forward: Forward) -> web.Response:
    """Never answer; ends when the client goes away or the proxy closes."""
    await asyncio.Event().wait()
    raise AssertionError


def hold(gate: asyncio.Event) -> Fault:
    """Forward once the test opens the gate."""

    async def fault(_request: web.Request, forward: Forward) -> web.Response:
        await gate.wait()
        return await forward()

    return fault


@dataclass(slots=True, kw_only=True)
class Rule:
    """`used` counts the requests it was applied to; `applied` is set at the first."""

    fault: Fault
    path: str
    method: str | None
    times: int | None
    used: int = 0
    applied: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, request: web.Request) -> bool:
        spent = self.times is not None and self.used >= self.times
        return not spent and self.path in request.path_qs and self.method in (None, request.method)


class Proxy:
    """In front of `upstream`; clients use `url`."""

    def __init__(self, upstream: str, session: aiohttp.ClientSession) -> None:
        self.upstream = upstream
        self.url = ""
        self.seen: list[tuple[str, str]] = []
        """Method and path with query of each request, in order."""
        self.rules: list[Rule] = []
        self._session = session

    def add(
        self, fault: Fault, *, path: str = "", method: str | None = None, times: int | None = None
    ) -> Rule:
        """Apply a fault from now on; `rules.remove` ends it."""
        rule = Rule(fault=fault, path=path, method=method, times=times)
        self.rules.append(rule)
        return rule

    def heal(self) -> None:
        """End all faults."""
        self.rules.clear()

    def count(self, path: str, method: str | None = None) -> int:
        """How many requests so far had `path` in theirs."""
        return sum(path in seen and method in (None, verb) for verb, seen in self.seen)

    async def handle(self, request: web.Request) -> web.Response:
        self.seen.append((request.method, request.path_qs))
        body = await request.read()
        rule = next((rule for rule in self.rules if rule.fits(request)), None)
        if rule is None:
            return await self._forward(request, body)
        rule.used += 1
        rule.applied.set()
        return await rule.fault(request, lambda: self._forward(request, body))

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        try:
            async with self._session.request(
                request.method,
                URL(self.upstream + request.raw_path, encoded=True),
                headers=headers,
                data=body,
            ) as response:
                kept = {
                    name: value for name, value in response.headers.items() if name.lower() not in _HOP_BY_HOP
                }
                return web.Response(status=response.status, body=await response.read(), headers=kept)
        except aiohttp.ClientError:  # what a reverse proxy says when the server is down
            return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")


_HOP_BY_HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
"""Not ours to pass on: RFC 9110, section 7.6.1; and lengths and encodings of a body that we read."""


@asynccontextmanager
async def proxy(upstream: str) -> AsyncGenerator[Proxy]:
    """A proxy in front of the server with this base URL, on a port of its own."""
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout, auto_decompress=True) as session:
        it = Proxy(upstream.rstrip("/"), session)
        app = web.Application(client_max_size=2**28)
        app.router.add_route("*", "/{path:.*}", it.handle)
        # A client that goes away ends its request here too: no long poll is left behind.
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        it.url = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        try:
            yield it
        finally:
            await runner.cleanup()


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
