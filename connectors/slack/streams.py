"""An answer that grows in a direct chat as a stream of Slack's: started, appended to, stopped.

None of the three calls may be repeated, and a stream carries no key before its end. So each is noted on the
shelf before it is started, and then looked for among our messages without a key; and after any doubt nothing
more is appended: the stream is stopped, and the whole text put in its place. Streams are made of what is
spare only: as many are started as can be stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from cachetools import FIFOCache

from connectors.slack.api import APPEND, START, STOP, Api, NotYet
from connectors.slack.events import Me, place_of
from connectors.slack.render import disarmed
from core.connector import MORE, Address, Draft, Shelf, Shelved
from core.connector.untrusted_json import Json, text_in
from core.errors import Deferred, PlatformRefused
from core.language.operators import Phrase

GROWS_AGAIN = 5.0
"""Seconds after which it is looked again whether an answer may grow."""
REFUSED, REFUSALS = 600.0, 2
"""Seconds for which none is begun after Slack refused so many in a row: it has none for this app. A single
one may be of its thread."""
SKEW = 1.0
"""Seconds by which our clock may be ahead of Slack's."""


class Streams:
    """See the module's docstring. One for each workspace."""

    def __init__(
        self,
        api: Api,
        me: Me,
        shelf: Shelf,
        *,
        person_in: Callable[[str], str | None],
        clock: Callable[[], float],
    ) -> None:
        """`shelf` is shared by all replicas; `person_in`: whose direct chat a channel is."""
        self._api = api
        self._me = me
        self._shelf = shelf
        self._person_in = person_in
        self._clock = clock
        self._shown: FIFOCache[str, str] = FIFOCache(1_000)
        """What certainly stands in each stream that this process started, by its ts."""
        self._refused = 0.0
        """When Slack refused a stream last."""
        self._refusals = 0
        """How many in a row."""

    async def start(self, address: Address, draft: Draft) -> str | None:
        """Begin a stream with the beginning of an answer; its ts, None where it is to be posted instead.
        Raises Deferred: it was started, perhaps."""
        _, channel = place_of(address)
        answers = draft.growing and not draft.notice and address.thread and channel.startswith("D")
        none = self._refusals >= REFUSALS and self._clock() - self._refused < REFUSED
        if not answers or none or not await self._api.spare(START):
            return None
        await self._note(address, draft.key)
        text, person = _begun(draft), self._person_in(channel)
        to = {"recipient_user_id": person, "recipient_team_id": self._me.team}
        where = {"channel": channel, "thread_ts": address.thread} | (to if person and self._me.team else {})
        try:
            answer = await self._api.call(START, markdown_text=text, **where)
        except NotYet:
            return None
        except PlatformRefused:
            self._refused, self._refusals = self._clock(), self._refusals + 1
            return None
        self._refusals = 0
        ts = text_in(answer, "ts")
        if not ts:
            raise Deferred(Phrase("delivery.form", what=START), retry_after=1.0)
        self._shown[ts] = text
        return ts

    async def append(self, address: Address, ts: str, draft: Draft) -> bool:
        """Append what is new of a growing answer; False where it does not grow in a stream (any more).
        Raises Deferred: it was appended, perhaps; NotYet: it was not."""
        shown, text = self._shown.get(ts), _begun(draft)
        if shown is None:
            return False
        if text == shown or not text.startswith(shown):
            return True  # another text than what stands there: that is for the end
        if not await self._api.spare(APPEND):
            raise NotYet(Phrase("delivery.no_spare"), retry_after=GROWS_AGAIN)
        return await self._added(APPEND, address, ts, text, markdown_text=text[len(shown) :])

    async def finish(
        self, address: Address, ts: str, draft: Draft, *, blocks: list[Json], metadata: Json
    ) -> bool:
        """End a stream with the rest of the answer and `blocks` below; False where the whole text is to be
        put in its place. Raises Deferred: it was ended, perhaps; NotYet: it was not."""
        shown, text = self._shown.get(ts), disarmed(draft.text)
        if shown is None or not text.startswith(shown):
            return False
        rest = text[len(shown) :] or None
        return await self._added(
            STOP, address, ts, None, markdown_text=rest, blocks=blocks or None, metadata=metadata
        )

    async def _added(
        self, method: str, address: Address, ts: str, text: str | None, **arguments: object
    ) -> bool:
        """Add to a stream, in which `text` stands then (None: it is over). False where Slack refused."""
        _, channel = place_of(address)
        shown = self._shown.pop(ts)
        try:
            await self._api.call(method, channel=channel, ts=ts, **arguments)
        except NotYet:
            self._shown[ts] = shown
            raise
        except PlatformRefused:
            return False
        if text is not None:
            self._shown[ts] = text
        return True

    async def stop(self, channel: str, ts: str) -> None:
        """Close a stream as it is, if it is one. Raises Deferred."""
        self._shown.pop(ts, None)
        with suppress(PlatformRefused):
            await self._api.call(STOP, channel=channel, ts=ts)

    async def is_noted(self, address: Address, key: str) -> bool:
        """Was a stream of this key started, perhaps, by any replica?"""
        return bool(await self._shelf.get(address.conversation, f"stream:{key}"))

    async def key_of(self, address: Address, ts: str) -> str | None:
        """The key of the stream that our message without a key may be, in the thread of this address."""
        for noted in await self._shelf.get(address.conversation, f"streams:{address.thread}"):
            at, _, key = noted.decode().partition(" ")
            return key if float(ts) >= float(at) - SKEW else None
        return None

    async def _note(self, address: Address, key: str) -> None:
        last = f"{self._clock()} {key}".encode()
        values = {f"stream:{key}": b"1", f"streams:{address.thread}": last}
        await self._shelf.put(
            address.conversation,
            [Shelved(name=name, variant="", value=value) for name, value in values.items()],
        )


def _begun(draft: Draft) -> str:
    """What a stream shows of an answer that is not whole: a stream shows by itself that more comes."""
    return disarmed(draft.text.removesuffix(MORE))
