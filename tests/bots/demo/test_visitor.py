"""The person of the demo, on a real homeserver."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from nio import AsyncClient, AsyncClientConfig, ShareGroupSessionResponse

from bots.demo.homeserver import homeserver
from connectors.tchap.visitor import visit


async def test_a_device_that_appears_while_a_key_is_shared_stops_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message goes out with the key that was shared, and the next one has a new key."""
    for name in ("server", "person", "bot"):
        (tmp_path / name).mkdir()
    async with homeserver(tmp_path / "server") as server:
        bot = await server.register("bot", "secret")
        await server.register("camille", "secret")
        async with asyncio.TaskGroup() as group:
            joining = group.create_task(_bot_that_joins(server.base_url, tmp_path / "bot"))
            async with visit(server.base_url, "camille", "secret", bot, tmp_path / "person") as visitor:
                await joining
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
