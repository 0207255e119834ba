"""What a turn brings, read and assessed: its words, its files, what is said in them and what they show; its
level, why, and whether the person must be asked.

The rules are `core.sensitivity`'s; here they meet the policy: its additions to the vocabulary, the level of
an unmarked text in this place, and what is to be done about it. What cannot be assessed is refused. Of what
may be handled nowhere, no more is read. A file that cannot be read is named with why.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from core.connector import Address, Attachment, AudienceKind, Message
from core.documents.sandbox.sandbox import ASSESS, FIND_DANGER, Failure
from core.documents.texts import recognising
from core.errors import GatewayError, NotMasked, OverQuota, SandboxError
from core.gateway.transcription import Speech
from core.policy.decision import Denied, Refusal, decide
from core.policy.file import PolicyFile
from core.policy.rules import MarkingRule
from core.sensitivity.assess import INLINE, TaskRunner, assess_async, with_evidence
from core.sensitivity.level import (
    MARKINGS,
    Assessment,
    Denials,
    Evidence,
    Finding,
    Kind,
    Level,
    Part,
    Sublevel,
    findings,
    highest,
    without,
)
from core.sensitivity.markings.vocabulary import Mark, added
from core.sessions.model import KeptMaterial
from core.telemetry import log
from core.texts.voice_words import VoiceWords
from core.turn.attachments import AttachmentReader, Read, Unread, seen, with_seen
from core.understanding.commands import spelled
from core.understanding.danger import Distress, danger_in, model

if TYPE_CHECKING:
    from core.turn.turn import Turn

_SENTENCE = 8
"""Words from which a picture in a text shows more than the name of somebody."""
_REGULAR = re.compile(r"[\\^$*+?{}\[\]|()]")
_LONGEST_LINE = 200
_Patterns = tuple[tuple[MarkingRule, re.Pattern[str]], ...]
_DECORATION = " \t\u00a0*_-–—.:#>"


async def prepare(jail: TaskRunner | None) -> None:
    """Have the jail read the data of assessments before the first. Raises Failure, SandboxError."""
    if jail is not None:
        await jail.call(FIND_DANGER, b"", {})
        await jail.call(ASSESS, orjson.dumps({"parts": (), "additions": ()}), {"unmarked": "N0"})


async def danger_of(text: str, jail: TaskRunner | None) -> Distress | None:
    """The danger that a text tells of which may tell of one: it is read again in the sandbox. Where that
    fails, words alone decide."""
    try:
        if jail is not None:
            return await jail.call(FIND_DANGER, text.encode("utf-8", "replace"), {})
    except (Failure, SandboxError):
        return danger_in(text, None)
    return await asyncio.to_thread(lambda: danger_in(text, model()))


async def assessed(
    parts: Sequence[Part], audience: AudienceKind, *, policy: PolicyFile, jail: TaskRunner | None
) -> Assessment:
    """Assess texts as the policy wants it, long ones in the sandbox. Raises Denied when that cannot be done
    (too long, too slow), SandboxError when the sandbox fails."""
    additions, patterns = _added(policy.markings, tuple(policy.labels.items()))
    unmarked = policy.unmarked_level(audience)
    try:
        assessment = await assess_async(parts, unmarked=unmarked, additions=additions, jail=jail)
    except Failure:
        raise Denied(Refusal(why="unassessed", level=Level.N4, ceiling=None, audience=audience)) from None
    if not patterns:
        return assessment
    if sum(len(part.text) for part in parts) <= INLINE:
        return _with_patterns(assessment, parts, patterns)
    return await asyncio.to_thread(_with_patterns, assessment, parts, patterns)


@lru_cache(maxsize=8)
def _added(
    markings: tuple[MarkingRule, ...], labels: tuple[tuple[str, str], ...]
) -> tuple[tuple[Mark, ...], _Patterns]:
    """What a policy adds to the vocabulary, and its regular expressions."""
    patterns = tuple((each, re.compile(each.pattern)) for each in markings if _REGULAR.search(each.pattern))
    words = tuple(
        added(each.pattern, each.sublevel or each.level.name, each.strength)
        for each in markings
        if not _REGULAR.search(each.pattern)
    )
    return words + tuple(added(id, level, "strong") for level, id in labels if level != "site"), patterns


def _with_patterns(assessment: Assessment, parts: Sequence[Part], patterns: _Patterns) -> Assessment:
    """Add the policy's regular expressions: each counts where it is alone on its line."""
    found = tuple(e for number, part in enumerate(parts) for e in _matches(part, number, patterns))
    return with_evidence(assessment, found)


def _matches(part: Part, number: int, patterns: _Patterns) -> Iterator[Evidence]:
    offset = 0
    for line in part.text.splitlines(keepends=True):
        text = line.strip().strip(_DECORATION)
        if text and len(text) <= _LONGEST_LINE:
            for marking, pattern in patterns:
                if pattern.fullmatch(text):
                    start = offset + line.find(text)
                    yield Evidence(
                        kind="marking",
                        level=marking.level,
                        sublevel=marking.sublevel,
                        start=start,
                        end=start + len(text),
                        strength=marking.strength,
                        why="policy",
                        excerpt=text[:60],
                        part=number,
                        place=part.place,
                    )
        offset += len(line)


ReadAgain = Callable[[Sequence[Part], Assessment, bool], Awaitable[Assessment]]
"""Reads again what a turn brings, of a document or not, where the policy wants it, and returns the
assessment, maybe raised."""


@dataclass(slots=True, kw_only=True)
class TurnAssessment:
    """All that one turn brings to a session, assessed piece by piece. `denied_before` are the doubts that its
    author denied before in this conversation (`core.sensitivity.level.doubt`): they are not asked about
    again. `answer`: they said whether the weak findings are true."""

    policy: PolicyFile
    jail: TaskRunner | None
    audience: AudienceKind
    person: str | None = None
    read_again: ReadAgain | None = None
    denied_before: Denials | None = None
    answer: bool | None = None
    waived: set[Kind] = field(default_factory=set[Kind])
    """The kinds of doubts that were not asked about, since the person denied them before."""
    level: Level = Level.N0
    """The level of it all; weak findings count until the person denies them."""
    floor: Level = Level.N0
    """The level without weak findings, unless the person said that they are true."""
    sure: Level = Level.N0
    """The level without weak findings, whatever the person said of them."""
    found: tuple[Finding, ...] = ()
    """What decided, highest first; what the person denied is left out."""
    denied: tuple[Finding, ...] = ()
    """The weak findings that the person denied."""
    rules: str = ""
    """The version of the rules by which it was assessed; "" until anything is."""
    _assessments: list[Assessment] = field(default_factory=list[Assessment])
    _findings: list[Finding] = field(default_factory=list[Finding])
    _top: Level = Level.N0

    async def take(self, parts: Sequence[Part], source: str = "") -> Level:
        """Assess the parts of a message, or of the file `source`; returns their level, without weak findings
        where the person denied them. Raises Denied."""
        parts = [part for part in parts if part.text]
        if not parts:
            return Level.N0
        assessment = await assessed(parts, self.audience, policy=self.policy, jail=self.jail)
        if self.read_again is not None:
            assessment = await self.read_again(parts, assessment, bool(source))
        if self.denied_before and assessment.evidence:
            left = without(assessment, self.denied_before)
            self.waived |= {each.kind for each in {*assessment.evidence} - {*left.evidence}}
            assessment = left
        self._assessments.append(assessment)
        if assessment.evidence:
            self._findings += findings(assessment, source)
            weak = [each for each in self._findings if each.strength == "weak"]
            self.denied = highest(weak) if self.answer is False else ()
            denies = self.answer is False
            self.found = highest(f for f in self._findings if not denies or f.strength != "weak")
        self.rules = assessment.rules
        top, sure = assessment.gated(), assessment.gated(denied=True)
        self._top, self.sure = max(self._top, top), max(self.sure, sure)
        self.level = self.sure if self.answer is False else self._top
        self.floor = self._top if self.answer is True else self.sure
        return sure if self.answer is False else top

    async def without_taking(self, part: Part) -> Assessment:
        """What a part would be found to be, which the turn does not bring. Raises Denied."""
        return await assessed((part,), self.audience, policy=self.policy, jail=self.jail)

    @property
    def sublevel(self) -> Sublevel | None:
        """Which half of N4, when it is N4; a half that is not known fails closed."""
        if self.level < Level.N4:
            return None
        halves = [a.sublevel for a in self._assessments if a.level is Level.N4]
        return max((half for half in halves if half), default=Sublevel.N4A)

    @property
    def doubts(self) -> tuple[Finding, ...]:
        """The weak findings that alone lift the level."""
        if self.answer is not None:
            return ()
        return highest(f for f in self._findings if f.strength == "weak" and f.level > self.floor)

    def question(self, base: Level) -> tuple[Finding, ...]:
        """What to ask the person about, in a session of level `base`: a doubtful marking, or another doubt
        on which it depends whether the text may be here at all."""
        doubts = [f for f in self.doubts if f.level > base]
        if any(f.kind in MARKINGS for f in doubts) or (doubts and self.refusal(files=True)):
            return tuple(doubts)
        return ()

    @property
    def out_of_scope(self) -> bool:
        """May what is surely found be handled nowhere?"""
        refusal = self.refusal(files=True, level=self.floor)
        return refusal is not None and refusal.why == "out_of_scope"

    def refusal(self, *, files: bool, level: Level | None = None) -> Refusal | None:
        """Why this may not be here, or with `files` may be read by no model; None when it may."""
        decision = decide(
            self.policy,
            level=self.level if level is None else level,
            audience=self.audience,
            task="chat" if files else "send",
            person=self.person if files else None,
        )
        return decision if isinstance(decision, Refusal) else None


async def assess(turn: Turn, files: AttachmentReader) -> None:
    """Read the files and assess everything. What is out of scope is read no further. Raises Denied."""
    async with turn.progress.at("assess"):
        for message in turn.contents:
            command = spelled(message.text)
            told = _told(message.text, command.word) if command and command.kind else message.text
            parts = [Part(text=told), *(_marks(message) if message.marks else ())]
            await turn.take([*parts, Part(text=message.quoted, place="quote")])
            if turn.exposed and await _names_tell(turn, message):
                return
            came = ((message.quoted_files, turn.quoted_files), (message.attachments, turn.files))
            for attachment, among in ((each, among) for sent, among in came for each in sent):
                if turn.brought.out_of_scope:
                    return
                await _bring(turn, files, message, attachment, among)
            for picture in message.pictures:
                if turn.brought.out_of_scope:
                    return
                await _see(turn, files, message, picture)
        turn.assessed = True


async def _bring(
    turn: Turn, files: AttachmentReader, message: Message, attachment: Attachment, among: list[KeptMaterial]
) -> None:
    """Hear or read a file, and assess it; `among`: the files to which it is then added."""
    kind = attachment.media_type.partition("/")[0]
    if kind == "audio":
        said = await hear(turn, files, message.address, attachment)
        if isinstance(said, Unread):
            turn.unread.append(said)
        elif among is turn.quoted_files:
            among.append(KeptMaterial(name=attachment.name, text=said, level=turn.level))
        else:
            turn.heard.append(said)
            turn.text = "\n\n".join(filter(None, (turn.text, said)))
        return
    if kind == "video" and turn.exposed:  # nothing to read: it is not fetched
        said = turn.texts.file_unknown_type(attachment.name)
        turn.unread.append(Unread(name=attachment.name, said=said))
        return
    read = await _read(turn, files, message.address, attachment)
    if isinstance(read, Unread):
        turn.unread.append(read)
    else:
        await _take(turn, read, message.text, among)


async def _see(turn: Turn, files: AttachmentReader, message: Message, picture: Attachment) -> None:
    """Read a picture that the text shows. What is written on it counts for the level; of a logo, on which
    hardly anything is, nothing else is kept or said."""
    read = await _read(turn, files, message.address, picture)
    if isinstance(read, Unread):
        turn.afterword(read.said)
    elif sum(len(text.split()) for _, text in read.texts) < _SENTENCE:
        await turn.take(read.parts, read.name)
    else:
        await _take(turn, read, message.text, turn.files)


async def _take(turn: Turn, read: Read, question: str, among: list[KeptMaterial]) -> None:
    """Assess a file that was read, and have what it shows seen."""
    level = await turn.take(read.parts, read.name)
    if shown := await _look(turn, read, question):
        level = max(level, await turn.take((Part(text=shown),), read.name))
    turn.left_out += read.said
    if among is turn.files:
        turn.receipts.append(read.receipt(level, shown))
    told = with_seen(read, shown, language=turn.texts.language)
    if not told:
        turn.left_out.append(turn.texts.file_empty(read.name))
    among += [KeptMaterial(name=name, text=text, level=level) for name, text in told]


async def hear(turn: Turn, files: AttachmentReader, address: Address, attachment: Attachment) -> str | Unread:
    """The text of a voice message, assessed, or why it could not be heard."""
    say = VoiceWords(turn.texts.language)
    async with files.held(address, attachment, turn.texts) as data:
        if isinstance(data, Unread):
            return data
        speech = Speech(
            name=attachment.name,
            media_type=attachment.media_type,
            data=data,
            language=turn.texts.language,
        )
        try:
            said = await turn.access.transcribe(speech)
        except (Denied, GatewayError, OverQuota, NotMasked) as error:
            log.warning("voice_not_heard", error=error)
            why = say.not_here() if isinstance(error, Denied | NotMasked) else say.away()
            return Unread(name=attachment.name, said=why)
    if not said:
        return Unread(name=attachment.name, said=say.nothing_said())
    await turn.take((Part(text=said),), attachment.name)
    return said


async def _look(turn: Turn, read: Read, question: str) -> str:
    """What a model sees in a picture, with an eye to what is asked; "" where none may look at it, or none
    does: then what was recognised in it is all."""
    if read.picture is None or turn.brought.out_of_scope:
        return ""
    try:
        return await seen(turn.access, read, question, language=turn.texts.language)
    except (Denied, GatewayError, OverQuota, NotMasked) as error:
        log.warning("picture_not_seen", error=error)
        return ""


async def _read(
    turn: Turn, files: AttachmentReader, address: Address, attachment: Attachment
) -> Read | Unread:
    """A file, read. How long the recognition of a scan takes is shown before and while it is done;
    nothing of that stays, not even when it is stopped."""
    told = False

    def progress(done: int, pages: int) -> None:
        nonlocal told
        if words := recognising(done, pages, language=turn.texts.language):
            told = True
            turn.reply.show(f"*{words}…*", "progress" if done else "before")

    try:
        pictured = bool(turn.access.models("vision", language=turn.texts.language))
        return await files.read(address, attachment, turn.texts, progress, pictured=pictured)
    finally:
        if told:
            turn.reply.show("")


async def _names_tell(turn: Turn, message: Message) -> bool:
    """Do the names of the files tell, be it doubtful, that they may not be here? Then they are not
    fetched: their author is asked, or refused."""
    for attachment in (*message.quoted_files, *message.attachments):
        await turn.take((Part(text=attachment.name, place="filename"),), attachment.name)
    return turn.brought.refusal(files=True) is not None


def _told(text: str, command: str) -> str:
    """What is said beside the word of a command, which is ours: blanks stand in its place."""
    end = text.index(command) + len(command)
    return " " * end + text[end:]


def _marks(message: Message) -> list[Part]:
    return [
        Part(text=value, place="subject")
        if name == "Subject"
        else Part(text=value, place="property", name=name)
        for name, value in message.marks
    ]
