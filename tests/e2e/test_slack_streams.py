"""Answers that grow in a direct chat: one stream of Slack's, whole and once whatever becomes of its calls."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from connectors.slack.api import APPEND, START, STOP
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.slack import Channel, Member, Post
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
    who: Member

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

    async def stopped(self) -> Post:
        """The one message of the answer, once it says that it was stopped and the bot is at work no more."""
        slack, team, thread = self.stage.slack, self.stage.slack.team, self.question.ts

        def holds() -> bool:
            said = [how for channel, at, how in team.statuses if (channel, at) == (self.chat.id, thread)]
            return "active" in said[-1:] and any("arrêtée" in p.shown for p in self.posts)

        await slack.until(holds)
        (post,) = self.posts
        assert post.stream != "open"
        assert f"mot{WORDS - 1}" not in post.shown
        return post

    def calls(self, method: str) -> int:
        """How many calls of this method were about this chat."""
        return sum(
            c.method == method and c.body.get("channel") == self.chat.id for c in self.stage.slack.calls
        )


async def ask(stage: Stage) -> Asked:
    who = stage.slack.team.person(f"Ana{next(_NAMES)}")
    chat = stage.slack.team.direct(who.id)
    stage.gateway.next(Behaviour(answer=TALE, rate=35))
    return Asked(stage, chat, await stage.slack.say(chat, who, "Raconte une histoire"), who)


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


async def _taken_over(stage: Stage) -> Asked:
    """A question whose replica is killed while it writes: another goes on and answers it whole."""
    asked = await ask(stage)
    await asked.opened()
    stage.gateway.next(Behaviour(answer=TALE))
    await stage.bot.kill()
    await stage.bot.start()
    if stage.slack.urls:
        stage.slack.url = f"{stage.bot.url}/slack/events"
    await asked.whole()
    return asked


async def test_a_replica_that_is_killed_leaves_no_second_message(stage: Stage) -> None:
    """Whoever goes on finds the open stream, which says nothing of its key, and ends it with the whole."""
    await _taken_over(stage)


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


async def test_a_stop_before_anything_is_shown(stage: Stage) -> None:
    """While the model is silent: one message says it, and no stream is begun."""
    who = stage.slack.team.person(f"Ana{next(_NAMES)}")
    chat, asked = stage.slack.team.direct(who.id), len(stage.gateway.received)
    silent = stage.gateway.hold(answer=TALE)
    made = Asked(stage, chat, await stage.slack.say(chat, who, "Raconte une histoire"), who)
    await stage.gateway.asked(asked + 1)
    working = (chat.id, made.question.ts, "processing")
    await stage.slack.until(lambda: working in stage.slack.team.statuses)
    stage.slack.stop(who, chat, made.question)
    await made.stopped()
    silent.set()
    assert made.calls(START) == 0


async def test_a_stop_while_the_stream_is_begun(stage: Stage) -> None:
    """Slack has the call and has not answered it: the message that it makes is stopped, and stays alone."""
    stage.slack.faults.held[START] = held = asyncio.Event()
    try:
        asked = await ask(stage)
        await stage.slack.until(lambda: asked.calls(START))
        stage.slack.stop(asked.who, asked.chat, asked.question)
        await stage.slack.until(lambda: stage.gateway.running == 0)
    finally:
        del stage.slack.faults.held[START]
        held.set()
    await asked.stopped()


async def test_a_stop_of_a_stream(stage: Stage) -> None:
    """Slack has ended it: what it shows is put right, once; it grows no more."""
    asked = await ask(stage)
    await asked.opened()
    stage.slack.stop(asked.who, asked.chat, asked.question)
    post = await asked.stopped()
    shown = post.shown
    await asyncio.sleep(1.0)
    assert [p.shown for p in asked.posts] == [shown]


async def test_a_stop_while_slack_limits_edits_is_said_once_they_may_be_made(stage: Stage) -> None:
    """What others' edits used up is waited for, as Slack asks; nothing grows meanwhile."""
    asked = await ask(stage)
    await asked.opened()
    slack, real, held = stage.slack, stage.slack.limits.wait, list[str]()

    def limited(team: str, method: str, channel: str) -> float:
        if method == "chat.update" and not held:
            held.append(method)
            slack.limits.until[f"{team}|{method}"] = time.monotonic() + 3
            return 3.0
        return real(team, method, channel) if method == "chat.update" else 0.0

    slack.limits.wait, slack.faults.limits = limited, True  # type: ignore[method-assign]
    try:
        slack.stop(asked.who, asked.chat, asked.question)
        await slack.until(lambda: held)
        (begun,) = [post.shown for post in asked.posts]
        await asyncio.sleep(1.0)
        assert [post.shown for post in asked.posts] == [begun]
        await asked.stopped()
    finally:
        slack.limits.wait, slack.faults.limits = real, False  # type: ignore[method-assign]
    assert slack.limits.early == []


async def test_a_stop_of_what_has_ended_says_nothing(stage: Stage) -> None:
    """Whoever pressed it reads the whole answer; the button goes."""
    asked = await ask(stage)
    await asked.whole()
    team, where = stage.slack.team, (asked.chat.id, asked.question.ts, "active")
    await stage.slack.until(lambda: where in team.statuses)
    before = team.statuses.count(where)
    stage.slack.stop(asked.who, asked.chat, asked.question)
    await stage.slack.until(lambda: team.statuses.count(where) > before)
    assert len(asked.posts) == 1


async def test_whoever_takes_over_ends_the_sign_of_work(stage: Stage) -> None:
    """That of a replica which was killed stands until it is ended."""
    asked = await _taken_over(stage)
    await stage.slack.until(lambda: (asked.chat.id, asked.question.ts, "active") in stage.slack.team.statuses)
