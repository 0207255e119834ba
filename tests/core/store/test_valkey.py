"""A given server: what is refused, what is explained, and what keeps data of one partition together."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from core.errors import ConfigurationError, StoreError, StoreRefused, StoreUnavailable
from core.inbox.inbox import Entry, Inbox
from core.store.keyring import unlock
from core.store.valkey import Store, open_store
from core.store.wire import Command, Wire
from core.vault import Keys, generate
from tests.core.stored import SECRET, question
from tests.rig.valkey import valkey


@pytest.mark.parametrize("tcp", [False, True])
async def test_given_server(tmp_path: Path, tcp: bool) -> None:
    """`unix://` and `redis://` lead to a server that is given; none is started."""
    async with valkey(tmp_path, tcp=tcp) as server:
        async with open_store(url=server.url, data_dir=tmp_path / "données") as store:
            await store.run(("PING",))
        assert not (tmp_path / "données").exists()


async def test_evicting_server_refused(tmp_path: Path) -> None:
    """A server that throws data away when it is full is refused, with the remedy."""
    async with valkey(tmp_path, maxmemory_policy="allkeys-lru") as server:
        with pytest.raises(
            StoreRefused, match=r"allkeys-lru.*donnez à maxmemory-policy la valeur noeviction"
        ):
            async with open_store(url=server.url, data_dir=tmp_path):
                pass


async def test_forgetful_server_refused(tmp_path: Path) -> None:
    """A server that writes nothing to its disk is refused, with the remedy; one that writes snapshots only
    is told of in the log."""
    async with valkey(tmp_path, append_only=False) as server:
        with pytest.raises(
            StoreRefused, match=r"ne garde rien sur son disque.*donnez à appendonly la valeur yes"
        ):
            async with open_store(url=server.url, data_dir=tmp_path):
                pass
        async with Redis.from_url(server.url) as admin:
            await admin.config_set("save", "60 1")
        with capture_logs() as logs:
            async with open_store(url=server.url, data_dir=tmp_path) as store:
                await store.run(("PING",))
        assert [line["event"] for line in logs] == ["store_keeps_snapshots_only"]


@pytest.mark.parametrize("url", ["http://exemple.fr", "localhost:6379", "redis://hôte:pas-un-port"])
async def test_wrong_url(tmp_path: Path, url: str) -> None:
    """A URL that is none names the setting and shows what one looks like."""
    with pytest.raises(ConfigurationError, match=r"RELAIS_STORE__URL.*redis://host:6379"):
        async with open_store(url=url, data_dir=tmp_path):
            pass


async def test_unreachable(tmp_path: Path) -> None:
    """A server that is not there is named, without the password of the URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"redis://relais:motdepasse@127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1.*RELAIS_STORE__URL") as failure:
            async with open_store(url=url, data_dir=tmp_path):
                pass
    assert "motdepasse" not in str(failure.value)


async def test_wrong_password(tmp_path: Path) -> None:
    """A refused password is a wrong setting; the right one works; none is told from a wrong one."""
    async with valkey(tmp_path) as server:
        async with Redis.from_url(server.url) as admin:
            await admin.config_set("requirepass", "bon")
        place = server.url.removeprefix("unix://")
        for wrong in (f"unix://:mauvais@{place}", f"unix://{place}"):
            with pytest.raises(ConfigurationError, match="RELAIS_STORE__URL") as failure:
                async with open_store(url=wrong, data_dir=tmp_path):
                    pass
            assert "mauvais" not in str(failure.value)
        async with open_store(url=f"unix://:bon@{place}", data_dir=tmp_path) as store:
            await store.run(("PING",))


async def test_full_memory(tmp_path: Path) -> None:
    """A server whose memory is full takes nothing new, and what waits there can be finished."""
    async with valkey(tmp_path) as server, open_store(url=server.url, data_dir=tmp_path) as store:
        inbox = Inbox(store, await unlock(store, Keys([SECRET])), replica="un")
        await inbox.enqueue([Entry(event=question("a"))])
        await store.run(("CONFIG", "SET", "maxmemory", "1mb"))
        assert store.trouble == ""
        with pytest.raises(StoreUnavailable, match=r"refuse d’écrire.*plein"):
            await inbox.enqueue([Entry(event=question("b"))])
        assert store.trouble == "plein, il ne prend plus rien (maxmemory)"  # what `/readyz` says of it
        (claim,) = await inbox.claim(1)
        await claim.put(final="La réponse".encode())
        await claim.done()


async def test_restart_of_the_server(tmp_path: Path) -> None:
    """After a restart, which empties the cache of scripts, all goes on."""
    async with (
        valkey(tmp_path, appendfsync="always") as server,
        open_store(url=server.url, data_dir=tmp_path) as store,
    ):
        inbox = Inbox(store, await unlock(store, Keys([SECRET])), replica="un")
        await inbox.enqueue([Entry(event=question("a"))])
        await server.kill()
        with pytest.raises(StoreUnavailable):
            await store.run(("PING",))
        await server.start()
        async with asyncio.timeout(60):
            while not (claims := await _claims(inbox)):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
        assert claims[0].events == (question("a"),)


async def _claims(inbox: Inbox):
    try:
        return await inbox.claim(1)
    except StoreUnavailable:
        return []


async def test_emptied_scripts(store: Store) -> None:
    """Scripts that somebody removed are loaded again, and of a batch only they are run again."""
    await store.run(("SCRIPT", "FLUSH"))
    replies = await store.batch((("INCR", "n"), store.script("stats", 0, 1000), ("INCR", "n")))
    assert (replies[0], replies[2]) == (1, 2)
    assert len(replies[1]) == 5


async def test_command_refused(store: Store) -> None:
    """A command that the server refuses is a StoreError; the others of its batch are executed."""
    with pytest.raises(StoreError, match="a refusé une commande"):
        await store.batch((("SET", "k", "v"), ("INCR", "k"), ("SET", "k", "w")))
    assert await store.run(("GET", "k")) == b"w"


async def test_replies_belong_to_their_calls(store: Store) -> None:
    """Calls that run side by side, some of them cancelled, each get their own replies."""

    async def echo(i: int) -> bool:
        return await store.batch((("ECHO", f"{i}"), ("ECHO", f"{i}'"))) == [f"{i}".encode(), f"{i}'".encode()]

    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(echo(i)) for i in range(300)]
        await asyncio.sleep(0)
        for call in calls[::3]:
            call.cancel()
    assert all(call.result() for call in calls if not call.cancelled())
    assert sum(call.cancelled() for call in calls) == 100


async def test_other_keys_refused(store: Store) -> None:
    """A store sealed under other keys is refused with the remedy; a new key before the old one is not."""
    await unlock(store, Keys([SECRET]))
    with pytest.raises(StoreRefused, match=r"RELAIS_STORE__KEYS.*redonnez celles-là"):
        await unlock(store, Keys([generate()]))
    rotated = await unlock(store, Keys([generate(), SECRET]))
    assert rotated.tag("person", "@a") == (await unlock(store, Keys([SECRET]))).tag("person", "@a")


async def rewrites(store: Store) -> int:
    """How often the server was told to write its log anew."""
    stats: bytes = await store.run(("INFO", "commandstats"))
    line = next(
        (line for line in stats.decode().splitlines() if line.startswith("cmdstat_bgrewriteaof:")), "calls=0"
    )
    return int(line.partition("calls=")[2].partition(",")[0])


async def test_many_erasures_share_one_rewrite_of_the_log(store: Store) -> None:
    """The first at once, those of the next hour together at its end; what is erased is gone from the data at
    once, and one that is due stays due however the replica ends."""
    for _ in range(3):
        await store.rewrite_later()
    assert await rewrites(store) == 1
    await store.rewrite()
    assert await rewrites(store) == 1
    assert 3500 < await store.run(("TTL", store.key(0, "rewrite", "done"))) <= 3600
    await store.run(("DEL", store.key(0, "rewrite", "done")))  # an hour later
    while b"aof_rewrite_in_progress:1" in await store.run(("INFO", "persistence")):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await store.rewrite()
    await store.rewrite()
    assert await rewrites(store) == 2


class Part:
    """A server of several, which does this when it is told to write its log anew."""

    def __init__(self, does: Callable[[], Awaitable[object]]) -> None:
        self._does = does

    async def call(self, commands: Sequence[Command]) -> list[object]:
        return [await self._does() for _ in commands]


async def test_a_server_that_is_away_writes_its_log_anew_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others do so at once; it is due until all have, so that what was erased stays in none of them."""

    async def away() -> object:
        raise StoreUnavailable("away")

    wire = store._wire
    monkeypatch.setattr(Wire, "parts", property(lambda _: [Part(away), wire]))
    await store.rewrite_later()
    assert await rewrites(store) == 1
    assert await store.run(("EXISTS", store.key(0, "rewrite", "due"))) == 1
    assert await store.run(("TTL", store.key(0, "rewrite", "done"))) <= 60


async def test_what_is_erased_while_the_log_is_written_is_still_due(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log that is being written may hold it."""

    async def erases() -> object:
        return await store.run(store.script("due", 0))

    monkeypatch.setattr(Wire, "parts", property(lambda _: [Part(erases)]))
    await store.rewrite_later()
    assert await store.run(("EXISTS", store.key(0, "rewrite", "due"))) == 1


async def test_a_rewrite_that_could_not_be_is_due_again(store: Store) -> None:
    """A server that is at it already, or forbids it, is asked again in a minute."""
    await store.run(("ACL", "SETUSER", "default", "-bgrewriteaof"))
    await store.rewrite_later()
    assert await store.run(("EXISTS", store.key(0, "rewrite", "due"))) == 1
    assert await store.run(("TTL", store.key(0, "rewrite", "done"))) <= 60
