"""The reply: one visible answer per job, placed, grown and finished exactly once.

A bot says what the answer is so far (`show`) and what it is at last (`finish`). This module alone decides
what is posted of it: nothing before there are words of the answer; then its first sentence, or after four
seconds what there is; then as many growing edits as the platform bears (`Growth`); then the final text, which
is durable before it is sent (`Final`). An answer that comes within a second is posted once, and on a platform
without edits (mail) never anything but the final text. A final text that is already durable is delivered
without asking a model again. That each of its messages stands there once is `core.delivery.outbox`'s.

People are notified of new messages, not of edits. So a late answer, or one that was promised when models were
away, is a new message in reply to its question, and what stood there before is deleted (`Final.first`).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter

from core.connector import MORE, Address, Choice, Draft, Event, File, Grows, Message, Readers
from core.delivery.outbox import BEFORE, Outbox, Posts
from core.errors import Deferred, Rejected, TooLong, Unchangeable
from core.inbox.inbox import Claim
from core.inbox.records import FILE
from core.policy.decision import Denied
from core.sensitivity.level import Level
from core.store.wire import Command
from core.telemetry import log, metrics
from core.texts import Texts
from core.texts.typography import LEAST, split, typeset

TYPING_AFTER = 0.5
"""Seconds until the person sees that an answer is being written; that the question was read, at once."""
FIRST_AFTER, FIRST_WITHIN = 1.0, 4.0
"""Seconds before which only a whole answer is posted, and after which a sentence need not be whole."""
AHEAD = 0.5
"""Seconds before something may be shown, from which its text is taken as it comes."""
_FEW = 24
"""Characters that are worth a message once `FIRST_WITHIN` is over."""
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
LATE_AFTER = 20.0
"""Seconds after its question from which an answer is a message of its own."""
NEVER = 3600.0
PROMISED = "promised"
"""Name of a job's note: what is posted says only that the answer comes later."""


class Growth:
    """What is written of an answer so far. `grows`: how it grows where it goes; None: it cannot."""

    def __init__(self, grows: Grows | None) -> None:
        self.grows: Grows | None = grows
        self.text = ""
        self.answers = False
        """The text is of the answer."""
        self.prepared = False
        """Something was shown before there was anything of the answer."""
        self.shown = ""
        self.finished = asyncio.Event()
        self._news = asyncio.Event()
        """There is more text, or nothing more will come."""
        self._least = 0
        """Characters of which a beginning is waited for: less text is no news."""
        self._shows_at = math.inf
        """When more of the answer may be shown, on the event loop's clock."""

    @property
    def is_eager(self) -> bool:
        """Would more text of the answer be shown soon?"""
        return asyncio.get_running_loop().time() > self._shows_at - AHEAD

    def show(self, text: str, what: Literal["answer", "before", "progress"] = "answer") -> None:
        """Take in the answer so far, from its beginning (CommonMark). Cheap; shown when there is room to. Or
        service words: `before` there is anything of the answer, which is then a message of its own, for the
        words that notified were not its; the `progress` of a long work, where that costs and notifies
        nobody."""
        if what == "progress" and self.grows != "freely":
            return
        self.answers = what == "answer"
        self.prepared |= what == "before"
        self.text = text
        if not self._least or is_beginning(text, self._least):
            self._news.set()

    def end(self) -> None:
        """Nothing more is shown: all is said, or the question was edited or deleted. What is under way is let
        finish."""
        self.finished.set()
        self._news.set()

    async def is_finished_within(self, seconds: float) -> bool:
        """Wait until the answer is finished, at most so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.finished.wait()
        return self.finished.is_set()

    async def run(
        self, show: Callable[[Literal["first", "growing"]], Awaitable[float]], begun: Callable[[], bool]
    ) -> None:
        """Have the beginning and growing edits shown, until finished. `show` returns the seconds to wait
        before a further try, 0 when it went out; `begun`: does the beginning stand there?"""
        grows = self.grows
        if grows is None or grows == "never":
            return
        clock, edits = asyncio.get_running_loop().time, 0
        self._shows_at = clock()
        if not await self._has_beginning(1 if grows == "freely" else _FEW):
            return
        pause = await show("first")
        while not begun() or edits < MOST_EDITS[grows]:
            pause = pause or pause_before(edits, grows)
            self._shows_at = clock() + pause
            if await self.is_finished_within(pause):
                return
            if not begun():
                pause = await show("first")
            elif await self._has_come(lambda: self.text != self.shown) and not self.finished.is_set():
                pause = await show("growing")
                edits += pause == 0
            else:
                return
        self._shows_at = math.inf

    async def _has_beginning(self, few: int) -> bool:
        """Wait until there is a sentence to be shown, or after a while `few` characters; False when the
        answer is finished first."""
        if await self.is_finished_within(FIRST_AFTER - TYPING_AFTER):
            return False
        hurries = FIRST_WITHIN - FIRST_AFTER if few > 1 else 0.0
        self._least = ENOUGH
        if not await self._has_come(lambda: is_beginning(self.text, ENOUGH), hurries):
            self._least = few
            await self._has_come(lambda: is_beginning(self.text, few))
        self._least = 0
        return not self.finished.is_set()

    async def _has_come(self, wanted: Callable[[], bool], within: float | None = None) -> bool:
        """Wait until the text is as `wanted`, or finished; False when neither came `within` so many
        seconds."""
        try:
            async with asyncio.timeout(within):
                while not (self.finished.is_set() or wanted()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


def pause_before(edit: int, grows: Growing) -> float:
    """Seconds before the growing edit number `edit` of an answer, from 0."""
    return _PAUSES[grows] * _SLOWER**edit


def is_beginning(text: str, few: int) -> bool:
    """Is there a whole sentence in the text so far, or else so `few` characters?"""
    return len(text) >= few or _SENTENCE.search(text) is not None


def _kept(file: File) -> dict[str, Any]:
    return asdict(file) | {"data": base64.b64encode(file.data).decode()}


def _file(kept: dict[str, str] | None) -> object:
    return {**kept, "data": base64.b64decode(kept["data"])} if kept else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A finished answer as it is kept until delivered. `remember`: what the session keeps, or None.
    `failed`: it says that the question could not be handled. `revises`: it takes the place of an earlier
    answer, whose messages are not this job's to delete. `readers`, `writers`: see `Draft`. `first`: number
    of its first message; those before it give way to it."""

    text: str = field(repr=False)
    level: Level
    remember: str | None = field(default=None, repr=False)
    file: Annotated[File | None, PlainSerializer(_kept, when_used="unless-none"), BeforeValidator(_file)] = (
        None
    )
    failed: bool = False
    revises: bool = False
    readers: Readers = None
    writers: tuple[str, ...] = ()
    first: int = 0


FINAL = TypeAdapter(Final)
"""A finished answer from and to JSON; the bytes of its file in Base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an answer goes, after the message or event `question`, and who waits for it there.

    `only`: the one person who may read it; others, who came meanwhile, read that it was withheld, but of a
    `private` word nothing. `quiet`: nobody asked here; nothing is shown before the final text. `asked_at`:
    when the question was asked, in seconds since 1970; None: nobody waits for an answer. `reply_to`,
    `any_device`: see `Draft`."""

    address: Address
    question: str
    reply_to: str | None = None
    only: str | None = None
    quiet: bool = False
    private: bool = False
    asked_at: float | None = None
    any_device: bool = False

    @classmethod
    def after(cls, event: Event) -> Target:
        """After this event; an answer names a question, but where two talk and nothing else is answered."""
        if not isinstance(event, Message):
            return cls(address=event.address, question=event.key)
        named = not event.direct or event.reply_to or event.address.thread
        return cls(address=event.address, question=event.id, reply_to=event.id if named else None)


class Origin(Protocol):
    """What an answer is made of: its level now, who could read all of it, the models that wrote in it."""

    @property
    def level(self) -> Level: ...
    @property
    def readers(self) -> Readers: ...
    @property
    def writers(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWords:
    """What service words are made of, and private ones: an `Origin` that does not change."""

    level: Level = Level.N0
    readers: Readers = None
    writers: tuple[str, ...] = ()


class Reply:
    """The visible answer of one job; see the module's docstring. `run` delivers, beside the bot."""

    def __init__(
        self,
        outbox: Outbox,
        claim: Claim,
        target: Target,
        origin: Origin,
        texts: Texts,
        *,
        choices: tuple[Choice, ...] = (),
        alone: Callable[[str, Level, tuple[str, ...]], Awaitable[bool]] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`choices`: see `Draft`. `alone` says a text, of a level and by models, to who asked instead, True:
        it did, and here nothing is said."""
        self._outbox = outbox
        self._claim = claim
        self._target = target
        self._origin = origin
        self.texts = texts
        self._choices = choices
        self._alone = alone
        self._now = now
        self._connector = outbox.connectors[target.address.connector]
        editing, files = self._connector.editing, self._connector.files
        self.edits = editing is not None
        """May a message of ours be changed here?"""
        self._with_text = files is not None and files.with_text
        """A file goes with its text here, in one message."""
        self.growth = Growth(editing.grows(target.address) if editing else None)
        self.show = self.growth.show
        self._gave_sign = target.asked_at is None or claim.resumed
        self._promised = PROMISED in claim.notes
        self._postponed = ""
        self.final = FINAL.validate_json(claim.final) if claim.final else None
        self.revises = self.final is not None and self.final.revises
        """The answer takes the place of an earlier one."""
        self._spares = False
        """The earlier one gives way to an answer alone."""
        self._posts = Posts(outbox, claim, target.address, target.question, revises=self.revises)
        self.posted: Mapping[int, str] = self._posts.ids
        """The messages of the answer, by their number."""
        if self.final:
            self.growth.end()
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
        return self.growth.text if self.growth.answers else ""

    # -- what a bot says -------------------------------------------------------------------------------

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """Put buttons under the answer, where the platform has them."""
        self._choices = choices

    async def acknowledge(self, text: str) -> None:
        """Say once, where an answer cannot be seen growing, that it will take its time. Service words."""
        if not self.edits and self.final is None:
            await self._say_before(text)

    def postpone(self, text: str, *, brief: bool = False) -> None:
        """End without an answer, which another claim will give; say so (service words; empty: it was said
        before). `brief`: within a minute, which is not worth a message that nothing can take back."""
        self._postponed = "" if brief and not self.edits else text
        self._leave_earlier()
        self.growth.end()

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
        origin = OwnWords() if service else self._origin
        level, writers = origin.level, origin.writers
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
            readers=origin.readers,
            writers=writers,
            first=self._posts.next if self._is_late and not in_place else self._posts.at,
        )
        kept = FINAL.dump_json(final)
        mark = await (
            self._claim.put(final=kept) if purge is None else self._claim.purge(final=kept, first=purge)
        )
        if mark not in ("edited", "deleted"):  # else meanwhile: it was not stored, and is not wanted
            self.final = final
        self.growth.end()

    @property
    def _is_late(self) -> bool:
        """Would nobody be notified of the answer if it took the place of what was posted?"""
        posts, asked_at = self._posts, self._target.asked_at
        if self.growth.grows in (None, "freely") or asked_at is None or self.revises:
            return False
        prepared = self.growth.prepared and (posts.at in posts.ids or posts.placing.locked())
        return self._promised or prepared or self._now() - asked_at > LATE_AFTER

    async def revise(self, parts: Mapping[int, str], *, spares: bool = False) -> None:
        """Write into these messages of ours, by their number, instead of new ones; `spares`: only what is
        remembered as an answer. Raises LeaseLost."""
        if not self.revises:
            await self._posts.recall()
        self.revises, self._spares = True, spares
        await self._posts.take_place_of(parts)

    def _leave_earlier(self) -> None:
        """Let an earlier answer stand that gives way to another alone: what there is to say is none."""
        if self._spares:
            self.revises = self._spares = False
            self._posts.forget()

    async def withdraw(self) -> None:
        """Delete what was posted: the question was deleted. Raises Deferred, LeaseLost."""
        await self._posts.withdraw()

    # -- how it is delivered ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Show signs of life, then the growing answer, then the final one. Raises Rejected, LeaseLost."""
        target, growth, activity = self._target, self.growth, self._connector.activity
        key, posts = self._posts.key, self._posts
        if await self._claim.is_seen(key(0), key(1)):
            posts.resumed = posts.unsure = True
        if not target.quiet and activity:
            await activity.read(target.address, target.question)
            self._count_first_sign()
        takes_time = not (target.quiet or await growth.is_finished_within(TYPING_AFTER))
        if takes_time and activity:
            await activity.working(target.address, True)
        if takes_time and not self._promised:
            await growth.run(self._show_once, lambda: self._posts.at in self.posted)
        await growth.finished.wait()
        if self.final is not None:
            await self._deliver(self.final)
        elif self._postponed and not target.quiet:
            await self._promise(self._postponed)
        if activity and (takes_time or (self._claim.resumed and not target.quiet)):
            await activity.working(target.address, False)

    def _count_first_sign(self) -> None:
        """Count, once for a question, how long its author saw nothing happen."""
        target = self._target
        if not self._gave_sign and target.asked_at is not None:
            self._gave_sign = True
            waited = max(0.0, self._now() - target.asked_at)
            metrics.first_sign.labels(target.address.connector).observe(waited)

    async def _show_once(self, what: Literal["first", "growing"]) -> float:
        """Show the answer so far. Returns seconds to wait before a further try, 0 when it went out."""
        shown, budget = self.growth.text, self._outbox.budget
        editing = self._connector.editing
        if not shown or (editing and editing.grows(self._target.address) == "never"):
            return FIRST_AFTER
        pace = self._connector.pace(self._target.address, what)
        pause = await budget.take(pace.scope, pace, what)
        if pause > 0:
            return pause
        printed = typeset(shown, language=self.texts.language) if self._origin.writers else shown
        text = split(self.preface + printed, self._connector.limit - len(MORE.encode()))[0]
        try:
            await self._place(self._posts.at, text.rstrip() + MORE, self._origin.level, growing=True)
        except Deferred as deferred:
            if deferred.limited:
                await budget.refused(pace.scope, deferred.retry_after)
            self._posts.unsure |= not deferred.undone
            return max(deferred.retry_after, 1.0)
        except (Denied, Unchangeable):
            return NEVER  # the final will say so
        self.growth.shown = shown
        return 0.0

    async def _say_before(self, words: str) -> None:
        """Say once, in a message beside the answer, that it takes its time."""
        if BEFORE not in self.posted:
            place = partial(self._place, BEFORE, words, Level.N0)
            await self._outbox.retry_until_sent(self._target.address, "final", place)

    async def _promise(self, words: str) -> None:
        """Say that the answer comes later: where it will be, or before it where nothing can be changed."""
        if not self.edits:
            await self._say_before(words)
            return
        place = partial(self._place, self._posts.at, words, Level.N0)
        await self._outbox.retry_until_sent(self._target.address, "first", place)
        await self._claim.put(notes={PROMISED: b""})

    async def _place(
        self, n: int, text: str, level: Level, file: File | None = None, *, growing: bool = False
    ) -> None:
        """Part `n` of the answer is `text` now. What is `growing` gives way to the whole, which may have come
        meanwhile: it would pass for it, under its key; all does where an earlier answer's place is taken."""
        async with self._claim.at("deliver"), self._posts.placing:
            written = self.final is not None
            if (growing and written) or (self.revises and not written):
                return
            await self._posts.place(n, self._draft(n, text, level, file), growing=growing)
            self._count_first_sign()

    def _draft(self, n: int, text: str, level: Level, file: File | None = None) -> Draft:
        """The message that is to be part `n`."""
        target, final = self._target, self.final
        service = bool(self._postponed)
        origin = final or self._origin
        return Draft(
            text=text,
            level=level,
            key=self._posts.key(n),
            language=self.texts.language,
            notice=n == BEFORE or service or (final is not None and final.remember is None),
            failed=final is not None and final.failed,
            growing=final is None,
            fence=self._claim.fence,
            reply_to=target.reply_to or (target.question if self._is_late else None),
            file=file,
            only=None if service or self.withheld else target.only,
            readers=None if service and final is None else origin.readers,
            writers=origin.writers,
            any_device=target.any_device,
            choices=self._choices,
        )

    async def _deliver(self, final: Final) -> None:
        """The final text, in as many messages as the platform needs; what else was posted is deleted."""
        first = final.first
        try:
            end = await self._deliver_parts(final, self._connector.limit)
        except Denied:
            if self._target.private:
                raise  # a private word waits until its reader is alone
            self.withheld = True
            self.final = final = Final(text=self.texts.withheld(), level=Level.N0, first=first)
            end = await self._deliver_parts(final, self._connector.limit)
        stay = {*range(first, end)}
        if (self.final or final).file is not None and not self._with_text:
            stay.add(FILE)
        if not stay and (settling := self._connector.settling):
            await settling.settle(self._target.address, self._target.question)
        if self._posts.unsure or set(self.posted) != stay:
            await self._posts.keep_only(first, stay)

    async def _deliver_parts(self, final: Final, limit: int) -> int:
        """Deliver the final text in parts of `limit` bytes, shorter ones where the platform takes less, and
        its file. Returns the number after that of the last text. Each claim tries the same lengths in the
        same order, so parts keep their numbers."""
        send = partial(self._outbox.retry_until_sent, self._target.address, "final")
        parts = split(final.text, limit) if final.text or final.file else []
        beside = final.file if self._with_text else None
        end = final.first + len(parts)
        try:
            for n, part in enumerate(parts, final.first):
                await send(partial(self._place, n, part, final.level, beside if n == end - 1 else None))
        except TooLong:
            if limit // 2 < LEAST:
                raise
            return await self._deliver_parts(final, limit // 2)
        if (file := final.file) is not None and beside is None:
            key = self._posts.key(FILE, file.name, hashlib.blake2b(file.data, digest_size=16).hexdigest())
            draft = replace(self._draft(FILE, file.name, final.level, file), key=key)
            try:
                await send(lambda: self._posts.place_file(draft))
            except Rejected as refused:  # the text stands, and promises it
                log.warning("file_refused", connector=self._connector.name, reason=str(refused))
                text = f"{final.text}\n\n{self.texts.file_not_taken()}"
                self.final = final = replace(final, text=text, file=None)
                return await self._deliver_parts(final, limit)
        return end
