"""`relais scan FILE…`: the level of each file and why, for people or as JSON.

A text file is assessed as it stands: positions are offsets in its text, a form feed ends a page. Any other
file is read in the sandbox first, and positions are those of the part (a page's header, a property) in which
something was found. A file that cannot be read or assessed fails closed: it is N4. A path at which no file
can be opened has no level: the command says so on the standard error, scans the others and ends with 2. The
markings that the policy adds count, as in a conversation; `-` is the standard input. Of a text, the JSON also
has `materials`: the pasted texts in it that are assessed as documents of their own, by form and offsets.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bots.cli.inputs import AHEAD, DONE, FAILED, IN_PART, WRONG, cannot_be_opened, documents_of, indented
from core.config.settings import Settings, load_settings
from core.documents.cleaning import printable
from core.documents.detect import shape_of
from core.documents.document import Document
from core.documents.ocr.recognition import Ocr
from core.documents.ocr.recognition import Progress as Shower
from core.documents.parts import parts_of
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.documents.text.encoding import decode
from core.documents.texts import Missing, aside_unread, missing
from core.language.materials import Pasted, split
from core.language.phrasebook import Phrasebook
from core.policy.decision import Denied
from core.policy.file import PolicyFile, policy_file
from core.sensitivity.assess import RULES_VERSION
from core.sensitivity.level import Assessment, Evidence, Level, Part, Sublevel, because, findings, how_sure
from core.texts import Contacts, Texts, texts
from core.turn.assessor import assessed

STDIN = "-"
_Read = str | Document | None
"""A text, a document, or a file that cannot be opened."""
_WRITTEN_AS_TEXT = frozenset(("eml", "html"))
"""Shapes that a text may have by chance: only their file's own suffix makes them more than text."""

_SUFFIXES = frozenset((".eml", ".html", ".htm", ".xhtml"))
_NBSP = "\u00a0"
_FILE = Path(__file__).with_suffix(".toml")


def scan(files: Sequence[Path], as_json: bool, *, settings: Settings | None = None) -> int:
    """Print the level of each file. 2 when one could not be opened, else 1 when one could not be
    read, else 4 when one was read in part."""
    settings = settings or load_settings()
    return asyncio.run(_scan(files, as_json, settings.language, policy_file(settings)))


async def _scan(paths: Sequence[Path], as_json: bool, language: str, policy: PolicyFile) -> int:
    words = texts(language, Contacts())
    closed = [path for path in paths if not await asyncio.to_thread(_opens, path)]
    for path in closed:
        sys.stderr.write(printable(f"{path}{_NBSP}: {cannot_be_opened(language)}\n"))
    paths = [path for path in paths if path not in closed]
    entries: list[dict[str, Any]] = []
    code = DONE
    async with Sandbox(minimum=policy.sandbox) as sandbox:
        async for path, read in _read(paths, Ocr(sandbox)):
            found = await _assess(path, read, policy, sandbox)
            if found.assessment is None:
                code = FAILED
            elif (found.missing or found.aside) and code == DONE:
                code = IN_PART
            if as_json:
                entries.append(_entry(path, found, language))
            else:
                sys.stdout.write(printable(_described(path, found, words)))
    if as_json:
        sys.stdout.write(indented(entries))
    return WRONG if closed else code


def _opens(path: Path) -> bool:
    """Say whether a file, or the standard input, stands at this path and may be read."""
    return str(path) == STDIN or (os.access(path, os.R_OK) and not path.is_dir())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scanned:
    """What is known of a file: the assessment of what was read (None: nothing was), and what was not read."""

    assessment: Assessment | None = None
    missing: tuple[Missing, ...] = ()
    materials: tuple[Pasted, ...] = ()
    aside: tuple[Missing, ...] = ()
    """Objects, films and macros that were not read: told, without a level."""

    @property
    def unread(self) -> tuple[Missing, ...]:
        return self.missing + self.aside

    @property
    def level(self) -> Assessment:
        """The assessment, which counts what was not read as N4: what stands there may be anything."""
        if self.assessment is None:
            return _UNREADABLE
        if not self.missing:
            return self.assessment
        evidence = (*self.assessment.evidence, *_UNREADABLE.evidence)
        top = max(self.assessment.denied, Level.N4)
        return replace(
            self.assessment, level=max(self.assessment.level, Level.N4), denied=top, evidence=evidence
        )


async def _read(paths: Sequence[Path], ocr: Ocr) -> AsyncGenerator[tuple[Path, _Read]]:
    """Each file: a text as it stands, any other as a document, which is read with those that follow. One
    text at a time is held."""
    for start in range(0, len(paths), AHEAD):
        some = paths[start : start + AHEAD]
        others = [
            path for path in some if str(path) != STDIN and await asyncio.to_thread(_as_text, path) is None
        ]
        documents = documents_of(ocr, others, _unseen)
        for path in some:
            if path in others:
                yield path, (await anext(documents))[1]
                continue
            text = await asyncio.to_thread(_as_text, path)
            yield path, await ocr.read(text, name=path.name) if isinstance(text, bytes) else text


def _as_text(path: Path) -> str | bytes | None:
    """The text of a file that is written as one; the bytes of another from the standard input, which cannot
    be read twice; None for any other file, and for one that cannot be opened."""
    here = str(path) == STDIN
    try:
        data = sys.stdin.buffer.read() if here else path.read_bytes()
    except OSError:
        return None
    shape = shape_of(data)
    if not data or shape == "text" or (shape in _WRITTEN_AS_TEXT and path.suffix.lower() not in _SUFFIXES):
        return decode(data)[0]
    return data if here else None


def _unseen(_number: int) -> Shower:
    return lambda _done=0, _pages=0: None


async def _assess(path: Path, read: _Read, policy: PolicyFile, sandbox: Sandbox) -> _Scanned:
    """What is known of a file that may not have been opened, be read or assessed."""
    left = missing(read) if isinstance(read, Document) else ()
    aside = aside_unread(read) if isinstance(read, Document) else ()
    if read is None or (left and isinstance(read, Document) and not read.readable):
        return _Scanned(missing=left)
    if isinstance(read, str):
        parts = Part(text=read), Part(text=path.name, place="filename")
    else:
        parts = parts_of(read)
    try:
        assessment = await assessed(parts, "console", policy=policy, jail=sandbox) if parts else None
    except (Failure, Denied):
        return _Scanned()
    pasted = split(read).materials if isinstance(read, str) else ()
    return _Scanned(assessment=assessment, materials=pasted, missing=left, aside=aside)


_UNREADABLE = Assessment(
    level=Level.N4,
    denied=Level.N4,
    evidence=(
        Evidence(kind="unreadable", level=Level.N4, start=0, end=0, strength="strong", why="unreadable"),
    ),
    rules=RULES_VERSION,
)


def _entry(path: Path, found: _Scanned, language: str) -> dict[str, Any]:
    assessment = found.level
    entry: dict[str, Any] = {
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
                "place": evidence.place,
                "excerpt": evidence.excerpt if evidence.sublevel is not Sublevel.N4B else "",
                "why": because(evidence.why, language),
                "sure": how_sure(evidence.strength, evidence.probability, language),
            }
            for evidence in assessment.evidence
        ],
    }
    if assessment.ask:
        entry["lower"] = {"level": assessment.denied.name, "how": Phrasebook(language, _FILE).say("lower")}
    if found.materials:
        entry["materials"] = [_material(each) for each in found.materials]
    if found.unread:
        left = [{"file": each.document.name, "reason": each.said(language)} for each in found.unread]
        entry["unread"] = left
    return entry


def _material(material: Pasted) -> dict[str, Any]:
    """The form of a pasted text, and where it stands: offsets of its first character and behind its last."""
    start, end = material.span(0, len(material.text))
    return {"form": material.form, "start": start, "end": end}


def _described(path: Path, found: _Scanned, words: Texts) -> str:
    language, told = words.language, Phrasebook(words.language, _FILE)
    assessment = found.level
    half = f" ({assessment.sublevel})" if assessment.sublevel else ""
    lines = [f"{path}{_NBSP}: {words.level_name(assessment.level)}{half}"]
    if assessment.ask:
        lines.append(f"  {told.say('ask', level=words.level_name(assessment.denied))}")
    for finding in findings(assessment):
        weight = f"{how_sure(finding.strength, finding.probability, language)}, {finding.level}"
        why = because(finding.why, language)
        lines.append(f"  - {words.found((finding,))}{_NBSP}: {why} ({weight})")
    for each in found.unread[:_TOLD]:
        name = "" if each.document.name == path.name else f"{each.document.name}{_NBSP}: "
        lines.append(f"  - {told.say('not_read')}{_NBSP}: {name}{each.said(language)}")
    if len(found.unread) > _TOLD:
        lines.append(f"  - {told.say('not_read')}{_NBSP}: +{len(found.unread) - _TOLD}")
    spoken = sum(evidence.strength == "mention" for evidence in assessment.evidence)
    if spoken:
        lines.append(f"  {told.say('spoken', count=spoken)}")
    return "\n".join(lines) + "\n"


_TOLD = 10
"""Parts that were not read which are named one by one."""
