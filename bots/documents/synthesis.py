"""Documents condensed in a turn: from the wish to the answer, with its file and what stands under it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bots.documents.requests import DocumentWish
from core.bot import Turn
from core.condense import Asking, Condensed, Finished, Notes, Work, condense, finish, works
from core.condense.finishing import shower
from core.condense.running import unshown, unwatched
from core.condense.words import SynthesisWords
from core.connector import Choice, File
from core.errors import GatewayUnavailable
from core.export import MEDIA_TYPES, FileKind, export, file_name
from core.gateway.ask import Ask
from core.gateway.catalogue import EXTRACTS, Model
from core.language.folding import fold
from core.sensitivity.level import Level
from core.texts import Texts
from core.understanding.arguments import compares, documents_of


def given_of(turn: Turn, text: str) -> list[tuple[str, str]]:
    """Of what the synthesis is: this turn's files and those that it is about, else those that the words name,
    by name or by place (« le deuxième »), else all; or a quote. What is to be compared with one file alone
    came before it."""
    every = [(material.name, material.text) for material in turn.materials]
    given = {file.name for file in (*turn.quoted_files, *turn.files)}
    fresh = [(name, body) for name, body in every if name in given]
    named = [(name, body) for name, body in every if name.lower() in text.lower()]
    folded = fold(text)
    if len(fresh) == 1 and compares(folded):
        return every
    places = () if fresh or named else documents_of(folded)
    placed = [every[place] for place in dict.fromkeys(places) if -len(every) <= place < len(every)]
    return (
        fresh
        or named
        or placed
        or every
        or [(turn.texts.quoted_message(), quoted) for quoted in turn.question.quoted]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A synthesis before it is laid out."""

    works: Sequence[Work]
    condensed: Condensed
    finished: Finished


async def synthesised(
    material: Sequence[Work],
    wish: DocumentWish,
    asking: Asking,
    *,
    model: Model,
    language: str,
    said: str,
    notes: Notes | None = None,
    progress: Callable[[int, int], None] = unwatched,
    show: Callable[[str], None] = unshown,
) -> Made:
    """The synthesis of works, checked against them; `said` are the person's own words: they need no check."""
    done = await condense(
        material,
        asking,
        model=model,
        form=wish.form,
        language=language,
        question=wish.question,
        notes=notes,
        progress=progress,
        show=show,
    )
    checked = done.done.model.generates
    finished = await asyncio.to_thread(finish, done.text, material, said=said, checked=checked)
    return Made(works=material, condensed=done, finished=finished)


def remarks(made: Made, level: Level, texts: Texts) -> list[str]:
    """What stands under a synthesis: that it was cut, what to check, who wrote it."""
    say, done = SynthesisWords(texts.language), made.condensed.done
    parts = [say.cut_short()] if done.finish == "length" else []
    if made.finished.to_check:
        parts.append(say.to_check(made.finished.to_check))
    return [*parts, say.generated(), texts.signature(done, level)] if done.model.generates else parts


Layout = Callable[[Turn, Made], str]
"""The answer as people read it (CommonMark)."""


def in_chat(turn: Turn, made: Made) -> str:
    """The synthesis, and under it what could not be read, what to check, who wrote it."""
    return "\n\n".join([made.finished.text, *turn.unreadable(), *remarks(made, turn.level, turn.texts)])


async def condensed(
    turn: Turn,
    wish: DocumentWish,
    given: Sequence[tuple[str, str]],
    *,
    layout: Layout = in_chat,
    progress: Callable[[int, int], None] = unwatched,
) -> None:
    """Answer the turn with the synthesis; `progress` counts the chunks that were read, of how many. While all
    models are away it is made of extracts, at once, and the full one is offered."""
    language = turn.texts.language
    material = works(given, language=language)
    if not material:
        text = "\n\n".join(turn.unreadable()) or turn.texts.nothing_to_summarise()
        await turn.reply.finish(text, personal=True)
        return
    moved = turn.moved()
    lead = f"{moved}\n\n" if moved else ""
    offer = ""
    try:
        made = await _made(turn, wish, material, lead, progress)
    except GatewayUnavailable as error:
        made = await synthesised(
            material, wish, turn.meanwhile(error), model=EXTRACTS, language=language, said=turn.question.text
        )
        lead, offer = "", offered_in_full(turn)
        if not turn.materials:
            turn.keep_quoted()
    file = await asyncio.to_thread(_file, turn, wish, wish.file, made) if wish.file else None
    await turn.reply.finish(lead + layout(turn, made) + offer, remember=made.finished.text + offer, file=file)


def offered_in_full(turn: Turn) -> str:
    """What stands under extracts that were given while all models are away; with its button."""
    address = turn.question.address
    turn.reply.offer((Choice(label=turn.texts.full_answer(), text="oui", address=address),))
    return f"\n\n{turn.texts.extracts_meanwhile()}"


async def _made(
    turn: Turn, wish: DocumentWish, material: Sequence[Work], lead: str, watch: Callable[[int, int], None]
) -> Made:
    """The synthesis, with signs of progress."""
    language = turn.texts.language
    shown = shower(material)

    def progress(done: int, total: int) -> None:
        watch(done, total)
        turn.reply.show(f"{lead}*{SynthesisWords(language).reading(done, total)}*", "progress")

    task = "chat" if wish.form == "question" else "summary"
    models = turn.models(task)
    if not models:  # refused: asking says why
        async for _ in turn.ask(Ask(instructions="", question=wish.question, task=task)):
            pass
    return await synthesised(
        material,
        wish,
        turn.ask,
        model=models[0],
        language=language,
        said=turn.question.text,
        notes=turn.progress,
        progress=progress,
        show=lambda text: turn.reply.show(lead + shown(text)),
    )


def _file(turn: Turn, wish: DocumentWish, kind: FileKind, made: Made) -> File:
    """The synthesis or the answer as a file, with what to check, its level and who wrote it on each page."""
    say = SynthesisWords(turn.texts.language)
    model, doubts = made.condensed.done.model, made.finished.to_check
    answers = wish.form == "question"
    title = say.answer_title() if answers else say.title(", ".join(work.name for work in made.works))
    text = "\n\n".join([made.finished.text, *([say.to_check(doubts)] if doubts else [])])
    return as_file(turn, kind, title, text, writers=tuple(turn.writers) if model.generates else ())


def as_file(turn: Turn, kind: FileKind, title: str, text: str, *, writers: tuple[str, ...] | None) -> File:
    """A text as a file: its level on every page, the models that wrote it below, and its signed record.
    `writers` None: not known."""
    say = SynthesisWords(turn.texts.language)
    generated = not turn.embedded if writers is None else bool(writers)
    models = writers or ()
    footer = say.footer(", ".join(models)) if generated else say.extracts()
    marking = turn.marking(title, footer, text, generated=generated, models=models)
    return File(
        name=file_name(title, kind),
        media_type=MEDIA_TYPES[kind],
        data=export(text, kind, marking),
        generated=generated,
    )
