"""What a bot is: it says which events it wants and handles a turn.

The core calls `handle` with everything the turn needs; the bot answers through `turn.reply` and asks
models through `turn.ask`. It knows no platform and no store. Whatever it raises, the worker turns
into one clear word to the person: a bot catches only what it can mend.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol

from core.condense import Notes
from core.connector import (
    Address,
    AudienceKind,
    Awaited,
    Choice,
    Event,
    File,
    Joined,
    Message,
    Past,
    Person,
    Range,
    Reacted,
    Tick,
    Wanted,
)
from core.errors import GatewayUnavailable
from core.export import LevelMark
from core.gateway.ask import Ask, Piece
from core.gateway.catalogue import Model, Task
from core.gateway.footprint import FootprintSum
from core.policy.decision import Refusal
from core.policy.rules import Quotas
from core.sensitivity.findings import Finding
from core.sensitivity.level import Level
from core.sessions.repository import KeptMaterial, Profile, Session
from core.sessions.repository import KeptTurn as Exchange
from core.texts import Texts
from core.texts.answer_texts import ArchiveState
from core.texts.file_texts import Receipt
from core.understanding.danger import Distress
from core.understanding.verdicts import Verdict


class Answering(Protocol):
    """The one visible answer of a turn; the outbox implements it."""

    def show(self, text: str) -> None:
        """The answer so far, from its beginning (CommonMark). Cheap; shown when there is room to."""
        ...

    def progress(self, text: str) -> None:
        """How far a long work is, shown only where that costs and notifies nobody. Service words."""
        ...

    async def acknowledge(self, text: str) -> None:
        """Say once, where an answer cannot be seen growing, that it will take its time. Service words."""
        ...

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """Put buttons under the answer, where the platform has them."""
        ...

    async def finish(
        self, text: str, *, remember: str | None = None, file: File | None = None, personal: bool = False
    ) -> None:
        """The whole answer, for good. Returns once it is durable; it will be delivered. An empty text without
        a file: nothing is said.

        `remember` is what the session keeps of it; None for service words, which are N0 and not kept.
        `personal`: service words that carry what the session holds, or what the person wrote, hence the level
        of this turn, as with a file."""
        ...


class Room(Protocol):
    """The conversation of a turn: what was said before, what it keeps, who is there."""

    @property
    def name(self) -> str:
        """What people call it; "" where it has no name, or two talk."""
        ...

    def is_here(self, person: Person) -> bool:
        """May the person read what is written here?"""
        ...

    def may_decide(self, person: Person) -> bool:
        """Does the person decide for this conversation: a moderator, or one of a chat of two?"""
        ...

    async def recall(
        self, wanted: Wanted, *, files: bool = False, having: Callable[[Past], bool] | None = None
    ) -> Range | None:
        """Read the conversation back and assess it: the turn has then the highest level of it all. None
        where that cannot be done, or where no message is one of those `having` tells: then nothing of it
        counts. `files`: read the files too. Raises Denied, DeliveryError."""
        ...

    async def settings(self) -> bytes | None:
        """What this conversation has settled with the bot (`save_settings`)."""
        ...

    async def save_settings(self, settings: bytes) -> None: ...

    async def floor(self) -> Level:
        """The least level of what is said here."""
        ...

    async def set_floor(self, level: Level) -> None: ...

    async def shelf(self, name: str) -> tuple[Exchange, ...]:
        """What the conversation keeps under a name besides its threads, oldest first, within the retention;
        the turn has then its level."""
        ...

    async def keep(self, name: str, text: str) -> None:
        """Keep `text` under a name, as this turn's, once answered; it goes when its author is erased."""
        ...

    async def answered(self, message: str) -> str | None:
        """The `key` of the turn that a message of the bot answers."""
        ...

    async def later(self, schedule: str, due: float) -> None:
        """Have a `Tick` of this conversation and author come at `due` (seconds since 1970), once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """An answer that was given before. `exchange` is None where the session does not hold it (any more, or
    since it was refused); `mine`: the author of this turn asked for it; `kind`: the bot that gave it,
    `service` or `refusal`; `asks`: it is the question about it that was answered here; `asked`: there is
    one."""

    exchange: Exchange | None
    mine: bool
    kind: str
    asks: bool
    asked: bool


class Feedback(Protocol):
    """What a turn does with an answer that was given before."""

    @property
    def has_support(self) -> bool:
        """Is there a support that an exchange may be shown to?"""
        ...

    async def answer(self) -> GivenAnswer | None:
        """The answer of ours that was reacted to, else the last one here; the other methods are about it."""
        ...

    def judge(self, verdict: Verdict) -> None:
        """Count what is said of it, once for each person and answer. Reactions are counted already."""
        ...

    def ask(self) -> None:
        """Say that this turn asks what was wrong with it: what is tapped there is said of it."""
        ...

    async def repeat(self, answer: GivenAnswer, model: str = "", *, in_place: bool = True) -> bool:
        """Let what is answered here take its place, as the answer to its question, by this model if one is
        named; `in_place`: in its very message where that can be changed, else only in what is kept. False
        when it stands nowhere any more."""
        ...

    async def share(self, answer: GivenAnswer, why: str = "") -> bool:
        """Show it to the support, with its question; its author wants that. False where that cannot be."""
        ...


class PersonData(Protocol):
    """The author of a turn: what is kept about them, and what is said to them alone."""

    @property
    def profile(self) -> Profile: ...

    @property
    def retention_days(self) -> int: ...

    @property
    def trail_days(self) -> int:
        """Days for which the audit trail keeps that decisions were made about the person."""
        ...

    @property
    def quotas(self) -> Quotas:
        """What the person may use."""
        ...

    @property
    def used_today(self) -> int:
        """Tokens of the day that the person has used."""
        ...

    async def first_contact(self) -> bool:
        """Is this the first time that the person meets the bot? True for one turn only, retries included."""
        ...

    async def update(self, *, language: str | None = None, model: str | None = None) -> None:
        """Change the person's choices; another language is spoken from now on."""
        ...

    async def refusal(self) -> Refusal | None:
        """What was refused to the person last, anywhere, in the last days."""
        ...

    async def tell(
        self,
        text: str,
        level: Level = Level.N0,
        choices: tuple[Choice, ...] = (),
        *,
        awaits: Awaited = "",
        writers: tuple[str, ...] = (),
    ) -> Address | None:
        """Have `text`, which is of `level` and which the models `writers` wrote, said to the author alone, in
        their chat of two with the bot; once, however often this turn is handled. Returns that chat; None
        where that cannot be done, and in such a chat. `awaits`: what the text asks for (`Turn.awaits`)."""
        ...

    async def footprints(self) -> dict[str, FootprintSum]:
        """What the answers to the person took, by month, the latest first; and the `last` one."""
        ...

    async def forget(self) -> None:
        """Erase all that is kept about the person."""
        ...

    async def export(self) -> bytes:
        """All that is kept about the person, as JSON; the turn has then the highest level of it all."""
        ...


class Turn(Protocol):
    """One exchange to handle: what was said, what may be asked, and the reply. Everything here is already
    within the session's level."""

    @property
    def room(self) -> Room: ...

    @property
    def person(self) -> PersonData: ...

    @property
    def feedback(self) -> Feedback: ...

    # what was said

    @property
    def event(self) -> Message | Joined | Reacted | Tick:
        """What happened; of several messages read together, the first."""
        ...

    @property
    def text(self) -> str:
        """What the person wrote, all messages of the turn together."""
        ...

    @property
    def key(self) -> str:
        """Names this turn on the room's shelves: the same for a question and its later edits."""
        ...

    @property
    def session(self) -> Session: ...

    @property
    def files(self) -> list[KeptMaterial]:
        """The files of this turn that were read."""
        ...

    @property
    def heard(self) -> list[str]:
        """What was said in its voice messages: part of `text`."""
        ...

    @property
    def receipts(self) -> list[Receipt]:
        """What the files of this turn that were read were found to be."""
        ...

    def materials(self) -> tuple[KeptMaterial, ...]:
        """Documents of this session that could be read, this turn's included, oldest first."""
        ...

    def quoted(self) -> tuple[str, ...]:
        """The texts of the messages that this turn's messages reply to, the bot's own left out."""
        ...

    def keep_quoted(self) -> None:
        """Keep what is quoted with the session's documents, for when the question is answered again."""
        ...

    def unreadable(self) -> tuple[str, ...]:
        """For each file of this turn that could not be read: a sentence that says why."""
        ...

    async def danger(self, text: str) -> Distress | None:
        """The danger that a text tells of, if it does."""
        ...

    # its level

    @property
    def level(self) -> Level:
        """The level of the session with this turn: the answer's, unless it is service words."""
        ...

    @property
    def found(self) -> tuple[Finding, ...]:
        """Why the level is what it is, masked, highest first."""
        ...

    @property
    def place(self) -> AudienceKind: ...

    @property
    def rose(self) -> bool:
        """Has this turn a higher level than what was said here before?"""
        ...

    def ceiling(self) -> Level:
        """The highest level that may be written here."""
        ...

    def places_for(self, level: Level) -> tuple[str, ...]:
        """The kinds of audience that may carry a level, as the policy names them."""
        ...

    def usual(self) -> Level:
        """The level of what is written here where nothing is found in it."""
        ...

    async def raise_level(self, level: Level) -> None: ...

    async def undo_raise(self, level: Level | None = None) -> Level | None:
        """Take back to `level`, or to what it was before, what the author raised, where nothing was said
        above it since; returns the level of then. None where that cannot be."""
        ...

    async def lower_level(self) -> Level:
        """Take back what rests on weak findings alone, which the person confirmed to be wrong."""
        ...

    async def mask(self, on: bool) -> None:
        """Hide personal data from models in this session, or no more."""
        ...

    async def reset(self) -> None:
        """Begin a new session here (`!nouveau`); one that is marked goes to the archives first."""
        ...

    async def archive(self, on: bool) -> ArchiveState:
        """Have the session handed to the archives before it expires, or no more; what holds now."""
        ...

    @property
    def writers(self) -> tuple[str, ...]:
        """The models that wrote in this turn, by their ids."""
        ...

    def credit(self, earlier: Exchange) -> None:
        """Count the models that wrote an earlier answer as writers of this one, which holds its words."""
        ...

    def uncredit(self) -> None:
        """Count no model as writer of this turn's answer: what they wrote was of no use, and left aside."""
        ...

    def marking(
        self, title: str, footer: str, text: str, *, generated: bool, models: tuple[str, ...]
    ) -> LevelMark:
        """What a file of `text` (CommonMark) says of itself: the turn's level, where and when, and the signed
        record of its words. `footer`: who wrote it, in words; `models`: those that did, where known."""
        ...

    # what may be asked

    @property
    def archives(self) -> bool:
        """Are there archives that sessions can be handed to?"""
        ...

    @property
    def embedded(self) -> bool:
        """No model is configured: the embedded extracts answer."""
        ...

    def models(self, task: Task = "chat", *, chosen: bool = True) -> tuple[Model, ...]:
        """The models that the person may choose at the session's level, the one that would answer first; not
        `chosen`: if the person had chosen none."""
        ...

    def moved(self) -> str | None:
        """One line for the person when another model takes over because of the level; None mostly."""
        ...

    def ask(self, ask: Ask) -> AsyncGenerator[Piece]:
        """Ask the best cleared model. Raises Denied or GatewayError."""
        ...

    def meanwhile(self, error: GatewayUnavailable) -> Callable[[Ask], AsyncGenerator[Piece]]:
        """Ask the embedded extracts, as `ask` does, while all models are away, which the error says.

        Raises the error where the question is to wait for a model: the person wants its answer, nobody is
        there to read extracts at once, or the models are well and only slow down."""
        ...

    @property
    def notes(self) -> Notes:
        """Keeps what a long synthesis has read so far, until this turn is answered."""
        ...

    # the reply

    @property
    def reply(self) -> Answering: ...

    @property
    def texts(self) -> Texts: ...

    def doubted(self) -> str:
        """Why a question waits here for a word of its author, as that is told, which asks for the word again;
        "" where none does."""
        ...

    awaits: Awaited
    """What the answer asks for, if anything: a reaction to it gives that, 👍 a yes, 1️⃣ the first choice."""

    async def expected(self, of: str = "") -> Awaited:
        """What the answer to the turn of this key asked for (`awaits`); else the last one here, the welcome
        where nothing was asked here yet."""
        ...

    def speak(self, language: str) -> None:
        """Answer this turn in another language than the person's own."""
        ...

    async def announce(self, *, always: bool = False) -> None:
        """Put what operators announce before the answer, once: on the first of the day, or `always`."""
        ...

    def preface(self, text: str, *, personal: bool = False) -> None:
        """Put service words before whatever the answer will be; `personal`: see `Answering.finish`."""
        ...

    def afterword(self, text: str) -> None:
        """Put service words after the whole answer, which is what notifies."""
        ...

    async def revise(self, message: str) -> bool:
        """Let what is answered here take the place of the bot's own answer that `message` belongs to. False
        when there is none any more."""
        ...


class Bot(Protocol):
    """Behaviour. Bots are an ordered list: the first that wants an event has it."""

    @property
    def name(self) -> str: ...

    def wants(self, event: Event) -> bool: ...

    def follows(self, event: Event, session: Session) -> bool:
        """Does the bot go on with a session of its own when this happens in it, whoever else wants it?"""
        ...

    async def handle(self, turn: Turn) -> None: ...
