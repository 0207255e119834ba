"""A file is shared once, and where it belongs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from connectors.slack import files
from connectors.slack.api import COMPLETE, Api
from connectors.slack.events import Me, address_of
from connectors.slack.sender import Sender
from core.connector import Address, Draft, File
from core.errors import Deferred, Rejected
from core.sensitivity.level import Level
from tests.connectors.slack.test_connector import MemoryShelf
from tests.rig.slack import Channel, FakeSlack, fake_slack
from tests.rig.slack.server import TOKEN

SUMMARY = Draft(
    text="synthese.txt", level=Level.N0, key="k",
    file=File(name="synthese.txt", media_type="text/plain", data=b"La mare est restauree."),
)  # fmt: skip


@dataclass
class Desk:
    """A sender on a fake Slack, and a question in a channel."""

    slack: FakeSlack
    sender: Sender
    channel: Channel
    address: Address

    @property
    def shared(self) -> int:
        """How many messages carry a file."""
        return sum(bool(post.files) for post in self.slack.answers(self.channel))


@pytest_asyncio.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Desk]:
    monkeypatch.setattr(files, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(files, "LATE", (0.01,))
    async with fake_slack() as slack, aiohttp.ClientSession() as session:
        team = slack.team
        ana = team.person("Ana")
        channel = team.channel("salle", ana)
        root = await slack.say(channel, ana, "question")
        me = Me(team=team.team, enterprise=None, user=team.bot.id, bot=team.bot_id)
        api = Api(TOKEN, base=f"{slack.base}/api/", session=session, tls=None)
        yield Desk(slack, Sender(api, me, MemoryShelf()), channel, address_of(me, channel.id, root.ts))


async def stored(desk: Desk) -> None:
    """An attempt after which the file is not shared: the channel is judged anew before the next."""
    with pytest.raises(Deferred):
        await desk.sender.send(desk.address, SUMMARY)


@pytest.mark.parametrize("lost", [True, False])
async def test_a_file_whose_share_comes_late_is_shared_once(
    desk: Desk, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack shows the share after we waited for it, be the upload's completion known or lost on the way."""
    real, late = desk.slack._files_info, [True]

    async def info(team: Any, body: Any) -> Any:
        about = await real(team, body)
        return {"file": about["file"] | {"shares": {}}} if late else about

    monkeypatch.setattr(desk.slack, "_files_info", info)
    if lost:
        desk.slack.faults.lose.append(COMPLETE)
    for _ in range(4):
        with pytest.raises(Deferred):
            await desk.sender.send(desk.address, SUMMARY)
    late.clear()
    _, ts = await desk.sender.send(desk.address, SUMMARY)
    assert desk.channel.posts[ts].files
    assert (desk.shared, len(desk.slack.team.files)) == (1, 1)


async def test_an_upload_that_was_refused_before_it_was_completed_is_completed(desk: Desk) -> None:
    """Slack is away at that call: the same upload is completed later."""
    await stored(desk)
    desk.slack.faults.refuse[COMPLETE] = "internal_error"
    await stored(desk)
    desk.slack.faults.refuse.clear()
    await stored(desk)
    await desk.sender.send(desk.address, SUMMARY)
    assert (desk.shared, len(desk.slack.team.files)) == (1, 1)


async def test_a_file_whose_question_was_deleted_does_not_stay_in_the_channel(desk: Desk) -> None:
    """It landed there, since the root of its thread is gone: it is deleted, also when it is found later."""
    desk.channel.posts[str(desk.address.thread)].deleted = True
    await stored(desk)
    with pytest.raises(Rejected):
        await desk.sender.send(desk.address, SUMMARY)
    assert desk.shared == 0


async def test_an_upload_is_completed_by_an_attempt_that_does_nothing_before(desk: Desk) -> None:
    """Who reads the channel was judged just before: the file was stored by the attempt before that."""
    await stored(desk)
    before = len(desk.slack.calls)
    await desk.sender.send(desk.address, SUMMARY)
    assert desk.slack.calls[before].method == COMPLETE


@pytest.mark.parametrize("passing", [True, False])
async def test_an_upload_that_is_refused_for_good_ends(desk: Desk, passing: bool) -> None:
    """As in a channel that was archived meanwhile, also where Slack was away before."""
    await stored(desk)
    if passing:
        desk.slack.faults.refuse[COMPLETE] = "internal_error"
        await stored(desk)
        await stored(desk)
    desk.slack.faults.refuse[COMPLETE] = "is_archived"
    with pytest.raises(Rejected):
        await desk.sender.send(desk.address, SUMMARY)


async def test_an_upload_that_is_refused_as_it_was_completed_before_is_shared(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to its completion was lost, and its message comes late."""
    real, looks = desk.slack._files_info, [0]

    async def info(team: Any, body: Any) -> Any:
        about = await real(team, body)
        looks[0] += 1
        return {"file": about["file"] | {"shares": {}}} if looks[0] < 5 else about

    await stored(desk)
    monkeypatch.setattr(desk.slack, "_files_info", info)
    desk.slack.faults.lose.append(COMPLETE)
    await stored(desk)
    await stored(desk)
    desk.slack.faults.refuse[COMPLETE] = "file_update_failed"
    _, ts = await desk.sender.send(desk.address, SUMMARY)
    assert desk.channel.posts[ts].files
