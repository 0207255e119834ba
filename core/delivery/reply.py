"""The reply: one visible answer per job, placed, grown and finished exactly once.

A bot says what the answer is so far (`show`) and what it is at last (`finish`). This module alone decides
what is posted of it: its beginning and growing edits (`core.delivery.growing`), then the final text, which is
durable before it is sent (`core.delivery.final`). An answer that comes within a second is posted once, and on
a platform without edits (mail) never anything but the final text. A final text that is already durable is
delivered without asking a model again. That each of its messages stands there once is
`core.delivery.outbox`'s.

People are notified of new messages, not of edits. So a late answer, or one that was promised when models were
away, is a new message in reply to its question, and what stood there before is deleted (`Final.first`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from core.connector import MORE, Address, Choice, Connector, Draft, Event, File, Grows, Message
from core.delivery.final import FINAL, Final, Origin, OwnWords
from core.delivery.growing import FEW, FIRST_AFTER, MOST_EDITS, TYPING_AFTER, GrowingText, pause_before
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

LATE_AFTER = 20.0
"""Seconds after its question from which an answer is a message of its own."""
NEVER = 3600.0
PROMISED = "promised"
"""Name of a job's note: what is posted says only that the answer comes later."""
_RULE = "\n\n---\n\n"
Alone = Callable[[str, Level, tuple[str, ...]], Awaitable[bool]]
"""Says a text, of a level and by models, to the person who asked alone. False where that cannot be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Where a reply stands, and who may read it.

    It stands at `address`, after the message `question`, and names the message `reply_to`, if any. `only` is
    the one person who may read it: others, who came meanwhile, read that it was withheld, but of a `private`
    word nothing. `quiet`: nobody asked here, and nothing is shown before the final text. `asked_at` is when
    the question was asked, in seconds since 1970; None: nobody waits for an answer. `any_device`: see
    `Draft`."""

    address: Address
    question: str
    reply_to: str | None = None
    only: str | None = None
    private: bool = False
    quiet: bool = False
    asked_at: float | None = None
    any_device: bool = False


def addressed(
    event: Event,
    *,
    only: str | None = None,
    private: bool = False,
    quiet: bool = False,
    asked_at: float | None = None,
    any_device: bool = False,
) -> Addressed:
    """Return where the reply to an event stands: after it, at its address. It names the question to which it
    replies, unless two talk and nothing else is answered."""
    asked = event if isinstance(event, Message) else None
    question = event.key if asked is None else asked.id
    named = asked is not None and (not asked.direct or asked.reply_to or event.address.thread)
    return Addressed(
        address=event.address,
        question=question,
        reply_to=question if named else None,
        only=only,
        private=private,
        quiet=quiet,
        asked_at=asked_at,
        any_device=any_device,
    )


class _Platform:
    """What the platform of a reply can do."""

    def __init__(self, connector: Connector, address: Address) -> None:
        self.connector = connector
        self.edits = connector.editing is not None
        """May a message of ours be changed here?"""
        self.with_text = connector.files is not None and connector.files.with_text
        """Does a file go with its text here, in one message?"""
        self.grows: Grows | None = connector.editing.grows(address) if connector.editing else None
        """How an answer grows here; None: it cannot."""


@dataclass(slots=True)
class _WordsRound:
    """The service words round an answer (CommonMark). `personal`: those before it are of the turn's level,
    whatever the answer is."""

    before: str = ""
    after: str = ""
    personal: bool = False


class Reply:
    """The visible answer of one job; see the module's docstring. `run` delivers, beside the bot."""

    def __init__(
        self,
        outbox: Outbox,
        claim: Claim,
        to: Addressed,
        origin: Origin,
        texts: Texts,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`origin` is what the answer is made of."""
        self._outbox = outbox
        self._claim = claim
        self._to = to
        self._origin = origin
        self.texts = texts
        self._alone: Alone | None = None
        self._now = now
        self._platform = _Platform(outbox.connectors[to.address.connector], to.address)
        self._growing = GrowingText()
        self._words = _WordsRound()
        self._choices: tuple[Choice, ...] = ()
        self._postponed = ""
        self._gave_sign = to.asked_at is None or claim.resumed
        self.final = FINAL.validate_json(claim.final) if claim.final else None
        self.revises = self.final is not None and self.final.revises
        """Does the answer take the place of an earlier one?"""
        self._spares = False
        """Does the earlier one give way to an answer alone?"""
        self._posts = Posts(outbox, claim, to.address, to.question, revises=self.revises)
        self.withheld = False
        """Was the answer not shown, since its readers had changed?"""
        if self.final:
            self.end()

    @property
    def posted(self) -> Mapping[int, str]:
        """The messages of the answer, by their number."""
        return self._posts.ids

    @property
    def edits(self) -> bool:
        """May a message of ours be changed here?"""
        return self._platform.edits

    @property
    def partial(self) -> str:
        """What was shown last of the answer."""
        return self._growing.text if self._growing.is_answer else ""

    # -- what a bot says -------------------------------------------------------------------------------

    def show(self, text: str, what: Literal["answer", "before", "progress"] = "answer") -> None:
        """Take in the answer so far, from its beginning (CommonMark). Cheap; shown when there is room to. Or
        service words: `before` there is anything of the answer, which is then a message of its own, for the
        words that notified were not its; the `progress` of a long work, where that costs and notifies
        nobody."""
        if what != "progress" or self._platform.grows == "freely":
            self._growing.take(text, what)

    def end(self) -> None:
        """Show nothing more: all is said, or the question was edited or deleted. What is under way is let
        finish."""
        self._growing.end()

    @property
    def is_eager(self) -> bool:
        """Would more text of the answer be shown soon?"""
        return self._growing.is_eager

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """Put buttons under the answer, where the platform has them."""
        self._choices = choices

    def say_alone(self, alone: Alone) -> None:
        """Have the answer said to the person who asked alone; where it is, nothing is said here."""
        self._alone = alone

    def put_before(self, text: str, *, personal: bool = False) -> None:
        """Put service words before whatever the answer will be. `personal`: see `finish`."""
        self._words.before += f"{text}{_RULE}"
        self._words.personal |= personal

    def put_after(self, text: str) -> None:
        """Put service words after the whole answer, which is what notifies."""
        if text not in self._words.after:
            self._words.after += f"{_RULE}{text}"

    async def finish_with_words_before(self) -> None:
        """Answer with nothing but the service words that stand first."""
        lead, self._words.before = self._words.before.removesuffix(_RULE), ""
        await self.finish(lead)

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
        """Give the whole answer, for good. Return once it is durable; it will be delivered. An empty text
        without a file: nothing is said.

        `remember` is what the session keeps of it; None for service words, which are N0 and not kept.
        `personal`: service words that carry what the session holds, or what the person wrote, hence the level
        of this turn, as with a file. `purge`: commands that are executed with it, of a question of which
        nothing is kept."""
        if self.final is not None:
            return
        if remember is None:
            self._leave_earlier()
        service = remember is None and not (personal or self._words.personal) and file is None
        origin = OwnWords() if service else self._origin
        level, writers = origin.level, tuple(origin.writers)
        if text and self._alone is not None and await self._alone(text, level, writers):
            text = ""
        printed = typeset(text, language=self.texts.language) if writers else text
        final = Final(
            text=self._words.before + printed + self._words.after if text or file else "",
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
        posts, asked_at = self._posts, self._to.asked_at
        if self._platform.grows in (None, "freely") or asked_at is None or self.revises:
            return False
        stands = posts.at in posts.ids or posts.placing.locked()
        prepared = self._growing.had_words_before and stands
        return self._promised or prepared or self._now() - asked_at > LATE_AFTER

    @property
    def _promised(self) -> bool:
        """Does what is posted say only that the answer comes later?"""
        return PROMISED in self._claim.notes

    async def revise(self, parts: Mapping[int, str], *, spares: bool = False) -> None:
        """Write into these messages of ours, by their number, instead of new ones. `spares`: write only what
        is remembered as an answer. Raises LeaseLost."""
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
        to, posts, activity = self._to, self._posts, self._platform.connector.activity
        if await self._claim.is_seen(posts.key(0), posts.key(1)):
            posts.resumed = posts.unsure = True
        if not to.quiet and activity:
            await activity.read(to.address, to.question)
            self._count_first_sign()
        await self._growing.wait_finished(0.0 if to.quiet else TYPING_AFTER)
        takes_time = not (to.quiet or self._growing.finished)
        if takes_time and activity:
            await activity.working(to.address, True)
        if takes_time and not self._promised:
            await self._grow()
        await self._growing.wait_finished()
        if self.final is not None:
            await self._deliver(self.final, self._platform.connector.limit)
        elif self._postponed and not to.quiet:
            await self._promise(self._postponed)
        if activity and (takes_time or (self._claim.resumed and not to.quiet)):
            await activity.working(to.address, False)

    def _count_first_sign(self) -> None:
        """Count, once for a question, how long its author saw nothing happen."""
        if not self._gave_sign and self._to.asked_at is not None:
            self._gave_sign = True
            waited = max(0.0, self._now() - self._to.asked_at)
            metrics.first_sign.labels(self._to.address.connector).observe(waited)

    async def _grow(self) -> None:
        """Show the beginning and growing edits, until finished."""
        grows, growing = self._platform.grows, self._growing
        if grows is None or grows == "never":
            return
        growing.may_show_in(0.0)
        if not await growing.has_beginning(1 if grows == "freely" else FEW):
            return
        edits, pause = 0, await self._show_once("first")
        while self._posts.at not in self.posted or edits < MOST_EDITS[grows]:
            pause = pause or pause_before(edits, grows)
            growing.may_show_in(pause)
            await growing.wait_finished(pause)
            if growing.finished:
                return
            if self._posts.at not in self.posted:
                pause = await self._show_once("first")
            elif await growing.has_more():
                pause = await self._show_once("growing")
                edits += pause == 0
            else:
                return
        growing.may_show_in(NEVER)

    async def _show_once(self, what: Literal["first", "growing"]) -> float:
        """Show the answer so far. Return the seconds to wait before a further try, 0 when it went out."""
        shown, budget, connector = self._growing.text, self._outbox.budget, self._platform.connector
        editing = connector.editing
        if not shown or (editing and editing.grows(self._to.address) == "never"):
            return FIRST_AFTER
        pace = connector.pace(self._to.address, what)
        pause = await budget.take(pace.scope, pace, what)
        if pause > 0:
            return pause
        printed = typeset(shown, language=self.texts.language) if self._origin.writers else shown
        text = split(self._words.before + printed, connector.limit - len(MORE.encode()))[0]
        try:
            await self._place(self._posts.at, text.rstrip() + MORE, self._origin.level, growing=True)
        except Deferred as deferred:
            if deferred.limited:
                await budget.refused(pace.scope, deferred.retry_after)
            self._posts.unsure |= not deferred.undone
            return max(deferred.retry_after, 1.0)
        except (Denied, Unchangeable):
            return NEVER  # the final will say so
        self._growing.shown = shown
        return 0.0

    async def _say_before(self, words: str) -> None:
        """Say once, in a message beside the answer, that it takes its time."""
        if BEFORE not in self.posted:
            place = partial(self._place, BEFORE, words, Level.N0)
            await self._outbox.retry_until_sent(self._to.address, "final", place)

    async def _promise(self, words: str) -> None:
        """Say that the answer comes later: where it will be, or before it where nothing can be changed."""
        if not self.edits:
            await self._say_before(words)
            return
        place = partial(self._place, self._posts.at, words, Level.N0)
        await self._outbox.retry_until_sent(self._to.address, "first", place)
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
            draft = self._draft(n, text, level, file)
            await (posts.place_file(draft) if n == FILE else posts.place(n, draft, growing=growing))
            self._count_first_sign()

    def _draft(self, n: int, text: str, level: Level, file: File | None) -> Draft:
        """Return part `n` of the answer as the connector gets it."""
        final, service = self.final, bool(self._postponed)
        origin = final or self._origin
        key = self._posts.key(n)
        if file is not None and n == FILE:
            key = self._posts.key(n, file.name, hashlib.blake2b(file.data, digest_size=16).hexdigest())
        return Draft(
            text=text,
            level=level,
            key=key,
            language=self.texts.language,
            notice=n == BEFORE or service or (final is not None and final.remember is None),
            failed=final is not None and final.failed,
            growing=final is None,
            fence=self._claim.fence,
            reply_to=self._to.reply_to or (self._to.question if self._is_late else None),
            file=file,
            only=None if service or self.withheld else self._to.only,
            readers=None if service and final is None else origin.readers,
            writers=tuple(origin.writers),
            any_device=self._to.any_device,
            choices=self._choices,
        )

    async def _deliver(self, final: Final, limit: int) -> None:
        """Deliver the final text, in parts of `limit` bytes, and its file; what else was posted is deleted.
        Each claim tries the same lengths in the same order, so parts keep their numbers."""
        file, first, n = final.file, final.first, final.first
        texts = split(final.text, limit) if final.text or file else []
        parts: list[tuple[int, str, File | None]] = [(n, text, None) for n, text in enumerate(texts, first)]
        if file is not None and self._platform.with_text:
            parts[-1] = (*parts[-1][:2], file)
        elif file is not None:
            parts.append((FILE, file.name, file))
        try:
            for n, text, beside in parts:
                place = partial(self._place, n, text, final.level, beside)
                await self._outbox.retry_until_sent(self._to.address, "final", place)
        except (Denied, Rejected) as refused:
            self.final, limit = self._instead(final, limit, refused, n)
            await self._deliver(self.final, limit)
            return
        stay = {n for n, *_ in parts}
        if not stay and (settling := self._platform.connector.settling):
            await settling.settle(self._to.address, self._to.question)
        if self._posts.unsure or set(self.posted) != stay:
            await self._posts.keep_only(first, stay)

    def _instead(self, final: Final, limit: int, refused: Denied | Rejected, n: int) -> tuple[Final, int]:
        """What is delivered in the place of a final text of which part `n` was refused, in parts of how many
        bytes; raises the refusal where nothing is."""
        if isinstance(refused, Denied):
            if self._to.private or self.withheld:
                raise refused  # a private word waits until its reader is alone
            self.withheld = True
            return Final(
                text=self.texts.withheld(), level=Level.N0, first=final.first
            ), self._platform.connector.limit
        if n == FILE:  # the text stands, and promises it
            log.warning("file_refused", connector=self._platform.connector.name, reason=str(refused))
            return replace(final, text=f"{final.text}\n\n{self.texts.file_not_taken()}", file=None), limit
        if not isinstance(refused, TooLong) or limit // 2 < LEAST:
            raise refused
        return final, limit // 2
