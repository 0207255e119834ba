"""What a turn brings, assessed: its level, why, and whether the person must be asked.

The rules are `core.sensitivity`'s; here they meet the policy: its additions to the vocabulary, the level of
an unmarked text in this place, and what is to be done about it. What cannot be assessed is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence

import orjson

from core.connector import AudienceKind
from core.documents.sandbox.sandbox import ASSESS, FIND_DANGER, Failure
from core.errors import SandboxError
from core.policy.decision import Denied, Refusal, decide
from core.policy.file import PolicyFile
from core.sensitivity.assess import INLINE, TaskRunner, assess_async, with_evidence
from core.sensitivity.evidence import (
    MARKINGS,
    Assessment,
    Denials,
    Evidence,
    Finding,
    Kind,
    Part,
    findings,
    highest,
    without,
)
from core.sensitivity.level import Level, Sublevel
from core.sensitivity.markings.vocabulary import Mark, added
from core.understanding.danger import Distress, danger_in, model, possible

_REGULAR = re.compile(r"[\\^$*+?{}\[\]|()]")
_LONGEST_LINE = 200
_DECORATION = " \t\u00a0*_-–—.:#>"


class Assessing:
    """Assesses texts as the policy wants it, long ones in the sandbox. One for all turns."""

    def __init__(self, policy: PolicyFile, jail: TaskRunner | None) -> None:
        self._policy = policy
        self._jail = jail
        self.learn()

    def learn(self) -> None:
        """Take in the markings and labels of the policy: at the start, and when it was changed."""
        policy = self._policy
        self._patterns = [(m, re.compile(m.pattern)) for m in policy.markings if _REGULAR.search(m.pattern)]
        self._additions: tuple[Mark, ...] = tuple(
            added(m.pattern, m.sublevel or m.level.name, m.strength)
            for m in policy.markings
            if not _REGULAR.search(m.pattern)
        )
        labels = ((id, level) for level, id in policy.labels.items() if level != "site")
        self._additions += tuple(added(id, level, "strong") for id, level in labels)

    async def prepare(self) -> None:
        """Have the jail read the data of assessments before the first. Raises Failure, SandboxError."""
        if self._jail is not None:
            await self._jail.call(FIND_DANGER, b"", {})
            await self._jail.call(ASSESS, orjson.dumps({"parts": (), "additions": ()}), {"unmarked": "N0"})

    async def danger(self, text: str) -> Distress | None:
        """The danger that a text tells of; what may tell of one is read again in the sandbox. Where that
        fails, words alone decide."""
        if not possible(text):
            return None
        try:
            if self._jail is not None:
                return await self._jail.call(FIND_DANGER, text.encode("utf-8", "replace"), {})
        except (Failure, SandboxError):
            return danger_in(text, None)
        return await asyncio.to_thread(lambda: danger_in(text, model()))

    async def assess(self, parts: Sequence[Part], audience: AudienceKind) -> Assessment:
        """Raises Denied when it cannot be done (too long, too slow), SandboxError when the sandbox fails."""
        unmarked = self._policy.unmarked_level(audience)
        try:
            assessment = await assess_async(
                parts, unmarked=unmarked, additions=self._additions, jail=self._jail
            )
        except Failure:
            raise Denied(Refusal(why="unassessed", level=Level.N4, ceiling=None, audience=audience)) from None
        if not self._patterns:
            return assessment
        if sum(len(part.text) for part in parts) <= INLINE:
            return self._with_patterns(assessment, parts)
        return await asyncio.to_thread(self._with_patterns, assessment, parts)

    def _with_patterns(self, assessment: Assessment, parts: Sequence[Part]) -> Assessment:
        """The policy's regular expressions: each counts where it is alone on its line."""
        found = tuple(e for number, part in enumerate(parts) for e in self._matches(part, number))
        return with_evidence(assessment, found)

    def _matches(self, part: Part, number: int) -> Iterator[Evidence]:
        offset = 0
        for line in part.text.splitlines(keepends=True):
            text = line.strip().strip(_DECORATION)
            if text and len(text) <= _LONGEST_LINE:
                for marking, pattern in self._patterns:
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


class TurnAssessment:
    """All that one turn brings to a session, assessed piece by piece. `denied` are the doubts that its author
    denied before in this conversation (`core.sensitivity.evidence.doubt`): they are not asked about again.
    `answer`: they said whether the weak findings are true."""

    def __init__(
        self,
        assessing: Assessing,
        policy: PolicyFile,
        audience: AudienceKind,
        person: str | None = None,
        read_again: ReadAgain | None = None,
        denied: Denials | None = None,
        answer: bool | None = None,
    ) -> None:
        self._assessing = assessing
        self._read_again = read_again
        self._policy = policy
        self._audience: AudienceKind = audience
        self._person = person
        self._denied_before = denied or {}
        self.waived: set[Kind] = set()
        """The kinds of doubts that were not asked about, since the person denied them before."""
        self._assessments: list[Assessment] = []
        self._top = Level.N0
        self.level = Level.N0
        """The level of it all; weak findings count until the person denies them."""
        self.floor = Level.N0
        """The level without weak findings, unless the person said that they are true."""
        self.sure = Level.N0
        """The level without weak findings, whatever the person said of them."""
        self.found: tuple[Finding, ...] = ()
        """What decided, highest first; what the person denied is left out."""
        self.denied: tuple[Finding, ...] = ()
        """The weak findings that the person denied."""
        self._findings: list[Finding] = []
        self._answer = answer
        self.rules = ""

    async def take(self, parts: Sequence[Part], source: str = "") -> Level:
        """Assess the parts of a message, or of the file `source`; returns their level, without weak findings
        where the person denied them. Raises Denied."""
        parts = [part for part in parts if part.text]
        if not parts:
            return Level.N0
        assessment = await self._assessing.assess(parts, self._audience)
        if self._read_again is not None:
            assessment = await self._read_again(parts, assessment, bool(source))
        if self._denied_before and assessment.evidence:
            left = without(assessment, self._denied_before)
            self.waived |= {each.kind for each in {*assessment.evidence} - {*left.evidence}}
            assessment = left
        self._assessments.append(assessment)
        if assessment.evidence:
            self._findings += findings(assessment, source)
            weak = [each for each in self._findings if each.strength == "weak"]
            self.denied = highest(weak) if self._answer is False else ()
            denies = self._answer is False
            self.found = highest(f for f in self._findings if not denies or f.strength != "weak")
        self.rules = assessment.rules
        top, sure = assessment.gated(), assessment.gated(denied=True)
        self._top, self.sure = max(self._top, top), max(self.sure, sure)
        self.level = self.sure if self._answer is False else self._top
        self.floor = self._top if self._answer is True else self.sure
        return sure if self._answer is False else top

    async def without_taking(self, part: Part) -> Assessment:
        """What a part would be found to be, which the turn does not bring. Raises Denied."""
        return await self._assessing.assess((part,), self._audience)

    async def danger(self, text: str) -> Distress | None:
        """The danger that a text tells of."""
        return await self._assessing.danger(text)

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
        if self._answer is not None:
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
            self._policy,
            level=self.level if level is None else level,
            audience=self._audience,
            task="chat" if files else "send",
            person=self._person if files else None,
        )
        return decision if isinstance(decision, Refusal) else None
