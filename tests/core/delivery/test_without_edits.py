"""A platform that cannot edit, such as mail: one message, the final one, and labels round the text count."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.bot import Exchange
from core.connector import Event
from core.sensitivity.level import Level
from core.worker import job
from tests.core.conftest import core_on
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, message


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "RETRY_AFTER", 0.1)


def unedited() -> Platform:
    platform = Platform()
    platform.editing = None
    return platform


async def test_a_slow_answer_is_one_final_message(tmp_path: Path) -> None:
    """Nothing unfinished is posted, however long the answer takes."""
    async with core_on(tmp_path, platform=unedited()) as core:
        core.gateway.next(Behaviour(answer="mot " * 60, rate=20))
        await core.tell(message("Raconte"))
        while not core.platform.posts:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        (post,) = core.platform.posts.values()
        assert [state.growing for state in post.states] == [False]
        assert "mot mot" in post.text


class Slow:
    """A bot that says in advance that it takes its time; it fails on demand."""

    name = "slow"
    of_rooms = False

    def __init__(self) -> None:
        self.faults: list[Exception] = []

    def wants(self, event: Event) -> bool:
        return True

    def follows(self, event: Event) -> bool:
        return False

    async def handle(self, exchange: Exchange) -> None:
        await exchange.reply.acknowledge("Cela prendra sept minutes.")
        await exchange.reply.acknowledge("Encore un mot.")
        if self.faults:
            raise self.faults.pop(0)
        await exchange.reply.finish("Voici.", remember="Voici.")


async def test_a_word_in_advance_is_said_once(tmp_path: Path) -> None:
    """As service words, and not again when the job begins anew."""
    bot = Slow()
    bot.faults = [RuntimeError("une fois")]
    async with core_on(tmp_path, platform=unedited(), bots=[bot]) as core:
        await core.tell(message("Raconte"))
        await core.platform.answered()
        assert [(post.text, post.states[0].notice) for post in core.platform.shown] == [
            ("Cela prendra sept minutes.", True),
            ("Voici.", False),
        ]
        assert core.platform.shown[0].states[0].level == Level.N0


async def test_where_an_answer_grows_no_word_is_said_in_advance(tmp_path: Path) -> None:
    """Its beginning says it already."""
    async with core_on(tmp_path, bots=[Slow()]) as core:
        await core.tell(message("Raconte"))
        await core.platform.answered()
        assert [post.text for post in core.platform.shown] == ["Voici."]


async def test_what_fails_three_times_is_told_as_a_failure(tmp_path: Path) -> None:
    """One word, by which the platform knows that the question was not handled."""
    bot = Slow()
    bot.faults = [RuntimeError("encore")] * 3
    async with core_on(tmp_path, platform=unedited(), bots=[bot]) as core:
        await core.tell(message("Raconte"))
        await core.platform.answered()
        (failed,) = [post for post in core.platform.shown if post.states[0].failed]
        assert "Je n’ai pas réussi" in failed.text
        assert not bot.faults


@pytest.mark.parametrize(("together", "posts"), [(True, 1), (False, 2)])
async def test_a_file_goes_with_the_text_where_that_can_be(
    tmp_path: Path, together: bool, posts: int
) -> None:
    """Else it follows as a message of its own."""
    platform = unedited()
    platform.with_text = together
    async with core_on(tmp_path, platform=platform) as core:
        await core.tell(message("!données"))
        await core.platform.answered(posts)
        drafts = [post.states[-1] for post in core.platform.shown]
        assert len(drafts) == posts
        assert drafts[-1].file is not None
        assert "tout ce qui est conservé" in drafts[0].text


async def test_a_label_round_the_text_raises_the_level(tmp_path: Path) -> None:
    """A header that says « confidentiel » counts as if it stood in the text, and no model sees it."""
    async with core_on(tmp_path, platform=unedited()) as core:
        await core.tell(replace(message("Résume"), marks=(("Subject", "[DR] Note"),)))
        while not core.platform.posts:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        (post,) = core.platform.posts.values()
        assert "Diffusion Restreinte" in post.text
        assert not core.gateway.received
