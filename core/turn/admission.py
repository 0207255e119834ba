"""The entrance of a turn: what it brings is asked about, refused, or let in.

Before a bot sees anything, what the turn brings (`core.turn.content`) is assessed. Nothing of a turn that is
refused is kept. A doubtful finding is asked about: the question waits, sealed, for a word of its author,
and is then handled as if it had come with that word. What concerns the author alone is said in private.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from core.connector import Address, Range, Wanted
from core.delivery.private_message import whisper
from core.policy.decision import Denied, Refusal
from core.sensitivity.findings import Finding
from core.sensitivity.level import Level, Sublevel
from core.sessions.repository import Session
from core.turn import confirmation as asking
from core.turn.attachments import Unread
from core.turn.content import Content
from core.turn.history_filter import kept, parts_of

RECALLED_FILES = 10
"""Files of a range that are read, the newest."""
_REFUSAL: TypeAdapter[Refusal] = TypeAdapter(Refusal)


class Entrance(Content):
    """Whether what a turn brings may come in."""

    async def admit(self) -> bool:
        """May a bot handle this turn? Else it was answered with a question. Raises Denied.

        Asked last, when all is known: files that cannot be read stop a question to a model, unless others
        were read. Then they are named, and nothing of them goes anywhere."""
        await self._note_chat()
        self._tell_begun_anew()
        if self._word is not None:
            self._note("confirmed" if self._word else "denied")
        if doubts := self._brought.question(self.session.level):
            if self.event.direct and not self._brought.out_of_scope:
                await self._hold(self.session)
                await self.reply.finish(self.texts.doubt(doubts))
                return False
            if not self.event.direct and await self._asked_in_private(doubts):
                await self.reply.finish(self.texts.asked_elsewhere())
                return False
        self._refuse(self._brought.refusal(files=bool(self._new)))
        if self._unread and not self._new:
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
            and not asking.is_aside(self.text)
        ):
            self.preface(self.texts.doubt_dropped())
        if self._new and self.level > self.session.level:  # before anything of the files is sent
            await self._desk.sessions.raise_level(self.session.key, self.level, floor=self._floor)
        return True

    def _tell_begun_anew(self) -> None:
        """Say so, once, where the session is not gone on with: somebody here could not read it."""
        if self.session.withheld and not self.session.turns and not asking.is_aside(self.text):
            self.preface(self.texts.begun_anew())

    async def _hold(self, session: Session) -> None:
        """The question waits in this session for a word of its author."""
        held = asking.Held(turn=self.key, messages=self.contents)
        self._note("asked")
        await self._desk.sessions.hold(session, self.key, held.dump())

    async def _asked_in_private(self, doubts: Sequence[Finding]) -> bool:
        """What would be refused before others for a doubt alone is asked about, and then handled, where its
        author is alone. False where that cannot be."""
        if self._brought.out_of_scope or self._brought.refusal(files=True) is None:
            return False
        address = await self._whisper(self.texts.doubt_elsewhere(doubts), Level.N0)
        if address is None:
            return False
        key = f"{address.connector}:{address.conversation}"
        session, _ = await self._desk.sessions.load(key, self._author.id, since=self._since)
        await self._hold(session)
        return True

    async def recall(self, wanted: Wanted, *, files: bool = False) -> Range | None:
        """What was said here before, as far as everyone could read it who will see the answer; it is assessed
        as if the person had brought it. Raises Denied."""
        if self._history is None:
            return None
        if wanted.readers is None:
            wanted = replace(wanted, readers=self._audience.members)
            self._recalled = True
        found = kept(await self._history.recall(self.event.address, wanted), wanted.chain)
        await self._brought.take(parts_of(found))
        if files and self._brought.floor < Level.N4:
            found = await self._with_files(found)
        self._refuse(self._brought.refusal(files=True))
        return found

    async def _with_files(self, found: Range) -> Range:
        """The range with the texts of its newest files."""
        texts: dict[str, dict[str, str]] = {}
        unread: list[str] = []
        sent = [(past, each) for past in found.messages for each in past.attachments][-RECALLED_FILES:]
        for past, attachment in sent:
            read = await self._desk.reading.read(self.event.address, attachment, self._fetch, self.texts)
            if isinstance(read, Unread):
                unread.append(read.said)
                continue
            await self._brought.take(read.parts, read.name)
            unread += read.said
            texts.setdefault(past.id, {}).update(read.texts)
        messages = tuple(replace(past, read=texts.get(past.id, {})) for past in found.messages)
        return replace(found, messages=messages, unread=tuple(unread))

    def _refuse(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            raise Denied(refusal)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal. Its reason is for the author: in a conversation that others read, it is
        told to them alone when they ask. What is out of scope is deleted from the store at once."""
        out = refusal.why == "out_of_scope"
        half = self._brought.sublevel if out else None
        found = tuple(each for each in self.found if each.level >= refusal.level)
        if half is Sublevel.N4B or refusal.why in ("unreadable", "unassessed"):
            found = ()  # of classified information nothing is kept, not even a file's name
        refusal = replace(refusal, found=found, sublevel=half)
        await self._desk.sessions.note_refusal(
            self._author.id, _REFUSAL.dump_json(refusal), since=self._since
        )
        open_ = self.event.direct or not (refusal.found or out)
        self._new.clear()
        if any(turn.key == self.key for turn in self.session.turns):  # it was edited
            await self._desk.sessions.remove_turn(self.session.key, self.key)
        self._note("refused", why=refusal.why)
        if open_:
            said = self.texts.refusal(refusal)
        else:
            said = self.texts.refused_here(told=await self.whisper(self.texts.last_refusal(refusal)))
        await self.reply.finish(
            said,
            purge=self._desk.sessions.dropping(self.session) if out else None,
        )

    async def _note_chat(self) -> None:
        """Where a private word to this person may be said: where they speak to the bot alone."""
        here = self.event.address.conversation
        if self._private and self.profile.chat != here and self._audience.is_only(self._author.id):
            await self._desk.sessions.update_profile(self._author.id, chat=here, since=self._since)

    async def whisper(self, text: str, level: Level = Level.N0) -> bool:
        """Have `text` said to the author alone, in their chat of two with the bot; once, however often this
        turn is handled. False where that cannot be done: it was not, and will not be, said."""
        return await self._whisper(text, level) is not None

    async def _whisper(self, text: str, level: Level) -> Address | None:
        if self.event.direct:
            return None
        self._whispers += 1
        address = await whisper(
            self._private,
            self._desk.inbox,
            of=(self._job, str(self._whispers), *(message.text for message in self.messages)),
            to=self._author,
            known=self.profile.chat,
            text=text,
            level=level,
            language=self.texts.language,
            at=self._desk.clock(),
        )
        if address is not None and address.conversation != self.profile.chat:
            await self._desk.sessions.update_profile(
                self._author.id, chat=address.conversation, since=self._since
            )
        return address

    async def refusal(self) -> Refusal | None:
        """What was refused to the author last, anywhere, in the last days."""
        kept = await self._desk.sessions.refusal(self._author.id)
        return _REFUSAL.validate_json(kept) if kept else None
