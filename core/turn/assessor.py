"""Assesses texts as the policy wants it: by `core.sensitivity`'s rules, the policy's additions to the
vocabulary, and the level of an unmarked text in this place.

Long texts are assessed in the sandbox. What cannot be assessed is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import orjson

from core.connector import AudienceKind
from core.documents.sandbox.sandbox import ASSESS, FIND_DANGER, Failure
from core.errors import SandboxError
from core.policy.decision import Denied, Refusal
from core.policy.file import PolicyFile
from core.policy.rules import MarkingRule
from core.sensitivity.assess import INLINE, TaskRunner, assess_async, with_evidence
from core.sensitivity.level import Assessment, Evidence, Level, Part
from core.sensitivity.markings.vocabulary import Mark, added
from core.understanding.understand import Distress, danger_in, danger_model

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
    """Return the danger that a text tells of which may tell of one. It is read again in the sandbox; where
    that fails, words alone decide."""
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
