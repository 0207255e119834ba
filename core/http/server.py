"""The HTTP server of a replica: `/livez`, `/readyz`, `/metrics`, `/provenance/keys`, the webhooks of
connectors, and pages.

`/livez` says that the event loop turns. `/readyz` says whether every part is ready, with the state of each as
JSON: a load balancer takes the status (200 or 503), a person the words. Nothing of it is secret, and none
asks anything of the store or of a platform: a probe costs next to nothing and cannot make things worse.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.connector import Webhook
from core.errors import ConfigurationError, StoreError
from core.metrics import Metrics
from core.provenance.record import key_set
from core.telemetry import log

Parts = Callable[[], Mapping[str, str]]
"""The state of each part by name: `ready`, or a word for what it waits for. Cheap, and without I/O."""

PublicKeys = Callable[[], Mapping[str, Ed25519PublicKey]]

READY = "ready"
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COMES_WITHIN = 120.0
"""Seconds that a body comes in: 35 MiB on a slow line."""
_ROOM = 160 * 1024 * 1024
"""Bytes of bodies that are held at one time; beyond that the platform posts again."""


class Health:
    """What the server answers."""

    def __init__(
        self,
        parts: Parts,
        metrics: Metrics,
        *,
        before: Callable[[], None] | None = None,
        public_keys: PublicKeys = dict,
        webhooks: Sequence[Webhook] = (),
        pages: Sequence[web.AbstractRouteDef] = (),
    ) -> None:
        """`before` brings gauges up to date before they are shown. `public_keys` are those by which the
        records of answers are verified. `pages` are those of `core.http.pages`."""
        self._parts = parts
        self._metrics = metrics
        self._before = before
        self._public_keys = public_keys
        self.routes: list[web.AbstractRouteDef] = [
            web.get("/livez", self._livez),
            web.get("/readyz", self._readyz),
            web.get("/readyz/{part}", self._part_readyz),
            web.get("/metrics", self._show_metrics),
            web.get("/provenance/keys", self._keys),
            *(web.post(hook.path, partial(self._hooked, hook)) for hook in webhooks),
            *pages,
        ]
        self._held = 0

    async def _livez(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        parts = dict(self._parts())
        ready = is_ready(parts.values())
        body = orjson.dumps({"ready": ready, "parts": parts}, option=orjson.OPT_APPEND_NEWLINE)
        return web.Response(body=body, status=200 if ready else 503, content_type="application/json")

    async def _part_readyz(self, request: web.Request) -> web.Response:
        """One part alone: for a load balancer whose traffic no other part concerns."""
        state = self._parts().get(request.match_info["part"], "unknown")
        return web.Response(text=f"{state}\n", status=200 if state == READY else 503)

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        if self._before:
            self._before()
        self._metrics.ready({part: state == READY for part, state in self._parts().items()})
        return web.Response(body=self._metrics.render(), headers={"Content-Type": _METRICS_TYPE})

    async def _keys(self, _request: web.Request) -> web.Response:
        body = orjson.dumps(key_set(self._public_keys()))
        return web.Response(body=body, content_type="application/jwk-set+json")

    async def _hooked(self, hook: Webhook, request: web.Request) -> web.Response:
        if not hook.admits(request.headers):
            return web.Response(status=401)
        body = bytearray()
        try:
            if refused := await self._come(body, request, hook.largest):
                return web.Response(status=refused, headers={"Retry-After": "5"})
            answer = await hook.receive(request.headers, bytes(body))
            return web.Response(status=answer.status, body=answer.body, content_type=answer.media_type)
        except StoreError as error:
            log.warning("webhook_not_stored", error=error)
            return web.Response(status=503, headers={"Retry-After": "30"})
        finally:
            self._held -= len(body)

    async def _come(self, body: bytearray, request: web.Request, largest: int) -> int:
        """Read the body of a request; the status that it is refused with, 0: none. Only what has come counts
        as held: what is announced and does not come would take everybody's room."""
        try:
            async with asyncio.timeout(COMES_WITHIN):
                async for chunk in request.content.iter_any():
                    body += chunk
                    self._held += len(chunk)
                    if len(body) > largest:
                        return 413
                    if self._held > _ROOM:
                        return 503
        except TimeoutError:
            return 408
        return 0

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(self.routes)
        return application


def is_ready(states: Iterable[str]) -> bool:
    """Ready is when every part is; with no part at all nothing is."""
    states = list(states)
    return bool(states) and all(state == READY for state in states)


@asynccontextmanager
async def serve(health: Health, bind: tuple[str, int]) -> AsyncGenerator[tuple[str, int]]:
    """Serve while the context lasts; gives the address, with the port that was taken for port 0.

    Raises ConfigurationError when the address cannot be had.
    """
    runner = web.AppRunner(health.application(), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await _listen(runner, bind)
        yield bind[0], runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, bind: tuple[str, int]) -> None:
    host, port = bind
    try:
        await web.TCPSite(runner, host or None, port).start()
    except OSError as error:
        raise _unusable(host, port, error) from None


def _unusable(host: str, port: int, error: OSError) -> ConfigurationError:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    keys = {errno.EADDRINUSE: "http.in_use", errno.EACCES: "http.root"}
    key, beside = keys.get(error.errno or 0, "http.not_ours"), f"{host}:{port + 1}"
    return ConfigurationError("RELAIS_HTTP__BIND", key, address=address, next=beside)
