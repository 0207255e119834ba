"""`relais digest FILE…`: files condensed, or a question on them answered. `-` is standard input.

The same way as in a conversation: read in the sandbox, assessed, permitted by the policy, condensed, checked.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bots.cli.inputs import DONE, FAILED, REFUSED, cannot_be_opened, document_of, indented, said_here
from bots.cli.workshop import Workshop, workshop
from bots.documents.requests import DocumentWish
from bots.documents.synthesis import Made, remarks, synthesised
from core.condense import Form, works
from core.condense.words import SynthesisWords
from core.config.settings import Settings, load_settings
from core.documents.cleaning import printable
from core.documents.document import Document
from core.documents.ocr.recognition import Ocr
from core.documents.parts import parts_of
from core.documents.texts import missing
from core.gateway.ask import footprint
from core.policy.decision import Denied
from core.sensitivity.level import Level, Part
from core.turn.attachments import texts_of


@dataclass(slots=True)
class _Gathered:
    """The files as they were read, and what is known of them."""

    texts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    unread: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Of each text: the file as it was given, and what within it."""
    level: Level = Level.N0
    title: str = ""

    def add(self, document: Document, path: Path, language: str) -> None:
        """The texts of a document, under names of their own."""
        given = str(path)
        short = document.name if document.name not in self.files else given
        for name, text in texts_of(replace(document, name=short), language=language):
            self.texts.append((name, text))
            self.files[name] = given + name.removeprefix(short)
        piped = "standard input" if language == "en" else "entrée standard"
        self.title = self.title or document.title or (piped if given == "-" else document.name)


def digest(
    files: Sequence[Path],
    *,
    form: Form,
    question: str,
    as_json: bool,
    settings: Settings | None = None,
) -> int:
    """Print the synthesis. 1 when nothing could be read, 3 when the policy refuses.

    Raises ConfigurationError, GatewayError."""
    settings = settings or load_settings()
    return asyncio.run(_digest(files, "question" if question else form, question, as_json, settings))


async def _digest(files: Sequence[Path], form: Form, question: str, as_json: bool, settings: Settings) -> int:
    unread: Sequence[tuple[str, str]] = ()
    say = said_here(settings)
    try:
        async with workshop(settings) as work:
            gathered = await _gather(files, work, question)
            unread = gathered.unread
            work.progress.clear()
            for name, why in unread:
                sys.stderr.write(f"{name}\u00a0: {why}\n")
            if not gathered.texts:
                sys.stdout.write(indented(_nothing(form, gathered.level, unread)) if as_json else "")
                return FAILED
            made = await _made(gathered, work, form, question)
    except Denied as denied:
        sys.stderr.write(say.refusal(denied.refusal) + "\n")
        sys.stdout.write(indented(_nothing(form, denied.refusal.level, unread)) if as_json else "")
        return REFUSED
    text = "\n\n".join([made.finished.text, *remarks(made, gathered.level, say)])
    sys.stdout.write(indented(_entry(form, gathered, made)) if as_json else printable(text) + "\n")
    return DONE


async def _gather(files: Sequence[Path], work: Workshop, question: str) -> _Gathered:
    """Read and assess every file. Raises Denied when one cannot be assessed."""
    ocr = Ocr(work.sandbox)
    language, progress = work.settings.language, work.progress
    said = await work.assess((Part(text=question),))
    found = _Gathered(level=said.level)
    for number, path in enumerate(files, 1):
        text = f"{SynthesisWords(language).reading(number, len(files))}\u00a0: {path.name}"
        progress.show(number - 1, len(files), text)
        document = await document_of(
            ocr, path, lambda done, pages, text=text: progress.show(done, pages, text)
        )
        if document is None:
            found.unread.append((str(path), cannot_be_opened(language)))
            continue
        for each in missing(document):
            name = str(path) if each.document is document else f"{path} › {each.document.name}"
            found.unread.append((name, each.said(language)))
        if not document.readable:
            continue
        assessed = await work.assess(parts_of(document))
        found.level = max(found.level, assessed.level)
        found.add(document, path, language)
    return found


async def _made(gathered: _Gathered, work: Workshop, form: Form, question: str) -> Made:
    language, progress = work.settings.language, work.progress
    say = SynthesisWords(language)
    given = works(gathered.texts, language=language)
    access = work.access(gathered.level)
    return await synthesised(
        given,
        DocumentWish(form=form, question=question),
        access.stream,
        model=access.route("chat" if form == "question" else "summary", language).models[0],
        language=language,
        said=question,
        progress=lambda done, total: progress.show(done, total, say.reading(done, total)),
    )


def _nothing(form: Form, level: Level, unread: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What is told when no file could be read, or none may be."""
    entry: dict[str, Any] = {"title": "", "form": form, "level": level.name, "model": None, "text": ""}
    left = [{"file": name, "reason": why} for name, why in unread]
    return entry | {"statements": [], "to_check": [], "unread": left, "usage": {}}


def _entry(form: Form, gathered: _Gathered, made: Made) -> dict[str, Any]:
    done, usage = made.condensed.done, made.condensed.done.usage
    print_ = footprint(done.model, usage)
    told: dict[str, Any] = {
        "requests": made.condensed.requests,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "estimated": usage.estimated,
    }
    if print_:
        told |= {"wh": print_.wh, "gco2e": print_.gco2e, "method": print_.method}
    statements = [
        {
            "text": statement.text,
            "sources": [
                {"file": gathered.files.get(source.work, source.work), "page": source.page}
                for source in statement.sources
            ],
        }
        for statement in made.finished.statements
    ]
    return _nothing(form, gathered.level, gathered.unread) | {
        "title": gathered.title,
        "model": done.model.id,
        "text": made.finished.text,
        "statements": statements,
        "to_check": [{"kind": doubt.kind, "text": doubt.text} for doubt in made.finished.to_check],
        "usage": told,
    }
