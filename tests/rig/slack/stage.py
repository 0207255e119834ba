"""A replica on a fake Slack of its own, and rooms in it, for the tests of what people see."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig.gateway import FakeGateway
from tests.rig.relais import Relais, relais
from tests.rig.slack.server import APP_TOKEN, SECRET, TOKEN, FakeSlack, fake_slack
from tests.rig.slack.workspace import Channel, Member, Post, Upload, Workspace


@dataclass(kw_only=True)
class Stage:
    """A fake Slack and a replica that answers there."""

    slack: FakeSlack
    bot: Relais
    gateway: FakeGateway


@asynccontextmanager
async def staged(
    folder: Path,
    gateway: FakeGateway,
    how: str = "http",
    *,
    teams: tuple[Workspace, ...] = (),
    **more: str,
) -> AsyncGenerator[Stage]:
    """A replica on a fake Slack of its own, listening over `http` or on a `socket`; `more` are settings."""
    async with (
        fake_slack(*teams) as slack,
        relais(folder, settings_of(slack, gateway, how) | more) as bot,
    ):
        if how == "http":
            slack.url = f"{bot.url}/slack/events"
        yield Stage(slack=slack, bot=bot, gateway=gateway)


def settings_of(slack: FakeSlack, gateway: FakeGateway, how: str = "http") -> dict[str, str]:
    """The settings of a replica on this Slack."""
    listens = ("SIGNING_SECRET", SECRET) if how == "http" else ("APP_TOKEN", APP_TOKEN)
    return {
        "RELAIS_SLACK__BOT_TOKEN": TOKEN,
        "RELAIS_SLACK__API_URL": f"{slack.base}/api/",
        "RELAIS_GATEWAY__URL": gateway.url,
        "RELAIS_GATEWAY__MODEL": "small",
        f"RELAIS_SLACK__{listens[0]}": listens[1],
    }


_NAMES = itertools.count(1)


@dataclass(kw_only=True)
class Room:
    """A channel of its own, and who asks in it."""

    stage: Stage
    who: Member
    channel: Channel

    async def ask(self, text: str, *, thread: str | None = None, files: Sequence[Upload] = ()) -> Post:
        slack = self.stage.slack
        said = f"<@{slack.team.bot.id}> {text}"
        return await slack.say(self.channel, self.who, said, thread=thread, files=list(files))

    async def answer(self, root: Post, *, count: int = 1) -> str:
        answers = await self.stage.slack.answer(self.channel, root.ts, count=count, within=120)
        return answers[-1].shown


def room(stage: Stage, *more: Member) -> Room:
    team = stage.slack.team
    who = team.person("Ana")
    return Room(stage=stage, who=who, channel=team.channel(f"projet-{next(_NAMES)}", who, *more))


def sent(stage: Stage) -> str:
    """All that was ever sent to Slack."""
    return " ".join(str(call.body) for call in stage.slack.calls)


async def plant(stage: Stage, secrets: Sequence[tuple[str, str]], *, together: int = 4) -> list[float]:
    """Have each text written in a channel of its own and in its author's direct chat; the seconds until each
    was answered. Slack opens fifty new chats a minute: why a channel's message was refused may come later."""
    gate = asyncio.Semaphore(together)

    async def one(text: str) -> list[float]:
        async with gate:
            here, slack = room(stage), stage.slack
            began = time.monotonic()
            await here.answer(await here.ask(text))
            seconds = [time.monotonic() - began]
            chat = slack.team.direct(here.who.id)
            told = len(await slack.answer(chat, within=120))
            began = time.monotonic()
            await slack.say(chat, here.who, text)
            await slack.answer(chat, count=told + 1, within=20)
            return [*seconds, time.monotonic() - began]

    return [each for seconds in await asyncio.gather(*(one(text) for text, _ in secrets)) for each in seconds]
