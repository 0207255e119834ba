"""The reply: one visible answer per job, placed, grown and finished exactly once.

A bot says what the answer is so far (`show`) and what it is at last (`finish`). This module alone decides
when something is posted. Nothing is posted before there are words of the answer: its first sentence, or
after four seconds what there is; then as many growing edits as the platform bears, then the final text, which
is durable before it is sent. An answer that comes within a second is posted once, and on a platform without
edits (mail) never anything but the final text.

People are notified of new messages, not of edits. So a late answer, or one that was promised when models were
away, is a new message in reply to its question, and what stood there before is deleted (`Final.first`).

Exactly once: a job that was claimed before (`claim.resumed`), or whose message was seen on the platform
before (the store was set back to a backup), looks for its own message there, by the key that travels with it,
before it posts; the platform or the device dedupes the same key sent twice. A paused replica's post may still
land after that look: so the store names the one message that counts for a key, and whoever sees another one
deletes it. A final text that is already durable is delivered without asking a model again.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Literal

from core.connector import MORE, Address, Choice, Draft, File, Grows, Message, Readers
from core.delivery.final import LEAST, Final, split
from core.delivery.outbox import Looking, Outbox, key
from core.errors import Deferred, Rejected, TooLong, Unchangeable
from core.inbox.inbox import Claim
from core.inbox.records import FILE
from core.policy.decision import Denied
from core.sensitivity.level import Level
from core.store.wire import Command
from core.telemetry import metrics
from core.texts import Texts
from core.texts.typography import typeset

TYPING_AFTER = 0.5
"""Seconds until the person sees that an answer is being written; that the question was read, at once."""
FIRST_AFTER, FIRST_WITHIN = 1.0, 4.0
"""Seconds before which only a whole answer is posted, and after which a sentence need not be whole."""
LATE_AFTER = 20.0
"""Seconds after its question from which an answer is a message of its own."""
AHEAD = 0.5
"""Seconds before something may be shown, from which its text is taken as it comes."""
NEVER = 3600.0
REVISES = "revises"
"""Name of a job's note: the messages that are recorded are those of an earlier answer. They are the job's
once its final text takes their place: the order to do so may be edited into a question."""
PROMISED = "promised"
"""Name of a job's note: what is posted says only that the answer comes later."""
FILED = "filed"
"""Name of a job's note: the keys that files of the answer were posted with, the last one's last."""
_FEW = 24
"""Characters that are worth a message once `FIRST_WITHIN` is over."""
_NONE = ""
"""The message that counts for a part of an answer that was withdrawn: what is posted for it is too late."""
_BEFORE = -1
"""The number of the word in advance, beside the parts of the answer."""
_SENTENCE = re.compile(r"^[^\w\n]*\w[^\n]{15,}?(?:[.!?…](?=\s)|\n)", re.MULTILINE)
"""Enough of an answer to be worth a message; looked for from the first word of each line, in linear time."""
ENOUGH = 400
"""Characters that are worth one though no sentence ends in them: a table, a list of words."""
Growing = Literal["freely", "steadily", "sparingly"]
"""How an answer grows where it does (`core.connector.Grows`)."""
MOST_EDITS = {"freely": 60, "steadily": 60, "sparingly": 1}
"""Growing edits of one answer, at most. Each edit costs every device of a conversation something, and models
write faster than people read: three messages are enough for any answer, its beginning and end included, where
what is new is not just added."""
_PAUSES, _SLOWER = {"freely": 1.0, "steadily": 3.0, "sparingly": 10.0}, 1.05


class Reply:
    """The visible answer of one job; see the module's docstring. `run` delivers, beside the bot."""

    def __init__(
        self,
        outbox: Outbox,
        claim: Claim,
        *,
        address: Address,
        texts: Texts,
        question: str,
        reply_to: str | None,
        level: Callable[[], Level],
        readers: Callable[[], Readers] = lambda: None,
        writers: Callable[[], tuple[str, ...]] = lambda: (),
        only: str | None = None,
        quiet: bool = False,
        private: bool = False,
        alone: Callable[[str, Level, tuple[str, ...]], Awaitable[bool]] | None = None,
        any_device: bool = False,
        choices: tuple[Choice, ...] = (),
        asked_at: float | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`readers`: who could read all that the answer is made of. `writers`: the models that wrote in it.
        `only`: the one person who may read it; others, who came meanwhile, read that it was withheld, but of
        a `private` word nothing. `alone` says a text, of a level and by models, to who asked instead, True:
        it did, and here nothing is said. `quiet`: nobody asked here; nothing is shown before the final text.
        `any_device`, `choices`: see `Draft`. `asked_at`: when the question was asked, in seconds since 1970;
        None: nobody waits for an answer."""
        self._placing = asyncio.Lock()
        self._quiet = quiet
        self._outbox = outbox
        self._claim = claim
        self._key = partial(key, claim.turn)
        """The idempotency key of a part, by its number and whatever else tells it."""
        self._address = address
        self._connector = outbox.connectors[address.connector]
        editing, files = self._connector.editing, self._connector.files
        self.edits = editing is not None
        """May a message of ours be changed here?"""
        self._grows: Grows | None = editing.grows(address) if editing else None
        """How the answer grows here."""
        self._with_text = files is not None and files.with_text
        """A file goes with its text here, in one message."""
        self.texts = texts
        self._question = question
        self._reply_to = reply_to
        self._level = level
        self._readers = readers
        self._writers = writers
        self._only = only
        self._private = private
        self._alone = alone
        self._any_device = any_device
        self._choices = choices
        self._asked_at = asked_at
        self._now = now
        self._gave_sign = asked_at is None or claim.resumed
        self._resumed = self._unsure = claim.resumed
        """Something may be on the platform that is not among `posted`."""
        self._promised = PROMISED in claim.notes
        self._preparing = False
        """Something was shown before there was anything of the answer."""
        self._text = ""
        self._answers = False
        """It is of the answer."""
        self._shown = ""
        self._least = 0
        """Characters of which a beginning is waited for: less text is no news."""
        self._shows_at = math.inf
        """When more of the answer may be shown, on the event loop's clock."""
        self._revision = 0
        self.final = Final.load(claim.final) if claim.final else None
        self.revises = self.final is not None and self.final.revises
        """The answer takes the place of an earlier one."""
        self._spares = False
        """The earlier one gives way to an answer alone."""
        earlier = REVISES in claim.notes and not self.revises
        recorded = () if earlier else claim.posted.items()
        self.posted: dict[int, str] = {n: id for n, id in recorded if id != _NONE}
        self._at = min((n for n in self.posted if n not in (_BEFORE, FILE)), default=0)
        """The number of the message in which the answer grows."""
        self._filed = claim.notes.get(FILED, b"").decode().split()
        self._postponed = ""
        self._finished = asyncio.Event()
        self._news = asyncio.Event()
        """There is more text, or nothing more will come."""
        if self.final:
            self._finished.set()
        self.withheld = False
        """The answer was not shown: who would have read it had changed."""
        self.personal = False
        """What is put before the text is of the turn's level, whatever the text is."""
        self.preface = ""
        self.afterword = ""
        """CommonMark put before the text, and after the final one (first contact)."""

    @property
    def partial(self) -> str:
        """What was shown last of the answer."""
        return self._text if self._answers else ""

    @property
    def is_eager(self) -> bool:
        """Would more text of the answer be shown soon?"""
        return asyncio.get_running_loop().time() > self._shows_at - AHEAD

    def show(self, text: str, what: Literal["answer", "before", "progress"] = "answer") -> None:
        """The answer so far, from its beginning (CommonMark). Cheap; shown when there is room to. Or service
        words: `before` there is anything of the answer, which is then a message of its own, for the words
        that notified were not its; the `progress` of a long work, where that costs and notifies nobody."""
        if what == "progress" and self._grows != "freely":
            return
        self._answers = what == "answer"
        self._preparing |= what == "before"
        self._text = text
        if is_beginning(text, self._least):
            self._news.set()

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """Put buttons under the answer, where the platform has them."""
        self._choices = choices

    async def acknowledge(self, text: str) -> None:
        """Say once, where an answer cannot be seen growing, that it will take its time. Service words."""
        if not self.edits and self.final is None:
            await self._say_before(text)

    def end(self) -> None:
        """Show nothing more: all is said, or the question was edited or deleted. What is under way is let
        finish."""
        self._finished.set()
        self._news.set()

    def postpone(self, text: str, *, brief: bool = False) -> None:
        """End without an answer, which another claim will give; say so (service words; empty: it was said
        before). `brief`: within a minute, which is not worth a message that nothing can take back."""
        self._postponed = "" if brief and not self.edits else text
        self._leave_earlier()
        self.end()

    async def finish(
        self,
        text: str,
        *,
        remember: str | None = None,
        file: File | None = None,
        personal: bool = False,
        failed: bool = False,
        in_place: bool = False,
        purge: Sequence[Command] | None = None,
    ) -> None:
        """The whole answer, for good. Returns once it is durable; it will be delivered. An empty text without
        a file: nothing is said.

        `remember` is what the session keeps of it; None for service words, which are N0 and not kept.
        `personal`: service words that carry what the session holds, or what the person wrote, hence the level
        of this turn, as with a file."""
        if self.final is not None:
            return
        if remember is None:
            self._leave_earlier()
        service = remember is None and not (personal or self.personal) and file is None
        writers = () if service else self._writers()
        level = Level.N0 if service else self._level()
        if text and self._alone is not None and await self._alone(text, level, writers):
            text = ""
        printed = typeset(text, language=self.texts.language) if writers else text
        final = Final(
            text=self.preface + printed + self.afterword if text or file else "",
            level=level,
            remember=remember,
            file=file,
            failed=failed,
            revises=self.revises,
            readers=None if service else self._readers(),
            writers=writers,
            first=self._next if self._is_late and not in_place else self._at,
        )
        mark = await (
            self._claim.put(final=final.dump())
            if purge is None
            else self._claim.purge(final=final.dump(), first=purge)
        )
        if mark not in ("edited", "deleted"):  # else meanwhile: it was not stored, and is not wanted
            self.final = final
        self.end()

    @property
    def _next(self) -> int:
        """The number after those of all texts that are known."""
        return max((self._at, *(n for n in self.posted if n != FILE))) + 1

    @property
    def _is_late(self) -> bool:
        """Would nobody be notified of the answer if it took the place of what was posted?"""
        if self._grows in (None, "freely") or self._asked_at is None or self.revises:
            return False
        prepared = self._preparing and (self._at in self.posted or self._placing.locked())
        return self._promised or prepared or self._now() - self._asked_at > LATE_AFTER

    async def revise(self, parts: Mapping[int, str], *, spares: bool = False) -> None:
        """Write into these messages of ours, by their number, instead of new ones; `spares`: only what is
        remembered as an answer. Raises LeaseLost."""
        if not self.revises:
            await self._recall()
        self.revises, self._spares = True, spares
        async with self._placing:
            shown, self.posted, self._at = self.posted, dict(parts), 0
        for n, id in shown.items():
            if id not in parts.values():  # by an earlier claim it may be there already
                await self._outbox.delete(self._address, id, self._key(n, "deleted"))
        await self._claim.put(posted=self.posted, notes={REVISES: b""})

    def _leave_earlier(self) -> None:
        """Let an earlier answer stand that gives way to another alone: what there is to say is none."""
        if self._spares:
            self.revises, self._spares, self.posted, self._at = False, False, {}, 0

    async def run(self) -> None:
        """Show signs of life, then the growing answer, then the final one. Raises Rejected, LeaseLost."""
        if not self._resumed and await self._claim.is_seen(map(self._key, (0, 1))):
            self._resumed = self._unsure = True  # the store was lost since, or set back
        if not self._quiet and (activity := self._connector.activity):
            await activity.read(self._address, self._question)
            self._count_first_sign()
        takes_time = not self._quiet and not await self._finished_within(TYPING_AFTER)
        if takes_time:
            await self._working(True)
            if self._grows not in (None, "never") and not self._promised:
                await self._grow(self._grows)
        await self._finished.wait()
        if self.final is not None:
            await self._deliver(self.final)
        elif self._postponed and not self._quiet:
            await self._promise(self._postponed)
        if takes_time:
            await self._working(False)

    async def _say_before(self, words: str) -> None:
        """Say once, in a message beside the answer, that it takes its time."""
        if _BEFORE not in self.posted:
            place = partial(self._place, _BEFORE, words, Level.N0)
            await self._outbox.retry_until_sent(self._address, "final", place)

    async def _promise(self, words: str) -> None:
        """Say that the answer comes later: where it will be, or before it where nothing can be changed."""
        if not self.edits:
            await self._say_before(words)
        else:
            await self._outbox.retry_until_sent(
                self._address, "first", lambda: self._place(self._at, words, Level.N0)
            )
            await self._claim.put(notes={PROMISED: b""})

    def _count_first_sign(self) -> None:
        """Count, once for a question, how long its author saw nothing happen."""
        if not self._gave_sign and self._asked_at is not None:
            self._gave_sign = True
            metrics.first_sign.labels(self._address.connector).observe(max(0.0, self._now() - self._asked_at))

    async def _working(self, on: bool) -> None:
        if activity := self._connector.activity:
            await activity.working(self._address, on)

    async def _finished_within(self, seconds: float) -> bool:
        if self._finished.is_set():
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._finished.wait()
        except TimeoutError:
            return False
        return True

    async def _has_beginning(self, few: int) -> bool:
        """Wait until there is a sentence to be shown, or after a while `few` characters; False when the
        answer is finished first."""
        if await self._finished_within(FIRST_AFTER - TYPING_AFTER):
            return False
        hurries = FIRST_WITHIN - FIRST_AFTER if few > 1 else 0.0
        if not await self._has_come(ENOUGH, hurries):
            await self._has_come(few)
        return not self._finished.is_set()

    async def _has_come(self, least: int, within: float | None = None) -> bool:
        """Wait until the text is a beginning, of `least` characters where no sentence ends, or the answer is
        finished; False when neither came `within` so many seconds."""
        self._least = least
        try:
            async with asyncio.timeout(within):
                while not (self._finished.is_set() or is_beginning(self._text, least)):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        finally:
            self._least = 0
        return True

    async def _grow(self, grows: Growing) -> None:
        """The beginning and growing edits, as far as the budget has room, until finished."""
        clock = asyncio.get_running_loop().time
        self._shows_at = clock()
        if not await self._has_beginning(1 if grows == "freely" else _FEW):
            return
        edits = 0
        pause = await self._show_once("first")
        while self._at not in self.posted or edits < MOST_EDITS[grows]:
            pause = pause or pause_before(edits, grows)
            self._shows_at = clock() + pause
            if await self._finished_within(pause):
                return
            if self._at not in self.posted:
                pause = await self._show_once("first")
            elif not self.edits or not await self._has_more():
                return
            else:
                pause = await self._show_once("growing")
                edits += pause == 0
        self._shows_at = math.inf

    async def _has_more(self) -> bool:
        """Wait until there is text that was not shown; False when the answer is finished first."""
        while self._text == self._shown and not self._finished.is_set():
            self._news.clear()
            await self._news.wait()
        return not self._finished.is_set()

    async def _show_once(self, what: Literal["first", "growing"]) -> float:
        """Show the answer so far. Returns seconds to wait before a further try, 0 when it went out."""
        shown = self._text
        if not shown:
            return FIRST_AFTER
        pace = self._connector.pace(self._address, what)
        pause = await self._outbox.budget.take(pace.scope, pace, what)
        if pause > 0:
            return pause
        printed = typeset(shown, language=self.texts.language) if self._writers() else shown
        text = split(self.preface + printed, self._connector.limit - len(MORE.encode()))[0]
        try:
            await self._place(self._at, text.rstrip() + MORE, self._level(), growing=True)
        except Deferred as deferred:
            if deferred.limited:
                await self._outbox.budget.refused(pace.scope, deferred.retry_after)
            self._unsure = self._unsure or not deferred.undone
            return max(deferred.retry_after, 1.0)
        except (Denied, Unchangeable):
            return NEVER  # the final will say so
        self._shown = shown
        return 0.0

    async def _place(
        self, n: int, text: str, level: Level, file: File | None = None, *, growing: bool = False
    ) -> None:
        """Part `n` of the answer is `text` now: edit our message, adopt it, or post it. What is `growing`
        gives way to the whole, which may have come meanwhile: it would pass for it, under its key."""
        async with self._claim.at("deliver"), self._placing:
            if self.revises and self.final is None:
                return  # meanwhile it became an earlier answer's place
            if growing and self.final is not None:
                return
            draft, looking = self._draft(n, text, level, file), partial(self._claim.away_from, "deliver")
            if n not in self.posted and self._resumed:
                async with looking():
                    found = await self._connector.find(self._address, draft.key, self._question)
                if found is not None:
                    await self._record_post(n, draft.key, found)
            if n not in self.posted:
                id = await self._outbox.send(self._address, draft, looking=looking)
                self._count_first_sign()
                if await self._record_post(n, draft.key, id):
                    return
            if file is None and self.edits:
                await self._change(n, draft, looking, growing=growing)

    async def _change(self, n: int, draft: Draft, looking: Looking, *, growing: bool) -> None:
        """Edit the message of part `n`. One that is gone, or may not be changed, gives way to another, unless
        the answer is `growing`. What is left of it goes first: whoever takes over does the same."""
        self._revision += 1
        revision, old = str(self._revision) if draft.growing else "final", self.posted[n]
        edit = replace(draft, key=self._key(n, self._claim.fence, revision), posted=draft.key)
        try:
            await self._outbox.send(self._address, edit, replaces=old, looking=looking)
            return
        except Unchangeable:
            if growing:
                raise
        await self._outbox.delete_each(self._address, {old: self._key(n, old, "deleted")})
        draft = replace(draft, key=self._key(n, old, "anew"))
        async with looking():
            found = await self._connector.find(self._address, draft.key, self._question)
        id = found or await self._outbox.send(self._address, draft, looking=looking)
        await self._record_post(n, draft.key, id)

    async def _place_file(self, file: File, level: Level) -> None:
        """Have the file of the answer stand: one that stands there already, or post it. What stands in its
        place else, of an earlier version of the answer, goes first: a file cannot be edited."""
        digest = hashlib.blake2b(file.data, digest_size=16).hexdigest()
        draft = replace(self._draft(FILE, file.name, level, file), key=self._key(FILE, file.name, digest))
        async with self._claim.at("deliver"), self._placing:
            looking, shown = partial(self._claim.away_from, "deliver"), self.posted.get(FILE)
            find = partial(self._connector.find, self._address, since=self._question)
            async with looking():
                found = await find(key=draft.key) if shown or self._resumed else None
                if not shown and self._unsure and self._filed[-1:] not in ([], [draft.key]):
                    shown = await find(key=self._filed[-1])
            if shown not in (None, found):
                await self._outbox.delete(self._address, shown, self._key(FILE, shown, "deleted"))
                self.posted.pop(FILE, None)
            earlier = [each for each in self._filed if each != draft.key]
            if self._filed[-1:] != [draft.key]:
                self._filed = [*earlier, draft.key]
                await self._claim.put(notes={FILED: " ".join(self._filed).encode()})
            if found is None:
                found = await self._outbox.send(self._address, draft, looking=looking)
            for each in earlier:
                await self._give_way(FILE, each, found)
            await self._record_post(FILE, draft.key, found)

    def _draft(self, n: int, text: str, level: Level, file: File | None) -> Draft:
        """The message that is to be part `n`."""
        service = bool(self._postponed)
        return Draft(
            text=text,
            level=level,
            key=self._key(n),
            language=self.texts.language,
            notice=n == _BEFORE or service or (self.final is not None and self.final.remember is None),
            failed=self.final is not None and self.final.failed,
            growing=self.final is None,
            fence=self._claim.fence,
            reply_to=self._reply_to or (self._question if self._is_late else None),
            file=file,
            only=None if service else self._only,
            readers=self.final.readers if self.final else None if service else self._readers(),
            writers=self.final.writers if self.final else self._writers(),
            any_device=self._any_device,
            choices=self._choices,
        )

    async def _record_post(self, n: int, key: str, id: str) -> bool:
        """Part `n` is the message `id`, unless another with this key counts; then that one is adopted."""
        self.posted[n] = kept = await self._claim.place(n, key=key, id=id)
        if kept != id:
            await self._outbox.delete(self._address, id, f"{key}:{id}")
        return kept == id

    async def _deliver(self, final: Final) -> None:
        """The final text, in as many messages as the platform needs; what else was posted is deleted: what
        gave way to a late answer, and what is left over of a longer one."""
        first = final.first
        try:
            end = await self._deliver_parts(final, self._connector.limit)
        except Denied:
            if self._private:
                raise  # a private word waits until its reader is alone
            self.withheld, self._only = True, None
            self.final = final = Final(text=self.texts.withheld(), level=Level.N0, first=first)
            end = await self._deliver_parts(final, self._connector.limit)
        own = final.file is not None and not self._with_text
        if end == first and not own and (settling := self._connector.settling):
            await settling.settle(self._address, self._question)
        stay = (*range(first, end), *((FILE,) if own else ()))
        await self._recall()  # it may take the place of an answer of which a part was not recorded
        gave_way = {
            n: self.posted[first] for n in range(first) if stay and (self._unsure or n in self.posted)
        }
        for n, answer in gave_way.items():
            await self._give_way(n, self._key(n), answer)
        standing = {self.posted[n] for n in stay}
        for n in [n for n in self.posted if n not in stay and n != _BEFORE]:
            if (id := self.posted.pop(n)) not in standing:
                await self._outbox.delete(self._address, id, self._key(n, "deleted"))
        if gave_way:
            await self._claim.put(posted=gave_way)

    async def _deliver_parts(self, final: Final, limit: int) -> int:
        """Deliver the final text in parts of `limit` bytes, shorter ones where the platform takes less, and
        its file. Returns the number after that of the last text. Each claim tries the same lengths in the
        same order, so parts keep their numbers."""
        parts = split(final.text, limit) if final.text or final.file else []
        beside = final.file if self._with_text else None
        end = final.first + len(parts)
        try:
            for n, part in enumerate(parts, final.first):
                file = beside if n == end - 1 else None
                place = partial(self._place, n, part, final.level, file)
                await self._outbox.retry_until_sent(self._address, "final", place)
        except TooLong:
            if limit // 2 < LEAST:
                raise
            return await self._deliver_parts(final, limit // 2)
        if (file := final.file) is not None and beside is None:
            await self._outbox.retry_until_sent(
                self._address, "final", lambda: self._place_file(file, final.level)
            )
        return end

    async def _give_way(self, n: int, key: str, answer: str) -> None:
        """Let the message `answer` count for part `n`, which it follows and which has this `key`: what a
        replica that hung may still post there is deleted when it is seen."""
        kept = await self._claim.place(n, key=key, id=answer)
        if kept not in (answer, self.posted.get(n)):
            await self._outbox.delete(self._address, kept, self._key(n, kept, "late"))

    async def _recall(self) -> None:
        """Know which parts were posted and not recorded: by an earlier claim, or where the outcome is
        unknown. Each is recorded before the next is posted: it is the next, or the beginning beside it."""
        if not self._unsure:
            return
        for n in range(self._next + 1):
            if n not in self.posted:
                with suppress(Rejected):  # then it cannot stand there, whatever was posted
                    found = await self._connector.find(self._address, self._key(n), self._question)
                    if found is not None:
                        self.posted[n] = found
        if self._filed and FILE not in self.posted:
            found = await self._connector.find(self._address, self._filed[-1], self._question)
            if found is not None:
                self.posted[FILE] = found

    async def withdraw(self) -> None:
        """Delete what was posted: the question was deleted. What is recorded goes first: the rest is looked
        for on the platform, which may be away. What a replica that hung still posts is deleted when it is
        seen. Raises Deferred, LeaseLost."""
        recorded = dict(self.posted)
        await self._delete_each(recorded)
        await self._recall()
        await self._delete_each({n: id for n, id in self.posted.items() if n not in recorded})
        for n in range(self._next + 1):
            await self._give_way(n, self._key(n), _NONE)
        for each in self._filed:
            await self._give_way(FILE, each, _NONE)

    async def _delete_each(self, posts: Mapping[int, str]) -> None:
        """Delete these messages of ours, by their number; one that the platform keeps is counted."""
        keys = {id: self._key(n, "deleted") for n, id in posts.items()}
        await self._outbox.delete_each(self._address, keys)


def reply_to(question: Message) -> str | None:
    """The message that an answer names: the question, but where two talk and nothing else is answered."""
    named = not question.direct or question.reply_to or question.address.thread
    return question.id if named else None


def pause_before(edit: int, grows: Growing) -> float:
    """Seconds before the growing edit number `edit` of an answer, from 0."""
    return _PAUSES[grows] * _SLOWER**edit


def is_beginning(text: str, few: int) -> bool:
    """Is there a whole sentence in the text so far, or else so `few` characters?"""
    return len(text) >= few or _SENTENCE.search(text) is not None
