"""The conversation of a turn, as a bot uses it: what was said before, what it keeps, who is there.

Of a range read back, what its author keeps out of summaries is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.connector import Address, Awaited, History, Past, Person, Range, Tick, Wanted
from core.export import LevelMark, words_of_file
from core.inbox.records import last_asked, question_about
from core.language.folding import fold
from core.policy.channels import channels
from core.policy.decision import Denied
from core.policy.file import PolicyFile
from core.provenance.record import SOURCE_TYPES
from core.sensitivity.level import Level, Part
from core.sessions.repository import KeptTurn, Session
from core.texts.answer_texts import ArchiveState
from core.turn.brought import Unread
from core.turn.feedback import Feedback
from core.turn.files import hear

if TYPE_CHECKING:
    from core.turn.exchange import Exchange
    from core.turn.services import Services

FLOOR = "floor"
"""Under this name, beside those of bots, a conversation keeps its least level."""
TOLD = 2_000
"""People of a conversation of which is kept, as tags, who was told what the bot is."""
RECALLED_FILES = 10
"""Files of a range that are read, the newest."""
KEPT_OUT = frozenset({"🚫", "hors resume", "off the record"})
"""An author's own reaction that keeps a message out of summaries."""
OFF = "!off"
"""An author's own reply that does the same; without a reply, of their message before."""


class Room:
    """The conversation of a turn: what was said before, what it keeps, who is there."""

    def __init__(self, exchange: Exchange, services: Services, history: History | None) -> None:
        self._exchange = exchange
        self._services = services
        self._history = history
        self._announced = False
        self.earlier = Feedback(exchange, services)
        """The answer given before that this exchange is about."""

    @property
    def has_archives(self) -> bool:
        """Are there archives that sessions can be handed to?"""
        return self._services.archives is not None

    @property
    def name(self) -> str:
        """What people call it; "" where it has no name, or two talk."""
        return "" if self._exchange.question.direct else self._exchange.situation.audience.name

    def is_here(self, person: Person) -> bool:
        """May the person read what is written here?"""
        return person.id in self._exchange.situation.audience.members

    def may_decide(self, person: Person) -> bool:
        """Does the person decide for this conversation: a moderator, or one of a chat of two?"""
        return self._exchange.question.direct or person.id in self._exchange.situation.audience.moderators

    async def has_newcomers(self) -> bool:
        """Has somebody come who was not told what the bot is? With this turn's answer they are. Of larger
        conversations than `TOLD` nobody keeps who is there."""
        exchange, people = self._exchange, self._exchange.session.people
        if not 0 < len(people) <= TOLD:
            return False
        here = exchange.question.address
        new, exchange.outcome.note_told = await self._services.sessions.newcomers(
            here, people, exchange.progress.turn
        )
        return new

    async def settings(self, bot: str = "") -> bytes | None:
        """What this conversation has settled (`change_settings`) with the bot, or with the one named."""
        exchange = self._exchange
        return await self._services.sessions.settled(exchange.question.address, bot or exchange.outcome.bot)

    async def change_settings(self, change: Callable[[bytes | None], bytes]) -> None:
        """Settle what `change` makes of what is settled; it is asked again where another job was faster."""
        exchange = self._exchange
        await self._services.sessions.change_settled(exchange.question.address, exchange.outcome.bot, change)

    async def floor(self) -> Level:
        """The least level of what is said here: what the policy or the moderators set."""
        exchange = self._exchange
        kept = await self._services.sessions.settled(exchange.question.address, FLOOR)
        return floor_of(exchange.situation.policy, exchange.question.address, kept)

    async def set_floor(self, level: Level) -> None:
        exchange = self._exchange
        await self._services.sessions.settle(exchange.question.address, FLOOR, level.name.encode())
        exchange.reading.rise(level)

    async def raise_level(self, level: Level) -> None:
        exchange = self._exchange
        await self._services.sessions.raise_level(
            exchange.session.key, level, chosen_by=exchange.question.author.id
        )
        exchange.reading.rise(level)
        exchange.outcome.note("raised")

    async def undo_raise(self, level: Level | None = None) -> Level | None:
        """Take back to `level`, or to what it was before, what the author raised, where nothing was said
        above it since; returns the level of then. None where that cannot be."""
        exchange = self._exchange
        undone = await self._services.sessions.undo_raise(
            exchange.session.key, level, exchange.question.author.id
        )
        if undone is not None:
            exchange.outcome.note("lowered")
        return undone

    async def lower_level(self) -> Level:
        """Take back what rests on weak findings alone, which the person confirmed to be wrong."""
        self._exchange.outcome.note("lowered")
        return await self._services.sessions.lower(self._exchange.session.key)

    async def mask(self, on: bool) -> None:
        """Hide personal data from models in this session, or no more."""
        await self._services.sessions.mask(self._exchange.session.key, on)

    async def reset(self) -> None:
        """Begin a new session here (`!nouveau`); one that is marked goes to the archives first."""
        services, key = self._services, self._exchange.session.key
        if services.archives is not None:
            await services.archives.leave(key)
        await services.sessions.reset(key)

    async def drop(self, exchanges: Iterable[KeptTurn]) -> None:
        """Forget these exchanges of the session, and the documents that were given in them."""
        for each in exchanges:
            await self._services.sessions.remove_turn(self._exchange.session.key, each.key)

    async def archive(self, on: bool) -> ArchiveState:
        """Have the session handed to the archives before it expires, or no more; what holds now."""
        exchange, archives = self._exchange, self._services.archives
        if archives is None:
            return "none"
        if archives.takes(exchange.situation.kind):
            return "rule"
        await archives.mark(exchange.session.key, on=on)
        exchange.outcome.note("archived" if on else "unarchived")
        return "marked" if on else "unmarked"

    async def shelf(self, name: str) -> tuple[KeptTurn, ...]:
        """What the conversation keeps under a name besides its threads, oldest first, within the retention;
        the turn has then its level."""
        session = await self._shelf(name)
        if session.turns:
            self._exchange.reading.recall(session.level)
        return session.turns

    async def keep(self, name: str, text: str) -> None:
        """Keep `text` under a name, as this turn's, once answered; it goes when its author is erased."""
        self._exchange.outcome.shelved.append((await self._shelf(name), text))

    async def _shelf(self, name: str) -> Session:
        exchange = self._exchange
        key = f"{exchange.question.address.whole}#{name}"
        session, _ = await self._services.sessions.load(
            key, exchange.question.author.id, audience=exchange.situation.audience
        )
        return session

    async def answered(self, message: str) -> str | None:
        """The `key` of the turn that a message of the bot answers."""
        ref = await self._services.inbox.ref(self._exchange.question.address, message)
        return ref.turn if ref is not None and message in ref.posts else None

    async def later(self, schedule: str, due: float) -> None:
        """Have a `Tick` of this conversation and author come at `due` (seconds since 1970), once."""
        here = self._exchange.question.address
        address = Address(connector=here.connector, conversation=here.conversation)
        tick = Tick(
            key=f"{address.whole}:{schedule}:{round(due)}",
            address=address,
            at=due,
            sender=self._exchange.question.author,
            schedule=schedule,
        )
        await self._services.inbox.later(tick, due)

    # -- what waits here, and what is said round an answer -----------------------------------------------

    @property
    def asking(self) -> tuple[str, ...]:
        """The names by which an answer that asks something is found as what asked last: in its session, and
        in a chat of two as a whole."""
        exchange = self._exchange
        whole = (exchange.question.address.whole,) if exchange.question.direct else ()
        return tuple(map(last_asked, (exchange.session.key, *whole)))

    async def expected(self, of: str = "") -> Awaited:
        """Return what the answer to the turn of this key asked for (`Outcome.awaits`). Without a key, return
        what the last answer here asked for, or the welcome where nothing was asked here yet."""
        turns = self._exchange.session.turns
        last = of or (turns[-1].key if turns else self._exchange.person.profile.greeted)
        for name in (question_about(last), last) if last else ():
            if (ref := await self._services.inbox.ref(self._exchange.question.address, name)) is not None:
                return ref.awaits
        return ""

    def why_waiting(self) -> str:
        """Return why a question waits here for a word of its author, as that is told, and ask for the word
        again; return "" where none waits."""
        held, outcome = self._exchange.question.held, self._exchange.outcome
        if held is None or not held.why:
            return ""
        outcome.awaits, outcome.holds = "word", held.turn
        return held.why

    async def announce(self, *, always: bool = False) -> None:
        """Put what operators announce before the answer, once: on the first of the day, or `always`."""
        controls = self._services.controls
        said = controls.announcement if controls else None
        if controls is None or said is None or self._announced:
            return
        if await controls.first_today(self._exchange.question.author.id) or always:
            self._announced = True
            self._exchange.reply.put_before(self._exchange.texts.announced(said.text))

    async def revise(self, message: str) -> bool:
        """Let what is answered here take the place of the bot's own answer that `message` belongs to. False
        when there is none any more."""
        ref = await self._services.inbox.ref(self._exchange.question.address, message)
        if ref is None or not ref.posts:
            return False
        await self._exchange.reply.revise(ref.parts)
        return True

    def level_mark(
        self, title: str, footer: str, text: str, *, generated: bool, models: tuple[str, ...]
    ) -> LevelMark:
        """Return what a file of `text` (CommonMark) says of itself: the turn's level, where and when, and the
        signed record of its words. `footer`: who wrote it, in words; `models`: those that did, where
        known."""
        services, texts, level = self._services, self._exchange.texts, self._exchange.reading.level
        channel = channels().get(self._exchange.situation.kind)
        record = services.signer.record(
            words_of_file(text, title), level=level, generated=generated, models=models
        )
        return LevelMark(
            title=title,
            header=texts.level_name(level),
            footer=footer,
            language=texts.language,
            level=level,
            at=self._exchange.question.at,
            author=f"relais ({', '.join(models)})" if models else "relais",
            place=", ".join(filter(None, (self.name, channel.label if channel else ""))),
            record=record,
            source_type=SOURCE_TYPES[generated],
            labels=self._exchange.situation.policy.labels,
            template=services.template,
            credentials=services.credentials,
        )

    # -- what was said before ----------------------------------------------------------------------------

    async def recall(
        self,
        wanted: Wanted,
        *,
        files: bool = False,
        only: Callable[[Sequence[Past]], Sequence[Past]] | None = None,
    ) -> Range | None:
        """Read back what everyone could read who will see the answer, and assess it as if the person had
        brought it: the turn has then the highest level of it all. `only` picks the messages of use: of the
        others nothing is read, or counts. None where that cannot be done. `files`: read the files too. Raises
        Denied, DeliveryError."""
        if self._history is None:
            return None
        exchange, for_all = self._exchange, wanted.readers is None
        if for_all:
            wanted = replace(wanted, readers=exchange.situation.audience.members)
        found = kept(await self._history.recall(exchange.question.address, wanted), wanted.chain)
        if only is not None:
            found = replace(found, messages=tuple(only(found.messages)))
            if not found.messages:
                return found
        if for_all:
            exchange.reading.recall(Level.N0)
        await exchange.reading.take(parts_of(found))
        if files and exchange.reading.findings.floor < Level.N4:
            found = await self._with_files(found)
        if (refusal := exchange.reading.findings.refusal(files=True)) is not None:
            raise Denied(replace(refusal, read_back=True))
        return found

    async def _with_files(self, found: Range) -> Range:
        """The range with the texts of its newest files."""
        exchange = self._exchange
        texts: dict[str, dict[str, str]] = {}
        unread: list[str] = []
        sent = [(past, each) for past in found.messages for each in past.attachments][-RECALLED_FILES:]
        for past, attachment in sent:
            here = exchange.question.address
            if attachment.media_type.startswith("audio/"):
                read = await hear(exchange, self._services.reading, here, attachment)
            else:
                read = await self._services.reading.read(here, attachment, exchange.texts)
            if isinstance(read, Unread):
                unread.append(read.said)
                continue
            if isinstance(read, str):
                texts.setdefault(past.id, {})[attachment.name] = read
                continue
            await exchange.reading.take(read.parts, read.name)
            unread += read.said if read.texts else (*read.said, exchange.texts.file_empty(read.name))
            texts.setdefault(past.id, {}).update(read.texts)
        messages = tuple(replace(past, read=texts.get(past.id, {})) for past in found.messages)
        return replace(found, messages=messages, unread=tuple(unread))


def floor_of(policy: PolicyFile, address: Address, kept: bytes | None) -> Level:
    """The least level of what is said in a conversation, which keeps this as its `FLOOR`."""
    set_here = Level.parse(kept.decode()) if kept else Level.N0
    return max(set_here, policy.conversation_floor(address)) if policy.floors else set_here


def kept(found: Range, chain: str | None = None) -> Range:
    """The range without the messages that their authors keep out; they are counted. Of a `chain` alone, when
    one of its messages is named: a word that keeps out need not stand in it."""
    off = _off(found.messages)
    every = found.messages if chain is None else _chain(found.messages, chain)
    messages = tuple(past for past in every if not (_kept_out(past) or past.id in off))
    return replace(found, messages=messages, withheld=found.withheld + len(every) - len(messages))


def _kept_out(past: Past) -> bool:
    return any(past.sender.id in who and _folded(key) in KEPT_OUT for key, who in past.reactions.items())


def _off(messages: Sequence[Past]) -> set[str]:
    """The messages that their authors keep out by a word."""
    by_id = {past.id: past for past in messages}
    last: dict[str, Past] = {}
    off: set[str] = set()
    for past in messages:
        if _folded(past.text) != OFF:
            last[past.sender.id] = past
            continue
        meant = by_id.get(past.reply_to) if past.reply_to else last.get(past.sender.id)
        if meant is not None and meant.sender.id == past.sender.id:
            off.add(meant.id)
    return off


def _chain(messages: Sequence[Past], one: str) -> tuple[Past, ...]:
    """The thread, or the chain of replies, that a message belongs to: up to its root, and all below."""
    above = {past.id: past.thread or past.reply_to for past in messages}
    root, seen = one, {one}
    while (parent := above.get(root)) and parent not in seen:
        root = parent
        seen.add(root)
    inside = {root}
    for past in messages:  # oldest first: what is answered comes before its answers
        if past.thread in inside or past.reply_to in inside:
            inside.add(past.id)
    return tuple(past for past in messages if past.id in inside)


def _folded(key: str) -> str:
    return fold(key).replace("\ufe0f", "").strip()


def parts_of(found: Range) -> Sequence[Part]:
    """All that is assessed of a range: its words, reactions and name, and those of its files and people."""
    texts = [Part(text=text) for past in found.messages for text in (past.text, *past.reactions)]
    names = [Part(text=each.name, place="filename") for past in found.messages for each in past.attachments]
    people = dict.fromkeys(each.name for each in (*found.members, *(past.sender for past in found.messages)))
    names += [Part(text=found.name, place="property", name="Title")] if found.name else []
    return [*texts, *names, *(Part(text=name, place="property", name="Author") for name in people)]
