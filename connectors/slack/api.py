"""Slack's Web API: every failure raised as a typed error.

A call is one request on the session that all share, made here: the SDK's client takes no time-out with such
a session, and half as much CPU again. Nothing is repeated: the answer to a post may be lost. What limits the
rate is told with Slack's own delay.

- `PlatformRefused` (a `Rejected`): Slack will never do this; carries Slack's error. `Unchangeable`: of
  an edit, whatever the reason: a new message takes its place, or is refused for the same one.
- `Deferred`: rate limits (`limited=True`), 5xx, network, time-outs: for a post, the outcome is unknown.
- `Unusable` (a `Deferred`): the token is no longer accepted.

A 429 with Retry-After is trusted over the documented tiers and obeyed by all replicas: it concerns that
method alone, until the time that it names. For a minute from then on the method is called no faster than its
tier, so that those who waited are served in the order in which they came, whichever replica they wait on.
Else the tiers decide only about calls that could be left out.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import ssl
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping

import aiohttp
from cachetools import FIFOCache
from slack_sdk.web.async_client import AsyncWebClient

from core.connector import Pace
from core.connector.untrusted_json import Json, object_in, text_in
from core.delivery.outbox import Budget
from core.errors import Deferred, PlatformRefused, Unchangeable, Unusable
from core.language.operators import Phrase
from core.tls import unreached

TIERS: dict[str, int] = {
    "chat.startStream": 20, "chat.stopStream": 20, "chat.update": 50, "chat.delete": 50,
    "conversations.replies": 50, "conversations.history": 50, "conversations.info": 50,
    "conversations.open": 50, "chat.appendStream": 100, "users.info": 100, "conversations.members": 100,
    "files.info": 100, "views.publish": 100, "users.list": 20,
}  # fmt: skip
"""Calls a minute of each method."""
UPDATE = "chat.update"
START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"
REPLIES = "conversations.replies"
SPARE: dict[str, int] = {UPDATE: 15, START: 12, APPEND: 60, REPLIES: 20}
"""Calls a minute that may be made without need: for answers that grow, of which each is updated, or stopped,
once more at its end; and to see whose a message of ours is."""
UNKNOWN = 50
"""Calls a minute of a method whose tier is not known, once Slack has limited it."""
NONE = 5.0
"""Seconds after one was refused in which no spare call of a method is looked for."""
CAREFUL = 60.0
"""Seconds after a limit in which a method is called at the pace of its tier."""
POST = "chat.postMessage"
BURST = 20
"""Posts in one channel at once; then one a second."""


class Limits:
    """The limits of one token, shared by all replicas. Every method raises StoreError."""

    def __init__(self, budget: Budget, token: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget
        self._clock = clock
        self._limited: FIFOCache[str, float] = FIFOCache(1_000)
        """Until when each scope is called at the pace of its tier."""
        self._none: dict[str, float] = {}
        """Until when no call of a method is known to be spare."""
        self._whose = hashlib.blake2b(token.encode(), digest_size=12).hexdigest()

    async def wait(self, method: str, channel: str, ticket: str = "") -> float:
        """Take one call; else the seconds to wait. `ticket`: see `Budget.take`."""
        scope = self._scope(method, channel)
        wait = await self._budget.take(scope, _pace(method), "final", ticket)
        if wait > 0:
            self._limited[scope] = self._clock() + wait + CAREFUL
        return wait

    async def spare(self, method: str) -> bool:
        """Take one call of what nobody else is likely to need; False where there is none."""
        if self.is_limited(method):
            return False
        few = SPARE[method]
        pace = Pace(per_second=few / 60, burst=few // 3, exact=True)
        granted = await self._budget.take(f"{self._scope(method, '')}|spare", pace, "first") <= 0
        if not granted:
            self._none[method] = self._clock() + NONE
        return granted

    def may_spare(self, method: str) -> bool:
        """May there be such a call, for all that this replica knows?"""
        return not self.is_limited(method) and self._clock() >= self._none.get(method, 0.0)

    def is_limited(self, method: str) -> bool:
        """Did Slack limit this method a short while ago? Then what can be done without it, is."""
        return method != POST and self._clock() < self._limited.get(self._scope(method, ""), 0.0)

    async def refused(self, method: str, channel: str, seconds: float, ticket: str) -> None:
        """Slack said when it takes this method again; then the call of this `ticket` is the first."""
        scope = self._scope(method, channel)
        self._limited[scope] = self._clock() + seconds + CAREFUL
        await self._budget.refused(scope, seconds, ticket)

    def _scope(self, method: str, channel: str) -> str:
        return f"slack|{self._whose}|{method}|{channel if method == POST else ''}"


def _pace(method: str) -> Pace:
    """The pace of posts in a channel; of another method, as fast as may be until Slack limits it."""
    if method == POST:
        return Pace(per_second=1.0, burst=BURST, exact=True)
    return Pace(per_second=100.0, burst=200, exact=True, careful=TIERS.get(method, UNKNOWN) / 60)


UNUSABLE = frozenset({
    "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required",
})  # fmt: skip
_PASSING = frozenset({
    "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "team_added_to_org", "channel_migrating", "external_channel_migrating", "message_limit_exceeded",
})  # fmt: skip
QUIET = logging.getLogger("relais.slack")
"""For Bolt and the SDK: both log whole bodies below WARNING."""
QUIET.setLevel(logging.WARNING)
QUIET.propagate = False
QUIET.addHandler(logging.NullHandler())
PATIENCE = 2.0
"""Seconds that a call waits for the limit of its method."""
PATIENT = 30.0
"""The same for a list, which a job may need after another call: a job that began anew instead would make that
call again in this one's turn, and two such jobs would never end."""
TIMEOUT = aiohttp.ClientTimeout(total=4)
"""Seconds of one call."""
BEGIN, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"
"""The two methods of an upload: they take no JSON, and yet change something."""
TOGETHER, FEW = 10, 50
"""Calls of one method at once, but of one that may be called so few times a minute."""
_ABOUT = ("channel", "channel_id", "ts", "thread_ts", "user", "user_id", "users", "file", "cursor")
LIMITED = 5.0
"""Seconds to wait after a rate limit that names no delay."""


class NotYet(Deferred):
    """Nothing was done: the limit of the method is reached. `in_turn`: a place in its line is kept."""

    def __init__(self, reason: str | Phrase, *, retry_after: float = 0.0, in_turn: bool = False) -> None:
        super().__init__(reason, retry_after=retry_after, in_turn=in_turn, undone=True)


class Api:
    """One workspace's token. Every method raises PlatformRefused, Deferred or Unusable."""

    def __init__(
        self,
        token: str,
        *,
        base: str,
        session: aiohttp.ClientSession,
        tls: ssl.SSLContext | None,
        limits: Limits | None = None,
    ) -> None:
        """`base` ends in `/api/`. Without `limits` calls are not counted."""
        self.token = token
        self.limits = limits
        self._together: dict[tuple[str, str, bool], asyncio.Semaphore] = {}
        self._calls: dict[str, deque[float]] = {}
        """When the last calls of each method were made."""
        self.unusable = asyncio.Event()
        """Set when Slack says that the token is not accepted any more."""
        self.base = base
        self.session = session
        self._headers = {"Authorization": f"Bearer {token}"}
        self.client = AsyncWebClient(
            token=token, base_url=base, session=session, ssl=tls, logger=QUIET,
            retry_handlers=[], trust_env_in_session=False,
        )  # fmt: skip
        """For Bolt."""

    async def call(self, method: str, **arguments: object) -> Json:
        """Call a method with JSON arguments (those of None are left out); the answer."""
        # A post does not wait: who reads the channel is judged before each attempt.
        return await self._called(method, 0.0 if method == POST else PATIENCE, json=_given(arguments))

    async def ask(self, method: str, *, patience: float = PATIENCE, **arguments: object) -> Json:
        """Call a method that takes no JSON (`users.info` and the like) as the SDK's own functions do; the
        answer. `patience`: the seconds that the limit of the method may be waited for."""
        params = {name: str(value) for name, value in _given(arguments).items()}
        return await self._called(method, patience, params=params)

    async def spare(self, method: str) -> bool:
        """May this method be called now, of which nobody is likely to need the call more?"""
        return self.limits is None or await self.limits.spare(method)

    def may_spare(self, method: str) -> bool:
        """The same, for all that is known without asking."""
        return self.limits is None or self.limits.may_spare(method)

    async def _called(self, method: str, patience: float, **how: Json) -> Json:
        channel, ticket = text_in(how.get("json"), "channel"), _ticket(how)
        while True:
            async with self._room(method, channel):
                wait = 0.0 if self.limits is None else await self.limits.wait(method, channel, ticket)
                try:
                    if wait <= 0:
                        return await self._call(method, how)
                except Deferred as failure:
                    if self.limits is None or not failure.limited:
                        raise
                    wait = failure.retry_after
                    await self.limits.refused(method, channel, wait, ticket)
            if wait > patience:
                raise NotYet(Phrase("delivery.limited", what=method), retry_after=wait, in_turn=True)
            await asyncio.sleep(wait)

    def is_limited(self, method: str) -> bool:
        """Did Slack limit this method a short while ago?"""
        return self.limits is not None and self.limits.is_limited(method)

    def _room(self, method: str, channel: str) -> asyncio.Semaphore:
        """Of a method that Slack limits much, or of which a part of a minute's calls is used up, one call is
        under way: after a refusal none comes early."""
        if len(self._together) > 5_000:
            self._together.clear()
        few = method == POST or TIERS.get(method, FEW + 1) <= FEW or self._is_used(method)
        name = (method, channel if method == POST else "", few)
        return self._together.setdefault(name, asyncio.Semaphore(1 if few else TOGETHER))

    def _is_used(self, method: str) -> bool:
        """Were `TOGETHER` calls of a method that Slack limits made within a minute? Counts this one."""
        if method not in TIERS:
            return False
        calls, now = self._calls.setdefault(method, deque(maxlen=TOGETHER)), time.monotonic()
        used = len(calls) == TOGETHER and now - calls[0] < 60.0
        calls.append(now)
        return used

    async def _call(self, method: str, how: dict[str, Json]) -> Json:
        params, body = how.get("params"), how.get("json")
        verb = "GET" if params is not None and method not in (BEGIN, COMPLETE) else "POST"
        try:
            async with self.session.request(
                verb, self.base + method, params=params, json=body, headers=self._headers, timeout=TIMEOUT
            ) as response:
                answer = _read(await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Deferred(f"{method}: {unreached(error)}", retry_after=1.0) from None
        if response.status == 200 and answer.get("ok"):
            return answer
        delay = response.headers.get("Retry-After", "")
        failure = _failure(method, response.status, delay, text_in(answer, "error"))
        if isinstance(failure, Unusable):
            self.unusable.set()
        raise failure


async def pages(
    api: Api, method: str, *, most: int | None = None, patience: float = PATIENT, **arguments: object
) -> AsyncGenerator[tuple[Json, bool]]:
    """What a method that takes no JSON lists, page by page, at `most` so many; do more follow? Raises what
    `Api.ask` raises, and Deferred where Slack leads back to a page that was read: there would be no end."""
    cursor: str | None = None
    read: set[str | None] = set()
    while cursor not in read:
        read.add(cursor)
        page = await api.ask(method, patience=patience, **arguments, cursor=cursor)
        cursor = text_in(page, "response_metadata", "next_cursor") or None
        yield page, cursor is not None
        if cursor is None or len(read) == most:
            return
    raise Deferred(Phrase("delivery.endless", what=method))


def _read(body: bytes) -> Json:
    try:
        return object_in(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def _ticket(how: Mapping[str, Json]) -> str:
    """What tells a call from others of its method: the key of its message, or whom it is about."""
    (given,) = how.values()
    key = text_in(given, "metadata", "event_payload", "key")
    return key or " ".join(text_in(given, name) for name in _ABOUT)


def _given(arguments: dict[str, object]) -> Json:
    return {name: value for name, value in arguments.items() if value is not None}


def _failure(method: str, status: int, delay: str, word: str) -> Deferred | PlatformRefused:
    """The error that an answer of this `status` is: `delay` is its Retry-After, `word` Slack's name of it."""
    if status == 429 or word in ("ratelimited", "rate_limited"):
        wait = max(1.0, float(delay)) if delay.isdecimal() else LIMITED
        return Deferred(Phrase("delivery.limited", what=method), retry_after=wait, limited=True)
    if word in UNUSABLE:
        return Unusable(method, word, retry_after=5.0)
    if status >= 500 or word in _PASSING or not word:
        return Deferred(f"{method}: {word or status}", retry_after=1.0)
    return Unchangeable(method, word) if method == UPDATE else PlatformRefused(method, word)
