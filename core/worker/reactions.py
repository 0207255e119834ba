"""What a reaction to an answer of ours says: the word or the number that the answer asks for, or a judgement.

That is read when it comes. One that comes while the conversation has a job, on a message of which nothing is
kept yet, queues behind that job and is read when it is claimed: it may be put on what was posted just now.
"""

from __future__ import annotations

from dataclasses import replace

from core.connector import Message, Reacted
from core.inbox.inbox import Claim, Inbox
from core.inbox.records import QUESTION, Ref
from core.sessions.figures import ServiceFigures
from core.understanding.commands import FAULTS, SIGNS, WORDS, fault_of, short_answer, verdict_of

_WORD = "word"
"""Note of a job: the word that its reaction is."""


async def read(
    event: Reacted, claim: Claim, inbox: Inbox, figures: ServiceFigures | None
) -> Reacted | Message:
    """What the reaction says, now that all that came before it here is kept; once a word, always one."""
    if not may_say(event):
        return event
    if (noted := claim.notes.get(_WORD)) is not None:
        return as_word(event, noted.decode())
    ref = await inbox.ref(event.address, event.target)
    meant = await said_by(event, ref, inbox, figures, by_link=bool(claim.priority))
    if isinstance(meant, Message):
        await claim.note(_WORD, meant.text.encode())
    return meant


def may_say(event: Reacted) -> bool:
    """Is it a sign that may be a word, a number or a judgement?"""
    return verdict_of(event.reaction) not in (None, "stop") or short_answer(event.reaction).number is not None


async def said_by(
    event: Reacted, ref: Ref | None, inbox: Inbox, figures: ServiceFigures | None, *, by_link: bool
) -> Reacted | Message:
    """The word that the reaction stands for, or the reaction, counted where it judges. `ref`: the job that it
    is put on; `by_link`: it came by a mail's link, which judges and gives no word; nor does who was not
    asked."""
    if ref is None or event.target not in ref.posts:
        return event
    verdict, number = verdict_of(event.reaction), short_answer(event.reaction).number
    gives = not by_link and ref.who in ("", inbox.who(event.sender.id))
    if gives and ref.kind == QUESTION and ref.awaits == "number" and number is not None:
        verdict = fault_of(number)
        event = replace(event, reaction=SIGNS[verdict]) if verdict else event
    elif gives and ref.awaits in ("number", "try") and number is not None:
        return as_word(event, str(number))
    if gives and ref.awaits == "word" and verdict is not None and verdict in WORDS:
        return as_word(event, "oui" if WORDS[verdict] == "yes" else "non")
    judges = verdict in FAULTS or (verdict in ("good", "bad") and ref.kind != QUESTION)
    if verdict is not None and judges and figures:
        await figures.judge(event.sender.id, verdict, ref)
    return event


def as_word(event: Reacted, word: str) -> Message:
    """A reaction as if its word had been written in answer to the message that it is put on."""
    return Message(
        key=event.key,
        id=event.target,
        address=event.address,
        at=event.at,
        sender=event.sender,
        text=word,
        addressed=True,
        direct=event.direct,
        reply_to=None if event.direct else event.target,
        alone=True,
    )
