"""What a turn does with an answer that was given before: judge it, show it to the support, give it again.

The answer is the one that was reacted to, else the last of the session. It is found by its job's reference,
which tells by what its judgements are counted; its words are those that the session keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from core.connector import Reacted
from core.inbox.records import FILE, QUESTION, Ref, question_about
from core.models.output_filter import GivenAddresses, disarmed
from core.sensitivity.level import Level
from core.sessions.repository import KeptTurn
from core.texts.feedback_words import FeedbackTexts
from core.understanding.commands import Verdict

if TYPE_CHECKING:
    from core.turn.exchange import Exchange
    from core.turn.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """An answer that was given before. `exchange` is None where the session does not hold it (any more, or
    since it was refused); `mine`: the author of this turn asked for it; `kind`: the bot that gave it,
    `service` or `refusal`; `asks`: it is the question about it that was answered here; `asked`: there is
    one."""

    exchange: KeptTurn | None
    mine: bool
    kind: str
    asks: bool
    asked: bool


class Feedback:
    """What a turn does with an answer that was given before."""

    def __init__(self, exchange: Exchange, services: Services) -> None:
        self._exchange = exchange
        self._services = services
        self._ref: Ref | None = None
        self._asks = False

    @property
    def has_support(self) -> bool:
        """Is there a support that an exchange may be shown to?"""
        return self._services.support is not None

    async def answer(self) -> GivenAnswer | None:
        """The answer of ours that was reacted to, else the last one here; the other methods are about it."""
        event, session = self._exchange.question.event, self._exchange.session
        find = partial(self._services.inbox.ref, event.address)
        reacts = isinstance(event, Reacted)
        target = event.target if reacts else session.turns[-1].key if session.turns else ""
        found = await find(target) if target else None
        if found is None or (reacts and target not in found.posts):
            return None
        is_question = found.kind == QUESTION
        asked = found if is_question else await find(question_about(found.turn))
        self._ref = await find(found.turn) or found if is_question else found
        exchange = next((each for each in session.turns if each.key == found.turn), None)
        mine = exchange is not None and exchange.author == self._exchange.question.author.id
        asks = is_question if reacts else asked is not None
        return GivenAnswer(
            exchange=exchange, mine=mine, kind=self._ref.kind, asks=asks, asked=asked is not None
        )

    def judge(self, verdict: Verdict) -> None:
        """Count what is said of it, once for each person and answer. Reactions are counted already."""
        if self._ref is not None:
            figures, person = self._services.figures, self._exchange.question.author.id
            self._exchange.outcome.judged.append(figures.judging(person, verdict, self._ref))

    def ask(self) -> None:
        """Say that this turn asks what was wrong with it: what is tapped there is said of it."""
        self._asks = True

    async def repeat(self, answer: GivenAnswer, model: str = "", *, in_place: bool = True) -> bool:
        """Let what is answered here take its place, as the answer to its question, by this model if one is
        named; `in_place`: in its very message where that stands and can be changed, else only in what is
        kept. False when it is kept nowhere any more."""
        if self._ref is None or answer.exchange is None:
            return False
        self._exchange.question = self._exchange.question.repeating(answer.exchange)
        unasking = self._services.inbox.unasking(self._exchange.question.address, answer.exchange.key)
        self._exchange.outcome.judged.append(unasking)  # it was not about the new answer
        self._exchange.models.access.choice = model or self._exchange.models.access.choice
        if in_place and self._ref.posts and self._exchange.reply.edits:
            await self._exchange.reply.revise(self._ref.parts, spares=True)
        return True

    async def share(self, answer: GivenAnswer, why: str = "") -> bool:
        """Show it to the support, with its question; its author wants that. False where that cannot be."""
        desk, given = self._services.support, answer.exchange
        if desk is None or given is None or not answer.mine:
            return False
        exchange, author = self._exchange, self._exchange.question.author
        model = self._ref.model if self._ref else ""
        language, models = self._services.language, exchange.situation.policy.models
        text = FeedbackTexts(language).handed(
            person=author.name or author.id,
            level=given.level,
            why=why,
            question=given.question,
            answer=disarmed(given.answer, GivenAddresses(()), language=language),  # its author gave any
        )
        return await desk.hand(
            text,
            of=self._handed(given),
            by=author,
            level=max(given.level, exchange.reading.level),
            language=language,
            at=exchange.question.at,
            writers=tuple(each.id for each in models if each.generates and each.id == model),
        )

    async def is_shared(self, answer: GivenAnswer) -> bool:
        """Was it shown to the support by its author?"""
        desk, exchange = self._services.support, answer.exchange
        return desk is not None and exchange is not None and await desk.has(of=self._handed(exchange))

    def _handed(self, exchange: KeptTurn) -> tuple[str, str]:
        return self._exchange.question.author.id, exchange.key

    def ref(self) -> Ref | None:
        """Return how the job of this turn is found, where it asks what was wrong with an answer, or gives an
        answer again."""
        if self._ref is not None and self._exchange.question.repeats:
            return self._ref_of_repetition(self._ref)
        if self._ref is not None and self._asks and self._posts:
            return self._ref_of_question(self._ref)
        return None

    @property
    def _posts(self) -> tuple[str, ...]:
        """The messages of this turn's answer."""
        return tuple(id for _, id in sorted(self._exchange.reply.posted.items()))

    def _ref_of_repetition(self, ref: Ref) -> Ref:
        """Return how the answer that was given again is found, with what it was before."""
        exchange, outcome = self._exchange, self._exchange.outcome
        before = replace(ref, posts=(), file="") if exchange.reply.revises else ref
        shelves = (shelf.key for shelf, _ in outcome.shelved)
        return replace(
            before,
            posts=(*before.posts, *self._posts),
            file=exchange.reply.posted.get(FILE, before.file),
            model=outcome.answered_by[-1] if outcome.answered_by else ref.model,
            level=min(exchange.reading.level, Level.N4).name,
            shelves=tuple(dict.fromkeys((*before.shelves, *shelves))),
        )

    def _ref_of_question(self, ref: Ref) -> Ref:
        """Return how the question about an answer is found."""
        exchange, question, outcome = self._exchange, self._exchange.question, self._exchange.outcome
        put_on = question.event.id if isinstance(question.event, Reacted) else ""
        about = tuple(each.id for each in question.messages) or (put_on or question.event.key,)
        return replace(
            ref,
            questions=(*about, *(exchange.room.asking if outcome.awaits else ())),
            posts=self._posts,
            file="",
            before=(),
            outlives=False,
            kind=QUESTION,
            awaits=outcome.awaits,
            about="",
            who=exchange.person.who,
        )
