"""Files that people sent: described before anything is judged, fetched only from Slack's hosts or the API's.

Of a file from another organisation (Slack Connect) an event tells the id alone; name and type come from
`files.info`. They are looked up when the message is handled: a file is judged by them before it is fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from connectors.slack import events
from connectors.slack.api import Api
from core.connector import Attachment
from core.errors import Deferred, Rejected, TooLarge
from core.language.operators import Phrase
from core.tls import unreached
from core.untrusted_json import Json, object_in

_CANVAS = b"quip-canvas-content"
"""What stands in the HTML of each canvas, and not in the page that Slack gives where a right is missing."""
UNTOLD = "check_file_info"
"""The `file_access` of a file of which the event tells no more than its id."""


class SlackFiles:
    """See the module's docstring. One for each workspace."""

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
