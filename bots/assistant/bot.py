"""The assistant: chat with context, questions on documents, and the commands of a conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib import resources

from bots import commands
from bots.assistant import documents
from bots.commands import Command, Name
from core.bot import Turn
from core.connector import Event, File, Joined, Message
from core.gateway import ask as gateway
from core.language.accents import fold
from core.sensitivity.level import Level, Sublevel
from core.texts.signature import signature
from core.turn.confirmation import asks_why

_YES = {"oui", "yes"}
_AUTO = {"auto", "automatique", "automatic"}
_LANGUAGES = {"fr": "fr", "francais": "fr", "french": "fr", "en": "en", "anglais": "en", "english": "en"}


class Assistant:
    """The bot of last resort: it wants every message addressed to it."""

    name = "assistant"

    def wants(self, event: Event) -> bool:
        return isinstance(event, Message | Joined)

    def urgent(self, message: Message) -> bool:
        command = commands.parse(message.text)
        return command is not None and command.name == "stop"

    def follows(self, event: Event) -> bool:
        return False

    async def handle(self, turn: Turn) -> None:
        if isinstance(turn.event, Joined):
            await self._joined(turn, turn.event)
            return
        if await turn.person.first_contact():
            turn.preface(self._welcome(turn) if turn.event.direct else turn.texts.welcome_short())
        command = commands.parse(turn.text)
        if command is None and asks_why(turn.text) and not turn.received():
            command = Command(word="pourquoi", name="why")
        if command is not None:
            run = _COMMANDS.get(command.name, _unknown) if command.name else _unknown
            await run(turn, command)
        elif not await documents.asked(turn):
            await self._answer(turn)

    async def _joined(self, turn: Turn, event: Joined) -> None:
        if not event.direct:
            await turn.reply.finish(turn.texts.welcome_room())
        elif await turn.person.first_contact():
            await turn.reply.finish(self._welcome(turn))
        else:
            await turn.reply.finish(turn.texts.help(ceiling=turn.ceiling(), embedded=turn.embedded))

    def _welcome(self, turn: Turn) -> str:
        return turn.texts.welcome(
            place=turn.place, ceiling=turn.ceiling(), days=turn.person.retention_days, embedded=turn.embedded
        )

    async def _answer(self, turn: Turn) -> None:
        unread = "\n\n".join(turn.unreadable())
        question = turn.text
        if not question:
            words = [documents.offer(turn)] if turn.received() else []
            await turn.reply.finish(
                "\n\n".join([*words, unread]).strip(),
                remember="" if turn.received() else None,
                personal=True,
            )
            return
        ask = gateway.Ask(
            instructions=prompt(turn.texts.language),
            question=question,
            history=tuple(gateway.Exchange(question=t.question, answer=t.answer) for t in turn.session.turns),
            materials=tuple(
                gateway.Material(name=turn.texts.quoted_message(), text=text) for text in turn.quoted()
            ),
            language=turn.texts.language,
        )
        sourced = await documents.sourced(turn, ask)
        if sourced is None:
            return
        moved = turn.moved()
        lead = f"{moved}\n\n" if moved else ""
        answer, done = await gateway.whole(
            turn.ask(sourced.ask), lambda text: turn.reply.show(lead + sourced.shown(text))
        )
        answer, doubts = await documents.checked(turn, sourced, answer)
        parts = [answer, doubts, unread, *self._after(turn, done)]
        await turn.reply.finish(lead + "\n\n".join(filter(None, parts)), remember=answer)

    def _after(self, turn: Turn, done: gateway.Done) -> list[str]:
        """What stands under an answer: that it was cut, and the discreet line."""
        cut = [turn.texts.cut_short()] if done.finish == "length" else []
        return [*cut, signature(done, turn.level, turn.texts)]


@cache
def prompt(language: str) -> str:
    """The prompt file of a language."""
    name = f"chat.{'en' if language == 'en' else 'fr'}.md"
    return resources.files("bots.assistant").joinpath("prompts", name).read_text("utf-8")


async def _unknown(turn: Turn, command: Command) -> None:
    await turn.reply.finish(turn.texts.unknown_command(command.word, command.near), personal=True)


async def _help(turn: Turn, command: Command) -> None:
    await turn.reply.finish(turn.texts.help(ceiling=turn.ceiling(), embedded=turn.embedded))


async def _new(turn: Turn, command: Command) -> None:
    await turn.reset()
    await turn.reply.finish(turn.texts.new_session())


async def _stop(turn: Turn, command: Command) -> None:
    await turn.reply.finish(turn.texts.nothing_to_stop())


async def _model(turn: Turn, command: Command) -> None:
    names = [model.id for model in turn.models()]
    word = command.argument.strip("`")
    if not word:
        text = turn.texts.models(names, turn.person.profile.model)
    elif fold(word) in _AUTO:
        await turn.person.update(model="")
        text = turn.texts.models(names, None)
    elif word in names:
        await turn.person.update(model=word)
        text = turn.texts.model_chosen(word)
    else:
        text = turn.texts.model_unknown(word, names)
    await turn.reply.finish(text, personal=bool(word))


async def _level(turn: Turn, command: Command) -> None:
    if not command.argument:
        chosen = turn.session.chosen
        await turn.reply.finish(_level_now(turn, chosen))
        return
    word, _, confirmed = command.argument.partition(" ")
    try:
        level = Level.N4B if Sublevel.of(word) is Sublevel.N4B else Level.parse(word)
    except ValueError:
        await turn.reply.finish(turn.texts.level_unknown(command.argument), personal=True)
        return
    if level < turn.level:
        await turn.reply.finish(await _lower(turn, level, fold(confirmed) in _YES))
        return
    await turn.raise_level(level)
    await turn.reply.finish(turn.texts.level_raised(level))


def _level_now(turn: Turn, chosen: bool) -> str:
    """The level and why; what was found is nobody else's to read."""
    found = [each for each in turn.found if each.level == turn.level]
    return turn.texts.level(
        level=turn.level,
        ceiling=turn.ceiling(),
        chosen=chosen,
        found=found if turn.event.direct or not found else None,
        floor=turn.session.floor if turn.session.floor < turn.session.level else turn.level,
    )


async def _lower(turn: Turn, level: Level, confirmed: bool) -> str:
    """A level falls only as far as it rests on weak findings, and when their author confirms it."""
    floor = turn.session.floor
    doubts = [t for t in turn.session.turns if t.floor is not None and t.floor < t.level]
    theirs = all(t.author == turn.event.sender.id for t in doubts)
    if level < floor or floor >= turn.session.level or not (doubts and theirs):
        return turn.texts.level_not_lowered(turn.level)
    if not confirmed:
        return turn.texts.level_confirm(level=turn.session.level, floor=floor)
    return turn.texts.level_lowered(await turn.lower_level())


async def _why(turn: Turn, command: Command) -> None:
    """What was refused last, told in a direct chat only; then the level, and which model answers."""
    refused = await turn.person.refusal()
    if refused is not None:
        refusal = turn.texts.last_refusal(refused)
        if not turn.event.direct:
            refusal = turn.texts.refused_here(told=await turn.person.tell(refusal))
    else:
        refusal = turn.texts.not_refused()
    names = [model.id for model in turn.models()]
    model = names[0] if names else None
    explained = turn.texts.explained(
        level=turn.level,
        model=model,
        chosen=model is not None and model == turn.person.profile.model,
        others=names[1:],
    )
    level = _level_now(turn, turn.session.chosen)
    hint = "" if command.argument or not turn.session.turns else turn.texts.why_hint()
    await turn.reply.finish("\n\n".join(filter(None, (refusal, "---", level, explained, hint))))


async def _unasked(turn: Turn, command: Command) -> None:
    await turn.reply.finish(turn.texts.nothing_to_confirm())


async def _mask(turn: Turn, command: Command) -> None:
    on = fold(command.argument) not in {"non", "no", "off"}
    await turn.mask(on)
    await turn.reply.finish(turn.texts.masking(on))


async def _language(turn: Turn, command: Command) -> None:
    language = _LANGUAGES.get(fold(command.argument))
    if language is None:
        await turn.reply.finish(turn.texts.language_unknown(command.argument), personal=True)
        return
    await turn.person.update(language=language)
    await turn.reply.finish(turn.texts.language_chosen())


async def _forget(turn: Turn, command: Command) -> None:
    await turn.person.forget()
    await turn.reply.finish(turn.texts.forgotten())


async def _data(turn: Turn, command: Command) -> None:
    if not turn.event.direct:
        await turn.reply.finish(turn.texts.only_direct())
        return
    name = "mes-donnees.json" if turn.texts.language == "fr" else "my-data.json"
    file = File(name=name, media_type="application/json", data=await turn.person.export())
    if turn.level > turn.ceiling():
        await turn.reply.finish(turn.texts.export_too_high(turn.level, turn.ceiling()))
        return
    await turn.reply.finish(turn.texts.export_ready(), file=file)


_COMMANDS: Mapping[Name, Callable[[Turn, Command], Awaitable[None]]] = {
    "help": _help,
    "new": _new,
    "stop": _stop,
    "model": _model,
    "level": _level,
    "why": _why,
    "yes": _unasked,
    "no": _unasked,
    "mask": _mask,
    "language": _language,
    "forget": _forget,
    "data": _data,
    "digest": documents.digest,
    "question": documents.question,
    "compare": documents.compare,
}
