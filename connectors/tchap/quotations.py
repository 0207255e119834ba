"""The message that a question answers, quoted for the model with the people who could read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cachetools import FIFOCache

from connectors.tchap.earlier import REMEMBERED, EarlierEvents
from connectors.tchap.pending import Pending
from core.connector import Message
from core.errors import Deferred
from core.language.operators import Phrase

QUOTED_WITHIN = 10.0
"""Seconds that a question waits for the message that it replies to."""
ASK_AGAIN_AFTER = 1.0
"""Seconds after which a key that is on its way is looked for again."""


class Quotations:
    """Quotes messages of the rooms of the account `me`."""

    def __init__(
        self, earlier: EarlierEvents, pending: Pending, *, me: str, clock: Callable[[], float]
    ) -> None:
        self._earlier = earlier
        self._pending = pending
        self._me = me
        self._clock = clock
        self._first_asked: FIFOCache[str, float] = FIFOCache(REMEMBERED)
        """When the quotation of a message was asked for first, by the message's key."""

    async def with_readers(self, message: Message) -> Message:
        """The message with the people who could read what it quotes. While they are not known, it quotes
        nothing."""
        if not message.reply_to or not (message.quoted or message.quoted_files):
            return message
        try:
            readers = await self._earlier.readers(message.address.conversation, message.reply_to)
        except Deferred:
            return replace(message, quoted="", quoted_files=(), unquoted="unread")
        return replace(message, quoted_to=readers)

    async def described(self, message: Message, root: str | None) -> Message:
        """The message with the one that it replies to, if that could not be read when the message came, or
        has a file, which may be deleted since. Any other message that quotes nothing is given with the
        message `root`. Raises Deferred, for `QUOTED_WITHIN` seconds from the first time that this is asked,
        while the homeserver may still give the quoted message, or its key may come."""
        is_reply = message.unquoted == "unread" or bool(message.quoted_files)
        if not is_reply and message.quoted:
            return message
        id = message.reply_to if is_reply else root
        if id is None:
            return message
        unquoted = replace(message, quoted="", quoted_files=(), unquoted="unread", quotes_root=not is_reply)
        is_late = self._is_late(message)
        try:
            return await self._quoting(unquoted, id, is_late=is_late)
        except Deferred:
            if is_late:
                return unquoted
            raise

    def _is_late(self, message: Message) -> bool:
        now = self._clock()
        return now - self._first_asked.setdefault(message.key, now) >= QUOTED_WITHIN

    async def _quoting(self, message: Message, id: str, *, is_late: bool) -> Message:
        """The message, quoting the message `id`, if that can be read. A message of the bot is not quoted.
        Raises Deferred, also while the key of the quoted message is on its way, unless it `is_late`."""
        room = message.address.conversation
        before = await self._earlier.related(room, id)
        if before is None:
            return message
        if before.sender == self._me:
            return replace(message, unquoted="", quotes_root=False)
        if before.text or before.files:
            readers = await self._earlier.readers(room, id)
            return replace(
                message, quoted=before.text, quoted_files=before.files, quoted_to=readers, unquoted=""
            )
        if before.sealed and not is_late and self._pending.waits(room, id):
            raise Deferred(Phrase("tchap.key_on_its_way"), retry_after=ASK_AGAIN_AFTER)
        return message
