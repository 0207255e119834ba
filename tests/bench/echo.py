"""The floor: the least that a bot on matrix-nio can be. It answers each message with its text; or, with a
GATEWAY, with what a model says, its beginning first where that takes longer than a second.

Run: `python -m tests.bench.echo HOMESERVER USER PASSWORD FOLDER [GATEWAY]`. It prints `ready`, then for each
message the monotonic time at which it had read it, and the text.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import aiohttp
from nio import AsyncClient, AsyncClientConfig, InviteMemberEvent, MatrixRoom, RoomMessageText

from connectors.tchap.contents import GROWING
from tests.bench.asking import SHOWN_AFTER, answer


class Echo:
    """The bot, on a client that is logged in."""

    def __init__(self, client: AsyncClient, gateway: str, asking: asyncio.TaskGroup) -> None:
        self._client = client
        self._gateway = gateway
        self._asking = asking
        self._http = aiohttp.ClientSession()

    async def invited(self, room: MatrixRoom, event: InviteMemberEvent) -> None:
        if event.state_key == self._client.user_id and event.membership == "invite":
            await self._client.join(room.room_id)

    async def heard(self, room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender == self._client.user_id:
            return
        print(time.monotonic(), event.body, flush=True)
        if self._gateway:
            self._asking.create_task(self._ask(room.room_id, event.body))
        else:
            await self._post(room.room_id, {"msgtype": "m.text", "body": event.body})

    async def _ask(self, room: str, question: str) -> None:
        text, first, began = "", "", time.monotonic()
        async for text in answer(self._http, self._gateway, question):
            if not first and time.monotonic() - began > SHOWN_AFTER:
                first = await self._post(room, {"msgtype": "m.text", "body": text, GROWING: True})
        whole: dict[str, Any] = {"msgtype": "m.text", "body": text}
        replaces = {"m.new_content": whole, "m.relates_to": {"rel_type": "m.replace", "event_id": first}}
        await self._post(room, whole | replaces if first else whole)

    async def _post(self, room: str, content: dict[str, Any]) -> str:
        sent = await self._client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        return getattr(sent, "event_id", "")


async def main(homeserver: str, user: str, password: str, folder: str, gateway: str = "") -> None:
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
    client = AsyncClient(homeserver, user, store_path=folder, config=config)
    await client.login(password)
    await client.sync(timeout=0)
    async with asyncio.TaskGroup() as asking:
        bot = Echo(client, gateway, asking)
        client.add_event_callback(bot.invited, InviteMemberEvent)
        client.add_event_callback(bot.heard, RoomMessageText)
        print("ready", flush=True)
        await client.sync_forever(timeout=30_000, full_state=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
