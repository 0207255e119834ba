"""Slack's limits, shared by replicas: what is spare, and whose turn it is once a method was limited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.slack.api import NONE, POST, START, UPDATE, Api, Limits, NotYet, pages
from core.delivery.outbox import Budget
from core.errors import Deferred
from core.store.valkey import Store
from core.vault import Vault


def replicas(store: Store, vault: Vault) -> tuple[Limits, Limits]:
    """Two replicas with one token."""
    return Limits(Budget(store, vault), "xoxb-1"), Limits(Budget(store, vault), "xoxb-1")


async def test_few_streams_are_spare_and_none_after_a_limit(store: Store, vault: Vault) -> None:
    """Replicas share what is spare: three at once, fewer a minute than can be stopped; none once limited."""
    here, there = replicas(store, vault)
    granted = [await each.spare(START) for _ in range(4) for each in (here, there)]
    assert granted == [True] * 3 + [False] * 5
    assert await here.spare(UPDATE)
    await here.wait(UPDATE, "")
    await here.refused(UPDATE, "", 1.0, "")
    assert not await here.spare(UPDATE)


async def test_where_none_was_spare_none_is_looked_for(store: Store, vault: Vault) -> None:
    """For a while; else each answer that waits to grow would ask Slack anew who reads its channel."""
    now = 100.0
    limits = Limits(Budget(store, vault), "xoxb-1", clock=lambda: now)
    while await limits.spare(START):
        assert limits.may_spare(START)
    assert not limits.may_spare(START)
    assert limits.may_spare(UPDATE)
    now += NONE
    assert limits.may_spare(START)
    await limits.wait(UPDATE, "")
    await limits.refused(UPDATE, "", 1.0, "")
    assert not limits.may_spare(UPDATE)


async def test_calls_of_a_limited_method_go_in_order_on_any_replica(store: Store, vault: Vault) -> None:
    """Who was refused is first; the others follow as they came, each told of its own turn."""
    here, there = replicas(store, vault)
    assert await here.wait("conversations.open", "", "ana") == 0.0
    await here.refused("conversations.open", "", 2.0, "ana")
    told = [
        await each.wait("conversations.open", "", who)
        for each, who in ((there, "bob"), (here, "cid"), (there, "ana"))
    ]
    assert told[2] < told[0] < told[1]
    assert told[2] <= 2.0
    assert told[1] - told[0] > 1.0  # the tier: fifty a minute


async def test_a_limit_concerns_one_method_and_posts_one_channel(store: Store, vault: Vault) -> None:
    """Of another method, and of posts in another channel, nothing is to be waited for."""
    here, _ = replicas(store, vault)
    assert await here.wait("chat.postMessage", "C1") == 0.0
    await here.refused("chat.postMessage", "C1", 5.0, "")
    assert await here.wait("chat.postMessage", "C1") > 0.0
    assert await here.wait("chat.postMessage", "C2") == 0.0
    assert await here.wait("users.info", "") == 0.0


async def test_a_post_that_slack_limits_for_no_time_is_not_repeated_unjudged(
    store: Store, vault: Vault
) -> None:
    """Who reads the channel is judged before each attempt, whatever delay Slack names."""
    calls: list[str] = []

    async def limited(request: web.Request) -> web.Response:
        calls.append(request.path)
        if len(calls) > 1:
            return web.json_response({"ok": True})
        return web.json_response(
            {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0"}
        )

    here, _ = replicas(store, vault)
    async with calling(limited, here) as api:
        with pytest.raises(NotYet) as raised:
            await api.call(POST, channel="C1", text="Voici")
    assert calls == [f"/{POST}"]
    assert raised.value.retry_after >= 1.0


async def test_a_call_that_slack_leaves_unanswered_is_deferred(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call ends after its own time, not after that of the session, which is longer than a lease."""
    monkeypatch.setattr("connectors.slack.api.TIMEOUT", aiohttp.ClientTimeout(total=0.01))
    ended = asyncio.Event()

    async def silent(_request: web.Request) -> web.Response:
        await ended.wait()
        return web.Response()

    async with calling(silent) as api:
        with pytest.raises(Deferred, match="pas de réponse à temps"):
            await api.call(POST, channel="C1", text="Voici")
        ended.set()


async def test_what_a_job_lists_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where others stand in line: given back, the job would first read again what it had read already."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def listed(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "messages": []})

    line = InLine([0.0, 2.4, 0.0])
    async with calling(listed, line) as api:
        await api.ask("conversations.replies", channel="C1", ts="1.0")
        monkeypatch.setattr("connectors.slack.api.asyncio.sleep", sleep)
        assert [page async for page, _ in pages(api, "conversations.replies", channel="C1", ts="1.0")]
    assert slept[0] == 2.4  # the rest are of the client


class InLine(Limits):
    """Limits that tell a call in turn how long it waits."""

    def __init__(self, waits: list[float]) -> None:
        self._waits = waits

    async def wait(self, method: str, channel: str, ticket: str = "") -> float:
        return self._waits.pop(0)


async def test_a_list_that_leads_back_to_its_own_page_ends() -> None:
    """What was listed is not taken for the whole, and nobody turns round for ever."""

    async def round_and_round(_request: web.Request) -> web.Response:
        return web.json_response(
            {"ok": True, "members": ["U1"], "response_metadata": {"next_cursor": "same"}}
        )

    async with calling(round_and_round) as api:
        with pytest.raises(Deferred, match="déjà lue"):
            assert [page async for page, _ in pages(api, "conversations.members")]


@asynccontextmanager
async def calling(
    handler: Callable[[web.Request], Awaitable[web.Response]], limits: Limits | None = None
) -> AsyncGenerator[Api]:
    """The API of a Slack that answers each call by the `handler`."""
    application = web.Application()
    application.router.add_route("*", "/{method}", handler)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        yield Api("xoxb-1", base=str(server.make_url("/")), session=session, tls=None, limits=limits)
