"""The floor: the least that a bot on matrix-nio can be. It answers each message with its text.

Run: `python -m tests.bench.echo HOMESERVER USER PASSWORD FOLDER`. It prints `ready`, then for each
message the monotonic time at which it had read it, and the text.
"""

from __future__ import annotations

import asyncio
import sys
import time

from nio import AsyncClient, AsyncClientConfig, InviteMemberEvent, MatrixRoom, RoomMessageText


async def main(homeserver: str, user: str, password: str, folder: str) -> None:
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
    client = AsyncClient(homeserver, user, store_path=folder, config=config)

    async def invited(room: MatrixRoom, event: InviteMemberEvent) -> None:
        if event.state_key == user and event.membership == "invite":
            await client.join(room.room_id)

    async def echo(room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender == user:
            return
        print(time.monotonic(), event.body, flush=True)
        content = {"msgtype": "m.text", "body": event.body}
        await client.room_send(room.room_id, "m.room.message", content, ignore_unverified_devices=True)

    await client.login(password)
    await client.sync(timeout=0)
    client.add_event_callback(invited, InviteMemberEvent)
    client.add_event_callback(echo, RoomMessageText)
    print("ready", flush=True)
    await client.sync_forever(timeout=30_000, full_state=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
