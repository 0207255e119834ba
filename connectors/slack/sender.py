"""Messages to Slack: each once, whatever is lost on the way.

Slack documents no idempotency key. Each post carries an opaque key in its metadata; after any doubt about
the outcome of a post, the thread is read for that key before the post is repeated. A file carries no
metadata (`connectors.slack.files`). A post into a thread whose root is gone lands in the channel: it is
deleted at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

from cachetools import FIFOCache

from connectors.slack.api import POST, REPLIES, UPDATE, Api, NotYet, pages
from connectors.slack.events import EVENT, NAME, Me, is_ts, place_of
from connectors.slack.files import Uploads
from connectors.slack.render import LIMIT, blocks_of, choices_block, notice_of, plain_of
from connectors.slack.streams import GROWS_AGAIN, Streams
from connectors.slack.words import Words
from core.connector import Address, Draft, Shelf
from core.connector.untrusted_json import Json, object_in, objects_in, text_in
from core.errors import Deferred, PlatformRefused, Rejected, RelaisError, TooLong, Unchangeable
from core.language.operators import Phrase
from core.telemetry import log

SETTLES = 0.5
"""Seconds that a post whose answer was lost may still take to be readable."""
PAGE = 200
LOOK_BACK = 7 * 86_400.0
"""Seconds within which a post is looked for in a chat, where what it answers has no time of its own: a
command, or a private word, which is kept so long."""
POST_LIMIT, UPDATE_LIMIT = 40_000, 4_000
"""Characters of the text of a message that has no blocks ("chat.postMessage", "chat.update")."""
_BLOCKS_REFUSED = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)


class Sender:
    """See the module's docstring. One for each workspace."""

    def __init__(
        self,
        api: Api,
        me: Me,
        shelf: Shelf,
        *,
        person_in: Callable[[str], str | None] = lambda channel: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`shelf` is shared by all replicas: ids of uploads, streams that were started. `person_in`: whose
        direct chat a channel is."""
        self.streams = Streams(api, me, shelf, person_in=person_in, clock=clock)
        self._uploads = Uploads(api, shelf)
        self._api = api
        self._me = me
        self._clock = clock
        self._doubtful: dict[str, int] = {}
        """What was posted with each key, where the outcome is unknown to this process."""
        self._posted: FIFOCache[str, str] = FIFOCache(5_000)
        """The keys of the messages that this process posted, by their ts."""

    def doubts(self, key: str) -> bool:
        """Was this posted, perhaps?"""
        return key in self._doubtful

    async def send(self, address: Address, draft: Draft, *, to: str = "") -> tuple[str, str]:
        """Post; the channel and the ts of the message. `to`: the person whose chat this is, where the core
        sends to them. Raises Rejected, Deferred."""
        _, channel = place_of(address)
        if draft.key in self._doubtful and (found := await self._after_doubt(address, draft)) is not None:
            return channel, found
        if draft.file is not None:
            shared = await self._uploads.share(address, draft.key, draft.file, notice_of(draft.text))
            return channel, await self._in_thread(address, *shared)
        try:
            if (ts := await self.streams.start(address, draft)) is not None:
                self._posted[ts] = draft.key
                return channel, ts
            await self._spares(draft)
            return await self._post(address, draft, to)
        except NotYet:
            raise
        except Deferred:
            self._doubtful[draft.key] = _what(draft)
            raise

    async def _after_doubt(self, address: Address, draft: Draft) -> str | None:
        """The ts of the message that was posted after all; it holds the draft then, not its beginning: one
        that Slack lets nobody edit is deleted, where it lets that be."""
        await asyncio.sleep(SETTLES)
        found = await self.find(address, draft.key, None)
        stands = self._doubtful.get(draft.key) == _what(draft)
        if found is not None and not (stands or draft.growing or draft.file):
            try:
                await self.replace(address, found, draft)
            except Unchangeable:
                with suppress(PlatformRefused):
                    await self.delete(address, found)
                found = None
        self._doubtful.pop(draft.key, None)
        return found

    async def _post(self, address: Address, draft: Draft, to: str) -> tuple[str, str]:
        _, channel = place_of(address)
        answer = await self._written(
            POST,
            draft,
            channel=channel,
            thread_ts=address.thread,
            metadata=_metadata(draft, draft.key, to or channel),
            unfurl_links=False,
            unfurl_media=False,
        )
        ts = text_in(answer, "ts")
        if not ts:
            raise Deferred(Phrase("delivery.form", what="chat.postMessage"), retry_after=1.0)
        self._posted[ts] = draft.key
        if stands := object_in(answer, "message"):
            await self._in_thread(address, ts, text_in(stands, "thread_ts"))
        return text_in(answer, "channel") or channel, ts

    async def _in_thread(self, address: Address, ts: str, thread: str) -> str:
        """The ts of our message, which Slack says to stand in this `thread` (or empty). Raises Rejected when
        it landed in the channel since the root of its thread is gone: it is deleted."""
        try:
            if address.thread in (None, thread) or await self._has_root(address):
                return ts
            await self.delete(address, ts)
        except NotYet as limited:  # the message stands, perhaps where it may not
            raise Deferred(str(limited), retry_after=limited.retry_after) from None
        raise Rejected(Phrase("delivery.no_root"))

    async def _has_root(self, address: Address) -> bool:
        """Does the root of the thread still stand?"""
        _, channel = place_of(address)
        try:
            page = await self._api.ask("conversations.replies", channel=channel, ts=address.thread, limit=1)
        except PlatformRefused:
            return False
        return _stands(objects_in(page, "messages"), address.thread)

    async def _written(self, method: str, draft: Draft, **where: object) -> Json:
        """Post or update a message; as plain text where Slack does not take its blocks. Raises TooLong where
        that text is more than it takes; of an answer that grows, the beginning is shown."""
        try:
            blocks = self._blocks(draft, draft.text)
            return await self._api.call(method, text=notice_of(draft.text) or "…", blocks=blocks, **where)
        except PlatformRefused as refused:
            if refused.code not in _BLOCKS_REFUSED:
                raise
            log.warning("slack_blocks_refused", connector=NAME, reason=refused.code)
            text, most = plain_of(draft.text), UPDATE_LIMIT if method == UPDATE else POST_LIMIT
            if len(text) > most and not draft.growing:
                raise TooLong(Phrase("delivery.too_long", what=method)) from None
            text = text if len(text) <= most else text[: most - 1] + "…"
            return await self._api.call(method, text=text, blocks=[], **where)

    async def _spares(self, draft: Draft) -> None:
        """An answer grows only with calls that nobody else is likely to need. Raises NotYet."""
        if draft.growing and not await self._api.spare(UPDATE):
            raise NotYet(Phrase("delivery.no_spare"), retry_after=GROWS_AGAIN)

    def _blocks(self, draft: Draft, text: str) -> list[Json]:
        say: Words = Words(draft.language)
        feedback = not (draft.notice or draft.failed or draft.growing)
        blocks = blocks_of(text, feedback=feedback, labels=(say.good(), say.bad()))
        if draft.choices:
            channels = [place_of(each.address)[1] for each in draft.choices]
            blocks.append(choices_block(draft.choices, channels))
        return blocks

    async def replace(self, address: Address, ts: str, draft: Draft) -> None:
        """Replace our message. Raises Rejected, TooLong, Deferred."""
        _, channel = place_of(address)
        metadata = _metadata(draft, draft.posted or draft.key, channel)
        if draft.growing:
            if await self.streams.append(address, ts, draft):
                return
            await self._spares(draft)
        else:
            below = self._blocks(draft, "")
            if await self.streams.finish(address, ts, draft, blocks=below, metadata=metadata):
                return
        write = partial(self._written, UPDATE, draft, channel=channel, ts=ts, metadata=metadata)
        await self._unless_streaming("streaming_state_conflict", channel, ts, write)

    async def _unless_streaming(
        self, code: str, channel: str, ts: str, change: Callable[[], Awaitable[object]]
    ) -> None:
        """Change a message; one that is an open stream, which Slack refuses with `code`, is stopped first."""
        try:
            await change()
        except PlatformRefused as refused:
            if refused.code != code:
                raise
            await self.streams.stop(channel, ts)
            await change()

    async def delete(self, address: Address, ts: str) -> None:
        """Delete our message; one that is gone is no error."""
        _, channel = place_of(address)
        delete = partial(self._api.call, "chat.delete", channel=channel, ts=ts)
        try:
            await self._unless_streaming("cant_delete_message", channel, ts, delete)
        except PlatformRefused as refused:
            if refused.code not in ("message_not_found", "channel_not_found", "thread_not_found"):
                raise

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        """The ts of our undeleted message that carries `key`; of a file, where it was shared. Raises Rejected
        when it stands in the channel since the root of its thread is gone: it is deleted."""
        if id := await self._uploads.noted(address, key):
            shared = await self._uploads.shared(address, id)
            return shared and await self._in_thread(address, *shared)
        if address.thread is None:
            timed = since is not None and is_ts(since)
            oldest = since if timed else f"{self._clock() - LOOK_BACK:.6f}"
            return await self._found("conversations.history", address, key, oldest=oldest)
        thread = partial(self._found, "conversations.replies", address, ts=address.thread)
        try:
            found = await thread(key)
            if found is None and await self.streams.is_noted(address, key):
                found = await thread("")
            return found
        except _RootGone:
            stray = await self._found("conversations.history", address, key, oldest=address.thread)
            if stray is not None:
                await self.delete(address, stray)
                raise Rejected(Phrase("delivery.no_root")) from None
            return None

    async def _found(self, method: str, address: Address, key: str, **where: str | None) -> str | None:
        """The ts of our message with this key (empty: without any) in a thread or a channel; None also where
        Slack does not let it be looked for. Raises _RootGone."""
        _, channel = place_of(address)
        whole = method == "conversations.history"
        asked: Json = {"channel": channel, "include_all_metadata": "true", "limit": PAGE}
        stands = whole
        try:
            async for page, _ in pages(self._api, method, **where, **asked):
                messages = objects_in(page, "messages")
                stands = stands or _stands(messages, where["ts"])
                if not stands:
                    raise _RootGone
                for message in messages:
                    carried = text_in(message, "metadata", "event_payload", "key")
                    if self._is_ours(message) and carried == key and (key or not message.get("files")):
                        return text_in(message, "ts")
        except PlatformRefused as refused:
            if refused.code in ("thread_not_found", "message_not_found") and not whole:
                raise _RootGone from None
        return None

    async def root_of(self, channel: str, ts: str) -> str | None:
        """The root of the thread that our message stands in; None for a message that is not ours."""
        page = await self._api.ask("conversations.replies", channel=channel, ts=ts, limit=1)
        for message in objects_in(page, "messages"):
            if text_in(message, "ts") == ts and self._is_ours(message):
                return text_in(message, "thread_ts") or ts
        return None

    async def key_of(self, address: Address, ts: str, *, marked: bool) -> str | None:
        """The key of our message, of which its event told none: it is `marked` to have one, or may be a
        stream, which has none yet. This process knows it if it posted it; else the message itself tells, as
        far as Slack has calls to spare. None where there is nothing to tell by. Raises Rejected, Deferred."""
        # Slack's answer to the post may come after its event; then the core notes which message counts.
        await asyncio.sleep(SETTLES)
        if (key := self._posted.get(ts)) is not None:
            return key
        noted = await self.streams.key_of(address, ts)
        if noted is None and not (marked and await self._api.spare(REPLIES)):
            return None
        asked: Json = {
            "channel": place_of(address)[1],
            "ts": address.thread or ts,
            "oldest": ts,
            "latest": ts,
        }
        asked |= {"inclusive": "true", "include_all_metadata": "true", "limit": 2}
        page = await self._api.ask(REPLIES, **asked)
        for message in objects_in(page, "messages"):
            if text_in(message, "ts") == ts and self._is_ours(message):
                return text_in(message, "metadata", "event_payload", "key") or noted
        return None

    def _is_ours(self, message: Json) -> bool:
        return message.get("user") == self._me.user or message.get("bot_id") == self._me.bot


def _what(draft: Draft) -> int:
    """Two drafts with one key that show the same have the same."""
    return hash((draft.text, draft.growing, draft.choices))


def _metadata(draft: Draft, key: str, to: str) -> Json:
    """The key by which the message is found again, whom or what channel it was sent `to`, by which its echo
    is known (an edit has none), and the signed record of its text."""
    record = {"provenance": draft.record} if draft.record else {}
    return {"event_type": EVENT, "event_payload": {"key": key, "to": to, **record}}


class _RootGone(RelaisError):
    """The root of a thread was deleted: what is posted into the thread lands in the channel."""


def _stands(messages: Sequence[Json], root: str | None) -> bool:
    """Is the root of a thread among its messages, and no tombstone?"""
    return any(text_in(each, "ts") == root and text_in(each, "subtype") != "tombstone" for each in messages)


__all__ = ["LIMIT", "Sender"]
