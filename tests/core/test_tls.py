"""Why a server is not reached is said in operators' words, whatever library found it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import httpx
import pytest
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.errors import StoreUnavailable
from core.store.valkey import open_store
from core.tls import unreached

ASKED_WITHIN = aiohttp.ClientTimeout(total=30)


async def by_aiohttp(url: str) -> BaseException:
    async with aiohttp.ClientSession() as session:
        with pytest.raises((aiohttp.ClientError, OSError)) as caught:
            await session.get(url, timeout=ASKED_WITHIN)
        return caught.value


async def by_httpx(url: str) -> BaseException:
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.HTTPError) as caught:
            await client.get(url)
        return caught.value


async def by_redis(url: str) -> BaseException:
    address = url.replace("https", "rediss").replace("http", "redis")
    pool = ConnectionPool.from_url(address, retry=Retry(NoBackoff(), 0))  # pyright: ignore[reportUnknownMemberType]
    with pytest.raises((RedisError, OSError)) as caught:
        await pool.make_connection().connect()
    return caught.value


@pytest.mark.parametrize("ask", [by_aiohttp, by_httpx, by_redis])
async def test_what_the_network_says(ask: Callable[[str], Awaitable[BaseException]]) -> None:
    """A port where nothing listens, a server without TLS."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        closed = taken.getsockname()[1]
    assert str(unreached(await ask(f"http://127.0.0.1:{closed}"))) == "rien n’écoute à ce port"

    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"bonjour, pas de TLS ici\r\n" * 9)
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert str(unreached(await ask(f"https://127.0.0.1:{port}"))) == "le serveur n’y parle pas TLS"


@pytest.mark.parametrize("ask", [by_aiohttp, by_httpx, by_redis])
async def test_a_name_with_several_addresses(
    ask: Callable[[str], Awaitable[BaseException]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `localhost` often is: what each of them says is said once."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        closed = taken.getsockname()[1]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{n}", closed)) for n in (1, 2)]

    def both(*_: object, **__: object) -> object:
        return found

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert str(unreached(await ask(f"http://deux.example:{closed}"))) == "rien n’écoute à ce port"


@pytest.mark.parametrize("ask", [by_aiohttp, by_httpx, by_redis])
async def test_who_cuts_the_greeting_of_tls(ask: Callable[[str], Awaitable[BaseException]]) -> None:
    """A balancer without a server behind it may well speak TLS."""

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert str(unreached(await ask(f"https://127.0.0.1:{port}"))) == "le serveur a coupé"


def test_who_warns_in_tls_speaks_it() -> None:
    """One that asks for a certificate of the client, or for another version."""
    with pytest.raises(ssl.SSLError) as caught:
        _shaken(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    assert str(unreached(caught.value)) == "échec SSLError"


def _shaken(client: ssl.TLSVersion, server: ssl.TLSVersion) -> None:
    """Two ends that speak one version of TLS each begin to, in memory, until one cannot go on."""
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends: list[ssl.SSLObject] = []
    for purpose, version, way in (
        (ssl.Purpose.CLIENT_AUTH, server, (ours, theirs)),
        (ssl.Purpose.SERVER_AUTH, client, (theirs, ours)),
    ):
        context = ssl.create_default_context(purpose)
        context.minimum_version = context.maximum_version = version
        here = purpose is ssl.Purpose.SERVER_AUTH
        ends.append(
            context.wrap_bio(*way, server_side=not here, server_hostname="a.example" if here else None)
        )
    with suppress(ssl.SSLWantReadError):
        ends[1].do_handshake()
    with suppress(ssl.SSLError):
        ends[0].do_handshake()
    ends[1].do_handshake()


def test_a_name_without_an_address() -> None:
    """Also where a library's own error stands before it."""
    error = RuntimeError("Cannot connect")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    assert str(unreached(error)) == "ce nom n’a pas d’adresse"


def test_what_nobody_knows_keeps_its_name() -> None:
    """For whoever looks it up."""
    assert str(unreached(ValueError("secret"))) == "échec ValueError"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis://127.0.0.1:9", "rien n’écoute à ce port"),
        ("unix:///nulle/part", "ce chemin n’existe pas"),
        (
            "redis+sentinel://127.0.0.1:9/tchap",
            "aucun Sentinel n’est joint, ou aucun ne nomme le maître du service tchap",
        ),
    ],
)
async def test_a_store_that_is_not_reached_is_told_without_internals(
    tmp_path: Path, url: str, why: str
) -> None:
    """No words of a library, no object of a program: what is wrong, and the setting."""
    with pytest.raises(StoreUnavailable) as caught:
        async with open_store(url=url, data_dir=tmp_path):
            pass
    said = str(caught.value)
    assert f"ne peut pas être joint ({why})" in said
    assert "RELAIS_STORE__URL" in said
