"""The engine of a model that is elsewhere: its requests leave over HTTP, here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson

from core.config.environment import Secret
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
    seconds. `keys` gives an API key by its name. `unseen`: seconds that what came of an answer may wait, not
    looked at, while nobody would see it; its end never waits."""

    session: Http
    keys: Callable[[str], Secret | None]
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
        if model.api_key_env and (key := self._line.keys(model.api_key_env)):
            headers["Authorization"] = f"Bearer {key.reveal()}"
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
                stream = _Stream(response=response, eager=ask.eager, line=self._line)
                async with aclosing(stream.events()) as each:  # else a task is made to close it
                    async for events in each:
                        for chunk in dialects.joined(events):
                            yield chunk
                            if chunk.last:
                                return
                            stream.note(chunk)
        except _FAULTS as error:
            raise _told(error) from error


@dataclass(slots=True, kw_only=True)
class _Stream:
    """The stream of one answer, read in gulps: waking for each token costs more than the token."""

    response: aiohttp.ClientResponse
    eager: Callable[[], bool]
    line: HttpLine
    _since: float | None = None
    """When the first text came; None before that, and once the answer has ended."""
    _ended: bool = False

    def note(self, chunk: Chunk) -> None:
        """Say what was found in the events that were read last."""
        self._ended = self._ended or chunk.finish is not None  # what it used may come after
        if self._ended:
            self._since = None
        elif chunk.text and self._since is None:
            self._since = self.line.clock()

    async def events(self) -> AsyncGenerator[list[bytes]]:
        """The data of the events that came together; of a gateway that does not stream, the whole body."""
        if self.response.content_type == "application/json":
            yield [await _whole(self.response, _LARGEST_ANSWER)]
            return
        splitter = Splitter()
        while read := await self.response.content.readany():
            yield splitter.feed(await self._gathered(read) if self._since is not None else read)
            self._let_gather()
        yield splitter.feed(b"\n\n")  # a last event may lack its empty line

    async def _gathered(self, read: bytes) -> bytes:
        """What was `read` with what comes until it ends, or somebody would see it, or it has waited."""
        try:
            async with asyncio.timeout(self.line.unseen):
                while self._may_wait(read):
                    self._let_gather()
                    if not (more := await self.response.content.readany()):
                        break
                    read += more
        except (aiohttp.ClientError, OSError):  # nothing came for so long, or what is read next raises it
            pass
        return read

    def _may_wait(self, read: bytes) -> bool:
        """Is it no matter when what was `read` is looked at?"""
        if self._since is None or len(read) > _MOST_UNSEEN or self.eager():
            return False
        return not (self.response.content.at_eof() or read.rstrip().endswith(_END))

    def _let_gather(self) -> None:
        """Leave what comes in the kernel's buffer for a moment."""
        transport = self.response.connection and self.response.connection.transport
        if transport is None or self._since is None:  # without a transport, all has come
            return
        loop = asyncio.get_running_loop()
        if pause := pause_between_reads(self.line.clock() - self._since, loop.time()):
            transport.pause_reading()
            loop.call_later(pause, transport.resume_reading)  # nothing, once it is closed


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
