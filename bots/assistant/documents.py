"""Documents in a conversation: syntheses in the form asked for, and questions on more than fits a model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bots.assistant import wishes
from bots.assistant.wishes import Wish
from bots.commands import Command
from core.bot import Turn
from core.condense import Condensed, Finished, Form, Work, condense, finish, works
from core.condense.finishing import shower
from core.condense.passages import chosen
from core.condense.words import words
from core.connector import File
from core.export import MEDIA_TYPES, FileKind, Marking, export, file_name
from core.gateway.ask import Ask
from core.gateway.tokens import room

_PASTED = 400
"""Characters from which a text after the first line is a document."""
_TOKEN = 4


async def digest(turn: Turn, command: Command) -> None:
    """`!résumer`: of the documents of the session, else of the message that is replied to."""
    await _condensed(turn, wishes.command(command.argument), _given(turn, command.argument))


async def question(turn: Turn, command: Command) -> None:
    """`!question`: answered from the documents alone."""
    await _condensed(turn, Wish(form="question", question=command.argument), _given(turn, command.argument))


async def asked(turn: Turn) -> bool:
    """Was a synthesis of something that is here asked for in free words? Then it was given."""
    first, _, rest = turn.text.partition("\n")
    wish = wishes.free(first if len(rest) >= _PASTED else turn.text)
    if wish is None:
        return False
    given = _given(turn, turn.text)
    if len(rest) >= _PASTED:
        given = [(turn.texts.pasted_message(), rest)]
    if not given:
        return False
    await _condensed(turn, wish, given)
    return True


async def too_long(turn: Turn, ask: Ask) -> Ask | None:
    """The question with only those passages of its documents that answer it, when all of them do not fit.

    None when no passage has a word of the question: then all was read for it, and it was answered."""
    models = turn.models()
    if not models or not ask.materials or room(models[0].context, replace(ask, history=())) >= 0:
        return ask
    left = room(models[0].context, replace(ask, history=(), materials=())) * _TOKEN
    given = [(material.name, material.text) for material in ask.materials]
    found = await asyncio.to_thread(chosen, works(given, language=ask.language), ask.question, left)
    if found:
        return replace(ask, materials=found)
    await _condensed(turn, Wish(form="question", question=ask.question), given)
    return None


def _given(turn: Turn, text: str) -> list[tuple[str, str]]:
    """Of what the synthesis is: this turn's files, else those that the words name, else all; or a quote."""
    every = [(material.name, material.text) for material in turn.materials()]
    fresh = [(name, body) for name, body in every if name in turn.received()]
    named = [(name, body) for name, body in every if name.lower() in text.lower()]
    return fresh or named or every or [(turn.texts.quoted_message(), quoted) for quoted in turn.quoted()]


async def _condensed(turn: Turn, wish: Wish, given: Sequence[tuple[str, str]]) -> None:
    language = turn.texts.language
    material = works(given, language=language)
    if not material:
        await turn.reply.finish("\n\n".join(turn.unreadable()) or turn.texts.nothing_to_summarise())
        return
    moved = turn.moved()
    lead = f"{moved}\n\n" if moved else ""
    done = await _read(turn, wish, material, lead)
    checked = done.done.model.dialect != "extracts"
    finished = await asyncio.to_thread(finish, done.text, material, said=turn.text, checked=checked)
    after = _after(turn, done, finished, wish.form)
    text = lead + "\n\n".join([finished.text, *after])
    file = await asyncio.to_thread(_file, turn, wish.file, material, done, finished) if wish.file else None
    await turn.reply.finish(text, remember=finished.text, file=file)


async def _read(turn: Turn, wish: Wish, material: Sequence[Work], lead: str) -> Condensed:
    """The synthesis, with signs of progress. A stop keeps no progress line as if it were an answer."""
    language = turn.texts.language
    shown = shower(material)
    written = False

    def progress(done: int, total: int) -> None:
        turn.reply.show(f"{lead}*{words(language).reading(done, total)}*")

    def show(text: str) -> None:
        nonlocal written
        written = True
        turn.reply.show(lead + shown(text))

    task = "chat" if wish.form == "question" else "summary"
    models = turn.models(task)
    if not models:  # refused: asking says why
        async for _ in turn.ask(Ask(instructions="", question=wish.question, task=task)):
            pass
    try:
        return await condense(
            material,
            turn.ask,
            model=models[0],
            form=wish.form,
            language=language,
            question=wish.question,
            notes=turn.notes,
            progress=progress,
            show=show,
        )
    except asyncio.CancelledError:
        if not written:
            turn.reply.show("")
        raise


def _file(turn: Turn, kind: FileKind, material: Sequence[Work], done: Condensed, finished: Finished) -> File:
    """The synthesis as a file, with what to check, its level and who wrote it on every page."""
    say = words(turn.texts.language)
    model = done.done.model
    title = say.title(", ".join(work.name for work in material))
    marking = Marking(
        title=title,
        header=turn.texts.level_name(turn.level),
        footer=say.extracts() if model.dialect == "extracts" else say.footer(model.id),
        language=turn.texts.language,
    )
    doubts = [say.to_check(finished.to_check)] if finished.to_check else []
    data = export("\n\n".join([finished.text, *doubts]), kind, marking)
    return File(name=file_name(title, kind), media_type=MEDIA_TYPES[kind], data=data)


def _after(turn: Turn, done: Condensed, finished: Finished, form: Form) -> list[str]:
    """What stands under a synthesis: what could not be read, what to check, who wrote it."""
    say = words(turn.texts.language)
    parts = list(turn.unreadable())
    if done.done.finish == "length":
        parts.append(say.cut_short())
    if finished.to_check:
        parts.append(say.to_check(finished.to_check))
    if done.done.model.dialect != "extracts":
        footprint = turn.footprint(done.done)
        parts.append(turn.texts.footer(model=done.done.model.id, level=turn.level, footprint=footprint))
    return parts
