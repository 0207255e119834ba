"""One connection that all share: to whom the replies of the server go."""

from __future__ import annotations

import asyncio
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from core.store.place import SecuredConnection, StoreAddress
from core.store.valkey import open_store
from core.store.wire import Wire
from tests.rig.valkey import valkey


async def test_connection_lost_as_it_opens(tmp_path: Path) -> None:
    """Who waits for a connection that is lost as soon as it opens gets their own reply from the next one."""
    async with valkey(tmp_path) as server:
        attempts: list[AbstractConnection] = []

        def dial() -> SecuredConnection:
            connection = server_of()
            connect = connection.connect

            async def connect_and_lose() -> None:
                await connect()
                if len(attempts) == 1 and connection._writer is not None:  # pyright: ignore[reportPrivateUsage]
                    connection._writer.close()  # pyright: ignore[reportPrivateUsage]

            connection.connect = connect_and_lose
            attempts.append(connection)
            return SecuredConnection(connection)

        server_of = StoreAddress(server.url).server()
        wire = Wire(dial, greeting=[("PING",)], explain=lambda: "away")
        async with asyncio.TaskGroup() as group:
            call = group.create_task(wire.call([("ECHO", "mine")]))
            await asyncio.sleep(0)  # it waits for a connection
            running = group.create_task(wire.run())
            assert await call == [b"mine"]
            running.cancel()
        assert len(attempts) == 2


async def test_account_that_may_not_subscribe(tmp_path: Path) -> None:
    """That it is refused to hear what is published is nobody's reply: each call gets its own. Since Redis 7
    an account hears nothing unless its ACL names channels."""
    async with valkey(tmp_path, tcp=True) as server:
        async with Redis.from_url(server.url) as admin:
            await admin.execute_command("ACL", "SETUSER", "deaf", "on", ">secret", "~*", "+@all")
        url = server.url.replace("://", "://deaf:secret@")
        async with open_store(url=url, data_dir=tmp_path) as store:
            store.subscribe("news", lambda _: None)
            assert await store.run(("ECHO", "a")) == b"a"
            assert await store.run(("ECHO", "b")) == b"b"
