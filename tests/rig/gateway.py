"""A gateway that answers by a rule and fails on demand: the three dialects, their errors and their moods.

In a test:

    async with fake_gateway(dialect="mistral") as gateway:
        gateway.next(Behaviour(status=503, headers={"Retry-After": "1"}))

As a process, for e2e and benches: `python -m tests.rig.gateway --rate 100`, which prints its URL;
`POST /rig/next` takes a Behaviour as JSON, `GET /rig/requests` gives what was received.

It is as strict as the real ones: unknown fields, keys, models, order of roles and length are checked.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import dataclasses
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from tests.rig import gateway_words as words


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How one request is answered. The default is a whole, correct answer at full speed.

    `*_after` count tokens: stall or cut there, send a broken event or an error. `answer` replaces the
    echo; `tokens` makes the answer that long. `rate` is in tokens a second, 0 for no pause. `content` is
    the form of a text: `string`, `list`, or `thinking` (a list with thoughts first).
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    answer: str | None = None
    tokens: int | None = None
    rate: float = 0.0
    first: float = 0.0
    """Seconds before the first token; kept alive by comments when `comments` is set."""
    comments: bool = False
    content: str = "string"
    finish: str | None = "stop"
    served: str | None = None
    usage: bool = True
    older_usage: bool = False
    done: bool = True
    streamed: bool = True
    stall_after: int | None = None
    go_on: asyncio.Event | None = None
    """What ends the stall; None: nothing."""
    held: asyncio.Event | None = None
    """What the response waits for before it begins."""
    cut_after: int | None = None
    broken_after: int | None = None
    error_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as it came; `at` is on the monotonic clock, which processes of a machine share."""

    at: float
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def question(self) -> str:
        return words.said(self.body["messages"][-1]["content"])

    @property
    def picture(self) -> bytes | None:
        """The picture that the question came with."""
        content = self.body["messages"][-1]["content"]
        if isinstance(content, str):
            return None
        (url,) = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
        return base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))


class FakeGateway:
    """State of a fake gateway: what it received, and how it will behave."""

    def __init__(
        self,
        *,
        dialect: str = "openai",
        models: tuple[str, ...] = ("small",),
        key: str | None = None,
        context: int = 32_768,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.dialect = dialect
        self.models = models
        self.key = key
        self.context = context
        self.behaviour = behaviour or Behaviour()
        self.url = ""
        self.received: list[Received] = []
        self.speech = "Quelle heure est-il ?"
        """What is said in the voice messages that are transcribed; they are in `heard`, by their fields."""
        self.heard: list[dict[str, str | bytes]] = []
        self.running = 0
        """Requests that are being answered now."""
        self._next: dict[str | None, deque[Behaviour]] = {}
        self._came = asyncio.Event()

    def next(self, *behaviours: Behaviour, model: str | None = None) -> None:
        """The next requests (for `model`) are answered so, one each; afterwards as usual."""
        self._next.setdefault(model, deque()).extend(behaviours)

    def hold(self, **how: Any) -> asyncio.Event:
        """The next request is answered so (see `Behaviour`) once the event that is returned is set."""
        held = asyncio.Event()
        self.next(Behaviour(held=held, **how))
        return held

    async def asked(self, count: int = 1) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(60):
            while len(self.received) < count:
                self._came.clear()
                await self._came.wait()

    def app(self) -> web.Application:
        app = web.Application(client_max_size=32_000_000)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/rig/next", self._plan)
        app.router.add_get("/rig/requests", self._requests)
        return app

    async def _transcribe(self, request: web.Request) -> web.Response:
        given: dict[str, str | bytes] = {}
        for name, value in (await request.post()).items():
            given[name] = value.file.read() if isinstance(value, web.FileField) else str(value)
        unknown = set(given) - {"model", "file", "language"}
        if unknown or given.get("model") not in self.models:
            return _json(422, {"detail": sorted(unknown)})
        self.heard.append(given)
        return _json(200, {"text": self.speech})

    async def _models(self, request: web.Request) -> web.Response:
        return _json(200, words.models(self.dialect, self.models, self.context))

    async def _plan(self, request: web.Request) -> web.Response:
        self.next(Behaviour(**orjson.loads(await request.read())), model=request.query.get("model"))
        return web.Response(status=204)

    async def _requests(self, request: web.Request) -> web.Response:
        return _json(200, [dataclasses.asdict(received) for received in self.received])

    def _behaviour(self, model: str) -> Behaviour:
        for queue in (self._next.get(model), self._next.get(None)):
            if queue:
                return queue.popleft()
        return self.behaviour

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        at = time.monotonic()
        body = orjson.loads(await request.read())
        headers = {str(name): value for name, value in request.headers.items()}
        received = Received(at=at, path=request.path, headers=headers, body=body)
        self.received.append(received)
        self._came.set()
        behaviour = self._behaviour(str(body.get("model")))
        if behaviour.held is not None:
            await behaviour.held.wait()
        if behaviour.status != 200:
            shape = words.error(self.dialect, behaviour.status) if behaviour.body is None else behaviour.body
            return _json(behaviour.status, shape, behaviour.headers)
        if refusal := self._refusal(received):
            status, message = refusal
            return _json(status, words.error(self.dialect, status, message))
        self.running += 1
        try:
            return await self._answer(request, received, behaviour)
        finally:
            self.running -= 1

    def _refusal(self, received: Received) -> tuple[int, str] | None:
        body = received.body
        if self.key and received.headers.get("Authorization") != f"Bearer {self.key}":
            return 401, "Unauthorized"
        if unknown := set(body) - words.FIELDS[self.dialect]:
            return 422, sorted(unknown)[0]
        if body.get("model") not in self.models:
            return words.UNKNOWN_MODEL[self.dialect], "Invalid model"
        if wrong := words.misordered(self.dialect, [message["role"] for message in body["messages"]]):
            return 400, wrong
        if self._prompt(body) + body.get("max_tokens", 0) > self.context:
            return 400, words.OVERFLOW[self.dialect].format(self.context)
        return None

    def _prompt(self, body: dict[str, Any]) -> int:
        return sum(len(words.said(message["content"])) for message in body["messages"]) // 4

    async def _answer(self, request: web.Request, received: Received, how: Behaviour) -> web.StreamResponse:
        tokens = words.answer(received.question, how.answer, how.tokens)
        served = how.served or received.body["model"]
        usage = words.usage(self.dialect, self._prompt(received.body), len(tokens), older=how.older_usage)
        if not how.streamed:
            return _json(200, words.whole(served, "".join(tokens), how.finish, usage))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        await self._wait(response, how)
        chunk = words.Chunks(served)
        await response.write(chunk.event({"role": "assistant", "content": ""}))
        if how.content == "thinking":
            thought = [{"type": "thinking", "thinking": [{"type": "text", "text": "Je pense."}]}]
            await response.write(chunk.event({"content": thought}))
        started = time.monotonic()
        for number, token in enumerate(tokens):
            reached = time.monotonic()
            if await self._mishap(request, response, how, number):
                return response
            started += time.monotonic() - reached  # what follows a stall has its pace too
            if how.rate:
                await asyncio.sleep(max(0.0, started + number / how.rate - time.monotonic()))
            text = token if how.content == "string" else [{"type": "text", "text": token}]
            await response.write(chunk.event({"content": text}))
        if await self._mishap(request, response, how, len(tokens)):
            return response
        await response.write(b"".join(self._end(chunk, how, received, usage)))
        await response.write_eof()
        return response

    async def _wait(self, response: web.StreamResponse, how: Behaviour) -> None:
        until = time.monotonic() + how.first
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.02) if how.comments else left)
            if how.comments:
                await response.write(b": keep-alive\n\n")

    async def _mishap(
        self, request: web.Request, response: web.StreamResponse, how: Behaviour, number: int
    ) -> bool:
        """True when the answer ends here."""
        if number == how.stall_after:
            await (how.go_on or asyncio.Event()).wait()
        if number == how.broken_after:
            await response.write(b'data: {"choices": [{"delta"\n\n')
        if number == how.error_after:
            await response.write(b"data: " + orjson.dumps(words.error(self.dialect, 500)) + b"\n\n")
        if number == how.cut_after and request.transport is not None:
            request.transport.abort()
        return number in (how.cut_after, how.error_after)

    def _end(
        self, chunk: words.Chunks, how: Behaviour, received: Received, usage: dict[str, Any]
    ) -> list[bytes]:
        """The last events: finish reason, usage where the dialect puts it, `[DONE]`."""
        separate = self.dialect == "openai"
        told = how.usage and (not separate or received.body.get("stream_options", {}).get("include_usage"))
        events: list[bytes] = []
        if how.finish is not None:
            events.append(
                chunk.event(
                    {"content": ""}, finish=how.finish, usage=usage if told and not separate else None
                )
            )
        if told and separate:
            events.append(chunk.event(None, usage=usage))
        if how.done:
            events.append(b"data: [DONE]\n\n")
        return events


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    if isinstance(body, str):
        return web.Response(status=status, text=body, headers=headers)
    return web.Response(
        status=status, body=orjson.dumps(body), content_type="application/json", headers=headers
    )


@asynccontextmanager
async def fake_gateway(
    gateway: FakeGateway | None = None, *, port: int = 0, **options: Any
) -> AsyncIterator[FakeGateway]:
    """Runs a fake gateway in this loop; `options` are those of FakeGateway."""
    gateway = gateway or FakeGateway(**options)
    runner = web.AppRunner(gateway.app(), access_log=None, shutdown_timeout=0.0, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        gateway.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield gateway
    finally:
        await runner.cleanup()


async def _serve(arguments: argparse.Namespace) -> None:
    behaviour = Behaviour(rate=arguments.rate, tokens=arguments.tokens, first=arguments.first)
    async with fake_gateway(
        port=arguments.port,
        dialect=arguments.dialect,
        models=tuple(arguments.model or ["small"]),
        key=arguments.key,
        context=arguments.context,
        behaviour=behaviour,
    ) as gateway:
        print(gateway.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="a fake gateway, until interrupted")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--dialect", choices=sorted(words.FIELDS), default="openai")
    parser.add_argument("--model", action="append", help="a model that it knows (small)")
    parser.add_argument("--key", help="the API key that it demands")
    parser.add_argument("--context", type=int, default=32_768)
    parser.add_argument("--rate", type=float, default=0.0, help="tokens a second, 0: at once")
    parser.add_argument("--tokens", type=int, help="length of the answers")
    parser.add_argument("--first", type=float, default=0.0, help="seconds before the first token")
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
