"""The HTTP server says whether the replica lives and is ready, and shows its numbers."""

import asyncio
import socket
from collections.abc import Mapping

import aiohttp
import pytest

from core.connector import WebhookAnswer
from core.errors import ConfigurationError
from core.http import server
from core.http.server import Health, serve
from core.metrics import Metrics


async def get(address: tuple[str, int], path: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{address[0]}:{address[1]}{path}") as response,
    ):
        return response.status, response.content_type, await response.text()


async def test_ready_only_when_every_part_is() -> None:
    """The state of each part is told; the status is for machines."""
    parts = {"store": "ready", "tchap": "login refused"}
    async with serve(Health(lambda: parts, Metrics()), ("127.0.0.1", 0)) as address:
        assert await get(address, "/livez") == (200, "text/plain", "ok\n")
        assert await get(address, "/readyz") == (
            503,
            "application/json",
            '{"ready":false,"parts":{"store":"ready","tchap":"login refused"}}\n',
        )
        parts["tchap"] = "ready"
        assert (await get(address, "/readyz"))[0] == 200


async def test_one_part_is_asked_about_alone() -> None:
    """A balancer that brings Slack's webhooks does not care for the mailbox."""
    parts = {"slack": "ready", "mail": "RELAIS_MAIL__IMAP_URL: the server refuses the login"}
    async with serve(Health(lambda: parts, Metrics()), ("127.0.0.1", 0)) as address:
        assert (await get(address, "/readyz/slack"))[0] == 200
        assert (await get(address, "/readyz/mail"))[0] == 503
        assert (await get(address, "/readyz/other"))[0] == 503


async def test_a_part_that_is_no_more_is_not_shown() -> None:
    """What was wrong for a while leaves no number that stays red."""
    parts = {"mail": "away"}
    async with serve(Health(lambda: parts, Metrics()), ("127.0.0.1", 0)) as address:
        assert 'relais_ready{part="mail"} 0.0' in (await get(address, "/metrics"))[2]
        parts.clear()
        assert 'part="mail"' not in (await get(address, "/metrics"))[2]


async def test_nothing_is_ready_before_there_are_parts() -> None:
    """A replica that has not built its parts gets no traffic."""
    async with serve(Health(dict, Metrics()), ("127.0.0.1", 0)) as address:
        assert (await get(address, "/readyz"))[0] == 503


async def test_metrics_are_brought_up_to_date_before_they_are_shown() -> None:
    """Gauges are read when asked for, not on a timer."""
    metrics = Metrics()
    health = Health(lambda: {"store": "ready"}, metrics, before=lambda: metrics.inbox(oldest=1.5, ready=2))
    async with serve(health, ("127.0.0.1", 0)) as address:
        status, kind, body = await get(address, "/metrics")
    assert (status, kind) == (200, "text/plain")
    assert 'relais_inbox{state="ready"} 2.0' in body
    assert 'relais_ready{part="store"} 1.0' in body


ANNOUNCED = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Secret: oui\r\nContent-Length: 1000\r\n\r\n"
"""A request whose body does not come."""


class Echo:
    """A webhook that answers with what was posted, once told to."""

    path = "/slack/events"
    largest = 1000

    def __init__(self) -> None:
        self.go, self.taken = asyncio.Event(), asyncio.Event()

    def admits(self, headers: Mapping[str, str]) -> bool:
        return headers.get("X-Secret") == "oui"

    async def receive(self, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        self.taken.set()
        await self.go.wait()
        return WebhookAnswer(status=200, body=body, media_type="application/json")


async def test_thirty_posts_at_once_are_each_answered_with_a_body() -> None:
    """A platform reads what its webhook answers; small bodies do not crowd each other out."""
    hook = Echo()
    health = Health(dict, Metrics(), webhooks=[hook])
    async with (
        serve(health, ("127.0.0.1", 0)) as (host, port),
        aiohttp.ClientSession(headers={"X-Secret": "oui"}) as session,
    ):

        async def post(n: int) -> tuple[int, str]:
            async with session.post(f"http://{host}:{port}/slack/events", data=f"{n}") as response:
                return response.status, await response.text()

        async with asyncio.TaskGroup() as group:
            posts = [group.create_task(post(n)) for n in range(30)]
            hook.go.set()
    assert [each.result() for each in posts] == [(200, f"{n}") for n in range(30)]


async def test_bodies_that_do_not_come_take_nobody_s_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may post (a signature is known by the whole body) may also announce much and send nothing."""
    monkeypatch.setattr(server, "_ROOM", 3000)
    hook = Echo()
    hook.go.set()
    async with (
        serve(Health(dict, Metrics(), webhooks=[hook]), ("127.0.0.1", 0)) as (host, port),
        aiohttp.ClientSession(headers={"X-Secret": "oui"}) as session,
    ):
        idle = [await asyncio.open_connection(host, port) for _ in range(9)]
        for _, writer in idle:
            writer.write(ANNOUNCED)
            await writer.drain()
        for size, status in ((1000, 200), (1001, 413)):
            async with session.post(f"http://{host}:{port}/slack/events", data=b"x" * size) as response:
                assert response.status == status
        for _, writer in idle:
            writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """408, after two minutes."""
    monkeypatch.setattr(server, "COMES_WITHIN", 0.0)
    async with serve(Health(dict, Metrics(), webhooks=[Echo()]), ("127.0.0.1", 0)) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(ANNOUNCED)
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_beyond_the_room_for_bodies_the_platform_posts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has come of all of them is counted, and freed with its answer."""
    monkeypatch.setattr(server, "_ROOM", 1500)
    hook = Echo()
    async with (
        serve(Health(dict, Metrics(), webhooks=[hook]), ("127.0.0.1", 0)) as (host, port),
        aiohttp.ClientSession(headers={"X-Secret": "oui"}) as session,
        asyncio.TaskGroup() as group,
    ):

        async def post() -> int:
            async with session.post(f"http://{host}:{port}/slack/events", data=b"x" * 900) as response:
                return response.status

        first = group.create_task(post())
        await hook.taken.wait()
        assert await post() == 503
        hook.go.set()
        assert (await first, await post()) == (200, 200)


async def test_who_does_not_know_the_secret_is_not_read() -> None:
    """401, before the body."""
    health = Health(dict, Metrics(), webhooks=[Echo()])
    async with (
        serve(health, ("127.0.0.1", 0)) as (host, port),
        aiohttp.ClientSession() as session,
        session.post(f"http://{host}:{port}/slack/events", data="x") as response,
    ):
        assert response.status == 401


async def test_a_port_in_use_is_a_wrong_setting() -> None:
    """Told with a remedy, and everything is closed again."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port: int = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            async with serve(Health(dict, Metrics()), ("127.0.0.1", port)):
                pass
    assert str(caught.value) == (
        f"RELAIS_HTTP__BIND : 127.0.0.1:{port} est prise. Arrêtez le programme qui s’en sert, "
        f"ou prenez un autre port : RELAIS_HTTP__BIND=127.0.0.1:{port + 1}"
    )


async def test_an_address_of_another_machine_is_a_wrong_setting() -> None:
    """192.0.2.1 is nobody's (RFC 5737)."""
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1:8080 n’est pas une adresse de cette machine"):
        async with serve(Health(dict, Metrics()), ("192.0.2.1", 8080)):
            pass
