"""What a turn brings, assessed: its level, why, and whether the person must be asked; then it is let in.

The rules are `core.sensitivity`'s; here they meet the policy: its additions to the vocabulary, the level of
an unmarked text in this place, and what is to be done about it. What cannot be assessed is refused. Of what
may be handled nowhere, no more is read. A file that cannot be read is named with why (files are read in
`core.turn.attachments`). What is said where a turn is not let in stands in `core.turn.refusal`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import orjson

from core.connector import AudienceKind, Message
from core.documents.sandbox.sandbox import ASSESS, FIND_DANGER, Failure
from core.errors import SandboxError
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
from core.turn.attachments import AttachmentReader, bring, see
from core.turn.keeping import removed
from core.turn.refusal import (
    asked,
    asked_again,
    doubted,
    offered_again,
    require_readable,
    sent_elsewhere,
    was_refused,
)
from core.turn.waiting import is_aside
from core.understanding.commands import spelled
from core.understanding.understand import Distress, danger_in, danger_model, possible_dangers

if TYPE_CHECKING:
    from core.turn.services import Services
    from core.turn.turn import Turn

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
    return await asyncio.to_thread(lambda: danger_in(text, danger_model()))


async def assessed(
    parts: Sequence[Part], audience: AudienceKind, *, policy: PolicyFile, jail: TaskRunner | None
) -> Assessment:
    """Assess texts as the policy wants it, long ones in the sandbox. Raises Denied when that cannot be done
    (too long, too slow), SandboxError when the sandbox fails."""
    additions, patterns = _added(policy.markings, tuple(policy.labels.items()))
    unmarked = policy.usual[audience]
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
        try:
            decide(
                self.policy,
                level=self.level if level is None else level,
                audience=self.audience,
                task="chat" if files else "send",
                person=self.person if files else None,
            )
        except Denied as denied:
            return denied.refusal
        return None


async def assess(turn: Turn, files: AttachmentReader) -> None:
    """Read the files and assess everything. What is out of scope is read no further. Raises Denied."""
    async with turn.progress.at("assess"):
        for message in turn.question.contents:
            command = spelled(message.text)
            told = _told(message.text, command.word) if command and command.kind else message.text
            parts = [Part(text=told), *(_marks(message) if message.marks else ())]
            await turn.take([*parts, Part(text=message.quoted, place="quote")])
            if turn.exposed and await _names_tell(turn, message):
                return
            for number, attachment in enumerate((*message.quoted_files, *message.attachments)):
                if turn.brought.out_of_scope:
                    return
                quoted = number < len(message.quoted_files)
                await bring(turn, files, message, attachment, quoted=quoted)
            for picture in message.pictures:
                if turn.brought.out_of_scope:
                    return
                await see(turn, files, message, picture)
        turn.assessed = True


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


Admission = Literal["admitted", "asked", "told"]
"""A bot may handle the turn; its author is asked about a doubt first, or was told in private whom to call."""


async def admit(services: Services, turn: Turn) -> Admission:
    """Let an assessed turn in, or say what is said instead. Raises Denied; Deferred while nobody knows who
    reads, but for what is refused whoever does.

    Asked last, when all is known: files that cannot be read stop a question to a model, unless others were
    read. Then they are named, and nothing of them goes anywhere."""
    refusal = turn.brought.refusal(files=bool(turn.files))
    if refusal is None and turn.audience.uncertain:
        raise turn.audience.unknown()
    called = possible_dangers(turn.question.text) and await told_whom_to_call(turn, turn.question.text)
    if called and not turn.brought.out_of_scope:
        await turn.reply.finish(turn.texts.answered_alone())
        return "told"
    edited = bool(turn.reply.posted or turn.progress.notes)  # else the question is new
    await _take_note(services, turn, edited=edited)
    waited = turn.question.held is not None and (
        await sent_elsewhere(services, turn) or await asked_again(services, turn) or await offered_again(turn)
    )
    if waited or (turn.brought.found and await doubted(services, turn)):
        return "asked"
    refusal = (await _confirmed(turn) if turn.question.word else None) or refusal
    if refusal is not None:
        raise Denied(refusal)
    if (
        edited
        and await was_refused(services, turn)
        and await asked(services, turn, turn.texts.still_protected(), refused=True)
    ):
        return "asked"
    await _make_ready(services, turn)
    return "admitted"


async def _confirmed(turn: Turn) -> Refusal | None:
    """Why a turn is refused of which its author says that the marking, for which it was before, is true."""
    if turn.question.held is None or not turn.question.held.refused:
        return None
    before = await turn.person.refusal()
    return before or Refusal(why="out_of_scope", level=Level.N4, ceiling=None, audience=turn.place)


async def _take_note(services: Services, turn: Turn, *, edited: bool) -> None:
    """Take note of the chat of two where this is one, that the session begins anew, and of the author's word
    for a doubt (for the trail; that of before too where it still counts). Forget what waits elsewhere of the
    question as it was before it was edited."""
    here = turn.question.address.conversation
    if turn.private and turn.profile.chat != here and turn.audience.is_only(turn.question.author.id):
        await turn.person.update(chat=here)
    if turn.session.withheld and not turn.session.turns and not is_aside(turn.question.text):
        turn.preface(turn.texts.begun_anew())  # somebody here could not read what was said before
    if turn.question.word is not None:
        turn.note("confirmed" if turn.question.word else "denied")
    elif turn.brought.waived:
        turn.note("denied", why="before")
    if edited and not turn.question.resumed:
        await removed(services, turn.who, turn.question.key, turn.chat)


async def _make_ready(services: Services, turn: Turn) -> None:
    """Put before the answer what its author should know: a question was dropped, a password was seen; after
    it that a robot writes here, where somebody came who never read it (AI Act, article 50(1)). The session
    has the level of files before anything of them is sent. Raises Denied where none could be read."""
    if turn.unread:
        require_readable(turn)
    held = turn.question.held
    if (
        held is not None
        and turn.question.leaves_held
        and not held.offers
        and not is_aside(turn.question.text)
    ):
        turn.preface(turn.texts.doubt_dropped())
    if turn.question.offer == "without":
        turn.preface(turn.texts.sent_without())
    if any(each.kind == "credential" for each in turn.brought.found):
        turn.preface(turn.texts.secret_seen())
    in_room = isinstance(turn.question.event, Message) and not (
        turn.question.direct or turn.question.event.private
    )
    if in_room and await turn.room.has_newcomers():
        turn.afterword(turn.texts.welcome_short(turn.policy.retention.session_days))
    if turn.files and turn.level > turn.session.level:
        await services.sessions.raise_level(turn.session.key, turn.level, floor=turn.floor)


async def told_whom_to_call(turn: Turn, text: str) -> bool:
    """Say first whom to call, where a text that may tell of a danger (`possible_dangers`) does: whatever then
    becomes of the question. Among others that is said to the author alone, who asks again there if it was
    read wrongly: True. That somebody collapses is told where it was written: who reads it may help."""
    turn.danger = await danger_of(text, turn.brought.jail)
    if turn.danger is None:
        return False
    whom = turn.texts.distress(turn.danger)
    alone = turn.danger != "medical"
    if alone and await turn.person.tell(turn.texts.distress_alone(whom, room=turn.room.name)) is not None:
        return True
    turn.preface(whom)
    return False
