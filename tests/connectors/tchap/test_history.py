"""Reading a room back, over a real homeserver, with people on an independent client."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.connector import Joined, Message, Wanted
from tests.connectors.tchap.conftest import Bot
from tests.connectors.tchap.test_conversation import room_of
from tests.rig.peer import Peer
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe


@pytest.mark.asyncio(loop_scope="session")
async def test_room_read_back(alice: Peer, bob: Peer, bot: Bot) -> None:
    """An encrypted room: edits applied, deleted counted, reactions kept, chains followed, bounds heeded."""
    async with bot.running():
        room = await room_of(alice, bot, bob)
        his = room.seen_by(bob)
        first = await room.send("Qui relance la DDT ?")
        await his.message(sender=alice, containing="relance")
        answer = await his.send("Je m’en occupe.", reply_to=first)
        gone = await room.send("Ceci sera supprimé.")
        wrong = await room.send("On garde la salle Garonne.")
        await room.edit(wrong, "On prend la salle Dordogne, c’est décidé.")
        await room.redact(gone)
        await his.message(sender=alice, containing="Dordogne")
        await his.react(wrong, "👍")
        await his.send("Assistant: tu en dis quoi ?", mention=[bot.user])
        await his.send("Alice, et toi ? Et l’assistant ?", mention=[bot.user, alice.user])
        question = await room.send("!résumé")
        asked = await bot.event(Message, lambda message: message.id == question)

        async def recall(**wanted: object) -> list[str]:
            found = await bot.connector.recall(
                asked.address,
                Wanted(**{"most": 2_000, "before": question, **wanted}),  # type: ignore[arg-type]
            )
            return [past.text for past in found.messages]

        whole = await bot.connector.recall(asked.address, Wanted(most=2_000, before=question))
        assert [past.text for past in whole.messages] == [
            "Qui relance la DDT ?", "Je m’en occupe.", "On prend la salle Dordogne, c’est décidé.",
            "Assistant: tu en dis quoi ?", "Alice, et toi ? Et l’assistant ?",
        ]  # fmt: skip
        assert [past.to_bot for past in whole.messages] == [False, False, False, True, False]
        assert (whole.deleted, whole.unreadable, whole.truncated) == (1, 0, False)
        assert whole.entry is not None
        assert whole.messages[1].reply_to == first
        assert whole.messages[2].edited
        assert whole.messages[2].reactions == {"👍": frozenset({bob.user})}
        assert whole.messages[2].link == f"https://tchap.gouv.fr/#/room/{room.id}/{wrong}"
        assert {person.id for person in whole.members} == {alice.user, bob.user}
        assert await recall(most=1) == ["Alice, et toi ? Et l’assistant ?"]
        assert (await recall(start=answer))[:2] == [
            "Je m’en occupe.",
            "On prend la salle Dordogne, c’est décidé.",
        ]
        assert await recall(since=asked.at + 1) == []


@pytest.mark.asyncio(loop_scope="session")
async def test_from_its_own_entry_on(alice: Peer, bob: Peer, bot: Bot) -> None:
    """A bot invited halfway reads nothing from before, and says from when on it could."""
    async with bot.running():
        room = await alice.create_room(invite=[bob])
        his = room.seen_by(bob)
        await his.join()
        await room.send("Dit avant son arrivée.")
        await room.invite(bot.user)
        await room.joined(bot.user)
        joined = await bot.event(Joined, lambda joined: joined.address.conversation == room.id)
        await room.send("Dit après.")
        question = await room.send("!résumé")
        asked = await bot.event(Message, lambda message: message.id == question)
        found = await bot.connector.recall(asked.address, Wanted(most=2_000, before=question))
        assert [past.text for past in found.messages] == ["Dit après."]
        assert found.unreadable == 0
        assert found.entry == joined.at


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("encrypted", "visibility", "read"),
    [
        (True, "invited", ["Après l’invitation.", "Après son arrivée."]),
        (True, "joined", ["Après son arrivée."]),
        (True, "shared", ["Après l’invitation.", "Après son arrivée."]),
        (False, "invited", ["Après l’invitation.", "Après son arrivée."]),
        (False, "joined", ["Après son arrivée."]),
        (False, "shared", ["Avant.", "Après l’invitation.", "Après son arrivée."]),
    ],
)
async def test_only_what_everyone_there_can_read(
    servers: Federation,
    troupe: Troupe,
    alice: Peer,
    bob: Peer,
    bot: Bot,
    encrypted: bool,
    visibility: str,
    read: list[str],
) -> None:
    """A range begins where the last of its readers came, by the room's visibility; of encrypted messages
    nobody has keys from before. So does what a message quotes; a range for one reader counts them alone."""
    carol = await troupe.person(servers.agents, "carol")
    async with bot.running():
        room = await room_of(alice, bot, bob, encrypted=encrypted)
        await room.set_state("m.room.history_visibility", {"history_visibility": visibility})
        old = await room.send("Avant.")
        await bot.event(Message, lambda message: message.id == old)
        await room.invite(carol)
        between = await room.send("Après l’invitation.")
        await room.seen_by(carol).join()
        await room.joined(carol)
        await room.send("Après son arrivée.")

        async def quoted(by: Peer, id: str) -> bool:
            question = await room.seen_by(by).send("Et cela ?", mention=[bot.user], reply_to=id)
            asked = await bot.event(Message, lambda message: message.id == question)
            assert asked.quoted
            return (await bot.connector.audience(asked.address)).could_read(asked.quoted_to)

        question = await room.send("!résumé")
        asked = await bot.event(Message, lambda message: message.id == question)
        audience = await bot.connector.audience(asked.address)
        assert carol.user in audience.members
        wanted = Wanted(most=2_000, before=question, readers=audience.members)
        found = await bot.connector.recall(asked.address, wanted)
        assert [past.text for past in found.messages] == read
        assert found.reader_entry is not None or "Avant." in read
        wanted = replace(wanted, readers=frozenset({bob.user}))
        assert len((await bot.connector.recall(asked.address, wanted)).messages) == 3
        assert [await quoted(carol, old), await quoted(alice, between)] == [
            "Avant." in read,
            "Après l’invitation." in read,
        ]


@pytest.mark.asyncio(loop_scope="session")
async def test_what_was_closed_when_it_was_said_stays_so(
    servers: Federation, troupe: Troupe, alice: Peer, bob: Peer, bot: Bot
) -> None:
    """A room that was opened later shows newcomers nothing of before: each moment's visibility counts."""
    carol = await troupe.person(servers.agents, "carol")
    async with bot.running():
        room = await room_of(alice, bot, bob, encrypted=False)
        await room.set_state("m.room.history_visibility", {"history_visibility": "joined"})
        old = await room.send("Entre nous.")
        await room.set_state("m.room.history_visibility", {"history_visibility": "shared"})
        await room.send("Pour tous.")
        await room.invite(carol)
        await room.seen_by(carol).join()
        await room.joined(carol)
        question = await room.seen_by(carol).send("Assistant, et cela ?", mention=[bot.user], reply_to=old)
        asked = await bot.event(Message, lambda message: message.id == question)
        audience = await bot.connector.audience(asked.address)
        assert audience.open
        assert not audience.could_read(asked.quoted_to)
        wanted = Wanted(most=2_000, before=question, readers=audience.members)
        found = await bot.connector.recall(asked.address, wanted)
        assert [past.text for past in found.messages] == ["Pour tous."]
