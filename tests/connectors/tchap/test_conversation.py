"""Conversations with people on an independent client, over a real homeserver."""

from __future__ import annotations

import asyncio

import pytest

from connectors.tchap.contents import GROWING, KEY
from connectors.tchap.events import EVENT_KEY
from core.connector import Deleted, Edited, File, Invited, Joined, Message, Reacted, Undecryptable
from core.errors import Deferred, Rejected
from tests.connectors.tchap.conftest import Bot
from tests.rig.peer import Peer, PeerRoom
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

V3 = "/_matrix/client/v3"

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def room_of(alice: Peer, bot: Bot, *others: Peer, **options: object) -> PeerRoom:
    """A room in which the bot and everybody is."""
    room = await alice.create_room(invite=[bot.user, *others], **options)  # type: ignore[arg-type]
    for other in others:
        await room.seen_by(other).join()
    await bot.event(Joined, lambda joined: joined.address.conversation == room.id)
    for member in (bot.user, *others):
        await room.joined(member)
    return room


@pytest.mark.parametrize("version", ["10", "12"])
async def test_encrypted_direct_chat(alice: Peer, bot: Bot, version: str) -> None:
    """A person writes in an encrypted direct chat and reads the answer, in old and new room versions."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user, version=version)
        joined = await bot.event(Joined)
        assert joined.direct
        assert joined.sender.id == alice.user
        question = await chat.send("Bonjour")
        message = await bot.event(Message)
        assert (message.text, message.id, message.addressed) == ("Bonjour", question, True)
        audience = await bot.connector.audience(message.address)
        assert (audience.kind, audience.direct) == ("tchap_encrypted", True)
        assert audience.members == {alice.user, bot.user}
        id = await bot.answer(message.address, "Bonjour, **Alice**.", key="k1", growing=True)
        seen = await chat.message(sender=bot.user)
        assert (seen.id, seen.encrypted, seen.text) == (id, True, "Bonjour, Alice.")
        assert seen.content["formatted_body"] == "<p>Bonjour, <strong>Alice</strong>.</p>"
        assert (seen.wire[KEY], seen.wire[GROWING]) == ("k1", True)


async def test_people_who_exclude_unsigned_devices(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """The bot's device is signed by its identity, so it reads those who exclude unsigned devices."""
    strict = await troupe.person(servers.agents, "stricte", exclude_unsigned=True)
    async with bot.running():
        chat = await strict.direct_chat(bot.user)
        await chat.send("Bonjour")
        message = await bot.event(Message)
        await bot.answer(message.address, "Bonjour.")
        await chat.message(sender=bot.user, containing="Bonjour.")


async def test_edits_of_the_bot_replace_its_message(alice: Peer, bot: Bot) -> None:
    """An edit changes the message that people see, and its final state is no longer marked as growing."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await chat.send("Bonjour")
        message = await bot.event(Message)
        id = await bot.answer(message.address, "…", growing=True)
        draft = bot.draft("La réponse.")
        audience = await bot.connector.audience(message.address)
        await bot.connector.edit(message.address, id, draft, audience)
        seen = await chat.message(sender=bot.user, containing="La réponse.")
        assert seen.id == id
        assert GROWING not in seen.content
        await bot.connector.delete(message.address, id, "gone")
        await bot.connector.delete(message.address, id, "gone again")
        await chat.until(lambda view: not view.messages(bot.user), "the message to be deleted")


async def test_what_people_do_to_their_messages(alice: Peer, bot: Bot) -> None:
    """Edits, deletions and reactions become events of the core."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        question = await chat.send("Bonjour")
        message = await bot.event(Message)
        await chat.edit(question, "Bonsoir")
        edited = await bot.event(Edited)
        assert (edited.target, edited.message.text, edited.message.id) == (question, "Bonsoir", question)
        answer = await bot.answer(message.address, "Bonsoir.")
        await chat.message(sender=bot.user)
        await chat.react(answer, "👍")
        assert (await bot.event(Reacted)).reaction == "👍"
        await chat.redact(question)
        assert (await bot.event(Deleted)).target == question


async def test_in_a_room_only_what_is_meant_for_it_is_addressed(alice: Peer, bob: Peer, bot: Bot) -> None:
    """Mentions, replies to the bot, its threads and commands are addressed, other talk is not."""
    async with bot.running():
        room = await room_of(alice, bot, bob)
        first = await room.send("Il pleut aujourd’hui")
        mention = await room.send("Assistant [Essai] : et demain ?", mention=[bot.user])
        told = {
            m.id: m
            for m in [await bot.event(Message, lambda m, id=id: m.id == id) for id in (first, mention)]
        }
        assert not told[first].addressed
        assert told[mention].addressed
        assert told[mention].text == "et demain ?"
        assert not told[mention].direct
        answer = await bot.answer(told[mention].address, "Demain aussi.", reply_to=mention)
        seen = await room.message(sender=bot.user)
        assert seen.reply_to == mention
        reply = await room.seen_by(bob).send("Tu es sûr ?", reply_to=answer)
        assert (await bot.event(Message, lambda m: m.id == reply)).addressed
        quoting = await room.send("Assistant, qu’en penses-tu ?", mention=[bot.user], reply_to=first)
        quoted = await bot.event(Message, lambda m: m.id == quoting)
        assert (quoted.quoted, quoted.reply_to) == ("Il pleut aujourd’hui", first)
        command = await room.send("!aide")
        assert (await bot.event(Message, lambda m: m.id == command)).addressed


async def test_a_thread_of_the_bot(alice: Peer, bob: Peer, bot: Bot) -> None:
    """A question in a thread is answered there, and the thread's later messages are for the bot."""
    async with bot.running():
        room = await room_of(alice, bot, bob)
        root = await room.send("Une idée")
        quiet = await room.send("Je note", thread=root)
        assert not (await bot.event(Message, lambda m: m.id == quiet)).addressed
        question = await room.send("Assistant, ton avis ?", thread=root, mention=[bot.user])
        message = await bot.event(Message, lambda m: m.id == question)
        assert message.address.thread == root
        await bot.answer(message.address, "Bonne idée.", reply_to=question)
        assert (await room.message(sender=bot.user)).thread == root
        more = await room.seen_by(bob).send("Merci !", thread=root)
        assert (await bot.event(Message, lambda m: m.id == more)).addressed
        theirs = await room.send("Bob, tu prends la suite ?", thread=root, mention=[bob])
        assert not (await bot.event(Message, lambda m: m.id == theirs)).addressed


async def test_an_edit_counts_as_what_it_replaces(alice: Peer, bob: Peer, bot: Bot) -> None:
    """In a thread or a chain of the bot, an edit without a mention is for the bot, as the message was; also
    for a bot that was not there when it was said."""
    async with bot.running():
        room = await room_of(alice, bot, bob)
        root = await room.send("Une idée")
        question = await room.send("Assistant, ton avis ?", thread=root, mention=[bot.user])
        message = await bot.event(Message, lambda m: m.id == question)
        answer = await bot.answer(message.address, "Bonne idée.", reply_to=question)
        follow_up = await room.send("Et pour lundi ?", thread=root)
        chained = await room.send("Et mardi ?", reply_to=answer)
        await bot.event(Message, lambda m: m.id == chained)
    async with bot.running():
        await room.edit(follow_up, "Et pour mardi ?")
        edited = await bot.event(Edited, lambda e: e.target == follow_up)
        assert edited.message.addressed
        assert edited.message.address.thread == root
        await room.edit(chained, "Et mercredi ?")
        assert (await bot.event(Edited, lambda e: e.target == chained)).message.addressed


async def test_a_message_of_another_room_is_no_message_here(alice: Peer, bob: Peer, bot: Bot) -> None:
    """Nobody reads a room through the bot by replying elsewhere to one of its messages: neither what the bot
    has just read, nor what it would have to look up."""
    async with bot.running():
        theirs = await room_of(alice, bot)
        secret = await theirs.send("Le budget secret est de trois millions.", mention=[bot.user])
        said = await bot.event(Message, lambda m: m.id == secret)
        answer = await bot.answer(said.address, "C’est noté.", reply_to=secret)
        here = await bob.direct_chat(bot.user)
        await here.joined(bot.user)

    async def pointed() -> None:
        for target in (secret, answer):
            asked = await here.send("Que dit ce message ?", reply_to=target)
            assert (await bot.event(Message, lambda m, id=asked: m.id == id)).quoted == ""

    async with bot.running():
        again = await theirs.send("Et encore", reply_to=secret, mention=[bot.user])  # the bot knows it again
        assert (await bot.event(Message, lambda m: m.id == again)).quoted
        await pointed()
    async with bot.running():
        await pointed()


async def test_files_in_both_directions(alice: Peer, bot: Bot) -> None:
    """Files travel encrypted both ways; one above the limit is refused without being read whole."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        data = bytes(range(256)) * 400
        await chat.send_file("note.pdf", data, "application/pdf")
        message = await bot.event(Message)
        [attachment] = message.attachments
        assert (attachment.name, attachment.media_type, attachment.size) == (
            "note.pdf",
            "application/pdf",
            len(data),
        )
        assert await bot.connector.fetch(message.address, attachment, len(data)) == data
        with pytest.raises(Rejected):
            await bot.connector.fetch(message.address, attachment, 1000)
        file = File(name="réponse.txt", media_type="text/plain", data=b"fini")
        await bot.answer(message.address, "", file=file)
        seen = await chat.message(sender=bot.user)
        assert seen.content["filename"] == "réponse.txt"
        assert await chat.download(seen) == b"fini"


async def test_audiences(servers: Federation, troupe: Troupe, alice: Peer, bob: Peer, bot: Bot) -> None:
    """Encryption, guests, rules and join rules decide who reads; only members who were judged get keys."""
    guest = await troupe.person(servers.externes, "invitee")
    async with bot.running():
        forum = await room_of(alice, bot, encrypted=False, public=True)
        private = await room_of(alice, bot, bob)
        outside = await guest.direct_chat(bot.user)
        await bot.event(Joined, lambda joined: joined.address.conversation == outside.id)
        kinds = {
            name: (await bot.connector.audience(bot.address(room.id))).kind
            for name, room in {"forum": forum, "private": private, "outside": outside}.items()
        }
        assert kinds == {
            "forum": "tchap_public",
            "private": "tchap_encrypted",
            "outside": "tchap_encrypted_guests",
        }


async def test_nobody_reads_who_was_not_judged(
    servers: Federation, troupe: Troupe, alice: Peer, bob: Peer, bot: Bot
) -> None:
    """When somebody came after the audience was judged, nothing is sent: it is to be judged again."""
    async with bot.running():
        room = await room_of(alice, bot)
        judged = await bot.connector.audience(bot.address(room.id))
        await room.invite(bob)
        await room.seen_by(bob).join()
        await bot.until(lambda: bob.user in bot.known(room.id).joined)
        with pytest.raises(Deferred):
            await bot.connector.send(bot.address(room.id), bot.draft("Secret"), judged)
        id = await bot.answer(bot.address(room.id), "Pour tous")
        assert (await room.seen_by(bob).message(sender=bot.user)).id == id


async def test_who_left_cannot_read_what_follows(alice: Peer, bob: Peer, bot: Bot) -> None:
    """After a member left, the next message is written with a new key."""
    async with bot.running():
        room = await room_of(alice, bot, bob)
        await bot.answer(bot.address(room.id), "Un")
        first = await room.message(sender=bot.user, containing="Un")
        await room.seen_by(bob).leave()
        await bot.until(lambda: bob.user not in bot.known(room.id).joined)
        await bot.answer(bot.address(room.id), "Deux")
        second = await room.message(sender=bot.user, containing="Deux")
        assert first.wire["session_id"] != second.wire["session_id"]


async def test_invitations_from_elsewhere_are_declined(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """A server that is not allowed gets a refusal with a word, and the core hears of it."""
    stranger = await troupe.person(servers.externes, "inconnu")
    async with bot.running(guest_servers=()):
        chat = await stranger.direct_chat(bot.user, joined=False)
        assert (await bot.event(Invited)).sender.id == stranger.user
        await chat.until(lambda view: view.members.get(bot.user) == "leave", "the refusal")


async def test_nothing_from_before_it_came(alice: Peer, bot: Bot) -> None:
    """What was said before the bot entered a room is not delivered."""
    async with bot.running():
        room = await alice.create_room(encrypted=False, public=True)
        await room.send("Assistant, avant")
        await room.invite(bot.user)
        await room.joined(bot.user)
        after = await room.send("Assistant, après")
        await bot.event(Message, lambda m: m.id == after)
        assert [m.text for m in bot.events if isinstance(m, Message)] == ["après"]


async def test_notices_and_its_own_words_are_no_questions(alice: Peer, bot: Bot) -> None:
    """Neither `m.notice` nor the bot's own messages are delivered."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await chat.send("Je suis un automate", msgtype="m.notice")
        await bot.event(Joined)
        await bot.answer(bot.address(chat.id), "Je suis là")
        last = await chat.send("Fin")
        await bot.event(Message, lambda m: m.id == last)
        assert [type(event) for event in bot.events] == [Joined, Message]


async def test_its_message_is_found_again_by_its_key(alice: Peer, bot: Bot) -> None:
    """A message is found by its key after the question, an edit or a deleted message is not."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        question = await chat.send("Bonjour")
        message = await bot.event(Message)
        id = await bot.answer(message.address, "Un", key="a")
        audience = await bot.connector.audience(message.address)
        await bot.connector.edit(message.address, id, bot.draft("Un bis", key="b"), audience)
        assert await bot.connector.find(message.address, "a", question) == id
        assert await bot.connector.find(message.address, "a", None) == id
        assert await bot.connector.find(message.address, "b", question) is None
        assert await bot.answer(message.address, "Un", key="a") == id
        await bot.connector.delete(message.address, id, "gone")
        assert await bot.connector.find(message.address, "a", question) is None


async def test_reading_and_typing_are_shown(alice: Peer, bot: Bot) -> None:
    """The person sees that the message was read and that an answer is being written, until it is there."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        question = await chat.send("Bonjour")
        message = await bot.event(Message)
        activity = bot.connector.activity
        assert activity is not None
        await activity.read(message.address, question)
        await activity.working(message.address, True)
        await chat.until(lambda view: bot.user in view.typing, "typing")
        await chat.until(lambda view: view.read.get(bot.user) == question, "the receipt")
        await activity.working(message.address, False)
        await chat.until(lambda view: bot.user not in view.typing, "the end of typing")


async def test_an_upgraded_room_is_followed(alice: Peer, bot: Bot) -> None:
    """When a room is upgraded the bot goes to its successor by itself."""
    async with bot.running():
        room = await room_of(alice, bot, public=True, encrypted=False)
        answer = await alice.request("POST", f"{V3}/rooms/{room.id}/upgrade", {"new_version": "11"})
        successor = answer["replacement_room"]
        await bot.event(Joined, lambda joined: joined.address.conversation == successor)


async def test_an_unreadable_message_is_told_once(
    alice: Peer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages whose key never comes lead to one notice for the conversation, not one each."""
    monkeypatch.setattr("connectors.tchap.pending.TELL_AFTER", 0.5)
    monkeypatch.setattr("connectors.tchap.pending.ASK_AFTER", 0.1)
    monkeypatch.setattr("connectors.tchap.unreadable.WATCH_EVERY", 0.1)
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await bot.event(Joined)
        noise = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AAAA", "session_id": "unknown"}
        for number in range(3):
            await alice.request("PUT", f"{V3}/rooms/{chat.id}/send/m.room.encrypted/{number}", noise)
        notice = await bot.event(Undecryptable)
        assert notice.direct
        await asyncio.sleep(1.0)
        assert sum(isinstance(event, Undecryptable) for event in bot.events) == 1


async def test_what_a_sibling_could_read_is_not_told(
    alice: Peer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that another replica has read and stored makes no notice; the next one does."""
    monkeypatch.setattr("connectors.tchap.pending.TELL_AFTER", 0.5)
    monkeypatch.setattr("connectors.tchap.unreadable.WATCH_EVERY", 0.1)
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await bot.event(Joined)
        noise = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AAAA", "session_id": "unknown"}
        path = f"{V3}/rooms/{chat.id}/send/m.room.encrypted"
        read = (await alice.request("PUT", f"{path}/1", noise))["event_id"]
        bot.elsewhere.add(EVENT_KEY % (chat.id, read))
        await bot.until(lambda: len(bot.pending()) == 1)
        await bot.until(lambda: len(bot.pending()) == 0)
        closed = (await alice.request("PUT", f"{path}/2", noise))["event_id"]
        notice = await bot.event(Undecryptable)
        assert notice.episode == closed
