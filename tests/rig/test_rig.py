"""The rig itself: what the other tests stand on is what it says it is."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.rig.homeserver import Homeserver
from tests.rig.peer import ACCESS_RULES, Peer, PeerRoom
from tests.rig.synapse import Federation
from tests.rig.troupe import PeerError, Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("version", ["10", "12"])
async def test_people_of_two_servers_talk_encrypted(
    servers: Federation, troupe: Troupe, version: str
) -> None:
    """A direct chat across both servers is encrypted, readable at both ends only."""
    alice, bob = await asyncio.gather(
        troupe.person(servers.agents, "alice"), troupe.person(servers.externes, "bob", exclude_unsigned=True)
    )
    chat = await alice.direct_chat(bob, version=version, joined=False)
    theirs = await bob.invited()
    await theirs.join()
    await chat.joined(bob)

    await chat.send("Bonjour Bob")
    heard = await theirs.message(sender=alice, containing="Bonjour Bob")
    assert heard.encrypted
    assert "Bonjour" not in str(heard.wire)

    await theirs.send("Bonjour Alice", reply_to=heard.id)
    reply = await chat.message(sender=bob, containing="Bonjour Alice")
    assert reply.reply_to == heard.id
    view = await chat.view()
    assert view is not None
    assert view.version == version


async def test_guests_are_refused_in_restricted_rooms(servers: Federation, troupe: Troupe) -> None:
    """A guest may enter a room once it is unrestricted, and no rule leads back."""
    alice, bob = await _agent_and_guest(servers, troupe)
    room = await alice.create_room(rule="restricted")
    with pytest.raises(PeerError, match="M_FORBIDDEN"):
        await room.invite(bob)

    await room.set_state(ACCESS_RULES, {"rule": "unrestricted"})
    await room.invite(bob)
    await (await bob.invited()).join()
    await room.joined(bob)
    with pytest.raises(PeerError, match="M_FORBIDDEN"):
        await room.set_state(ACCESS_RULES, {"rule": "restricted"})


async def test_a_direct_chat_has_two_members(servers: Federation, troupe: Troupe) -> None:
    """A third person cannot be invited to a direct chat, even one where the other has not come yet."""
    alice, bob = await _agent_and_guest(servers, troupe)
    chat = await alice.direct_chat(bob, joined=False)
    with pytest.raises(PeerError, match="M_FORBIDDEN"):
        await chat.invite(f"@carol:{servers.agents.server_name}")


async def test_who_excludes_unsigned_devices_cannot_read_them(servers: Federation, troupe: Troupe) -> None:
    """A message from a device that its owner has not signed is read by default, not in the strict mode."""
    alice = await troupe.person(servers.agents, "alice")
    strict = await troupe.person(servers.agents, "strict", exclude_unsigned=True)
    careless = await troupe.person(servers.agents, "careless", cross_signing=False)
    room = await careless.create_room([alice, strict])
    for person in (alice, strict):
        await (await person.invited()).join()
        await room.joined(person)

    sent = await room.send("Qui me lit ?")
    await room.seen_by(alice).message(sender=careless, containing="Qui me lit ?")
    unread = await room.seen_by(strict).until(
        lambda view: (seen := view.find(sent)) and seen.failure, "a message that cannot be read"
    )
    assert unread == "UNSIGNED_SENDER_DEVICE"
    assert await alice.devices(careless) == {careless.device: False}
    assert await alice.devices(strict) == {strict.device: True}


async def test_a_view_has_edits_deletions_threads_and_reactions(servers: Federation, troupe: Troupe) -> None:
    """A person sees the latest text, no deleted message, the thread a message is in, and reactions."""
    alice, bob, chat = await _chat(servers, troupe)
    theirs = chat.seen_by(bob)
    question = await chat.send("Quel jour")
    await chat.edit(question, "Quel jour sommes-nous ?")
    wrong = await chat.send("Erreur")
    await chat.redact(wrong)
    reaction = await chat.react(question, "👍")
    answer = await theirs.send("Lundi", thread=question)

    edited = await theirs.message(sender=alice, containing="sommes-nous")
    assert (edited.id, edited.original["body"]) == (question, "Quel jour")
    view = await theirs.until(lambda view: view if view.find(reaction) else None, "the reaction")
    assert [seen.id for seen in view.messages(alice.user)] == [question]
    threaded = await chat.message(sender=bob, containing="Lundi")
    assert (threaded.id, threaded.thread, threaded.reply_to) == (answer, question, None)


async def test_files_travel_encrypted(servers: Federation, troupe: Troupe) -> None:
    """A file is read back by the other, and the server holds other bytes."""
    alice, bob, chat = await _chat(servers, troupe)
    data = b"Compte rendu" * 1000
    await chat.send_file("note.txt", data, "text/plain")
    seen = await chat.seen_by(bob).message(sender=alice, containing="note.txt")
    assert await chat.seen_by(bob).download(seen) == data
    server, media = seen.content["file"]["url"].removeprefix("mxc://").split("/")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {bob.token}"}) as session:
        path = f"/_matrix/client/v1/media/download/{server}/{media}"
        async with session.get(bob.homeserver.base_url + path) as answer:
            stored = await answer.read()
    assert len(stored) == len(data)
    assert stored != data


async def test_typing_is_kept_in_order(servers: Federation, troupe: Troupe) -> None:
    """That someone began and ended to type is seen, however briefly."""
    _, bob, chat = await _chat(servers, troupe)
    await chat.seen_by(bob).typing(True)
    await chat.until(lambda view: bob.user in view.typing, "Bob typing")
    await chat.seen_by(bob).typing(False)
    view = await chat.until(lambda view: view if len(view.typed) == 2 else None, "Bob no longer typing")
    assert [change["typing"] for change in view.typed] == [True, False]


async def test_a_homeserver_may_be_killed_and_started_again(servers: Federation, troupe: Troupe) -> None:
    """After a kill and a start on the same folder and port the people on it talk on."""
    alice, bob, chat = await _chat(servers, troupe)
    await chat.send("Bonjour")
    await servers.agents.kill()
    await servers.agents.start()
    await asyncio.gather(alice.reconnect(), bob.reconnect())
    await chat.send("Encore là")
    await chat.seen_by(bob).message(sender=alice, containing="Encore là")


async def test_default_limits_refuse_a_burst(limited: Homeserver, troupe: Troupe) -> None:
    """After ten acts at once the eleventh is refused."""
    alice = await troupe.person(limited, "alice")
    room = await alice.create_room(encrypted=False)
    path = f"/_matrix/client/v3/rooms/{room.id}/send/m.room.message"
    for number in range(9):  # the creation of the room was the first of the ten
        await alice.request("PUT", f"{path}/{number}", {"msgtype": "m.text", "body": "Bonjour"})
    with pytest.raises(PeerError, match="M_LIMIT_EXCEEDED"):
        await alice.request("PUT", f"{path}/last", {"msgtype": "m.text", "body": "Bonjour"})


async def _agent_and_guest(servers: Federation, troupe: Troupe) -> tuple[Peer, Peer]:
    return (await troupe.person(servers.agents, "alice"), await troupe.person(servers.externes, "bob"))


async def _chat(servers: Federation, troupe: Troupe) -> tuple[Peer, Peer, PeerRoom]:
    """Two agents in a direct chat."""
    alice, bob = await asyncio.gather(
        troupe.person(servers.agents, "alice"), troupe.person(servers.agents, "bob")
    )
    chat = await alice.direct_chat(bob, joined=False)
    await (await bob.invited()).join()
    await chat.joined(bob)
    return alice, bob, chat
