"""What a turn was found to be: its level, the findings, and its documents.

A level only rises. Each text and file that a stage reads for the answer raises it: those that the turn
brings (`take`), and what is read back of the conversation or settled meanwhile (`rise`, `recall`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.connector import Audience, Readers
from core.sensitivity.level import Finding, Level, Part, highest
from core.sessions.repository import Session
from core.turn.brought import Documents
from core.turn.findings import TurnFindings
from core.understanding.understand import Distress


@dataclass(slots=True, kw_only=True)
class Reading:
    """What one turn was found to be.

    `findings` are those of what it brings. `before` is the level of what was said here before. `level` is the
    session's level with this turn: the answer's, unless it is service words. `floor` is the level of this
    turn without weak findings. `readers` are those who could read all that the answer is made of; None:
    everybody."""

    findings: TurnFindings
    session: Session
    audience: Audience
    before: Level
    raised: Level
    """The least level: of what was read or settled meanwhile, or of all that is said here."""
    level: Level
    floor: Level
    readers: Readers
    documents: Documents
    danger: Distress | None = None
    """The danger that the text tells of, once that was looked for."""
    complete: bool = False
    """Is all assessed that the turn brings?"""
    recalled: bool = False
    """Was what was said here before read for the answer?"""

    async def take(self, parts: Sequence[Part], source: str = "") -> Level:
        """Assess the parts of a message, or of the file `source`, that the turn brings, and return their
        level. Raises Denied."""
        level = await self.findings.take(parts, source)
        if self.findings.rules:
            self.level = max(self.session.level, self.raised, self.findings.level)
            self.floor = max(self.raised, self.findings.floor)
        return level

    def rise(self, level: Level) -> None:
        """Let the turn have at least this level, of what was read or settled meanwhile."""
        self.raised, self.level = max(self.raised, level), max(self.level, level)
        self.floor = max(self.floor, level)

    def recall(self, level: Level) -> None:
        """Note that what was said here before, of this level, was read for the answer: only those who are
        here now could read it."""
        self.rise(level)
        self.recalled = True
        self.readers = None if self.audience.open else self.audience.members

    @property
    def found(self) -> tuple[Finding, ...]:
        """Why the level is what it is, masked, highest first."""
        known = (each for turn in self.session.turns for each in turn.found)
        return highest((*self.findings.found, *known))

    @property
    def may_be_kept(self) -> bool:
        """Is everything that the turn brings known to be no classified information?"""
        return self.complete and max(self.level, self.findings.level) < Level.N4


def begin(
    findings: TurnFindings,
    *,
    session: Session,
    audience: Audience,
    usual: Level,
    least: Level,
    quotes: bool,
) -> Reading:
    """Return the reading of a turn of which nothing is assessed yet.

    `usual`: the level of what is written here where nothing is found in it; `least`: that of all that is said
    here. `quotes`: it replies to a message. An answer that rests on what was said before is for those who are
    here now: somebody who comes later could not read that."""
    level = max(usual, session.level, least)
    rests_on_earlier = bool(session.turns or session.materials or quotes)
    return Reading(
        findings=findings,
        session=session,
        audience=audience,
        before=max(usual, session.level) if session.turns else usual,
        raised=least,
        level=level,
        floor=level,
        readers=audience.members if rests_on_earlier and not audience.open else None,
        documents=Documents(kept=tuple(session.materials)),
    )
