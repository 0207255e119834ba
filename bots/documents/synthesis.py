"""Documents condensed in a turn: from the wish to the answer, with its file and what stands under it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bots.documents.requests import Wish
from core.bot import Turn
from core.condense import Condensed, Finished, Work, condense, finish, works
from core.condense.finishing import shower
from core.condense.words import words
from core.connector import File
from core.export import MEDIA_TYPES, FileKind, Marking, export, file_name
from core.gateway.ask import Ask


def given_of(turn: Turn, text: str) -> list[tuple[str, str]]:
    """Of what the synthesis is: this turn's files, else those that the words name, else all; or a quote."""
    every = [(material.name, material.text) for material in turn.materials()]
    fresh = [(name, body) for name, body in every if name in turn.received()]
    named = [(name, body) for name, body in every if name.lower() in text.lower()]
    return fresh or named or every or [(turn.texts.quoted_message(), quoted) for quoted in turn.quoted()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A synthesis before it is laid out."""

    works: Sequence[Work]
    condensed: Condensed
    finished: Finished


Layout = Callable[[Turn, Made], str]
"""The answer as people read it (CommonMark)."""


def in_chat(turn: Turn, made: Made) -> str:
    """The synthesis, and under it what could not be read, what to check, who wrote it."""
    return "\n\n".join([made.finished.text, *_after(turn, made.condensed, made.finished)])


def _unwatched(done: int, total: int) -> None: ...


async def condensed(
    turn: Turn,
    wish: Wish,
    given: Sequence[tuple[str, str]],
    *,
    layout: Layout = in_chat,
    progress: Callable[[int, int], None] = _unwatched,
) -> None:
    """Answer the turn with the synthesis; `progress` counts the chunks that were read, of how many."""
    language = turn.texts.language
    material = works(given, language=language)
    if not material:
        text = "\n\n".join(turn.unreadable()) or turn.texts.nothing_to_summarise()
        await turn.reply.finish(text, personal=True)
        return
    moved = turn.moved()
    lead = f"{moved}\n\n" if moved else ""
    done = await _read(turn, wish, material, lead, progress)
    checked = done.done.model.generates
    finished = await asyncio.to_thread(finish, done.text, material, said=turn.text, checked=checked)
    text = lead + layout(turn, Made(works=material, condensed=done, finished=finished))
    file = await asyncio.to_thread(_file, turn, wish.file, material, done, finished) if wish.file else None
    await turn.reply.finish(text, remember=finished.text, file=file)


async def _read(
    turn: Turn, wish: Wish, material: Sequence[Work], lead: str, watch: Callable[[int, int], None]
) -> Condensed:
    """The synthesis, with signs of progress. A stop keeps no progress line as if it were an answer."""
    language = turn.texts.language
    shown = shower(material)
    written = False

    def progress(done: int, total: int) -> None:
        watch(done, total)
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
    footer = say.footer(model.id) if model.generates else say.extracts()
    doubts = [say.to_check(finished.to_check)] if finished.to_check else []
    data = export("\n\n".join([finished.text, *doubts]), kind, marking(turn, title, footer))
    return File(name=file_name(title, kind), media_type=MEDIA_TYPES[kind], data=data)


def marking(turn: Turn, title: str, footer: str) -> Marking:
    header = turn.texts.level_name(turn.level)
    return Marking(title=title, header=header, footer=footer, language=turn.texts.language)


def _after(turn: Turn, done: Condensed, finished: Finished) -> list[str]:
    """What stands under a synthesis: what could not be read, what to check, who wrote it."""
    say = words(turn.texts.language)
    parts = list(turn.unreadable())
    if done.done.finish == "length":
        parts.append(say.cut_short())
    if finished.to_check:
        parts.append(say.to_check(finished.to_check))
    if done.done.model.generates:
        footprint = turn.footprint(done.done)
        parts.append(say.generated())
        parts.append(turn.texts.footer(model=done.done.model.id, level=turn.level, footprint=footprint))
    return parts
