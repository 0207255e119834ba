"""Makes the summaries of a room that are asked for or due, and posts each where it was asked for.

Messages are read back only for a summary. Of what was read, only the text of the summary and the actions in
it are kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bots.summariser.drafting import Drafted, draft
from bots.summariser.room import follow_up as following
from bots.summariser.room import open_actions
from bots.summariser.room.file_summaries import sums_up_file
from bots.summariser.room.schedule_orders import fired
from bots.summariser.room.schedules import RoomSettings, load_room_settings
from bots.summariser.selection import in_wanted_time, of_wanted_people, without_requests
from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.summary import about_only
from bots.summariser.talk import MOST, Said, Talk, moment, of_range
from bots.summariser.wishes import SummaryWish, wish, words_of
from bots.summariser.writing import escaped, link_to, write
from core.bot import Exchange
from core.condense.words import SynthesisWords
from core.connector import Choice, File, Message, Range, Tick, Wanted
from core.errors import GatewayUnavailable, Rejected
from core.gateway.catalogue import EXTRACTS
from core.language.months import PARIS, in_paris
from core.sessions.repository import KeptTurn

_PRIVATE, _SHOWN = "summary-", "shown-"
"""Names of shelves, completed by the key of an exchange: a summary that its asker read alone, and the mark
that it was then shown to all."""
_PRIVATE_NAME = re.compile(rf"{_PRIVATE}[0-9a-f]{{32}}")


async def answer_request(exchange: Exchange, event: Message, now: datetime) -> None:
    """Post the summary that a message asks for, or say why there is none."""
    say = SummariserTexts(exchange.texts.language)
    settings = await load_room_settings(exchange)
    if (refused := settings.refused(exchange)) is not None:
        await exchange.reply.finish(refused)
        return
    if (kept := await _private_summary(exchange, event)) is not None:
        await _show_to_all(exchange, kept)
        return
    event = replace(event, text=_PRIVATE_NAME.sub("", event.text).strip())
    if await sums_up_file(exchange, event):
        return
    wanted = wish(event, moment(event.at).astimezone(PARIS))
    if wanted is None:
        await exchange.reply.finish(say.no_messages)
        return
    talk = await _read(exchange, event, wanted, settings)
    if isinstance(talk, str):
        await exchange.reply.finish(talk)
        return
    text, drafted = await _write(exchange, talk, wanted)
    if wanted.alone:
        await following.tell_alone(exchange, say, text)
    elif event.private:
        await _tell_privately(exchange, say, text)
    else:
        await _post(exchange, talk, text, drafted, kind=following.kind_of(words_of(event)), now=now)


async def post_scheduled(exchange: Exchange, event: Tick, now: float) -> None:
    """Post the digest that is due, of what was said since the last one. Nothing is posted where nothing was
    said."""
    due = await fired(exchange, event, now)
    if due is None:
        await exchange.reply.finish("")
        return
    settings, schedule = due
    wanted = Wanted(most=MOST, since=schedule.since)
    found = await _recall(exchange, wanted, settings)
    talk = of_range(found) if found is not None else None
    if talk is None or not talk.messages:
        await exchange.reply.finish("")
        return
    text, drafted = await _write(exchange, talk, SummaryWish(form=schedule.form, wanted=wanted))
    await _post(exchange, talk, text, drafted, kind=None, now=in_paris(now))


async def _read(
    exchange: Exchange, event: Message, wanted: SummaryWish, settings: RoomSettings
) -> Talk | str:
    """Return the messages that are wanted, or the sentence that says why there are none."""
    say = SummariserTexts(exchange.texts.language)
    found = await _recall(exchange, wanted.wanted, settings, files=wanted.files, anew=wanted.anew)
    if found is None:
        return say.no_history
    found = in_wanted_time(found, wanted, event.sender.id)
    theirs = of_wanted_people(found, wanted, event.text)
    if found.messages and not theirs.messages:
        writers = dict.fromkeys(past.sender.name or past.sender.id for past in found.messages)
        return say.nobody_called(wanted.only, list(writers))
    talk = of_range(theirs)
    return talk if talk.messages else "\n\n".join([say.no_messages, *_left_out(talk, say)])


async def _recall(
    exchange: Exchange, wanted: Wanted, settings: RoomSettings, *, files: bool = False, anew: bool = False
) -> Range | None:
    """Read messages back as far as the room's settings allow. Return None where the platform refuses."""
    try:
        return await exchange.room.recall(
            settings.within(wanted), files=files, only=partial(without_requests, anew=anew)
        )
    except Rejected:
        return None


async def _write(exchange: Exchange, talk: Talk, wanted: SummaryWish) -> tuple[str, Drafted]:
    """Write the summary of a talk. Return its text as people read it, and the draft behind the text."""
    language = exchange.texts.language
    drafted = await _draft(exchange, talk)
    if drafted.fallback:
        exchange.models.uncredit()

    def link(said: Said) -> str:
        return link_to(f"{escaped(said.author.name)} {said.at:%d/%m %H:%M}", talk.links[said.n])

    summary, subject = about_only(drafted.summary, talk, wanted.about)
    text = write(
        summary,
        talk,
        form=wanted.form,
        link=link,
        language=language,
        fallback=drafted.fallback,
        most=wanted.most,
    )
    about = [SummariserTexts(language).only_about(escaped(subject))] if subject else []
    return "\n\n".join([text, *about, *_footer(exchange, drafted)]), drafted


async def _draft(exchange: Exchange, talk: Talk) -> Drafted:
    """Draft a summary with the model of the turn; by rules while all models are away."""
    language = exchange.texts.language
    reading = SynthesisWords(language)

    def progress(done: int, total: int) -> None:
        if total > 1:
            exchange.reply.show(reading.reading(done, total), "progress")

    models = exchange.models.available("summary")
    model = models[0] if models else EXTRACTS
    try:
        return await draft(talk, exchange.models.ask, model=model, language=language, progress=progress)
    except GatewayUnavailable as error:
        by_rules = await draft(talk, exchange.models.meanwhile(error), model=EXTRACTS, language=language)
        return replace(by_rules, meanwhile=True)


async def _post(
    exchange: Exchange, talk: Talk, text: str, drafted: Drafted, *, kind: following.Kind | None, now: datetime
) -> None:
    """Post a summary for everybody, with a file of this kind, and keep its actions."""
    actions = open_actions.of_summary(drafted.summary, talk)
    if actions:
        await exchange.room.keep(open_actions.SUMMARIES, open_actions.dump(actions))
    file: File | None = None
    if kind == "ics":
        file = following.calendar_file(actions, now)
    elif kind is not None:
        file = await following.as_file(exchange, text, kind, writers=tuple(exchange.models.writers))
    await exchange.reply.finish(text, remember=text, file=file)


async def _tell_privately(exchange: Exchange, say: SummariserTexts, text: str) -> None:
    """Send a summary to the person who asked in private, with a button that shows it to all."""
    name = f"{_PRIVATE}{exchange.question.key}"
    await exchange.room.keep(name, text)
    show = Choice(label=say.show_to_all, text=f"!résumé {name}", address=exchange.question.address)
    told = await exchange.person.tell(
        following.from_room(exchange, text),
        exchange.reading.level,
        (show,),
        writers=tuple(exchange.models.writers),
    )
    await exchange.reply.finish("" if told else say.not_sent_privately(served=exchange.person.served))


async def _private_summary(exchange: Exchange, event: Message) -> KeptTurn | None:
    """Return the summary that the author of this message read alone and now wants shown to all."""
    if (named := _PRIVATE_NAME.search(event.text)) is None:
        return None
    kept = await exchange.room.shelf(named[0])
    return next((each for each in kept if each.author == event.sender.id), None)


async def _show_to_all(exchange: Exchange, kept: KeptTurn) -> None:
    """Show a private summary to all, once: people may press the button again."""
    name = f"{_SHOWN}{kept.key}"
    if await exchange.room.shelf(name):
        await exchange.reply.finish("")
        return
    await exchange.room.keep(name, "")
    exchange.models.credit(kept)
    await exchange.reply.finish(kept.answer, remember=kept.answer)


def _footer(exchange: Exchange, drafted: Drafted) -> list[str]:
    """Return the line that says who wrote a summary, or that the models are away. Extracts have none."""
    if drafted.meanwhile:
        return [SummariserTexts(exchange.texts.language).meanwhile]
    if drafted.done is None or drafted.fallback:
        return []
    return [exchange.texts.signature(drafted.done, exchange.reading.level)]


def _left_out(talk: Talk, say: SummariserTexts) -> Sequence[str]:
    """Say how many messages could not be read, when there is nothing else to say."""
    if not (talk.deleted or talk.withheld or talk.unreadable):
        return []
    return [say.left_out(talk.deleted, talk.withheld, talk.unreadable)]
