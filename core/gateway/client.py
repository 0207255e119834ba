"""Asks models and streams their answers, whatever breaks on the way.

`Gateway.stream` is the whole story of a question: before each request it asks the policy anew for the
route, sends one request, passes the pieces on, and after a failure lets `Course` say what follows.
`Gateway._post` is the only function of relais that makes a request for a model leave.
"""

from __future__ import annotations

import asyncio
import os
import random
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Protocol

import aiohttp
import orjson

from core.errors import GatewayError, GatewayRejected, GatewayUnavailable
from core.gateway import dialects, extracts, footprint, sse
from core.gateway.answer import Answer, Asked
from core.gateway.ask import Again, Ask, Delta, Done, Piece
from core.gateway.breaker import Breaker
from core.gateway.catalogue import Model
from core.gateway.course import Course, Limits
from core.gateway.dialects import Chunk
from core.gateway.failures import decode, failure
from core.gateway.local import LocalModel
from core.gateway.tokens import fit

_LARGEST_ERROR = 65_536
_LARGEST_ANSWER = 8_388_608
_GULP, _SHORTEST_GULP, _LONGEST_GULP = 0.2, 0.1, 0.4
"""Pause between two reads of a stream: a share of the time that it has taken, and its bounds in seconds.
People see the answer grow once a second at most, and it ends hardly later."""


class Route(Protocol):
    """The policy's answer: models cleared for the question, best first (`core.policy.decision.Route`)."""

    @property
    def models(self) -> tuple[Model, ...]: ...


def environment(model: Model) -> str | None:
    """The API key of a model, from the environment variable that its policy names."""
    return os.environ.get(model.api_key_env) if model.api_key_env else None


def session(ca_file: Path | None = None) -> aiohttp.ClientSession:
    """An HTTP session for `Gateway`; to be made, and closed, within the running loop."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=0, keepalive_timeout=30),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
    )


class Gateway:
    """The client of every model. `clock` is monotonic, `now` tells the time of day; both in seconds."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        keys: Callable[[Model], str | None] = environment,
        limits: Limits | None = None,
        observe: Callable[[Asked], None] = lambda asked: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = session
        self._keys = keys
        self._limits = limits or Limits()
        self._observe = observe
        self._clock = clock
        self._now = now
        self._random = random
        self._sleep = sleep
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._locals: dict[str, LocalModel] = {}

    async def stream(self, ask: Ask, route: Callable[[], Route]) -> AsyncGenerator[Piece]:
        """The answer, piece by piece, `Done` last. `route` is called before each request.

        What `route` raises passes through. Raises GatewayError: Interrupted when part of an answer had
        come, else the failure of the models that were tried.
        """
        course = Course(self._limits, self._random)
        deadline = self._clock() + self._limits.total
        while True:
            if course.pause:
                await self._sleep(course.pause)
            if course.text:
                yield Again(model=course.choose(route().models))
            course.begin()
            model = course.choose(route().models)  # nothing may come between this and the request
            try:
                async with aclosing(self._ask(ask, model, deadline)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Delta):
                            course.came(piece.text)
                        yield piece
            except GatewayError as error:
                ask = course.failed(model, ask, error, left=deadline - self._clock())
            else:
                return

    def prepare(self, models: Iterable[Model]) -> None:
        """Load the local ones, at start. Raises ConfigurationError."""
        for model in models:
            if model.dialect == "local":
                self._local(model).load()

    def open_until(self, model: Model) -> float:
        """Until when, on `clock`, the model is left alone after repeated failures; 0 when it is not."""
        return self._breaker(model).open_until

    def wait(self, model: Model) -> float:
        """Seconds until a request to the model may leave, as far as its breaker knows; 0.0: now."""
        return self._breaker(model).wait

    def well(self, model: Model) -> bool:
        """Did the model answer last time, or was it not asked yet?"""
        return self._breaker(model).closed

    def _breaker(self, model: Model) -> Breaker:
        key = (model.url, model.served)
        if key not in self._breakers:
            self._breakers[key] = Breaker(
                failures=self._limits.breaker_failures, pause=self._limits.breaker_pause, clock=self._clock
            )
        return self._breakers[key]

    def _local(self, model: Model) -> LocalModel:
        return self._locals.setdefault(model.url, LocalModel(model))

    async def _ask(self, ask: Ask, model: Model, deadline: float) -> AsyncGenerator[Delta | Done]:
        """One request to one model, observed, behind its breaker."""
        answer = Answer(ask=ask, model=model, began=self._clock())
        outcome, detail = "cancelled", ""
        try:
            with self._breaker(model).request():
                fitted = fit(ask, model)
                async with aclosing(self._timed(self._chunks(fitted, model), deadline)) as chunks:
                    async for chunk in chunks:
                        answer.add(chunk, self._clock())
                        if chunk.text:
                            yield Delta(text=chunk.text)
                done = answer.done()
            outcome = done.finish
            if footprint.estimable(model):
                await footprint.prepare()
            yield done
        except GatewayError as error:
            outcome, detail = type(error).__name__, str(error)
            raise
        finally:
            self._observe(answer.asked(outcome, detail, self._clock()))

    async def _timed(self, chunks: AsyncGenerator[Chunk], deadline: float) -> AsyncGenerator[Chunk]:
        """Bounds the wait for each sign of life; the reader's own time does not count."""
        patience, what = self._limits.first_token, "no first token"
        until = self._clock() + patience
        async with aclosing(chunks):
            while True:
                try:
                    async with asyncio.timeout(min(until, deadline) - self._clock()):
                        chunk = await anext(chunks)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    late = (
                        f"{what} in {patience:g} s" if until < deadline else "the whole answer took too long"
                    )
                    raise GatewayUnavailable(late) from None
                yield chunk
                if chunk.alive:
                    patience, what = self._limits.between, "no further token"
                    until = self._clock() + patience

    def _chunks(self, ask: Ask, model: Model) -> AsyncGenerator[Chunk]:
        """The chunks of one answer, from wherever the model is."""
        match model.dialect:
            case "extracts":
                return extracts.chunks(ask)
            case "local":
                return self._local(model).chunks(dialects.request(ask, model))
            case _:
                return self._post(ask, model)

    async def _post(self, ask: Ask, model: Model) -> AsyncGenerator[Chunk]:
        """Send one request and read its stream. The only place where a question leaves this machine."""
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if key := self._keys(model):
            headers["Authorization"] = f"Bearer {key}"
        with translated():
            async with self._session.post(
                f"{model.url.rstrip('/')}/chat/completions",
                data=orjson.dumps(dialects.request(ask, model)),
                headers=headers,
                allow_redirects=False,  # the policy cleared this address and no other
            ) as response:
                if response.status != 200:
                    body = decode(await _whole(response, _LARGEST_ERROR))
                    raise failure(response.status, response.headers, body, now=self._now())
                began: float | None = None
                async for events in _reads(response):
                    ended = False
                    for chunk in _parsed(events):
                        yield chunk
                        ended = chunk.last or chunk.finish is not None
                        if chunk.last:
                            return
                        if chunk.text and began is None:
                            began = self._clock()
                    if began is not None and not ended:
                        await self._let_gather(response, self._clock() - began)

    async def _let_gather(self, response: aiohttp.ClientResponse, taken: float) -> None:
        """Leave what comes in the kernel's buffer for a moment: waking for each token costs more than it.

        `taken`: seconds since the first text."""
        transport = response.connection and response.connection.transport
        if transport is None or taken < _SHORTEST_GULP:  # without a transport, all has come
            return
        transport.pause_reading()
        try:
            await self._sleep(min(max(_SHORTEST_GULP, taken * _GULP), _LONGEST_GULP))
        finally:
            transport.resume_reading()


async def _reads(response: aiohttp.ClientResponse) -> AsyncGenerator[list[bytes]]:
    """The data of the events that came together; of a gateway that does not stream, the whole body."""
    if response.content_type == "application/json":
        yield [await _whole(response, _LARGEST_ANSWER)]
        return
    splitter = sse.Splitter()
    async for read in response.content.iter_any():
        yield splitter.feed(read)
    yield splitter.end()


def _parsed(events: Iterable[bytes]) -> Iterator[Chunk]:
    """Events that came together, as one chunk; what came before an error comes before it."""
    chunks: list[Chunk] = []
    try:
        for data in events:
            chunks.append(dialects.parse(data))
            if chunks[-1].last:
                break
    except Exception:
        if chunks:
            yield dialects.joined(chunks)
        raise
    if chunks:
        yield dialects.joined(chunks)


async def _whole(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, cut at `most` bytes."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= most:
            break
    return body[:most]


@contextmanager
def translated() -> Generator[None]:
    """Errors of aiohttp and of parsing become ours. Their texts hold names of hosts, never content."""
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:
        raise GatewayRejected("the gateway's certificate is not trusted: check RELAIS_CA_FILE") from error
    except aiohttp.InvalidURL as error:
        raise GatewayRejected("the address of the gateway is malformed: check url") from error
    except aiohttp.ClientConnectorError as error:
        raise GatewayUnavailable(f"cannot connect to {error.host}:{error.port}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise GatewayUnavailable(f"the connection broke ({type(error).__name__})") from error
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise GatewayUnavailable(f"the gateway answers in no known form ({type(error).__name__})") from error
