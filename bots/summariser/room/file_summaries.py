"""Summaries of a file that stands in the room, and questions on it right after."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bots.asked import asked
from bots.documents.posted import called, posted
from bots.documents.requests import DocumentWish, wish_of
from bots.documents.synthesis import condensed
from bots.summariser.wishes import named_in
from core.bot import Exchange
from core.connector import Message
from core.understanding import goes_on, spelled


async def sums_up_file(exchange: Exchange, event: Message) -> bool:
    """Sum up the file of the room that a message names, or say that the file cannot be read. Return False if
    the message names none."""
    if not (named := named_in(event)):
        return False
    wish = wish_of(event.text, asked(event, document=True)) or DocumentWish(form="short")
    return await _answer_from_file(exchange, named, event.text, wish)


async def asks_same_file(exchange: Exchange, event: Message) -> bool:
    """Answer a question from the file that the last request of this session had summed up, which is read once
    more. Return False if that request named no file, or if the message is an order or goes on from the
    summary itself."""
    intent = asked(event)
    orders = intent.sure and intent.kind not in ("ask", "ask_document")
    if orders or spelled(event.text) is not None or goes_on(event.text):
        return False
    request = exchange.session.turns[-1].question
    if not (named := named_in(replace(event, text=request))):
        return False
    wish = DocumentWish(form="question", question=event.text)
    return await _answer_from_file(exchange, named, request, wish)


async def _answer_from_file(
    exchange: Exchange, named: frozenset[str], request: str, wish: DocumentWish
) -> bool:
    """Answer from the file that these words of a request name, or say that it cannot be read. Return False
    if there is no such file."""
    given = await posted(exchange, partial(called, words=named, text=request), tells="unread")
    if given:
        await condensed(exchange, wish, given)
    return given is None or bool(given)
