"""One workspace at work: what its events mean, and who reads its channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
from cachetools import FIFOCache

from connectors.slack import events
from connectors.slack.api import Api, Limits
from connectors.slack.config import SlackConfig
from connectors.slack.directory import Directory, Place
from connectors.slack.events import Changed, Gone, Me, Written
from connectors.slack.files import SlackFiles
from connectors.slack.history import SlackHistory
from connectors.slack.people import Organisation, Someone, is_person
from connectors.slack.render import choices_block, escaped, section
from connectors.slack.sender import Sender
from connectors.slack.words import Words
from core.connector import Address, Choice, Draft, Event, Message, Shelf, Shelved
from core.connector.untrusted_json import Json, number_in, text_in
from core.delivery.outbox import Budget
from core.errors import ConfigurationError, Deferred, PlatformRefused, RelaisError, Unusable
from core.language.operators import Phrase

LOOK = 0.4
"""Seconds that looking a person up, and those whom they name, may each take before a question is
acknowledged."""
OPEN, OPENS = "conversations.open", 0.7
"""How a direct chat is opened, and the seconds that this may take before who is told something waits."""
TAKES_PART = "thread"
"""Name on the shelf of threads that the bot answered in."""


async def signed_in(
    config: SlackConfig,
    *,
    session: aiohttp.ClientSession,
    tls: Any,
    shelf: Callable[[str], Shelf],
    budget: Budget | None = None,
) -> Workspace:
    """Learn who the token is. Raises ConfigurationError for a token that is not accepted, Deferred."""
    limits = Limits(budget, config.bot_token) if budget else None
    api = Api(config.bot_token, base=config.api_url, session=session, tls=tls, limits=limits)
    try:
        who = await api.call("auth.test")
    except (Unusable, PlatformRefused) as error:
        raise ConfigurationError(f"{config.setting}__BOT_TOKEN", "slack.token", code=error.code) from None
    me = Me(
        team=text_in(who, "team_id"),
        enterprise=text_in(who, "enterprise_id") or None,
        user=text_in(who, "user_id"),
        bot=text_in(who, "bot_id"),
        app=text_in(who, "app_id"),
        url=text_in(who, "url"),
        whole=bool(who.get("is_enterprise_install")),
    )
    return Workspace(config, api, me, shelf=shelf(me.home))


class Workspace:
    """See the module's docstring."""

    def __init__(self, config: SlackConfig, api: Api, me: Me, *, shelf: Shelf) -> None:
        self.config = config
        self.api = api
        self.me = me
        self.directory = Directory(
            api,
            shelf,
            own=me.user,
            organisation=Organisation(team=None if me.whole else me.team, enterprise=me.enterprise),
            by_name=bool(config.channels),
        )
        self.files = SlackFiles(api)
        self.history = SlackHistory(api, me, self.directory, self.files)
        self.sender = Sender(api, me, shelf, person_in=self.directory.directs.get)
        self._shelf = shelf
        self._unknown: set[str] = set()
        """Methods that this Slack does not know, or that the app may not call."""
        self._threads: FIFOCache[tuple[str, str], bool] = FIFOCache(50_000)
        """Threads that this process knows the bot to have answered in: the channel and the root."""
        self._statuses: dict[Address, bool] = {}
        """Where a status is shown that no post has ended since: does Slack surely have it?"""
        self._chats: FIFOCache[str, Address] = FIFOCache(20_000)
        """The direct chats of people who gave a command."""
        self._taken: FIFOCache[str, bool] = FIFOCache(5_000)
        """The keys of questions that this process has handed on."""
        self._taking = WeakValueDictionary[tuple[str, str], asyncio.Lock]()
        """Held while an event of a message, by its channel and ts, is heard and handed on."""

    # What comes

    def taking(self, event: Json) -> asyncio.Lock:
        """What to hold from the hearing of an event to its end: a mention comes as a message too, mostly at
        once, and the second is not looked at before the first is in the store."""
        message = text_in(event, "channel"), text_in(event, "ts")
        return self._taking.setdefault(message, asyncio.Lock())

    async def heard(self, event: Json, *, shared: bool | None) -> Event | None:
        """The event of the core that a `message` or `app_mention` is; None for what is not for the bot."""
        found = events.happened(event, self.me, shared=shared)
        match found:
            case None:
                return None
            case Written():
                taken = events.key_of(self.me, found.channel, found.ts) in self._taken
                return None if taken else await self._question(found)
            case Changed(new=new):
                message = await self._question(new)
                if message is None or (found.calls and not await self._was_for_us(new)):
                    return message
                return events.edited_of(message, number_in(event, "event_ts"))
            case Gone():
                return events.deleted_of(found, self.me, number_in(event, "event_ts"))

    def took(self, event: Event | None) -> None:
        """Note that an event was dealt with, so that it is not handed on again, as a mention that comes as a
        message too, or a retry: it is in the store, or the inbox was full, and its author is told."""
        if isinstance(event, Message):
            self._taken[event.key] = True

    async def _question(self, written: Written) -> Message | None:
        """The question that a message is; an order to stop also in a thread in which one may be asked."""
        addressed = await self._is_for_us(written)
        if not (addressed or (written.thread and events.is_stop(written.text))):
            return None
        if written.direct:
            self.directory.directs[written.channel] = written.user
        if written.shared is not None:
            self.directory.told(written.channel, shared=written.shared)
        author = await self.author(written.user)
        if author is not None and author.closed:
            return None  # nobody is there to be answered
        try:
            async with asyncio.timeout(0.0 if author is None else LOOK):
                names = await self.directory.names((written.people | {written.user}) - {self.me.user})
        except TimeoutError:
            names = {}
        outsider = None if author is None else not author.is_insider
        return events.message_of(written, self.me, names, addressed=addressed, outsider=outsider)

    async def author(self, user: str) -> Someone | None:
        """Who asks; None where Slack does not tell in time."""
        try:
            async with asyncio.timeout(LOOK):
                return await self.directory.author(user)
        except (Deferred, TimeoutError):
            return None

    async def _is_for_us(self, written: Written) -> bool:
        """A direct message, a mention, or a thread that the bot answered in."""
        if written.direct or written.mentioned:
            return True
        return not written.mentions_others and await self._was_for_us(written)

    async def _was_for_us(self, written: Written) -> bool:
        """Is it for the bot without any mention?"""
        if written.direct or written.thread is None:
            return written.direct
        return await self._takes_part(written.channel, written.thread)

    async def _takes_part(self, channel: str, root: str) -> bool:
        """Did any replica answer in this thread?"""
        if (channel, root) in self._threads:
            return True
        place = events.address_of(self.me, channel, None).conversation
        if not await self._shelf.get(place, f"{TAKES_PART}:{root}"):
            return False
        self._threads[channel, root] = True
        return True

    async def take_part(self, address: Address) -> None:
        """Note for all replicas that the bot answered in a thread."""
        _, channel = events.place_of(address)
        if address.thread is None or (channel, address.thread) in self._threads:
            return
        name = f"{TAKES_PART}:{address.thread}"
        await self._shelf.put(address.conversation, [Shelved(name=name, variant="", value=b"1")])
        self._threads[channel, address.thread] = True

    async def chat(self, user: str, *, asks: bool) -> Address:
        """The bot's direct chat with a person; where it is not soon opened (Slack opens fifty a minute), and
        nothing `asks` for its id, the person's own address: what is posted there comes in that chat."""
        address = events.address_of(self.me, user, None)
        if asks or user in self._chats:
            return await self.settled(address)
        if self.api.is_limited(OPEN):  # who asks and goes would keep a place before those who stay
            return address
        try:
            async with asyncio.timeout(OPENS):
                return await self.settled(address)
        except (Deferred, TimeoutError):
            return address

    async def settled(self, address: Address) -> Address:
        """The address itself; of one that names a person (a command's), the direct chat with them."""
        _, user = events.place_of(address)
        if not is_person(user):
            return address
        if user not in self._chats:
            opened = await self.api.call(OPEN, users=user)
            self._met(user, text_in(opened, "channel", "id"))
        return self._chats[user]

    def person_at(self, address: Address) -> Address | None:
        """The address of the person of a direct chat, which a command's answer is sent to; None elsewhere. An
        earlier version's post does not tell which of the two it was sent to."""
        _, channel = events.place_of(address)
        user = self.directory.directs.get(channel) if address.thread is None else None
        return events.address_of(self.me, user, None) if user else None

    def _met(self, user: str, channel: str) -> None:
        """Know the direct chat with a person. Raises Deferred where Slack named none."""
        if not channel.startswith("D"):
            raise Deferred(Phrase("delivery.form", what=OPEN), retry_after=1.0)
        self._chats[user] = events.address_of(self.me, channel, None)
        self.directory.directs[channel] = user

    async def send(self, address: Address, draft: Draft) -> str:
        """Post, which ends the status that Slack shows of the thread; the ts."""
        shown = self._statuses.get(address)
        ts = await self._sent(address, draft)
        if shown:
            self._statuses.pop(address, None)
        return ts

    async def _sent(self, address: Address, draft: Draft) -> str:
        """Post. A person's address stands for their chat, which Slack opens by the post itself."""
        _, user = events.place_of(address)
        if not is_person(user) or user in self._chats or draft.file or self.sender.doubts(draft.key):
            _, ts = await self.sender.send(await self.settled(address), draft, to=user)
            return ts
        try:
            channel, ts = await self.sender.send(address, draft)
        except PlatformRefused as refused:
            if refused.code != "channel_not_found":
                raise
            _, ts = await self.sender.send(await self.settled(address), draft, to=user)
            return ts
        with suppress(Deferred):
            self._met(user, channel)
        return ts

    # Who reads

    def is_listed(self, place: Place) -> bool:
        """Is the bot to answer in this channel?"""
        listed = self.config.channels
        named = (place.id, place.name, f"#{place.name}")
        return place.direct or not listed or not listed.isdisjoint(named)

    # What shows that it is at work

    async def status(self, address: Address, text: str) -> None:
        """Show the status of a thread with Slack's button to stop, or end both (an empty text): a post has
        mostly ended the first. Best effort."""
        _, channel = events.place_of(address)
        if address.thread is None:
            return
        where = {"channel_id": channel, "thread_ts": address.thread}
        if text:
            self._statuses[address] = False
        stands = text or self._statuses.pop(address, None) is not None
        await asyncio.gather(
            *([self._try("assistant.threads.setStatus", **where, status=text)] if stands else []),
            self._try("agents.sessions.setStatus", **where, status="processing" if text else "active"),
        )
        if address in self._statuses:
            self._statuses[address] = True

    async def _try(self, method: str, **arguments: object) -> None:
        """Call what may as well not be done; what Slack does not know is not called again."""
        if method in self._unknown:
            return
        try:
            await self.api.call(method, **arguments)
        except PlatformRefused as refused:
            if refused.code in ("unknown_method", "missing_scope", "not_allowed_token_type"):
                self._unknown.add(method)
        except RelaisError:
            return

    async def home(self, user: str, contact: str, language: str) -> None:
        """Publish the home of a person, in their `language`; best effort."""
        chat, say = events.address_of(self.me, user, None), Words(language)
        settings = [Choice(label=label, text=text, address=chat) for label, text in say.settings()]
        view = {
            "type": "home",
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": say.home_title()}},
                section(say.home_body(escaped(contact))),
                choices_block(settings, [user] * len(settings)),
            ],
        }
        await self._try("views.publish", user_id=user, view=view)

    async def prompts(self, channel: str, thread: str | None = None) -> None:
        """Suggest questions in a direct chat; best effort. `thread`: where the app still has Slack's first
        view for assistants (`assistant_view`), one of its threads."""
        chosen = [{"title": title, "message": text} for title, text in Words(self.config.language).prompts()]
        where = {"channel_id": channel, "thread_ts": thread}
        await self._try("assistant.threads.setSuggestedPrompts", prompts=chosen, **where)
