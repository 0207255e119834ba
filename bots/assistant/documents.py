"""Documents in a conversation: what is offered, syntheses in the form asked for, and questions on them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import get_args

from bots.asked import speak_as_wanted
from bots.documents import requests as wishes
from bots.documents.posted import meant, names_medium, posted
from bots.documents.requests import DocumentWish
from bots.documents.synthesis import as_file, condensed, given_of, offered_in_full
from core.bot import Exchange
from core.condense import Work, finish, works
from core.condense.planning import relevant
from core.condense.words import SynthesisWords
from core.connector import Choice
from core.errors import GatewayUnavailable
from core.export import FileKind
from core.gateway.ask import Ask, Done, Material, room, whole
from core.language.folding import fold
from core.language.phrasebook import LANGUAGES
from core.texts import texts
from core.turn.files import keep_quoted
from core.understanding import Intent, Kind, Place, goes_on, understand
from core.understanding.arguments import which_of

_OF_DOCUMENTS: frozenset[Kind] = frozenset({"summarise", "ask_document"})
_ASKED: Mapping[Place, frozenset[Kind]] = {
    "direct": _OF_DOCUMENTS,
    "mail": _OF_DOCUMENTS,
    "room": frozenset[Kind](get_args(Kind)),  # an ordinary question may be, too
}
"""What may be asked of documents, by where it is written."""
BATCH = 60.0
"""Seconds within which files that follow each other are of one batch."""
PASTED = 400
"""Characters from which a text after the first line is a document."""
_SPOKEN_OF = 0.5
"""The probability from which a question is about a document that is not here: it is looked for in a room, and
elsewhere it is said, rather than that a model answers without it."""
_LIKELY = 0.85
"""The probability from which an ordinary question in a room is one about a document, were there one: it is
answered from a file of whom it names, if they posted one."""


async def digest(exchange: Exchange, argument: str) -> None:
    """`!résumer`: of the documents of the session, else of the message that is replied to."""
    await condensed(exchange, wishes.command(argument), given_of(exchange, argument))


async def question(exchange: Exchange, argument: str) -> None:
    """`!question`: answered from the documents alone. Without a question: how to ask one."""
    if argument:
        wish = DocumentWish(form="question", question=argument)
        await condensed(exchange, wish, given_of(exchange, argument))
        return
    names = [material.name for material in exchange.documents.all]
    text = exchange.texts.question_wanted(names) if names else exchange.texts.nothing_to_summarise()
    await exchange.reply.finish(text, personal=True)


async def compare(exchange: Exchange, argument: str) -> None:
    """`!comparer`: what the documents have in common, and their differences."""
    given = given_of(exchange, argument)
    if len(given) < 2:
        given = given_of(exchange, "")
    if len(given) < 2:
        await exchange.reply.finish(exchange.texts.nothing_to_compare())
        return
    await condensed(exchange, wishes.comparison(argument, exchange.texts.language), given)


def offer(exchange: Exchange) -> str:
    """What the files that just came are, and once for a batch what may be done with them."""
    last = exchange.session.turns[-1] if exchange.session.turns else None
    again = last is not None and not (last.question or last.answer) and exchange.question.at - last.at < BATCH
    exchange.outcome.awaits = "number"
    if not again:
        exchange.reply.offer(
            tuple(Choice(label=way, text=way, address=exchange.question.address) for way in ways(exchange))
        )
    return exchange.texts.file_received(
        exchange.documents.receipts,
        several=len(exchange.documents.all) > 1,
        embedded=exchange.situation.embedded,
        menu=not again,
    )


def ways(exchange: Exchange) -> tuple[str, ...]:
    """What the files that are here may be made into, as the words that say so."""
    return exchange.texts.ways_with_files(
        several=len(exchange.documents.all) > 1, embedded=exchange.situation.embedded
    )


async def asked(exchange: Exchange, intent: Intent, text: str) -> bool:
    """Was a synthesis of something that is here asked for in plain words, or something of a document that is
    spoken of and not here? Then it was given, or it was said that the document is not here."""
    if intent.kind not in _ASKED[exchange.situation.spoken_in]:
        return False
    in_room = exchange.situation.spoken_in == "room"
    _, _, rest = text.partition("\n")
    wish = wishes.wish_of(text if len(rest) < PASTED else text[: -len(rest)], intent)
    given = [(exchange.texts.pasted_message(), rest)] if len(rest) >= PASTED else given_of(exchange, text)
    spoken_of = not given and intent.kind == "ask_document" and intent.chance >= _SPOKEN_OF
    perhaps = not (given or spoken_of) and in_room and _may_be_of_a_document(text, intent)
    before = "" if given or spoken_of or wish or not in_room else _posted_before(exchange)
    if wish is None and (spoken_of or perhaps or before):
        wish = DocumentWish(form="question", question=text.strip())
    if wish is None:
        return False
    speak_as_wanted(exchange, intent)
    if not given and in_room and (spoken_of or perhaps or before or intent.kind == "summarise"):
        which = partial(meant, text=f"{before} {text}", named=perhaps and not before)
        tells = "none" if not (perhaps or before) else "unread" if names_medium(text) else "nothing"
        found = await posted(exchange, which, tells=tells)
        if not found:
            return found is None
        given = found
    if not given and spoken_of:
        await exchange.reply.finish(exchange.texts.document_not_here(), personal=True)
        return True
    bare = not (wish.question or exchange.session.turns)
    nothing = intent.kind == "summarise" and (exchange.situation.embedded or bare)
    if not given and not nothing:
        return False
    await condensed(exchange, wish, given)
    return True


def _posted_before(exchange: Exchange) -> str:
    """The question of a document of the room that was answered here before, where what is asked now stands
    for itself: it is about that document too; "" for none."""
    before = "" if goes_on(exchange.question.text) else question_before(exchange)
    intent = understand(before, place="room")
    of_one = intent.kind == "ask_document" or wishes.wish_of(before, intent) is not None
    return before if before and (of_one or _may_be_of_a_document(before, intent)) else ""


def _may_be_of_a_document(text: str, intent: Intent) -> bool:
    with_it, medium = understand(text, place="room", document=True), names_medium(text)
    kinds = {"ask_document", "summarise"} if medium else {"ask_document"}
    asks = {"ask", *kinds} & {intent.kind, *intent.others} and with_it.kind in kinds
    return bool(asks) and with_it.chance >= (_SPOKEN_OF if medium else _LIKELY)


def question_before(exchange: Exchange) -> str:
    """The last question that was answered here and stands for itself: what goes on from an answer is about
    that; "" where there is none."""
    asked = (each.question for each in reversed(exchange.session.turns) if each.answer)
    return next((each for each in asked if not goes_on(each)), "")


async def sourced(exchange: Exchange, ask: Ask) -> tuple[Ask, tuple[Work, ...]] | None:
    """The question with the documents of the session, each passage after its mark, and these documents; of
    long ones the passages that answer it, or what it goes on from. None when no passage has a word of the
    question and all do not fit: then all was read for it, and it was answered; what goes on from an answer is
    answered from that."""
    given = [(material.name, material.text) for material in exchange.documents.all]
    models = exchange.models.available()
    if not models:
        return ask, ()
    if not models[0].generates:
        return _with_all(exchange, ask), ()
    material = works(given, language=ask.language)
    left = room(models[0].context, replace(ask, history=()))
    before = question_before(exchange) if goes_on(exchange.question.text) else ""
    found = await asyncio.to_thread(relevant, material, f"{before}\n{ask.question}".lstrip(), left)
    if found is None and not before:
        await condensed(exchange, DocumentWish(form="question", question=ask.question), given)
        return None
    return replace(ask, materials=(*(found or ()), *ask.materials)), material


def _with_all(exchange: Exchange, ask: Ask) -> Ask:
    """The question with whole documents, for the embedded extracts, which choose their passages."""
    documents = tuple(Material(name=each.name, text=each.text) for each in exchange.documents.all)
    return replace(ask, materials=(*documents, *ask.materials))


async def extracted(exchange: Exchange, ask: Ask, error: GatewayUnavailable) -> tuple[str, Done]:
    """Extracts that answer a question on documents while all models are away, with the offer of the full
    answer. Raises the error where the question is to wait."""
    if not exchange.documents.all:
        raise error
    text, done = await whole(exchange.models.meanwhile(error)(_with_all(exchange, ask)))
    keep_quoted(exchange)
    return text + offered_in_full(exchange), done


async def checked(exchange: Exchange, works: Sequence[Work], answer: str) -> tuple[str, str]:
    """The answer with the citations that hold, and what is to be checked, whether it cites or not: all
    of it counts that no document, and none of the person's own words, holds."""
    said = "\n".join(
        [
            exchange.question.text,
            *exchange.question.quoted,
            *(each.question for each in exchange.session.turns),
        ]
    )
    finished = await asyncio.to_thread(finish, answer, works, said=said)
    doubts = finished.to_check
    return finished.text, SynthesisWords(exchange.texts.language).to_check(doubts) if doubts else ""


async def sent_again(exchange: Exchange, kind: FileKind) -> bool:
    """The last answer as a file, or the one that the words name by its number, not what asked for the type of
    file; False when there is none."""
    asked = {texts(language, exchange.texts.contacts).which_format() for language in LANGUAGES}
    given = [each for each in exchange.session.turns if each.answer not in asked]
    number = which_of(fold(exchange.question.text))
    if not given or not (number or given[-1].answer):
        return False
    given = [each for each in given if each.answer]
    if number is not None and number > len(given):
        await exchange.reply.finish(exchange.texts.so_many_answers(len(given)))
        return True
    last = given[number - 1 if number else -1]
    title = SynthesisWords(exchange.texts.language).answer_title()
    file = await asyncio.to_thread(as_file, exchange, kind, title, last.answer, writers=last.writers)
    said = exchange.texts.answer_as_file(last.question) if number else exchange.texts.here_as_file()
    await exchange.reply.finish(said, file=file, personal=bool(number))
    return True
