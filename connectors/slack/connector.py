"""Slack as a platform: threads are conversations, one post is an answer, only public matter belongs here.

The connector listens over HTTP (`/slack/events` of the replica's server) or, with an app token, on a socket.
It is stateless but for caches: any replica may take any event, and any may answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack import events
from connectors.slack.api import UPDATE
from connectors.slack.config import SlackConfig, Wiring
from connectors.slack.directory import Place
from connectors.slack.events import NAME, user_of
from connectors.slack.inbound import Inbound
from connectors.slack.installations import Installations
from connectors.slack.people import is_person
from connectors.slack.receiver import PATH, Receiver, refusal_of
from connectors.slack.render import LIMIT
from connectors.slack.words import Words
from connectors.slack.workspace import Workspace
from core.connector import (
    Address,
    Attachment,
    Audience,
    AudienceKind,
    Deliver,
    Draft,
    Grows,
    Message,
    NoCapabilities,
    Pace,
    Range,
    Sending,
    Signs,
    Wanted,
    WebhookAnswer,
)
from core.errors import Deferred, Rejected

ROOT_WITHIN = 10.0
"""Seconds that a question waits for what its thread begins with, while Slack does not give that."""
REFRESH, MOST_REFRESHES = 90.0, 20
"""Seconds after which the status of a thread is shown again, which Slack lets go after two minutes; and how
often: half an hour."""


class SlackConnector(NoCapabilities):
    """See `core.connector.Connector`. One for all workspaces of the settings."""

    name = NAME
    limit = LIMIT
    largest = 4 << 20
    """Bytes of a request of Slack's: who posts is known by its signature alone, once all of it is here."""
    path = PATH

    def __init__(self, configs: Sequence[SlackConfig], wiring: Wiring) -> None:
        self._clock = wiring.clock
        self._installations = Installations(configs, wiring)
        self._inbound = Inbound(self._installations, wiring)
        self._receiver: Receiver | None = None
        self._signs: Signs[Address] = Signs(
            self._show, self._installations.spawn, every=REFRESH, most=MOST_REFRESHES
        )
        self.ready = self._installations.ready
        self.editing = self
        self.files = self
        self.descriptions = self
        self.activity = self
        self.history = self
        self.private = self
        self.webhook = self if any(not each.app_token for each in configs) else None

    # What is posted

    async def run(self, deliver: Deliver) -> None:
        self._inbound.deliver = deliver
        await self._installations.run(self._receiver_with)

    def _receiver_with(self, client: AsyncWebClient) -> Receiver:
        self._receiver = receiver = Receiver(self._inbound, client)
        return receiver

    def admits(self, headers: Mapping[str, str]) -> bool:
        return bool(self._installations.workspaces)

    async def receive(self, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        if self._receiver is None or not self._installations.workspaces:
            return WebhookAnswer(status=503)
        secrets = [each.signing_secret for each in self._installations.configs if each.signing_secret]
        refused = refusal_of(headers, body, secrets, self._clock())
        if refused:
            return WebhookAnswer(status=refused)
        return await self._receiver.posted(headers, body)

    # What leaves

    async def _there(self, address: Address) -> tuple[Workspace, Address]:
        """The workspace of an address, and the channel that it stands for. Raises Rejected, Deferred."""
        workspace = self._installations.at(address)
        return workspace, await workspace.settled(address)

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        workspace, address = await self._there(address)
        return await workspace.history.recall(address, wanted)

    def pace(self, address: Address, sending: Sending) -> Pace:
        """Slack limits each method apart: `connectors.slack.api` counts the calls themselves."""
        return Pace(per_second=math.inf, burst=1, scope=NAME)

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        workspace = self._installations.at(address)
        _, channel = events.place_of(address)
        place = await workspace.directory.place(channel, asked=asked)

        def ids(users: frozenset[str]) -> frozenset[str]:
            return frozenset(f"{NAME}:{workspace.me.home}:{each}" for each in users)

        # Who joins a channel, private ones too, reads all of it from its beginning.
        return Audience(
            kind=_kind_of(place),
            members=ids(place.people.members),
            at=place.at,
            direct=place.direct,
            open=not place.direct,
            outsiders=ids(place.people.outsiders),
            foreign=place.shared,
            closed=not workspace.is_listed(place),
            name="" if place.direct else place.name,
            uncertain=place.people.uncertain,
        )

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        workspace = self._installations.at(address)
        ts = await workspace.send(address, draft)
        if not (audience.closed or (audience.foreign and draft.notice)):
            await workspace.take_part(address)
        return ts

    def grows(self, address: Address) -> Grows:
        home, channel = events.place_of(address)
        if channel.startswith("D"):
            return "steadily"
        workspace = self._installations.workspaces.get(home)
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
            files = await self._installations.at(message.address).files.described(message.attachments)
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
        return await self._installations.at(address).files.fetch(attachment, limit)

    async def chat(self, person: str, known: str | None, *, asks: bool = False) -> Address:
        home = person.split(":")[1] if person.startswith(f"{NAME}:") else ""
        workspace = self._installations.of_home(home, "delivery.no_person")
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
        workspace = self._installations.workspaces.get(events.place_of(address)[0])
        if workspace is not None:
            await workspace.status(address, Words(workspace.config.language).working() if on else "")


def _kind_of(place: Place) -> AudienceKind:
    if place.shared:
        return "slack_external"
    return "slack_guests" if place.people.guests else "slack"
