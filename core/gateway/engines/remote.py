"""The engine of a model behind a gateway: what its dialect wants to be asked, and how its answer is read.

All speak `POST …/chat/completions`. Requests leave over HTTP in `RemoteModels.chunks`, and nowhere else.

What a gateway's refusal means is for operators, and never repeats what the gateway wrote: it may quote the
question (validation errors do), so of a body only machine-readable words (type, code, name of a field) are
told; its sentences are read, not shown.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, cast

import aiohttp
import orjson

from core.config.environment import Key
from core.errors import ContextOverflow, GatewayError, GatewayRejected, GatewayUnavailable
from core.gateway.ask import Ask, Chunk, Finish, Usage, VisionPicture, fit
from core.gateway.catalogue import DIALECTS, Model
from core.language.operators import Phrase
from core.retry import until_beat
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
class RemoteModels:
    """The models behind gateways. `clock` is monotonic, `now` tells the time of day; both in seconds. `keys`
    gives an API key by its name. `unseen`: seconds that what came of an answer may wait, not looked at, while
    nobody would see it; its end never waits."""

    session: Http
    keys: Callable[[str], Key | None]
    clock: Callable[[], float]
    now: Callable[[], float]
    unseen: float

    def load(self, model: Model) -> None:
        """Nothing: the gateway has it."""

    async def chunks(self, ask: Ask, model: Model) -> AsyncGenerator[Chunk]:
        """Send one request and read its stream. The only place where a question leaves this machine."""
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if model.api_key_env and (key := self.keys(model.api_key_env)):
            headers["Authorization"] = f"Bearer {key.reveal()}"
        try:
            async with self.session.post(
                f"{model.url.rstrip('/')}/chat/completions",
                data=orjson.dumps(request(ask, model)),
                headers=headers,
                allow_redirects=False,  # the policy cleared this address and no other
            ) as response:
                if response.status != 200:
                    body = decode(await _whole(response, _LARGEST_ERROR))
                    raise failure(response.status, response.headers, body, now=self.now())
                begun = b""
                if response.content_type == "application/json":  # it does not stream: one event, in one line
                    answer = orjson.loads(await _whole(response, _LARGEST_ANSWER))
                    begun = b"data: " + orjson.dumps(answer) + b"\n\n"
                async with aclosing(self._read(response, ask.eager, begun)) as each:  # else a task closes it
                    async for chunk in each:
                        yield chunk
        except _FAULTS as error:
            raise _told(error) from error

    async def _read(
        self, response: aiohttp.ClientResponse, eager: Callable[[], bool], rest: bytes
    ) -> AsyncGenerator[Chunk]:
        """The chunks of an answer of which `rest` came already. Raises GatewayUnavailable where it breaks
        off."""
        pace: _Pace | None = None
        begun = finished = closed = False
        while not closed:
            read: bytes = await response.content.readany()
            if pace and read:
                read = await pace.gathered(read)
            rest += read or b"\n\n"  # a last event may lack its empty line
            events, rest = split(rest)
            ended = _END in events
            for chunk in joined(map(orjson.loads, events[: events.index(_END)] if ended else events)):
                yield chunk
                begun = begun or bool(chunk.text)
                finished = finished or chunk.finish is not None  # what it used may come after
            closed, finished = ended or not read, ended or finished
            pace = None if finished else pace or (_Pace(response, eager, self) if begun else None)
            if pace:
                pace.let_gather()
        if not finished:
            raise GatewayUnavailable(Phrase("gateway.cut"))


class _Pace:
    """Reads an answer that has begun in gulps: waking for each token costs more than the token."""

    def __init__(
        self, response: aiohttp.ClientResponse, eager: Callable[[], bool], line: RemoteModels
    ) -> None:
        self._response = response
        self._eager = eager
        self._line = line
        self._since = line.clock()

    async def gathered(self, read: bytes) -> bytes:
        """What was `read` with what comes until it ends, or somebody would see it, or it has waited."""
        until = asyncio.get_running_loop().time() + self._line.unseen
        with suppress(aiohttp.ClientError, OSError):  # nothing came in time, or the next read raises it
            while self._may_wait(read):
                self.let_gather()
                async with asyncio.timeout_at(until):
                    more = await self._response.content.readany()
                if not more:
                    break
                read += more
        return read

    def _may_wait(self, read: bytes) -> bool:
        """Is it no matter when what was `read` is looked at?"""
        if len(read) > _MOST_UNSEEN or self._eager():
            return False
        return not (self._response.content.at_eof() or read.rstrip().endswith(_END))

    def let_gather(self) -> None:
        """Leave what comes in the kernel's buffer for a moment."""
        transport = self._response.connection and self._response.connection.transport
        if transport is None:  # all has come
            return
        loop = asyncio.get_running_loop()
        if pause := pause_between_reads(self._line.clock() - self._since, loop.time()):
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
_MARK = b"\xef\xbb\xbf"
"""A byte-order mark, with which a stream may begin."""


def split(text: bytes) -> tuple[list[bytes], bytes]:
    """Cut what came of a stream into the data of its whole events, and the rest, which belongs before what
    comes next.

    Only `data` matters here: comments, names, ids and delays are dropped. Lines end with LF, CRLF or
    CR. Raises ValueError when an event grows over `LONGEST`.
    """
    held = b"\r" if text.endswith(b"\r") else b""  # half of a CRLF, perhaps
    text = text.removeprefix(_MARK).removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    *blocks, rest = text.split(b"\n\n")
    if len(rest) > LONGEST:
        raise ValueError(f"an event of more than {LONGEST} bytes")
    events: list[bytes] = []
    for block in blocks:
        if block.startswith(b"data: ") and b"\n" not in block:  # as nearly all are
            events.append(block[6:])
        elif data := [line[5:].removeprefix(b" ") for line in block.split(b"\n") if _is_data(line)]:
            events.append(b"\n".join(data))
    return events, rest + held


def _is_data(line: bytes) -> bool:
    return line.startswith(b"data:") or line == b"data"


Json = dict[str, Any]
_FINISH: dict[str, Finish] = {"length": "length", "model_length": "length"}


def request(ask: Ask, model: Model) -> Json:
    """The JSON to send. Mistral's schema refuses any field that it does not know. Raises ContextOverflow."""
    said: list[Json] = [*fit(ask, model)]
    if ask.picture is not None:
        said[-1] = said[-1] | {"content": _seen(said[-1]["content"], ask.picture)}
    body: Json = {
        "model": model.served,
        "messages": said,
        "max_tokens": ask.answer_tokens,
        "stream": True,
    }
    if DIALECTS[model.dialect].asks_for_usage:
        body["stream_options"] = {"include_usage": True}
    return body


def _seen(text: str, picture: VisionPicture) -> list[Json]:
    """A question with its picture: OpenAI's parts of a content, which the other dialects understand too."""
    url = f"data:image/jpeg;base64,{base64.b64encode(picture.data).decode()}"
    return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]


def joined(events: Iterable[object]) -> Iterator[Chunk]:
    """Read events that came together, as JSON, as one chunk; a whole answer that was not streamed reads the
    same. What came before an error comes before it. Raises ValueError for what is no JSON object,
    GatewayError for an error that an event tells."""
    whole = Chunk()
    try:
        for event in events:
            choice = _first_choice(event)
            added = _chunk(cast(Json, event), choice)  # nothing is added of an event that cannot be read
            whole.text += added.text
            whole.alive = whole.alive or added.alive
            whole.served = whole.served or added.served
            whole.usage = added.usage or whole.usage
            if choice.get("finish_reason") == "error":
                raise GatewayUnavailable(Phrase("gateway.midway"))
            whole.finish = added.finish or whole.finish
    except Exception:
        yield whole
        raise
    yield whole


def _first_choice(event: object) -> Json:
    """The first choice of an event, empty where it has none. Raises as `joined` does."""
    if not isinstance(event, dict):
        raise ValueError("not a JSON object")
    body = cast(Json, event)
    choices = body.get("choices")
    if not choices and ("error" in body or "detail" in body or body.get("object") == "error"):
        raise failure(_status(body), {}, body, now=0.0)
    return choices[0] if choices else {}


def _chunk(body: Json, choice: Json) -> Chunk:
    """What one event adds to the answer."""
    delta: Json = choice.get("delta") or choice.get("message") or {}
    content: object = delta.get("content")
    finish: str | None = choice.get("finish_reason")
    return Chunk(
        text=content if isinstance(content, str) else _text(content) if content else "",
        alive=bool(content or delta.get("reasoning_content") or delta.get("reasoning")),
        served=str(body.get("model") or ""),
        finish=_FINISH.get(finish, "stop") if finish else None,
        usage=_usage(told) if (told := body.get("usage")) else None,
    )


def _usage(told: Json) -> Usage:
    """The tokens that the gateway counted, and its impacts, of which it has an older spelling."""
    impacts: Json = told.get("impacts") or told.get("carbon") or {}
    return Usage(
        prompt_tokens=int(told.get("prompt_tokens") or 0),
        completion_tokens=int(told.get("completion_tokens") or 0),
        kwh=_range(impacts.get("kWh")) if impacts else None,
        kgco2eq=_range(impacts.get("kgCO2eq")) if impacts else None,
    )


def _text(content: object) -> str:
    """Visible text of a content that is a list of parts, or of a part: only texts are shown."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(_text, cast("list[object]", content)))
    part = cast(Json, content) if isinstance(content, dict) else {}
    return str(part.get("text") or "") if part.get("type", "text") == "text" else ""


def _status(body: Json) -> int:
    """The HTTP status that an error within a stream would have had: gateways put it in `code`."""
    error = body.get("error")
    code: object = cast(Json, error).get("code") if isinstance(error, dict) else body.get("code")
    text = str(code)
    return int(text) if text.isdigit() and 400 <= int(text) < 600 else 500


def _range(value: object) -> tuple[float, float] | None:
    """A number or `{min, max}`, as a range. Zero means that the gateway does not know."""
    if isinstance(value, Mapping):
        bounds = cast(Mapping[str, Any], value)
        low, high = float(bounds.get("min") or 0.0), float(bounds.get("max") or 0.0)
        return (low, high) if high > 0 else None
    if isinstance(value, int | float) and value > 0:
        return float(value), float(value)
    return None


_OVERFLOW = re.compile(
    r"context.{0,20}(length|window|size)|maximum context|too many tokens|max_model_len|exceed_context"
    r"|(prompt|input|request)\b.{0,40}\b(is (too (long|large)|longer)|too large for)|request too large"
    r"|(prompt|input|request)(_ids)?\b.{0,40}\bexceeds?\b(?!.{0,40}\b(budget|quota)\b)"
    r".{0,40}(token|length|context|limit of|session_len|available)"
    r"|inputs`.{0,40}must|messages.{0,20}string too long|max_tokens must be at least 1, got -"
    r"|dépass.{0,40}contexte|contexte.{0,40}dépass",
    re.IGNORECASE,
)
"""What gateways say of a request that is too long: OpenAI, Azure, vLLM, SGLang, LiteLLM, Mistral, TGI,
llama.cpp, Ollama."""
_OVER_A_MINUTE = re.compile(r"request too large", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][\w.\-]{0,63}")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SAID = {400: _OVERFLOW, 422: _OVERFLOW, 429: _OVER_A_MINUTE, 500: _OVERFLOW}
"""With what status a gateway may say that a request is too long, and how. 429: alone, it is more than what is
taken in a minute; any other limit of a minute is waited for."""
_TEMPORARY = {408, 424, 425, 429}
_TOLD = {400, 401, 402, 403, 404, 422, 424, 429, 502, 503}
"""Of which the book says more than of others."""


def failure(status: int, headers: Mapping[str, str], body: object, *, now: float) -> GatewayError:
    """The error that an answer with `status` stands for.

    `body` is the parsed JSON, or the text when it is none. `headers` must be case-insensitive or in
    lower case. `now` is in seconds since 1970.
    """
    words = " ".join(sorted(set(_words(body))))
    said = f"{status} ({words})" if words else status
    reason = Phrase("gateway.http", said=said, meaning=Phrase(f"http_means.{_meaning(status)}"))
    overflow = _SAID.get(status)
    if status == 413 or (overflow and overflow.search(" ".join(_texts(body)))):
        return ContextOverflow(reason)
    if status in _TEMPORARY or status >= 500:
        return GatewayUnavailable(reason, retry_after=retry_after(headers, now=now), limited=status == 429)
    return GatewayRejected(reason)


def decode(body: bytes) -> object:
    """An error body: JSON when it is, else text."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return "redirect"
    return str(status) if status in _TOLD else "failed" if status >= 500 else "refused"


def _words(body: object) -> Iterator[str]:
    """Machine-readable words of `{type, code, param}`, of `{error: {…}}` and of `{detail: [{type, loc}]}`."""
    if isinstance(body, list):
        for item in cast("list[object]", body)[:3]:
            yield from _words(item)
    if not isinstance(body, dict):
        return
    fields = cast("dict[str, Any]", body)
    for key in ("type", "code", "param", "loc"):
        value: object = fields.get(key)
        for part in cast("list[object]", value) if isinstance(value, list) else [value]:
            if isinstance(part, str) and _WORD.fullmatch(part):
                yield part
    for key in ("error", "detail"):
        yield from _words(fields.get(key))


def _texts(body: object) -> Iterator[str]:
    """Every string of a body, to recognise what it speaks of."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for value in cast("dict[str, object]", body).values():
            yield from _texts(value)
    elif isinstance(body, list):
        for value in cast("list[object]", body):
            yield from _texts(value)


def retry_after(headers: Mapping[str, str], *, now: float) -> float:
    """Seconds to wait, 0 when the gateway did not say.

    `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3); else the longest of the
    `x-ratelimit-reset-*` durations (`1m5s`, `250ms`, `12`), whose names vary.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    if value := lower.get("retry-after"):
        return _seconds(value, now)
    resets = [value for name, value in lower.items() if name.startswith("x-ratelimit-reset")]
    return max((_seconds(value, now) for value in resets), default=0.0)


def _seconds(value: str, now: float) -> float:
    if _NUMBER.fullmatch(value):
        return float(value)
    parts = _DURATION.findall(value)
    if parts and "".join(number + unit for number, unit in parts) == value:
        return sum(float(number) * _UNITS[unit] for number, unit in parts)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return 0.0
