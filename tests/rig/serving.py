"""A small web application of a test, on loopback for as long as it is needed."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.rig.child import LOOPBACK


@asynccontextmanager
async def serving(app: web.Application, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """Serve the application on a free port; its address, without a slash at the end."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0, ssl_context=tls).start()
        yield f"http{'s' if tls else ''}://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
