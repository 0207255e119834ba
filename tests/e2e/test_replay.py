"""A message that was answered is not answered again because somebody sends its ciphertext once more."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.rig.bot import bot_on_tchap
from tests.rig.gateway import FakeGateway
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

V3 = "/_matrix/client/v3"

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_ciphertext_that_comes_again(
    servers: Federation, troupe: Troupe, gateway: FakeGateway, tmp_path: Path
) -> None:
    """The same ciphertext as a new event is refused, also by a process that never saw the first one."""
    alice = await troupe.person(servers.agents, "alice")
    async with bot_on_tchap(tmp_path, servers, gateway) as bot:
        chat = await alice.direct_chat(bot.user)
        id = await chat.send("Combien de jours en mai ?")
        await chat.message(sender=bot.user, containing="mai", after=id)
        sent = await alice.request("GET", f"{V3}/rooms/{chat.id}/event/{id}")
        after = await chat.send("Et en avril ?")  # once this is read, what came before it is read no more
        await chat.message(sender=bot.user, containing="avril", after=after)
        await bot.process.stop()
        await bot.process.start()
        await alice.request("PUT", f"{V3}/rooms/{chat.id}/send/m.room.encrypted/again", sent["content"])
        last = await chat.send("Et en juin ?")
        await chat.message(sender=bot.user, containing="juin", after=last)
        view = await chat.view()
        assert view is not None
        said = [seen.text for seen in view.messages(bot.user)]
        assert sum("en mai ?" in text for text in said) == 1
        async with aiohttp.request("GET", f"{bot.process.url}/metrics") as metrics:
            assert 'outcome="replayed"' in await metrics.text()
