"""A room summarised where it is asked, on a real homeserver, with people on an independent client."""

from __future__ import annotations

import re

import orjson
import pytest

from tests.e2e.test_rooms import _room
from tests.rig.bot import Bot
from tests.rig.gateway import Behaviour
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_encrypted_room(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """Decisions and actions of an encrypted room, each with the permalink of the message it rests on."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.agents, "bob")
    room = await _room(alice, bot, bob)
    await room.send("Qui relance la DDT ?")
    theirs = room.seen_by(bob)
    await theirs.message(sender=alice, containing="Qui relance")
    promise = await theirs.send("Je m’en occupe d’ici vendredi.")
    await room.message(sender=bob, containing="occupe")
    decided = await room.send("C’est décidé, on garde la salle Garonne.")
    lines = {
        "decisions": [{"text": "La salle Garonne est gardée.", "messages": [3]}],
        "actions": [{"who": None, "what": "Relancer la DDT.", "due": "vendredi", "messages": [2]}],
    }
    bot.gateway.next(Behaviour(answer=orjson.dumps(lines).decode()))
    await room.send("!résumé")
    summary = await room.message(sender=bot.user, containing="La salle Garonne est gardée.")
    assert summary.encrypted
    links = re.findall(
        r'href="https://tchap\.gouv\.fr/#/room/([^/"]+)/([^"]+)"', summary.content["formatted_body"]
    )
    assert links == [(room.id, decided), (room.id, promise)]
    await theirs.message(sender=bot.user, containing="Relancer la DDT, pour le ")
