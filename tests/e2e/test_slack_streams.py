"""Answers that grow in a direct chat: one stream of Slack's, whole and once whatever becomes of its calls."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from connectors.slack.api import APPEND, START, STOP
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.slack import Channel, Post
from tests.rig.slack.stage import Stage, staged

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

WORDS = 150
TALE = "Voici une histoire de mots. " + " ".join(f"mot{n}" for n in range(WORDS))
_NAMES = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["http", "socket"])
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway
) -> AsyncGenerator[Stage]:
    """The app in both modes."""
    async with staged(tmp_path_factory.mktemp("relais"), gateway, request.param) as made:
        yield made


@dataclass
class Asked:
    """A question in the direct chat of somebody new, whose answer takes five seconds."""

    stage: Stage
    chat: Channel
    question: Post

    async def opened(self) -> Post:
        """The stream, once it is there."""

        def found() -> Post | None:
            return next((p for p in self.chat.alive() if p.stream == "open"), None)

        return await self.stage.slack.until(found)

    async def whole(self) -> Post:
        """The one message of the answer, once it holds every word; each is there once, in order."""
        slack, expected = self.stage.slack, [f"mot{n}" for n in range(WORDS)]
        await slack.until(lambda: any(f"mot{WORDS - 1}" in p.shown for p in self.posts), within=90)
        await asyncio.sleep(0.5)
        (post,) = self.posts
        assert re.findall(r"mot\d+", post.shown) == expected
        assert post.stream != "open"
        assert post.metadata
        assert any(each["type"] == "context_actions" for each in post.blocks)
        return post

    @property
    def posts(self) -> list[Post]:
        return self.stage.slack.answers(self.chat, self.question.ts)

    def calls(self, method: str) -> int:
        """How many calls of this method were about this chat."""
        return sum(
            c.method == method and c.body.get("channel") == self.chat.id for c in self.stage.slack.calls
        )


async def ask(stage: Stage) -> Asked:
    who = stage.slack.team.person(f"Ana{next(_NAMES)}")
    chat = stage.slack.team.direct(who.id)
    stage.gateway.next(Behaviour(answer=TALE, rate=35))
    return Asked(stage, chat, await stage.slack.say(chat, who, "Raconte une histoire"))


async def test_an_answer_grows_as_one_stream(stage: Stage) -> None:
    """Started with its beginning, appended to, stopped with the rest, its key and the feedback buttons."""
    asked = await ask(stage)
    assert "histoire de mots" in (await asked.opened()).text
    post = await asked.whole()
    assert post.first == "" or "…" not in post.first
    assert (asked.calls(START), asked.calls(STOP), asked.calls("chat.update")) == (1, 1, 0)
    assert asked.calls(APPEND) >= 1


@pytest.mark.parametrize("method", [START, APPEND, STOP])
async def test_a_lost_answer_of_slack_repeats_nothing(stage: Stage, method: str) -> None:
    """After the doubt the stream is stopped, and the whole text put in its place."""
    stage.slack.faults.lose.append(method)
    asked = await ask(stage)
    await stage.slack.until(lambda: asked.calls("chat.update"), within=90)
    await asked.whole()
    assert not stage.slack.faults.lose
    assert asked.calls(START) == 1


async def test_a_replica_that_is_killed_leaves_no_second_message(stage: Stage) -> None:
    """Whoever goes on finds the open stream, which says nothing of its key, and ends it with the whole."""
    asked = await ask(stage)
    await asked.opened()
    stage.gateway.next(Behaviour(answer=TALE))
    await stage.bot.kill()
    await stage.bot.start()
    if stage.slack.urls:
        stage.slack.url = f"{stage.bot.url}/slack/events"
    await asked.whole()


async def test_a_stream_that_slack_closed_is_put_right(stage: Stage) -> None:
    """As Slack does after five minutes: the whole text takes the place of the error that it shows."""
    asked = await ask(stage)
    (await asked.opened()).stream = "closed"
    await asked.whole()


async def test_a_stream_that_comes_twice_is_deleted(stage: Stage) -> None:
    """A call that was thought lost takes effect late: the message that counts stays alone."""
    asked = await ask(stage)
    first = await asked.opened()
    body = {"channel": asked.chat.id, "thread_ts": asked.question.ts, "markdown_text": "Voici"}
    await stage.slack._chat_startStream(stage.slack.team, body)
    assert (await asked.whole()).ts == first.ts


async def test_an_answer_is_posted_where_streams_are_refused(stage: Stage) -> None:
    """By a workspace whose plan has none."""
    stage.slack.faults.refuse[START] = "channel_type_not_supported"
    try:
        asked = await ask(stage)
        await asked.whole()
    finally:
        del stage.slack.faults.refuse[START]
