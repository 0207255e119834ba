"""`relais scan FILE…`: the level of each file and why, for people or as JSON.

A text file is assessed as it stands: positions are offsets in its text, a form feed ends a page. Any other
file is read in the sandbox first, and positions are those of the part (a page's header, a property) in which
something was found. A file that cannot be read or assessed fails closed: it is N4. The markings that the
policy adds count, as in a conversation; `-` is the standard input.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import orjson

from core.documents.cleaning import printable
from core.documents.detect import shape_of
from core.documents.ocr.recognition import Ocr
from core.documents.parts import parts_of
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.documents.text.encoding import decode
from core.policy.decision import Denied
from core.policy.file import PolicyFile, shipped_policy
from core.sensitivity.assess import RULES_VERSION
from core.sensitivity.evidence import Assessment, Evidence, Part
from core.sensitivity.findings import findings
from core.sensitivity.level import Level
from core.sensitivity.reasons import because, strength_name
from core.texts import Contacts, Texts, texts
from core.turn.assessment import Assessing

DONE, FAILED = 0, 1
STDIN = "-"
_WRITTEN_AS_TEXT = frozenset(("eml", "html"))
"""Shapes that a text may have by chance: only their file's own suffix makes them more than text."""

_SUFFIXES = frozenset((".eml", ".html", ".htm", ".xhtml"))
_NBSP = "\u00a0"


def scan(
    paths: Sequence[Path],
    as_json: bool,
    write: TextIO | None = None,
    *,
    language: str = "fr",
    policy: PolicyFile | None = None,
) -> int:
    """Print the level of each file. 1 when one of them could not be read."""
    return asyncio.run(_scan(paths, as_json, write or sys.stdout, language, policy or shipped_policy()))


async def _scan(paths: Sequence[Path], as_json: bool, out: TextIO, language: str, policy: PolicyFile) -> int:
    words = texts(language, Contacts())
    entries: list[dict[str, Any]] = []
    failed = False
    async with Sandbox() as sandbox:
        assessing = Assessing(policy, sandbox)
        for path in paths:
            assessment = await _assess(path, sandbox, assessing)
            failed |= assessment is None
            assessment = assessment or _UNREADABLE
            if as_json:
                entries.append(_entry(path, assessment))
            else:
                out.write(printable(_described(path, assessment, words)))
    if as_json:
        out.write(orjson.dumps(entries, option=orjson.OPT_INDENT_2).decode() + "\n")
    return FAILED if failed else DONE


async def _assess(path: Path, sandbox: Sandbox, assessing: Assessing) -> Assessment | None:
    """None for a file that cannot be opened, read or assessed."""
    try:
        parts = await _parts(path, sandbox)
        return await assessing.assess(parts, "console") if parts else None
    except (OSError, Failure, Denied):
        return None


async def _parts(path: Path, sandbox: Sandbox) -> tuple[Part, ...]:
    """The file's texts, none when it cannot be read."""
    data = await asyncio.to_thread(sys.stdin.buffer.read if str(path) == STDIN else path.read_bytes)
    shape = shape_of(data)
    if not data or shape == "text" or (shape in _WRITTEN_AS_TEXT and path.suffix.lower() not in _SUFFIXES):
        return (Part(text=decode(data)[0]), Part(text=path.name, place="filename"))
    document = await Ocr(sandbox).read(data, name=path.name)
    return () if document.unread else parts_of(document)


_UNREADABLE = Assessment(
    level=Level.N4,
    denied=Level.N4,
    evidence=(
        Evidence(kind="unreadable", level=Level.N4, start=0, end=0, strength="strong", why="unreadable"),
    ),
    rules=RULES_VERSION,
)


def _entry(path: Path, assessment: Assessment) -> dict[str, Any]:
    return {
        "file": str(path),
        "level": assessment.level.name,
        "sublevel": assessment.sublevel,
        "ask": assessment.ask,
        "evidence": [
            {
                "kind": evidence.kind,
                "level": evidence.level.name,
                "start": evidence.start,
                "end": evidence.end,
                "strength": evidence.strength,
            }
            for evidence in assessment.evidence
        ],
    }


def _described(path: Path, assessment: Assessment, words: Texts) -> str:
    language = words.language
    half = f" ({assessment.sublevel})" if assessment.sublevel else ""
    lines = [f"{path}{_NBSP}: {words.level_name(assessment.level)}{half}"]
    if assessment.ask:
        lines.append(f"  {_ASK[language].format(level=words.level_name(assessment.denied))}")
    for finding in findings(assessment):
        weight = f"{strength_name(finding.strength, language)}, {finding.level}"
        why = because(finding.why, language)
        lines.append(f"  - {words.found((finding,))}{_NBSP}: {why} ({weight})")
    spoken = sum(evidence.strength == "mention" for evidence in assessment.evidence)
    if spoken:
        lines.append(f"  {_SPOKEN[language].format(count=spoken)}")
    return "\n".join(lines) + "\n"


_ASK = {
    "fr": "À confirmer par une personne\u00a0; sinon\u00a0: {level}.",
    "en": "To be confirmed by a person; otherwise: {level}.",
}
_SPOKEN = {
    "fr": "Sans effet\u00a0: {count} (mentions dont on parle, numéros d’entreprises).",
    "en": "No effect: {count} (markings talked about, numbers of companies).",
}
