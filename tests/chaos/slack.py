"""Slack in chaos: kill -9 while answers of Slack are lost, events doubled, and all comes out of order.

`python -m tests.chaos.slack [--questions 300] [--kills 40] [--seed 7] [--slow]`; `make chaos` runs it. One
question in four is asked in a direct chat. `--slow`: answers take three seconds, so that most are killed
while they grow, in direct chats as streams. Prints the figures, and ends with 1 when a question was lost,
answered twice or left unfinished.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.rig.gateway import Behaviour, FakeGateway, fake_gateway
from tests.rig.relais import Relais, relais
from tests.rig.slack import Channel, FakeSlack, Faults, Post, fake_slack
from tests.rig.slack.server import SECRET, TOKEN

CHANNELS = 20
REST = "Réponds en quelques mots simples, sans rien oublier de ce qui compte, et sans rien dire deux fois."
QUIET = 120.0
"""Seconds without an answer after which no more are waited for."""
RETRIES = (0.05, 0.3, 1.0, 2.0, 4.0, 8.0, *[5.0] * 600)
"""Pauses before Slack sends an event again, shorter than in life: it does not give up while kills go on."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """What became of the questions."""

    questions: int
    kills: int
    seconds: float
    lost: int
    doubled: int
    unfinished: int
    wrong: tuple[str, ...] = ()
    """What stands where an answer should."""

    @property
    def well(self) -> bool:
        return not (self.lost or self.doubled or self.unfinished)


async def storm(folder: Path, *, questions: int, kills: int, seed: int = 7, slow: bool = False) -> Account:
    """Ask in many channels while the replica is killed again and again; wait until all is answered."""
    gateways = fake_gateway(behaviour=Behaviour(rate=8.0 if slow else 0.0))
    faults = Faults(lost=0.05, doubled=0.1, disorder=0.5, seed=seed)
    async with fake_slack(faults=faults) as slack, gateways as gateway:
        slack.retries = RETRIES
        async with relais(folder, _settings(slack, gateway)) as bot:
            slack.url = f"{bot.url}/slack/events"
            began, chance = time.monotonic(), random.Random(seed)
            ended = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(_kill(bot, chance, kills, ended))
                asked = await _ask(slack, questions, chance)
                await _answered(slack, asked, ended)
            faults.lost = faults.doubled = 0.0
            await asyncio.sleep(1.0)  # what is sent too late would come now
            return _account(slack, asked, kills=kills, seconds=time.monotonic() - began)


def _settings(slack: FakeSlack, gateway: FakeGateway) -> dict[str, str]:
    return {
        "RELAIS_SLACK__BOT_TOKEN": TOKEN,
        "RELAIS_SLACK__SIGNING_SECRET": SECRET,
        "RELAIS_SLACK__API_URL": f"{slack.base}/api/",
        "RELAIS_GATEWAY__URL": gateway.url,
        "RELAIS_GATEWAY__MODEL": "small",
    }


async def _kill(bot: Relais, chance: random.Random, kills: int, ended: asyncio.Event) -> None:
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.5, 3.0))
        await bot.kill()
        await bot.start()
    ended.set()


async def _ask(slack: FakeSlack, questions: int, chance: random.Random) -> list[tuple[Channel, Post]]:
    people = [slack.team.person(f"P{number}") for number in range(CHANNELS)]
    channels = [
        slack.team.channel(f"canal-{number}", who) if number % 4 else slack.team.direct(who.id)
        for number, who in enumerate(people)
    ]
    asked: list[tuple[Channel, Post]] = []
    for number in range(questions):
        place = number % CHANNELS
        text = f"<@{slack.team.bot.id}> Que dire du sujet {number} ? {REST}"
        asked.append((channels[place], await slack.say(channels[place], people[place], text)))
        await asyncio.sleep(chance.uniform(0.0, 0.3))
    return asked


async def _answered(slack: FakeSlack, asked: list[tuple[Channel, Post]], ended: asyncio.Event) -> None:
    """Wait until each has an answer, or until for two minutes after the last kill nothing more comes."""
    await ended.wait()
    done, at = -1, time.monotonic()
    while done < len(asked) and time.monotonic() - at < QUIET:
        now = sum(bool(slack.answers(channel, post.ts)) for channel, post in asked)
        done, at = (now, time.monotonic()) if now > done else (done, at)
        await asyncio.sleep(0.1)


def _account(slack: FakeSlack, asked: list[tuple[Channel, Post]], *, kills: int, seconds: float) -> Account:
    answers = [(post, slack.answers(channel, post.ts)) for channel, post in asked]
    roots = {post.ts for _, post in asked}
    channels = {channel.id: channel for channel, _ in asked}.values()
    stray = sum(post.thread not in roots for channel in channels for post in slack.answers(channel))
    wrong = [each[-1].shown for _, each in answers if each and not _is_whole(each[-1])]
    return Account(
        questions=len(asked),
        kills=kills,
        seconds=seconds,
        lost=sum(not each for _, each in answers),
        doubled=sum(max(0, len(each) - 1) for _, each in answers) + stray,
        unfinished=len(wrong),
        wrong=tuple(wrong),
    )


def _is_whole(answer: Post) -> bool:
    """Does the answer repeat the question to its end, once, and grow no more?"""
    return answer.stream != "open" and answer.shown.count(REST) == 1 and answer.shown.count("Réponse à") == 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--slow", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(storm(Path(folder), **vars(options)))
    print(
        f"Slack: {found.questions} questions, {found.kills} kills, {found.seconds:.0f} s: "
        f"{found.lost} lost, {found.doubled} doubled, {found.unfinished} unfinished",
        *found.wrong,
        sep="\n",
    )
    return 0 if found.well else 1


if __name__ == "__main__":
    sys.exit(main())
