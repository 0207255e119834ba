"""One exchange being handled: what was written, its level, its session, and the way to a model.

Before a bot sees anything, everything that the turn holds is assessed: the level is the highest of
the session's, of the channel's unmarked level and of what is found in the text, the quoted text and the
files. Nothing of a turn that is refused is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

import orjson

from core.connector import Audience, AudienceKind, Event, Joined, Message, Person
from core.gateway.ask import Ask, Done, Piece
from core.gateway.catalogue import Model
from core.gateway.client import Gateway
from core.gateway.footprint import footprint
from core.outbox import Reply
from core.policy import Refusal, Route, decide, permit
from core.policy_file import PolicyFile
from core.reading import Fetch, Reading, Unread
from core.sensitivity.assess import assess_async
from core.sensitivity.level import Level
from core.sessions import Material, Profile, Session, Sessions
from core.sessions import Turn as Exchange
from core.store.inbox import Inbox, Ref
from core.store.wire import Command
from core.texts import Contacts, Texts, texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every turn works with; made once by the composition root."""

    policy: PolicyFile
    sessions: Sessions
    inbox: Inbox
    gateway: Gateway
    reading: Reading
    contacts: Contacts
    language: str
    clock: Callable[[], float]


class LiveTurn:
    """The core's implementation of `core.bot.Turn`."""

    def __init__(
        self,
        desk: Desk,
        *,
        job: str,
        events: tuple[Event, ...],
        session: Session,
        profile: Profile,
        audience: Audience,
    ) -> None:
        self._desk = desk
        self._job = job
        self._events = events
        self.session = session
        self.profile = profile
        self._audience = audience
        self.texts: Texts = texts(profile.language or desk.language, desk.contacts)
        self.reply: Reply  # set by the worker, which needs the turn's texts for it
        self._level = max(session.level, desk.policy.unmarked_level(audience.kind))
        self._new: list[Material] = []
        self._unread: list[Unread] = []

    @property
    def event(self) -> Message | Joined:
        first = self._events[0]
        if not isinstance(first, Message | Joined):
            raise TypeError(f"no turn is made of {first.type}")
        return first

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(event for event in self._events if isinstance(event, Message))

    @property
    def text(self) -> str:
        return "\n\n".join(message.text for message in self.messages if message.text)

    @property
    def level(self) -> Level:
        return self._level

    async def prepare(self, fetch: Fetch) -> None:
        """Read the files and assess everything. Files that may not be here are left out, with a word."""
        for message in self.messages:
            for part in (message.text, message.quoted):
                await self._assess(part)
            for attachment in message.attachments:
                read = await self._desk.reading.read(message.address, attachment, fetch, self.texts)
                if isinstance(read, Unread):
                    self._unread.append(read)
                    continue
                for part in (read.text, *read.marked):
                    await self._assess(part)
                self._new.append(Material(name=read.name, text=read.text, level=self._level))

    async def _assess(self, text: str) -> None:
        if text:
            found = await assess_async(text, unmarked=self._desk.policy.unmarked_level(self._audience.kind))
            self._level = max(self._level, found.level)

    def materials(self) -> tuple[Material, ...]:
        return (*self.session.materials, *self._new)

    def received(self) -> tuple[str, ...]:
        """Names of the files of this turn that were read."""
        return tuple(material.name for material in self._new)

    def quoted(self) -> tuple[str, ...]:
        return tuple(message.quoted for message in self.messages if message.quoted)

    def unreadable(self) -> tuple[str, ...]:
        return tuple(unread.said for unread in self._unread)

    def ceiling(self) -> Level:
        return self._desk.policy.ceilings.get(self._audience.kind, Level.N0)

    @property
    def embedded(self) -> bool:
        """No model is configured: the embedded extracts answer."""
        return all(model.dialect == "extracts" for model in self._desk.policy.models)

    @property
    def place(self) -> AudienceKind:
        return self._audience.kind

    async def first_contact(self) -> bool:
        """Once per person. A job that is handled again is answered as the first time."""
        if greeted := self.profile.greeted:
            return greeted == self._job
        return await self._desk.sessions.greet_once(self._author.id, self._job)

    def preface(self, text: str) -> None:
        self.reply.preface = f"{text}\n\n---\n\n"

    def footprint(self, done: Done) -> str | None:
        print_ = footprint(done.model, done.usage)
        return print_ and self.texts.footprint(wh=print_.wh, gco2e=print_.gco2e, method=print_.method)

    @property
    def retention_days(self) -> int:
        return self._desk.policy.session_days

    def models(self) -> tuple[Model, ...]:
        match decide(self._desk.policy, level=self._level, audience=self._audience.kind, task="chat"):
            case Route(models=models):
                return models
            case Refusal():
                return ()

    async def ask(self, ask: Ask) -> AsyncGenerator[Piece]:
        def route() -> Route:
            return permit(
                self._desk.policy,
                level=self._level,
                audience=self._audience.kind,
                task=ask.task,
                choice=self.profile.model,
                language=self.texts.language,
            )

        async with aclosing(self._desk.gateway.stream(ask, route)) as pieces:
            async for piece in pieces:
                yield piece

    @property
    def key(self) -> str:
        """The key of this exchange in its session: the same for a question and its later edits."""
        first = self._events[0]
        question = first.id if isinstance(first, Message) else first.key
        return hashlib.blake2b(
            f"{first.address.conversation}\0{question}".encode(), digest_size=16
        ).hexdigest()

    def ref(self) -> Ref | None:
        """How this job is found again by its messages; None when it answers no message."""
        if not self.messages:
            return None
        return Ref(
            questions=tuple(message.id for message in self.messages),
            posts=tuple(id for _, id in sorted(self.reply.posted.items())),
            session=self.session.key,
            turn=self.key,
        )

    async def keeping(self) -> list[Command]:
        """Commands that append this exchange to the session; none when nothing is to be remembered."""
        final = self.reply.final
        if final is None or final.remember is None:
            return []
        exchange = Exchange(
            key=self.key,
            question=self.text,
            answer=final.remember,
            author=self._author.id,
            at=self.event.at,
            level=self._level,
        )
        return await self._desk.sessions.appending(self.session, exchange, materials=self._new)

    @property
    def _author(self) -> Person:
        return self.event.sender

    async def raise_level(self, level: Level) -> None:
        await self._desk.sessions.raise_level(self.session.key, level, chosen=True)
        self._level = max(self._level, level)

    async def reset(self) -> None:
        await self._desk.sessions.reset(self.session.key)

    async def update_profile(self, *, language: str | None = None, model: str | None = None) -> None:
        await self._desk.sessions.update_profile(self._author.id, language=language, model=model)
        if language:
            self.texts = texts(language, self._desk.contacts)

    async def forget(self) -> None:
        await self._desk.sessions.forget(self._author.id)

    async def export(self) -> bytes:
        kept = await self._desk.sessions.export(self._author.id)
        return orjson.dumps(kept, option=orjson.OPT_INDENT_2)


async def session_key(inbox: Inbox, message: Message | Joined) -> str:
    """A direct chat; a room's thread; the root of a chain of replies."""
    conversation = f"{message.address.connector}:{message.address.conversation}"
    if message.direct or isinstance(message, Joined):
        return conversation
    if message.address.thread:
        return f"{conversation}:{message.address.thread}"
    if message.reply_to:
        ref = await inbox.ref(message.address, message.reply_to)
        return ref.session if ref else f"{conversation}:{message.reply_to}"
    return f"{conversation}:{message.id}"
