"""A thread or a channel read back, on demand. Nothing of it is kept."""

from __future__ import annotations

import asyncio

from connectors.slack import events
from connectors.slack.api import Api, pages
from connectors.slack.directory import Directory
from connectors.slack.events import Me
from connectors.slack.files import SlackFiles
from connectors.slack.text import decode, emoji, forwarded, mentions, whole
from core.connector import Address, Attachment, Past, Person, Range, Wanted
from core.connector.untrusted_json import Json, array_in, number_in, objects_in, text_in
from core.errors import Deferred

PAGE = 200
PAGES = 20
_AT_ONCE = 8
"""Messages whose files are asked about together."""
TOLD_WITHIN = 4.0
"""Seconds in which the name of a file from another organisation must be told."""


class SlackHistory:
    """`core.connector.History` of one workspace. Everyone in a channel can read it from its beginning."""

    def __init__(self, api: Api, me: Me, directory: Directory, files: SlackFiles) -> None:
        self._api = api
        self._me = me
        self._directory = directory
        self._files = files

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        """Raises Deferred, Rejected."""
        _, channel = events.place_of(address)
        raw, more = await self._raw(channel, address.thread, wanted)
        tombs = sum(text_in(each, "subtype") == "tombstone" for each in raw)
        people = [each for each in raw if self._is_a_persons(each)]
        before = wanted.before or ""
        if before.replace(".", "").isdigit():
            people = [each for each in people if number_in(each, "ts") < float(before)]
        users = {text_in(each, "user") for each in people}
        users |= {user for each in people for user in mentions(_said(each))}
        names = await self._directory.names(users)
        told = asyncio.Semaphore(_AT_ONCE)

        async def past(message: Json) -> Past:
            async with told:
                return await self._past(message, channel, names)

        return Range(
            messages=tuple(await asyncio.gather(*map(past, people[-wanted.most :]))),
            members=tuple(dict.fromkeys(self._sender(each, names) for each in people)),
            deleted=tombs,
            truncated=more or len(people) > wanted.most,
        )

    async def first(self, channel: str, root: str) -> Past | None:
        """The message of a person that a thread begins with; None where it is none, or is gone. Raises
        Deferred, Rejected."""
        page = await self._api.ask("conversations.replies", channel=channel, ts=root, limit=1)
        found = next((each for each in objects_in(page, "messages") if text_in(each, "ts") == root), None)
        if found is None or not self._is_a_persons(found):
            return None
        users = {text_in(found, "user"), *mentions(_said(found))}
        return await self._past(found, channel, await self._directory.names(users))

    async def _raw(self, channel: str, root: str | None, wanted: Wanted) -> tuple[list[Json], bool]:
        """The messages, oldest first; are there more?"""
        found: list[Json] = []
        method = "conversations.history" if root is None else "conversations.replies"
        oldest = f"{wanted.since:.6f}" if wanted.since else wanted.start if root is None else None
        asked: Json = {"channel": channel, "ts": root, "oldest": oldest, "inclusive": "true", "limit": PAGE}
        more = False
        async for page, further in pages(self._api, method, most=PAGES, **asked):
            found += objects_in(page, "messages")
            more = further
            if root is None and len(found) >= wanted.most:
                break
        return sorted(found, key=lambda each: number_in(each, "ts")), more

    def _is_a_persons(self, message: Json) -> bool:
        ours = text_in(message, "user") == self._me.user
        return not ours and events.is_a_persons(message)

    def _sender(self, message: Json, names: dict[str, str]) -> Person:
        user = text_in(message, "user")
        return events.person_of(self._me, user, names.get(user, ""))

    async def _past(self, message: Json, channel: str, names: dict[str, str]) -> Past:
        ts = text_in(message, "ts")
        root = text_in(message, "thread_ts")
        said = _said(message)
        reactions = {
            emoji(text_in(each, "name")) or text_in(each, "name"): frozenset(
                events.person_of(self._me, str(one)).id for one in array_in(each.get("users"))
            )
            for each in objects_in(message, "reactions")
        }
        return Past(
            id=ts,
            at=float(ts),
            sender=self._sender(message, names),
            text=decode(said, names, own=self._me.user),
            link=self._link(channel, ts, root),
            thread=root if root and root != ts else None,
            edited="edited" in message,
            to_bot=set(mentions(said)) == {self._me.user},
            reactions=reactions,
            attachments=await self._attachments(message),
        )

    async def _attachments(self, message: Json) -> tuple[Attachment, ...]:
        """The files of a message, described as far as Slack tells of them soon."""
        files = [events.attachment_of(each) for each in events.files_of(message)]
        try:
            async with asyncio.timeout(TOLD_WITHIN):
                return await self._files.described(files)
        except (Deferred, TimeoutError):
            return tuple(files)

    def _link(self, channel: str, ts: str, root: str) -> str:
        """The permalink of a message ("Retrieving messages": `p` and the ts without its dot)."""
        base = f"{self._me.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
        return f"{base}?thread_ts={root}&cid={channel}" if root and root != ts else base


def _said(message: Json) -> str:
    """The text of a message and of those that were forwarded with it."""
    said = whole(text_in(message, "text"), message.get("blocks"))
    return "\n\n".join(filter(None, (said, forwarded(message))))
