"""A model server on this machine that gives recorded answers: the tour needs neither model nor network.

It says so in its name. Which answer is given depends on what the question brings; numbers of messages are
looked up in what was sent, so that the links of a summary lead to the very messages.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

from bots.demo.child import LOOPBACK
from bots.demo.scenes import ANSWERS, FIGURES, OTHERWISE, POINTS

MODEL = "réponses-enregistrées"
PAUSE = 0.02
"""Seconds between two pieces of an answer: it is seen growing."""
_MARKED = re.compile(r"\[m(\d+)\]")


@asynccontextmanager
async def recorded() -> AsyncGenerator[str]:
    """The address of the server, while the context lasts."""
    app = web.Application(client_max_size=8_000_000)
    app.router.add_post("/v1/chat/completions", _complete)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        _, port = runner.addresses[0][:2]
        yield f"http://{LOOPBACK}:{port}/v1"
    finally:
        await runner.cleanup()


def answer(sent: str, question: str) -> str:
    """The recorded answer to a request: `sent` is all of it, `question` its last message."""
    if _MARKED.search(sent):
        return _summary(sent)
    if "rapport-du-port" in sent:
        return FIGURES
    return next((told for asked, told in ANSWERS if asked in question), OTHERWISE)


def _summary(sent: str) -> str:
    """The recorded minutes, with the numbers that the messages have here."""
    pieces = _MARKED.split(sent)
    numbered = dict(zip(map(int, pieces[1::2]), pieces[2::2], strict=True))
    lists: dict[str, list[dict[str, Any]]] = {}
    for kind, words, item in POINTS:
        number = next((n for n, text in numbered.items() if words in text), None)
        if number is not None:
            lists.setdefault(kind, []).append({**item, "messages": [number]})
    return orjson.dumps(lists).decode()


async def _complete(request: web.Request) -> web.StreamResponse:
    body = orjson.loads(await request.read())
    said = [str(each.get("content", "")) for each in body["messages"]]
    text = answer("\n".join(said[1:]), said[-1])
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for piece in re.findall(r"\S+\s*|\s+", text):
        await _event(response, {"choices": [{"index": 0, "delta": {"content": piece}}], "model": MODEL})
        await asyncio.sleep(PAUSE)
    usage = {"prompt_tokens": sum(map(len, said)) // 4, "completion_tokens": len(text) // 4}
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    closing: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": "stop"}
    end = {"choices": [closing], "model": MODEL, "usage": usage}
    await _event(response, end)
    await response.write(b"data: [DONE]\n\n")
    return response


async def _event(response: web.StreamResponse, data: dict[str, Any]) -> None:
    await response.write(
        b"data: " + orjson.dumps({"id": "tour", "object": "chat.completion.chunk", **data}) + b"\n\n"
    )
