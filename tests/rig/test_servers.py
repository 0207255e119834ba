"""The rig's faulty proxy, Valkey and child processes are what they say they are."""

from __future__ import annotations

import asyncio
import os
import select
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from redis.asyncio import Redis
from yarl import URL

from tests.rig import lent
from tests.rig import proxy as faults
from tests.rig.child import LOOPBACK, dies_with_us, port_of, reserve_port
from tests.rig.proxy import Proxy, proxy
from tests.rig.relais import relais
from tests.rig.serving import serving
from tests.rig.valkey import valkey


class Upstream:
    """A server that counts what reaches it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.heard.append(f"{request.method} {request.raw_path} {await request.text()}")
        return web.json_response({"heard": len(self.heard)}, headers={"X-Kept": "yes"})


@pytest_asyncio.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    it = Upstream()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", it.handle)
    async with serving(app) as it.url:
        yield it


@pytest_asyncio.fixture
async def way(upstream: Upstream) -> AsyncGenerator[Proxy]:
    async with proxy(upstream.url) as it:
        yield it


@pytest_asyncio.fixture
async def client(way: Proxy) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(way.url) as session:
        yield session


async def test_without_rules_everything_passes(
    way: Proxy, upstream: Upstream, client: aiohttp.ClientSession
) -> None:
    """Method, path, escapes, query, body, status and headers arrive as they were sent."""
    url = URL(f"{way.url}/a/%21room%3Ax?b=%2F", encoded=True)
    async with client.put(url, data="text") as got:
        assert await got.json() == {"heard": 1}
        assert got.headers["X-Kept"] == "yes"
    assert upstream.heard == ["PUT /a/%21room%3Ax?b=%2F text"]
    assert way.count("/a/", "PUT") == 1


async def test_a_rule_answers_so_many_times(
    way: Proxy, upstream: Upstream, client: aiohttp.ClientSession
) -> None:
    """A rule with `times` is spent, and the homeserver heard nothing meanwhile."""
    rule = way.add(faults.limit(1.5), path="/send/", times=2)
    for _ in range(2):
        async with client.put("/send/1") as got:
            assert got.status == 429
            body = await got.json()
            assert (body["errcode"], body["retry_after_ms"]) == ("M_LIMIT_EXCEEDED", 1500)
    assert upstream.heard == []
    async with client.put("/send/1") as got:
        assert got.status == 200
    assert rule.used == 2


async def test_a_lost_response_was_handled(
    way: Proxy, upstream: Upstream, client: aiohttp.ClientSession
) -> None:
    """The homeserver has done it, the client sees its connection drop."""
    way.add(faults.lose_response, path="/send/")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.post("/send/1", data="once")
    assert upstream.heard == ["POST /send/1 once"]


async def test_a_dropped_request_was_not_handled(
    way: Proxy, upstream: Upstream, client: aiohttp.ClientSession
) -> None:
    """The homeserver has heard nothing."""
    way.add(faults.drop)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.post("/x")
    assert upstream.heard == []


async def test_a_black_hole_never_answers(way: Proxy, client: aiohttp.ClientSession) -> None:
    """The client waits until its own limit; closing the proxy is not held up by it."""
    rule = way.add(faults.black_hole, path="/sync")
    with pytest.raises(TimeoutError):
        async with client.get("/sync", timeout=aiohttp.ClientTimeout(total=0.1)):
            pass
    assert rule.applied.is_set()


async def test_a_request_can_be_held(way: Proxy, upstream: Upstream, client: aiohttp.ClientSession) -> None:
    """A held request reaches the homeserver when the gate opens."""
    gate = asyncio.Event()
    rule = way.add(faults.hold(gate))
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(client.get("/x"))
        await rule.applied.wait()
        assert upstream.heard == []
        gate.set()
    assert asked.result().status == 200
    asked.result().release()


async def test_a_server_that_is_down_is_a_bad_gateway(client: aiohttp.ClientSession, way: Proxy) -> None:
    """A reverse proxy says 502 with a page of HTML when it cannot reach the server."""
    with reserve_port() as nobody:
        way.upstream = f"http://{LOOPBACK}:{port_of(nobody)}"
        async with client.get("/x") as got:
            assert (got.status, got.content_type) == (502, "text/html")


@pytest.mark.parametrize("tcp", [False, True])
async def test_valkey_keeps_its_data_over_a_kill(tmp_path: Path, tcp: bool) -> None:
    """With every write synced, what was acknowledged is there after a kill and a start."""
    async with valkey(tmp_path, tcp=tcp, appendfsync="always") as server:
        async with Redis.from_url(server.url) as client:
            await client.set("name", "value")
        await server.kill()
        await server.start()
        async with Redis.from_url(server.url) as client:
            assert await client.get("name") == b"value"


async def test_a_lent_store_outlives_the_thread_that_opened_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next test is lent it: a state machine of Hypothesis keeps its core in a thread of its own."""
    monkeypatch.setattr(lent, "_servers", [])
    monkeypatch.setattr(lent, "_place", tmp_path)

    async def opened() -> None:
        async with lent.lent_store(tmp_path) as store:
            await store.run(("PING",))

    ended = threading.Thread(target=lambda: asyncio.run(opened()))
    ended.start()
    ended.join()
    await opened()
    (server,) = lent._servers
    server.process.kill()
    server.process.wait()


async def test_a_reserved_port_is_given_to_nobody_else() -> None:
    """A port reserved for a child is not free for `bind`, and a listener with SO_REUSEADDR may take it."""
    with reserve_port() as reservation:
        with ExitStack() as stack:
            others = {port_of(stack.enter_context(reserve_port())) for _ in range(500)}
        assert port_of(reservation) not in others
        listener = await asyncio.start_server(
            lambda *_: None, LOOPBACK, port_of(reservation), reuse_address=True
        )
        listener.close()
        await listener.wait_closed()


async def test_children_die_with_their_parent() -> None:
    """A child goes when its parent is killed, who had no time to stop it."""
    parent = (
        "import subprocess, sys; from tests.rig.child import dies_with_us; "
        "child = subprocess.Popen(dies_with_us('/bin/sleep', '60'), stdout=subprocess.DEVNULL); "
        "print(child.pid, flush=True); child.wait()"
    )
    process = await asyncio.create_subprocess_exec(
        *dies_with_us(sys.executable, "-c", parent), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    child = int(await process.stdout.readline())
    process.kill()
    await process.wait()
    await asyncio.to_thread(_wait_for_the_end_of, child)


async def test_relais_is_started_until_ready(tmp_path: Path) -> None:
    """A process that ends before it is ready fails the test with what it said."""
    with pytest.raises(AssertionError, match="ended before ready"):
        async with relais(tmp_path, {}, "no-such-command"):
            pass


def _wait_for_the_end_of(pid: int) -> None:
    """Not our child: a pidfd is readable when it has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], 5)[0], f"process {pid} lives"
    finally:
        os.close(descriptor)
