"""What Slack may post, as its documentation, its users and its adversaries make it: what becomes of each."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.parse
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack import sender
from connectors.slack.api import TOGETHER, Api, Limits, NotYet
from connectors.slack.config import SlackConfig, Wiring
from connectors.slack.connector import SlackConnector
from connectors.slack.directory import LIST, LIST_SOON, MANY, PAGES, Directory
from connectors.slack.events import EVENT, echo_of, place_of, user_of
from connectors.slack.people import Organisation
from connectors.slack.workspace import OPEN, OPENS
from core.connector import Address, Draft, Echo, Event, File, Message, Reacted, Shelf, Shelved, WebhookAnswer
from core.errors import Deferred, PlatformRefused, Rejected, StoreUnavailable, TooLong, Unchangeable
from core.sensitivity.level import Level
from tests.rig.slack import FakeSlack, Upload, fake_slack
from tests.rig.slack.server import APP_TOKEN, SECRET, TOKEN, SlackError

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
TS = "1764000000.000100"


@dataclass
class MemoryShelf:
    """What replicas share, in memory."""

    values: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    reads: int = 0

    async def put(self, conversation: str, values: Iterable[Shelved]) -> None:
        for each in values:
            self.values.setdefault((conversation, each.name), {})[each.variant] = each.value

    async def get(self, conversation: str, name: str) -> list[bytes]:
        return (await self.read((conversation, name)))[0]

    async def read(self, *places: tuple[str, str]) -> list[list[bytes]]:
        self.reads += 1
        return [list(self.values.get(place, {}).values()) for place in places]

    async def clear(self, conversation: str) -> None:
        self.values.clear()


@dataclass
class Desk:
    """A connector on a fake Slack, and what it took in."""

    slack: FakeSlack
    connector: SlackConnector
    taken: list[Event]
    echoes: list[Echo]
    down: bool = False
    chosen: str | None = None

    async def post(self, body: str, kind: str = JSON, **headers: str) -> WebhookAnswer:
        signed = self.slack.signed(body) | {"Content-Type": kind} | headers
        return await self.connector.receive(signed, body.encode())

    async def event(self, event: Any, /, **more: Any) -> tuple[int, list[Event]]:
        """Post an event; the status, and what was taken in."""
        before = len(self.taken)
        team = self.slack.team
        envelope = {
            "type": "event_callback", "team_id": team.team, "api_app_id": team.app_id, "event_id": "Ev1",
            "event_time": int(time.time()), "event": event,
            "authorizations": [{"team_id": team.team, "enterprise_id": None, "user_id": team.bot.id}],
        } | more  # fmt: skip
        answer = await self.post(json.dumps(envelope))
        return answer.status, self.taken[before:]

    async def interact(self, payload: Any) -> tuple[WebhookAnswer, list[Event]]:
        before = len(self.taken)
        answer = await self.post(urllib.parse.urlencode({"payload": json.dumps(payload)}), FORM)
        return answer, self.taken[before:]

    async def slash(self, **more: str) -> tuple[WebhookAnswer, list[Event]]:
        before = len(self.taken)
        form = {"command": "/relais", "text": "aide", "user_id": "U1", "channel_id": "C1",
                "team_id": self.slack.team.team, "trigger_id": "t1", **more}  # fmt: skip
        answer = await self.post(urllib.parse.urlencode(form), FORM)
        return answer, self.taken[before:]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk() -> AsyncGenerator[Desk]:
    """One connector for the module: it keeps nothing of one case for another but threads that it joined."""
    async with fake_slack() as slack:
        taken: list[Event] = []
        echoes: list[Echo] = []
        shelf = MemoryShelf()

        async def echoed(echo: Echo) -> None:
            echoes.append(echo)

        config = SlackConfig(bot_token=TOKEN, signing_secret=SECRET, api_url=f"{slack.base}/api/")

        async def language_of(person: str) -> str | None:
            return desk.chosen

        connector = SlackConnector(
            [config], Wiring(shelf=lambda _: shelf, on_echo=echoed, language_of=language_of)
        )
        desk = Desk(slack, connector, taken, echoes)

        async def deliver(events: Sequence[Event]) -> None:
            await asyncio.sleep(0)  # a store is never there at once
            if desk.down:
                raise StoreUnavailable("down")
            taken.extend(events)

        running = asyncio.create_task(connector.run(deliver))  # noqa: TID251 - cancelled below
        await connector.ready.wait()
        for id in ("U1", "W1"):
            slack.team.members[id] = slack.team.person("Ana")
        yield desk
        running.cancel()


@pytest.fixture(autouse=True)
def _none_taken(desk: Desk) -> None:
    """Each case has the same question anew."""
    for workspace in desk.connector._installations.workspaces.values():
        workspace._taken.clear()


def directory_of(api: Api, team: Any, shelf: Shelf, clock: Callable[[], float] = time.time) -> Directory:
    """What another replica knows of the people of a workspace."""
    organisation = Organisation(team=team.team)
    return Directory(api, shelf, own=team.bot.id, organisation=organisation, clock=clock)


def bot(desk: Desk) -> str:
    return desk.slack.team.bot.id


def said(desk: Desk, text: str | None = None, **more: Any) -> dict[str, Any]:
    """A mention in a channel."""
    return {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "ts": TS,
            "event_ts": TS, "text": f"<@{bot(desk)}> bonjour" if text is None else text, **more}  # fmt: skip


# What is a question, and what is none


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({}, 1),
        ({"type": "app_mention"}, 1),
        ({"channel_type": "group", "channel": "G1"}, 1),
        ({"channel_type": "mpim", "channel": "G2"}, 1),
        ({"channel_type": "im", "channel": "D1", "text": "sans mention"}, 1),
        ({"channel_type": "im", "channel": "D1", "text": "que fait <@U2> ?"}, 1),
        ({"channel_type": "", "channel": "D1", "text": "sans type"}, 1),
        ({"channel_type": "app_home", "channel": "D1", "text": "de l’accueil"}, 1),
        ({"text": "sans mention"}, 0),
        ({"text": "", "files": []}, 0),
        ({"subtype": "file_share", "files": [{"id": "F1", "name": "a.txt"}]}, 1),
        ({"subtype": "me_message"}, 1),
        ({"subtype": "thread_broadcast", "thread_ts": "1763000000.000100"}, 1),
        ({"thread_ts": TS}, 1),
        ({"thread_ts": "1763000000.000100"}, 1),
        ({"thread_ts": "1763000000.000100", "text": "sans mention, fil d’autrui"}, 0),
        ({"bot_id": "B9"}, 0),
        ({"bot_id": "B9", "subtype": "bot_message"}, 0),
        ({"bot_profile": {"id": "B9"}}, 0),
        ({"bot_profile": {"name": "x"}}, 0),
        ({"subtype": "channel_join"}, 0),
        ({"subtype": "channel_topic"}, 0),
        ({"subtype": "channel_name"}, 0),
        ({"subtype": "pinned_item"}, 0),
        ({"subtype": "reminder_add"}, 0),
        ({"subtype": "assistant_app_thread"}, 0),
        ({"subtype": "message_replied"}, 0),
        ({"subtype": "un_subtype_de_demain"}, 0),
        ({"user": "USLACKBOT"}, 0),
        ({"user": None}, 0),
        ({"user": 7}, 0),
        ({"user": ""}, 0),
        ({"channel": None}, 0),
        ({"channel": ["C1"]}, 0),
        ({"ts": None}, 0),
        ({"ts": 1764000000.0001}, 0),
        ({"ts": "demain"}, 0),
        ({"ts": "nan"}, 0),
        ({"text": None}, 0),
        ({"text": {"a": 1}}, 0),
        ({"files": "x"}, 1),
        ({"files": [None, 3, {"id": 4, "name": 5, "size": "x", "mimetype": None}]}, 1),
        ({"attachments": [None, {"fields": 3, "blocks": {"a": 1}}]}, 1),
        ({"blocks": [{"type": "rich_text", "elements": None}]}, 1),
        ({"hidden": True}, 1),
        ({"user": "W1"}, 1),
        ({"user": "U404"}, 1),
    ],
)
async def test_messages(desk: Desk, more: dict[str, Any], count: int) -> None:
    """200 for each; a question only where a person speaks to the bot."""
    event = said(desk, more.get("text"), **{name: value for name, value in more.items() if name != "text"})
    if "text" in more:
        event["text"] = more["text"]
    status, taken = await desk.event(event)
    assert (status, len(taken)) == (200, count)


async def test_own_messages_are_echoes(desk: Desk) -> None:
    """Whichever way Slack tells that they are ours; edits of them are nothing."""
    metadata = {"event_type": "relais", "event_payload": {"key": "abc"}}
    team = desk.slack.team
    for more in ({"user": team.bot.id}, {"user": "U9", "bot_id": team.bot_id}):
        desk.echoes.clear()
        status, taken = await desk.event(said(desk, "x", metadata=metadata, **more))
        await asyncio.sleep(0)
        assert (status, taken, [each.key for each in desk.echoes]) == (200, [], ["abc"])
    own = said(desk, "x", user=team.bot.id, metadata=metadata)
    status, taken = await desk.event(
        said(desk, "", subtype="message_changed", message=own, previous_message=own)
    )
    assert (status, taken) == (200, [])


@pytest.mark.parametrize(("key", "known"), [("réponse", "réponse"), ("", "flux"), (None, None)])
async def test_an_echo_without_metadata_is_known_by_its_message(
    desk: Desk, key: str | None, known: str | None
) -> None:
    """After a stream in its thread: it is that stream if the message bears no key either; an answer that was
    posted passed for the stream posted once more, and was deleted. One that is gone needs no deletion."""
    team, who = desk.slack.team, desk.slack.team.person("Léa")
    chat = team.direct(who.id)
    root = await desk.slack.say(chat, who, "question")
    address = Address(connector="slack", conversation=f"{team.team}/{chat.id}", thread=root.ts, apart=True)
    (workspace,) = desk.connector._installations.workspaces.values()
    await workspace.sender.streams._note(address, "flux")
    metadata = {"event_type": "relais", "event_payload": {"key": key}} if key else None
    where = {"channel": chat.id, "thread_ts": root.ts}
    ts = (await workspace.api.call("chat.postMessage", text="x", metadata=metadata, **where))["ts"]
    chat.posts[ts].deleted = key is None
    desk.echoes.clear()
    looks = sum(call.method == "conversations.replies" for call in desk.slack.calls)
    await desk.event(said(desk, "x", user=bot(desk), ts=ts, channel_type="im", **where))
    await desk.slack.until(
        lambda: sum(call.method == "conversations.replies" for call in desk.slack.calls) > looks
    )
    await desk.slack.until(lambda: len(desk.echoes) == (known is not None))
    assert {each.key for each in desk.echoes} == {known} - {None}


@pytest.mark.parametrize("ours", [True, False])
async def test_an_echo_that_tells_only_that_it_has_a_key_is_known(
    desk: Desk, ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack's events leave out what metadata holds. This process knows what it posted, and may have hung and
    posted it too late; of what another posted, the message itself is asked for its key."""
    monkeypatch.setattr(sender, "SETTLES", 0.0)
    channel, address = await asked(desk)
    (workspace,) = desk.connector._installations.workspaces.values()
    audience = await desk.connector.audience(address)
    ts = await desk.connector.send(address, Draft(text="x", level=Level.N0, key="tardive"), audience)
    if not ours:
        workspace.sender._posted.clear()
    event = said(desk, "x", user=bot(desk), ts=ts, channel=channel.id, thread_ts=address.thread)
    desk.echoes.clear()
    looks = sum(call.method == "conversations.replies" for call in desk.slack.calls)
    (echo,) = filter(None, [echo_of(event | {"metadata": {"event_type": EVENT}}, workspace.me)])
    await desk.connector._inbound._echoed(workspace, echo, marked=True)
    assert [each.key for each in desk.echoes] == ["tardive"]
    assert sum(call.method == "conversations.replies" for call in desk.slack.calls) - looks == (not ours)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("earlier", [False, True])
async def test_an_echo_is_known_by_the_address_that_it_was_sent_to(
    desk: Desk, known: bool, earlier: bool
) -> None:
    """What answers a command is sent to its person, and comes back from their chat, which may be open. An
    earlier version's post does not tell which: it is looked up at both."""
    team = desk.slack.team
    who = team.person("Zoé")
    address = Address(connector="slack", conversation=f"{team.team}/{who.id}", apart=True)
    audience = await desk.connector.audience(address)
    if known:
        await desk.connector.send(address, Draft(text="Avant", level=Level.N0, key="avant"), audience)
    draft = Draft(text="Un mot", level=Level.N0, key="commande")
    ts = await desk.connector.send(address, draft, audience)
    chat = team.direct(who.id)
    metadata = chat.posts[ts].metadata
    assert metadata is not None
    if earlier:
        del metadata["event_payload"]["to"]
    desk.echoes.clear()
    await desk.event(said(desk, "Un mot", user=bot(desk), channel=chat.id, ts=ts, metadata=metadata))
    await asyncio.sleep(0)
    (echo,) = desk.echoes
    assert (echo.key, echo.id) == ("commande", ts)
    of_chat = replace(address, conversation=f"{team.team}/{chat.id}")
    assert (echo.address, echo.also) == ((of_chat, address) if earlier else (address, None))


def changed(desk: Desk, before: dict[str, Any], after: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "message", "subtype": "message_changed", "channel": "C1", "channel_type": "channel",
            "hidden": True, "ts": "1764000009.000100", "event_ts": "1764000009.000100",
            "message": after, "previous_message": before, **more}  # fmt: skip


async def test_edits_and_deletions(desk: Desk) -> None:
    """Another text or other files are an edit; previews, pins and answers' counts are none; a tombstone is a
    deletion, as `message_deleted` is."""
    first = said(desk)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        (changed(desk, first, said(desk, f"<@{bot(desk)}> bonsoir")), ["edited"]),
        (changed(desk, first, {**first, "files": [{"id": "F1", "name": "a"}]}), ["edited"]),
        (changed(desk, first, {**first, "attachments": [{"from_url": "https://a", "text": "b"}]}), []),
        (
            changed(
                desk, first, {**first, "attachments": [{"is_msg_unfurl": True, "files": [{"id": "F1"}]}]}
            ),
            [],
        ),
        (changed(desk, {}, first), []),
        (changed(desk, {}, {**first, "edited": {"user": "U1", "ts": TS}}), ["edited"]),
        (changed(desk, first, {**first, "reply_count": 2, "thread_ts": TS}), []),
        (changed(desk, first, {**first, "pinned_to": ["C1"]}), []),
        (changed(desk, first, {**first, "text": "plus de mention"}), []),
        (
            changed(desk, first, {"subtype": "tombstone", "user": "USLACKBOT", "ts": TS, "text": "…"}),
            ["deleted"],
        ),
        (changed(desk, {}, {"subtype": "tombstone", "user": "USLACKBOT", "ts": TS}), ["deleted"]),
        (changed(desk, first, {}), []),
        (changed(desk, {}, {}), []),
        ({**changed(desk, {}, {}), "message": None, "previous_message": "x"}, []),
        (said(desk, "", subtype="message_deleted", deleted_ts=TS, previous_message=first), ["deleted"]),
        (said(desk, "", subtype="message_deleted", deleted_ts=TS), ["deleted"]),
    ]
    for event, kinds in cases:
        status, taken = await desk.event(event)
        assert (status, [each.type for each in taken]) == (200, kinds), event


async def test_an_edit_that_takes_the_mention_away_reaches_the_core(desk: Desk) -> None:
    """The core knows whether the message was a question; the answer to one is written anew."""
    other = said(desk, f"<@{bot(desk)}> et <@U2> bonsoir")
    _, taken = await desk.event(changed(desk, said(desk), other))
    assert [each.type for each in taken] == ["edited"]


async def test_a_mention_that_an_edit_adds_is_a_question(desk: Desk) -> None:
    """The same one as Slack's `app_mention` of it; where the message was for the bot already, an edit."""
    event = changed(desk, said(desk, "bonjour à tous"), said(desk))
    _, (question,) = await desk.event(event)
    assert question.type == "message"
    _, found = await desk.event(said(desk, type="app_mention", edited={"user": "U1", "ts": "1.0"}))
    assert not found
    im = {"channel": "D1", "channel_type": "im"}
    _, (edit,) = await desk.event(changed(desk, said(desk, "bonjour", **im), said(desk, **im), **im))
    assert edit.type == "edited"


async def test_a_message_of_blocks_alone_has_their_text(desk: Desk) -> None:
    """It is read as the others are."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "Que dit la loi ?"}]}
    blocks = [{"type": "rich_text", "elements": [section]}]
    _, (question,) = await desk.event(said(desk, "", channel="D1", channel_type="im", blocks=blocks))
    assert isinstance(question, Message)
    assert question.text == "Que dit la loi ?"


# Envelopes


@pytest.mark.parametrize(
    ("envelope", "count"),
    [
        ({}, 1),
        ({"team_id": None}, 1),
        ({"team_id": "T0OTHER"}, 1),
        ({"authorizations": []}, 1),
        ({"authorizations": None}, 1),
        ({"authorizations": [{"team_id": "T0OTHER"}], "team_id": "T0OTHER"}, 0),
        ({"enterprise_id": "E9"}, 1),
        ({"event_context": "x", "context_team_id": "T9", "is_ext_shared_channel": True}, 1),
        ({"authorizations": None, "team_id": "T9", "context_team_id": "T0RELAIS"}, 1),
        ({"event": None}, 0),
        ({"event": "x"}, 0),
        ({"event": {}}, 0),
        ({"event": {"type": 3}}, 0),
    ],
)
async def test_envelopes(desk: Desk, envelope: dict[str, Any], count: int) -> None:
    """The installation is found by whatever tells it; what is for another app's is passed over with 200."""
    status, taken = await desk.event(envelope.get("event", said(desk)), **envelope)
    assert (status, len(taken)) == (200, count)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_rate_limited"},
        {"type": "team_join", "user": {"id": "U1"}},
        {"type": "channel_archive", "channel": "C1"},
        {"type": "channel_shared", "channel": "C1"},
        {"type": "member_joined_channel", "channel": "C1", "user": "U1"},
        {"type": "member_left_channel", "channel": None},
        {"type": "user_change", "user": {"id": "U1"}},
        {"type": "user_change", "user": "U1"},
        {"type": "reaction_added", "user": "U1", "reaction": "+1", "item": {"type": "file", "file": "F1"}},
        {"type": "reaction_added", "user": "U1", "reaction": "+1", "item": None},
        {"type": "reaction_removed", "user": "U1", "reaction": "+1"},
        {"type": "agent_session_stopped", "channel": "D1"},
        {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"},
        {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "messages"},
        {"type": "app_home_opened"},
        {"type": "message_metadata_posted"},
        {"type": "un_type_de_demain"},
    ],
)
async def test_other_events(desk: Desk, event: dict[str, Any]) -> None:
    """200, and no question."""
    status, taken = await desk.event(event)
    assert (status, [each for each in taken if isinstance(each, Message)]) == (200, [])


@pytest.mark.parametrize(
    ("body", "status", "holds"),
    [
        ({"type": "url_verification", "challenge": "abc-123", "token": "x"}, 200, b"abc-123"),
        ({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1}, 200, b""),
        ({"type": "event_callback"}, 200, b""),
        ({"type": "demain"}, 200, b""),
        ({}, 200, b""),
    ],
)
async def test_other_bodies(desk: Desk, body: dict[str, Any], status: int, holds: bytes) -> None:
    """The challenge is answered; whatever else is none of ours, 200."""
    answer = await desk.post(json.dumps(body))
    assert answer.status == status
    assert holds in answer.body


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("ssl_check=1&token=x", FORM, 200),
        ("payload=", FORM, 400),
        ("payload={", FORM, 400),
        ("payload=%5B%5D", FORM, 400),
        ("payload=%22x%22", FORM, 400),
        ("", FORM, 200),
        ("a=b&a=c", FORM, 200),
        ("%ff=%fe", FORM, 200),
        ("", JSON, 400),
        ("null", JSON, 400),
        ('"x"', JSON, 400),
        ("{}", "text/plain", 200),
        ("{}", "", 200),
        ("", "text/plain", 400),
        ("{", "text/plain", 400),
        ("[]", "text/plain", 400),
    ],
)
async def test_malformed_bodies(desk: Desk, body: str, kind: str, status: int) -> None:
    """Never 500: Slack would send them again, and the subscription would be switched off."""
    assert (await desk.post(body, kind)).status == status


async def test_retries_are_told_by_headers_and_change_nothing(desk: Desk) -> None:
    """The key is that of the first delivery."""
    body = json.dumps({"type": "event_callback", "team_id": desk.slack.team.team, "event": said(desk)})
    before = len(desk.taken)
    for number in ("1", "2", "x"):
        answer = await desk.post(
            body, **{"X-Slack-Retry-Num": number, "X-Slack-Retry-Reason": "http_timeout"}
        )
        assert answer.status == 200
    assert len({each.key for each in desk.taken[before:]}) == 1


async def test_a_store_that_is_away_lets_slack_try_again(desk: Desk) -> None:
    """500, without a word of why."""
    desk.down = True
    try:
        status, taken = await desk.event(said(desk))
    finally:
        desk.down = False
    assert (status, taken) == (500, [])


# Commands, buttons, menus, views


@pytest.mark.parametrize(
    ("more", "says", "asks"),
    [
        ({"text": ""}, "Ce que je sais faire", None),
        ({"text": "aide"}, "Ce que je sais faire", None),
        ({"text": "niveau"}, "conversation directe", "!niveau"),
        ({"text": "Bonjour &amp; merci"}, "conversation directe", "Bonjour & merci"),
        ({"text": "question <@U2|léo> ?"}, "conversation directe", "@léo ?"),
        ({"text": "bonjour", "user_id": ""}, "", None),
        ({"text": "bonjour", "team_id": "T0OTHER"}, "", None),
        ({"text": "bonjour", "enterprise_id": "E1", "is_enterprise_install": "true"}, "directe", "bonjour"),
        ({"text": "bonjour", "command": "/autre"}, "directe", "bonjour"),
    ],
)
async def test_commands(desk: Desk, more: dict[str, str], says: str, asks: str | None) -> None:
    """Answered at once to their author; a question is taken in as a person reads it."""
    answer, taken = await desk.slash(**more)
    assert answer.status == 200
    assert says in answer.body.decode()
    assert [each.text for each in taken if isinstance(each, Message)] == ([] if asks is None else [asks])


async def test_help_is_in_the_language_that_its_reader_chose(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in that of the settings."""
    monkeypatch.setattr(desk, "chosen", "en")
    answer, _ = await desk.slash(text="aide")
    assert "*What I can do here*" in answer.body.decode()


async def test_a_command_that_bears_no_trigger_is_one_of_many(desk: Desk) -> None:
    """Two of one person, or of two, are no repetition of each other."""
    asked = [await desk.slash(text="bonjour", trigger_id="", user_id=user) for user in ("U1", "U1", "W1")]
    assert len({each.key for _, taken in asked for each in taken}) == 3


def payload(desk: Desk, kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "team": {"id": desk.slack.team.team}, "user": {"id": "U1"}, "channel": {"id": "C1"},
            "trigger_id": "t1", "message": {"ts": TS, "thread_ts": "1763000000.000100"}, **more}  # fmt: skip


FEEDBACK = {"action_id": "feedback", "type": "feedback_buttons", "value": "good", "action_ts": "2.0"}


@pytest.mark.parametrize(
    ("kind", "more", "taken"),
    [
        ("block_actions", {"actions": [FEEDBACK]}, ["reacted"]),
        ("block_actions", {"actions": [{**FEEDBACK, "value": "bad"}]}, ["reacted"]),
        ("block_actions", {"actions": [FEEDBACK], "team": None, "enterprise": None}, []),
        ("block_actions", {"actions": [FEEDBACK], "team": {"id": "T0OTHER"}}, []),
        (
            "block_actions",
            {"actions": [{"action_id": "choice:0", "value": '["C1", "1.0", "!résumé"]'}]},
            ["message"],
        ),
        ("block_actions", {"actions": [{"action_id": "choice:0", "value": "{"}]}, []),
        ("block_actions", {"actions": [{"action_id": "choice:0", "value": "[1]"}]}, []),
        ("block_actions", {"actions": [{"action_id": "inconnu", "value": "x"}]}, []),
        ("block_actions", {"actions": []}, []),
        ("block_actions", {"actions": "x"}, []),
        ("block_actions", {}, []),
        ("interactive_message", {"actions": [{"name": "x", "value": "y"}], "callback_id": "z"}, []),
        ("message_action", {"callback_id": "resumer_fil"}, ["message"]),
        ("message_action", {"callback_id": "autre"}, []),
        ("message_action", {"callback_id": "resumer_fil", "message": None}, []),
        ("message_action", {"callback_id": "resumer_fil", "message": None, "message_ts": TS}, ["message"]),
        ("message_action", {"callback_id": "resumer_fil", "channel": None}, []),
        ("shortcut", {"callback_id": "global", "channel": None}, []),
        ("view_submission", {"view": {"callback_id": "x", "state": {"values": {}}}}, []),
        ("view_closed", {"view": {"callback_id": "x"}, "is_cleared": True}, []),
        ("block_suggestion", {"action_id": "x", "block_id": "y", "value": "z"}, []),
        ("dialog_submission", {"callback_id": "x", "submission": {}}, []),
        ("workflow_step_edit", {"callback_id": "x"}, []),
        ("demain", {}, []),
    ],
)
async def test_interactions(desk: Desk, kind: str, more: dict[str, Any], taken: list[str]) -> None:
    """200 for each: an error would be shown to a person."""
    answer, found = await desk.interact(payload(desk, kind, **more))
    assert (answer.status, [each.type for each in found]) == (200, taken)


async def test_a_reaction_counts_under_our_messages_alone(desk: Desk) -> None:
    """In the thread that the message stands in; never our own."""
    team = desk.slack.team
    ana = team.person("Ana")
    channel = team.channel("avis", ana)
    root = await desk.slack.say(channel, ana, "racine")
    desk.slack.urls = []
    client: Any = AsyncWebClient(token=TOKEN, base_url=f"{desk.slack.base}/api/", retry_handlers=[])
    answer = await client.chat_postMessage(channel=channel.id, thread_ts=root.ts, text="x")
    ours = str(answer["ts"])
    for user, item, count in (
        (ana.id, ours, 1),
        (ana.id, root.ts, 0),
        (team.bot.id, ours, 0),
    ):
        event = {"type": "reaction_added", "user": user, "reaction": "thumbsup", "event_ts": TS,
                 "item": {"type": "message", "channel": channel.id, "ts": item}}  # fmt: skip
        status, taken = await desk.event(event)
        assert (status, len(taken)) == (200, count)
        assert all(isinstance(each, Reacted) and each.address.thread == root.ts for each in taken)


async def test_a_reaction_whose_message_cannot_be_looked_up_now_comes_again(desk: Desk) -> None:
    """It may be the word that a question waits for: Slack is not told that it was taken."""
    team = desk.slack.team
    ana = team.person("Ana")
    channel = team.channel("mots", ana)
    event = {"type": "reaction_added", "user": ana.id, "reaction": "thumbsup", "event_ts": TS,
             "item": {"type": "message", "channel": channel.id, "ts": TS}}  # fmt: skip
    desk.slack.faults.refuse["conversations.replies"] = "internal_error"
    status, taken = await desk.event(event)
    desk.slack.faults.refuse.clear()
    assert (status, taken) == (500, [])


async def test_the_order_to_stop_is_heard_where_something_was_asked(desk: Desk) -> None:
    """In a thread that the bot has not answered in yet, where it may not even have shown itself at work, and
    without a mention: then the core heeds it where an answer is being written. Nothing else said there, nor
    the same in no thread, is heard."""
    channel, address = await asked(desk)
    thread = {"channel": channel.id, "thread_ts": address.thread}
    assert await desk.event(said(desk, "autre chose", **thread)) == (200, [])
    assert await desk.event(said(desk, "stop", channel=channel.id)) == (200, [])
    _, (order,) = await desk.event(said(desk, "stop", **thread))
    assert isinstance(order, Message)
    assert (order.text, order.addressed) == ("!stop", False)


async def test_who_calls_a_group_does_not_speak_to_the_bot(desk: Desk) -> None:
    """In a thread that it answered in, where it is spoken to without a mention; nor does who names one."""
    channel, address = await asked(desk)
    draft = Draft(text="Voici.", level=Level.N0, key=f"k{address.thread}", record="x")
    await desk.connector.send(address, draft, await desk.connector.audience(address))
    thread = {"channel": channel.id, "thread_ts": address.thread}
    for number, (text, count) in enumerate(
        [("et ensuite ?", 1), ("<!subteam^S1|@compta> un avis ?", 0), ("<!here> réunion", 0), ("<@U2> ?", 0)]
    ):
        _, taken = await desk.event(said(desk, text, ts=f"176400001{number}.000100", **thread))
        assert len(taken) == count, text


@pytest.mark.parametrize("posted", [True, False])
async def test_a_status_that_a_post_has_ended_is_not_ended_again(desk: Desk, posted: bool) -> None:
    """Slack lets the status of a thread go with the next message; its button to stop stays."""
    _, address = await asked(desk)
    assert desk.connector.activity is not None
    where = (place_of(address)[1], address.thread)

    def shown() -> list[str]:
        return [status for *place, status in desk.slack.team.statuses if tuple(place) == where]

    await desk.connector.activity.working(address, True)
    await desk.slack.until(lambda: len(shown()) == 2)
    if posted:
        draft = Draft(text="Voici.", level=Level.N0, key=f"k{address.thread}", record="x")
        await desk.connector.send(address, draft, await desk.connector.audience(address))
    await desk.connector.activity.working(address, False)
    await desk.slack.until(lambda: "active" in shown())
    assert ("" in shown()) is not posted


async def test_whose_account_was_closed_is_answered_nothing_until_it_is_open(desk: Desk) -> None:
    """What they wrote before may come after; who asks is looked up anew, whatever is known of them."""
    who = desk.slack.team.person("Ana", deleted=True)
    for channel in (desk.slack.team.channel("salle", who), desk.slack.team.direct(who.id)):
        more = {"user": who.id, "channel": channel.id, "channel_type": channel.kind}
        assert await desk.event(said(desk, f"<@{bot(desk)}> une question", **more)) == (200, [])
    who.deleted = False
    _, (asked,) = await desk.event(said(desk, f"<@{bot(desk)}> une question", **more))
    assert asked.outsider is False


# Who reads, and what Slack does not take


class Limited(Limits):
    """Slack lets nobody be looked up for seven seconds."""

    def __init__(self) -> None:
        pass

    async def wait(self, method: str, channel: str, ticket: str = "") -> float:
        return 7.0 if method == "users.info" else 0.0

    def is_limited(self, method: str) -> bool:
        return False


async def asked(desk: Desk) -> tuple[Any, Address]:
    """A question in a channel of its own, and the address of its answer."""
    ana = desk.slack.team.person("Ana")
    channel = desk.slack.team.channel("salle", ana)
    desk.slack.urls = []
    root = await desk.slack.say(channel, ana, "question")
    address = Address(connector="slack", conversation=f"{desk.slack.team.team}/{channel.id}", thread=root.ts)
    return channel, replace(address, apart=True)


async def test_a_channel_is_judged_as_it_is_at_the_send(desk: Desk) -> None:
    """It became external since the question was taken up, a moment ago, and no event has told so."""
    channel, address = await asked(desk)
    assert (await desk.connector.audience(address)).kind == "slack"
    channel.shared = True
    assert (await desk.connector.audience(address)).kind == "slack_external"


async def test_who_becomes_a_guest_is_one_on_every_replica(desk: Desk) -> None:
    """Their channels are judged anew, also where nobody heard of it; a new status changes nothing."""
    channel, address = await asked(desk)
    team, (workspace,) = desk.slack.team, desk.connector._installations.workspaces.values()
    ana = team.members[next(id for id in channel.members if id != team.bot.id)]
    await desk.event({"type": "user_change", "user": ana.as_json()})
    other = Directory(
        workspace.api, workspace._shelf, own=team.bot.id, organisation=Organisation(team=team.team)
    )
    assert (await desk.connector.audience(address)).kind == "slack"
    assert not (await other.place(channel.id)).people.guests
    counted = [call.method for call in desk.slack.calls].count("conversations.members")
    await desk.event({"type": "user_change", "user": ana.as_json() | {"status_text": "en congé"}})
    await desk.connector.audience(address)
    assert [call.method for call in desk.slack.calls].count("conversations.members") == counted
    ana.restricted = True
    await desk.event({"type": "user_change", "user": ana.as_json()})
    assert (await desk.connector.audience(address)).kind == "slack_guests"
    assert (await other.place(channel.id)).people.guests


async def test_a_question_is_taken_up_in_a_channel_as_its_event_told(desk: Desk) -> None:
    """Slack is not asked again for that."""
    channel, address = await asked(desk)
    await desk.connector.audience(address)
    await desk.event(said(desk, channel=channel.id), is_ext_shared_channel=False)
    before = len(desk.slack.calls)
    assert (await desk.connector.audience(address, asked=True)).kind == "slack"
    assert desk.slack.calls[before:] == []


async def test_what_is_sent_while_a_question_comes_is_judged_as_the_channel_is(desk: Desk) -> None:
    """In its thread too, as an edit of the answer before: that the event told serves the question alone."""
    channel, address = await asked(desk)
    await desk.connector.audience(address)
    question = said(desk, channel=channel.id, thread_ts=address.thread)
    await desk.event(question, is_ext_shared_channel=False)
    channel.pending, channel.name = True, "partenaires"
    audience = await desk.connector.audience(address)
    assert (audience.kind, audience.name) == ("slack_external", "partenaires")


async def test_an_envelope_that_does_not_say_whether_its_channel_is_shared_tells_nothing(desk: Desk) -> None:
    """A question is taken up in the channel as it is; one that was said to be shared stays so."""
    channel, address = await asked(desk)
    await desk.connector.audience(address)
    await desk.event(said(desk, channel=channel.id))
    channel.shared = True
    assert (await desk.connector.audience(address, asked=True)).kind == "slack_external"
    channel.shared = False
    await desk.event(said(desk, channel=channel.id, ts="1700000000.000009"), is_ext_shared_channel=True)
    await desk.event(said(desk, channel=channel.id, ts="1700000000.000010"), is_ext_shared_channel="")
    assert (await desk.connector.audience(address)).kind == "slack_external"


async def test_a_question_is_put_in_the_store_once(desk: Desk) -> None:
    """A mention comes as a message too; after a failure it is put there when it comes again."""
    desk.down = True
    assert await desk.event(said(desk)) == (500, [])
    desk.down = False
    found = [await desk.event(said(desk, type=kind)) for kind in ("app_mention", "message")]
    assert [(status, len(events)) for status, events in found] == [(200, 1), (200, 0)]


async def test_a_mention_and_its_message_that_come_together_are_put_in_the_store_once(desk: Desk) -> None:
    """Each is acknowledged once the question is there; if it cannot be put there, neither."""
    question = said(desk, ts="1700000000.000077")
    both = [desk.event(question | {"type": kind}) for kind in ("app_mention", "message")]
    desk.down = True
    assert [status for status, _ in await asyncio.gather(*both)] == [500, 500]
    desk.down = False
    before = len(desk.taken)
    both = [desk.event(question | {"type": kind}) for kind in ("app_mention", "message")]
    assert [status for status, _ in await asyncio.gather(*both)] == [200, 200]
    assert len(desk.taken) - before == 1


async def test_a_channel_is_external_when_event_or_channel_says_so(desk: Desk) -> None:
    """Until an event tells that it is not shared any more."""
    channel, address = await asked(desk)
    await desk.event(said(desk, channel=channel.id), is_ext_shared_channel=True)
    assert (await desk.connector.audience(address)).kind == "slack_external"
    await desk.event({"type": "channel_unshared", "channel": channel.id})
    assert (await desk.connector.audience(address)).kind == "slack"


@pytest.mark.parametrize("known", [True, False])
async def test_a_person_is_told_though_their_chat_is_not_opened_soon(
    desk: Desk, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Posted to the person, it comes in their chat; a Slack that knows no such channel opens it first."""
    who = desk.slack.team.person("Zoe")
    with monkeypatch.context() as slow:
        slow.setitem(desk.slack.faults.slow, OPEN, 2.0)
        address = await desk.connector.chat(f"slack:{desk.slack.team.team}:{who.id}", None)
    assert address.conversation.endswith(who.id)
    audience = await desk.connector.audience(address)
    assert audience.is_only(f"slack:{desk.slack.team.team}:{who.id}")
    if not known:
        monkeypatch.setattr(desk.slack, "_opens", False)
    draft = Draft(text="Pour vous", level=Level.N0, key=f"alone {known}")
    await desk.connector.send(address, draft, audience)
    (post,) = desk.slack.answers(desk.slack.team.direct(who.id))
    assert post.shown == "Pour vous"


async def test_a_word_that_asks_waits_for_its_chat(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer will come from the chat itself, not from the person's address."""
    who = desk.slack.team.person("Zoe")
    monkeypatch.setitem(desk.slack.faults.slow, OPEN, OPENS + 0.3)
    address = await desk.connector.chat(f"slack:{desk.slack.team.team}:{who.id}", None, asks=True)
    assert address.conversation.endswith(desk.slack.team.direct(who.id).id)


async def test_a_person_who_is_told_is_in_no_line_that_nobody_waits_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Slack limits how many chats are opened, none is asked for without being waited for."""
    asked: list[str] = []

    class Few(Limited):
        async def wait(self, method: str, channel: str, ticket: str = "") -> float:
            asked.append(method)
            return 7.0

        def is_limited(self, method: str) -> bool:
            return True

    who = desk.slack.team.person("Zoe")
    monkeypatch.setattr(next(iter(desk.connector._installations.workspaces.values())).api, "limits", Few())
    address = await desk.connector.chat(f"slack:{desk.slack.team.team}:{who.id}", None)
    assert address.conversation.endswith(who.id)
    assert asked == []


async def test_many_people_are_looked_for_in_the_list_first(desk: Desk) -> None:
    """Who is a guest there counts as one; who is not in it, as somebody of another organisation, is asked
    for."""
    team = desk.slack.team
    people = [team.person(f"Personne {number}") for number in range(MANY)]
    people[0].restricted, people[1].stranger = True, True
    before = len(desk.slack.calls)
    channel = team.channel("réunion", *people)
    audience = await desk.connector.audience(
        Address(connector="slack", conversation=f"{team.team}/{channel.id}")
    )
    assert {user_of(each) for each in audience.outsiders} == {people[0].id, people[1].id}
    asked = [(call.method, call.body.get("user")) for call in desk.slack.calls[before:]]
    assert [each for each in asked if each[0].startswith("users.")] == [
        ("users.list", None),
        ("users.info", people[1].id),
    ]


@pytest.mark.parametrize("how", ["long", "refused"])
async def test_a_list_that_is_long_or_not_given_is_let_be(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Each person is asked for then, and no list for a day."""
    team, api = desk.slack.team, next(iter(desk.connector._installations.workspaces.values())).api
    directory = directory_of(api, team, MemoryShelf())
    if how == "long":
        monkeypatch.setattr("connectors.slack.directory.PAGE", 1)
    else:
        monkeypatch.delattr(FakeSlack, "_users_list")
    for name in ("un", "deux"):
        people = [team.person(f"{name} {number}") for number in range(MANY)]
        before = len(desk.slack.calls)
        place = await directory.place(team.channel(f"{how} {name}", *people).id)
        assert (len(place.people.members), place.people.outsiders) == (MANY, frozenset())
        methods = [call.method for call in desk.slack.calls[before:]]
        assert methods.count("users.info") >= MANY - PAGES
        assert methods.count("users.list") == (0 if name == "deux" else PAGES if how == "long" else 1)


@pytest.mark.parametrize(("seconds", "times"), [(LIST_SOON - 1, 0), (LIST_SOON, 1)])
async def test_a_list_that_cannot_be_read_just_then_is_looked_at_a_minute_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, seconds: float, times: int
) -> None:
    """As while Slack limits how often it is asked for."""
    team, api, now = (
        desk.slack.team,
        next(iter(desk.connector._installations.workspaces.values())).api,
        [time.time()],
    )
    directory = Directory(
        api, MemoryShelf(), own=team.bot.id, organisation=Organisation(team=team.team), clock=lambda: now[0]
    )

    async def place(name: str) -> int:
        """How often the list is asked for by a look at a new channel of many."""
        people = [team.person(f"{name} {number}") for number in range(MANY)]
        before = len(desk.slack.calls)
        await directory.place(team.channel(f"{name} {seconds}", *people).id)
        return [call.method for call in desk.slack.calls[before:]].count(LIST)

    real = api.ask

    async def limited(method: str, **more: Any) -> Any:
        if method == LIST:
            raise NotYet("limited", retry_after=7.0)
        return await real(method, **more)

    with monkeypatch.context() as patched:
        patched.setattr(api, "ask", limited)
        assert await place("limité") == 0
    now[0] += seconds
    assert await place("ensuite") == times


async def test_a_chat_with_another_organisation_stays_one(desk: Desk) -> None:
    """Also where what was known of its person was dropped, as when they change their name."""
    who = desk.slack.team.person("Léo")
    who.stranger = True
    address = await desk.connector.chat(f"slack:{desk.slack.team.team}:{who.id}", None)
    assert (await desk.connector.audience(address)).kind == "slack_external"
    await desk.event({"type": "user_change", "user": {"id": who.id}})
    assert (await desk.connector.audience(address)).kind == "slack_external"


async def test_who_reads_is_uncertain_while_slack_does_not_tell(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is taken to be a guest or none; it is asked again once the limit of the method is over."""
    channel, address = await asked(desk)
    api = next(iter(desk.connector._installations.workspaces.values())).api
    with monkeypatch.context() as limited:
        limited.setattr(api, "limits", Limited())
        audience = await desk.connector.audience(address)
    assert (audience.kind, audience.uncertain, audience.members) == ("slack", 7.0, frozenset())
    audience = await desk.connector.audience(address)
    assert (audience.uncertain, len(audience.members)) == (0.0, len(channel.members) - 1)


@pytest.mark.parametrize("stands", [True, False])
async def test_a_post_that_does_not_say_its_thread_is_looked_for(
    desk: Desk, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays where the root of its thread stands; else it landed in the channel, and is deleted."""
    channel, address = await asked(desk)
    channel.posts[str(address.thread)].deleted = not stands
    real = desk.slack._chat_postMessage

    async def terse(team: Any, body: Any) -> Any:
        answer = await real(team, body)
        return answer | {"message": {"text": "x", "ts": answer["ts"]}}

    monkeypatch.setattr(desk.slack, "_chat_postMessage", terse)
    draft = Draft(text="Réponse", level=Level.N0, key="terse")
    audience = await desk.connector.audience(address)
    with nullcontext() if stands else pytest.raises(Rejected):
        await desk.connector.send(address, draft, audience)
    assert len(desk.slack.answers(channel)) == stands


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("message_limit_exceeded", Deferred),
        ("fatal_error", Deferred),
        ("team_access_not_granted", PlatformRefused),
        ("restricted_action", PlatformRefused),
        ("ekm_access_denied", PlatformRefused),
        ("external_channel_migrating", Deferred),
    ],
)
async def test_what_slack_does_not_do_is_no_fault_of_the_token(
    desk: Desk, code: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again later, or never: one workspace of an enterprise that the app may not enter, or one
    channel whose keys its administrators hold back, stops none of the others."""
    (workspace,) = desk.connector._installations.workspaces.values()
    monkeypatch.setitem(desk.slack.faults.refuse, "chat.postMessage", code)
    with pytest.raises(error):
        await workspace.api.call("chat.postMessage", channel="C1", text="x")
    assert not workspace.api.unusable.is_set()


async def test_slack_is_asked_as_its_sdk_asks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the verb, and with arguments in the address or not, as the SDK's function of that name."""
    channel, address = await asked(desk)
    real, how = AsyncWebClient.api_call, dict[str, list[tuple[str, bool]]]()

    async def noted(client: AsyncWebClient, method: str, *, http_verb: str = "POST", **given: Any) -> Any:
        how.setdefault(method, []).append((http_verb, "params" in given))
        return await real(client, method, http_verb=http_verb, **given)

    monkeypatch.setattr(AsyncWebClient, "api_call", noted)
    audience, file = (
        await desk.connector.audience(address),
        File(name="a.txt", media_type="text/plain", data=b"a"),
    )
    draft = Draft(text="a.txt", level=Level.N0, key="fichier", file=file)
    with pytest.raises(Deferred):  # it is stored, then shared
        await desk.connector.send(address, draft, audience)
    await desk.connector.send(address, draft, audience)
    await desk.connector.find(address, "autre", None)
    await desk.connector.find(replace(address, thread=None), "autre", None)
    asked_for = {method: {*ways} for method, ways in how.items()}
    sdk: Any = AsyncWebClient(TOKEN, base_url=f"{desk.slack.base}/api/")
    where: dict[str, Any] = {"channel": channel.id, "ts": address.thread, "user": "U1", "file": "F1"}
    more = {
        "files.getUploadURLExternal": {"filename": "a", "length": 1},
        "files.completeUploadExternal": {"files": []},
    }
    for method, ways in asked_for.items():
        how.clear()
        with suppress(SlackApiError):
            await getattr(sdk, method.replace(".", "_"))(**where | more.get(method, {}))
        assert {*how[method]} == ways, method


@pytest.mark.parametrize("since", [None, "trigger:123.456", "1d3ab5", "1700000000.000100"])
async def test_a_post_in_a_chat_is_found_whatever_it_answers(desk: Desk, since: str | None) -> None:
    """Slack takes times alone as bounds: a command and a private word have none that it knows."""
    who = desk.slack.team.person("Léo")
    address = await desk.connector.chat(f"slack:{desk.slack.team.team}:{who.id}", None, asks=True)
    audience = await desk.connector.audience(address)
    ts = await desk.connector.send(address, Draft(text="Un mot", level=Level.N0, key="mot"), audience)
    assert await desk.connector.find(address, "mot", since) == ts


@pytest.mark.parametrize(("revoked", "red"), [({"oauth": ["U1"]}, False), ({"bot": ["U0BOT"]}, True)])
async def test_the_tokens_of_people_are_not_ours(desk: Desk, revoked: dict[str, Any], red: bool) -> None:
    """Only the bot's own revoked token is looked at again."""
    workspace = next(iter(desk.connector._installations.workspaces.values()))
    calls = sum(call.method == "auth.test" for call in desk.slack.calls)
    await desk.event({"type": "tokens_revoked", "tokens": revoked})
    assert workspace.api.unusable.is_set() == red
    workspace.api.unusable.clear()
    assert sum(call.method == "auth.test" for call in desk.slack.calls) == calls


async def test_a_thread_of_the_first_assistant_view_has_prompts(desk: Desk) -> None:
    """Slack takes them there with their thread alone."""
    thread = {"channel_id": "D1", "thread_ts": TS, "user_id": "U1"}
    await desk.event({"type": "assistant_thread_started", "assistant_thread": thread})
    wanted = ("assistant.threads.setSuggestedPrompts", TS)
    await desk.slack.until(
        lambda: wanted in [(call.method, call.body.get("thread_ts")) for call in desk.slack.calls]
    )


async def test_many_calls_of_a_limited_method_go_one_by_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of a minute may be under way together; of the others none comes after a refusal of Slack."""
    under_way, seen, real = 0, list[int](), desk.slack._files_info

    async def counted(team: Any, body: Any) -> Any:
        nonlocal under_way
        under_way += 1
        seen.append(under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        return await real(team, body)

    monkeypatch.setattr(desk.slack, "_files_info", counted)
    api = next(iter(desk.connector._installations.workspaces.values())).api
    desk.slack.team.files["F1"] = Upload(id="F1", name="a.txt")
    await asyncio.gather(*(api.ask("files.info", file="F1") for _ in range(3 * TOGETHER)))
    assert max(seen[:TOGETHER]) > 1
    assert seen[-TOGETHER:] == [1] * TOGETHER


@pytest.mark.parametrize("code", ["message_not_found", "update_failed", "msg_too_long", "un_mot_de_demain"])
async def test_an_edit_that_slack_refuses_leaves_its_place_to_a_post(
    desk: Desk, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason: the person was told that no answer is possible there, below half of one."""
    _, address = await asked(desk)
    audience = await desk.connector.audience(address)
    draft = Draft(text="Réponse", level=Level.N0, key="k")
    ts = await desk.connector.send(address, draft, audience)
    monkeypatch.setitem(desk.slack.faults.refuse, "chat.update", code)
    with pytest.raises(Unchangeable):
        await desk.connector.edit(address, ts, draft, audience)


@pytest.mark.parametrize("growing", [False, True])
async def test_what_was_posted_after_all_is_the_answer_where_slack_takes_no_edit(
    desk: Desk, growing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to a post was lost: the whole of it stands there, or its beginning, which gives way; its
    person was told that no answer is possible there."""
    channel, address = await asked(desk)
    audience = await desk.connector.audience(address)
    monkeypatch.setitem(desk.slack.faults.refuse, "chat.update", "edit_window_closed")
    desk.slack.faults.lose.append("chat.postMessage")
    draft = Draft(text="Réponse", level=Level.N0, key="k")
    first = replace(draft, text="Rép…", growing=True) if growing else draft
    with pytest.raises(Deferred):
        await desk.connector.send(address, first, audience)
    ts = await desk.connector.send(address, draft, audience)
    ours = [each for each in channel.posts.values() if each.user == bot(desk)]
    assert [(each.ts, each.text) for each in ours if not each.deleted] == [(ts, "Réponse")]
    assert len(ours) == 1 + growing


async def test_an_answer_is_posted_where_slack_takes_neither_edit_nor_deletion(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its beginning, of which the post was in doubt, stays beside it."""
    channel, address = await asked(desk)
    audience = await desk.connector.audience(address)
    monkeypatch.setitem(desk.slack.faults.refuse, "chat.update", "edit_window_closed")
    monkeypatch.setitem(desk.slack.faults.refuse, "chat.delete", "compliance_exports_prevent_deletion")
    desk.slack.faults.lose.append("chat.postMessage")
    draft = Draft(text="Réponse", level=Level.N0, key="k")
    with pytest.raises(Deferred):
        await desk.connector.send(address, replace(draft, text="Rép…", growing=True), audience)
    ts = await desk.connector.send(address, draft, audience)
    assert channel.posts[ts].text == "Réponse"


@pytest.mark.parametrize(
    "code", ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"]
)
async def test_an_answer_whose_blocks_are_refused_is_plain_text(
    desk: Desk, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Posted or updated: whole, and without anything that Slack would act on. What an update does not take
    is not cut, unless the answer grows."""
    channel, address = await asked(desk)
    for name in ("_chat_postMessage", "_chat_update"):
        real = getattr(desk.slack, name)

        async def picky(team: Any, body: Any, real: Any = real) -> Any:
            if body.get("blocks"):
                raise SlackError(code)
            return await real(team, body)

        monkeypatch.setattr(desk.slack, name, picky)
    audience = await desk.connector.audience(address)
    draft = Draft(text="Réponse <!channel> & suite. " * 30, level=Level.N0, key="k")
    ts = await desk.connector.send(address, draft, audience)
    assert channel.posts[ts].text.count("suite") == 30
    await desk.connector.edit(address, ts, replace(draft, text="Autre & suite. " * 30), audience)
    assert channel.posts[ts].text.count("Autre &amp; suite") == 30
    assert "<!channel>" not in str(desk.slack.calls)
    long = replace(draft, text="Suite & fin. " * 400)
    with pytest.raises(TooLong):
        await desk.connector.edit(address, ts, long, audience)
    assert channel.posts[ts].text.count("Autre &amp; suite") == 30
    await desk.connector.edit(address, ts, replace(long, growing=True), audience)
    assert channel.posts[ts].text.endswith("…")
    monkeypatch.setitem(desk.slack.faults.refuse, "chat.postMessage", "is_archived")
    with pytest.raises(PlatformRefused):
        await desk.connector.send(address, replace(draft, key="other"), audience)


async def test_the_home_has_settings(desk: Desk) -> None:
    """Each button is a command in the direct chat of who pressed it; the home is in the chosen language."""
    team = desk.slack.team
    ana = team.person("Ana")

    async def shown(words: str) -> list[dict[str, Any]]:
        await desk.slack.until(lambda: words in str(team.views.get(ana.id)))
        return team.views[ana.id]["blocks"][-1]["elements"]

    await desk.event({"type": "app_home_opened", "user": ana.id, "channel": "D1", "tab": "home"})
    for number, button in enumerate(await shown("intelligence artificielle")):
        pressed = {"type": "block_actions", "team": {"id": team.team}, "user": {"id": ana.id},
                   "trigger_id": f"h{number}", "container": {"type": "view"}, "view": {"type": "home"},
                   "actions": [{"action_ts": "1.0", **button}]}  # fmt: skip
        answer, (order,) = await desk.interact(pressed)
        assert isinstance(order, Message)
        assert (answer.status, order.direct, order.text[0]) == (200, True, "!")
        assert order.address.conversation.endswith(ana.id)
    await shown("artificial intelligence")
    team.views.clear()
    desk.chosen = "en"
    await desk.event({"type": "app_home_opened", "user": ana.id, "channel": "D1", "tab": "home"})
    await shown("artificial intelligence")


async def test_a_chat_that_is_known_has_threads_apart_too(desk: Desk) -> None:
    """What asks there is what was said last in it, so that a « non » at its top answers that."""
    home = desk.slack.team.team
    chat = await desk.connector.chat(f"slack:{home}:U1", f"{home}/D1", asks=True)
    assert chat == Address(connector="slack", conversation=f"{home}/D1", apart=True)


async def test_a_question_in_a_thread_is_described_with_what_it_begins_with(desk: Desk) -> None:
    """The words and the files of a person's message, as long as it stands there; not the bot's own."""
    team = desk.slack.team
    ana = team.person("Ana")
    channel = team.channel("devis", ana)
    file = Upload(id="F0000777", name="devis.txt", data=b"40 euros", media_type="text/plain")
    root = await desk.slack.say(channel, ana, "le devis", files=[file])
    _, (question,) = await desk.event(said(desk, channel=channel.id, thread_ts=root.ts))
    assert isinstance(question, Message)
    found = await desk.connector.described(question, root.ts)
    assert (found.quoted, found.quoted_to, found.quotes_root) == ("le devis", None, True)
    assert [each.name for each in found.quoted_files] == ["devis.txt"]
    root.deleted = True
    assert (await desk.connector.described(question, root.ts)).quoted_files == ()
    client: Any = AsyncWebClient(token=TOKEN, base_url=f"{desk.slack.base}/api/", retry_handlers=[])
    ours = str((await client.chat_postMessage(channel=channel.id, text="le résumé"))["ts"])
    _, (question,) = await desk.event(said(desk, channel=channel.id, thread_ts=ours, ts="1763000009.000200"))
    assert isinstance(question, Message)
    assert (await desk.connector.described(question, ours)).quoted == ""


async def test_a_question_waits_a_little_for_what_its_thread_begins_with(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Slack fails it may be told soon; then it is answered without, which is said."""
    channel = desk.slack.team.channel("devis", desk.slack.team.person("Ana"))
    _, (question,) = await desk.event(said(desk, channel=channel.id, thread_ts="1763000000.000100"))
    assert isinstance(question, Message)
    desk.slack.faults.refuse["conversations.replies"] = "internal_error"
    monkeypatch.setattr(desk.connector, "_clock", lambda: question.at + 1.0)
    with pytest.raises(Deferred):
        await desk.connector.described(question, question.address.thread)
    monkeypatch.setattr(desk.connector, "_clock", lambda: question.at + 11.0)
    found = await desk.connector.described(question, question.address.thread)
    assert (found.unquoted, found.quotes_root) == ("unread", True)


async def test_a_socket_whose_address_is_over_is_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """It serves once, for a moment. Each opening is one call, and a Retry-After of it is kept."""
    monkeypatch.setattr("connectors.slack.receiver.CONNECTS", 0.2)
    monkeypatch.setattr("connectors.slack.installations.SOCKET_PAUSE", 0.01)

    async def taken(events: Sequence[Event]) -> None:
        pass

    async with fake_slack() as slack:
        slack.faults.tickets, slack.faults.openings = 1, [1]
        config = SlackConfig(bot_token=TOKEN, app_token=APP_TOKEN, api_url=f"{slack.base}/api/")
        connector = SlackConnector([config], Wiring(shelf=lambda _: MemoryShelf()))
        running = asyncio.create_task(connector.run(taken))  # noqa: TID251 - cancelled below
        await connector.ready.wait()
        opened = [call.at for call in slack.calls if call.method == "apps.connections.open"]
        assert len(opened) == 3
        assert opened[1] - opened[0] >= 1.0
        for socket in list(slack.sockets):
            await socket.close()
        await slack.until(lambda: len(slack.sockets) == 1 and not slack.sockets[0].closed)
        running.cancel()


async def test_what_is_of_an_installation_that_signs_in_waits_for_it(desk: Desk) -> None:
    """Of two, one is slow: what is for it is sent again by Slack, and what waits for it is given up by
    nobody, as it is where no installation is left to come."""
    connector, team = desk.connector, desk.slack.team.team
    elsewhere = Address(connector="slack", conversation="T9/C1")
    slow = SlackConfig(setting="RELAIS_SLACK__1", bot_token="xoxb-9", signing_secret=SECRET)
    for configs, status, error in (
        ([*connector._installations.configs, slow], 500, Deferred),
        (connector._installations.configs, 200, Rejected),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connector._installations, "configs", configs)
            assert (await desk.event(said(desk), team_id="T9", authorizations=[]))[0] == status
            answer, taken = await desk.slash(team_id="T9")
            assert (answer.status, taken) == (status, [])
            for refused in (connector.audience(elsewhere), connector.chat("slack:T9:U1", None)):
                with pytest.raises(error):
                    await refused
    assert (await desk.event(said(desk), team_id=team))[0] == 200
