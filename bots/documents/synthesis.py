"""Documents condensed in a turn: from the wish to the answer, with its file and what stands under it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bots.documents.requests import DocumentWish
from core.bot import Exchange
from core.condense import Asking, Brief, Condensed, Finished, Notes, Work, condense, finish, works
from core.condense.finishing import labeller
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
from core.turn.files import keep_quoted, unreadable
from core.understanding.arguments import compares, documents_of


def given_of(exchange: Exchange, text: str) -> list[tuple[str, str]]:
    """Of what the synthesis is: this turn's files and those that it is about, else those that the words name,
    by name or by place (« le deuxième »), else all; or a quote. What is to be compared with one file alone
    came before it."""
    every = [(material.name, material.text) for material in exchange.documents.all]
    given = {file.name for file in (*exchange.documents.quoted, *exchange.documents.brought)}
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
        or [(exchange.texts.quoted_message(), quoted) for quoted in exchange.question.quoted]
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
        Brief(works=tuple(material), model=model, form=wish.form, language=language, question=wish.question),
        asking,
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


Layout = Callable[[Exchange, Made], str]
"""The answer as people read it (CommonMark)."""


def in_chat(exchange: Exchange, made: Made) -> str:
    """The synthesis, and under it what could not be read, what to check, who wrote it."""
    return "\n\n".join(
        [made.finished.text, *unreadable(exchange), *remarks(made, exchange.reading.level, exchange.texts)]
    )


async def condensed(
    exchange: Exchange,
    wish: DocumentWish,
    given: Sequence[tuple[str, str]],
    *,
    layout: Layout = in_chat,
    progress: Callable[[int, int], None] = unwatched,
) -> None:
    """Answer the turn with the synthesis; `progress` counts the chunks that were read, of how many. While all
    models are away it is made of extracts, at once, and the full one is offered."""
    language = exchange.texts.language
    material = works(given, language=language)
    if not material:
        text = "\n\n".join(unreadable(exchange)) or exchange.texts.nothing_to_summarise()
        await exchange.reply.finish(text, personal=True)
        return
    moved = exchange.models.moved()
    lead = f"{moved}\n\n" if moved else ""
    offer = ""
    try:
        made = await _made(exchange, wish, material, lead, progress)
    except GatewayUnavailable as error:
        made = await synthesised(
            material,
            wish,
            exchange.models.meanwhile(error),
            model=EXTRACTS,
            language=language,
            said=exchange.question.text,
        )
        lead, offer = "", offered_in_full(exchange)
        if not exchange.documents.all:
            keep_quoted(exchange)
    file = await asyncio.to_thread(_file, exchange, wish, wish.file, made) if wish.file else None
    await exchange.reply.finish(
        lead + layout(exchange, made) + offer, remember=made.finished.text + offer, file=file
    )


def offered_in_full(exchange: Exchange) -> str:
    """What stands under extracts that were given while all models are away; with its button."""
    address = exchange.question.address
    exchange.reply.offer((Choice(label=exchange.texts.full_answer(), text="oui", address=address),))
    return f"\n\n{exchange.texts.extracts_meanwhile()}"


async def _made(
    exchange: Exchange,
    wish: DocumentWish,
    material: Sequence[Work],
    lead: str,
    watch: Callable[[int, int], None],
) -> Made:
    """The synthesis, with signs of progress."""
    language = exchange.texts.language
    shown = labeller(material)

    def progress(done: int, total: int) -> None:
        watch(done, total)
        exchange.reply.show(f"{lead}*{SynthesisWords(language).reading(done, total)}*", "progress")

    task = "chat" if wish.form == "question" else "summary"
    models = exchange.models.available(task)
    if not models:  # refused: asking says why
        async for _ in exchange.models.ask(Ask(instructions="", question=wish.question, task=task)):
            pass
    return await synthesised(
        material,
        wish,
        exchange.models.ask,
        model=models[0],
        language=language,
        said=exchange.question.text,
        notes=exchange.progress,
        progress=progress,
        show=lambda text: exchange.reply.show(lead + shown(text)),
    )


def _file(exchange: Exchange, wish: DocumentWish, kind: FileKind, made: Made) -> File:
    """The synthesis or the answer as a file, with what to check, its level and who wrote it on each page."""
    say = SynthesisWords(exchange.texts.language)
    model, doubts = made.condensed.done.model, made.finished.to_check
    answers = wish.form == "question"
    title = say.answer_title() if answers else say.title(", ".join(work.name for work in made.works))
    text = "\n\n".join([made.finished.text, *([say.to_check(doubts)] if doubts else [])])
    return as_file(
        exchange, kind, title, text, writers=tuple(exchange.models.writers) if model.generates else ()
    )


def as_file(
    exchange: Exchange, kind: FileKind, title: str, text: str, *, writers: tuple[str, ...] | None
) -> File:
    """A text as a file: its level on every page, the models that wrote it below, and its signed record.
    `writers` None: not known."""
    say = SynthesisWords(exchange.texts.language)
    generated = not exchange.situation.embedded if writers is None else bool(writers)
    models = writers or ()
    footer = say.footer(", ".join(models)) if generated else say.extracts()
    marking = exchange.room.level_mark(title, footer, text, generated=generated, models=models)
    return File(
        name=file_name(title, kind),
        media_type=MEDIA_TYPES[kind],
        data=export(text, kind, marking),
        generated=generated,
    )
