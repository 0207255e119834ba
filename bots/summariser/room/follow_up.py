"""What is said in answer to a summary: a question on it, a correction of it, or the wish for a file.

Dated actions go into a calendar file (iCalendar, RFC 5545), one event of a whole day each.
"""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

from bots.asked import asked, speak_as_wanted
from bots.documents.synthesis import as_file as exported_file
from bots.summariser.room import action_list as ledger
from bots.summariser.room.action_list import Open
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
"""Forms of a summary in which the last one may be wanted again."""
_UNPLACED = "corrections"
"""The shelf of corrections of which it was asked which line they are about."""
MEDIA_TYPE = "text/calendar"


def kind_of(words: str) -> Kind | None:
    """The kind of file that words ask for."""
    match file_of(unaccented(words).strip()):
        case "docx" | "odt" | "pdf" | "md" | "ics" as kind:
            return kind
        case _:
            return None


async def follow(exchange: Exchange, say: SummariserTexts, event: Message, now: datetime) -> None:
    """Handle what is said in the thread of a summary."""
    last, plain = exchange.session.turns[-1], unaccented(exchange.question.text)
    summary, order = last.answer, len(exchange.question.text) < 80
    intent = asked(event)
    if (kind := kind_of(exchange.question.text)) is not None and order:
        await exported(exchange, say, kind, now)
    elif file_of(plain) and order:
        await exchange.reply.finish(exchange.texts.no_such_file())
    elif intent.kind == "export" and alone(plain):
        exchange.models.credit(last)
        await told_alone(exchange, say, summary)
    elif intent.kind == "thanks" and "?" not in exchange.question.text:
        await exchange.reply.finish(exchange.texts.youre_welcome())
    elif intent.kind == "stop":
        if not await ledger.undo(exchange, say, now.date()):
            await exchange.reply.finish(exchange.texts.nothing_to_stop())
    elif not await _changed(exchange, say, event, summary, now):
        await _answered(exchange, event, summary)


async def _changed(
    exchange: Exchange, say: SummariserTexts, event: Message, summary: str, now: datetime
) -> bool:
    """Correct the summary, or add an action to its list or put one back, where the words are for that; what
    line is meant is asked once, and what is said next may tell it."""
    if corrects(exchange.question.text):
        if not await _corrected(exchange, say, event, exchange.question.text, summary):
            await exchange.room.keep(_UNPLACED, exchange.question.text)
            await exchange.reply.finish(say.which_line(likely_lines(summary)))
        return True
    words = "" if "?" in exchange.question.text else await _unplaced(exchange)
    if words and await _corrected(exchange, say, event, words, summary, exchange.question.text):
        return True
    if puts_back(fold(exchange.question.text)) and await ledger.put_back(exchange, say, now.date()):
        return True
    what = action_for_list(exchange.question.text)
    return bool(what) and await added_here(exchange, say, event, what, now)


def _wants_another_form(event: Message) -> bool:
    """Is the summary wanted shorter, in so many lines, or in another language, rather than asked about?"""
    folded = fold(event.text)
    named = asked(event).kind == "language" or told_in(folded) or form_of(folded) in _LENGTHS
    return bool(named or length_of(folded))


async def told_alone(exchange: Exchange, say: SummariserTexts, text: str) -> None:
    """A summary for one person goes to them alone, if they are in the room."""
    if not exchange.room.is_here(exchange.question.author):
        await exchange.reply.finish(say.not_here)
    elif await exchange.person.tell(
        from_room(exchange, text), exchange.reading.level, writers=tuple(exchange.models.writers), goes=True
    ):
        await exchange.reply.finish(exchange.texts.answered_alone())
    else:
        await exchange.reply.finish(say.not_sent_privately(served=exchange.person.served))


def from_room(exchange: Exchange, text: str) -> str:
    """What is told in private of a room, under the room's name where it has one."""
    name = exchange.room.name
    return f"{SummariserTexts(exchange.texts.language).from_room(name)}\n\n{text}" if name else text


async def exported(exchange: Exchange, say: SummariserTexts, kind: Kind, now: datetime) -> None:
    """The last summary of the thread as a file; its dated actions as a calendar."""
    if not exchange.session.turns:
        await exchange.reply.finish(say.nothing_to_export)
        return
    last = exchange.session.turns[-1]
    file = await made(exchange, last, kind, now)
    if file is None:
        await exchange.reply.finish(say.no_dated_actions)
    else:
        await exchange.reply.finish(say.here_is_the_file, file=file, personal=True)


async def made(exchange: Exchange, last: KeptTurn, kind: Kind, now: datetime) -> File | None:
    """The file of the last summary; None for a calendar without any day."""
    if kind == "ics":
        keys = {each.key for each in exchange.session.turns}
        shelf = await exchange.room.shelf(ledger.SUMMARIES)
        actions = ledger.merged([entry for entry in shelf if entry.key in keys])
        return dated(actions, now)
    return await as_file(exchange, last.answer, kind, writers=last.writers)


def dated(actions: list[ledger.Open], now: datetime) -> File | None:
    if not any(action.due for action in actions):
        return None
    return File(name="actions.ics", media_type=MEDIA_TYPE, data=calendar(actions, at=now))


async def as_file(
    exchange: Exchange, summary: str, kind: FileKind, *, writers: tuple[str, ...] | None
) -> File:
    """The summary with its level and the models that wrote it (None: not known) on every page."""
    title, _, text = summary.partition("\n")
    title = re.sub(r"\\(.)", r"\1", title.replace("*", ""))
    file = await asyncio.to_thread(exported_file, exchange, kind, title, text.strip(), writers=writers)
    return replace(file, name=file_name(title.partition(",")[0], kind))


async def _unplaced(exchange: Exchange) -> str:
    """The correction of this author of which it was asked last which line it is about; "" for none."""
    asked_for = (await exchange.room.shelf(_UNPLACED))[-1:]
    last = exchange.session.turns[-1].at
    return next(
        (each.answer for each in asked_for if each.author == exchange.question.author.id and each.at > last),
        "",
    )


async def _corrected(
    exchange: Exchange, say: SummariserTexts, event: Message, words: str, summary: str, which: str = ""
) -> bool:
    """Write the correction into the summary, where it was posted; `which` says of what line it is, where its
    own words do not. False where no line is meant, or several may be."""
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
    if changed := amended(await ledger.known(exchange), corrected):
        await exchange.room.keep(ledger.SUMMARIES, ledger.dump(changed))
    for message in filter(None, (event.reply_to, event.address.thread)):
        if await exchange.room.revise(message):
            break
    kinds = [kind for each in exchange.session.turns if (kind := kind_of(each.question))]
    exchange.models.credit(exchange.session.turns[-1])
    note = [say.new_file(kinds[-1].replace("md", "markdown"))] if kinds else []
    await exchange.reply.finish("\n\n".join([corrected.text, *note]), remember=corrected.text)
    return True


async def _answered(exchange: Exchange, event: Message, summary: str) -> None:
    """An answer from the summary alone: a model's, or the lines that the question is about. Where the summary
    is wanted in another form, what is said of it next is said of that."""
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
    told = f"{answer}\n\n{signed}".strip()
    await exchange.reply.finish(told, remember=answer if anew else None, personal=not anew)


@cache
def _prompt(step: str, language: str) -> str:
    name = f"{step}.{'en' if language == 'en' else 'fr'}.md"
    return resources.files("bots.summariser").joinpath("prompts", name).read_text("utf-8")


def calendar(actions: Sequence[Open], *, at: datetime) -> bytes:
    """The actions that have a day. `at` is when it is made."""
    ical: Any = importlib.import_module("icalendar")  # takes a tenth of a second: when it is first used
    made = ical.Calendar()
    made.add("prodid", "-//relais//FR")
    made.add("version", "2.0")
    for action in actions:
        if action.due is not None:
            made.add_component(_event(ical.Event(), action, date.fromisoformat(action.due), at))
    return made.to_ical()


def _event(event: Any, action: Open, day: date, at: datetime) -> Any:
    event.add("uid", f"{action.id}@relais")
    event.add("dtstamp", at)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"{action.who}\u00a0: {action.what}" if action.who else action.what)
    event.add("description", action.what)
    event.add("transp", "TRANSPARENT")
    if action.link:
        event.add("url", action.link)
    return event
