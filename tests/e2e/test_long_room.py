"""A long encrypted room summarised without a model, read by people on an independent client.

`LONG_ROOM=800` makes it as long as `make eval` has it; else it is short.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.e2e.test_rooms import _room
from tests.rig.bot import Bot, bot_on_tchap
from tests.rig.gateway import FakeGateway
from tests.rig.peer import PeerRoom
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = int(os.environ.get("LONG_ROOM", "20"))
"""Messages that say nothing, around those that do."""
PATIENCE = 120.0
_LINE = re.compile(r"<li>(.*?)</li>", re.DOTALL)
_LINK = re.compile(r'href="https://tchap\.gouv\.fr/#/room/([^/"]+)/([^"]+)"')
_QUOTED = re.compile(r"«\u00a0(.*?)\u00a0»")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plain(
    tmp_path_factory: pytest.TempPathFactory, servers: Federation, gateway: FakeGateway
) -> AsyncGenerator[Bot]:
    """The assistant without a model."""
    no_model = {"RELAIS_GATEWAY__URL": "", "RELAIS_GATEWAY__MODEL": ""}
    async with bot_on_tchap(tmp_path_factory.mktemp("plain"), servers, gateway, **no_model) as it:
        yield it


async def _filled(room: PeerRoom, first: int, count: int) -> None:
    """So many messages that say nothing, some at a time."""
    for start in range(first, first + count, 10):
        numbers = range(start, min(start + 10, first + count))
        await asyncio.gather(*(room.send(f"Relevé {n} : rien à signaler.") for n in numbers))


async def test_every_link_opens_its_message(servers: Federation, troupe: Troupe, plain: Bot) -> None:
    """The bot comes halfway and reads from then on; somebody who promised has left; each line of the summary
    leads to the message that it quotes, as the others see it."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.agents, "bob")
    dave = await troupe.person(servers.agents, "dave")
    room = await alice.create_room([bob, dave])
    for person in (bob, dave):
        await room.seen_by(person).join()
        await room.joined(person)
    await room.send("C’est décidé, on garde la salle Belem.")
    await room.invite(plain.user)
    await room.message(sender=plain.user, containing="Je ne lis pas vos échanges ici")
    await _filled(room, 1, LONG // 2)
    theirs = room.seen_by(dave)
    promise = await theirs.send("Je rédige la note de cadrage d’ici vendredi.")
    await room.message(sender=dave, containing="note de cadrage")
    await theirs.leave()
    await _filled(room, LONG // 2 + 1, LONG - LONG // 2)
    decided = await room.send("C’est décidé, on garde la salle Garonne.")
    asked = await room.send("Qui préviendra le gardien du bâtiment B ?")
    await room.send("!résumé")
    summary = await room.message(
        sender=plain.user,
        containing="Mode sans IA",
        where=lambda seen: "Garonne" in seen.text,
        patience=PATIENCE,
    )
    assert summary.encrypted
    assert f"{LONG + 3} messages" in summary.text
    assert "Belem" not in summary.text
    assert "Je ne peux lire cette conversation que depuis" in summary.text
    assert "dave" in summary.text
    assert dave.user not in summary.text
    view = await room.view()
    assert view is not None
    seen = {event.id: event.text for event in view.events}
    opened: list[str] = []
    for line in _LINE.findall(summary.content["formatted_body"]):
        (quoted,) = _QUOTED.findall(line)
        for conversation, event in _LINK.findall(line):
            assert conversation == room.id
            assert quoted.replace("&#x27;", "'") in seen[event]
            opened.append(event)
    assert opened == [decided, promise, asked]


async def test_a_range_with_guests(servers: Federation, troupe: Troupe, plain: Bot) -> None:
    """What guests may not be told is in the range: nothing of it is summarised before them; what is not in
    the range does not count."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.externes, "bob")
    room = await alice.create_room([plain.user], rule="unrestricted")
    await room.joined(plain.user)
    await room.invite(bob)
    theirs = await bob.invited()
    await theirs.join()
    await room.joined(bob)
    await room.send("DIFFUSION RESTREINTE\n\nC’est décidé, le site bleu-canard ferme.")
    await room.send("C’est décidé, on garde la salle Garonne.")
    await theirs.message(sender=alice, containing="Garonne")
    await theirs.send("!résumé")
    refused = await theirs.message(sender=plain.user, containing="en conversation directe")
    assert "canard" not in refused.text
    await theirs.send("!résumé 1")
    summary = await theirs.message(sender=plain.user, containing="Mode sans IA")
    assert "Garonne" in summary.text
    assert "canard" not in summary.text


async def test_what_was_missed_is_told_in_private(servers: Federation, troupe: Troupe, plain: Bot) -> None:
    """« Qu’ai-je manqué ? » is answered in the chat of two, from the person's own entry on."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.agents, "bob")
    room = await _room(alice, plain)
    await room.send("C’est décidé, on garde la salle Belem.")
    await room.invite(bob)
    theirs = await bob.invited()
    await theirs.join()
    await room.joined(bob)
    await room.send("C’est décidé, on garde la salle Garonne.")
    await theirs.message(sender=alice, containing="Garonne")
    await theirs.send("Assistant, qu’ai-je manqué ?", mention=[plain.user])
    said = await theirs.message(sender=plain.user, containing="conversation directe")
    assert "Garonne" not in said.text
    chat = await bob.invited()
    await chat.join()
    told = await chat.message(sender=plain.user, containing="Garonne")
    assert "Belem" not in told.text


async def test_corrected_ticked_and_settled(servers: Federation, troupe: Troupe, plain: Bot) -> None:
    """A correction in reply edits the summary in place; a reaction ticks its action; who made the room, and
    not a member, settles who may ask."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.agents, "bob")
    room = await _room(alice, plain, bob)
    theirs = room.seen_by(bob)
    await room.send("Je relance la DDT pour le tableau d’ici vendredi.")
    await theirs.message(sender=alice, containing="relance")
    await theirs.send("!résumé")
    summary = await theirs.message(sender=plain.user, containing="Mode sans IA")
    await theirs.send("Non, relancer la DDT c’est bob qui le fait", reply_to=summary.id)
    corrected = await room.message(sender=plain.user, containing="corrigé par")
    assert corrected.id == summary.id
    assert "• bob" in corrected.text
    await room.send("!actions")
    listed = await room.message(sender=plain.user, containing="Actions ouvertes")
    await room.react(listed.id, "1️⃣")
    ticked = await theirs.message(sender=plain.user, containing="(fait)")
    assert ticked.id == listed.id
    await theirs.send("!réglages modérateurs")
    await theirs.message(sender=plain.user, containing="seuls les modérateurs peuvent changer")
    await room.send("!réglages modérateurs")
    await room.message(sender=plain.user, containing="les modérateurs seulement")
    await theirs.send("!résumé")
    await theirs.message(sender=plain.user, containing="seuls les modérateurs peuvent me faire relire")
