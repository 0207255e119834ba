"""What a question replies to, where the homeserver gives it late, or its key comes late."""

from __future__ import annotations

import pytest

from connectors.tchap.olm import Arrival, HardenedOlm
from connectors.tchap.quotations import QUOTED_WITHIN
from core.connector import Deleted, Joined, Message
from core.connector.untrusted_json import Json
from core.errors import Deferred
from tests.connectors.tchap.conftest import Bot
from tests.connectors.tchap.test_conversation import room_of
from tests.rig.peer import Peer, PeerRoom
from tests.rig.proxy import error, proxy
from tests.rig.synapse import Federation

SAID = "La réunion est à 14 h 30"

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Keys:
    """What one person's devices send to the bot's, which does not arrive until it is released."""

    def __init__(self, sender: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held: list[Json] = []
        self._receive = HardenedOlm.receive

        def late(olm: HardenedOlm, event: Json) -> None:
            if event.get("sender") == sender:
                self.held.append(event)
            else:
                self._receive(olm, event)

        monkeypatch.setattr(HardenedOlm, "receive", late)

    def release(self, bot: Bot) -> None:
        for event in self.held:
            self._receive(bot.machine().olm, event)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, bob: Peer) -> Keys:
    return Keys(bob.user, monkeypatch)


async def asked(bot: Bot, room: PeerRoom, said: str) -> Message:
    """Alice's question about a message, as the connector delivers it."""
    question = await room.send("À quelle heure ?", mention=[bot.user], reply_to=said)
    return await bot.event(Message, lambda message: message.id == question)


@pytest.mark.parametrize("path", ["/event/", "/context/"])
async def test_what_the_homeserver_gives_late_is_waited_for(
    servers: Federation, alice: Peer, bob: Peer, bot: Bot, path: str
) -> None:
    """The question is delivered at once, so that nobody else waits; it is answered once the homeserver gives
    what it is about, and who could read it."""
    async with bot.running():
        room = await room_of(alice, bot, bob, encrypted=False)
        said = await room.seen_by(bob).send(SAID)
        await bot.event(Message, lambda message: message.id == said)
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        way.add(error(500, "M_UNKNOWN"), path=path)
        question = await asked(bot, room, said)
        assert (question.quoted, question.unquoted) == ("", "unread")
        with pytest.raises(Deferred):
            await bot.connector.described(question)
        way.heal()
        described = await bot.connector.described(question)
        assert (described.quoted, described.unquoted) == (SAID, "")
        assert described.quoted_to == {alice.user, bob.user, bot.user}


async def test_what_the_homeserver_never_gives_is_not_waited_for_without_end(
    servers: Federation, alice: Peer, bob: Peer, bot: Bot
) -> None:
    """After a while the question goes without: it says itself that it does."""
    async with bot.running():
        room = await room_of(alice, bot, bob, encrypted=False)
        said = await room.seen_by(bob).send(SAID)
        await bot.event(Message, lambda message: message.id == said)
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        way.add(error(500, "M_UNKNOWN"), path="/event/")
        question = await asked(bot, room, said)
        with pytest.raises(Deferred):
            await bot.connector.described(question)
        bot.skew = QUOTED_WITHIN
        assert await bot.connector.described(question) == question


async def test_what_the_bot_itself_said_is_not_missed(servers: Federation, alice: Peer, bot: Bot) -> None:
    """Once the homeserver tells that it is an answer of the bot, nothing was left out."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        first = await chat.send("Bonjour")
        message = await bot.event(Message, lambda message: message.id == first)
        answer = await bot.answer(message.address, "Bonjour.")
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        way.add(error(500, "M_UNKNOWN"), path="/event/")
        bot.forget_events()
        question = await chat.send("Et demain ?", reply_to=answer)
        asked = await bot.event(Message, lambda message: message.id == question)
        assert asked.unquoted == "unread"
        way.heal()
        assert (await bot.connector.described(asked)).unquoted == ""


async def test_while_the_homeserver_is_away_nothing_counts_as_absent(
    servers: Federation, alice: Peer, bot: Bot
) -> None:
    """Whether a message is for the bot depends on what it replies to: that is looked up once the homeserver
    answers again, however long it takes."""
    async with bot.running():
        room = await room_of(alice, bot, encrypted=False)
        first = await room.send("Bonjour", mention=[bot.user])
        message = await bot.event(Message, lambda message: message.id == first)
        answer = await bot.answer(message.address, "Bonjour.", reply_to=first)
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        way.add(error(502, "M_UNKNOWN"), path="/event/", times=4)
        way.add(error(502, "M_UNKNOWN"), path="/account/whoami", times=1)
        question = await room.send("Et demain ?", reply_to=answer)
        assert (await bot.event(Message, lambda message: message.id == question)).addressed


async def test_a_key_that_comes_late_is_waited_for(alice: Peer, bob: Peer, bot: Bot, keys: Keys) -> None:
    """The question is answered once what it replies to can be read."""
    async with bot.running():
        room = await room_of(alice, bot, bob)
        said = await room.seen_by(bob).send(SAID)
        await bot.until(lambda: len(bot.pending()) == 1 and bool(keys.held))
        question = await asked(bot, room, said)
        assert (question.quoted, question.unquoted) == ("", "unread")
        with pytest.raises(Deferred):
            await bot.connector.described(question)
        keys.release(bot)
        described = await bot.connector.described(question)
        assert (described.quoted, described.unquoted) == (SAID, "")


@pytest.mark.parametrize("known", [True, False])
async def test_the_key_of_somebody_whose_entry_was_not_told_yet_is_taken(
    alice: Peer, bob: Peer, bot: Bot, known: bool
) -> None:
    """A homeserver may tell of a member later than it gives the key that they send at once."""
    async with bot.running():
        room = await room_of(alice, bot, bob)
        connection = bot.connector._connection
        assert connection is not None
        if known:
            bot.known(room.id).joined.pop(bob.user)
        else:
            await connection.rooms.forget(room.id)
        said = await room.seen_by(bob).send(SAID)
        await room.message(sender=bob, containing=SAID)
        question = await asked(bot, room, said)
        assert (question.quoted, question.unquoted) == (SAID, "")


async def test_the_key_of_who_is_not_in_the_room_is_not_taken(alice: Peer, bob: Peer, bot: Bot) -> None:
    """Nobody fills the shelf with keys of rooms in which they say nothing."""
    async with bot.running():
        room = await room_of(alice, bot)
        connection = bot.connector._connection
        assert connection is not None
        for sender, taken in ((alice, True), (bob, False)):
            arrival = Arrival(room=room.id, session="any", sender=sender.user)
            assert await connection.sync.unreadable._is_for_us(arrival, {}) is taken


async def test_the_key_of_a_room_in_which_the_bot_is_not_is_not_taken(alice: Peer, bot: Bot) -> None:
    """Neither of one that it has left, nor of one into which anybody may look: the homeserver tells who is
    in both."""
    async with bot.running():
        left = await room_of(alice, bot)
        connection = bot.connector._connection
        assert connection is not None
        await connection.rooms._api.call("POST", ("rooms", left.id, "leave"), {})
        open_to_all = await alice.create_room(encrypted=False)
        await open_to_all.set_state("m.room.history_visibility", {"history_visibility": "world_readable"})
        for room in (left, open_to_all):
            await connection.rooms.forget(room.id)
            arrival = Arrival(room=room.id, session="any", sender=alice.user)
            assert not await connection.sync.unreadable._is_for_us(arrival, {})


async def test_the_key_of_a_name_that_no_server_takes_is_not_taken(alice: Peer, bot: Bot) -> None:
    """A room's name is anybody's to make up: one for which the homeserver hangs up is no room."""
    async with bot.running():
        await room_of(alice, bot)
        connection = bot.connector._connection
        assert connection is not None
        arrival = Arrival(room=f"!{'a' * 60_000}:agents.example", session="any", sender=alice.user)
        assert not await connection.sync.unreadable._is_for_us(arrival, {})


async def test_a_key_that_does_not_come_is_not_waited_for_without_end(
    alice: Peer, bob: Peer, bot: Bot, keys: Keys
) -> None:
    """Nor is one at all for what was said before the bot came: nobody sends it."""
    async with bot.running():
        room = await alice.create_room(invite=[bob])
        await room.seen_by(bob).join()
        await room.joined(bob.user)
        before = await room.seen_by(bob).send(SAID)
        await room.message(sender=bob, containing=SAID)
        await room.invite(bot.user)
        await bot.event(Joined, lambda joined: joined.address.conversation == room.id)
        await room.joined(bot.user)
        question = await asked(bot, room, before)
        assert await bot.connector.described(question) == question
        said = await room.seen_by(bob).send(SAID)
        await bot.until(lambda: len(bot.pending()) == 1)
        question = await asked(bot, room, said)
        with pytest.raises(Deferred):
            await bot.connector.described(question)
        bot.skew = QUOTED_WITHIN
        assert await bot.connector.described(question) == question


@pytest.mark.parametrize("encrypted", [True, False])
async def test_a_file_is_quoted_as_long_as_it_stands(
    alice: Peer, bob: Peer, bot: Bot, encrypted: bool
) -> None:
    """By who replies to it, and by who asks in the thread that begins with it."""
    async with bot.running():
        room = await room_of(alice, bot, bob, encrypted=encrypted)
        file = await room.seen_by(bob).send_file("devis.txt", b"40 euros", "text/plain")
        question = await asked(bot, room, file)
        assert (question.quoted, question.unquoted) == ("", "")
        below = await room.send("C'est quoi le total ?", mention=[bot.user], thread=file)
        in_thread = await bot.event(Message, lambda message: message.id == below)
        assert in_thread.quoted_files == ()
        for message, root in ((question, None), (in_thread, file)):
            described = await bot.connector.described(message, root)
            (attachment,) = described.quoted_files
            assert described.quoted_to == {alice.user, bob.user, bot.user}
            assert await bot.connector.fetch(message.address, attachment, 100) == b"40 euros"
        await room.seen_by(bob).redact(file)
        await bot.event(Deleted, lambda deleted: deleted.target == file)
        for message, root in ((question, None), (in_thread, file)):
            described = await bot.connector.described(message, root)
            assert (described.quoted_files, described.unquoted) == ((), "unread")
