"""One mailbox by one of its doors: mails that come in, in order of age, and their files.

The store is the lock: neither a flag nor a move keeps two replicas from taking one mail, the core's dedupe
key does. Folders only show people what became of a mail. A mail stays in the inbox, and with it its files,
until it was answered.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from connectors.mail import events
from connectors.mail.caps import LAST, Given, is_last, wait
from connectors.mail.config import BoxConfig
from connectors.mail.events import WHOLE, Origin, Received, mail_key
from connectors.mail.notes import KEPT, End, Note, Notes, Sending
from connectors.mail.safety import LARGEST, Answer, Quarantine, Silent, judge
from connectors.mail.source import Head, Listing, Source
from connectors.mail.words import Words
from core.connector import Attachment, Deliver
from core.documents.mail import headers
from core.documents.mail.headers import Headers, message_ids
from core.documents.mail.incoming import PART, READ, Mail
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.errors import ConfigurationError, Deferred, Rejected, StoreError, TooLarge
from core.language.operators import Phrase
from core.retry import Backoff, retried
from core.telemetry import log, metrics
from core.understanding.letter import wants_nothing

PAUSES = Backoff(1.0, 60.0)
POLL = 55.0
"""Seconds between two looks, IDLE or not: news may be lost. Far below the 9 minutes after which IDLE ends."""
TRIES = 3
TOGETHER = 50
"""Headers that are fetched at one time."""
AGAIN = 60.0
"""Seconds after which a mail that made trouble is looked at again, longer each time."""
CORRECTED = 600.0
"""Seconds in which a mail under the same subject is about the one before it."""
GIVEN_UP = 86_400.0
"""Seconds after which a mail without an answer is shown among the failed ones."""


Erased = Callable[[str, float], Awaitable[bool]]


_MAIL = TypeAdapter(Mail)
_UNREAD = Mail(own="", history="", left_out=True)
"""What cannot be read at all counts as a file that cannot be read."""


class Box:
    """See the module's docstring."""

    def __init__(
        self,
        config: BoxConfig,
        *,
        source: Source,
        watch: Source,
        notes: Notes,
        sandbox: Sandbox,
        erased: Erased,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`watch` is a second way to the same mails, on which news is waited for. `erased` says whether a
        person had what is kept of them erased since a time: then none of it is known any more."""
        self.config = config
        self.ready = asyncio.Event()
        self._notes = notes
        self._sandbox = sandbox
        self._erased = erased
        self._clock = clock
        self._source = source
        self._watch = watch
        self._given: dict[str, Given] = {}
        self._words = Words(config.language)
        self._done, self._failed, self._quarantine = config.folders
        self._later: dict[tuple[int, int], float] = {}
        self._tries: Counter[tuple[int, int]] = Counter()

    # listening

    async def run(self, deliver: Deliver) -> None:
        """Until cancelled. Raises ConfigurationError."""

        async def round_() -> None:
            listed = await self.look(deliver)
            self.ready.set()
            await self._watch.news(listed, self._next_look())

        try:
            while True:
                await retried(round_, on=(Deferred, StoreError), pauses=PAUSES, told=self._away)
        finally:
            self.ready.clear()
            self._watch.close()
            self._source.close()

    async def _away(self, error: Exception, number: int) -> None:
        self.ready.clear()
        if number == 1:  # of each time that it is away
            log.warning("mail_away", connector=events.NAME, error=error)

    def _next_look(self) -> float:
        soonest = min(self._later.values(), default=self._clock() + POLL) - self._clock()
        return max(1.0, min(POLL, soonest))

    async def look(self, deliver: Deliver) -> Listing:
        """Take every mail of the inbox that is not known yet, and file those that are settled."""
        listed = await self._source.listing()
        validity, now = listed.validity, self._clock()
        self._later = {place: at for place, at in self._later.items() if at > now and place[0] == validity}
        there = frozenset(listed.uids)
        page = await self._notes.page()
        self._given = dict(page.given)
        await self._notes.forget(page, now)
        known: set[int] = set()
        for key, note in page.mails.items():
            if note.origin.folder == self._source.inbox:
                here = note.origin.validity == validity and note.origin.uid in there
                if await self._known(key, note, page.ends.get(key), here=here):
                    known.add(note.origin.uid)
        fresh = [uid for uid in listed.uids if uid not in known and (validity, uid) not in self._later]
        for start in range(0, len(fresh), TOGETHER):
            await self._try_all(deliver, validity, tuple(fresh[start : start + TOGETHER]))
        return listed

    async def _known(self, key: str, note: Note, end: End | None, *, here: bool) -> bool:
        """Is this mail of the inbox in hand, or settled? What is settled is filed."""
        if end is None and note.taken and self._clock() - note.at > GIVEN_UP:
            end = End(state="failed", at=self._clock())
        if end is not None:
            await self._tidy(key, note, end, here=here)
        return here and (note.taken or end is not None)

    async def _try_all(self, deliver: Deliver, validity: int, uids: tuple[int, ...]) -> None:
        heads = await self._source.heads(uids)
        there = {uid: heads[uid] for uid in uids if uid in heads}
        for uid, top in await asyncio.to_thread(_read_in_order, there):
            await self._try(deliver, there[uid], top, validity, uid)

    async def _tidy(self, key: str, note: Note, end: End, *, here: bool) -> None:
        """Show in the folders how a mail ended."""
        if here:
            await self._file(note.origin, self._failed if end.state == "failed" else self._done)
        if end.state != "filed":
            await self._notes.end(key, "filed", self._clock())
        if note.origin.subject:  # it was needed for the answer only: people's words are not kept
            await self._notes.put(replace(note, origin=replace(note.origin, subject="")))

    async def _try(self, deliver: Deliver, head: Head, top: Headers, validity: int, uid: int) -> None:
        """One mail. Whatever it does to us, those behind it are read: it is tried again later, the last time
        without reading it, so that its author is told; if even that fails it is set apart."""
        place = validity, uid
        try:
            digest = hashlib.sha256(head.headers).hexdigest()
            where = events.origin(
                top, folder=self._source.inbox, validity=validity, uid=uid, at=head.at, digest=digest
            )
            await self._take(deliver, head, top, where, unread=self._tries[place] + 1 >= TRIES)
        except (Deferred, StoreError, ConfigurationError):
            raise
        except Exception as bug:  # noqa: BLE001 - a poison message must not stop the mailbox
            self._tries[place] += 1
            log.error("mail_failed", connector=events.NAME, error=bug, attempt=self._tries[place])
            metrics.ignored.labels(events.NAME, "failed").inc()
            self._later[place] = self._clock() + AGAIN * self._tries[place]
            if self._tries[place] >= TRIES:
                await self._source.file(validity, uid, self._failed)

    async def _take(self, deliver: Deliver, head: Head, top: Headers, where: Origin, *, unread: bool) -> None:
        match judge(top, self.config.rules):
            case Silent(why=why):
                log.info("mail_not_answered", connector=events.NAME, why=why)
                if why == "own":
                    await self._came_back(top)
                await self._set_aside(where, why, self._done)
            case Quarantine(why=why):
                log.warning("mail_quarantined", connector=events.NAME, why=why)
                await self._set_aside(where, why, self._quarantine)
            case Answer() as sender:
                received = Received(where=where, sender=sender, top=top, size=head.size)
                await self._ask(deliver, received, unread=unread)

    async def _set_aside(self, where: Origin, why: str, folder: str) -> None:
        metrics.ignored.labels(events.NAME, why).inc()
        await self._file(where, folder)

    async def _file(self, where: Origin, folder: str) -> None:
        await self._source.file(where.validity, where.uid, folder)

    async def _came_back(self, top: Headers) -> None:
        """Our copy of an answer: so it left."""
        for id in message_ids(top.get("Message-ID")):
            key = events.key_of(id, self.config.address)
            begun = await self._notes.sending(key) if key else None
            if key and begun and not begun.left:
                await self._notes.sent(key, replace(begun, left=True, at=self._clock()))

    async def _ask(self, deliver: Deliver, received: Received, *, unread: bool) -> None:
        """Hand on what a mail asks. A mail that judges an answer of ours is handed on as the judgement, and
        as a question only if it says anything besides. An `unread` mail counts as one that cannot be read."""
        received, joins = await self._in_thread(received)
        found = _UNREAD if unread else None
        if (judgement := events.judged(received.where, received.sender, self.config.address)) is not None:
            await deliver([judgement])
            found = events.said_besides(found or await self._read(received))
            if found is None:
                await self._file(received.where, self._done)
                return
            received = replace(received, where=events.answering(received.where, judgement.target))
        if not await self._is_due(received, joins=joins):
            return
        found = found or await self._read(received)
        key = received.key
        if found.answers and wants_nothing(events.own_words(found)):
            self._given.pop(key, None)  # it counts for none of the answers that its thread may get
            await self._notes.take_back(key)
            await self._set_aside(received.where, "invitation", self._done)
            return
        last = key in self._given and self._given[key].last
        author = received.sender.sender
        note = Note(origin=received.where, sender=author, taken=False, at=self._clock(), last=last)
        await self._notes.put(note)
        await deliver([events.message(found, received, box=self.config.address, words=self._words)])
        await self._notes.put(replace(note, taken=True))

    async def _in_thread(self, received: Received) -> tuple[Received, bool]:
        """The mail in the thread that it goes on, and whether it joins this thread by its subject alone."""
        where, author = received.where, received.sender.sender
        begins = "" if where.references else self._begun(where, author)
        if begins:
            return replace(received, where=replace(where, references=(begins,))), True
        return replace(received, replied=await self._replied(received.top, where, author)), False

    async def _is_due(self, received: Received, *, joins: bool) -> bool:
        """True if the mail was not handed on before, and may be answered now."""
        where, author = received.where, received.sender.sender
        before = await self._notes.mail(where.id, author)
        if before is None:
            return await self._may_answer(received.key, author, where, joins=joins)
        if before.taken or await self._notes.ended(received.key):
            await self._came_again(before, where)
            return False
        return True

    async def _came_again(self, before: Note, where: Origin) -> None:
        last, elsewhere = before.origin, before.origin.folder != where.folder
        if not elsewhere and last.validity != where.validity:  # the folder was made again
            await self._notes.put(replace(before, origin=where))
        elif elsewhere or last.uid != where.uid:  # by the other door, or twice: one answer per Message-ID
            await self._file(where, self._done)

    async def _may_answer(self, key: str, sender: str, where: Origin, *, joins: bool) -> bool:
        """May this mail be answered now? Then that is counted. Else it waits for its turn in the inbox, or
        is set apart where it goes on from too many answers. What only `joins` a thread by its subject counts
        as one of its own: many documents may come under one."""
        if key in self._given:
            return True
        given = Given(
            at=self._clock(),
            sender=events.hashed(sender),
            thread=events.hashed(where.id) if joins else where.root,
            subject=events.subject_of(where, sender),
            begins=(*where.references, where.id)[0],
        )
        before = list(self._given.values())
        last = is_last(before, given)
        if last is None:
            log.warning("mail_loop", connector=events.NAME, answers=LAST)
            await self._set_aside(where, "loop", self._quarantine)
            return False
        if pause := wait(before, sender=given.sender, thread=given.thread, now=given.at):
            log.warning("mail_capped", connector=events.NAME, retry_after=round(pause))
            self._later[where.validity, where.uid] = given.at + pause
            return False
        self._given[key] = replace(given, last=last)
        await self._notes.give(key, self._given[key])
        return True

    def _begun(self, where: Origin, sender: str) -> str:
        """The Message-ID with which the thread began that a mail goes on from which names none: what its
        author wrote under the same subject a moment ago (a correction, as a new mail), or days ago where the
        subject says that it replies. Empty where there is none."""
        subject, now = events.subject_of(where, sender), self._clock()
        within = KEPT if events.is_reply(where) else CORRECTED
        own = self._given.get(mail_key(where.id, sender))
        under = [each for each in self._given.values() if each.subject == subject and now - each.at < within]
        latest = own or max(under, key=lambda each: each.at, default=None)
        return latest.begins if subject and latest is not None and latest.begins != where.id else ""

    async def _replied(self, top: Headers, where: Origin, sender: str) -> str:
        """The address of the author, if the mail replies to an answer that we gave them or to a mail that
        they sent us: what is quoted of these two was read before. `STRANGER` where they had no part in the
        thread and got none of our answers, or the mail names no thread (some telephones send no References):
        what they quote of these is all that is known of it."""
        for id in message_ids(top.get("In-Reply-To")):
            if (key := events.key_of(id, self.config.address)) is not None:
                given = await self._notes.sending(key)
                if given is None or given.to in ("", events.hashed(sender)):
                    return await self._unless_erased(sender, given, sender)
            elif (note := await self._notes.mail(id, sender)) is not None:
                return await self._unless_erased(sender, note, sender)
        for id in where.references:
            if (note := await self._notes.mail(id, sender)) is not None:
                return await self._unless_erased("", note, sender)
        return events.STRANGER

    async def _unless_erased(self, known: str, kept: Note | Sending | None, sender: str) -> str:
        return events.STRANGER if kept and await self._erased(sender, kept.at) else known

    async def _read(self, received: Received) -> Mail:
        """The text and the files of a mail. One that cannot be read at all is a file that cannot be read."""
        if received.size > LARGEST:
            return _UNREAD
        where = received.where
        raw = await self._source.whole(where.folder, where.validity, where.uid)
        if raw is None:
            return _UNREAD
        try:
            found = await self._sandbox.call(READ, raw, self._arguments(received.replied))
            return _MAIL.validate_python(found)
        except Failure:
            return _UNREAD

    def _arguments(self, replied: str) -> dict[str, Any]:
        if replied == events.STRANGER:
            return {"ours": [], "known": False}
        author = [replied] if "@" in replied else []  # "1": of a mail that an older version took
        return {"ours": [self.config.address, *author], "known": bool(replied)}

    # files

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The bytes of a part. Raises Rejected, Deferred."""
        reference = attachment.reference
        raw = await self._source.whole(
            reference["folder"], int(reference["validity"]), int(reference["uid"])
        ) or await self._elsewhere(reference["id"])
        if raw is None:
            raise Rejected(Phrase("files.mail_gone"))
        if len(raw) > LARGEST:
            raise Rejected(Phrase("files.too_large", limit=LARGEST))
        number = int(reference["number"])
        if number == WHOLE:
            return raw
        arguments = {"number": number} | self._arguments(reference.get("known", ""))
        try:
            found = await self._sandbox.call(
                PART, raw, arguments, limits=replace(self._sandbox.limits, output=LARGEST)
            )
        except Failure as failure:
            raise Rejected(Phrase("files.part", why=failure.reason)) from None
        data = None if found is None else base64.b64decode(found)
        if data is None:
            raise Rejected(Phrase("files.part_gone"))
        if len(data) > limit:
            raise TooLarge(Phrase("files.too_large", limit=limit))
        return data

    async def _elsewhere(self, id: str) -> bytes | None:
        """The mail, if a person moved it."""
        place = await self._source.with_id((self._source.inbox, *self.config.folders), id)
        return None if place is None else await self._source.whole(*place)


def _read_in_order(heads: Mapping[int, Head]) -> list[tuple[int, Headers]]:
    """The headers of these mails, in the order in which they were written. Not for the event loop: long ones
    take seconds."""
    tops = {uid: headers.split(headers.start(head.headers))[0] for uid, head in heads.items()}
    return [(uid, tops[uid]) for uid in events.in_order(tops)]
