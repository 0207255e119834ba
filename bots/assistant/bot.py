"""The assistant: chat with context, questions on documents, and the commands of a conversation."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Literal

import orjson

from bots.asked import asked, speak_as_wanted
from bots.assistant import choices, documents, feedback, orders
from bots.documents import requests
from core.bot import Exchange
from core.condense.finishing import labeller
from core.connector import Event, Joined, Message, Reacted
from core.errors import GatewayError, GatewayUnavailable, NotMasked, OverQuota
from core.gateway import ask as gateway
from core.language.folding import fold
from core.language.mail_segments import under_subject
from core.policy.decision import Denied
from core.sessions.repository import KeptTurn, Session
from core.texts.feedback_words import FeedbackTexts
from core.texts.voice_words import VoiceWords
from core.turn.admission import told_whom_to_call
from core.turn.feedback import GivenAnswer
from core.turn.files import keep_quoted, unreadable
from core.understanding import Intent, Kind, as_kind, asks_anew, goes_on, understand
from core.understanding.arguments import version_of, wants_reply
from core.understanding.commands import bare_request, named_in, short_answer, spelled
from core.understanding.understand import possible_dangers

_QUESTIONS: frozenset[Kind] = frozenset({"ask", "ask_document"})
_WORDS: frozenset[Kind] = frozenset({"yes", "no", "stop"})
"""What may be a word for what was asked last here."""
_ORDERS = frozenset[Kind]({"again", *orders.ORDERS})
_TALK: frozenset[Kind] = frozenset({"thanks", "yes", "no"})
"""What is said, and orders nothing: nobody is offered to say it."""
_SYNTHESES: frozenset[Kind] = frozenset({"summarise", "ask_document"})
_ANOTHER = re.compile(r"\b(?:autre|another|different|diff[ée]rent)\b", re.IGNORECASE)
Heard = Literal["answered", "unclear"] | Kind
"""What became of what may be an order: it was answered, or it is this order, or nobody knows which."""
_MARKS = ' `*«»"“”.\n\xa0\u202f'
_LONGEST_ORDER = 24
"""Characters of an answer that may be an order, with its marks; a longer one is none."""
_WORD = 24
"""Tokens of one."""
_HARMLESS: frozenset[Kind] = frozenset({"help", "about"})
"""What a model may hear whatever was read: it changes nothing."""
_HEARD = "heard"
"""Name of a job's note, with the hash of the text: the order that a model heard in it, which is carried out
once the job is taken up again, unless the question was edited."""
_LIKELY = 0.5
"""The probability from which an answer is wanted again, though it may be a question."""
_ANSWERS = frozenset({"assistant", "synthesis"})
"""Kinds of answers that may be given again."""
_NOT_KEPT = frozenset({"service", "refusal"})
"""Kinds of answers that no session holds."""
_VERSIONS = "versions"
"""The shelf of answers that were given again: each with its versions before, the first and the last ones,
and who wrote them."""
_RECENT = 3
_BARE = 8
"""Words that name a version and say no more."""
_MOMENT = 600.0
"""Seconds after a refusal in which « pourquoi ? » is about it."""
SHORT = 600
"""Characters of an answer up to which it bears no footer."""


class Assistant:
    """The bot of last resort: it wants every message addressed to it."""

    name = "assistant"
    of_rooms = False

    def wants(self, event: Event) -> bool:
        return isinstance(event, Message | Joined) or feedback.wanted(event)

    def follows(self, event: Event, session: Session) -> bool:
        """What goes on from an answer is about that, as is what may be a question and replies to it, unless
        it asks in a room when a summary comes, by no hour or day; and what asks for a synthesis where
        documents were given is about them, not about the talk."""
        if not isinstance(event, Message) or (event.direct and not session.materials):
            return False
        intent = asked(event)
        asks_when = intent.kind == "schedule" and not intent.arguments  # « c’est quand le prochain point ? »
        if asks_when and not event.direct and intent.chance >= _LIKELY:
            return False
        asks = not (intent.sure or _QUESTIONS.isdisjoint((intent.kind, *intent.others)))
        if not event.direct and (goes_on(event.text) or (asks and event.reply_to is not None)):
            return True
        return (
            bool(session.materials) and requests.wish_of(event.text, asked(event, document=True)) is not None
        )

    async def handle(self, exchange: Exchange) -> None:
        match exchange.question.event:
            case Joined() as event:
                await self._joined(exchange, event)
            case Reacted() as event:
                if (answer := await feedback.reacted(exchange, event)) is not None:
                    await self._again(exchange, answer)
            case _ if exchange.reading.danger is not None:
                # Whom to call stands first; nothing else is read into it, and extracts have nothing to say.
                alone = exchange.situation.embedded and not exchange.documents.brought
                await (
                    exchange.reply.finish_with_words_before()
                    if alone
                    else self._answer(exchange, exchange.question.text)
                )
            case _:
                await self._said(exchange)

    async def _said(self, exchange: Exchange) -> None:
        """Do what a message asks for."""
        if exchange.documents.heard:
            exchange.reply.put_before(
                VoiceWords(exchange.texts.language).heard(exchange.documents.heard), personal=True
            )
        first, _, rest = exchange.question.text.partition("\n")
        words = first if len(rest) >= documents.PASTED else exchange.question.text
        intent = _understood(exchange, words)
        if await exchange.person.greet():
            self._greet(exchange, intent)
        answers = short_answer(words)
        of_last = intent.kind in _WORDS or answers.number is not None or bool(answers.verdicts)
        judged = await feedback.worded(exchange, words, intent) if of_last else None
        meant = choices.Picked(intent=judged, text=words) if judged else None
        if (
            meant is None
            and intent.kind == "yes"
            and (full := await self._wanted_in_full(exchange)) is not None
        ):
            await self._again(exchange, full)
            return
        way = named_in(words, exchange.texts.ways) if meant is None and exchange.question.direct else None
        # « enlève le passage et envoie », of what was refused without that being offered
        if way is not None and await exchange.person.was_just_refused():
            await exchange.reply.finish(exchange.texts.not_kept())
            return
        if meant is None and of_last:  # of what was proposed
            meant = choices.picked(exchange, words, intent) or await choices.numbered(exchange, words)
        if meant is not None and meant.intent.kind == "summarise" and not exchange.documents.all:
            await exchange.reply.finish(exchange.texts.nothing_to_summarise())
            return
        await (
            self._act(exchange, meant.intent, meant.text)
            if meant
            else self._act(exchange, intent, exchange.question.text)
        )

    def _greet(self, exchange: Exchange, intent: Intent) -> None:
        """Say who answers, below the first answer to a person. Below an order, which may ask for a number
        itself, nothing is proposed; nor in a mail, where nothing is tapped."""
        if intent.kind == "language":
            speak_as_wanted(exchange, intent)
        chat = exchange.question.direct and exchange.situation.spoken_in != "mail"
        short = exchange.texts.welcome_short(exchange.situation.policy.retention.session_days)
        exchange.reply.put_after(self._welcome(exchange) if chat and intent.kind in _QUESTIONS else short)

    async def _act(self, exchange: Exchange, intent: Intent, text: str) -> None:
        """Do what was understood; what is not clear is the model's where one may answer, else asked about."""
        if intent.kind == "why" and not intent.sure and await _was_refused(exchange):
            intent = replace(intent, others=())  # « why? », « pourquoi ? »
        choice = not intent.sure and (_QUESTIONS | _TALK).isdisjoint((intent.kind, *intent.others))
        # Files are never ordered about in plain words.
        may_hear = not (intent.sure or exchange.situation.embedded or exchange.documents.brought)
        if intent.unknown:
            await orders.unknown(exchange, intent)
        elif intent.kind == "again" and _is_about_nothing(exchange, intent, text):
            await exchange.reply.finish(FeedbackTexts(exchange.texts.language).nothing_again())
        elif (intent.sure and intent.kind in _ORDERS and await self._ordered(exchange, intent)) or (
            not choice and await documents.asked(exchange, intent, text)
        ):
            return
        elif may_hear and exchange.models.available():
            await self._heard(exchange, intent, text, choice=choice)
        elif choice:  # several orders, and surely no question
            await choices.offered(exchange, intent)
        else:
            await self._answer(exchange, text)

    async def _heard(self, exchange: Exchange, intent: Intent, text: str, *, choice: bool) -> None:
        """Have a model say which of the orders that were read is meant, or answer, where it is no `choice` of
        orders alone; where none can say, the choice is offered."""
        note = f"{_HEARD} {hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"
        noted = exchange.progress.notes.get(note)
        if noted is not None:
            heard = _read_as(noted.decode(), intent)
        elif choice:
            heard = await self._named(exchange, intent, text)
        else:
            try:
                heard = await self._answer(exchange, text, unsure=intent)
            except GatewayUnavailable:
                heard = "unclear"
        if heard == "answered":
            return
        exchange.models.uncredit()
        if heard == "unclear":
            await choices.offered(exchange, intent)
            return
        await exchange.progress.note(note, heard.encode())
        meant = as_kind(
            text, heard, place=exchange.situation.spoken_in, document=bool(exchange.documents.all)
        )
        await self._act(exchange, meant, text)

    async def _named(self, exchange: Exchange, intent: Intent, text: str) -> Heard:
        """Ask a model which order a text is that can be nothing else, by the text alone."""
        ask = gateway.Ask(
            instructions=prompt(exchange.texts.language, orders=True),
            question=text,
            language=exchange.texts.language,
            answer_tokens=_WORD,
        )
        try:
            answer, _ = await gateway.whole(exchange.models.ask(ask), lambda _: None)
        except (GatewayError, OverQuota, NotMasked, Denied):
            return "unclear"
        return _order_in(answer, intent) or "unclear"

    async def _ordered(self, exchange: Exchange, intent: Intent) -> bool:
        """Carry out an order, one of `_ORDERS`. False where it is none here."""
        if exchange.documents.brought and intent.command is None:
            return False
        if intent.kind != "again":
            told = await orders.ORDERS[intent.kind](exchange, intent)
            if isinstance(told, str):
                await exchange.reply.finish(told)
            return told is not False
        if intent.command is None and await self._given_back(exchange):
            return True
        answer = await exchange.room.earlier.answer()
        if answer is None or _says_how(exchange, intent, answer):
            return False
        await self._again(exchange, answer, exchange.question.text)
        return True

    async def _again(self, exchange: Exchange, answer: GivenAnswer, words: str = "") -> None:
        """Answer a question again in the place of its answer, by the model that the words name, or by another
        one where they want that."""
        given = answer.exchange
        extracts = _are_extracts(exchange, given)
        names = [model.id for model in exchange.models.available()]
        named = next((name for name in names if name in words.lower()), "")
        if not named and _ANOTHER.search(words) and len(names) > 1:
            named = names[1]
        if given is None or not answer.mine or not (extracts or answer.kind in _ANSWERS):
            await exchange.reply.finish(_not_again(exchange, answer))
            return
        if possible_dangers(given.question) and await told_whom_to_call(exchange, given.question):
            await exchange.reply.finish(exchange.texts.answered_alone())
            return
        before = [each for each in exchange.session.turns if each.at < given.at]
        if not await exchange.room.earlier.repeat(answer, named, in_place=not extracts):
            await exchange.reply.finish("")
            return
        await _keep_version(exchange, given)
        question = given.question or _ALONE
        intent = understand(
            question, place=exchange.situation.spoken_in, document=bool(exchange.documents.all)
        )
        if intent.command is not None and intent.kind in _SYNTHESES and await self._ordered(exchange, intent):
            return
        if not await documents.asked(exchange, intent, question):
            await self._answer(exchange, question, before=before)

    async def _given_back(self, exchange: Exchange) -> bool:
        """Give the version of the last answer that was there before it was given again, where words name one;
        what they say beside is a model's, who is told that version."""
        which = version_of(fold(exchange.question.text))
        last = exchange.session.turns[-1] if exchange.session.turns else None
        if which is None or last is None:
            return False
        kept = next((each for each in await exchange.room.shelf(_VERSIONS) if each.key == last.key), None)
        if kept is None:
            return False
        version, writers = orjson.loads(kept.answer)[which]
        earlier = replace(last, answer=version, writers=None if writers is None else tuple(writers))
        if len(exchange.question.text.split()) > _BARE:
            await self._answer(
                exchange, exchange.question.text, before=[*exchange.session.turns[:-1], earlier]
            )
            return True
        exchange.models.credit(earlier)
        await exchange.reply.finish(version, remember=version)
        return True

    async def _wanted_in_full(self, exchange: Exchange) -> GivenAnswer | None:
        """The last answer here, if the person had extracts while models were away: a yes asks for it in
        full."""
        last = exchange.session.turns[-1] if exchange.session.turns else None
        return await exchange.room.earlier.answer() if _are_extracts(exchange, last) else None

    async def _joined(self, exchange: Exchange, event: Joined) -> None:
        if not event.direct:
            await exchange.reply.finish(exchange.texts.welcome_room())
        elif await exchange.person.greet():
            await exchange.reply.finish(self._welcome(exchange))
        else:
            await exchange.reply.finish(
                exchange.texts.help(
                    place=exchange.situation.kind,
                    ceiling=exchange.situation.ceiling,
                    embedded=exchange.situation.embedded,
                    archives=exchange.room.has_archives,
                )
            )

    def _welcome(self, exchange: Exchange) -> str:
        choices.proposed(exchange)
        return exchange.texts.welcome(
            ceiling=exchange.situation.ceiling,
            days=exchange.situation.policy.retention.session_days,
            embedded=exchange.situation.embedded,
        )

    async def _answer(
        self,
        exchange: Exchange,
        question: str,
        *,
        before: Sequence[KeptTurn] | None = None,
        unsure: Intent | None = None,
    ) -> Heard:
        """Answer a question, after what was said `before` it (None: all that the session holds, but what the
        question was before it was edited). `unsure`: it may be an order; where the model says so, nothing is
        answered."""
        unread = "\n\n".join(unreadable(exchange))
        if before is None:
            this = exchange.question.key
            before = [each for each in exchange.session.turns if each.key != this]
        if not question:
            if (
                exchange.question.quoted and not exchange.documents.brought
            ):  # a message, a poll or a place, without a word
                replied = any(each.reply_to for each in exchange.question.contents)
                words = [exchange.texts.what_of_it(exchange.question.quoted[-1], replied=replied)]
                keep_quoted(exchange)
            else:
                words = [documents.offer(exchange)] if exchange.documents.brought else []
            await exchange.reply.finish(
                "\n\n".join(filter(None, [*words, unread])) or exchange.texts.what_for(),
                remember="" if exchange.documents.brought else None,
                personal=True,
            )
            return "answered"
        ask = gateway.Ask(
            instructions=prompt(exchange.texts.language, orders=unsure is not None),
            question=question,
            history=tuple((each.question, each.answer) for each in before),
            materials=tuple(
                gateway.Material(name=exchange.texts.quoted_message(), text=text)
                for text in exchange.question.quoted
            ),
            language=exchange.texts.language,
        )
        sourced = await documents.sourced(exchange, ask) if exchange.documents.all else (ask, ())
        if sourced is None:
            return "answered"
        asked_with, works = sourced
        rises = exchange.reading.level > exchange.reading.before
        moved = exchange.models.moved() if rises else None
        lead, doubts = f"{moved}\n\n" if moved else "", ""
        shown = labeller(works) if works else str
        try:
            answer, done = await gateway.whole(
                exchange.models.ask(asked_with),
                lambda text: None if unsure and _may_order(text) else exchange.reply.show(lead + shown(text)),
            )
            if unsure is not None and (heard := _order_in(answer, unsure)) is not None:
                return heard
        except GatewayUnavailable as error:
            answer, done = await documents.extracted(exchange, ask, error)
            works, lead = (), ""
        if works:
            answer, doubts = await documents.checked(exchange, works, answer)
        # The discreet line, which a short answer goes without unless the level has just risen.
        short = not works and len(answer) <= SHORT and not rises
        parts = [answer, doubts, unread, exchange.texts.cut_short() if done.finish == "length" else ""]
        parts += [] if short else [exchange.texts.signature(done, exchange.reading.level, footprints=False)]
        await exchange.reply.finish(lead + "\n\n".join(filter(None, parts)), remember=answer)
        return "answered"


def _understood(exchange: Exchange, words: str) -> Intent:
    """Understand what was written before a text that was pasted."""
    here = bool(exchange.documents.all or exchange.question.quoted or words != exchange.question.text)
    place = exchange.situation.spoken_in
    own = (under_subject(words, exchange.question.marks)[1] if exchange.question.marks else words).strip()
    if (
        exchange.question.quoted
        and not exchange.documents.brought
        and wants_reply(fold(bare_request(own or words)))
    ):
        return Intent(kind="ask", why="une réponse au message cité")
    if here and not exchange.documents.brought and goes_on(own or words):
        before = documents.question_before(exchange)  # « plus court » on its answer wants no synthesis
        here = not before or understand(before, place=place, document=True).kind not in _QUESTIONS
    intent = understand(own or words, place=place, document=here)
    if own != words and intent.kind in _QUESTIONS:  # the subject of a mail may say what is wanted
        intent = understand(words, place=place, document=here)
    kinds = (intent.kind, *intent.others)
    if (
        intent.sure
        or "export" not in kinds
        or exchange.session.turns
        or exchange.documents.all
        or exchange.question.quoted
    ):
        return intent
    # What needs an answer or a document before it has none: « attends, je t’envoie le doc » wants nothing in
    # a file. It may be a question then.
    first, *others = [kind for kind in kinds if kind not in ("export", "ask")] or ["ask"]
    return replace(intent, kind=first, others=(*others, "ask") if first != "ask" else ())


async def _was_refused(exchange: Exchange) -> bool:
    """Was what its author asked last here refused; or a moment ago, where what is asked now begins anew?"""
    if exchange.session.turns:
        return await exchange.person.was_just_refused()
    refusal = await exchange.person.refusal()
    return refusal is not None and exchange.question.at - refusal.at < _MOMENT


def _is_about_nothing(exchange: Exchange, intent: Intent, text: str) -> bool:
    """Is an answer wanted again, or otherwise (« plus court »), where none was given, nor anything else?"""
    if exchange.session.turns or exchange.documents.all or exchange.question.quoted:
        return False
    words = under_subject(text, exchange.question.marks)[1].strip()
    return intent.sure or (intent.chance >= _LIKELY and goes_on(words))


def _says_how(exchange: Exchange, intent: Intent, answer: GivenAnswer) -> bool:
    """Say whether an order to answer again tells what should be otherwise (« refais en plus court »): a model
    is told that, and what it answered first."""
    bare = intent.command is not None or asks_anew(exchange.question.text)
    model = _ANOTHER.search(exchange.question.text) or any(
        each.id in exchange.question.text.lower() for each in exchange.models.available()
    )
    return answer.kind in _ANSWERS and not (bare or model or exchange.situation.embedded)


async def _keep_version(exchange: Exchange, given: KeptTurn) -> None:
    """Keep an answer that is about to be given again: its author may prefer it."""
    kept = next((each for each in await exchange.room.shelf(_VERSIONS) if each.key == given.key), None)
    versions: list[tuple[str, list[str] | None]] = orjson.loads(kept.answer) if kept else []
    told = [*versions[:1], *versions[1:][-_RECENT:], (given.answer, given.writers)]
    await exchange.room.keep(_VERSIONS, orjson.dumps(told).decode())


def _not_again(exchange: Exchange, answer: GivenAnswer) -> str:
    """Why an answer is not given again; "" to who may not have asked for it."""
    say = FeedbackTexts(exchange.texts.language)
    if answer.exchange is None and answer.kind not in _NOT_KEPT and not answer.asks:
        return say.gone()
    theirs = answer.mine or (answer.exchange is None and exchange.question.direct)
    return say.not_again() if theirs or isinstance(exchange.question.event, Message) else ""


def _may_order(answer: str) -> bool:
    """May what a model has written so far be the word of an order, and no answer?"""
    return len(answer) <= _LONGEST_ORDER and answer.lstrip(_MARKS)[:1] in ("", "!")


def _order_in(answer: str, intent: Intent) -> Heard | None:
    """The order that an answer consists of, `help` for « !aide »; `unclear` for one that was not read in what
    the person wrote: a document may have asked for it. None: it is an answer."""
    found = spelled(answer.strip(_MARKS)) if _may_order(answer) else None
    if found is None or found.argument or found.near:
        return None
    return _read_as(found.kind, intent)


def _read_as(name: str | None, intent: Intent) -> Heard:
    """The order of this name, if it was read in a text, or changes nothing."""
    read: tuple[Kind, ...] = (intent.kind, *intent.others, *_HARMLESS)
    for kind in read:
        if kind == name:
            return kind
    return "unclear"


_ALONE = "!résumer"
"""What documents that came without a word ask for (a mail)."""


def _are_extracts(exchange: Exchange, given: KeptTurn | None) -> bool:
    """Was the question answered by extracts while all models were away?"""
    return given is not None and given.answer.endswith(exchange.texts.extracts_meanwhile())


@cache
def prompt(language: str, *, orders: bool = False) -> str:
    """The prompt files of a language; `orders`: with that of what may be ordered."""
    names = ("chat", "orders") if orders else ("chat",)
    folder = resources.files("bots.assistant").joinpath("prompts")
    files = (f"{name}.{'en' if language == 'en' else 'fr'}.md" for name in names)
    return "".join(folder.joinpath(name).read_text("utf-8") for name in files)
