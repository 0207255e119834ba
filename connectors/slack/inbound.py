"""What people do in Slack → events of the core, handed on: messages, commands, buttons, menus, reactions.

Each method of `Inbound` returns once all that was asked is durable, and raises if Slack is to send it again.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from slack_bolt.authorization import AuthorizeResult

from connectors.slack import events, interactivity
from connectors.slack.config import Wiring
from connectors.slack.installations import Installations
from connectors.slack.interactivity import Asked
from connectors.slack.people import is_person
from connectors.slack.render import CHOICE, choice_of
from connectors.slack.text import decode
from connectors.slack.words import Words
from connectors.slack.workspace import Workspace
from core.connector import Deliver, Echo, Event, Reacted
from core.connector.untrusted_json import Json, array_in, object_in, objects_in, text_in
from core.errors import Deferred, Rejected

LOOK = 1.5
"""Seconds that looking a message up may take before Slack is asked to send the event again."""


class Inbound:
    """The `receiver.Listener` for all installations. `deliver` is set once the connector runs."""

    def __init__(self, installations: Installations, wiring: Wiring) -> None:
        self._installations = installations
        self._wiring = wiring
        self.deliver: Deliver | None = None

    def authorized(self, enterprise: str | None, team: str | None) -> AuthorizeResult | None:
        """An installation of ours, which is all that Bolt needs. The other methods find the one that a
        request is for, and pass over requests that are for none of ours."""
        installations = self._installations
        workspace = installations.of_request(enterprise, team)
        workspace = workspace or next(iter(installations.workspaces.values()), None)
        if workspace is None:
            return None
        me = workspace.me
        return AuthorizeResult(
            enterprise_id=me.enterprise, team_id=me.team, bot_token=workspace.config.bot_token,
            bot_id=me.bot, bot_user_id=me.user,
        )  # fmt: skip

    async def _give(self, *found: Event | None) -> None:
        if self.deliver is not None and (given := [each for each in found if each is not None]):
            await self.deliver(given)

    async def event(self, body: Json) -> None:
        workspace, event = self._installations.of_payload(body), object_in(body, "event")
        beside = self._installations.spawn_quietly
        if workspace is None:
            return
        match event.get("type"):
            case "message" if echo := events.echo_of(event, workspace.me):
                beside(self._echoed(workspace, echo, marked=events.is_marked(event)))
            case "message" | "app_mention":
                shared = body.get("is_ext_shared_channel")
                async with workspace.taking(event):
                    heard = await workspace.heard(event, shared=shared if isinstance(shared, bool) else None)
                    await self._give(heard)
                    workspace.took(heard)
            case "app_home_opened":
                beside(self._opened(workspace, event))
            case "reaction_added":
                await self._give(await self._reacted(workspace, event))
            case "agent_session_stopped":
                if (order := interactivity.stopped_of(event, workspace.me)) is not None:
                    await self._give(order)  # the button stays until the app says that it is not at work
                    beside(workspace.status(order.address, ""))
            case _:
                await self._heed(workspace, event)

    async def _echoed(self, workspace: Workspace, echo: Echo, *, marked: bool) -> None:
        """Have a message that a replica posted too late deleted."""
        key = echo.key or await workspace.sender.key_of(echo.address, echo.id, marked=marked)
        if self._wiring.on_echo is not None and key:
            await self._wiring.on_echo(replace(echo, key=key, also=workspace.person_at(echo.address)))

    async def _opened(self, workspace: Workspace, event: Json) -> None:
        if event.get("tab") == "messages":
            await workspace.prompts(text_in(event, "channel"))
        else:
            user = text_in(event, "user")
            await workspace.home(user, self._wiring.contact, await self._language(workspace, user))

    async def _language(self, workspace: Workspace, user: str) -> str:
        """The language that a person chose, or that of the settings."""
        person = events.person_of(workspace.me, user).id
        language_of = self._wiring.language_of
        chosen = None if language_of is None else await language_of(person)
        return chosen or workspace.config.language

    async def _heed(self, workspace: Workspace, event: Json) -> None:
        """Heed what changes who reads a channel, who somebody is, or whether the app may go on."""
        match event.get("type"):
            case "channel_shared" | "channel_unshared" | "member_left_channel" | "member_joined_channel":
                await workspace.directory.changed(text_in(event, "channel"))
            case "assistant_thread_started":
                begun = object_in(event, "assistant_thread")
                where = text_in(begun, "channel_id"), text_in(begun, "thread_ts")
                self._installations.spawn_quietly(workspace.prompts(*where))
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
        workspace, user = self._installations.of_payload(body), text_in(body, "user_id")
        if workspace is None or not user:
            return ""
        text = interactivity.command_of(decode(text_in(body, "text"), {}, own=workspace.me.user))
        say = Words(await self._language(workspace, user))
        if text is None:
            return say.help()
        address = events.address_of(workspace.me, user, None)
        await self._ask(workspace, Asked(body=body, address=address, text=text, direct=True))
        return say.answered_in_direct()

    async def shortcut(self, body: Json) -> None:
        """« Résumer ce fil »: for its asker alone, who may have it said to all."""
        workspace = self._installations.of_payload(body)
        channel, message = text_in(body, "channel", "id"), object_in(body, "message")
        root = text_in(message, "thread_ts") or text_in(message, "ts") or text_in(body, "message_ts")
        if workspace is None or text_in(body, "callback_id") != interactivity.SUMMARY:
            return
        if not (channel and root):
            return
        address = events.address_of(workspace.me, channel, root)
        await self._ask(workspace, Asked(body=body, address=address, text="!résumé", private=True))

    async def _ask(self, workspace: Workspace, asked: Asked) -> None:
        """Hand on a question that was asked by a command, a button or in a menu."""
        question = interactivity.question_of(asked, workspace.me, at=self._wiring.clock())
        author = await workspace.author(asked.user)
        outsider = None if author is None else not author.is_insider
        await self._give(replace(question, outsider=outsider))

    async def action(self, body: Json) -> None:
        workspace = self._installations.of_payload(body)
        if workspace is None:
            return
        for action in objects_in(body, "actions"):
            id = text_in(action, "action_id")
            if id == "feedback":
                await self._give(interactivity.judged_of(body, action, workspace.me, at=self._wiring.clock()))
            elif id.startswith(CHOICE) and (chosen := choice_of(text_in(action, "value"))):
                channel, root, text = chosen
                address = events.address_of(workspace.me, channel, root or None)
                direct = channel.startswith("D") or is_person(channel)
                asked = Asked(body=body, address=address, text=text, direct=direct, button=action)
                await self._ask(workspace, asked)
                if (language := interactivity.language_of(text)) and is_person(channel):
                    self._installations.spawn_quietly(workspace.home(channel, self._wiring.contact, language))
