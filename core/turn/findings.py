"""What was found in all that one turn brings, piece by piece: its level, why, and what its author is asked.

Weak findings count until the author of the turn denies them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from core.connector import AudienceKind
from core.policy.decision import Denied, Refusal, decide
from core.policy.file import PolicyFile
from core.sensitivity.assess import TaskRunner
from core.sensitivity.level import (
    MARKINGS,
    Assessment,
    Denials,
    Finding,
    Kind,
    Level,
    Part,
    Sublevel,
    findings,
    highest,
    without,
)
from core.turn.assessor import assessed

ReadAgain = Callable[[Sequence[Part], Assessment, bool], Awaitable[Assessment]]
"""Reads again what a turn brings, of a document or not, where the policy wants it, and returns the
assessment, maybe raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Assesses what one person brings to one place. `jail` assesses long texts; None: a thread does."""

    policy: PolicyFile
    jail: TaskRunner | None
    audience: AudienceKind
    person: str | None = None
    read_again: ReadAgain | None = None

    async def assess(self, parts: Sequence[Part]) -> Assessment:
        """Assess parts by the rules of the policy alone. Raises Denied."""
        return await assessed(parts, self.audience, policy=self.policy, jail=self.jail)

    async def assess_twice(self, parts: Sequence[Part], *, document: bool) -> Assessment:
        """Assess parts, and have a second reader look at them where the policy wants it. Raises Denied."""
        assessment = await self.assess(parts)
        return assessment if self.read_again is None else await self.read_again(parts, assessment, document)

    def refusal(self, level: Level, *, files: bool) -> Refusal | None:
        """Return why texts of this level may not be here, or with `files` may be read by no model; None where
        they may."""
        try:
            decide(
                self.policy,
                level=level,
                audience=self.audience,
                task="chat" if files else "send",
                person=self.person if files else None,
            )
        except Denied as denied:
            return denied.refusal
        return None


@dataclass(slots=True, kw_only=True)
class TurnFindings:
    """What was found in all that one turn brings.

    `denied_before` are the doubts that its author denied before in this conversation
    (`core.sensitivity.level.doubt`): they are not asked about again. `answer`: the author said whether the
    weak findings are true; None where they said nothing of them."""

    assessor: Assessor
    denied_before: Denials | None = None
    answer: bool | None = None
    waived: set[Kind] = field(default_factory=set[Kind])
    """The kinds of doubts that were not asked about, since the person denied them before."""
    rules: str = ""
    """The version of the rules by which it was assessed; "" until anything is."""
    sure: Level = Level.N0
    """The level without weak findings, whatever the person said of them."""
    _with_doubts: Level = Level.N0
    """The level with the weak findings."""
    _assessments: list[Assessment] = field(default_factory=list[Assessment])
    _findings: list[Finding] = field(default_factory=list[Finding])

    async def take(self, parts: Sequence[Part], source: str = "") -> Level:
        """Assess the parts of a message, or of the file `source`, and return their level, without weak
        findings where the person denied them. Raises Denied."""
        parts = [part for part in parts if part.text]
        if not parts:
            return Level.N0
        assessment = self._without_denied(await self.assessor.assess_twice(parts, document=bool(source)))
        self._assessments.append(assessment)
        self._findings += findings(assessment, source)
        self.rules = assessment.rules
        with_doubts, sure = assessment.gated(), assessment.gated(denied=True)
        self._with_doubts, self.sure = max(self._with_doubts, with_doubts), max(self.sure, sure)
        return sure if self.answer is False else with_doubts

    def _without_denied(self, assessment: Assessment) -> Assessment:
        """Leave out the doubts that the person denied before in this conversation."""
        if not (self.denied_before and assessment.evidence):
            return assessment
        left = without(assessment, self.denied_before)
        self.waived |= {each.kind for each in {*assessment.evidence} - {*left.evidence}}
        return left

    # -- the level ---------------------------------------------------------------------------------------

    @property
    def level(self) -> Level:
        """The level of it all; weak findings count until the person denies them."""
        return self.sure if self.answer is False else self._with_doubts

    @property
    def floor(self) -> Level:
        """The level without weak findings, unless the person said that they are true."""
        return self._with_doubts if self.answer is True else self.sure

    @property
    def sublevel(self) -> Sublevel | None:
        """Which half of N4, when it is N4; a half that is not known fails closed."""
        if self.level < Level.N4:
            return None
        halves = [a.sublevel for a in self._assessments if a.level is Level.N4]
        return max((half for half in halves if half), default=Sublevel.N4A)

    # -- why ---------------------------------------------------------------------------------------------

    @property
    def found(self) -> tuple[Finding, ...]:
        """What decided, highest first; what the person denied is left out."""
        return highest(each for each in self._findings if self.answer is not False or each.strength != "weak")

    @property
    def denied(self) -> tuple[Finding, ...]:
        """The weak findings that the person denied."""
        weak = (each for each in self._findings if each.strength == "weak")
        return highest(weak) if self.answer is False else ()

    @property
    def doubts(self) -> tuple[Finding, ...]:
        """The weak findings that alone lift the level."""
        if self.answer is not None:
            return ()
        return highest(f for f in self._findings if f.strength == "weak" and f.level > self.floor)

    def question(self, base: Level) -> tuple[Finding, ...]:
        """Return what to ask the person about, in a session of level `base`: a doubtful marking, or another
        doubt on which it depends whether the text may be here at all."""
        doubts = [f for f in self.doubts if f.level > base]
        if any(f.kind in MARKINGS for f in doubts) or (doubts and self.refusal(files=True)):
            return tuple(doubts)
        return ()

    # -- what may be done --------------------------------------------------------------------------------

    @property
    def out_of_scope(self) -> bool:
        """May what is surely found be handled nowhere?"""
        refusal = self.refusal(files=True, level=self.floor)
        return refusal is not None and refusal.why == "out_of_scope"

    def refusal(self, *, files: bool, level: Level | None = None) -> Refusal | None:
        """Return why this may not be here, or with `files` may be read by no model; None where it may."""
        return self.assessor.refusal(self.level if level is None else level, files=files)
