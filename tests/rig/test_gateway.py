"""The fake gateway: as strict as the real ones, and steered from another process."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.rig.gateway import fake_gateway

ROOT = Path(__file__).parent.parent.parent
ASK = {
    "model": "small",
    "messages": [{"role": "user", "content": "Bonjour"}],
    "max_tokens": 9,
    "stream": True,
}


def said(*roles: str) -> list[dict[str, str]]:
    return [{"role": role, "content": "…"} for role in roles]


@pytest.mark.parametrize(
    ("dialect", "change", "status"),
    [
        ("mistral", {"stream_options": {"include_usage": True}}, 200),
        ("mistral", {"user": "x"}, 422),
        ("mistral", {"max_completion_tokens": 5}, 422),
        ("mistral", {"model": "gone"}, 400),
        ("opengatellm", {"model": "gone"}, 404),
        ("openai", {"model": "gone"}, 404),
        ("mistral", {"messages": said("user", "user")}, 200),
        ("openai", {"messages": said("user", "user")}, 400),
        ("mistral", {"messages": said("user", "assistant")}, 400),
        ("openai", {"max_tokens": 40_000}, 400),
    ],
)
async def test_strict(dialect, change, status):
    """What a real gateway refuses is refused."""
    async with fake_gateway(dialect=dialect) as gateway, aiohttp.ClientSession() as http:
        response = await http.post(f"{gateway.url}/chat/completions", json=ASK | change)
        assert response.status == status


async def test_key():
    """The key is demanded when there is one."""
    async with fake_gateway(key="s3cret") as gateway, aiohttp.ClientSession() as http:
        response = await http.post(f"{gateway.url}/chat/completions", json=ASK)
        assert response.status == 401


async def test_as_a_process():
    """It prints its URL, takes orders and tells what it received."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.rig.gateway",
        "--dialect",
        "mistral",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        rig = url.removesuffix("/v1") + "/rig"
        async with aiohttp.ClientSession() as http:
            await http.post(f"{rig}/next", json={"status": 503, "headers": {"Retry-After": "2"}})
            async with http.post(f"{url}/chat/completions", json=ASK) as response:
                assert (response.status, response.headers["Retry-After"]) == (503, "2")
            async with http.post(f"{url}/chat/completions", json=ASK) as response:
                assert (await response.read()).endswith(b"data: [DONE]\n\n")
            async with http.get(f"{rig}/requests") as response:
                assert [received["body"] for received in await response.json()] == [ASK, ASK]
    finally:
        process.terminate()
        await process.wait()
