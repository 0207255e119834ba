"""What a gateway's refusal means. The texts are for operators and never repeat what the gateway wrote.

A gateway may quote the question in its error (validation errors do), so of a body only machine-readable
words (type, code, name of a field) are told; its sentences are read, not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, cast

import orjson

from core.errors import ContextOverflow, GatewayError, GatewayRejected, GatewayUnavailable
from core.language.operators import Phrase

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
