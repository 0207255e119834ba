"""The bot of mailboxes: what is asked of the documents of a mail, and of those of its thread.

Whatever is no request on documents (commands, ordinary questions) is for the bot behind it.

In a mail a synthesis has a title, then what to check, the documents and who wrote it, each under a heading,
so that a screen reader finds it. One that will take long is announced, with an estimate from the pace so far.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import resources
from types import TracebackType
from typing import Literal

from bots.asked import MAIL
from bots.documents.synthesis import Made, condensed, given_of
from bots.synthesis.asking import Asked, asked
from bots.synthesis.words import MailWords
from core.bot import Bot, Exchange
from core.condense.words import SynthesisWords
from core.connector import Event, Message
from core.delivery.reply import Reply
from core.errors import DeliveryError, GatewayError, NotMasked, OverQuota
from core.gateway.ask import Ask, whole
from core.language.commonmark import named
from core.language.mail_segments import under_subject
from core.policy.decision import Denied
from core.sessions.repository import Session
from core.turn.files import unreadable
from core.understanding import asks_anew, spelled, understand

LONG = 300.0
"""Seconds of work from which people are told."""
_LAST = 2.0
"""What the last request takes, in requests of notes."""
_HEADING = re.compile(r"^(#{1,6})(?= \S)", re.MULTILINE)
_NAMED = 3
"""Documents that the title names; more are counted by the list below."""


class Patience:
    """A context round the work; `progress` is told how far it is. The word is said once, and its sending is
    never cut short: the answer follows it."""

    def __init__(
        self, reply: Reply, say: Callable[[int], str], *, clock: Callable[[], float], long: float = LONG
    ) -> None:
        self._reply = reply
        self._say = say
        self._clock = clock
        self._long = long
        self._left = 0.0
        """Seconds that are left, about; 0 while nothing is known."""
        self._news = asyncio.Event()
        self._over = False
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Patience:
        self._began = self._clock()
        await self._group.__aenter__()
        self._group.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._news.set()
        await self._group.__aexit__(None, None, None)  # an error of the work stays the one that it is

    def progress(self, done: int, total: int) -> None:
        if done:
            pace = (self._clock() - self._began) / done
            self._left = pace * (total - done + _LAST)
        self._news.set()

    async def _watch(self) -> None:
        while not self._over and not (self._clock() - self._began + self._left > self._long):
            self._news.clear()
            try:
                async with asyncio.timeout(max(0.0, self._began + self._long - self._clock())):
                    await self._news.wait()
            except TimeoutError:
                break
        if not self._over:
            with suppress(DeliveryError, Denied):  # the answer itself will say so
                await self._reply.acknowledge(self._say(max(1, math.ceil(self._left / 60))))


class Synthesis:
    """Wants every mail that is no command."""

    name = "synthesis"
    of_rooms = False

    def __init__(self, otherwise: Bot, *, clock: Callable[[], float], long: float = LONG) -> None:
        """`long`: seconds of work from which a word is said in advance."""
        self._otherwise = otherwise
        self._clock = clock
        self._long = long

    def wants(self, event: Event) -> bool:
        return isinstance(event, Message) and event.address.connector == MAIL and spelled(event.text) is None

    def follows(self, event: Event, session: Session) -> bool:
        return False

    async def handle(self, exchange: Exchange) -> None:
        subject, own = _parts(exchange)
        before = await self._asked_before(exchange, own)
        if before is not None:
            subject, own = "", before
        wanted = asked(subject=subject, words=own, tag=_tag(exchange))
        if await _is_for_others(exchange, own):
            await exchange.reply.finish("")
            return
        if before is None and (
            not self._is_request(exchange, wanted, own) or _is_shorter_still(exchange, wanted)
        ):
            await self._otherwise.handle(exchange)
            return
        if wanted.language:
            exchange.person.speak(wanted.language)
        if await exchange.person.greet():
            exchange.reply.put_after(
                exchange.texts.welcome_short(exchange.situation.policy.retention.session_days)
            )
        say = MailWords(exchange.texts.language)
        wish = wanted.wish
        task = "" if _tag(exchange) else await _task(exchange, own, wanted)
        if task and wish.form != "question":
            wish = replace(wish, form="question", question=own)
        layout = answer if wish.form == "question" else page
        given = _given(exchange, own, with_earlier=task == "compare")
        async with Patience(exchange.reply, say.in_hand, clock=self._clock, long=self._long) as patience:
            await condensed(exchange, wish, given, layout=layout, progress=patience.progress)

    def _is_request(self, exchange: Exchange, wanted: Asked, own: str) -> bool:
        """Documents came with it, even if none can be read, or it is one; or it asks for those of its
        thread again, in another form."""
        if not exchange.documents.all and unreadable(exchange):
            return True
        if exchange.documents.brought or (_is_letter(own) and not exchange.session.turns):
            return True
        if not exchange.documents.all or understand(own, place="mail", document=True).kind == "export":
            return False
        return not wanted.plain and wanted.wish.form != "question"

    async def _asked_before(self, exchange: Exchange, own: str) -> str | None:
        """What a synthesis was asked for with, where it is wanted once more: « recommence »."""
        again = understand(own, place="mail", document=True).kind == "again" and asks_anew(own)
        if exchange.documents.brought or not again:
            return None
        given = await exchange.room.earlier.answer()
        if given is None or given.exchange is None or not given.mine or given.kind != self.name:
            return None
        return given.exchange.question if exchange.documents.all else None


def _is_shorter_still(exchange: Exchange, wanted: Asked) -> bool:
    """Is what was made short wanted shorter (« encore plus court »)? That is made of the answer: made of the
    documents, it would be the same."""
    last = next((each.question for each in reversed(exchange.session.turns) if each.answer), "")
    short = asked(subject="", words=last).wish.form == wanted.wish.form == "short"
    return (
        short and not exchange.documents.brought and not wanted.wish.file and not exchange.situation.embedded
    )


async def _task(exchange: Exchange, own: str, wanted: Asked) -> Literal["", "other", "compare"]:
    """Ask a model whether the words beside documents want something else than a synthesis (« traduis cette
    note »), and whether that is about those sent before too (« qu'est-ce qui change ? »), by these words
    alone. What says surely what it wants is not asked about; no answer is a no."""
    intent = understand(own, place="mail", document=True)
    surely = intent.kind in ("summarise", "thanks") and (intent.sure or not wanted.plain)
    clear = surely or (
        wanted.wish.form == "question" and not (exchange.documents.brought and exchange.session.materials)
    )
    if not own.strip() or clear or exchange.situation.embedded:
        return ""
    said = await _word(exchange, "wanted.md", own)
    if said.startswith("compare"):
        return "compare"
    return "other" if said.startswith("other") else ""


async def _is_for_others(exchange: Exchange, own: str) -> bool:
    """Ask a model whether a mail that others got too speaks to them alone, by its words; no answer is a no.
    Whoever keeps us in copy of a talk is not answered on each of its mails."""
    shared = (
        isinstance(exchange.question.event, Message)
        and exchange.question.event.mentions
        and not exchange.question.event.tag
    )
    if not shared or not own.strip() or exchange.situation.embedded:
        return False
    return (await _word(exchange, "meant.md", exchange.question.text)).startswith("other")


async def _word(exchange: Exchange, prompt: str, own: str) -> str:
    """The word with which a model answers a prompt on what was written; empty where none answers."""
    said = own if len(own) <= _READ else f"{own[: _READ // 2]}\n[…]\n{own[-_READ // 2 :]}"
    ask = Ask(
        instructions=_prompt(prompt), question=said, language=exchange.texts.language, answer_tokens=_WORD
    )
    try:
        word, _ = await whole(exchange.models.ask(ask))
    except (GatewayError, OverQuota, NotMasked, Denied):
        return ""
    finally:
        exchange.models.uncredit()
    return word.strip(' `.«»"\n').lower()


@cache
def _prompt(name: str) -> str:
    return resources.files("bots.synthesis").joinpath("prompts", name).read_text("utf-8")


_READ = 2_000
"""Characters of the words beside documents that a model reads for what they want."""
_WORD = 8
"""Tokens of its answer."""
LETTER = 600
"""Characters from which the text of a mail is a document, and not only what is asked."""


def _is_letter(own: str) -> bool:
    return len(own) >= LETTER


def _given(exchange: Exchange, own: str, *, with_earlier: bool) -> list[tuple[str, str]]:
    """The documents to work on: a long text first, then what came with it, `with_earlier` those of the thread
    before it; else those of the thread."""
    letter = [(exchange.texts.pasted_message(), own)] if _is_letter(own) else []
    every = [(material.name, material.text) for material in exchange.documents.all]
    came = (
        (every if with_earlier else given_of(exchange, own))
        if exchange.documents.brought or not letter
        else []
    )
    return [*letter, *came]


def _tag(exchange: Exchange) -> str:
    return exchange.question.event.tag if isinstance(exchange.question.event, Message) else ""


def _parts(exchange: Exchange) -> tuple[str, str]:
    """The subject with its prefixes, where it is part of what is asked, and the words below it."""
    return under_subject(exchange.question.text, exchange.question.marks)


def page(exchange: Exchange, made: Made) -> str:
    """The answer to a request for a synthesis."""
    names = [named(work.name) for work in made.works]
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    title = f"# {SynthesisWords(exchange.texts.language).title(shown)}"
    return "\n\n".join([title, lowered(made.finished.text), *below(exchange, made)])


def answer(exchange: Exchange, made: Made) -> str:
    """The answer to a question on the documents: no title, it begins with what was asked."""
    return "\n\n".join([lowered(made.finished.text), *below(exchange, made)])


def lowered(text: str) -> str:
    """Its headings below the title of the page: the highest is of the second level."""
    levels = [len(match[1]) for match in _HEADING.finditer(text)]
    shift = 2 - min(levels, default=2)
    return _HEADING.sub(lambda match: "#" * max(2, min(6, len(match[1]) + shift)), text)


def below(exchange: Exchange, made: Made) -> list[str]:
    """What stands under the synthesis."""
    language = exchange.texts.language
    say = MailWords(language)
    parts: list[str] = []
    if made.condensed.done.finish == "length":
        parts.append(SynthesisWords(language).cut_short())
    if doubts := made.finished.to_check:
        parts += [f"## {say.to_check()}", say.to_check_why(), SynthesisWords(language).doubts(doubts)]
    if len(made.works) > 1:
        parts += [f"## {say.documents()}", "\n".join(_documents(exchange, made))]
    if unread := unreadable(exchange):
        parts += [f"## {say.not_read()}", "\n".join(f"- {each}" for each in unread)]
    if signed := exchange.texts.signature(made.condensed.done, exchange.reading.level):
        parts += ["---", signed]
    return parts


def _documents(exchange: Exchange, made: Made) -> list[str]:
    levels = {material.name: material.level for material in exchange.documents.all}
    say = MailWords(exchange.texts.language)
    return [
        "- "
        + say.document(
            named(work.name),
            pages=1 + work.whole.count("\f"),
            level=levels.get(work.name, exchange.reading.level),
        )
        for work in made.works
    ]
