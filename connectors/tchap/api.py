"""The Matrix client-server API as one call: JSON in, JSON out, every failure raised as a typed error.

This is the only place where an HTTP status or an `errcode` becomes an error of ours:

- `PlatformRefused` (a `Rejected`): the homeserver will never do this; carries `errcode`.
- `Deferred`: rate limits (`limited=True`, with the server's own delay), 5xx, network, time-outs, nonsense.
- `Unusable` (a `Deferred`): the account or its token is no longer accepted. For a sender that is
  temporary; the listener decides what only an operator can mend.

aiohttp and orjson directly, not nio's client: nio validates every response with jsonschema, sleeps by
itself when limited, and returns errors as values.

`until_done` waits for what is away, the homeserver or the store: pauses grow and are spread; it is said once.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import quote

import aiohttp
import orjson

from core.connector.untrusted_json import Json, integer_in, object_in, text_in
from core.errors import (
    ConfigurationError,
    Deferred,
    PlatformRefused,
    StoreError,
    StoreUnavailable,
    TooLarge,
    Unusable,
)
from core.language.operators import Phrase, tell
from core.retry import LONGEST, SHORTEST, Backoff, retried
from core.telemetry import log
from core.tls import certificate_trouble, unreached

NAME = "tchap"
CLIENT = "/_matrix/client/v3"
SHORT = 10.0
"""Seconds for a call that should take milliseconds."""
UPLOAD = 120.0
"""Seconds for a file."""
LIMITED = 5.0
"""Pause after a rate limit that names no delay."""
PAUSES = Backoff(SHORTEST, LONGEST)
MOST_ATTEMPTS = 7
"""Half a minute of them; then it is asked whether the homeserver answers at all."""
AWAY = (Deferred, StoreUnavailable)

T = TypeVar("T")
Path = str | tuple[str, ...]
"""A path as it stands, or its parts, which are quoted: room ids of version 12 and user ids hold `/`, `!` and
`:`. Halves of characters, which a reply of anybody may name as an id, become `?`: there is no such event."""

_TELLING = {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}
"""Statuses that say enough without an `errcode`: authentication to be completed, no such API."""

UNUSABLE = {
    "M_UNKNOWN_TOKEN",
    "M_MISSING_TOKEN",
    "M_USER_DEACTIVATED",
    "M_USER_LOCKED",
    "M_USER_SUSPENDED",
    "ORG_MATRIX_EXPIRED_ACCOUNT",
}


class Api:
    """One account on one homeserver. `token` may be set later (login). `ready` is set while homeserver and
    store are well, as far as `until_done` met them."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        homeserver: str,
        token: str = "",
        *,
        ready: asyncio.Event | None = None,
    ) -> None:
        self._session = session
        self._base = homeserver.rstrip("/")
        self.token = token
        self.ready = ready or asyncio.Event()
        self._told = False

    async def call(
        self,
        method: str,
        path: Path,
        body: object = None,
        *,
        key: bytes | None = None,
        params: Mapping[str, str] | None = None,
        timeout: float = SHORT,  # noqa: ASYNC109 - the total that aiohttp enforces
        media_type: str = "application/json",
        form: type[dict[Any, Any] | list[Any]] = dict,
    ) -> Any:
        """One request; the JSON of the answer, an object unless another `form` is expected. `path` is below
        `/_matrix/client/v3`, or absolute; a `body` that is no bytes is sent as JSON. What is sent again with
        the same `key` arrives once: the transaction id, at the path's end, is its hash."""
        if not isinstance(path, str):
            path = "/" + "/".join([quote(part, safe="", errors="replace") for part in path])
        if key is not None:
            path = f"{path}/{hashlib.blake2b(key, digest_size=16).hexdigest()}"
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        if data is not None:
            headers["Content-Type"] = media_type
        try:
            async with self._session.request(
                method,
                self._base + (path if path.startswith(("/_", "/.well-known/")) else CLIENT + path),
                data=data,
                params=params,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                payload = await response.read()
            try:
                answer: object = orjson.loads(payload)
            except orjson.JSONDecodeError:
                answer = _decoded(payload)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unreachable(_named(method, path), error) from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise failure(_named(method, path), response.status, object_in(answer), response.headers)
        if not isinstance(answer, form):
            raise Deferred(Phrase("delivery.form", what=_named(method, path)), retry_after=1.0)
        return cast(Any, answer)

    async def answers(self) -> bool:
        """Does the homeserver answer at all?"""
        try:
            await self.call("GET", "/account/whoami")
        except Deferred:
            return False
        return True

    async def array(self, path: Path) -> list[Json]:
        """GET what answers with an array of objects."""
        return [object_in(one) for one in await self.call("GET", path, form=list)]

    async def until_done(
        self,
        attempt: Callable[[], Awaitable[T]],
        *,
        on: type[Exception] | tuple[type[Exception], ...] = AWAY,
        gives_up: bool = False,
    ) -> T:
        """The result, once homeserver and store give it; `on` names the errors after which it is tried again.
        Raises Unusable and other errors of the store at once, and, where it `gives_up`, Deferred when after
        some attempts the homeserver answers others: it never will."""
        refused = 0

        async def told(error: Exception, number: int) -> None:
            nonlocal refused
            if isinstance(error, StoreError) and not isinstance(error, StoreUnavailable):
                raise error
            deferred = isinstance(error, Deferred)
            refused += deferred  # a store that was away says nothing of the homeserver
            if deferred and refused > MOST_ATTEMPTS and gives_up and await self.answers():
                raise error
            if not isinstance(error, AWAY):
                log.error("not_delivered", connector=NAME, error=error)
            elif not self._told:
                what = "homeserver_unreachable" if deferred else "store_unavailable"
                remedy = tell("patience.homeserver" if deferred else "patience.store")
                log.warning(what, connector=NAME, error=error, reason=remedy)
            self._told = True
            self.ready.clear()

        return await retried(attempt, on=on, but=Unusable, pauses=PAUSES, told=told)

    def well(self) -> None:
        """Say that all is well again."""
        self._told = False
        log.info("listening", connector=NAME)
        self.ready.set()

    async def upload(self, data: bytes, media_type: str) -> str:
        """Store a file on the homeserver; its mxc:// address."""
        path = "/_matrix/media/v3/upload"
        answer = await self.call("POST", path, data, timeout=UPLOAD, media_type=media_type)
        if not (address := text_in(answer, "content_uri")):
            raise Deferred(Phrase("delivery.form", what="POST upload"), retry_after=1.0)
        return address

    def at(self, base: str, token: str | None = None) -> Api:
        """The same account at another server of its operator (the content scanner), or another token."""
        return Api(self._session, base, self.token if token is None else token)

    async def download(
        self,
        path: str,
        limit: int,
        *,
        body: object = None,
        timeout: float = 60.0,  # noqa: ASYNC109
    ) -> bytes:
        """The bytes at `path`, asked for by POST when there is a body. Raises TooLarge above `limit` bytes,
        having read no more than that."""
        try:
            async with self._session.request(
                "GET" if body is None else "POST",
                self._base + path,
                json=body,
                headers={"Authorization": f"Bearer {self.token}"} if self.token else {},
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as answer:
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    problem = object_in(_decoded(await answer.read()))
                    raise failure("GET media", answer.status, problem, answer.headers)
                return await _read_up_to(answer, limit)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unreachable("GET media", error) from error


def failure(what: str, status: int, body: Json, headers: Mapping[str, str]) -> PlatformRefused | Deferred:
    """The error for a response of 400 or more."""
    errcode = text_in(body, "errcode") or text_in(body, "reason")  # `reason`: the content scanner
    if errcode == "M_LIMIT_EXCEEDED" or status == HTTPStatus.TOO_MANY_REQUESTS:
        return Deferred(
            Phrase("delivery.limited", what=what), retry_after=_delay(body, headers), limited=True
        )
    if errcode in UNUSABLE:
        return Unusable(what, errcode)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or (not errcode and status not in _TELLING):
        return Deferred(f"{what}: {status} {errcode}".rstrip(), retry_after=_delay(body, headers, 1.0))
    return PlatformRefused(what, errcode, status=status, body=body)


def unreachable(what: str, error: BaseException) -> ConfigurationError | Deferred:
    """The error for a request without response. An unknown certificate heals only by configuration."""
    if trouble := certificate_trouble(error):
        return ConfigurationError("RELAIS_TCHAP__HOMESERVER", f"tls.{trouble}")
    return Deferred(f"{what}: {unreached(error)}", retry_after=0.5)


def _delay(body: Json, headers: Mapping[str, str], otherwise: float = LIMITED) -> float:
    if (ms := integer_in(body, "retry_after_ms")) is not None:
        return max(0.0, ms / 1000)
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return otherwise


def _decoded(payload: bytes) -> object:
    """JSON, or None, the slow way: orjson refuses lone surrogates, which any stranger may send."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


async def _read_up_to(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    if (answer.content_length or 0) > limit:
        raise TooLarge(Phrase("files.too_large", limit=limit))
    buffer = io.BytesIO()  # which gives its bytes away without a copy
    async for chunk in answer.content.iter_chunked(65_536):
        if buffer.tell() + len(chunk) > limit:
            raise TooLarge(Phrase("files.too_large", limit=limit))
        buffer.write(chunk)
    return buffer.getvalue()


def _named(method: str, path: str) -> str:
    """The call without ids: errors are logged, ids are not."""
    parts = [part for part in path.split("/") if part.isascii() and part.replace("_", "").isalpha()]
    return f"{method} {'/'.join(parts)}"
