"""Slack as a platform: threads are conversations, one post is an answer, only public matter belongs here.

The connector listens over HTTP (`/slack/events` of the replica's server) or, with an app token, on a socket.
It is stateless but for caches: any replica may take any event, and any may answer.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack import events, interactivity
from connectors.slack.api import QUIET, UPDATE, Api
from connectors.slack.config import SlackConfig
from connectors.slack.events import NAME, user_of
from connectors.slack.people import is_person
from connectors.slack.receiver import PATH, Receiver, refusal_of
from connectors.slack.render import CHOICE, LIMIT, choice_of
from connectors.slack.text import decode
from connectors.slack.words import Words
from connectors.slack.workspace import Workspace, signed_in
from core.connector import (
    Address,
    Attachment,
    Audience,
    Deliver,
    Draft,
    Echo,
    Event,
    Grows,
    Message,
    NoCapabilities,
    OnEcho,
    Pace,
    Range,
    Reacted,
    Sending,
    Shelf,
    Signs,
    Wanted,
    WebhookAnswer,
)
from core.connector.untrusted_json import Json, array_in, object_in, objects_in, text_in
from core.connector.upkeep import Upkeep
from core.delivery.outbox import Budget
from core.errors import (
    ConfigurationError,
    Deferred,
    PlatformRefused,
    Rejected,
    RelaisError,
    Unusable,
)
from core.language.operators import Phrase
from core.retry import Backoff, retried
from core.telemetry import log
from core.tls import unreached

LOOK_EVERY, LOOK_AGAIN = 60.0, 5.0
"""Seconds between two looks whether a token works: while it does, and while it does not."""
SOCKET_PAUSE = 2.0
ROOT_WITHIN = 10.0
"""Seconds that a question waits for what its thread begins with, while Slack does not give that."""
LOOK = 1.5
"""Seconds that looking a message up may take before Slack is asked to send the event again."""
REFRESH, MOST_REFRESHES = 90.0, 20
"""Seconds after which the status of a thread is shown again, which Slack lets go after two minutes; and how
often: half an hour."""


LanguageOf = Callable[[str], Awaitable[str | None]]


class SlackConnector(NoCapabilities):
    """See `core.connector.Connector`. One for all workspaces of the settings."""

    name = NAME
    limit = LIMIT
    largest = 4 << 20
    """Bytes of a request of Slack's: who posts is known by its signature alone, once all of it is here."""

    def __init__(
        self,
        configs: Sequence[SlackConfig],
        *,
        shelf: Callable[[str], Shelf],
        on_echo: OnEcho | None = None,
        budget: Budget | None = None,
        contact: str = "",
        language_of: LanguageOf | None = None,
        upkeep: Upkeep | None = None,
        tls: Any = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`shelf` by a workspace's home, shared by all replicas; `language_of`: the language that a person
        chose; `upkeep` runs each installation."""
        self._configs = configs
        self._upkeep = upkeep or Upkeep()
        self._shelf = shelf
        self._on_echo = on_echo
        self._budget = budget
        self._contact = contact
        self._language_of = language_of
        self._group: asyncio.TaskGroup | None = None
        self._away: set[str] = set()
        """Settings whose token or socket does not work now."""
        self._tls = tls
        self._clock = clock
        self._workspaces: dict[str, Workspace] = {}
        self._deliver: Deliver | None = None
        self._receiver: Receiver | None = None
        self.ready = asyncio.Event()
        self.editing = self
        self.files = self
        self.descriptions = self
        self.activity = self
        self._signs: Signs[Address] = Signs(self._show, self._spawn, every=REFRESH, most=MOST_REFRESHES)
        self.history = self
        self.private = self
        self.webhook = self if any(not each.app_token for each in configs) else None
        self.path = PATH

    # Its life

    async def run(self, deliver: Deliver) -> None:
        self._deliver = deliver
        timeout = aiohttp.ClientTimeout(total=60, connect=5)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls or True),
            timeout=timeout,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            client = AsyncWebClient(base_url=self._configs[0].api_url, session=session, logger=QUIET)
            receiver = Receiver(self, client)
            self._away = {config.setting for config in self._configs}
            async with asyncio.TaskGroup() as self._group:
                for config in self._configs:
                    part = NAME if len(self._configs) == 1 else config.setting
                    served = asyncio.Event()
                    serve = partial(self._serve, receiver, config, session, served)
                    self._group.create_task(self._upkeep.keep(part, serve, ready=served))

    async def _serve(
        self, receiver: Receiver, config: SlackConfig, session: aiohttp.ClientSession, served: asyncio.Event
    ) -> None:
        """Serve one installation. Raises ConfigurationError for a token that is not accepted at the start."""
        workspace = await self._signed_in(config, session)
        self._workspaces[workspace.me.home] = workspace
        self._receiver = receiver
        try:
            async with asyncio.TaskGroup() as group:
                if config.app_token:
                    self._mark_away(f"{config.setting}__APP_TOKEN")
                    group.create_task(self._socket(receiver, config, session))
                group.create_task(self._watch(workspace))
                self._mark_there(config.setting)
                served.set()
        finally:
            self._mark_away(config.setting)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._group is None:
            work.close()
        else:
            self._group.create_task(work)

    def _beside(self, work: Awaitable[None]) -> None:
        """Do what Slack need not wait for; best effort."""

        async def tried() -> None:
            with suppress(RelaisError):
                await work

        self._spawn(tried())

    def _mark_away(self, setting: str, why: str = "") -> None:
        """Ready is: everything works. `why` is named once in the log, and in `/readyz`."""
        self._away.add(setting)
        self.ready.clear()
        if why:
            self._upkeep.trouble(setting, why)

    def _mark_there(self, setting: str) -> None:
        self._away.discard(setting)
        self._upkeep.well(setting)
        if not self._away:
            self.ready.set()

    async def _watch(self, workspace: Workspace) -> None:
        """See that the token works: now and then, and at once when Slack said that it does not."""
        setting, unusable = f"{workspace.config.setting}__BOT_TOKEN", workspace.api.unusable
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN if setting in self._away else LOOK_EVERY):
                    await unusable.wait()
            if unusable.is_set():
                unusable.clear()
                self._mark_away(setting, "Slack does not accept it any more: give the app's new token")
                await asyncio.sleep(LOOK_AGAIN)
            with suppress(RelaisError):
                await workspace.api.call("auth.test")
                self._mark_there(setting)

    async def _signed_in(self, config: SlackConfig, session: aiohttp.ClientSession) -> Workspace:
        async def told(error: Exception, number: int) -> None:
            log.warning("slack_not_reached", connector=NAME, error=error)

        return await retried(
            lambda: signed_in(config, session=session, tls=self._tls, shelf=self._shelf, budget=self._budget),
            on=Deferred,
            pauses=Backoff(1.0),
            told=told,
        )

    async def _socket(self, receiver: Receiver, config: SlackConfig, session: aiohttp.ClientSession) -> None:
        """Hold the socket open. Raises ConfigurationError for a token that is not accepted at the start."""
        setting = f"{config.setting}__APP_TOKEN"
        api = Api(config.app_token, base=config.api_url, session=session, tls=self._tls)
        was = False
        while True:
            pause = SOCKET_PAUSE
            try:
                opened = await api.call("apps.connections.open")
                async with receiver.on_socket(
                    config.app_token, api.client, text_in(opened, "url")
                ) as connected:
                    while await connected():
                        was = True
                        self._mark_there(setting)
                        await asyncio.sleep(0.5)
                log.warning("slack_socket_lost", setting=setting, reason="closed")
            except (Unusable, PlatformRefused) as error:
                if not was:
                    raise ConfigurationError(setting, "slack.app_token", code=error.code) from None
                self._mark_away(setting, str(Phrase("slack.token_gone", code=error.code)))
            except (RelaisError, SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                if setting not in self._away:
                    why = error if isinstance(error, RelaisError) else unreached(error)
                    log.warning("slack_socket_lost", setting=setting, reason=str(why))
                pause = max(pause, getattr(error, "retry_after", 0.0))
            self._mark_away(setting)
            await asyncio.sleep(pause)

    # What is posted

    def admits(self, headers: Mapping[str, str]) -> bool:
        return self._receiver is not None

    async def receive(self, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        if self._receiver is None:
            return WebhookAnswer(status=503)
        secrets = [each.signing_secret for each in self._configs if each.signing_secret]
        refused = refusal_of(headers, body, secrets, self._clock())
        if refused:
            return WebhookAnswer(status=refused)
        return await self._receiver.posted(headers, body)

    def authorized(self, enterprise: str | None, team: str | None) -> AuthorizeResult | None:
        """Whose installation it is is judged by the listener: what is for none of ours is passed over."""
        workspace = self._workspace(enterprise, team) or next(iter(self._workspaces.values()), None)
        if workspace is None:
            return None
        me = workspace.me
        return AuthorizeResult(
            enterprise_id=me.enterprise, team_id=me.team, bot_token=workspace.config.bot_token,
            bot_id=me.bot, bot_user_id=me.user,
        )  # fmt: skip

    def _workspace(self, enterprise: str | None, team: str | None) -> Workspace | None:
        """The installation of a workspace, or else of its enterprise."""
        every = list(self._workspaces.values())
        mine = [each for each in every if team and each.me.team == team]
        whole = [each for each in every if enterprise and each.me.enterprise == enterprise]
        return next(iter(mine + whole), None)

    def _of(self, body: Json) -> Workspace | None:
        """The workspace that a payload is for; None where it is none of ours. Raises Deferred."""
        flat = [*objects_in(body, "authorizations"), body]
        named = [(each.get("enterprise_id"), each.get("team_id")) for each in flat]
        named.append((body.get("context_enterprise_id"), body.get("context_team_id")))
        named.append((object_in(body, "enterprise").get("id"), object_in(body, "team").get("id")))
        found = (self._workspace(enterprise, team) for enterprise, team in named)
        workspace = next((each for each in found if each is not None), None)
        return workspace or self._all_signed_in()

    async def _give(self, *found: Event | None) -> None:
        if self._deliver is not None and (given := [each for each in found if each is not None]):
            await self._deliver(given)

    async def event(self, body: Json) -> None:
        workspace, event = self._of(body), object_in(body, "event")
        if workspace is None:
            return
        match event.get("type"):
            case "message" if echo := events.echo_of(event, workspace.me):
                self._beside(self._echoed(workspace, echo, marked=events.is_marked(event)))
            case "message" | "app_mention":
                shared = body.get("is_ext_shared_channel")
                async with workspace.taking(event):
                    heard = await workspace.heard(event, shared=shared if isinstance(shared, bool) else None)
                    await self._give(heard)
                    workspace.took(heard)
            case "app_home_opened":
                self._beside(self._opened(workspace, event))
            case "reaction_added":
                await self._give(await self._reacted(workspace, event))
            case "agent_session_stopped":
                if (order := interactivity.stopped_of(event, workspace.me)) is not None:
                    await self._give(order)  # the button stays until the app says that it is not at work
                    self._beside(workspace.status(order.address, ""))
            case _:
                await self._told(workspace, event)

    async def _echoed(self, workspace: Workspace, echo: Echo, *, marked: bool) -> None:
        """Have a message that a replica posted too late deleted."""
        key = echo.key or await workspace.sender.key_of(echo.address, echo.id, marked=marked)
        if self._on_echo is not None and key:
            await self._on_echo(replace(echo, key=key, also=workspace.person_at(echo.address)))

    async def _opened(self, workspace: Workspace, event: Json) -> None:
        if event.get("tab") == "messages":
            await workspace.prompts(text_in(event, "channel"))
        else:
            user = text_in(event, "user")
            await workspace.home(user, self._contact, await self._language(workspace, user))

    async def _language(self, workspace: Workspace, user: str) -> str:
        """The language that a person chose, or that of the settings."""
        person = events.person_of(workspace.me, user).id
        return (self._language_of and await self._language_of(person)) or workspace.config.language

    async def _told(self, workspace: Workspace, event: Json) -> None:
        """Heed what changes who reads a channel, who somebody is, or whether the app may go on."""
        match event.get("type"):
            case "channel_shared" | "channel_unshared" | "member_left_channel" | "member_joined_channel":
                await workspace.directory.changed(text_in(event, "channel"))
            case "assistant_thread_started":
                begun = object_in(event, "assistant_thread")
                where = text_in(begun, "channel_id"), text_in(begun, "thread_ts")
                self._beside(workspace.prompts(*where))
            case "tokens_revoked" if not array_in(event, "tokens", "bot"):
                return  # those of people alone
            case "tokens_revoked" | "app_uninstalled":
                workspace.api.unusable.set()
            case "user_change":
                await workspace.directory.person_changed(object_in(event, "user"))
            case _:
                return

    async def _reacted(self, workspace: Workspace, event: Json) -> Reacted | None:
        """A reaction to a message of ours, in the thread that the message stands in."""
        item, me = object_in(event, "item"), workspace.me
        if text_in(event, "item_user") not in ("", me.user) or text_in(event, "user") == me.user:
            return None
        try:
            async with asyncio.timeout(LOOK):
                root = await workspace.sender.root_of(text_in(item, "channel"), text_in(item, "ts"))
        except TimeoutError:
            raise Deferred("conversations.replies: late", retry_after=1.0) from None
        except Rejected:
            return None
        return interactivity.reacted_of(event, me, root) if root else None

    async def command(self, body: Json) -> str:
        """Stored before the chat is looked up: after three seconds Slack shows its author an error."""
        workspace, user = self._of(body), text_in(body, "user_id")
        if workspace is None or not user:
            return ""
        text = interactivity.command_of(decode(text_in(body, "text"), {}, own=workspace.me.user))
        say = Words(await self._language(workspace, user))
        if text is None:
            return say.help()
        await self._ask(workspace, body, events.address_of(workspace.me, user, None), text, direct=True)
        return say.answered_in_direct()

    async def shortcut(self, body: Json) -> None:
        """« Résumer ce fil »: for its asker alone, who may have it said to all."""
        workspace = self._of(body)
        channel, message = text_in(body, "channel", "id"), object_in(body, "message")
        root = text_in(message, "thread_ts") or text_in(message, "ts") or text_in(body, "message_ts")
        if workspace is None or text_in(body, "callback_id") != interactivity.SUMMARY:
            return
        if not (channel and root):
            return
        address = events.address_of(workspace.me, channel, root)
        await self._ask(workspace, body, address, "!résumé", private=True)

    async def _ask(
        self,
        workspace: Workspace,
        body: Json,
        address: Address,
        text: str,
        *,
        private: bool = False,
        direct: bool = False,
        button: Json | None = None,
    ) -> None:
        """Give a question that was asked by a command, a button or in a menu."""
        user, at = text_in(body, "user_id") or text_in(body, "user", "id"), self._clock()
        asked = interactivity.question_of(
            body, workspace.me, address, text,
            user=user, at=at, direct=direct, private=private, button=button,
        )  # fmt: skip
        author = await workspace.author(user)
        await self._give(replace(asked, outsider=None if author is None else not author.is_insider))

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        workspace, address = await self._there(address)
        return await workspace.history.recall(address, wanted)

    async def action(self, body: Json) -> None:
        workspace = self._of(body)
        if workspace is None:
            return
        for action in objects_in(body, "actions"):
            id = text_in(action, "action_id")
            if id == "feedback":
                await self._give(interactivity.judged_of(body, action, workspace.me, at=self._clock()))
            elif id.startswith(CHOICE) and (chosen := choice_of(text_in(action, "value"))):
                channel, root, text = chosen
                address = events.address_of(workspace.me, channel, root or None)
                direct = channel.startswith("D") or is_person(channel)
                await self._ask(workspace, body, address, text, direct=direct, button=action)
                if (language := interactivity.language_of(text)) and is_person(channel):
                    self._beside(workspace.home(channel, self._contact, language))

    # What leaves

    async def _there(self, address: Address) -> tuple[Workspace, Address]:
        """The workspace of an address, and the channel that it stands for. Raises Rejected, Deferred."""
        workspace = self._at(address)
        return workspace, await workspace.settled(address)

    def _at(self, address: Address) -> Workspace:
        return self._installed(events.place_of(address)[0], "delivery.workspace")

    def _installed(self, home: str, without: str) -> Workspace:
        workspace = self._workspaces.get(home) or self._all_signed_in()
        if workspace is None:
            raise Rejected(Phrase(without))
        return workspace

    def _all_signed_in(self) -> None:
        """See that what is of none of the workspaces is of none that is ours. Raises Deferred while one of
        our installations has not signed in: it may be of that."""
        if len(self._workspaces) < len(self._configs):
            raise Deferred(Phrase("delivery.not_connected", connector=NAME), retry_after=1.0)

    def pace(self, address: Address, sending: Sending) -> Pace:
        """Slack limits each method apart: `connectors.slack.api` counts the calls themselves."""
        return Pace(per_second=math.inf, burst=1, scope=NAME)

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        workspace = self._at(address)
        _, channel = events.place_of(address)
        place = await workspace.directory.place(channel, asked=asked)

        def ids(users: frozenset[str]) -> frozenset[str]:
            return frozenset(f"{NAME}:{workspace.me.home}:{each}" for each in users)

        # Who joins a channel, private ones too, reads all of it from its beginning.
        return Audience(
            kind="slack_external" if place.shared else "slack_guests" if place.guests else "slack",
            members=ids(place.members),
            at=place.at,
            direct=place.direct,
            open=not place.direct,
            outsiders=ids(place.outsiders),
            foreign=place.shared,
            closed=not workspace.is_listed(place),
            name="" if place.direct else place.name,
            uncertain=place.uncertain,
        )

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        workspace = self._at(address)
        ts = await workspace.send(address, draft)
        if not (audience.closed or (audience.foreign and draft.notice)):
            await workspace.take_part(address)
        return ts

    def grows(self, address: Address) -> Grows:
        home, channel = events.place_of(address)
        if channel.startswith("D"):
            return "steadily"
        workspace = self._workspaces.get(home)
        return "sparingly" if workspace is None or workspace.api.may_spare(UPDATE) else "never"

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        workspace, address = await self._there(address)
        await workspace.sender.replace(address, id, draft)

    async def delete(self, address: Address, id: str, key: str) -> None:
        workspace, address = await self._there(address)
        await workspace.sender.delete(address, id)

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        workspace, address = await self._there(address)
        return await workspace.sender.find(address, key, since)

    async def described(self, message: Message, root: str | None = None) -> Message:
        if message.attachments:
            files = await self._at(message.address).files.described(message.attachments)
            message = replace(message, attachments=files)
        if root is None or root != message.address.thread or message.quoted:
            return message
        workspace, address = await self._there(message.address)
        try:
            first = await workspace.history.first(events.place_of(address)[1], root)
        except (Deferred, Rejected) as error:
            if isinstance(error, Deferred) and self._clock() - message.at < ROOT_WITHIN:
                raise
            return replace(message, unquoted="unread", quotes_root=True)
        if first is None:
            return message
        return replace(message, quoted=first.text, quoted_files=first.attachments, quotes_root=True)

    async def fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        return await self._at(address).files.fetch(attachment, limit)

    async def chat(self, person: str, known: str | None, *, asks: bool = False) -> Address:
        home = person.split(":")[1] if person.startswith(f"{NAME}:") else ""
        workspace = self._installed(home, "delivery.no_person")
        if known is not None and not is_person(known.partition("/")[2]):
            return Address(connector=NAME, conversation=known, apart=True)
        return await workspace.chat(user_of(person), asks=asks)

    async def present(self, address: Address, person: str) -> bool:
        return True  # Slack's direct chats need no joining

    async def read(self, address: Address, id: str) -> None:
        """Slack has no read receipts."""

    async def working(self, address: Address, on: bool) -> None:
        if address.thread is not None:
            self._signs.turn(address, on)

    async def _show(self, address: Address, on: bool) -> None:
        workspace = self._workspaces.get(events.place_of(address)[0])
        if workspace is not None:
            await workspace.status(address, Words(workspace.config.language).working() if on else "")
