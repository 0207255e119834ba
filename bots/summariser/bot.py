"""The summariser in rooms: it reads back what was said, when somebody asks, and posts where it was asked.

Nothing is fetched before, and nothing of the range is kept after but the summary's own turn and the actions
that it tells. « Qu’ai-je manqué ? » is answered to the person alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bots.asked import asked, speak_as_wanted
from bots.documents.posted import called, posted
from bots.documents.requests import DocumentWish, wish_of
from bots.documents.synthesis import condensed
from bots.summariser.drafting import Drafted, draft
from bots.summariser.room import action_list as ledger
from bots.summariser.room import action_orders as orders
from bots.summariser.room import follow_up as following
from bots.summariser.room import settings_commands as settings
from bots.summariser.room.corrections import corrects
from bots.summariser.room.schedules import House, house_of
from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.summary import Form, about_only
from bots.summariser.talk import MOST, Said, Talk, moment, of_range
from bots.summariser.wishes import LIKELY, SummaryWish, asks, is_anew, named_in, wish, words_of
from bots.summariser.writing import escaped, link_to, write
from core.bot import Exchange
from core.condense.words import SynthesisWords
from core.connector import Choice, Event, File, Message, Past, Person, Range, Reacted, Tick, Wanted
from core.errors import GatewayUnavailable, Rejected
from core.gateway.catalogue import EXTRACTS
from core.language.folding import fold, unaccented
from core.language.months import PARIS
from core.sessions.repository import KeptTurn, Session
from core.understanding import Intent, goes_on, spelled, understand
from core.understanding.arguments import tells_whose
from core.understanding.commands import bare_request

_OWN = frozenset({"settings", "actions", "export"})
_SHOW, _SHOWN = "summary-", "shown-"
"""Beginning of the name under which a summary is kept that one person reads; the key of its turn follows."""
_KEPT = re.compile(rf"{_SHOW}[0-9a-f]{{32}}")
_AND = re.compile(r" (?:et|and) ")
_TITLE = re.compile(r"^(?:m|mme|mlle|monsieur|madame|mr|mrs|ms|dr)\.? (?=\w)")
_PART = re.compile(r"[^\W_]+")
_ANEW = 0.95
"""The probability from which words in the thread of a summary are not about that summary."""
_OF_SUMMARY = 0.4
"""The probability from which an order is one about a summary, after one: « la 2 aussi »."""
_ON_IT = frozenset({"stop", "thanks", "no"})
"""What is said of a summary, however surely: « annule »."""
_PAUSE = frozenset({"pause"})
_PERSONAL = frozenset({"reglages", "reglage", "settings", "parametres"})
"""Commands that are about the person where two talk."""
_RESUME = frozenset({"reprise", "reprendre", "unpause"})


class Summariser:
    """Wants what asks for a summary of a room or a thread, and what settles how it may be asked for."""

    name = "summariser"
    of_rooms = True  # in a chat of two there is no talk to sum up

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def wants(self, event: Event) -> bool:
        match event:
            case Message():
                return event.addressed and (asks(event) or _own(event) is not None)
            case Reacted():
                return not event.direct and ledger.number_of(event.reaction) is not None
            case Tick():
                return True
            case _:
                return False

    def follows(self, event: Event, session: Session) -> bool:
        return isinstance(event, Message) and not event.direct and spelled(event.text) is None

    async def handle(self, exchange: Exchange) -> None:
        event = exchange.question.event
        match event:
            case Tick():
                await self._scheduled(exchange, event)
            case Reacted():
                await self._reacted(exchange, event)
            case Message():
                await self._said(exchange, event)
            case _:
                raise TypeError(event.type)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), PARIS)

    async def _said(self, exchange: Exchange, event: Message) -> None:
        speak_as_wanted(exchange, asked(event))
        intent = _own(event, likely=_OF_SUMMARY if _has_summary(exchange) else LIKELY)
        ticks = intent is not None and _is_change(event, intent)
        about_it = spelled(event.text) is None and _is_about_summary(exchange, event)
        if not ticks and await _asks_same_file(exchange, event):
            return
        if about_it and not ticks and await settings.rescheduled(exchange, event, self._clock()):
            return
        if about_it and not ticks:
            await following.follow(exchange, SummariserTexts(exchange.texts.language), event, self._now())
        elif intent is not None:
            await self._ordered(exchange, event, intent)
        elif not asks(event):
            await following.follow(exchange, SummariserTexts(exchange.texts.language), event, self._now())
        elif not await settings.scheduled(exchange, event, words_of(event), self._clock()):
            await self._asked(exchange, event)

    async def _ordered(self, exchange: Exchange, event: Message, intent: Intent) -> None:
        say = SummariserTexts(exchange.texts.language)
        argument = str(intent.arguments.get("words", "")) if intent.command else bare_request(event.text)
        word = fold(intent.command or "")
        if event.direct:
            await exchange.reply.finish(say.only_in_rooms)
        elif (
            intent.kind == "actions"
            and not (intent.command or _is_change(event, intent))
            and not await exchange.room.shelf(ledger.SUMMARIES)
        ):
            await self._asked(exchange, event)  # « qui fait quoi ? », and nothing was read yet
        elif intent.kind == "actions":
            await orders.actions(exchange, say, event, argument, self._now())
        elif intent.kind == "export":
            kind = following.kind_of(f"en {argument}") or "docx"
            await following.exported(exchange, say, kind, self._now())
        elif word in _PAUSE or word in _RESUME:
            await exchange.reply.finish(await settings.paused(exchange, say, on=word in _PAUSE))
        elif word == "off":
            await exchange.reply.finish(say.kept_out)
        else:
            await exchange.reply.finish(
                await settings.shown_or_changed(exchange, say, argument, self._clock())
            )

    async def _reacted(self, exchange: Exchange, event: Reacted) -> None:
        number = ledger.number_of(event.reaction)
        if number is None or (await house_of(exchange)).paused:
            await exchange.reply.finish("")
            return
        say = SummariserTexts(exchange.texts.language)
        await ledger.tick(exchange, say, event.target, number, self._now().date())

    # -- summaries ------------------------------------------------------------------------------------

    async def _asked(self, exchange: Exchange, event: Message) -> None:
        say = SummariserTexts(exchange.texts.language)
        house = await house_of(exchange)
        if (refused := house.refused(exchange)) is not None:
            await exchange.reply.finish(refused)
            return
        if (kept := await self._kept(exchange, event)) is not None:
            await _shown(exchange, kept)
            return
        event = replace(event, text=_KEPT.sub("", event.text).strip())
        if await _sums_up_file(exchange, event):
            return
        wanted = wish(event, moment(event.at).astimezone(PARIS))
        if wanted is None:
            await exchange.reply.finish(say.no_messages)
            return
        talk = await self._read(exchange, event, wanted, house)
        if isinstance(talk, str):
            await exchange.reply.finish(talk)
            return
        await self._told(exchange, talk, wanted, export=following.kind_of(words_of(event)))

    async def _read(
        self, exchange: Exchange, event: Message, wanted: SummaryWish, house: House
    ) -> Talk | str:
        """The messages that are wanted; why there are none."""
        say = SummariserTexts(exchange.texts.language)
        found = await self._recalled(exchange, wanted.wanted, house, files=wanted.files, anew=wanted.anew)
        if found is None:
            return say.no_history
        found = _from_mine(found, event.sender.id) if wanted.mine else found
        if wanted.until:
            kept = tuple(past for past in found.messages if past.at < wanted.until)
            found = replace(found, messages=kept)
        theirs = _only(found, wanted.only) if wanted.only else found
        if found.messages and not theirs.messages:
            theirs = _speaking_of(found, wanted.only) if tells_whose(event.text) else theirs
        if found.messages and not theirs.messages:
            wrote = dict.fromkeys(past.sender.name or past.sender.id for past in found.messages)
            return say.nobody_called(wanted.only, list(wrote))
        talk = of_range(theirs)
        return talk if talk.messages else "\n\n".join([say.no_messages, *_limits(talk, exchange)])

    async def _told(
        self, exchange: Exchange, talk: Talk, wanted: SummaryWish, *, export: following.Kind | None
    ) -> None:
        text, drafted = await self._text(exchange, talk, wanted.form, wanted.about, wanted.most)
        if wanted.alone:
            await following.told_alone(exchange, SummariserTexts(exchange.texts.language), text)
            return
        if isinstance(exchange.question.event, Message) and exchange.question.event.private:
            say = SummariserTexts(exchange.texts.language)
            await exchange.room.keep(f"{_SHOW}{exchange.question.key}", text)
            show = Choice(
                label=say.show_to_all,
                text=f"!résumé {_SHOW}{exchange.question.key}",
                address=exchange.question.address,
            )
            told = await exchange.person.tell(
                following.from_room(exchange, text),
                exchange.reading.level,
                (show,),
                writers=tuple(exchange.models.writers),
            )
            await exchange.reply.finish("" if told else say.not_sent_privately(served=exchange.person.served))
            return
        actions = ledger.of_summary(drafted.summary, talk)
        if actions:
            await exchange.room.keep(ledger.SUMMARIES, ledger.dump(actions))
        file = await self._file(exchange, text, actions, export) if export is not None else None
        await exchange.reply.finish(text, remember=text, file=file)

    async def _kept(self, exchange: Exchange, event: Message) -> KeptTurn | None:
        """The summary that its asker read alone, and now shows to all."""
        if (named := _KEPT.search(event.text)) is None:
            return None
        told = await exchange.room.shelf(named[0])
        return next((each for each in told if each.author == event.sender.id), None)

    async def _file(
        self, exchange: Exchange, text: str, actions: list[ledger.Open], kind: following.Kind
    ) -> File | None:
        if kind == "ics":
            return following.dated(actions, self._now())
        return await following.as_file(exchange, text, kind, writers=tuple(exchange.models.writers))

    async def _scheduled(self, exchange: Exchange, event: Tick) -> None:
        """A digest that is due: of what was said since the last one; nothing when nothing was."""
        fired = await settings.fired(exchange, event, self._clock())
        if fired is None:
            await exchange.reply.finish("")
            return
        house, schedule = fired
        found = await self._recalled(exchange, Wanted(most=MOST, since=schedule.since), house)
        talk = of_range(found) if found is not None else None
        if talk is None or not talk.messages:
            await exchange.reply.finish("")
            return
        text, drafted = await self._text(exchange, talk, schedule.form)
        if actions := ledger.of_summary(drafted.summary, talk):
            await exchange.room.keep(ledger.SUMMARIES, ledger.dump(actions))
        await exchange.reply.finish(text, remember=text)

    async def _recalled(
        self, exchange: Exchange, wanted: Wanted, house: House, *, files: bool = False, anew: bool = False
    ) -> Range | None:
        """What may be read of the range, without what was asked of the bot; None where nothing can be."""
        told = partial(_told_to_all, anew=anew)
        try:
            return await exchange.room.recall(house.within(wanted), files=files, only=told)
        except Rejected:
            return None

    async def _text(
        self, exchange: Exchange, talk: Talk, form: Form, about: str = "", most: int = 0
    ) -> tuple[str, Drafted]:
        language = exchange.texts.language
        reading = SynthesisWords(language)
        models = exchange.models.available("summary")
        try:
            drafted = await draft(
                talk,
                exchange.models.ask,
                model=models[0] if models else EXTRACTS,
                language=language,
                progress=lambda done, total: (
                    exchange.reply.show(reading.reading(done, total), "progress") if total > 1 else None
                ),
            )
        except GatewayUnavailable as error:
            by_rules = await draft(talk, exchange.models.meanwhile(error), model=EXTRACTS, language=language)
            drafted = replace(by_rules, meanwhile=True)

        if drafted.fallback:
            exchange.models.uncredit()

        def link(said: Said) -> str:
            return link_to(f"{escaped(said.author.name)} {said.at:%d/%m %H:%M}", talk.links[said.n])

        told, subject = about_only(drafted.summary, talk, about)
        text = write(
            told, talk, form=form, link=link, language=language, fallback=drafted.fallback, most=most
        )
        only = [SummariserTexts(language).only_about(escaped(subject))] if subject else []
        return "\n\n".join([text, *only, *_footer(exchange, drafted)]), drafted


async def _sums_up_file(exchange: Exchange, event: Message) -> bool:
    """Sum up a file of the room that is named, or say that it cannot be read. False where none is named."""
    named = named_in(event)
    given = (
        await posted(exchange, partial(called, words=named, text=event.text), tells="unread") if named else []
    )
    if given:
        wish = wish_of(event.text, asked(event, document=True)) or DocumentWish(form="short")
        await condensed(exchange, wish, given)
    return given is None or bool(given)


async def _asks_same_file(exchange: Exchange, event: Message) -> bool:
    """Answer a question from the file of the room that was summed up here before, read once more, or say that
    it cannot be read. False where none was, or where the words go on from what was said of it."""
    before = exchange.session.turns[-1].question if _has_summary(exchange) else ""
    named = named_in(replace(event, text=before)) if before else frozenset[str]()
    intent = asked(event)
    orders_it = intent.sure and intent.kind not in ("ask", "ask_document")
    if not named or orders_it or spelled(event.text) is not None or goes_on(event.text):
        return False
    given = await posted(exchange, partial(called, words=named, text=before), tells="unread")
    if given:
        await condensed(exchange, DocumentWish(form="question", question=event.text), given)
    return given is None or bool(given)


def _is_about_summary(exchange: Exchange, event: Message) -> bool:
    """Is it said about the summary of this session? A correction is, and whatever does not surely ask for
    another one."""
    if not _has_summary(exchange):
        return False
    intent = asked(event)
    if intent.kind in _ON_IT or corrects(event.text):
        return True
    return intent.chance < _ANEW and not is_anew(event.text)


def _is_change(event: Message, intent: Intent) -> bool:
    """Does it change the list of actions: « l’action 2 est faite », « ajoute une action : … »?"""
    return intent.kind == "actions" and orders.changes(bare_request(event.text))


def _has_summary(exchange: Exchange) -> bool:
    return exchange.session.bot == Summariser.name and bool(exchange.session.turns)


def _own(event: Message, *, likely: float = LIKELY) -> Intent | None:
    """What is asked of a conversation beside its summary: its actions, its settings, the last one as a file;
    in a chat of two by command only, and as a file not here."""
    intent = asked(event)
    if intent.kind not in _OWN or intent.chance < likely:
        return None
    if event.direct and (intent.kind == "export" or fold(intent.command or "") in _PERSONAL):
        return None
    return intent if intent.command or not (event.direct or intent.kind == "export") else None


def _told_to_all(messages: Sequence[Past], *, anew: bool) -> Sequence[Past]:
    """The messages without what was asked of the bot; who corrects a summary tells all. `anew`: only what
    was said since a summary was asked for."""
    if anew:
        asked_for = [n for n, past in enumerate(messages) if _asked_for_one(past)]
        messages = messages[asked_for[-1] + 1 :] if asked_for else messages
    return [past for past in messages if not past.to_bot or corrects(past.text)]


def _asked_for_one(past: Past) -> bool:
    """Did it ask the bot for a summary of the talk?"""
    asked_bot = past.to_bot or spelled(past.text) is not None
    return asked_bot and understand(past.text, place="room").kind == "summarise"


def _only(found: Range, names: str) -> Range:
    """The messages of those who bear a name, or one of two: « Bob et Carl »; by its whole words where anybody
    bears them, else by how they begin."""
    called = [_TITLE.sub("", each).split() for each in _AND.split(unaccented(names))]
    for bears in (str.__eq__, str.startswith):
        of_them = tuple(
            past for past in found.messages if any(_is_called(past.sender, each, bears) for each in called)
        )
        if of_them:
            return replace(found, messages=of_them)
    return replace(found, messages=())


def _speaking_of(found: Range, name: str) -> Range:
    """The messages that speak of what no member is called: « les messages de Noël »."""
    named = re.compile(rf"\b{re.escape(unaccented(name).casefold())}\b")
    return replace(found, messages=tuple(p for p in found.messages if named.search(fold(p.text))))


def _is_called(person: Person, name: Sequence[str], bears: Callable[[str, str], bool]) -> bool:
    parts = _PART.findall(unaccented(f"{person.name} {person.id.partition(':')[0]}"))
    return all(any(bears(part, word) for part in parts) for word in name)


def _footer(exchange: Exchange, drafted: Drafted) -> list[str]:
    """The line that says who wrote it; for extracts, none, or that the models are away."""
    if drafted.meanwhile:
        return [SummariserTexts(exchange.texts.language).meanwhile]
    if drafted.done is None or drafted.fallback:
        return []
    return [exchange.texts.signature(drafted.done, exchange.reading.level)]


def _limits(talk: Talk, exchange: Exchange) -> list[str]:
    """What could not be read, when there is nothing else to say."""
    say = SummariserTexts(exchange.texts.language)
    if not (talk.deleted or talk.withheld or talk.unreadable):
        return []
    return [say.left_out(talk.deleted, talk.withheld, talk.unreadable)]


def _from_mine(found: Range, person: str) -> Range:
    """The range from this person's last message on; orders to bots (`!…`) are none."""
    mine = [
        place
        for place, past in enumerate(found.messages)
        if past.sender.id == person and spelled(past.text) is None
    ]
    return replace(found, messages=found.messages[mine[-1] + 1 :]) if mine else found


async def _shown(exchange: Exchange, kept: KeptTurn) -> None:
    """Show to all, once, what its asker read alone: the button may be pressed again."""
    name = f"{_SHOWN}{kept.key}"
    if await exchange.room.shelf(name):
        await exchange.reply.finish("")
        return
    await exchange.room.keep(name, "")
    exchange.models.credit(kept)
    await exchange.reply.finish(kept.answer, remember=kept.answer)
