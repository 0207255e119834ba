"""The conversation of a turn, as a bot uses it: what was said before, what it keeps, who is there.

Of a range read back, what its author keeps out of summaries is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.connector import Address, History, Past, Person, Range, Tick, Wanted
from core.language.folding import fold
from core.policy.decision import Denied
from core.policy.file import PolicyFile
from core.sensitivity.level import Level, Part
from core.sessions.repository import KeptTurn, Session
from core.texts.answer_texts import ArchiveState
from core.turn.attachments import Unread, hear

if TYPE_CHECKING:
    from core.turn.services import Services
    from core.turn.turn import Turn

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


@dataclass(slots=True)
class Room:
    """The conversation of a turn: what was said before, what it keeps, who is there."""

    _turn: Turn
    _services: Services
    _history: History | None

    @property
    def has_archives(self) -> bool:
        """Are there archives that sessions can be handed to?"""
        return self._services.archives is not None

    @property
    def name(self) -> str:
        """What people call it; "" where it has no name, or two talk."""
        return "" if self._turn.question.direct else self._turn.audience.name

    def is_here(self, person: Person) -> bool:
        """May the person read what is written here?"""
        return person.id in self._turn.audience.members

    def may_decide(self, person: Person) -> bool:
        """Does the person decide for this conversation: a moderator, or one of a chat of two?"""
        return self._turn.question.direct or person.id in self._turn.audience.moderators

    async def has_newcomers(self) -> bool:
        """Has somebody come who was not told what the bot is? With this turn's answer they are. Of larger
        conversations than `TOLD` nobody keeps who is there."""
        turn, people = self._turn, self._turn.session.people
        if not 0 < len(people) <= TOLD:
            return False
        here = turn.question.address
        new, turn.note_told = await self._services.sessions.newcomers(here, people, turn.job)
        return new

    async def settings(self, bot: str = "") -> bytes | None:
        """What this conversation has settled (`change_settings`) with the bot, or with the one named."""
        turn = self._turn
        return await self._services.sessions.settled(turn.question.address, bot or turn.bot)

    async def change_settings(self, change: Callable[[bytes | None], bytes]) -> None:
        """Settle what `change` makes of what is settled; it is asked again where another job was faster."""
        turn = self._turn
        await self._services.sessions.change_settled(turn.question.address, turn.bot, change)

    async def floor(self) -> Level:
        """The least level of what is said here: what the policy or the moderators set."""
        turn = self._turn
        kept = await self._services.sessions.settled(turn.question.address, FLOOR)
        return floor_of(turn.policy, turn.question.address, kept)

    async def set_floor(self, level: Level) -> None:
        turn = self._turn
        await self._services.sessions.settle(turn.question.address, FLOOR, level.name.encode())
        turn.rise(level)

    async def raise_level(self, level: Level) -> None:
        turn = self._turn
        await self._services.sessions.raise_level(turn.session.key, level, chosen_by=turn.question.author.id)
        turn.rise(level)
        turn.note("raised")

    async def undo_raise(self, level: Level | None = None) -> Level | None:
        """Take back to `level`, or to what it was before, what the author raised, where nothing was said
        above it since; returns the level of then. None where that cannot be."""
        turn = self._turn
        undone = await self._services.sessions.undo_raise(turn.session.key, level, turn.question.author.id)
        if undone is not None:
            turn.note("lowered")
        return undone

    async def lower_level(self) -> Level:
        """Take back what rests on weak findings alone, which the person confirmed to be wrong."""
        self._turn.note("lowered")
        return await self._services.sessions.lower(self._turn.session.key)

    async def mask(self, on: bool) -> None:
        """Hide personal data from models in this session, or no more."""
        await self._services.sessions.mask(self._turn.session.key, on)

    async def reset(self) -> None:
        """Begin a new session here (`!nouveau`); one that is marked goes to the archives first."""
        services, key = self._services, self._turn.session.key
        if services.archives is not None:
            await services.archives.leave(key)
        await services.sessions.reset(key)

    async def drop(self, exchanges: Iterable[KeptTurn]) -> None:
        """Forget these exchanges of the session, and the documents that were given in them."""
        for each in exchanges:
            await self._services.sessions.remove_turn(self._turn.session.key, each.key)

    async def archive(self, on: bool) -> ArchiveState:
        """Have the session handed to the archives before it expires, or no more; what holds now."""
        turn, archives = self._turn, self._services.archives
        if archives is None:
            return "none"
        if archives.takes(turn.place):
            return "rule"
        await archives.mark(turn.session.key, on=on)
        turn.note("archived" if on else "unarchived")
        return "marked" if on else "unmarked"

    async def shelf(self, name: str) -> tuple[KeptTurn, ...]:
        """What the conversation keeps under a name besides its threads, oldest first, within the retention;
        the turn has then its level."""
        session = await self._shelf(name)
        if session.turns:
            self._turn.used(session.level)
        return session.turns

    async def keep(self, name: str, text: str) -> None:
        """Keep `text` under a name, as this turn's, once answered; it goes when its author is erased."""
        self._turn.to_keep.append((await self._shelf(name), text))

    async def _shelf(self, name: str) -> Session:
        turn = self._turn
        key = f"{turn.question.address.whole}#{name}"
        session, _ = await self._services.sessions.load(key, turn.question.author.id, audience=turn.audience)
        return session

    async def answered(self, message: str) -> str | None:
        """The `key` of the turn that a message of the bot answers."""
        ref = await self._services.inbox.ref(self._turn.question.address, message)
        return ref.turn if ref is not None and message in ref.posts else None

    async def later(self, schedule: str, due: float) -> None:
        """Have a `Tick` of this conversation and author come at `due` (seconds since 1970), once."""
        here = self._turn.question.address
        address = Address(connector=here.connector, conversation=here.conversation)
        tick = Tick(
            key=f"{address.whole}:{schedule}:{round(due)}",
            address=address,
            at=due,
            sender=self._turn.question.author,
            schedule=schedule,
        )
        await self._services.inbox.later(tick, due)

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
        turn, for_all = self._turn, wanted.readers is None
        if for_all:
            wanted = replace(wanted, readers=turn.audience.members)
        found = kept(await self._history.recall(turn.question.address, wanted), wanted.chain)
        if only is not None:
            found = replace(found, messages=tuple(only(found.messages)))
            if not found.messages:
                return found
        if for_all:
            turn.used(Level.N0)
        await turn.take(parts_of(found))
        if files and turn.brought.floor < Level.N4:
            found = await self._with_files(found)
        if (refusal := turn.brought.refusal(files=True)) is not None:
            raise Denied(replace(refusal, read_back=True))
        return found

    async def _with_files(self, found: Range) -> Range:
        """The range with the texts of its newest files."""
        turn = self._turn
        texts: dict[str, dict[str, str]] = {}
        unread: list[str] = []
        sent = [(past, each) for past in found.messages for each in past.attachments][-RECALLED_FILES:]
        for past, attachment in sent:
            here = turn.question.address
            if attachment.media_type.startswith("audio/"):
                read = await hear(turn, self._services.reading, here, attachment)
            else:
                read = await self._services.reading.read(here, attachment, turn.texts)
            if isinstance(read, Unread):
                unread.append(read.said)
                continue
            if isinstance(read, str):
                texts.setdefault(past.id, {})[attachment.name] = read
                continue
            await turn.take(read.parts, read.name)
            unread += read.said if read.texts else (*read.said, turn.texts.file_empty(read.name))
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
