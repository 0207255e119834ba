"""Files that people sent, and those that the bot shares."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import aiohttp
from cachetools import FIFOCache

from connectors.slack import events
from connectors.slack.api import BEGIN, COMPLETE, Api, NotYet
from connectors.slack.events import place_of
from core.connector import Address, Attachment, File, Shelf, Shelved
from core.connector.untrusted_json import Json, object_in, objects_in, text_in
from core.errors import Deferred, PlatformRefused, Rejected, TooLarge
from core.language.operators import Phrase
from core.tls import unreached

_CANVAS = b"quip-canvas-content"
"""What stands in the HTML of each canvas, and not in the page that Slack gives where a right is missing."""
UNTOLD = "check_file_info"
"""The `file_access` of a file of which the event tells no more than its id."""


class SlackFiles:
    """Files that people sent: described before anything is judged, fetched only from Slack's hosts or the
    API's. One for each workspace.

    Of a file from another organisation (Slack Connect) an event tells the id alone; name and type come from
    `files.info`. They are looked up when the message is handled: a file is judged by them before it is
    fetched."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def described(self, files: Sequence[Attachment]) -> tuple[Attachment, ...]:
        """The files with their names and types, as far as Slack tells them. Raises Deferred."""

        async def one(file: Attachment) -> Attachment:
            if file.reference.get("access") != UNTOLD:
                return file
            try:
                return events.attachment_of(await self._about(file))
            except Rejected:
                return file

        return tuple(await asyncio.gather(*map(one, files)))

    async def _about(self, file: Attachment) -> Json:
        about = object_in(await self._api.ask("files.info", file=file.reference.get("id", "")), "file")
        return about | {"file_access": "visible"}

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The bytes of a file. Raises Rejected (TooLarge), Deferred."""
        url = await self._url_of(attachment)
        headers = {"Authorization": f"Bearer {self._api.token}"}
        try:
            async with self._api.session.get(url, headers=headers, allow_redirects=False) as answer:
                _check(answer, attachment)
                data = await answer.content.read(limit + 1)
                while len(data) <= limit and (more := await answer.content.read(limit + 1 - len(data))):
                    data += more
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Deferred(f"file: {unreached(error)}", retry_after=1.0) from None
        if len(data) > limit:
            raise TooLarge(Phrase("files.too_large", limit=limit))
        if attachment.reference.get("type") == events.CANVAS and _CANVAS not in data:
            raise Rejected(Phrase("files.sign_in"))
        return data

    async def _url_of(self, attachment: Attachment) -> str:
        url = attachment.reference.get("url", "")
        if attachment.reference.get("mode") == "tombstone":
            raise Rejected(Phrase("files.gone"))
        if attachment.reference.get("access") == UNTOLD or not url:
            found = events.attachment_of(await self._about(attachment))
            if found.name != attachment.name:
                raise Rejected(Phrase("files.name"))
            url = found.reference["url"]
        if not self._is_slack(url):
            raise Rejected(Phrase("files.elsewhere"))
        return url

    def _is_slack(self, url: str) -> bool:
        asked, base = urlsplit(url), urlsplit(self._api.base)
        if (asked.scheme, asked.netloc) == (base.scheme, base.netloc):
            return True
        host = asked.hostname or ""
        return asked.scheme == "https" and (
            host in ("slack.com", "slack-files.com") or host.endswith((".slack.com", ".slack-files.com"))
        )


def _check(answer: aiohttp.ClientResponse, attachment: Attachment) -> None:
    if answer.status >= 500 or answer.status == 429:
        raise Deferred(f"file: {answer.status}", retry_after=2.0)
    if answer.status != 200:
        raise Rejected(f"file: {answer.status}")
    if answer.content_type == "text/html" and attachment.media_type != "text/html":
        raise Rejected(Phrase("files.sign_in"))


PAUSES = (0.1, 0.3, 1.0, 2.0)
"""Seconds between the looks for a share."""
LATE = (4.0, 8.0)
"""Further ones, for that of an upload that is refused, and was completed before, perhaps."""
STORED_WITHIN = 60.0
"""Seconds in which a file is put in Slack's store."""

Share = tuple[str, str]
"""The ts of the message that carries a file, and the root of its thread, or empty."""


class Uploads:
    """Files that the bot shares: each in one upload, whatever is lost on the way. One for each workspace.

    An upload is begun, its data stored, and completed; the message that carries the file comes a moment
    later, and is told by the file alone, as its share. So the file's id is noted before the upload is
    completed. Whoever goes on looks for the share first, and completes the same upload again rather than make
    another.

    To store a file, and to look for a share, takes seconds, in which others may come to read the channel: the
    attempt ends then, and the next one, which is judged anew, completes the upload at once.
    """

    def __init__(self, api: Api, shelf: Shelf) -> None:
        """`shelf` is shared by all replicas."""
        self._api = api
        self._shelf = shelf
        self._ready: FIFOCache[str, bool] = FIFOCache(5_000)
        """The keys of uploads that the next attempt completes at once: were they completed, perhaps?"""

    async def share(self, address: Address, key: str, file: File, comment: str) -> Share:
        """Share a file with a `comment` in plain text, or nothing. Raises Rejected, Deferred."""
        _, channel = place_of(address)
        id = await self.noted(address, key)
        if (doubtful := self._ready.pop(key, None)) is None:
            if id and (share := await self._awaited(address, id, PAUSES)) is not None:
                return share
            await self._made_ready(address, key, file, id)
        try:
            await self._api.ask(
                COMPLETE,
                patience=0.0,
                files=json.dumps([{"id": id, "title": file.name}]),
                channel_id=channel,
                thread_ts=address.thread,
                initial_comment=comment or None,
            )
        except (NotYet, PlatformRefused) as undone:
            looks = PAUSES + LATE if doubtful and isinstance(undone, PlatformRefused) else ()
            if (share := await self._awaited(address, id, looks)) is not None:
                return share
            self._ready[key] = doubtful
            raise
        if (share := await self._awaited(address, id, PAUSES)) is None:
            raise Deferred(Phrase("delivery.not_shared"), retry_after=2.0)
        return share

    async def _made_ready(self, address: Address, key: str, file: File, id: str) -> NoReturn:
        """Have a file in Slack's store, this `id` of it if it is there; the next attempt completes its
        upload. Always raises Deferred, if not Rejected."""
        there = bool(id) and await self._about(id) is not None
        if not there:
            await self._stored(address, key, file)
        self._ready[key] = there
        raise Deferred(Phrase("delivery.not_shared"), in_turn=True)

    async def noted(self, address: Address, key: str) -> str:
        """The id of the file that any replica uploaded under this key; empty for none."""
        kept = await self._shelf.get(address.conversation, f"upload:{key}")
        return kept[0].decode() if kept else ""

    async def shared(self, address: Address, id: str) -> Share | None:
        """Where a file was shared in this channel."""
        _, channel = place_of(address)
        for kind in object_in(await self._about(id), "shares").values():
            for share in objects_in(kind, channel):
                return text_in(share, "ts"), text_in(share, "thread_ts")
        return None

    async def _awaited(self, address: Address, id: str, pauses: Iterable[float]) -> Share | None:
        for pause in pauses:
            if (share := await self.shared(address, id)) is not None:
                return share
            await asyncio.sleep(pause)
        return None

    async def _about(self, id: str) -> Json | None:
        """What Slack says of a file; None where it knows none."""
        try:
            return object_in(await self._api.ask("files.info", file=id), "file")
        except PlatformRefused:
            return None

    async def _stored(self, address: Address, key: str, file: File) -> None:
        """Put a file in Slack's store and note its id."""
        made = await self._api.ask(BEGIN, filename=file.name, length=len(file.data))
        id, url = text_in(made, "file_id"), text_in(made, "upload_url")
        within = aiohttp.ClientTimeout(total=STORED_WITHIN)
        try:
            async with self._api.session.post(url, data=file.data, timeout=within) as answer:
                if answer.status != 200:
                    raise Deferred(f"upload: {answer.status}", retry_after=1.0)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Deferred(f"upload: {unreached(error)}", retry_after=1.0) from None
        await self._shelf.put(
            address.conversation, [Shelved(name=f"upload:{key}", variant="", value=id.encode())]
        )
