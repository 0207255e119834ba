"""What Slack posts, over HTTP or a socket, up to the bytes: who may post, and what takes it.

Bolt dispatches what people press and choose. Events go straight to the one listener for all of them: Bolt's
middleware and a client for each would be a tenth of what an answer costs. Either way 200 comes after the
listener (`process_before_response`), which returns once all is on the store's disk, and an error is a 500,
after which Slack sends again. What Bolt answers with 500 or logs whole (forged, stale and malformed requests)
is judged here, before it: no body is ever logged.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, cast
from urllib.parse import parse_qs

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack.api import QUIET
from connectors.slack.events import NAME
from core.connector import WebhookAnswer
from core.connector.untrusted_json import Json, object_in
from core.errors import RelaisError
from core.telemetry import log

PATH = "/slack/events"
STALE = 300
"""Seconds after which a signed request counts as replayed ("Verifying requests from Slack")."""
CONNECTS = 8.0
"""Seconds in which a socket connects."""
AGAIN = "again"
"""Name in a request's context: a listener could not take it in."""
_ALL = re.compile(r".*", re.DOTALL)
_ENVIRONMENT = re.compile(r"SLACK_(?:BOT_TOKEN|CLIENT_ID|CLIENT_SECRET|SIGNING_SECRET|VERIFICATION_TOKEN)")


class Listener(Protocol):
    """What the connector does with what was posted. Each returns once all is durable; raises StoreError."""

    async def event(self, body: Json) -> None: ...

    async def command(self, body: Json) -> str:
        """`/relais …`: the words that its author alone reads at once."""
        ...

    async def shortcut(self, body: Json) -> None: ...

    async def action(self, body: Json) -> None: ...

    def authorized(self, enterprise: str | None, team: str | None) -> AuthorizeResult | None:
        """The installation that a request is for, without any call; None before there is any."""
        ...


def refusal_of(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> int:
    """The status that a request is refused with: 401 forged, 403 stale; 0 where it is Slack's."""
    stamp = headers.get("X-Slack-Request-Timestamp", "")
    given = headers.get("X-Slack-Signature", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 15 and given.isascii()):
        return 401
    base = b"v0:" + stamp.encode() + b":" + body
    digests = ["v0=" + hmac.digest(secret.encode(), base, "sha256").hex() for secret in secrets]
    if True not in {hmac.compare_digest(digest, given) for digest in digests}:
        return 401
    if abs(now - int(stamp)) > STALE:
        return 403
    return 0


def _parsed(kind: str, body: bytes) -> Json | None:
    """The JSON object that a request is, {} for a form, whose `payload` is one; None where it is neither."""
    try:
        text = body.decode()
        if kind.startswith("application/x-www-form-urlencoded"):
            payloads = parse_qs(text, keep_blank_values=True).get("payload", ["{}"])
            return {} if all(isinstance(json.loads(each), dict) for each in payloads) else None
        return object_in(json.loads(text)) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None


def _is_event(body: Json) -> bool:
    return body.get("type") == "event_callback"


class _App(AsyncApp):
    """Bolt's app, over HTTP and sockets alike: what no listener is for, or is not shaped as Bolt demands, is
    acknowledged, for Slack need not send it again; what a listener could not take in, is not."""

    take: Callable[[Json], Awaitable[int]]
    """Has an event taken in; the status."""

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        if _is_event(req.body):
            return BoltResponse(status=await self.take(req.body), body="")
        answer = await super().async_dispatch(req)
        passed = answer.status == 404 or (answer.status >= 500 and AGAIN not in req.context)
        return BoltResponse(status=200, body="") if passed else answer


class Receiver:
    """Bolt's app with one listener for each kind of request."""

    def __init__(self, listener: Listener, client: AsyncWebClient) -> None:
        async def authorize(
            enterprise_id: str | None, team_id: str | None, **_: object
        ) -> AuthorizeResult | None:
            return listener.authorized(enterprise_id, team_id)

        with _bare_environment():
            self.app = _App(
                logger=QUIET,
                name="relais",
                process_before_response=True,
                client=client,
                authorize=cast("Callable[..., Awaitable[AuthorizeResult]]", authorize),
                request_verification_enabled=False,
                ssl_check_enabled=False,
                ignoring_self_events_enabled=False,
                attaching_conversation_kwargs_enabled=False,
            )
        self._listener = listener
        self.app.take = self._take
        self._listen(listener)

    def _listen(self, listener: Listener) -> None:
        async def command(body: Json, ack: AsyncAck, context: AsyncBoltContext) -> None:
            with _not_acknowledged(context):
                await ack(await listener.command(body))

        async def shortcut(body: Json, ack: AsyncAck, context: AsyncBoltContext) -> None:
            with _not_acknowledged(context):
                await listener.shortcut(body)
                await ack()

        async def action(body: Json, ack: AsyncAck, context: AsyncBoltContext) -> None:
            with _not_acknowledged(context):
                await listener.action(body)
                await ack()

        async def nothing(ack: AsyncAck) -> None:
            await ack()

        app: Any = self.app
        app.command(_ALL)(command)
        app.shortcut(_ALL)(shortcut)
        app.action(_ALL)(action)
        app.view(_ALL)(nothing)
        app.options(_ALL)(nothing)

    async def _take(self, event: Json) -> int:
        """Have an event taken in: 200 once it is; 500 where that failed."""
        try:
            with _logged():
                await self._listener.event(event)
        except Exception:  # noqa: BLE001 - whatever it was, Slack sends the event again
            return 500
        return 200

    async def posted(self, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Handle a request of Slack's: 400 for a malformed one."""
        if (given := _parsed(headers.get("Content-Type", ""), body)) is None:
            return WebhookAnswer(status=400)
        if _is_event(given):
            return WebhookAnswer(status=await self._take(given))
        try:
            request = AsyncBoltRequest(body=body.decode(), headers=dict(headers.items()))
        except (TypeError, ValueError, KeyError, AttributeError):  # not shaped as Bolt demands
            return WebhookAnswer(status=200)
        answer = await self.app.async_dispatch(request)
        text = "" if answer.status >= 500 else answer.body
        kind = "application/json" if text.startswith("{") else "text/plain"
        return WebhookAnswer(status=answer.status, body=text.encode(), media_type=kind)

    @asynccontextmanager
    async def on_socket(
        self, app_token: str, client: AsyncWebClient, url: str
    ) -> AsyncGenerator[Callable[[], Awaitable[bool]]]:
        """Take requests from a socket instead, while the context lasts; gives a look at its connection. `url`
        serves once, for a moment: the SDK would try it for ever."""
        from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

        handler: Any = AsyncSocketModeHandler(self.app, app_token, logger=QUIET, web_client=client)
        handler.client.proxy = None  # the SDK takes HTTPS_PROXY, and ignores NO_PROXY
        handler.client.wss_uri = url
        try:
            async with asyncio.timeout(CONNECTS):
                await handler.connect_async()
            yield handler.client.is_connected
        finally:
            await handler.close_async()


@contextmanager
def _not_acknowledged(context: AsyncBoltContext) -> Generator[None]:
    """Note that what fails here is to be sent again."""
    try:
        with _logged():
            yield
    except BaseException:
        context[AGAIN] = True
        raise


@contextmanager
def _logged() -> Generator[None]:
    """Log a fault of ours that is raised here: Slack sends only a few times what was not taken in."""
    try:
        yield
    except RelaisError:
        raise
    except Exception as bug:
        log.error("event_failed", connector=NAME, error=bug)
        raise


@contextmanager
def _bare_environment() -> Generator[None]:
    """Hide Slack's own environment variables: Bolt would configure itself from them."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if _ENVIRONMENT.fullmatch(name)}
    try:
        yield
    finally:
        os.environ.update(hidden)
