"""The reply: one visible answer per job, placed, grown and finished exactly once.

A bot says what the answer is so far (`show`) and what it is at last (`finish`). This module alone decides
what is posted of it: nothing before there are words of the answer; then its first sentence, or after four
seconds what there is; then as many growing edits as the platform bears (`_grow`); then the final text, which
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
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter

from core.connector import MORE, Choice, Draft, Event, File, Grows, Message, Readers
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


class Origin(Protocol):
    """What an answer is made of: its level now, who could read all of it, the models that wrote in it."""

    @property
    def level(self) -> Level: ...
    @property
    def readers(self) -> Readers: ...
    @property
    def writers(self) -> Sequence[str]: ...


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
        event: Event,
        origin: Origin,
        texts: Texts,
        *,
        only: str | None = None,
        quiet: bool = False,
        private: bool = False,
        asked_at: float | None = None,
        any_device: bool = False,
        choices: tuple[Choice, ...] = (),
        alone: Callable[[str, Level, tuple[str, ...]], Awaitable[bool]] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """The answer stands after `event`, at its address; it names a question in reply to which it stands,
        but where two talk and nothing else is answered.

        `only`: the one person who may read it; others, who came meanwhile, read that it was withheld, but of
        a `private` word nothing. `quiet`: nobody asked here; nothing is shown before the final text.
        `asked_at`: when the question was asked, in seconds since 1970; None: nobody waits for an answer.
        `any_device`, `choices`: see `Draft`. `alone` says a text, of a level and by models, to who asked
        instead, True: it did, and here nothing is said."""
        self._outbox = outbox
        self._claim = claim
        self._address = address = event.address
        asked = event if isinstance(event, Message) else None
        self._question = event.key if asked is None else asked.id
        named = asked is not None and (not asked.direct or asked.reply_to or address.thread)
        self._reply_to = self._question if named else None
        self._origin = origin
        self.texts = texts
        self._only, self._quiet, self._private, self._any_device = only, quiet, private, any_device
        self._asked_at = asked_at
        self._choices = choices
        self._alone = alone
        self._now = now
        self._connector = outbox.connectors[address.connector]
        editing, files = self._connector.editing, self._connector.files
        self.edits = editing is not None
        """May a message of ours be changed here?"""
        self._with_text = files is not None and files.with_text
        """A file goes with its text here, in one message."""
        self._grows: Grows | None = editing.grows(address) if editing else None
        """How an answer grows here; None: it cannot."""
        self._text = ""
        """What is written of the answer so far."""
        self._answers = False
        """The text is of the answer."""
        self._prepared = False
        """Something was shown before there was anything of the answer."""
        self._shown = ""
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Nothing more will be shown before the final text."""
        self._news = asyncio.Event()
        """There is more text, or nothing more will come."""
        self._least = 0
        """Characters of which a beginning is waited for: less text is no news."""
        self._shows_at = math.inf
        """When more of the answer may be shown, on the event loop's clock."""
        self._gave_sign = asked_at is None or claim.resumed
        self._promised = PROMISED in claim.notes
        self._postponed = ""
        self.final = FINAL.validate_json(claim.final) if claim.final else None
        self.revises = self.final is not None and self.final.revises
        """The answer takes the place of an earlier one."""
        self._spares = False
        """The earlier one gives way to an answer alone."""
        self._posts = Posts(outbox, claim, address, self._question, revises=self.revises)
        self.posted: Mapping[int, str] = self._posts.ids
        """The messages of the answer, by their number."""
        if self.final:
            self.end()
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

    # -- what a bot says -------------------------------------------------------------------------------

    def show(self, text: str, what: Literal["answer", "before", "progress"] = "answer") -> None:
        """Take in the answer so far, from its beginning (CommonMark). Cheap; shown when there is room to. Or
        service words: `before` there is anything of the answer, which is then a message of its own, for the
        words that notified were not its; the `progress` of a long work, where that costs and notifies
        nobody."""
        if what == "progress" and self._grows != "freely":
            return
        self._answers = what == "answer"
        self._prepared |= what == "before"
        self._text = text
        if not self._least or is_beginning(text, self._least):
            self._news.set()

    def end(self) -> None:
        """Nothing more is shown: all is said, or the question was edited or deleted. What is under way is let
        finish."""
        if not self._finished.done():
            self._finished.set_result(None)
        self._news.set()

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
        origin = OwnWords() if service else self._origin
        level, writers = origin.level, tuple(origin.writers)
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
        self.end()

    @property
    def _is_late(self) -> bool:
        """Would nobody be notified of the answer if it took the place of what was posted?"""
        posts, asked_at = self._posts, self._asked_at
        if self._grows in (None, "freely") or asked_at is None or self.revises:
            return False
        prepared = self._prepared and (posts.at in posts.ids or posts.placing.locked())
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
        address, posts, activity = self._address, self._posts, self._connector.activity
        if await self._claim.is_seen(posts.key(0), posts.key(1)):
            posts.resumed = posts.unsure = True
        if not self._quiet and activity:
            await activity.read(address, self._question)
            self._count_first_sign()
        await asyncio.wait([self._finished], timeout=0.0 if self._quiet else TYPING_AFTER)
        takes_time = not (self._quiet or self._finished.done())
        if takes_time and activity:
            await activity.working(address, True)
        if takes_time and not self._promised:
            await self._grow()
        await asyncio.wait([self._finished])
        if self.final is not None:
            await self._deliver(self.final, self._connector.limit)
        elif self._postponed and not self._quiet:
            await self._promise(self._postponed)
        if activity and (takes_time or (self._claim.resumed and not self._quiet)):
            await activity.working(address, False)

    def _count_first_sign(self) -> None:
        """Count, once for a question, how long its author saw nothing happen."""
        if not self._gave_sign and self._asked_at is not None:
            self._gave_sign = True
            waited = max(0.0, self._now() - self._asked_at)
            metrics.first_sign.labels(self._address.connector).observe(waited)

    @property
    def is_eager(self) -> bool:
        """Would more text of the answer be shown soon?"""
        return asyncio.get_running_loop().time() > self._shows_at - AHEAD

    async def _grow(self) -> None:
        """Show the beginning and growing edits, until finished."""
        grows = self._grows
        if grows is None or grows == "never":
            return
        clock, edits = asyncio.get_running_loop().time, 0
        self._shows_at = clock()
        if not await self._has_beginning(1 if grows == "freely" else _FEW):
            return
        pause = await self._show_once("first")
        while self._posts.at not in self.posted or edits < MOST_EDITS[grows]:
            pause = pause or pause_before(edits, grows)
            self._shows_at = clock() + pause
            await asyncio.wait([self._finished], timeout=pause)
            if self._finished.done():
                return
            if self._posts.at not in self.posted:
                pause = await self._show_once("first")
            elif await self._has_come(lambda: self._text != self._shown) and not self._finished.done():
                pause = await self._show_once("growing")
                edits += pause == 0
            else:
                return
        self._shows_at = math.inf

    async def _has_beginning(self, few: int) -> bool:
        """Wait until there is a sentence to be shown, or after a while `few` characters; False when the
        answer is finished first."""
        await asyncio.wait([self._finished], timeout=FIRST_AFTER - TYPING_AFTER)
        if self._finished.done():
            return False
        hurries = FIRST_WITHIN - FIRST_AFTER if few > 1 else 0.0
        self._least = ENOUGH
        if not await self._has_come(lambda: is_beginning(self._text, ENOUGH), hurries):
            self._least = few
            await self._has_come(lambda: is_beginning(self._text, few))
        self._least = 0
        return not self._finished.done()

    async def _has_come(self, wanted: Callable[[], bool], within: float | None = None) -> bool:
        """Wait until the text is as `wanted`, or finished; False when neither came `within` so many
        seconds."""
        try:
            async with asyncio.timeout(within):
                while not (self._finished.done() or wanted()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def _show_once(self, what: Literal["first", "growing"]) -> float:
        """Show the answer so far. Returns seconds to wait before a further try, 0 when it went out."""
        shown, budget = self._text, self._outbox.budget
        editing = self._connector.editing
        if not shown or (editing and editing.grows(self._address) == "never"):
            return FIRST_AFTER
        pace = self._connector.pace(self._address, what)
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
        self._shown = shown
        return 0.0

    async def _say_before(self, words: str) -> None:
        """Say once, in a message beside the answer, that it takes its time."""
        if BEFORE not in self.posted:
            place = partial(self._place, BEFORE, words, Level.N0)
            await self._outbox.retry_until_sent(self._address, "final", place)

    async def _promise(self, words: str) -> None:
        """Say that the answer comes later: where it will be, or before it where nothing can be changed."""
        if not self.edits:
            await self._say_before(words)
            return
        place = partial(self._place, self._posts.at, words, Level.N0)
        await self._outbox.retry_until_sent(self._address, "first", place)
        await self._claim.put(notes={PROMISED: b""})

    async def _place(
        self, n: int, text: str, level: Level, file: File | None = None, *, growing: bool = False
    ) -> None:
        """Part `n` of the answer is `text` now. What is `growing` gives way to the whole, which may have come
        meanwhile: it would pass for it, under its key; all does where an earlier answer's place is taken."""
        async with self._claim.at("deliver"), self._posts.placing:
            final, posts = self.final, self._posts
            if (growing and final is not None) or (self.revises and final is None):
                return
            service = bool(self._postponed)
            origin = final or self._origin
            key = posts.key(n)
            if file is not None and n == FILE:
                key = posts.key(n, file.name, hashlib.blake2b(file.data, digest_size=16).hexdigest())
            draft = Draft(
                text=text,
                level=level,
                key=key,
                language=self.texts.language,
                notice=n == BEFORE or service or (final is not None and final.remember is None),
                failed=final is not None and final.failed,
                growing=final is None,
                fence=self._claim.fence,
                reply_to=self._reply_to or (self._question if self._is_late else None),
                file=file,
                only=None if service or self.withheld else self._only,
                readers=None if service and final is None else origin.readers,
                writers=tuple(origin.writers),
                any_device=self._any_device,
                choices=self._choices,
            )
            await (posts.place_file(draft) if n == FILE else posts.place(n, draft, growing=growing))
            self._count_first_sign()

    async def _deliver(self, final: Final, limit: int) -> None:
        """Deliver the final text, in parts of `limit` bytes, and its file; what else was posted is deleted.
        Each claim tries the same lengths in the same order, so parts keep their numbers."""
        file, first, n = final.file, final.first, final.first
        texts = split(final.text, limit) if final.text or file else []
        parts: list[tuple[int, str, File | None]] = [(n, text, None) for n, text in enumerate(texts, first)]
        if file is not None and self._with_text:
            parts[-1] = (*parts[-1][:2], file)
        elif file is not None:
            parts.append((FILE, file.name, file))
        try:
            for n, text, beside in parts:
                place = partial(self._place, n, text, final.level, beside)
                await self._outbox.retry_until_sent(self._address, "final", place)
        except (Denied, Rejected) as refused:
            self.final, limit = self._instead(final, limit, refused, n)
            await self._deliver(self.final, limit)
            return
        stay = {n for n, *_ in parts}
        if not stay and (settling := self._connector.settling):
            await settling.settle(self._address, self._question)
        if self._posts.unsure or set(self.posted) != stay:
            await self._posts.keep_only(first, stay)

    def _instead(self, final: Final, limit: int, refused: Denied | Rejected, n: int) -> tuple[Final, int]:
        """What is delivered in the place of a final text of which part `n` was refused, in parts of how many
        bytes; raises the refusal where nothing is."""
        if isinstance(refused, Denied):
            if self._private or self.withheld:
                raise refused  # a private word waits until its reader is alone
            self.withheld = True
            return Final(text=self.texts.withheld(), level=Level.N0, first=final.first), self._connector.limit
        if n == FILE:  # the text stands, and promises it
            log.warning("file_refused", connector=self._connector.name, reason=str(refused))
            return replace(final, text=f"{final.text}\n\n{self.texts.file_not_taken()}", file=None), limit
        if not isinstance(refused, TooLong) or limit // 2 < LEAST:
            raise refused
        return final, limit // 2
