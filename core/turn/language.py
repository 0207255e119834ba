"""Answers in the language that the author writes, unless they chose one."""

from __future__ import annotations

from core.language.learned import mostly_in, written_in
from core.language.mail_segments import under_subject
from core.turn.exchange import Exchange
from core.turn.question import Question
from core.understanding import Kind, understand
from core.understanding.commands import bare_request

_FOLLOWS = "follows"
"""Name of a job's note: its author is told that it is answered in the language that they write."""
_OF_NO_LANGUAGE: frozenset[Kind] = frozenset({"ask", "ask_document", "language", "yes", "no"})
"""What a few words do not tell the language of their author by: questions, which quote; “speak French”."""


async def follow_language(exchange: Exchange) -> None:
    """Answer in the language that the author writes, if it is plain and none was chosen, and say so when it
    changes."""
    if _FOLLOWS not in exchange.progress.notes:
        if exchange.person.profile.language:
            return
        language = _language_of(exchange.question)
        if language in (None, exchange.texts.language):
            return
        await exchange.person.update(writes=language)
        await exchange.progress.note(_FOLLOWS, b"")
    exchange.reply.put_after(exchange.texts.language_followed())


def _language_of(question: Question) -> str | None:
    """Return the language in which a question is written; None where that is not plain."""
    said = question.messages if question.resumed else question.contents
    text = "\n\n".join(message.text for message in said if message.text)
    subject, words = under_subject(text, question.marks) if question.marks else ("", text)
    language = written_in(bare_request(words or subject))
    if language is not None:
        return language
    order = understand(text, place="direct" if question.direct else "room")
    plain = order.command is None and order.sure and order.kind not in _OF_NO_LANGUAGE
    return mostly_in(bare_request(text)) if plain else None
