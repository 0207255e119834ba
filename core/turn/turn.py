"""One exchange being handled: what was said, what it was found to be, what may be asked, and the reply.

A turn is composed: what the conversation keeps is `room`; what is kept about the author is `person`.
`core.turn.assessment` assesses the texts and files that it brings and decides whether a bot may handle it,
`core.turn.refusal` what is said if not, `core.turn.keeping` what is kept of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property

from core.connector import (
    Audience,
    Awaited,
    Connector,
    Message,
    Readers,
)
from core.delivery.reply import Reply
from core.errors import GatewayUnavailable
from core.export import LevelMark, words_of_file
from core.gateway.ask import Ask, Piece
from core.gateway.catalogue import Model, Task
from core.inbox.records import Claim, Progress, last_asked, question_about, reference
from core.language.learned import mostly_in, written_in
from core.language.mail_segments import under_subject
from core.models.access import ModelAccess
from core.policy.channels import channels
from core.policy.decision import Refusal
from core.provenance.record import SOURCE_TYPES
from core.sensitivity.assess import RULES_VERSION
from core.sensitivity.level import Assessment, Finding, Level, Part, denials, highest
from core.sessions.repository import KeptMaterial, KeptTurn, Note, Profile, Session
from core.store.wire import Command
from core.texts import texts
from core.texts.file_texts import Receipt
from core.turn.assessment import TurnAssessment
from core.turn.attachments import Unread
from core.turn.audit import What
from core.turn.feedback import Feedback
from core.turn.person import PersonData
from core.turn.question import Question
from core.turn.room import Room
from core.turn.services import Services
from core.understanding import Kind, Place, understand
from core.understanding.commands import bare_request
from core.understanding.understand import Distress

_FOLLOWS = "follows"
"""Name of a job's note: its author is told that it is answered in the language that they write."""


_OF_NO_LANGUAGE: frozenset[Kind] = frozenset({"ask", "ask_document", "language", "yes", "no"})
"""What a few words do not tell the language of their author by: questions, which quote; “speak French”."""


class Turn:
    """What a bot handles, within the session's level; what its job, its admission, its keeping note of it."""

    bot: str
    """Names the bot that handles it; set when it is loaded, as is `reply`, its answer."""
    reply: Reply
    recalled = False
    """What was said here before was read."""
    danger: Distress | None = None
    """What the text tells of, once that was looked for."""
    assessed = False
    """All that it brings is."""
    refused = False
    """It was refused for a marking."""
    outlives = False
    """Its answer asks to delete the question, and stays then."""
    holds = ""
    """The exchange that waits here now for a word of its author."""
    asked_by: tuple[str, ...] = ()
    """Our messages that asked for the word by which it is handled."""
    awaits: Awaited = ""
    """What the answer asks for, if anything: a reaction gives that, 👍 a yes, 1️⃣ the first choice."""
    given: Feedback | None = None
    """The answer given before that this turn is about, where it is about one."""
    _announced = False

    def __init__(
        self,
        services: Services,
        *,
        claim: Claim,
        question: Question,
        session: Session,
        profile: Profile,
        audience: Audience,
        connector: Connector,
        exposed: bool,
        waits: bool = False,
        least: Level = Level.N0,
    ) -> None:
        """`exposed`: a third party, not the State, stores what is written here. `waits`: the person was told
        that the question waits for a model. `least`: the level of all that is said here, as far as it may
        be."""
        first = question.event
        self.question = question
        self._services = services
        self.policy = services.policy
        self.progress: Progress = claim
        self.job = claim.turn
        self.session = session
        self.audience, self.place = audience, audience.kind
        author = question.author.id
        unknown = not audience.uncertain and author not in audience.members
        self.is_outsider = author in audience.outsiders or any(
            each.outsider or (each.outsider is None and unknown) for each in question.messages
        )
        """Is the author no member of the organisation, as far as is known? Who cannot be known is none, but
        who is not known yet may be one."""
        self.spoken_in: Place = "mail" if connector.editing is None else "direct" if first.direct else "room"
        """The place, as understanding tells places apart."""
        self.exposed = exposed
        """Is what is written here held by a service that is not the State's?"""
        self.texts = texts(profile.language or profile.writes or services.language, services.contacts)
        denied = [each for turn in session.turns if turn.author for each in turn.denied]
        self.brought = TurnAssessment(
            policy=services.policy,
            jail=services.jail,
            audience=audience.kind,
            person=author,
            read_again=self._read_again if services.second_reader else None,
            denied_before=denials(denied) if denied else None,
            answer=question.word,
        )
        self.materials = tuple(session.materials)
        """Documents of this session that could be read, this turn's included, oldest first."""
        self.files: list[KeptMaterial] = []
        """The files of this turn that were read."""
        self.quoted_files: list[KeptMaterial] = []
        """Those of the messages that it is about. The session does not keep them: they are read again each
        time, as long as they stand there."""
        self.unread: list[Unread] = []
        self.heard: list[str] = []
        """What was said in the voice messages of this turn."""
        self.ceiling = self.policy.carries.get(audience.kind, Level.N0)
        """The highest level that may be written here."""
        self.usual = services.policy.usual[audience.kind]
        """The level of what is written here where nothing is found in it."""
        self.level_before = max(self.usual, session.level) if session.turns else self.usual
        """The level of what was said here before."""
        self.raised = min(least, self.ceiling)
        """The level of what was read meanwhile, or of all that is said here."""
        self.level = max(self.usual, session.level, self.raised)
        """The level of the session with this turn: the answer's, unless it is service words."""
        self.floor = self.level
        """The level of this turn without weak findings."""
        self.embedded = not any(model.generates for model in services.policy.models)
        """No model is configured: the embedded extracts answer."""
        self.waits = waits
        rests = session.turns or session.materials
        quotes = any(each.quoted or each.quoted_files for each in question.contents)
        everybody = audience.open or not (rests or quotes)
        self.readers: Readers = None if everybody else audience.members
        """Who could read all that the answer is made of: only those who are here now, where it rests on what
        was said before and who comes later could not read that."""
        self.left_out: list[str] = []
        self.receipts: list[Receipt] = []
        """What the files of this turn that were read were found to be."""
        self._history, self.private = connector.history, connector.private
        self.profile = profile
        """What the author chose, and what is known of them."""
        self.acquainted = profile.greeted not in ("", claim.turn)
        """Another turn told the author who answers."""
        self.who = services.inbox.who(author)
        """Names the author in the store: a keyed hash."""
        self.chat = f"{first.address.connector}:{profile.chat}" if profile.chat and not first.direct else ""
        """The key of the session of the author's chat of two, where others are here; empty where none is
        known."""
        self.to_register: list[Command] = []
        """What registers the private words that a model wrote, once this turn is kept."""
        self.to_keep: list[tuple[Session, str]] = []
        """What is kept on shelves of the conversation once this turn is answered."""
        self.note_told: Note = None
        """Notes then who was told what the bot is."""
        self.judgements: list[Command] = []
        """What is done about an earlier answer once this turn ends: counted, mostly."""
        self.decisions: list[Command] = []
        """What goes into the audit trail once this turn ends."""
        self.answered_by: list[str] = []
        """The models that answered."""
        self.refusals: list[str] = []
        """Why it was refused."""
        self.writers: list[str] = []
        """The models that wrote in the answer."""
        self.access = ModelAccess(
            shared=services.models,
            audience=audience.kind,
            person=author,
            level=lambda: self.level,
            choice=profile.model,
            masking=session.masking,
            writers=self.writers,
            note=lambda model: self.note("answered", model=model),
            note_left_out=lambda kinds: self.note("left_out", why=",".join(kinds)),
        )

    # -- what was said -------------------------------------------------------------------------------

    @cached_property
    def person(self) -> PersonData:
        """The author, for what changes what is kept about them, or is said to them alone."""
        return PersonData(self, self._services)

    @cached_property
    def room(self) -> Room:
        """The conversation, for a bot that uses more of it than what was just said."""
        return Room(self, self._services, self._history)

    @property
    def feedback(self) -> Feedback:
        if self.given is None:
            self.given = Feedback(self, self._services)
        return self.given

    def keep_quoted(self) -> None:
        """Keep what is quoted with the session's documents, for when the question is answered again."""
        name, level = self.texts.quoted_message(), self.level
        self.bring([KeptMaterial(name=name, text=text, level=level) for text in self.question.quoted])

    def bring(self, read: Sequence[KeptMaterial], *, quoted: bool = False) -> None:
        """Add files that were read to the documents, those of this turn, or `quoted` by it."""
        among = self.quoted_files if quoted else self.files
        among += read
        self.materials = (*self.session.materials, *self.quoted_files, *self.files)

    def drop_files(self) -> None:
        """Keep no file of this turn: it is refused."""
        self.files.clear()
        self.bring(())

    def unreadable(self) -> tuple[str, ...]:
        """For each file of this turn that could not be read: a sentence that says why. Of what a thread
        begins with it is said once."""
        if self.session.turns and all(
            each.quotes_root and not each.brings_file for each in self.question.contents
        ):
            return ()
        unquoted = {each.unquoted for each in self.question.contents}
        said = [self.texts.quoted_unread()] if "unread" in unquoted else []
        said += [self.texts.quoted_withheld()] if "withheld" in unquoted else []
        return (*said, *(unread.said for unread in self.unread), *self.left_out)

    # -- what it was found to be ---------------------------------------------------------------------

    async def _read_again(self, parts: Sequence[Part], assessment: Assessment, document: bool) -> Assessment:
        second = self._services.second_reader
        if second is None:
            return assessment
        async with self.progress.away_from("assess"):
            return await second.read(parts, assessment, self.access, document=document)

    async def take(self, parts: Sequence[Part], source: str = "") -> Level:
        """Assess what the turn brings, the parts of a message or of the file `source`; returns their level.
        Raises Denied."""
        level, brought = await self.brought.take(parts, source), self.brought
        if brought.rules:
            self.level = max(self.session.level, self.raised, brought.level)
            self.floor = max(self.raised, brought.floor)
        return level

    def rise(self, level: Level) -> None:
        """Let the turn have at least this level, of what was read or settled meanwhile."""
        self.raised, self.level = max(self.raised, level), max(self.level, level)
        self.floor = max(self.floor, level)

    @property
    def found(self) -> tuple[Finding, ...]:
        """Why the level is what it is, masked, highest first."""
        known = (each for turn in self.session.turns for each in turn.found)
        return highest((*self.brought.found, *known))

    @property
    def may_be_kept(self) -> bool:
        """Is everything that the turn brings known to be no classified information?"""
        return self.assessed and max(self.level, self.brought.level) < Level.N4

    def used(self, level: Level) -> None:
        """What was said here before, of this level, was read for the answer."""
        self.rise(level)
        self.recalled = True
        self.readers = None if self.audience.open else self.audience.members

    async def announce(self, *, always: bool = False) -> None:
        """Put what operators announce before the answer, once: on the first of the day, or `always`."""
        controls = self._services.controls
        said = controls.announcement if controls else None
        if controls is None or said is None or self._announced:
            return
        if await controls.first_today(self.question.author.id) or always:
            self._announced = True
            self.preface(self.texts.announced(said.text))

    def note(self, what: What, *, why: str = "", model: str = "") -> None:
        """Put a decision into the audit trail, once the turn ends."""
        brought, level = self.brought, max(self.level, self.brought.level)
        self.decisions.append(
            self._services.audit.deciding(
                what,
                person=self.question.author.id,
                address=self.question.address,
                audience=self.audience.kind,
                level=level,
                sublevel=brought.sublevel if level >= Level.N4 else None,
                kinds={*(each.kind for each in brought.found), *brought.waived},
                why=why,
                model=model,
                rules=brought.rules or RULES_VERSION,
                ref=reference(self.job),
            )
        )
        if what == "answered":
            self.answered_by.append(model)
        elif what == "refused":
            self.refusals.append(why)

    def credit(self, earlier: KeptTurn) -> None:
        """Count the models that wrote an earlier answer as writers of this one, which holds its words."""
        self.writers += [each for each in earlier.writers or () if each not in self.writers]

    def uncredit(self) -> None:
        """Count no model as writer of this turn's answer: what they wrote was of no use, and left aside."""
        self.writers.clear()

    def marking(
        self, title: str, footer: str, text: str, *, generated: bool, models: tuple[str, ...]
    ) -> LevelMark:
        """What a file of `text` (CommonMark) says of itself: the turn's level, where and when, and the signed
        record of its words. `footer`: who wrote it, in words; `models`: those that did, where known."""
        words = words_of_file(text, title)
        record = self._services.signer.record(words, level=self.level, generated=generated, models=models)
        return LevelMark(
            title=title,
            header=self.texts.level_name(self.level),
            footer=footer,
            language=self.texts.language,
            level=self.level,
            at=self.question.at,
            author=f"relais ({', '.join(models)})" if models else "relais",
            place=", ".join(filter(None, (self.room.name, channels()[self.audience.kind].label)))
            if self.audience.kind in channels()
            else self.room.name,
            record=record,
            source_type=SOURCE_TYPES[generated],
            labels=self.policy.labels,
            template=self._services.template,
            credentials=self._services.credentials,
        )

    # -- what may be asked, and the reply ------------------------------------------------------------

    def models(self, task: Task = "chat", *, chosen: bool = True) -> tuple[Model, ...]:
        """The models that the person may choose at the session's level, the one that would answer first; not
        `chosen`: if the person had chosen none."""
        access = self.access if chosen else replace(self.access, choice=None)
        return access.models(task, language=self.texts.language)

    def moved(self) -> str | None:
        """One line for the person when another model takes over because of the level; None mostly."""
        before, language = self.level_before, self.texts.language
        old, new = self.access.models(language=language, level=before)[:1], self.models()[:1]
        known = self.session.turns or (old and old[0].id == self.access.choice)
        if not (known and old and new) or self.level <= old[0].highest:
            return None
        return self.texts.model_changed(new[0].id, new[0].clearance)

    async def ask(self, ask: Ask) -> AsyncGenerator[Piece]:
        """Ask the best cleared model. Raises Denied or GatewayError."""
        ask = replace(ask, eager=lambda: self.reply.is_eager)
        async with self.progress.away_from("handle"), aclosing(self.access.stream(ask)) as pieces:
            async for piece in pieces:
                yield piece

    def meanwhile(self, error: GatewayUnavailable) -> Callable[[Ask], AsyncGenerator[Piece]]:
        """Ask the embedded extracts, as `ask` does, while all models are away, which the error says.

        Raises the error where the question is to wait for a model: the person wants its answer, nobody is
        there to read extracts at once, or the models are well and only slow down."""
        wanted = self.waits or self.question.repeats is not None
        if error.limited or wanted or not isinstance(self.question.event, Message):
            raise error
        self.uncredit()
        return self.access.embedded().stream

    def doubted(self) -> str:
        """Why a question waits here for a word of its author, as that is told, which asks for the word again;
        "" where none does."""
        if self.question.held is None or not self.question.held.why:
            return ""
        self.awaits, self.holds = "word", self.question.held.turn
        return self.question.held.why

    @property
    def asking(self) -> tuple[str, ...]:
        """By what an answer that asks something is found as what asked last: in its session, and in a chat of
        two as a whole."""
        where = (
            self.session.key,
            *((self.question.address.whole,) if self.question.direct else ()),
        )
        return tuple(map(last_asked, where))

    async def expected(self, of: str = "") -> Awaited:
        """What the answer to the turn of this key asked for (`awaits`); else the last one here, the welcome
        where nothing was asked here yet."""
        turns = self.session.turns
        last = of or (turns[-1].key if turns else self.profile.greeted)
        for name in (question_about(last), last) if last else ():
            if (ref := await self._services.inbox.ref(self.question.address, name)) is not None:
                return ref.awaits
        return ""

    def is_last(self, refusal: Refusal | None) -> bool:
        """Was this refused, and nothing answered in this session since?"""
        answered = self.session.turns[-1].at if self.session.turns else 0.0
        return refusal is not None and refusal.at > answered

    async def just_refused(self) -> bool:
        """Was what its author asked last in this session refused?"""
        refusal = await self.person.refusal()
        if refusal is None or not self.is_last(refusal):
            return False
        ref = await self._services.inbox.ref(self.question.address, refusal.turn)
        return ref is not None and ref.session == self.session.key

    async def follow_language(self) -> None:
        """Answer in the language that the author writes, if it is plain and none was chosen; say so when it
        changes."""
        if _FOLLOWS not in self.progress.notes:
            if self.profile.language:
                return
            said = self.question.messages if self.question.resumed else self.question.contents
            text = "\n\n".join(message.text for message in said if message.text)
            subject, words = under_subject(text, self.question.marks) if self.question.marks else ("", text)
            language = written_in(bare_request(words or subject))
            if language is None:  # an order in a few plain words tells it, too
                order = understand(text, place="direct" if self.question.direct else "room")
                plain = order.command is None and order.sure and order.kind not in _OF_NO_LANGUAGE
                language = mostly_in(bare_request(text)) if plain else None
            if language in (None, self.texts.language):
                return
            await self.person.update(writes=language)
            await self.progress.note(_FOLLOWS, b"")
        self.afterword(self.texts.language_followed())

    def speak(self, language: str) -> None:
        """Answer this turn in another language than the person's own."""
        self.texts = self.reply.texts = texts(language, self._services.contacts)

    def preface(self, text: str, *, personal: bool = False) -> None:
        """Put service words before whatever the answer will be; `personal`: see `Reply.finish`."""
        self.reply.preface += f"{text}{_RULE}"
        self.reply.personal |= personal

    async def only_preface(self) -> None:
        """Answer with nothing but the service words that stand first."""
        lead, self.reply.preface = self.reply.preface.removesuffix(_RULE), ""
        await self.reply.finish(lead)

    def afterword(self, text: str) -> None:
        """Put service words after the whole answer, which is what notifies."""
        if text not in self.reply.afterword:
            self.reply.afterword += f"{_RULE}{text}"

    async def revise(self, message: str) -> bool:
        """Let what is answered here take the place of the bot's own answer that `message` belongs to. False
        when there is none any more."""
        ref = await self._services.inbox.ref(self.question.address, message)
        if ref is None or not ref.posts:
            return False
        await self.reply.revise(ref.parts)
        return True


_RULE = "\n\n---\n\n"
