"""The installations of the app. Each signs in, works or is said to be away, and is found for a payload."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack import events
from connectors.slack.api import QUIET, Api
from connectors.slack.config import SlackConfig, Wiring
from connectors.slack.events import NAME
from connectors.slack.receiver import Receiver
from connectors.slack.workspace import Workspace, signed_in
from core.connector import Address
from core.connector.untrusted_json import Json, object_in, objects_in, text_in
from core.errors import ConfigurationError, Deferred, PlatformRefused, Rejected, RelaisError, Unusable
from core.language.operators import Phrase
from core.retry import Backoff, retried
from core.telemetry import log
from core.tls import unreached

LOOK_EVERY, LOOK_AGAIN = 60.0, 5.0
"""Seconds between two looks whether a token works: while it does, and while it does not."""
SOCKET_PAUSE = 2.0
STILL_CONNECTED_EVERY = 0.5


class Installations:
    """Those of the settings. `ready` is set while the tokens and sockets of all of them work."""

    def __init__(self, configs: Sequence[SlackConfig], wiring: Wiring) -> None:
        self.configs = configs
        self._wiring = wiring
        self._group: asyncio.TaskGroup | None = None
        self._away: set[str] = set()
        """Settings whose token or socket does not work now."""
        self.workspaces: dict[str, Workspace] = {}
        """The installations that signed in, by their home."""
        self.ready = asyncio.Event()

    # Their life

    async def run(self, receiver_with: Callable[[AsyncWebClient], Receiver]) -> None:
        """Serve all installations until cancelled."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._wiring.tls or True),
            timeout=aiohttp.ClientTimeout(total=60, connect=5),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            client = AsyncWebClient(base_url=self.configs[0].api_url, session=session, logger=QUIET)
            receiver = receiver_with(client)
            self._away = {config.setting for config in self.configs}
            async with asyncio.TaskGroup() as self._group:
                for config in self.configs:
                    part = NAME if len(self.configs) == 1 else config.setting
                    served = asyncio.Event()
                    serve = partial(self._serve, receiver, config, session, served)
                    self._group.create_task(self._wiring.upkeep.keep(part, serve, ready=served))

    async def _serve(
        self, receiver: Receiver, config: SlackConfig, session: aiohttp.ClientSession, served: asyncio.Event
    ) -> None:
        """Serve one installation. Raises ConfigurationError for a token that is not accepted at the start."""
        workspace = await self._signed_in(config, session)
        self.workspaces[workspace.me.home] = workspace
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

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this beside, while the installations are served."""
        if self._group is None:
            work.close()
        else:
            self._group.create_task(work)

    def spawn_quietly(self, work: Awaitable[None]) -> None:
        """Run what Slack need not wait for. It may fail."""

        async def tried() -> None:
            with suppress(RelaisError):
                await work

        self.spawn(tried())

    def _mark_away(self, setting: str, reason: str = "") -> None:
        """Note that a setting does not work. The `reason` is named once in the log, and in `/readyz`."""
        self._away.add(setting)
        self.ready.clear()
        if reason:
            self._wiring.upkeep.trouble(setting, reason)

    def _mark_there(self, setting: str) -> None:
        self._away.discard(setting)
        self._wiring.upkeep.well(setting)
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

        wiring = self._wiring
        return await retried(
            lambda: signed_in(
                config, session=session, tls=wiring.tls, shelf=wiring.shelf, budget=wiring.budget
            ),
            on=Deferred,
            pauses=Backoff(1.0),
            told=told,
        )

    async def _socket(self, receiver: Receiver, config: SlackConfig, session: aiohttp.ClientSession) -> None:
        """Hold the socket open. Raises ConfigurationError for a token that is not accepted at the start."""
        setting = f"{config.setting}__APP_TOKEN"
        api = Api(config.app_token, base=config.api_url, session=session, tls=self._wiring.tls)
        was_connected = False
        while True:
            pause = SOCKET_PAUSE
            try:
                opened = await api.call("apps.connections.open")
                async with receiver.on_socket(
                    config.app_token, api.client, text_in(opened, "url")
                ) as connected:
                    while await connected():
                        was_connected = True
                        self._mark_there(setting)
                        await asyncio.sleep(STILL_CONNECTED_EVERY)
                log.warning("slack_socket_lost", setting=setting, reason="closed")
            except (Unusable, PlatformRefused) as error:
                if not was_connected:
                    raise ConfigurationError(setting, "slack.app_token", code=error.code) from None
                self._mark_away(setting, str(Phrase("slack.token_gone", code=error.code)))
            except (RelaisError, SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                if setting not in self._away:
                    reason = error if isinstance(error, RelaisError) else unreached(error)
                    log.warning("slack_socket_lost", setting=setting, reason=str(reason))
                pause = max(pause, getattr(error, "retry_after", 0.0))
            self._mark_away(setting)
            await asyncio.sleep(pause)

    # Which of them

    def of_request(self, enterprise: str | None, team: str | None) -> Workspace | None:
        """The installation of a workspace, or else of its enterprise."""
        if team:
            for workspace in self.workspaces.values():
                if workspace.me.team == team:
                    return workspace
        if enterprise:
            for workspace in self.workspaces.values():
                if workspace.me.enterprise == enterprise:
                    return workspace
        return None

    def of_payload(self, body: Json) -> Workspace | None:
        """The workspace that a payload is for, or None if it is none of ours. Raises Deferred."""
        flat = [*objects_in(body, "authorizations"), body]
        named = [(each.get("enterprise_id"), each.get("team_id")) for each in flat]
        named.append((body.get("context_enterprise_id"), body.get("context_team_id")))
        named.append((object_in(body, "enterprise").get("id"), object_in(body, "team").get("id")))
        for enterprise, team in named:
            if (workspace := self.of_request(enterprise, team)) is not None:
                return workspace
        self._require_all()
        return None

    def at(self, address: Address) -> Workspace:
        """The workspace of an address. Raises Rejected, Deferred."""
        return self.of_home(events.place_of(address)[0], "delivery.workspace")

    def of_home(self, home: str, refusal: str) -> Workspace:
        """The workspace of this home. Raises Rejected with the sentence `refusal`, Deferred."""
        workspace = self.workspaces.get(home)
        if workspace is None:
            self._require_all()
            raise Rejected(Phrase(refusal))
        return workspace

    def _require_all(self) -> None:
        """Raise Deferred while one of our installations has not signed in: what belongs to none of the others
        may belong to it."""
        if len(self.workspaces) < len(self.configs):
            raise Deferred(Phrase("delivery.not_connected", connector=NAME), retry_after=1.0)
