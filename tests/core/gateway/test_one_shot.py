"""One question over HTTP: its answer, or why there is none."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from aiohttp import web

from core.gateway import one_shot
from core.gateway.one_shot import NoReply, ask
from core.tls import trusting
from tests.rig.mail_extras import authority


async def serving(*, tls: ssl.SSLContext | None = None) -> tuple[web.AppRunner, int]:
    """A server that tells what it was asked."""

    async def echo(request: web.Request) -> web.Response:
        form = dict(await request.post())
        if request.path == "/slow":
            await asyncio.sleep(30)
        return web.json_response(
            {"method": request.method, "key": request.headers.get("Authorization"), **form}, status=202
        )

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", echo)
    runner = web.AppRunner(app, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    return runner, runner.addresses[0][1]


async def test_a_question_and_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """GET without a form, POST with one; of a long answer the first bytes are read."""
    runner, port = await serving()
    got = await ask(f"http://127.0.0.1:{port}/a", headers={"Authorization": "k"}, within=10.0)
    assert (got.status, got.body) == (202, b'{"method": "GET", "key": "k"}')
    posted = await ask(f"http://127.0.0.1:{port}/a", form={"a": "b"}, within=10.0)
    assert posted.body == b'{"method": "POST", "key": null, "a": "b"}'
    monkeypatch.setattr(one_shot, "LARGEST", 5)
    assert (await ask(f"http://127.0.0.1:{port}/a", within=10.0)).body == b'{"met'
    await runner.cleanup()


async def test_why_there_is_no_answer(tmp_path: Path) -> None:
    """A server that is away, slow, or not known to be who it says, is told apart."""
    own = authority(tmp_path / "ca")
    runner, port = await serving(tls=own.context)
    with pytest.raises(NoReply) as unknown:
        await ask(f"https://localhost:{port}/a", within=10.0)
    assert unknown.value.certificate
    with pytest.raises(NoReply) as slow:
        await ask(f"https://localhost:{port}/slow", context=trusting(own.ca_file), within=0.3)
    assert not slow.value.certificate
    assert (
        await ask(f"https://localhost:{port}/a", context=trusting(own.ca_file), within=10.0)
    ).status == 202
    await runner.cleanup()
    with pytest.raises(NoReply):
        await ask(f"http://127.0.0.1:{port}/a", within=10.0)
    with pytest.raises(NoReply):
        await ask("http://[broken", within=10.0)
