"""The rig itself: what the other tests stand on is what it says it is."""

from __future__ import annotations

import asyncio

import pytest

from tests.rig.peer import Troupe
from tests.rig.synapse import Federation

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
