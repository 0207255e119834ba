"""The least that asking a model is: a request with aiohttp, each event of its stream parsed as it comes."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

import aiohttp

SHOWN_AFTER = 1.0
"""Seconds after which the least bot that asks a model posts what there is, as relais does."""


async def answer(http: aiohttp.ClientSession, gateway: str, question: str) -> AsyncGenerator[str]:
    """The answer so far, each time that it grows."""
    asked = {"model": "small", "stream": True, "messages": [{"role": "user", "content": question}]}
    text = ""
    async with http.post(f"{gateway}/chat/completions", json=asked) as response:
        async for line in response.content:
            if not line.startswith(b"data: {"):
                continue
            choices = json.loads(line[6:])["choices"]
            if choices and (more := choices[0]["delta"].get("content")):
                text += more
                yield text
