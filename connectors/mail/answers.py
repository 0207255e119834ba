"""The answers that leave a mailbox: each once, whatever dies meanwhile.

An answer is sent with the mailbox itself as a second recipient. That copy comes back by the same transaction,
so that after a crash in the middle of sending one can look whether the answer left. What is never known for
sure is a copy that takes longer than `COPY_WITHIN`: then the answer is sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from connectors.mail import events, smtp
from connectors.mail.config import BoxConfig
from connectors.mail.notes import Notes, Sending, State, mail_key
from connectors.mail.render import Envelope, render
from connectors.mail.source import Source
from connectors.mail.words import Words
from core.connector import Draft
from core.errors import Ambiguous, Deferred, Rejected
from core.language.operators import Phrase

COPY_WITHIN = 15.0
"""Seconds in which our own copy arrives: so long nobody knows whether a lost transaction counts."""


class Answers:
    """See the module's docstring."""

    def __init__(
        self,
        config: BoxConfig,
        *,
        sources: Sequence[Source],
        notes: Notes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self._sources = {source.inbox: source for source in sources}
        self._notes = notes
        self._clock = clock

    async def send(self, person: str, root: str, draft: Draft) -> str:
        """Send once; the Message-ID. Raises Rejected, Deferred."""
        id = events.our_id(draft.key, root, self.config.address)
        begun = await self._left(draft.key, id)
        if begun is not None:
            await self.settle(draft.reply_to, person, begun.ends)
            return id
        note = None if draft.reply_to is None else await self._notes.mail(draft.reply_to, person)
        if draft.reply_to is not None and note is None:
            raise Deferred(Phrase("delivery.unnoted"), retry_after=1.0)
        words, box, at = Words(draft.language), self.config.address, self._clock()
        envelope = Envelope(id=id, box=box, name=words.sender_name(), to=person, at=at)
        mail = render(draft, envelope, note, words)
        ends = _end_after(draft)
        sending = Sending(left=False, at=at, ends=ends, to=events.hashed(person))
        await self._notes.sent(draft.key, sending)
        try:
            await smtp.send(self.config.smtp, self.config.tokens, mail, [person, box])
        except Ambiguous:
            raise
        except Deferred:
            await self._notes.unsent(draft.key)
            raise
        except Rejected:
            await self._notes.unsent(draft.key)
            await self.settle(draft.reply_to, person, "failed")
            raise
        await self._notes.sent(draft.key, replace(sending, left=True, at=self._clock()))
        await self.settle(draft.reply_to, person, ends)
        return id

    async def find(self, person: str, root: str, key: str, question: str | None) -> str | None:
        id = events.our_id(key, root, self.config.address)
        begun = await self._left(key, id)
        if begun is None:
            return None
        await self.settle(question, person, begun.ends)
        return id

    async def _left(self, key: str, id: str) -> Sending | None:
        """The answer that left, None if it did not. Raises Deferred while that cannot be known."""
        begun = await self._notes.sending(key)
        if begun is None or begun.left:
            return begun
        if await self._copied(id):
            left = replace(begun, left=True, at=self._clock())
            await self._notes.sent(key, left)
            return left
        if self._clock() - begun.at < COPY_WITHIN:
            raise Deferred(Phrase("delivery.copy"), retry_after=2.0)
        return None

    async def _copied(self, id: str) -> bool:
        """Is our copy there? (What comes by a webhook is noted when it comes: `Box`.)"""
        for inbox, source in self._sources.items():
            if await source.with_id((inbox, self.config.folders[0]), id) is not None:
                return True
        return False

    async def settle_unanswered(self, id: str, person: str) -> None:
        """Record that the mail `id` needs no answer: none is counted of those that its thread may get."""
        await self.settle(id, person, "answered")
        await self._notes.take_back(mail_key(id, person))

    async def settle(self, id: str | None, person: str, state: State | None) -> None:
        """Record how the mail `id` ended and show it in the folders; if that fails, the next look does."""
        note = None if id is None or state is None else await self._notes.mail(id, person)
        if note is None or state is None or await self._notes.ended(note.key) is not None:
            return
        await self._notes.end(note.key, state, self._clock())
        folder = self.config.folders[1 if state == "failed" else 0]
        source = self._sources.get(note.origin.folder)
        if source is None:  # no longer configured
            return
        with suppress(Deferred):
            await source.file(note.origin.validity, note.origin.uid, folder)
            await self._notes.end(note.key, "filed", self._clock())


def _end_after(draft: Draft) -> State | None:
    """The state in which this answer leaves the mail that it answers; None if more of the answer follows."""
    if draft.growing:
        return None
    return "failed" if draft.failed else "answered"
