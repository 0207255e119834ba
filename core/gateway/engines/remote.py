"""The engine of a model that is elsewhere: its requests leave over HTTP, here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson

from core.errors import GatewayError, GatewayRejected, GatewayUnavailable
from core.gateway import dialects
from core.gateway.ask import Ask
from core.gateway.catalogue import Model
from core.gateway.dialects import Chunk, decode, failure
from core.language.operators import Phrase
from core.rhythm import until_beat
from core.tls import trusting, unreached

_LARGEST_ERROR = 65_536
_LARGEST_ANSWER = 8_388_608
_GULPS = ((10.0, 1.0), (1.0, 0.5), (0.1, 0.25))
"""Seconds that a stream has taken, and the rhythm in which it is then read: what comes between gathers.
People see the answer grow once a second at most, and it ends hardly later."""
_MOST_UNSEEN = 65_536
"""Bytes that may wait, not looked at, while nobody would see them."""
_END = b"[DONE]"

Http = aiohttp.ClientSession


def session(ca_file: Path | None = None) -> Http:
    """An HTTP session for `Gateway`; to be made, and closed, within the running loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=trusting(ca_file), limit=0, keepalive_timeout=30),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLine:
    """What the remote engines of one client share. `clock` is monotonic, `now` tells the time of day; both in
    seconds. `key` gives the API key of a model. `unseen`: seconds that what came of an answer may wait, not
    looked at, while nobody would see it; its end never waits."""

    session: Http
    key: Callable[[Model], str | None]
    clock: Callable[[], float]
    now: Callable[[], float]
    unseen: float


class RemoteModel:
    """A model behind a gateway."""

    def __init__(self, model: Model, line: HttpLine) -> None:
        self._model = model
        self._line = line

    def load(self) -> None:
        """Nothing: the gateway has it."""

    async def chunks(self, ask: Ask) -> AsyncGenerator[Chunk]:
        """Send one request and read its stream. The only place where a question leaves this machine."""
        model = self._model
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if key := self._line.key(model):
            headers["Authorization"] = f"Bearer {key}"
        try:
            async with self._line.session.post(
                f"{model.url.rstrip('/')}/chat/completions",
                data=orjson.dumps(dialects.request(ask, model)),
                headers=headers,
                allow_redirects=False,  # the policy cleared this address and no other
            ) as response:
                if response.status != 200:
                    body = decode(await _whole(response, _LARGEST_ERROR))
                    raise failure(response.status, response.headers, body, now=self._line.now())
                stream = _Stream(response, ask.eager, self._line)
                async with aclosing(stream.events()) as each:  # else a task is made to close it
                    async for events in each:
                        for chunk in dialects.joined(events):
                            yield chunk
                            if chunk.last:
                                return
                            stream.note(chunk)
        except _FAULTS as error:
            raise _told(error) from error


class _Stream:
    """The stream of one answer, read in gulps: waking for each token costs more than the token."""

    def __init__(self, response: aiohttp.ClientResponse, eager: Callable[[], bool], line: HttpLine) -> None:
        self._response = response
        self._eager = eager
        self._clock, self._unseen = line.clock, line.unseen
        self._loop = asyncio.get_running_loop()
        self._began: float | None = None
        """When the first text came."""
        self._ended = False

    def note(self, chunk: Chunk) -> None:
        """Say what was found in the events that were read last."""
        if chunk.text and self._began is None:
            self._began = self._clock()
        self._ended = self._ended or chunk.finish is not None  # what it used may come after

    async def events(self) -> AsyncGenerator[list[bytes]]:
        """The data of the events that came together; of a gateway that does not stream, the whole body."""
        if self._response.content_type == "application/json":
            yield [await _whole(self._response, _LARGEST_ANSWER)]
            return
        splitter = Splitter()
        while read := await self._read():
            yield splitter.feed(read)
            self._let_gather()
        yield splitter.feed(b"\n\n")  # a last event may lack its empty line

    async def _read(self) -> bytes:
        """What has come, once it ends, or somebody would see it, or it has waited; empty after the end."""
        content = self._response.content
        read = last = await content.readany()
        until = self._loop.time() + self._unseen
        try:
            async with asyncio.timeout_at(until):
                while last and self._may_wait(read):
                    self._let_gather()
                    last = await content.readany()
                    read += last
        except (aiohttp.ClientError, OSError):  # nothing came for so long, or what is read next raises it
            pass
        return read

    def _may_wait(self, read: bytes) -> bool:
        """Is it no matter when what was `read` is looked at?"""
        if self._began is None or self._ended or len(read) > _MOST_UNSEEN or self._eager():
            return False
        return not (self._response.content.at_eof() or read.rstrip().endswith(_END))

    def _let_gather(self) -> None:
        """Leave what comes in the kernel's buffer for a moment."""
        transport = self._response.connection and self._response.connection.transport
        if transport is None or self._began is None or self._ended:  # without a transport, all has come
            return
        if pause := pause_between_reads(self._clock() - self._began, self._loop.time()):
            transport.pause_reading()
            self._loop.call_later(pause, transport.resume_reading)  # nothing, once it is closed


def pause_between_reads(taken: float, now: float) -> float:
    """Seconds until a stream that has `taken` so long is read again; 0.0: at once. Streams of one rhythm are
    read at the same moments, so that the process wakes once for all of them."""
    rhythm = next((rhythm for since, rhythm in _GULPS if taken >= since), 0.0)
    return rhythm and until_beat(rhythm, now)


async def _whole(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, cut at `most` bytes."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= most:
            break
    return body[:most]


_FAULTS = (
    aiohttp.ClientError, OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError
)  # fmt: skip
"""What aiohttp and the parsing of an answer raise."""


def _told(error: Exception) -> GatewayError:
    """One of `_FAULTS` as an error of ours. Its text holds names of hosts, never content."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return GatewayRejected(Phrase("gateway.certificate"))
        case aiohttp.InvalidURL():
            return GatewayRejected(Phrase("gateway.address"))
        case aiohttp.ClientConnectorError():
            return GatewayUnavailable(Phrase("gateway.no_connection", host=error.host, port=error.port))
        case aiohttp.ClientError() | OSError():
            return GatewayUnavailable(Phrase("gateway.broke", why=unreached(error)))
        case _:
            return GatewayUnavailable(Phrase("gateway.form", why=type(error).__name__))


LONGEST = 1_048_576
"""Bytes that one event may hold. A chunk of an answer takes about 300."""


@dataclass(slots=True)
class Splitter:
    """Cuts a stream of bytes, however it arrives, into the data of its events.

    Only `data` matters here: comments, names, ids and delays are dropped. Lines end with LF, CRLF or
    CR. Raises ValueError when an event grows over `LONGEST`.
    """

    _rest: bytes = b""
    _started: bool = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that `chunk` completes."""
        text = self._rest + chunk
        if not self._started:
            if len(text) < 3 and b"\xef\xbb\xbf".startswith(text):
                self._rest = text
                return []
            text, self._started = text.removeprefix(b"\xef\xbb\xbf"), True
        held = b"\r" if text.endswith(b"\r") else b""  # half of a CRLF, perhaps
        text = text.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *blocks, rest = text.split(b"\n\n")
        self._rest = rest + held
        if len(self._rest) > LONGEST:
            raise ValueError(f"an event of more than {LONGEST} bytes")
        events: list[bytes] = []
        for block in blocks:
            if block.startswith(b"data: ") and b"\n" not in block:  # as nearly all are
                events.append(block[6:])
            elif data := [line[5:].removeprefix(b" ") for line in block.split(b"\n") if _is_data(line)]:
                events.append(b"\n".join(data))
        return events


def _is_data(line: bytes) -> bool:
    return line.startswith(b"data:") or line == b"data"
