"""One exchange being handled: what was written, its level, its session, and the way to a model.

Before a bot sees anything, everything that the turn holds is assessed: the level is the highest of
the session's, of the channel's unmarked level and of what is found in the text, the quoted text and the
files. Nothing of a turn that is refused is kept. A doubtful finding is asked about: the question waits,
sealed, for a word of its author, and is then handled as if it had come with that word.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

import orjson
from pydantic import TypeAdapter

from core import asking
from core.assessing import Assessing, Brought
from core.audit import Audit, What
from core.condense import Notes
from core.connector import Audience, AudienceKind, Event, Joined, Message, Person
from core.findings import Finding, highest
from core.gateway.ask import Again, Ask, Done, Piece
from core.gateway.catalogue import Model, Task
from core.gateway.client import Gateway
from core.gateway.footprint import footprint
from core.masking import masked, unmasked
from core.outbox import Reply
from core.policy import Denied, Refusal, Route
from core.policy_file import PolicyFile
from core.reading import Fetch, Reading, Unread
from core.routing import Routing
from core.sensitivity.evidence import Part
from core.sensitivity.level import Level
from core.sensitivity.masking import Masker
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
    assessing: Assessing
    audit: Audit
    contacts: Contacts
    language: str
    clock: Callable[[], float]


_REFUSAL: TypeAdapter[Refusal] = TypeAdapter(Refusal)


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
        notes: Notes,
    ) -> None:
        self.notes = notes
        self._desk = desk
        self._job = job
        self._events = events
        self.session = session
        self.profile = profile
        self._audience = audience
        self.texts: Texts = texts(profile.language or desk.language, desk.contacts)
        self.reply: Reply  # set by the worker, which needs the turn's texts for it
        self._brought = Brought(desk.assessing, desk.policy, audience.kind, events[0].sender.id)
        self._raised = Level.N0
        self._new: list[Material] = []
        self._unread: list[Unread] = []
        self._said: list[str] = []
        self._held = asking.Held.load(session.held) if session.held else None
        self._word = asking.word(events) if self._held else None
        if self._word is not None:
            self._brought.answered(self._word)
        self._minutes = desk.audit.minutes(
            person=self._author.id, address=self.event.address, audience=audience.kind
        )

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
    def contents(self) -> tuple[Message, ...]:
        """What is to be handled: the messages of this turn, or those that waited for its word."""
        return self._held.messages if self._held and self._word is not None else self.messages

    @property
    def text(self) -> str:
        return "\n\n".join(message.text for message in self.contents if message.text)

    @property
    def level(self) -> Level:
        return max(self.session.level, self._raised, self._own_level)

    @property
    def _own_level(self) -> Level:
        unmarked = self._desk.policy.unmarked_level(self._audience.kind)
        return self._brought.level if self._brought.rules else unmarked

    @property
    def found(self) -> tuple[Finding, ...]:
        """Why the level is what it is: findings of this turn and of the session, masked, highest first."""
        known = (each for turn in self.session.turns for each in turn.found)
        return highest((*self._brought.found, *known))

    async def prepare(self, fetch: Fetch) -> None:
        """Read the files and assess everything. What is out of scope is read no further. Raises Denied."""
        for message in self.contents:
            quoted = Part(text=message.quoted, place="quote")
            await self._brought.take((Part(text=message.text), quoted, *_marks(message)))
            for attachment in message.attachments:
                if self._brought.floor >= Level.N4:
                    return
                read = await self._desk.reading.read(message.address, attachment, fetch, self.texts)
                if isinstance(read, Unread):
                    self._unread.append(read)
                    continue
                level = await self._brought.take(read.parts, read.name)
                self._said += read.said
                self._new.append(Material(name=read.name, text=read.text, level=level))

    def _note(self, what: What, *, why: str = "", model: str = "") -> None:
        level = max(self.level, self._brought.level)
        self._minutes.note(what, self._brought, level=level, why=why, model=model)

    def minutes(self) -> list[Command]:
        """Commands that record what was decided."""
        if self.reply.withheld:
            self._note("withheld")
        return self._minutes.take()

    async def admit(self) -> bool:
        """May a bot handle this turn? Else it was answered with a question. Raises Denied.

        Asked last, when all is known: a file that cannot be read stops a question to a model."""
        if self._word is not None:
            self._note("confirmed" if self._word else "denied")
        if doubts := self._brought.question(self.session.level):
            if not self.event.direct:
                self._refuse(self._brought.refusal(files=True))
            elif self._brought.floor < Level.N4:
                held = asking.Held(turn=self.key, messages=self.contents)
                self._note("asked")
                await self._desk.sessions.hold(self.session, self.key, held.dump())
                await self.reply.finish(self.texts.doubt(doubts))
                return False
        self._refuse(self._brought.refusal(files=bool(self._new)))
        if self._unread and (self.text or not self._new):
            unread = tuple(unread.said for unread in self._unread)
            level = self.level
            raise Denied(
                Refusal(
                    why="unreadable", level=level, ceiling=None, audience=self._audience.kind, unread=unread
                )
            )
        if (
            self._held
            and self._word is None
            and self._held.turn != self.key
            and not self.text.startswith("!")
        ):
            self.preface(self.texts.doubt_dropped())
        return True

    def _refuse(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            raise Denied(refusal)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal. Its reason is for the author: in a conversation that others read, it is
        told to them alone when they ask. What is out of scope is deleted from the store at once."""
        out = refusal.why == "out_of_scope"
        refusal = replace(refusal, found=self.found, sublevel=self._brought.sublevel if out else None)
        await self._desk.sessions.note_refusal(self._author.id, _REFUSAL.dump_json(refusal))
        open_ = self.event.direct or (not self._brought.found and refusal.why != "out_of_scope")
        self._new.clear()
        if any(turn.key == self.key for turn in self.session.turns):  # it was edited
            await self._desk.sessions.remove_turn(self.session.key, self.key)
        self._note("refused", why=refusal.why)
        await self.reply.finish(
            self.texts.refusal(refusal) if open_ else self.texts.refused_here(),
            purge=self._desk.sessions.dropping(self.session) if out else None,
        )

    async def refusal(self) -> Refusal | None:
        """What was refused to the author last, anywhere, in the last days."""
        kept = await self._desk.sessions.refusal(self._author.id)
        return _REFUSAL.validate_json(kept) if kept else None

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

    @property
    def _routing(self) -> Routing:
        return Routing(
            policy=self._desk.policy,
            audience=self._audience.kind,
            person=self._author.id,
            choice=self.profile.model,
            language=self.texts.language,
        )

    def models(self, task: Task = "chat") -> tuple[Model, ...]:
        return self._routing.models(self.level, task)

    def moved(self) -> str | None:
        unmarked = self._desk.policy.unmarked_level(self._audience.kind)
        before = self.session.level if self.session.turns else unmarked
        model = self._routing.moved(before, self.level)
        chosen = self._routing.models(before)[:1]
        if model is None or not (self.session.turns or (chosen and chosen[0].id == self.profile.model)):
            return None
        return self.texts.model_changed(model.id, model.clearance)

    async def ask(self, ask: Ask) -> AsyncGenerator[Piece]:
        def route() -> Route:
            return self._routing.permit(self.level, ask.task)

        model = route().models[0].id  # before any work on the text
        masker: Masker | None = None
        least = self._desk.policy.masking
        if self.session.masking or (least is not None and self.level >= least):
            ask, masker = await masked(ask, self._desk.reading.sandbox)
        try:
            async with aclosing(self._desk.gateway.stream(ask, route)) as stream:
                async for piece in unmasked(stream, masker) if masker else stream:
                    model = piece.model.id if isinstance(piece, Again | Done) else model
                    yield piece
        finally:
            self._note("answered", model=model)

    @property
    def key(self) -> str:
        """The key of this exchange in its session: the same for a question and its later edits."""
        first = self.contents[0] if self.contents else self._events[0]
        question = first.id if isinstance(first, Message) else first.key
        return hashlib.blake2b(
            f"{first.address.conversation}\0{question}".encode(), digest_size=16
        ).hexdigest()

    def ref(self) -> Ref | None:
        """How this job is found again by its messages; None when it answers no message."""
        if not self.messages:
            return None
        return Ref(
            questions=tuple(dict.fromkeys(each.id for each in (*self.messages, *self.contents))),
            posts=tuple(id for _, id in sorted(self.reply.posted.items())),
            session=self.session.key,
            turn=self.key,
        )

    async def keeping(self) -> list[Command]:
        """Commands that append this exchange to the session, when it is to be remembered, and that forget
        the question that waited."""
        dropped = self._held is not None and (self._word is not None or self._held.turn != self.key)
        dropped = dropped and not (self._word is None and self.text.startswith("!"))
        forgetting = self._desk.sessions.dropping(self.session) if dropped else []
        final = self.reply.final
        if final is None or final.remember is None:
            return forgetting
        level = max(final.level, self.level)
        exchange = Exchange(
            key=self.key,
            question=self.text,
            answer=final.remember,
            author=self._author.id,
            at=self.event.at,
            level=level,
            floor=max(self._brought.floor, self._raised) if self._brought.rules else level,
            found=self._brought.found,
        )
        return [
            *forgetting,
            *await self._desk.sessions.appending(self.session, exchange, materials=self._new),
        ]

    @property
    def _author(self) -> Person:
        return self.event.sender

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
        await self._desk.sessions.update_profile(self._author.id, language=language, model=model)
        if language:
            self.texts = texts(language, self._desk.contacts)

    async def forget(self) -> None:
        await self._desk.sessions.forget(self._author.id)

    async def export(self) -> bytes:
        kept = await self._desk.sessions.export(self._author.id)
        return orjson.dumps(kept, option=orjson.OPT_INDENT_2)


def _marks(message: Message) -> list[Part]:
    return [
        Part(text=value, place="subject")
        if name == "Subject"
        else Part(text=value, place="property", name=name)
        for name, value in message.marks
    ]


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
