"""Replicas share the keys of rooms: what one device received another reads with, also when that is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connectors.tchap.olm import HardenedOlm
from core.connector import Event, Joined, Message, Undecryptable, Wanted
from core.connector.untrusted_json import Json
from tests.connectors.tchap.conftest import Bot
from tests.rig.peer import Peer

SEED = "the same seed for all of them"

pytestmark = pytest.mark.asyncio(loop_scope="session")


def texts(bot: Bot) -> list[str]:
    return [event.text for event in bot.events if isinstance(event, Message)]


async def test_a_machine_lost_with_its_disk(
    alice: Peer, bot: Bot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Another device of the same account, on an empty folder, goes on where the lost one was: it reads what
    was written meanwhile with the keys that the lost one had shared, answers, and reads the room back."""
    other = bot.replica(tmp_path_factory.mktemp("replica"))
    async with bot.running(cross_signing_seed=SEED):
        chat = await alice.direct_chat(bot.user)
        await chat.send("Un")
        await bot.event(Message)
    for number in range(3):
        await chat.send(f"Pendant {number}")
    async with other.running(cross_signing_seed=SEED) as connector:
        last = await other.event(Message, lambda m: m.text == "Pendant 2")
        assert [text for text in texts(other) if text != "Un"] == ["Pendant 0", "Pendant 1", "Pendant 2"]
        assert not any(isinstance(event, Undecryptable) for event in other.events)
        await other.answer(last.address, "Me voici")
        await chat.message(sender=bot.user, containing="Me voici")
        past = await connector.recall(last.address, Wanted(most=10))
        assert [said.text for said in past.messages] == ["Un", "Pendant 0", "Pendant 1", "Pendant 2"]
        assert past.unreadable == 0


async def test_a_key_that_only_a_sibling_received(
    alice: Peer, bot: Bot, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device whose copy of a key was lost takes the sibling's, before anybody is asked or told."""
    other = bot.replica(tmp_path_factory.mktemp("replica"))
    receive = HardenedOlm.receive

    def lose(self: HardenedOlm, event: Json) -> None:
        if self is not other.machine().olm:
            receive(self, event)

    async with bot.running(cross_signing_seed=SEED), other.running(cross_signing_seed=SEED):
        monkeypatch.setattr(HardenedOlm, "receive", lose)
        chat = await alice.direct_chat(bot.user)
        await chat.send("Bonjour")
        assert await bot.event(Message) == await other.event(Message)
        assert not other.machine().olm.requested


async def test_a_key_that_the_sibling_passes_off_is_refused(alice: Peer, bot: Bot) -> None:
    """What stands on the shelf under another session's name is not taken."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await chat.send("Un")
        await bot.event(Message)
        ((room, session), found), *_ = bot.shelf.kept.items()
        bot.shelf.kept[room, "another"] = found
        with pytest.raises(ValueError, match="another id"):
            await bot.siblings().find(room, "another")
        assert not await bot.siblings().find(room, session), "it is there already"


async def test_each_message_is_read_by_one(
    alice: Peer, bot: Bot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What the room's first replica has stored the other does not read; what it has not stored, it does."""
    other = bot.replica(tmp_path_factory.mktemp("replica"))
    other.others = ("un",)
    deliver = bot.deliver

    async def storing(events: Sequence[Event]) -> None:
        other.elsewhere |= {event.key for event in events if storing_too}
        await deliver(events)

    bot.deliver = storing  # type: ignore[method-assign]
    storing_too = True
    async with bot.running(cross_signing_seed=SEED), other.running(cross_signing_seed=SEED):
        chat = await alice.direct_chat(bot.user)
        await other.event(Joined)
        await chat.send("Un")
        await bot.event(Message)
        await bot.answer(bot.address(chat.id), "Réponse", key="clé")
        await other.until(lambda: [echo.key for echo in other.echoes] == ["clé"])
        storing_too = False
        await chat.send("Deux")
        await other.event(Message, lambda m: m.text == "Deux")
    assert texts(other) == ["Deux"]


async def test_nothing_stays_of_a_room_that_was_left(alice: Peer, bot: Bot) -> None:
    """When the bot was removed from a room its keys leave the shelf."""
    async with bot.running():
        room = await alice.create_room(invite=[bot.user])
        await room.joined(bot.user)
        await room.send("Assistant, bonjour", mention=[bot.user])
        await bot.event(Message)
        assert any(kept == room.id for kept, _ in bot.shelf.kept)
        await alice.request("POST", f"/_matrix/client/v3/rooms/{room.id}/kick", {"user_id": bot.user})
        await bot.until(lambda: not any(kept == room.id for kept, _ in bot.shelf.kept))


async def test_an_invitation_while_no_replica_was_there(
    alice: Peer, bot: Bot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A new device accepts the invitations that nobody has answered."""
    async with bot.running(cross_signing_seed=SEED):
        pass
    room = await alice.create_room(invite=[bot.user])
    other = bot.replica(tmp_path_factory.mktemp("replica"))
    async with other.running(cross_signing_seed=SEED):
        await other.event(Joined)
        id = await room.send("Assistant, es-tu là ?", mention=[bot.user])
        await other.event(Message, lambda m: m.id == id)
