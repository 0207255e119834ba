"""`relais read FILE…`: what is read of files, as Markdown or as JSON. `-` is standard input."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bots.cli.inputs import DONE, FAILED, IN_PART, Progress, cannot_be_opened, documents_of, indented
from core.condense.words import SynthesisWords
from core.config.settings import Settings, load_settings
from core.documents.cleaning import printable
from core.documents.document import Document
from core.documents.ocr.recognition import Ocr
from core.documents.ocr.recognition import Progress as Shower
from core.documents.parts import parts_of
from core.documents.sandbox.jail import Minimum
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.documents.texts import aside_unread, caution, missing, place_name, reason, recognising
from core.policy.file import policy_file
from core.sensitivity.assess import assess_async

_MARKINGS = frozenset(("marking", "tlp", "pap", "label", "unknown_marking"))


def read(files: Sequence[Path], as_json: bool, *, settings: Settings | None = None) -> int:
    """Print what was read. 1 when one of the files could not be read, else 4 when one was read in part."""
    settings = settings or load_settings()
    minimum = policy_file(settings).sandbox
    return asyncio.run(_read(files, as_json, settings.language, minimum))


async def _read(files: Sequence[Path], as_json: bool, language: str, minimum: Minimum) -> int:
    failed = partly = False
    entries: list[dict[str, Any]] = []
    progress = Progress(sys.stderr)
    async with Sandbox(minimum=minimum) as sandbox:
        ocr = Ocr(sandbox)

        def shower(number: int) -> Shower:
            return _shower(progress, number + 1, len(files), files[number], language)

        async for path, document in documents_of(ocr, files, shower):
            progress.clear()
            failed |= document is None or not document.readable
            partly |= document is not None and bool(missing(document) or aside_unread(document))
            if as_json:
                entries.append(await _entry(sandbox, path, document, language))
            else:
                _print(path, document, language, named=len(files) > 1)
    if as_json:
        sys.stdout.write(indented(entries))
    return FAILED if failed else IN_PART if partly else DONE


def _shower(progress: Progress, number: int, total: int, path: Path, language: str) -> Shower:
    """Shows which file is read, and which page of it is recognised; says first how long that takes."""

    def show(done: int = 0, pages: int = 0) -> None:
        if not done and (words := recognising(done, pages, language=language)):
            progress.clear()
            sys.stderr.write(f"{path}\u00a0: {words}.\n")
        text = f"{SynthesisWords(language).reading(number, total)}\u00a0: {path.name}"
        page = f" (page {done + 1}/{pages})" if done < pages else ""
        progress.show((number - 1) * max(1, pages) + done, total * max(1, pages), text + page)

    show()
    return show


async def _entry(sandbox: Sandbox, path: Path, document: Document | None, language: str) -> dict[str, Any]:
    if document is None:
        document = Document(name=path.name, type="unknown")
        why: str | None = cannot_be_opened(language)
    else:
        why = reason(document, language=language) or None
    return {
        "file": str(path),
        "type": document.type,
        "markdown": document.to_markdown(),
        "pages": [
            {"number": page.number, "name": page.name, "markdown": page.to_markdown()}
            for page in document.pages
        ],
        "headings": [
            {"level": section.level, "text": section.heading, "page": section.page}
            for each in document.walk()
            for section in each.sections
            if section.heading
        ],
        "properties": dict(document.properties),
        "places": [
            {"kind": place.kind, "text": place.text, "page": place.page}
            for each in document.walk()
            for place in each.places
        ],
        "markings": await _markings(sandbox, document),
        "readable": why is None,
        "reason": why,
        "warnings": _cautions(document, language),
    }


def _cautions(document: Document, language: str) -> list[str]:
    """What is told of a document and of the files in it, each sentence once."""
    told = (caution(each, language=language) for one in document.walk() for each in one.warnings)
    return list(dict.fromkeys(told))


async def _markings(sandbox: Sandbox, document: Document) -> list[dict[str, Any]]:
    """The markings found in the text and round it, those only talked about left out."""
    try:
        assessment = await assess_async(parts_of(document), jail=sandbox)
    except Failure:
        return []
    found = {
        (item.excerpt, item.place, item.level.name, item.strength): None
        for item in assessment.evidence
        if item.kind in _MARKINGS and item.strength != "mention"
    }
    return [
        {"text": text, "place": place, "level": level, "strength": strength}
        for text, place, level, strength in found
    ]


def _print(path: Path, document: Document | None, language: str, *, named: bool) -> None:
    why = cannot_be_opened(language) if document is None else ""
    why = why or (reason(document, language=language) if document else "")
    if why:
        sys.stderr.write(f"{path}\u00a0: {why}\n")
        return
    assert document is not None  # noqa: S101 - it has no reason
    for said in _cautions(document, language):
        sys.stderr.write(f"{path}\u00a0: {said}\n")
    for part in document.unread[0 if document.readable else 1 :]:
        sys.stderr.write(f"{path} › {part.name}\u00a0: {reason(part, language=language)}\n")
    if named:
        sys.stdout.write(f"──── {path} ────\n\n")
    text = document.to_markdown()
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.write(printable(_around(document, text, language)))
    if named:
        sys.stdout.write("\n")


def _around(document: Document, text: str, language: str) -> str:
    """What stands round the text and not in it, each with the name of its place; empty where nothing does."""
    within = set(text.split())
    lines = [
        f"- {place_name(place.kind, language=language)}\u00a0: {' '.join(place.text.split())}\n"
        for each in document.walk()
        for place in each.places
        if not within.issuperset(place.text.split())
    ]
    return "\n---\n\n" + "".join(lines) if lines else ""
