"""A platform that cannot edit, such as mail: one message, the final one, and labels round the text count."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from tests.core.conftest import core_on
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, message


def unedited() -> Platform:
    platform = Platform()
    platform.editing = None
    return platform


async def test_a_slow_answer_is_one_final_message(tmp_path: Path) -> None:
    """No placeholder and nothing unfinished is posted, however long the answer takes."""
    async with core_on(tmp_path, platform=unedited()) as core:
        core.gateway.next(Behaviour(answer="mot " * 60, rate=20))
        await core.tell(message("Raconte"))
        while not core.platform.posts:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        (post,) = core.platform.posts.values()
        assert [state.growing for state in post.states] == [False]
        assert "mot mot" in post.text


async def test_a_label_round_the_text_raises_the_level(tmp_path: Path) -> None:
    """A header that says « confidentiel » counts as if it stood in the text, and no model sees it."""
    async with core_on(tmp_path, platform=unedited()) as core:
        await core.tell(replace(message("Résume"), marks=(("Subject", "[DR] Note"),)))
        while not core.platform.posts:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        (post,) = core.platform.posts.values()
        assert "Diffusion Restreinte" in post.text
        assert not core.gateway.received
