"""The floor on Slack: the least that a bot on slack-bolt can be. It answers each mention with its text; or,
with a GATEWAY, with what a model says, its beginning first where that takes longer than a second.

Run: `python -m tests.bench.slack_echo PORT API_URL TOKEN SECRET [GATEWAY]`. It prints `ready`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.bench.asking import SHOWN_AFTER, answer


async def main(port: str, api_url: str, token: str, secret: str, gateway: str = "") -> None:
    bolt = AsyncApp(client=AsyncWebClient(token=token, base_url=api_url), signing_secret=secret)
    http = aiohttp.ClientSession()

    async def echo(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text=event["text"])

    async def asks(event: dict[str, Any], client: AsyncWebClient) -> None:
        where, text, ts, began = {"channel": event["channel"]}, "", "", time.monotonic()
        async for text in answer(http, gateway, event["text"]):
            if not ts and time.monotonic() - began > SHOWN_AFTER:
                ts = (await client.chat_postMessage(**where, thread_ts=event["ts"], text=text))["ts"]
        if ts:
            await client.chat_update(**where, ts=ts, text=text)
        else:
            await client.chat_postMessage(**where, thread_ts=event["ts"], text=text)

    async def nothing() -> None:
        """Messages come beside their mentions."""

    async def posted(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    bolt.event("app_mention")(asks if gateway else echo)
    bolt.event("message")(nothing)
    server = web.Application()
    server.router.add_post("/slack/events", posted)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port)).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
