"""What is said right after a summary: a question on it, a correction of it, or the wish for a file."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Literal

from bots.asked import asked, speak_as_wanted
from bots.documents.synthesis import as_file as exported_file
from bots.summariser.room import open_actions
from bots.summariser.room.action_calendar import calendar_file
from bots.summariser.room.action_list import ActionList
from bots.summariser.room.action_orders import added_here, here
from bots.summariser.room.corrections import Correction, amended, apply, corrects, likely_lines, lines_about
from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.talk import moment
from bots.summariser.writing import escaped, link_to
from core.bot import Exchange
from core.connector import File, Message
from core.export import FileKind, file_name
from core.gateway.ask import Ask, Material, whole
from core.language.folding import fold, unaccented
from core.sessions.repository import KeptTurn
from core.understanding.arguments import (
    action_for_list,
    alone,
    file_of,
    form_of,
    length_of,
    puts_back,
    told_in,
)

Kind = FileKind | Literal["ics"]
"""A kind of file; `ics` holds the dated actions."""
_LENGTHS = frozenset({"short", "long", "bullets"})
"""Forms in which the last summary may be wanted again."""
_LONGEST_ORDER = 80
"""Characters below which words that name a kind of file order one."""
_UNPLACED = "corrections"
"""The shelf of corrections whose author was asked which line they are about."""


def kind_of(words: str) -> Kind | None:
    """Return the kind of file that words ask for, or None."""
    match file_of(unaccented(words).strip()):
        case "docx" | "odt" | "pdf" | "md" | "ics" as kind:
            return kind
        case _:
            return None


async def follow(exchange: Exchange, say: SummariserTexts, event: Message, now: datetime) -> None:
    """Answer what is said in the thread of a summary."""
    last, text = exchange.session.turns[-1], exchange.question.text
    plain, intent = unaccented(text), asked(event)
    file = file_of(plain.strip()) if len(text) < _LONGEST_ORDER else None
    if file and (kind := kind_of(text)) is not None:
        await exported(exchange, say, kind, now)
    elif file:
        await exchange.reply.finish(exchange.texts.no_such_file())
    elif intent.kind == "export" and alone(plain):
        exchange.models.credit(last)
        await tell_alone(exchange, say, last.answer)
    elif intent.kind == "thanks" and "?" not in text:
        await exchange.reply.finish(exchange.texts.youre_welcome())
    elif intent.kind == "stop":
        if not await ActionList(exchange, now.date()).undo():
            await exchange.reply.finish(exchange.texts.nothing_to_stop())
    elif not await _change(exchange, say, event, last.answer, now):
        await _answer_from_summary(exchange, event, last.answer)


async def _change(
    exchange: Exchange, say: SummariserTexts, event: Message, summary: str, now: datetime
) -> bool:
    """Correct the summary, or add an action to its list, or put one back. Return False if the words ask for
    none of these.

    If a correction fits no single line, its author is asked once which line it is about, and the author's
    next words may tell."""
    text = exchange.question.text
    if corrects(text):
        if not await _correct(exchange, say, event, text, summary):
            await exchange.room.keep(_UNPLACED, text)
            await exchange.reply.finish(say.which_line(likely_lines(summary)))
        return True
    unplaced = "" if "?" in text else await _unplaced_correction(exchange)
    if unplaced and await _correct(exchange, say, event, unplaced, summary, text):
        return True
    if puts_back(fold(text)) and await ActionList(exchange, now.date()).put_back():
        return True
    what = action_for_list(text)
    return bool(what) and await added_here(exchange, event, what, now)


def _wants_another_form(event: Message) -> bool:
    """Return True if the summary is wanted shorter, in so many lines or in another language."""
    folded = fold(event.text)
    if asked(event).kind == "language" or form_of(folded) in _LENGTHS:
        return True
    return bool(told_in(folded) or length_of(folded))


async def tell_alone(exchange: Exchange, say: SummariserTexts, text: str) -> None:
    """Send a summary for one person to that person alone, if they are in the room."""
    if not exchange.room.is_here(exchange.question.author):
        await exchange.reply.finish(say.not_here)
    elif await exchange.person.tell(
        from_room(exchange, text), exchange.reading.level, writers=tuple(exchange.models.writers), goes=True
    ):
        await exchange.reply.finish(exchange.texts.answered_alone())
    else:
        await exchange.reply.finish(say.not_sent_privately(served=exchange.person.served))


def from_room(exchange: Exchange, text: str) -> str:
    """Put the name of the room, if it has one, above a text that is sent in private."""
    name = exchange.room.name
    return f"{SummariserTexts(exchange.texts.language).from_room(name)}\n\n{text}" if name else text


async def exported(exchange: Exchange, say: SummariserTexts, kind: Kind, now: datetime) -> None:
    """Send the last summary of the thread as a file, or its dated actions as a calendar."""
    if not exchange.session.turns:
        await exchange.reply.finish(say.nothing_to_export)
        return
    file = await _make_file(exchange, exchange.session.turns[-1], kind, now)
    if file is None:
        await exchange.reply.finish(say.no_dated_actions)
    else:
        await exchange.reply.finish(say.here_is_the_file, file=file, personal=True)


async def _make_file(exchange: Exchange, last: KeptTurn, kind: Kind, now: datetime) -> File | None:
    """Make the file of the last summary. Return None for a calendar without any day."""
    if kind == "ics":
        keys = {each.key for each in exchange.session.turns}
        shelf = await exchange.room.shelf(open_actions.SUMMARIES)
        actions = open_actions.merged([entry for entry in shelf if entry.key in keys])
        return calendar_file(list(actions.values()), now)
    return await as_file(exchange, last.answer, kind, writers=last.writers)


async def as_file(
    exchange: Exchange, summary: str, kind: FileKind, *, writers: tuple[str, ...] | None
) -> File:
    """Make a file of a summary, with its level on every page and the models that wrote it (`writers`, None if
    they are not known)."""
    title, _, text = summary.partition("\n")
    title = re.sub(r"\\(.)", r"\1", title.replace("*", ""))
    file = await asyncio.to_thread(exported_file, exchange, kind, title, text.strip(), writers=writers)
    return replace(file, name=file_name(title.partition(",")[0], kind))


async def _unplaced_correction(exchange: Exchange) -> str:
    """Return the correction whose author, the one of this turn, was last asked which line it is about; "" if
    there is none, or if the summary was answered since."""
    shelf = await exchange.room.shelf(_UNPLACED)
    if not shelf:
        return ""
    last = shelf[-1]
    waits = last.author == exchange.question.author.id and last.at > exchange.session.turns[-1].at
    return last.answer if waits else ""


async def _correct(
    exchange: Exchange, say: SummariserTexts, event: Message, words: str, summary: str, which: str = ""
) -> bool:
    """Write a correction into the summary, where it was posted. `which` names the line if the words of the
    correction do not. Return False if no line, or more than one, may be meant."""
    members, link = await here(exchange, event)
    at = moment(event.at)
    who = f"**{escaped(event.sender.name or event.sender.id)}**"
    corrected = apply(
        summary,
        Correction(who=who, words=words, at=at, link=link),
        members,
        note=lambda link: say.corrected(who, escaped(words), link_to(f"{at:%d/%m %H:%M}", link)),
        due_words=say.due,
        which=which,
    )
    if corrected is None:
        return False
    if changed := amended((await open_actions.known(exchange)).values(), corrected):
        await exchange.room.keep(open_actions.SUMMARIES, open_actions.dump(changed))
    for message in filter(None, (event.reply_to, event.address.thread)):
        if await exchange.room.revise(message):
            break
    exchange.models.credit(exchange.session.turns[-1])
    text = "\n\n".join([corrected.text, *_offer_of_new_file(exchange, say)])
    await exchange.reply.finish(text, remember=corrected.text)
    return True


def _offer_of_new_file(exchange: Exchange, say: SummariserTexts) -> list[str]:
    """Tell how to have a new file of a corrected summary, if a file of it was made in this session."""
    kinds = [kind for each in exchange.session.turns if (kind := kind_of(each.question))]
    return [say.new_file(kinds[-1].replace("md", "markdown"))] if kinds else []


async def _answer_from_summary(exchange: Exchange, event: Message, summary: str) -> None:
    """Answer from the summary alone: with a model, or with the lines that share most with the question. A
    summary in another form takes the place of the first one in what is said next."""
    if exchange.situation.embedded:
        say = SummariserTexts(exchange.texts.language)
        lines = lines_about(summary, exchange.question.text)
        text = "\n\n".join([say.in_summary, "\n".join(lines)]) if lines else say.not_in_summary
        await exchange.reply.finish(text, personal=True)
        return
    anew = _wants_another_form(event)
    speak_as_wanted(exchange, asked(event))
    ask = Ask(
        instructions=_prompt("rewrite" if anew else "follow", exchange.texts.language),
        question=exchange.question.text,
        materials=(Material(name="résumé", text=summary),),
        language=exchange.texts.language,
    )
    answer, done = await whole(exchange.models.ask(ask), exchange.reply.show)
    signed = exchange.texts.signature(done, exchange.reading.level)
    text = f"{answer}\n\n{signed}".strip()
    await exchange.reply.finish(text, remember=answer if anew else None, personal=not anew)


@cache
def _prompt(step: str, language: str) -> str:
    name = f"{step}.{'en' if language == 'en' else 'fr'}.md"
    return resources.files("bots.summariser").joinpath("prompts", name).read_text("utf-8")
