"""One exchange being handled, as a bot sees it: its texts, its session, and the way to a model.

It is made of what `core.turn.admission` let in.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson

from core.bot import Bot
from core.connector import Address, AudienceKind, Joined, Message, Person, Reacted, Tick
from core.gateway.ask import Ask, Piece
from core.gateway.catalogue import Model, Task
from core.inbox.inbox import Inbox, Ref
from core.sensitivity.level import Level
from core.sessions.repository import Material, Session
from core.sessions.repository import Turn as Exchange
from core.store.wire import Command
from core.texts import texts
from core.turn import confirmation as asking
from core.turn.admission import Entrance
from core.turn.content import Desk

__all__ = ["Desk", "LiveTurn", "session_key"]


class LiveTurn(Entrance):
    """The core's implementation of `core.bot.Turn`. `bot` is the one that handles it, set by the worker."""

    bot: Bot

    def materials(self) -> tuple[Material, ...]:
        return (*self.session.materials, *self._new)

    def received(self) -> tuple[str, ...]:
        """Names of the files of this turn that were read."""
        return tuple(material.name for material in self._new)

    def quoted(self) -> tuple[str, ...]:
        return tuple(message.quoted for message in self.contents if message.quoted)

    def unreadable(self) -> tuple[str, ...]:
        return (*(unread.said for unread in self._unread), *self._said)

    def ceiling(self) -> Level:
        return self._desk.policy.ceiling(self._audience.kind) or Level.N0

    @property
    def embedded(self) -> bool:
        """No model is configured: the embedded extracts answer."""
        return not any(model.generates for model in self._desk.policy.models)

    @property
    def place(self) -> AudienceKind:
        return self._audience.kind

    async def first_contact(self) -> bool:
        """Once per person. A job that is handled again is answered as the first time."""
        if greeted := self.profile.greeted:
            return greeted == self._job
        return await self._desk.sessions.greet_once(self._author.id, self._job, since=self._since)

    @property
    def retention_days(self) -> int:
        return self._desk.policy.session_days

    def models(self, task: Task = "chat") -> tuple[Model, ...]:
        return self.access.models(task, language=self.texts.language)

    def moved(self) -> str | None:
        unmarked = self._desk.policy.unmarked_level(self._audience.kind)
        before = self.session.level if self.session.turns else unmarked
        language = self.texts.language
        old, new = self.access.models(language=language, level=before)[:1], self.models()[:1]
        known = self.session.turns or (old and old[0].id == self.profile.model)
        if not (known and old and new) or old[0].may_read(self.level):
            return None
        return self.texts.model_changed(new[0].id, new[0].clearance)

    async def ask(self, ask: Ask) -> AsyncGenerator[Piece]:
        async with self._steps.away_from("handle"), aclosing(self.access.stream(ask)) as pieces:
            async for piece in pieces:
                yield piece

    def ref(self) -> Ref | None:
        """How this job is found again by its messages; None when it answers no message."""
        if isinstance(self.event, Joined | Reacted):
            return None
        asked = (each.id for each in (*self.messages, *self.contents))
        posts = () if self.reply.revises else tuple(id for _, id in sorted(self.reply.posted.items()))
        return Ref(
            questions=tuple(dict.fromkeys(asked)) or (self.event.key,),
            posts=posts,
            session=self.session.key,
            turn=self.key,
        )

    async def keeping(self) -> list[Command]:
        """Commands that append this exchange to the session, when it is to be remembered, and that forget
        the question that waited."""
        dropped = self._held is not None and (self._word is not None or self._held.turn != self.key)
        dropped = dropped and not (self._word is None and asking.is_aside(self.text))
        kept = self._desk.sessions.dropping(self.session) if dropped else []
        final = self.reply.final
        if final is None:
            return kept
        for shelf, text in () if self.reply.withheld else self._put_by:
            kept += await self._desk.sessions.appending(shelf, self._exchange(text), bot=self.bot.name)
        if final.remember is None:
            return kept
        exchange = self._exchange(final.remember, level=final.level)
        return [
            *kept,
            *await self._desk.sessions.appending(
                self.session, exchange, materials=self._new, bot=self.bot.name
            ),
        ]

    def _exchange(self, answer: str, *, level: Level = Level.N0) -> Exchange:
        level = max(level, self.level)
        return Exchange(
            key=self.key,
            question=self.text,
            answer=answer,
            author=self._author.id,
            at=self.event.at,
            level=level,
            floor=self._floor if self._brought.rules else level,
            found=self._brought.found,
        )

    # -- what the conversation keeps -------------------------------------------------------------------

    def may_decide(self, person: Person) -> bool:
        return self.event.direct or person.id in self._audience.moderators

    async def settled(self) -> bytes | None:
        return await self._desk.conversations.load(self.event.address, self.bot.name)

    async def settle(self, settled: bytes) -> None:
        await self._desk.conversations.save(self.event.address, self.bot.name, settled)

    async def shelf(self, name: str) -> tuple[Exchange, ...]:
        session = await self._shelf(name)
        if session.turns:
            self._raised = max(self._raised, session.level)
            self._recalled = True
        return session.turns

    async def _shelf(self, name: str) -> Session:
        address = self.event.address
        key = f"{address.connector}:{address.conversation}#{name}"
        session, _ = await self._desk.sessions.load(key, self._author.id, audience=self._audience)
        return session

    async def put_by(self, name: str, text: str) -> None:
        self._put_by.append((await self._shelf(name), text))

    def is_here(self, person: Person) -> bool:
        return person.id in self._audience.members

    async def answered(self, message: str) -> str | None:
        ref = await self._desk.inbox.ref(self.event.address, message)
        return ref.turn if ref is not None and message in ref.posts else None

    async def revise(self, message: str) -> bool:
        ref = await self._desk.inbox.ref(self.event.address, message)
        if ref is None or not ref.posts:
            return False
        await self.reply.revise(ref.posts)
        return True

    async def later(self, schedule: str, due: float) -> None:
        address = Address(
            connector=self.event.address.connector, conversation=self.event.address.conversation
        )
        tick = Tick(
            key=f"{address.connector}:{address.conversation}:{schedule}:{round(due)}",
            address=address,
            at=due,
            sender=self._author,
            schedule=schedule,
        )
        await self._desk.inbox.later(tick, due)

    async def raise_level(self, level: Level) -> None:
        await self._desk.sessions.raise_level(self.session.key, level, chosen=True)
        self._raised = max(self._raised, level)
        self._note("raised")

    async def lower_level(self) -> Level:
        """Take back what rests on weak findings: the person confirmed that they are wrong."""
        self._note("lowered")
        return await self._desk.sessions.lower(self.session.key)

    async def mask(self, on: bool) -> None:
        await self._desk.sessions.mask(self.session.key, on)

    async def reset(self) -> None:
        await self._desk.sessions.reset(self.session.key)

    async def update_profile(self, *, language: str | None = None, model: str | None = None) -> None:
        await self._desk.sessions.update_profile(
            self._author.id, language=language, model=model, since=self._since
        )
        if language:
            self.texts = texts(language, self._desk.contacts)

    async def forget(self) -> None:
        await self._desk.sessions.forget(self._author.id)

    async def export(self) -> bytes:
        """What waits for a word is counted only: its level is not known yet."""
        kept = await self._desk.sessions.export(self._author.id)
        kept["waiting"] = len(kept["waiting"])
        told = [each for session in kept["sessions"] for each in (*session["turns"], *session["materials"])]
        self._raised = max(self._raised, *(Level.parse(each["level"]) for each in told), Level.N0)
        return orjson.dumps(kept, option=orjson.OPT_INDENT_2)


async def session_key(inbox: Inbox, message: Message | Joined | Reacted | Tick) -> str:
    """A direct chat; a room's thread; the root of a chain of replies; each tick's own."""
    conversation = f"{message.address.connector}:{message.address.conversation}"
    if isinstance(message, Tick):
        return f"{conversation}:{message.key}"
    if isinstance(message, Reacted):
        ref = await inbox.ref(message.address, message.target)
        return ref.session if ref else conversation
    if message.direct or isinstance(message, Joined):
        return conversation
    if message.address.thread:
        return f"{conversation}:{message.address.thread}"
    if message.reply_to:
        ref = await inbox.ref(message.address, message.reply_to)
        return ref.session if ref else f"{conversation}:{message.reply_to}"
    return f"{conversation}:{message.id}"
