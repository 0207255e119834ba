"""Deletes what was said of a question that is gone or was edited: its answer, and what was said alone."""

from __future__ import annotations

from core.connector import Address, Deleted, Event
from core.delivery.outbox import Outbox
from core.inbox.inbox import Claim, How, Ref
from core.inbox.records import QUESTION, explaining, question_about
from core.sessions.repository import apart
from core.turn.exchange import Exchange
from core.turn.services import Services
from core.turn.taking_back import removed, unheld

_UNSAID = "unsaid"
"""Notes that what was said in private of a question before it was edited is deleted."""


async def delete_answer(services: Services, outbox: Outbox, job: str, deleted: Deleted) -> None:
    """An answered question was deleted: its answer and its turn go too, and what was asked or answered in
    private instead; not what asked to delete it, and says how to go on. Into a message of ours that
    somebody else deleted, nothing is written any more."""
    inbox = services.inbox
    ref = await inbox.ref(deleted.address, deleted.target)
    if ref is None:
        return
    if deleted.target not in ref.questions:
        await inbox.unpost(deleted.address, ref, deleted.target)
        return
    if ref.kind != QUESTION:  # which is about an exchange that stays
        who = ref.who or inbox.who(deleted.sender.id)
        await removed(services, who, ref.turn, ref.session, ref.chat, *ref.shelves)
    for key in (ref.session, apart(ref.session, ref.about)) if ref.about else ():
        await unheld(services.sessions, key, deleted)
    posts = () if ref.outlives else (*ref.posts, *ref.before)
    asked = await inbox.ref(deleted.address, question_about(ref.turn))
    if asked is not None and asked.awaits == "number":  # what was wrong with an answer that is gone
        posts += asked.posts
    await outbox.delete_each(deleted.address, {id: f"{job}:{id}" for id in posts})
    if ref.kind != QUESTION:
        await delete_private(outbox, job, ref.chat, ref.turn)


async def delete_private(outbox: Outbox, job: str, chat: str, turn: str, *, how: How = "deleted") -> None:
    """Delete what was asked, answered or explained in the author's chat of two, by its session's key
    (empty: none), of this exchange, or is still to be; `stopped`: what is said of it later may come."""
    if not chat:
        return
    connector, _, conversation = chat.partition(":")
    there = Address(connector=connector, conversation=conversation)
    while await outbox.inbox.mark(there, target=turn, how=how, aside=True) == "queued":
        pass  # another one may wait behind it: the question was edited, and asked about again
    for name in (turn, explaining(turn)):
        if (ref := await outbox.inbox.ref(there, name)) is not None:
            posts = (*ref.posts, *ref.before)
            await outbox.delete_each(there, {id: f"{job}:{id}" for id in posts})


async def unsay_private(outbox: Outbox, claim: Claim, exchange: Exchange) -> None:
    """Delete, once, what was said in private of a question before it was edited."""
    if not (exchange.question.messages and exchange.person.chat) or _UNSAID in claim.notes:
        return
    earlier = await outbox.inbox.ref(exchange.question.address, exchange.question.messages[0].id)
    if earlier is not None and earlier.turn == exchange.question.key:
        await delete_private(outbox, claim.turn, exchange.person.chat, exchange.question.key, how="stopped")
    await claim.note(_UNSAID, b"")


async def take_back(outbox: Outbox, claim: Claim, event: Event, ref: Ref | None) -> None:
    """Delete what was said of a private word: the question that it goes with is gone."""
    posts = ref.posts if ref else claim.posted.values()
    await outbox.delete_each(event.address, {id: f"{claim.turn}:{id}" for id in posts})
    await claim.done(heeded="deleted")
