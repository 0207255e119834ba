"""A gateway whose every token is the time at which it left: the monotonic clock in milliseconds, in eight
digits.

It streams to hundreds at once and costs little: one timer writes a token to each. Nothing is checked: the
answers are for `tests.bench.streams`. Run: `python -m tests.bench.pulse TOKENS RATE`; it prints its URL.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

from tests.rig.child import LOOPBACK

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
)
EVENT = b'data: {"id":"1","object":"chat.completion.chunk","model":"small",%s}\n\n'
TOKEN = EVENT % b'"choices":[{"index":0,"delta":{"content":"%d "}}]'
STOP = (
    EVENT % b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]'
    + EVENT % b'"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":10,"total_tokens":20}'
    + b"data: [DONE]\n\n"
)


def stamp() -> int:
    """Now, in milliseconds; eight digits for the first three years after a start of the machine."""
    return 10_000_000 + round(time.monotonic() * 1000)


class Stream(asyncio.Protocol):
    """One connection: requests one after the other."""

    def __init__(self, running: set[Stream], tokens: int) -> None:
        self._running = running
        self._tokens = tokens
        self._received = b""
        self.left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._running.discard(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, _, body = self._received.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if lengths and len(body) >= int(lengths[0].partition(b":")[2]):
            self._received = b""
            self.left = self._tokens
            self._transport.write(HEAD)
            self._running.add(self)

    def write(self, token: bytes) -> None:
        self._transport.write(token)
        self.left -= 1
        if not self.left:
            self._running.discard(self)
            self._transport.write(_chunk(STOP) + b"0\r\n\r\n")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def serve(tokens: int, rate: float) -> None:
    running: set[Stream] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Stream(running, tokens), LOOPBACK, 0)
    print(f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    began, beat = time.monotonic(), 0
    while True:
        beat += 1
        await asyncio.sleep(max(0.0, began + beat / rate - time.monotonic()))
        token = _chunk(TOKEN % stamp())
        for stream in list(running):
            stream.write(token)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
