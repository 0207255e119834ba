"""The person of the demo, on a real homeserver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from nio import AsyncClient, AsyncClientConfig, ShareGroupSessionResponse

from tests.rig.homeserver import homeserver
from tests.rig.visitor import Visitor, visit


async def test_a_device_that_appears_while_a_key_is_shared_stops_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message goes out with the key that was shared, and the next one has a new key."""
    async with _visitor(tmp_path) as visitor:
        client = visitor._client
        send = client._send
        shared: list[str] = []

        async def changed_meanwhile(kind: type[Any], *args: Any, **kwargs: Any) -> Any:
            response = await send(kind, *args, **kwargs)
            if kind is ShareGroupSessionResponse:
                shared.append(client.olm.outbound_group_sessions[visitor.room].id)
                client.invalidate_outbound_session(visitor.room)
            return response

        monkeypatch.setattr(client, "_send", changed_meanwhile)
        await visitor.say("Bonjour")
        await visitor.say("Et encore")
        assert len(set(shared)) == 2


async def test_devices_that_were_asked_for_meanwhile_are_not_asked_for_again(tmp_path: Path) -> None:
    """Who listens and who sends may both want to know devices: the second finds nothing left to ask."""
    async with _visitor(tmp_path) as visitor:
        await visitor.say("Bonjour")
        client = visitor._client
        while client.should_query_keys:
            await client.keys_query()
        answer = await client.keys_query()
        assert not answer.device_keys


@asynccontextmanager
async def _visitor(folder: Path) -> AsyncGenerator[Visitor]:
    for name in ("server", "person", "bot"):
        (folder / name).mkdir()
    async with homeserver(folder / "server") as server, asyncio.TaskGroup() as group:
        bot = await server.register("bot", "secret")
        await server.register("camille", "secret")
        joining = group.create_task(_bot_that_joins(server.base_url, folder / "bot"))
        async with visit(server.base_url, "camille", "secret", bot, folder / "person") as visitor:
            await joining
            yield visitor


async def _bot_that_joins(base_url: str, folder: Path) -> None:
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False)
    client = AsyncClient(base_url, "bot", store_path=str(folder), config=config)
    try:
        await client.login("secret")
        await client.keys_upload()
        while not client.invited_rooms:
            await client.sync(timeout=1_000)
        await client.join(next(iter(client.invited_rooms)))
    finally:
        await client.close()
        if client.store is not None:
            client.store.database.close()  # nio leaves it open
