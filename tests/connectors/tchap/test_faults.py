"""What must not stop the connector: each case of the fault table, on a real homeserver behind a proxy."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
import vodozemac
from aiohttp import web

from connectors.tchap import sync
from connectors.tchap.device import Folder
from connectors.tchap.olm import HardenedOlm
from connectors.tchap.pending import TELL_AFTER
from core.connector import Echo, Event, Joined, Message, Undecryptable
from core.connector.untrusted_json import Json
from core.errors import ConfigurationError, Deferred, PlatformRefused, StoreUnavailable
from tests.connectors.tchap.conftest import Bot, KeySender
from tests.rig.peer import Peer, PeerRoom
from tests.rig.proxy import Forward, answer, drop, error, limit, lose_response, proxy
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

V3 = "/_matrix/client/v3"

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def small_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync brings the 20 newest events of a room, not 50, and what is missing comes in pages of 5."""
    room = sync.FILTER["room"]
    timeline = room["timeline"] | {"limit": 20}
    monkeypatch.setattr(sync, "FILTER", sync.FILTER | {"room": room | {"timeline": timeline}})
    monkeypatch.setattr("connectors.tchap.gaps.PAGE", 5)


async def test_a_restart_forgets_nothing(alice: Peer, bot: Bot) -> None:
    """What was written while the connector was down is delivered in order, once, by the same device."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await chat.send("avant")
        await bot.event(Message)
        device = Folder(bot.folder).read_device()
    for number in range(3):
        await chat.send(f"pendant {number}")
    async with bot.running():
        await bot.event(Message, lambda m: m.text == "pendant 2")
        assert Folder(bot.folder).read_device() == device
        await bot.answer(bot.address(chat.id), "Me revoilà")
        await chat.message(sender=bot.user, containing="Me revoilà")
    texts = [event.text for event in bot.events if isinstance(event, Message)]
    assert texts == ["avant", "pendant 0", "pendant 1", "pendant 2"]


@pytest.mark.usefixtures("small_syncs")
async def test_a_long_absence_is_read_back_in_order(alice: Peer, bot: Bot) -> None:
    """Messages on many pages beyond what one sync brings are read back: none lost, none twice, in order. A
    clock that is a week ahead of the homeserver's makes none of them old. (400: `make chaos`.)"""
    bot.skew = 7 * 86_400.0
    async with bot.running():
        chat = await alice.direct_chat(bot.user, encrypted=False)
        await bot.event(Joined)
    await many(alice, chat, 50)
    async with bot.running():
        await bot.event(Message, lambda m: m.text == "49")
    said = [event for event in bot.events if isinstance(event, Message)]
    assert [message.text for message in said] == [str(number) for number in range(50)]
    assert all(abs(message.at - time.time() - bot.skew) < 120 for message in said)


@pytest.mark.usefixtures("small_syncs")
async def test_the_age_cap_ends_the_reading_back(alice: Peer, bot: Bot) -> None:
    """Messages beyond the age cap are not read back, but for the newest of them: the person is to be told."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user, encrypted=False)
        await bot.event(Joined)
    await many(alice, chat, 40)
    async with bot.running(backfill_age=0.0):
        await bot.event(Message, lambda m: m.text == "39")
    texts = [event.text for event in bot.events if isinstance(event, Message)]
    assert texts == [str(number) for number in range(40 - len(texts), 40)]
    assert 20 < len(texts) < 30


async def many(person: Peer, chat: PeerRoom, count: int) -> None:
    """So many messages, numbered, not encrypted."""
    for number in range(count):
        content = {"msgtype": "m.text", "body": str(number)}
        await person.request("PUT", f"{V3}/rooms/{chat.id}/send/m.room.message/{number}", content)


async def test_a_homeserver_that_is_away_for_a_while(servers: Federation, alice: Peer, bot: Bot) -> None:
    """While nobody answers the connector is not ready; what was written meanwhile is delivered after it."""
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        chat = await alice.direct_chat(bot.user)
        await bot.event(Joined)
        way.add(drop)
        await chat.send("pendant 0")  # ends the request that waits for news
        await bot.until(lambda: not bot.connector.ready.is_set())
        for number in (1, 2):
            await chat.send(f"pendant {number}")
        with pytest.raises(Deferred):
            await bot.answer(bot.address(chat.id), "Personne")
        way.heal()
        await bot.event(Message, lambda m: m.text == "pendant 2")
        await asyncio.wait_for(bot.connector.ready.wait(), 60)
    texts = [event.text for event in bot.events if isinstance(event, Message)]
    assert texts == [f"pendant {number}" for number in range(3)]


async def test_a_media_repository_that_is_away_makes_nobody_deaf(
    servers: Federation, alice: Peer, bot: Bot, tmp_path: Path
) -> None:
    """The account's picture is not waited for: who writes is heard."""
    picture = tmp_path / "portrait.png"
    picture.write_bytes(b"\x89PNG")
    async with proxy(servers.agents.base_url) as way:
        rule = way.add(answer(502, "<html>Bad Gateway</html>"), path="/media/v3/upload")
        async with bot.running(homeserver=way.url, picture=picture):
            await alice.direct_chat(bot.user)
            await bot.event(Joined)
            await asyncio.wait_for(rule.applied.wait(), 60)


async def test_the_rooms_key_is_renewed_as_the_room_says(alice: Peer, bot: Bot) -> None:
    """After so many messages the bot takes another key, and so may people: everything stays readable."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        rotation = {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 2}
        await bot.event(Joined)
        await chat.set_state("m.room.encryption", rotation)
        await bot.until(lambda: bot.known(chat.id).rotation.rotate_messages == 2)
        for number in range(5):
            await chat.send(f"question {number}")
            await bot.event(Message, lambda m: m.text == f"question {number}")  # noqa: B023
            await bot.answer(bot.address(chat.id), f"réponse {number}")
            await chat.message(sender=bot.user, containing=f"réponse {number}")
        page = await alice.request("GET", f"{V3}/rooms/{chat.id}/messages?dir=b&limit=30")
        sessions = {
            event["content"]["session_id"]
            for event in page["chunk"]
            if event["type"] == "m.room.encrypted" and event["sender"] == bot.user
        }
        assert len(sessions) >= 3


async def test_what_could_not_be_stored_comes_again(alice: Peer, bot: Bot) -> None:
    """While the store is away nothing is acknowledged: what came meanwhile comes again after a kill."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await bot.event(Joined)
    refused = asyncio.Event()
    deliver = bot.deliver

    async def failing(events: object) -> None:
        refused.set()
        raise StoreUnavailable("away")

    bot.deliver = failing  # type: ignore[method-assign, assignment]
    async with bot.running():
        await chat.send("Bonjour")
        await asyncio.wait_for(refused.wait(), 60)
        await bot.until(lambda: not bot.connector.ready.is_set())
    bot.deliver = deliver  # type: ignore[method-assign]
    async with bot.running():
        await bot.event(Message, lambda m: m.text == "Bonjour")


async def test_a_homeserver_in_trouble_is_not_stormed(servers: Federation, bot: Bot) -> None:
    """On 502 answers the connector is not ready and asks again with growing pauses; then it goes on."""
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        way.add(answer(502, "<html>Bad Gateway</html>"), path="/sync")
        await bot.until(lambda: not bot.connector.ready.is_set())
        before = way.count("/sync")
        await asyncio.sleep(3)
        assert way.count("/sync") - before <= 6
        way.heal()
        await asyncio.wait_for(bot.connector.ready.wait(), 60)


async def test_a_revoked_token_is_renewed_on_the_same_device(
    servers: Federation, alice: Peer, bot: Bot
) -> None:
    """With a password the connector logs in again, keeps its device, and still reads and writes."""
    async with bot.running() as connector:
        chat = await alice.direct_chat(bot.user)
        await bot.event(Joined)
        before = Folder(bot.folder).read_device()
        assert before is not None
        await log_out(servers, before.token)
        await bot.until(lambda: Folder(bot.folder).read_device() != before)
        await asyncio.wait_for(connector.ready.wait(), 60)
        after = Folder(bot.folder).read_device()
        assert after is not None
        assert after.device == before.device
        await chat.send("Toujours là ?")
        message = await bot.event(Message)
        await bot.answer(message.address, "Oui.")
        await chat.message(sender=bot.user, containing="Oui.")


async def log_out(servers: Federation, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.request("POST", f"{servers.agents.base_url}{V3}/logout", headers=headers) as done:
        assert done.status == 200


async def test_a_revoked_access_token_is_for_the_operator(servers: Federation, bot: Bot) -> None:
    """With a given token there is no way back but by the operator: one clear error."""
    async with bot.running():
        pass
    device = Folder(bot.folder).read_device()
    assert device is not None
    async with bot.running(access_token=device.token, password=""):
        pass
    await log_out(servers, device.token)
    with pytest.raises(ConfigurationError, match="RELAIS_TCHAP__ACCESS_TOKEN"):
        async with bot.running(access_token=device.token, password=""):
            pass


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "faux"}, "RELAIS_TCHAP__PASSWORD.*refuse ce mot de passe"),
        ({"user": "inconnue"}, "RELAIS_TCHAP__PASSWORD.*inconnue"),
        ({"access_token": "faux"}, "RELAIS_TCHAP__ACCESS_TOKEN"),
    ],
)
async def test_wrong_settings_are_named(bot: Bot, changes: dict[str, str], said: str) -> None:
    """A wrong credential ends the start with the setting's name and the remedy."""
    with pytest.raises(ConfigurationError, match=said):
        async with bot.running(**changes):
            pass


async def test_an_expired_account_is_named(servers: Federation, bot: Bot) -> None:
    """Tchap's expired accounts end the start, or a run, with the way to renew them."""
    async with proxy(servers.agents.base_url) as way:
        rule = way.add(error(403, "ORG_MATRIX_EXPIRED_ACCOUNT"), path="/login")
        with pytest.raises(ConfigurationError, match="a expiré"):
            async with bot.running(homeserver=way.url):
                pass
        way.rules.remove(rule)
        async with bot.running(homeserver=way.url):
            way.add(error(403, "ORG_MATRIX_EXPIRED_ACCOUNT"), path="/sync")
            with pytest.raises(ConfigurationError, match="a expiré"):
                await bot.ended()


async def test_something_else_than_a_homeserver(servers: Federation, bot: Bot) -> None:
    """An address where no Matrix server answers is named as such."""
    async with proxy(servers.agents.base_url) as way:
        way.add(answer(404, "<html>Not found</html>"))
        with pytest.raises(ConfigurationError, match="RELAIS_TCHAP__HOMESERVER"):
            async with bot.running(homeserver=way.url):
                pass


async def test_one_folder_is_for_one_process(bot: Bot) -> None:
    """A second connector on the same data folder is refused: it would spoil the crypto store."""
    async with bot.running():
        with pytest.raises(ConfigurationError, match="un autre processus"):
            await bot.new().run(bot.deliver)


async def test_another_identity_is_never_replaced(bot: Bot) -> None:
    """An account that already has another cryptographic identity ends the start with the remedy."""
    async with bot.running():
        pass
    with pytest.raises(ConfigurationError, match="une autre identité cryptographique"):
        async with bot.running(cross_signing_seed="another seed, long enough"):
            pass


async def test_the_first_keys_of_a_device_are_signed_as_they_are_uploaded(
    servers: Federation, alice: Peer, bot: Bot
) -> None:
    """Nobody sees the device without its owner's signature: none is added afterwards."""
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        chat = await alice.direct_chat(bot.user)
        await chat.send("Bonjour")
        await bot.event(Message)
        assert set((await alice.devices(bot.user)).values()) == {True}
        assert way.count("/keys/upload") >= 1
        assert way.count("/keys/signatures/upload") == 0


@pytest.mark.parametrize(
    ("path", "told"),
    [("/keys/upload", PlatformRefused), ("/keys/device_signing/upload", ConfigurationError)],
)
async def test_only_refused_signatures_are_told_as_such(
    servers: Federation, bot: Bot, path: str, told: type[Exception]
) -> None:
    """Keys that the homeserver refuses are not missing cross-signing: its own word says why."""
    async with proxy(servers.agents.base_url) as way:
        way.add(error(400, "M_INVALID_PARAM"), path=path)
        with pytest.raises(told):
            async with bot.running(homeserver=way.url):
                pass


async def test_replicas_share_one_identity(
    alice: Peer, bot: Bot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two devices with the same seed are both signed, both read and write, and see what the other wrote."""
    other = bot.replica(tmp_path_factory.mktemp("replica"))
    seed = "the same seed for both of them"
    async with bot.running(cross_signing_seed=seed), other.running(cross_signing_seed=seed):
        chat = await alice.direct_chat(bot.user)
        await chat.send("Bonjour")
        first, second = await bot.event(Message), await other.event(Message)
        assert first == second
        id = await other.answer(second.address, "De l’autre", key="clé")
        await chat.message(sender=bot.user, containing="De l’autre")
        assert set((await alice.devices(bot.user)).values()) == {True}
        await bot.until(lambda: bool(bot.echoes))
        assert (bot.echoes, other.echoes) == ([Echo(address=second.address, key="clé", id=id)], [])


async def test_limits_are_told_not_waited_for(servers: Federation, alice: Peer, bot: Bot) -> None:
    """A rate limit raises Deferred with the server's delay at once; an unknown outcome does not double."""
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        chat = await alice.direct_chat(bot.user)
        await bot.event(Joined)
        rule = way.add(limit(7.5), path="/send/")
        with pytest.raises(Deferred) as caught:
            await bot.answer(bot.address(chat.id), "Trop")
        assert (caught.value.limited, caught.value.retry_after) == (True, 7.5)
        way.rules.remove(rule)
        way.add(lose_response, path="/send/m.room.encrypted", times=2)
        with pytest.raises(Deferred):
            await bot.answer(bot.address(chat.id), "Une fois", key="once")
        id = await bot.answer(bot.address(chat.id), "Une fois", key="once")
        await chat.message(sender=bot.user, containing="Une fois")
        view = await chat.view()
        assert view is not None
        assert [seen.id for seen in view.messages(bot.user)] == [id]


async def test_a_cancelled_send_does_not_silence_the_room(servers: Federation, alice: Peer, bot: Bot) -> None:
    """A send cancelled while keys are claimed can be made again."""
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        chat = await alice.direct_chat(bot.user)
        await bot.event(Joined)
        held = asyncio.Event()

        async def hold(request: object, forward: object) -> object:
            held.set()
            await asyncio.Event().wait()

        rule = way.add(hold, path="/keys/claim")  # type: ignore[arg-type]
        sending = asyncio.ensure_future(bot.answer(bot.address(chat.id), "Un"))
        await asyncio.wait_for(held.wait(), 60)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        way.rules.remove(rule)
        await bot.answer(bot.address(chat.id), "Deux")
        await chat.message(sender=bot.user, containing="Deux")


async def test_malformed_messages_of_strangers_are_dropped(
    servers: Federation, troupe: Troupe, alice: Peer, bot: Bot
) -> None:
    """To-device messages and device keys of any shape stop nothing, not even at the next start."""
    rogue = await troupe.person(servers.agents, "voyou", cross_signing=False)
    async with bot.running():
        device = Folder(bot.folder).read_device()
        assert device is not None
        key = bot.machine().olm.curve_key
        olm = {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": key}
        contents: list[object] = [
            {},
            {"algorithm": 3},
            {**olm, "ciphertext": []},
            {**olm, "ciphertext": {key: {"type": 0, "body": "AAAA"}}},
            {**olm, "ciphertext": {key: {"type": "x", "body": None}}},
            {**olm, "sender_key": None, "ciphertext": {key: {"type": 1, "body": "é"}}},
        ]
        for number, content in enumerate(contents):
            await rogue.request(
                "PUT",
                f"{V3}/sendToDevice/m.room.encrypted/{number}",
                {"messages": {bot.user: {device.device: content}}},
            )
        keys = {f"ed25519:{rogue.device}": "not a key", f"curve25519:{rogue.device}": "short"}
        given = {"user_id": rogue.user, "device_id": "X", "algorithms": [], "keys": keys, "signatures": {}}
        await rogue.request("POST", f"{V3}/keys/upload", {"device_keys": given | {"device_id": rogue.device}})
        room = await alice.create_room(invite=[bot.user, rogue])
        await room.joined(bot.user)
        id = await room.send("Assistant, bonjour", mention=[bot.user])
        await bot.event(Message, lambda m: m.id == id)
        await bot.answer(bot.address(room.id), "Bonjour")
        await room.message(sender=bot.user, containing="Bonjour")
        assert bot.machine().olm.dropped["to_device"] >= 4
        assert bot.machine().olm.dropped["device_keys"] >= 1


async def test_deprecated_fields_are_not_needed(servers: Federation, alice: Peer, bot: Bot) -> None:
    """Events without `sender_key` and `device_id`, as Matrix 1.3 allows, are read."""

    async def strip(request: web.Request, forward: Forward) -> web.Response:
        response = await forward()
        answer = json.loads(response.body)  # type: ignore[arg-type]
        for room in answer.get("rooms", {}).get("join", {}).values():
            for event in room["timeline"]["events"]:
                if event["type"] == "m.room.encrypted":
                    stripped.extend(event["content"].pop(name) for name in ("sender_key", "device_id"))
        return web.json_response(answer)

    stripped: list[str] = []
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        way.add(strip, path="/sync")
        chat = await alice.direct_chat(bot.user)
        await chat.send("Bonjour")
        await bot.event(Message, lambda m: m.text == "Bonjour")
    assert alice.device in stripped


async def test_one_time_keys_are_renewed_from_none(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """All one-time keys claimed while down: the fallback key serves, and new ones are uploaded at once."""
    async with bot.running():
        device = Folder(bot.folder).read_device()
    assert device is not None
    thief = await troupe.person(servers.agents, "glouton")
    claim = {"one_time_keys": {bot.user: {device.device: "signed_curve25519"}}}
    for _ in range(55):
        given = await thief.request("POST", f"{V3}/keys/claim", claim)
    assert next(iter(given["one_time_keys"][bot.user][device.device].values()))["fallback"] is True
    alice = await troupe.person(servers.agents, "alice")
    chat = await alice.direct_chat(bot.user, joined=False)
    async with bot.running():
        await chat.joined(bot.user)
        await chat.send("Bonjour")
        await bot.event(Message)
        given = await thief.request("POST", f"{V3}/keys/claim", claim)
        assert "fallback" not in next(iter(given["one_time_keys"][bot.user][device.device].values()))


async def test_a_lost_key_store_makes_a_new_device(alice: Peer, bot: Bot) -> None:
    """Without its keys the old device is of no use: with a password a new one is made, and signed."""
    async with bot.running():
        before = Folder(bot.folder).read_device()
    assert before is not None
    for path in bot.folder.glob("crypto-*"):
        path.unlink()
    async with bot.running():
        after = Folder(bot.folder).read_device()
        assert after is not None
        assert after.device != before.device
        chat = await alice.direct_chat(bot.user)
        await chat.send("Bonjour")
        await bot.event(Message)


async def test_left_rooms_are_forgotten_and_entered_again(alice: Peer, bot: Bot) -> None:
    """After it was removed the bot keeps nothing of the room; invited again, it answers again."""
    async with bot.running():
        room = await alice.create_room(invite=[bot.user])
        await room.joined(bot.user)
        await bot.event(Joined)
        kick = {"user_id": bot.user}
        await alice.request("POST", f"{V3}/rooms/{room.id}/kick", kick)
        await bot.until(lambda: f"room:{room.id}" not in bot.notebook.kept)
        bot.events.clear()
        await room.invite(bot.user)
        await bot.event(Joined)
        id = await room.send("Assistant, te revoilà", mention=[bot.user])
        await bot.event(Message, lambda m: m.id == id)


async def test_a_bug_behind_deliver_loses_nothing(alice: Peer, bot: Bot) -> None:
    """Whatever `deliver` raises, the events are given to it again."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await bot.event(Joined)
    deliver, failures = bot.deliver, [ValueError("a bug"), ValueError("the same")]

    async def failing(events: Sequence[Event]) -> None:
        if failures:
            raise failures.pop()
        await deliver(events)

    bot.deliver = failing  # type: ignore[method-assign]
    async with bot.running():
        await chat.send("Bonjour")
        await bot.event(Message, lambda m: m.text == "Bonjour")
    assert not failures


async def test_a_room_that_fails_stops_no_other(
    servers: Federation, alice: Peer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room that the homeserver cannot read is left out while it answers for others."""
    monkeypatch.setattr("connectors.tchap.api.MOST_ATTEMPTS", 1)
    async with proxy(servers.agents.base_url) as way, bot.running(homeserver=way.url):
        way.add(error(500, "M_UNKNOWN"), path="/state")
        await alice.direct_chat(bot.user)
        await bot.until(lambda: way.count("/state") >= 2)
        way.heal()
        healthy = await alice.direct_chat(bot.user)
        await healthy.send("Bonjour")
        await bot.event(Message)


async def test_a_key_that_comes_late(alice: Peer, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message waits for its key and is delivered when it comes, before later ones, without any notice. What
    looks every few seconds does not look meanwhile: it may deliver it too, and the inbox takes it once."""
    monkeypatch.setattr("connectors.tchap.unreadable.WATCH_EVERY", 3_600.0)
    held: list[Json] = []
    receive, holding = HardenedOlm.receive, True

    def hold(self: HardenedOlm, event: Json) -> None:
        if holding:
            held.append(event)
            return
        for one in (*held, event):
            receive(self, one)

    monkeypatch.setattr(HardenedOlm, "receive", hold)
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await chat.send("Un")
        await bot.until(lambda: len(bot.pending()) == 1)
        assert not any(isinstance(event, Message) for event in bot.events)
        holding = False
        await chat.forget_session()
        await chat.send("Deux")
        await bot.event(Message, lambda m: m.text == "Deux")
    assert [event.text for event in bot.events if isinstance(event, Message)] == ["Un", "Deux"]
    assert not any(isinstance(event, Undecryptable) for event in bot.events)


async def test_keys_of_rooms_without_the_bot_are_not_kept(alice: Peer, bot: Bot) -> None:
    """A key for a room where the bot is not, or from somebody who is not in its room, is deleted at once and
    shared with no sibling; one from a member is kept."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await chat.send("Bonjour")
        await bot.event(Message)
        before = set(bot.shelf.kept)
        olm = bot.machine().olm
        session = vodozemac.GroupSession()
        keys = [
            KeySender(olm, sender).room_key(room, each)
            for sender, room, each in (
                ("@mallory:b.fr", "!elsewhere:b.fr", vodozemac.GroupSession()),
                ("@mallory:b.fr", chat.id, vodozemac.GroupSession()),
                (alice.user, chat.id, session),
            )
        ]
        connection = bot.connector._connection
        assert connection is not None
        assert await connection.sync.unreadable.keys(keys, {}, starts=False) == {
            (chat.id, session.session_id)
        }
        assert set(bot.shelf.kept) - before == {(chat.id, session.session_id)}
        assert bot.machine()._store.rows("SELECT DISTINCT room_id FROM megolminboundsessions") == [(chat.id,)]


@pytest.mark.usefixtures("small_syncs")
async def test_a_gap_that_one_person_filled(
    troupe: Troupe, servers: Federation, alice: Peer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what was written while the bot was down, one person's flood is taken up to a limit, its newest; what
    others wrote among it is taken whole."""
    monkeypatch.setattr("connectors.tchap.gaps.GAP_PER_SENDER", 60_000)
    mallory = await troupe.person(servers.agents, "mallory")
    async with bot.running():
        room = await alice.create_room(invite=[bot.user, mallory], encrypted=False)
        await room.joined(bot.user)
        await bot.event(Joined)
        await room.seen_by(mallory).join()
    await room.send("!un")
    for number in range(40):
        await room.seen_by(mallory).send(f"!flot {number} " + "a" * 10_000)
    last = await room.send("!deux")
    async with bot.running():
        await bot.event(Message, lambda m: m.id == last)
    said = [event.text for event in bot.events if isinstance(event, Message)]
    assert (said[0], said[-1]) == ("!un", "!deux")
    flood = [text.split()[1] for text in said[1:-1]]
    assert flood == [str(number) for number in range(40 - len(flood), 40)]
    assert 20 <= len(flood) < 30


async def test_many_messages_wait_for_one_key(alice: Peer, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that wait are fetched again when their key comes, some at a time, and delivered in order."""
    monkeypatch.setattr("connectors.tchap.unreadable.AT_ONCE", 2)
    monkeypatch.setattr("connectors.tchap.unreadable.WATCH_EVERY", 0.2)
    held: list[Json] = []
    receive = HardenedOlm.receive
    monkeypatch.setattr(HardenedOlm, "receive", lambda _, event: held.append(event))
    sent = [f"n° {number}" for number in range(5)]
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        for text in sent:
            await chat.send(text)
        await bot.until(lambda: len(bot.pending()) == len(sent))
        monkeypatch.setattr(HardenedOlm, "receive", receive)
        for event in held:
            bot.machine().olm.receive(event)
        await bot.event(Message, lambda m: m.text == sent[-1])
        await bot.until(lambda: not len(bot.pending()))
    assert [event.text for event in bot.events if isinstance(event, Message)] == sent


async def test_a_flood_that_nobody_can_read(
    troupe: Troupe, servers: Federation, alice: Peer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large events without a key cost small records of some of them, and hold nobody's message up; who sent
    them is told once."""
    monkeypatch.setattr("connectors.tchap.pending.PER_SENDER", 20)
    mallory = await troupe.person(servers.agents, "mallory")
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        flooded = await mallory.direct_chat(bot.user)
        before = bot.notebook.written
        for number in range(25):
            content = {
                "algorithm": "m.megolm.v1.aes-sha2",
                "session_id": f"{number}".ljust(43, "x"),
                "ciphertext": "A" * 60_000,
            }
            path = f"{V3}/rooms/{flooded.id}/send/m.room.encrypted/{number}"
            await mallory.request("PUT", path, content)
        id = await chat.send("Bonjour")
        await bot.event(Message, lambda m: m.id == id)
        assert len(bot.pending()) == 20
        assert bot.notebook.written - before < 40_000
        bot.skew = TELL_AFTER
        await bot.event(Undecryptable)
    assert sum(isinstance(event, Undecryptable) for event in bot.events) == 1


async def test_a_lost_key_is_asked_for_and_given(
    alice: Peer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that was lost on its way is asked for, and the sender's client gives it again."""
    monkeypatch.setattr("connectors.tchap.pending.ASK_AFTER", 0.1)
    receive, lost = HardenedOlm.receive, False

    def lose(self: HardenedOlm, event: Json) -> None:
        nonlocal lost
        if not lost and event.get("type") == "m.room.encrypted":
            lost = True
            return
        receive(self, event)

    monkeypatch.setattr(HardenedOlm, "receive", lose)
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await chat.send("Perdu")
        await bot.event(Message, lambda m: m.text == "Perdu")
        await bot.until(lambda: not any(name.startswith("pending:") for name in bot.notebook.kept))
