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
    from core.turn.services import Services
    from core.turn.turn import Turn


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

    def __init__(self, turn: Turn, services: Services) -> None:
        self._turn = turn
        self._services = services
        self._ref: Ref | None = None
        self._asks = False

    @property
    def has_support(self) -> bool:
        """Is there a support that an exchange may be shown to?"""
        return self._services.support is not None

    async def answer(self) -> GivenAnswer | None:
        """The answer of ours that was reacted to, else the last one here; the other methods are about it."""
        event, session = self._turn.question.event, self._turn.session
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
        mine = exchange is not None and exchange.author == self._turn.question.author.id
        asks = is_question if reacts else asked is not None
        return GivenAnswer(
            exchange=exchange, mine=mine, kind=self._ref.kind, asks=asks, asked=asked is not None
        )

    def judge(self, verdict: Verdict) -> None:
        """Count what is said of it, once for each person and answer. Reactions are counted already."""
        if self._ref is not None:
            figures, person = self._services.figures, self._turn.question.author.id
            self._turn.judgements.append(figures.judging(person, verdict, self._ref))

    def ask(self) -> None:
        """Say that this turn asks what was wrong with it: what is tapped there is said of it."""
        self._asks = True

    async def repeat(self, answer: GivenAnswer, model: str = "", *, in_place: bool = True) -> bool:
        """Let what is answered here take its place, as the answer to its question, by this model if one is
        named; `in_place`: in its very message where that stands and can be changed, else only in what is
        kept. False when it is kept nowhere any more."""
        if self._ref is None or answer.exchange is None:
            return False
        self._turn.question = self._turn.question.repeating(answer.exchange)
        unasking = self._services.inbox.unasking(self._turn.question.address, answer.exchange.key)
        self._turn.judgements.append(unasking)  # it was not about the new answer
        self._turn.access.choice = model or self._turn.access.choice
        if in_place and self._ref.posts and self._turn.reply.edits:
            await self._turn.reply.revise(self._ref.parts, spares=True)
        return True

    async def share(self, answer: GivenAnswer, why: str = "") -> bool:
        """Show it to the support, with its question; its author wants that. False where that cannot be."""
        desk, exchange, turn = self._services.support, answer.exchange, self._turn
        if desk is None or exchange is None or not answer.mine:
            return False
        model = self._ref.model if self._ref else ""
        language = self._services.language
        text = FeedbackTexts(language).handed(
            person=turn.question.author.name or turn.question.author.id,
            level=exchange.level,
            why=why,
            question=exchange.question,
            answer=disarmed(exchange.answer, GivenAddresses(()), language=language),  # its author gave any
        )
        return await desk.hand(
            text,
            of=self._handed(exchange),
            by=turn.question.author,
            level=max(exchange.level, turn.level),
            language=language,
            at=turn.question.at,
            writers=tuple(each.id for each in turn.policy.models if each.generates and each.id == model),
        )

    async def is_shared(self, answer: GivenAnswer) -> bool:
        """Was it shown to the support by its author?"""
        desk, exchange = self._services.support, answer.exchange
        return desk is not None and exchange is not None and await desk.has(of=self._handed(exchange))

    def _handed(self, exchange: KeptTurn) -> tuple[str, str]:
        return self._turn.question.author.id, exchange.key

    def ref(self) -> Ref | None:
        """How the job of this turn is found, where it asks what was wrong with an answer, or gives it
        again."""
        turn = self._turn
        if self._ref is None or not (self._asks or turn.question.repeats):
            return None
        posts = tuple(id for _, id in sorted(turn.reply.posted.items()))
        if turn.question.repeats:
            model = turn.answered_by[-1] if turn.answered_by else self._ref.model
            before = replace(self._ref, posts=(), file="") if turn.reply.revises else self._ref
            kept = (shelf.key for shelf, _ in turn.to_keep)
            return replace(
                before,
                posts=(*before.posts, *posts),
                file=turn.reply.posted.get(FILE, before.file),
                model=model,
                level=min(turn.level, Level.N4).name,
                shelves=tuple(dict.fromkeys((*before.shelves, *kept))),
            )
        if not posts:
            return None
        put_on = turn.question.event.id if isinstance(turn.question.event, Reacted) else ""
        about = tuple(each.id for each in turn.question.messages) or (put_on or turn.question.event.key,)
        questions = (*about, *(turn.asking if turn.awaits else ()))
        asked = replace(self._ref, questions=questions, posts=posts, file="", before=(), outlives=False)
        return replace(asked, kind=QUESTION, awaits=turn.awaits, about="", who=turn.who)
