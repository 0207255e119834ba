"""What a turn brings: its words, its files, what they were found to be. `core.turn.admission` decides on it.

Everything that the turn holds is read and assessed: the level is the highest of the session's, of the
channel's unmarked level and of what is found in the text, the quoted text and the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from core.condense import Notes
from core.connector import (
    Audience,
    Event,
    History,
    Joined,
    Message,
    Person,
    Private,
    Reacted,
    Readers,
    Tick,
)
from core.delivery.outbox import Reply
from core.inbox.inbox import Inbox
from core.inbox.risky_steps import RiskySteps
from core.models.access import ModelAccess, Models
from core.policy.file import PolicyFile
from core.sensitivity.evidence import Part
from core.sensitivity.findings import Finding, highest
from core.sensitivity.level import Level
from core.sessions.quotas import Counts, Sent
from core.sessions.repository import Material, Profile, Session, Sessions
from core.sessions.room_settings import Conversations
from core.store.wire import Command
from core.texts import Contacts, Texts, texts
from core.turn import confirmation as asking
from core.turn.assessment import Assessing, Brought
from core.turn.attachments import AttachmentReader, Fetch, Unread
from core.turn.audit import Audit, What

_TELLING = 20
"""Characters of an answer that nobody writes by chance."""
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every turn works with; made once by the composition root."""

    policy: PolicyFile
    sessions: Sessions
    conversations: Conversations
    inbox: Inbox
    models: Models
    reading: AttachmentReader
    assessing: Assessing
    audit: Audit
    quotas: Counts
    contacts: Contacts
    language: str
    clock: Callable[[], float]


class Content:
    """What a turn brings."""

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
        steps: RiskySteps,
        history: History | None = None,
        private: Private | None = None,
    ) -> None:
        self.notes = notes
        self._steps = steps
        self._history = history
        self._private = private
        self._whispers = 0
        self._desk = desk
        self._job = job
        self._events = tuple(_for(audience, event) for event in events)
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
        self._assessed = False
        self._recalled = False
        """What was said here before was read."""
        self._put_by: list[tuple[Session, str]] = []
        self._held = asking.Held.load(session.held) if session.held else None
        self._word = asking.word(events) if self._held else None
        if self._word is not None:
            self._brought.answered(self._word)
        self._minutes = desk.audit.minutes(
            person=self._author.id, address=self.event.address, audience=audience.kind
        )

        self.access = ModelAccess(
            shared=desk.models,
            audience=audience.kind,
            person=self._author.id,
            level=lambda: self.level,
            choice=profile.model,
            masking=session.masking,
            note=lambda model: self._note("answered", model=model),
        )

    @property
    def event(self) -> Message | Joined | Reacted | Tick:
        first = self._events[0]
        if not isinstance(first, Message | Joined | Reacted | Tick):
            raise TypeError(f"no turn is made of {first.type}")
        return first

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(event for event in self._events if isinstance(event, Message))

    @property
    def contents(self) -> tuple[Message, ...]:
        """What is to be handled: the messages of this turn, or those that waited for its word."""
        if self._held and self._word is not None:
            return tuple(_for(self._audience, message) for message in self._held.messages)
        return self.messages

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
    def _floor(self) -> Level:
        """The level of this turn without weak findings."""
        return max(self._brought.floor, self._raised) if self._brought.rules else self.level

    @property
    def found(self) -> tuple[Finding, ...]:
        """Why the level is what it is: findings of this turn and of the session, masked, highest first."""
        known = (each for turn in self.session.turns for each in turn.found)
        return highest((*self._brought.found, *known))

    @property
    def readers(self) -> Readers:
        """Who could read all that the answer is made of: only those who are here now, where it rests on what
        was said before and who comes later could not read that."""
        before = self._recalled or self.session.turns or self.session.materials
        return self._audience.readers if before or any(each.quoted for each in self.contents) else None

    async def prepare(self, fetch: Fetch) -> None:
        """Read the files and assess everything. What is out of scope is read no further. Raises Denied."""
        self._fetch = fetch
        for message in self.contents:
            quoted = Part(text=message.quoted, place="quote")
            await self._brought.take((Part(text=message.text), *_marks(message), quoted))
            for attachment in message.attachments:
                if self._brought.out_of_scope:
                    return
                read = await self._desk.reading.read(message.address, attachment, fetch, self.texts)
                if isinstance(read, Unread):
                    self._unread.append(read)
                    continue
                level = await self._brought.take(read.parts, read.name)
                self._said += read.said
                self._new += [Material(name=name, text=text, level=level) for name, text in read.texts]
        self._assessed = True

    @property
    def may_be_kept(self) -> bool:
        """Is everything that the turn brings known to be no classified information?"""
        return self._assessed and max(self.level, self._brought.level) < Level.N4

    def _note(self, what: What, *, why: str = "", model: str = "") -> None:
        level = max(self.level, self._brought.level)
        self._minutes.note(what, self._brought, level=level, why=why, model=model)

    def minutes(self) -> list[Command]:
        """Commands that record what was decided, and what was used."""
        if self.reply.withheld:
            self._note("withheld")
            self.reply.withheld = False
        spent, self.access.spent = self.access.spent, 0
        if not (self.messages or spent):
            return self._minutes.take()
        answered = self._desk.quotas.answered(self._author.id, self.event.address.conversation, spent)
        return [*self._minutes.take(), answered]

    @property
    def sent(self) -> Sent:
        """What the question may be: a program's, or an answer to ours; where two talk, if it names or holds
        what we said."""
        last = self.messages[-1]
        if last.from_bot:
            return "program"
        said = self.session.turns[-1].answer if self.session.turns else ""
        answers = not last.direct or last.reply_to or (len(said) > _TELLING and said in last.text)
        return "answer" if answers and not last.text.startswith("!") else ""

    def speak(self, language: str) -> None:
        self.texts = self.reply.texts = texts(language, self._desk.contacts)

    def preface(self, text: str) -> None:
        self.reply.preface += f"{text}\n\n---\n\n"

    @property
    def key(self) -> str:
        """The key of this exchange in its session: the same for a question and its later edits."""
        first = self.contents[0] if self.contents else self._events[0]
        question = first.id if isinstance(first, Message) else first.key
        return hashlib.blake2b(
            f"{first.address.conversation}\0{question}".encode(), digest_size=16
        ).hexdigest()

    @property
    def _author(self) -> Person:
        return self.event.sender

    @property
    def _since(self) -> int:
        """What is kept of this turn is not kept when its author was erased after this."""
        return self.session.reader.since if self.session.reader else 0


def _for(audience: Audience, event: E) -> E:
    """The event without the quotation that not everyone could read who will see the answer."""
    if isinstance(event, Message) and event.quoted and not audience.could_read(event.quoted_to):
        return replace(event, quoted="")
    return event


def _marks(message: Message) -> list[Part]:
    return [
        Part(text=value, place="subject")
        if name == "Subject"
        else Part(text=value, place="property", name=name)
        for name, value in message.marks
    ]
