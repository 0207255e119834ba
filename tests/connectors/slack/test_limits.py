"""Slack's limits, shared by replicas: what is spare, and whose turn it is once a method was limited."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from connectors.slack.api import Api, NotYet
from connectors.slack.limits import POST, START, UPDATE, Limits
from core.inbox.send_budget import Budget
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
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads the channel is judged before each attempt, whatever delay Slack names."""
    calls: list[str] = []

    async def limited(method: str, **_: Any) -> Any:
        calls.append(method)
        if len(calls) > 1:
            return SimpleNamespace(data={"ok": True})
        data = {"ok": False, "error": "ratelimited"}
        raise SlackApiError("", SimpleNamespace(status_code=429, headers={"Retry-After": "0"}, data=data))

    async with aiohttp.ClientSession() as session:
        here, _ = replicas(store, vault)
        api = Api("xoxb-1", base="http://127.0.0.1/api/", session=session, tls=None, limits=here)
        monkeypatch.setattr(api.client, "api_call", limited)
        with pytest.raises(NotYet) as raised:
            await api.call(POST, channel="C1", text="Voici")
    assert calls == [POST]
    assert raised.value.retry_after >= 1.0
