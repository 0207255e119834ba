"""Documents in a conversation: what is offered, syntheses in the form asked for, and questions on them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bots.assistant import wishes
from bots.assistant.wishes import Wish
from bots.commands import Command
from core.bot import Turn
from core.condense import Condensed, Finished, Form, Work, condense, finish, works
from core.condense.finishing import shower
from core.condense.passages import relevant
from core.condense.words import words
from core.connector import File
from core.export import MEDIA_TYPES, FileKind, Marking, export, file_name
from core.gateway.ask import Ask, Material
from core.gateway.tokens import room

_PASTED = 400
"""Characters from which a text after the first line is a document."""
_TOKEN = 4


async def digest(turn: Turn, command: Command) -> None:
    """`!résumer`: of the documents of the session, else of the message that is replied to."""
    await _condensed(turn, wishes.command(command.argument), _given(turn, command.argument))


async def question(turn: Turn, command: Command) -> None:
    """`!question`: answered from the documents alone. Without a question: how to ask one."""
    if command.argument:
        wish = Wish(form="question", question=command.argument)
        await _condensed(turn, wish, _given(turn, command.argument))
        return
    names = [material.name for material in turn.materials()]
    await turn.reply.finish(turn.texts.question_wanted(names) if names else turn.texts.nothing_to_summarise())


async def compare(turn: Turn, command: Command) -> None:
    """`!comparer`: what the documents have in common, and their differences."""
    given = _given(turn, command.argument)
    if len(given) < 2:
        given = _given(turn, "")
    if len(given) < 2:
        await turn.reply.finish(turn.texts.nothing_to_compare())
        return
    await _condensed(turn, wishes.comparison(command.argument, turn.texts.language), given)


def offer(turn: Turn) -> str:
    """What may be done with the files that just came."""
    return turn.texts.file_received(
        turn.received(), several=len(turn.materials()) > 1, embedded=turn.embedded
    )


async def asked(turn: Turn) -> bool:
    """Was a synthesis of something that is here asked for in free words? Then it was given."""
    first, _, rest = turn.text.partition("\n")
    words_ = first if len(rest) >= _PASTED else turn.text
    if (kind := wishes.as_file(words_)) and await _sent_again(turn, kind):
        return True
    wish = wishes.free(words_)
    if wish is None:
        return False
    given = _given(turn, turn.text)
    if len(rest) >= _PASTED:
        given = [(turn.texts.pasted_message(), rest)]
    if not given:
        return False
    await _condensed(turn, wish, given)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A question with the documents that it may be about; `works` are these, empty without any."""

    ask: Ask
    works: tuple[Work, ...] = ()

    def shown(self, text: str) -> str:
        """An answer that still grows."""
        return shower(self.works)(text) if self.works else text


async def sourced(turn: Turn, ask: Ask) -> Sourced | None:
    """The question with the documents of the session, each passage after its mark; of long ones the passages
    that answer it. None when no passage has a word of the question and all do not fit: then all was read for
    it, and it was answered."""
    given = [(material.name, material.text) for material in turn.materials()]
    models = turn.models()
    if not models or not given:
        return Sourced(ask=ask)
    if models[0].dialect == "extracts":  # it chooses its passages itself
        documents = tuple(Material(name=name, text=text) for name, text in given)
        return Sourced(ask=replace(ask, materials=(*documents, *ask.materials)))
    material = works(given, language=ask.language)
    left = room(models[0].context, replace(ask, history=())) * _TOKEN
    found = await asyncio.to_thread(relevant, material, ask.question, left)
    if found is None:
        await _condensed(turn, Wish(form="question", question=ask.question), given)
        return None
    return Sourced(ask=replace(ask, materials=(*found, *ask.materials)), works=material)


async def checked(turn: Turn, sourced: Sourced, answer: str) -> tuple[str, str]:
    """The answer with the citations that hold, and what is to be checked: only where it cites a document."""
    if not sourced.works:
        return answer, ""
    said = "\n".join([turn.text, *turn.quoted(), *(each.question for each in turn.session.turns)])
    finished = await asyncio.to_thread(finish, answer, sourced.works, said=said)
    cites = finished.dropped or any(statement.sources for statement in finished.statements)
    doubts = finished.to_check if cites else ()
    return finished.text, words(turn.texts.language).to_check(doubts) if doubts else ""


async def _sent_again(turn: Turn, kind: FileKind) -> bool:
    """The last answer as a file; False when there is none."""
    if not turn.session.turns or not (last := turn.session.turns[-1].answer):
        return False
    say = words(turn.texts.language)
    title = say.answer_title()
    data = await asyncio.to_thread(
        export, last, kind, _marking(turn, title, say.extracts() if turn.embedded else say.footer(""))
    )
    file = File(name=file_name(title, kind), media_type=MEDIA_TYPES[kind], data=data)
    await turn.reply.finish(turn.texts.here_as_file(), file=file)
    return True


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
    marking = _marking(turn, title, say.extracts() if model.dialect == "extracts" else say.footer(model.id))
    doubts = [say.to_check(finished.to_check)] if finished.to_check else []
    data = export("\n\n".join([finished.text, *doubts]), kind, marking)
    return File(name=file_name(title, kind), media_type=MEDIA_TYPES[kind], data=data)


def _marking(turn: Turn, title: str, footer: str) -> Marking:
    header = turn.texts.level_name(turn.level)
    return Marking(title=title, header=header, footer=footer, language=turn.texts.language)


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
        parts.append(say.generated())
        parts.append(turn.texts.footer(model=done.done.model.id, level=turn.level, footprint=footprint))
    return parts
