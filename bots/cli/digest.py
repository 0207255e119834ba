"""`relais digest FILE…`: files condensed, or a question on them answered. `-` is standard input.

The same way as in a conversation: read in the sandbox, assessed, permitted by the policy, condensed, checked.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bots.cli.digest_output import Digest, as_json_text, as_markdown, nothing_read
from bots.cli.workshop import Workshop, workshop
from core.condense import Form, condense, finish, works
from core.condense.words import words
from core.config.settings import Settings, load_settings
from core.documents.cleaning import printable
from core.documents.document import Document
from core.documents.missing import missing
from core.documents.ocr.recognition import Ocr
from core.documents.ocr.recognition import Progress as Shower
from core.documents.parts import parts_of
from core.policy.decision import Denied
from core.sensitivity.evidence import Part
from core.sensitivity.level import Level
from core.texts import Contacts, texts
from core.turn.attachments import texts_of

DONE, FAILED, REFUSED = 0, 1, 3
_MISSING = {
    "fr": "Ce fichier ne peut pas être ouvert\u00a0: vérifiez son chemin et vos droits.",
    "en": "This file cannot be opened: check its path and your rights.",
}


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
        for name, text in texts_of(replace(document, name=short)):
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
    try:
        async with workshop(settings) as work:
            gathered = await _gather(files, work, question)
            unread = gathered.unread
            work.progress.clear()
            for name, why in unread:
                sys.stderr.write(f"{name}\u00a0: {why}\n")
            if not gathered.texts:
                sys.stdout.write(nothing_read(form, gathered.level, unread) + "\n" if as_json else "")
                return FAILED
            made = await _made(gathered, work, form, question)
    except Denied as denied:
        return _refused(denied, form, unread, as_json, settings)
    shown = as_json_text(made) if as_json else printable(as_markdown(made, settings))
    sys.stdout.write(shown + "\n")
    return DONE


def _refused(
    denied: Denied, form: Form, unread: Sequence[tuple[str, str]], as_json: bool, settings: Settings
) -> int:
    contacts = Contacts(help=settings.contact, security=settings.security_contact)
    sys.stderr.write(texts(settings.language, contacts).refusal(denied.refusal) + "\n")
    if as_json:
        sys.stdout.write(nothing_read(form, denied.refusal.level, unread) + "\n")
    return REFUSED


async def _gather(files: Sequence[Path], work: Workshop, question: str) -> _Gathered:
    """Read and assess every file. Raises Denied when one cannot be assessed."""
    ocr = Ocr(work.sandbox)
    language, progress = work.settings.language, work.progress
    said = await work.assessing.assess((Part(text=question),), "console")
    found = _Gathered(level=said.level)
    for number, path in enumerate(files, 1):
        text = f"{words(language).reading(number, len(files))}\u00a0: {path.name}"
        progress.show(number - 1, len(files), text)
        document = await _document(ocr, path, lambda done, pages, text=text: progress.show(done, pages, text))
        if document is None:
            found.unread.append((str(path), _MISSING["en" if language == "en" else "fr"]))
            continue
        found.unread += [
            (
                str(path) if each.document is document else f"{path} › {each.document.name}",
                each.said(language),
            )
            for each in missing(document)
        ]
        if not document.readable:
            continue
        assessed = await work.assessing.assess(parts_of(document), "console")
        found.level = max(found.level, assessed.level)
        found.add(document, path, language)
    return found


async def _document(ocr: Ocr, path: Path, show: Shower) -> Document | None:
    """None when the file cannot be opened."""
    try:
        if str(path) == "-":
            return await ocr.read(await asyncio.to_thread(sys.stdin.buffer.read), name="-", progress=show)
        return await ocr.read(path, name=path.name, progress=show)
    except OSError:
        return None


async def _made(gathered: _Gathered, work: Workshop, form: Form, question: str) -> Digest:
    language, progress = work.settings.language, work.progress
    given = works(gathered.texts, language=language)
    access = work.access(gathered.level)
    condensed = await condense(
        given,
        access.stream,
        model=access.route("chat" if form == "question" else "summary", language).models[0],
        form=form,
        language=language,
        question=question,
        progress=lambda done, total: progress.show(done, total, words(language).reading(done, total)),
    )
    checked = condensed.done.model.generates
    finished = await asyncio.to_thread(finish, condensed.text, given, said=question, checked=checked)
    return Digest(
        title=gathered.title,
        form=form,
        level=gathered.level,
        condensed=condensed,
        finished=finished,
        unread=tuple(gathered.unread),
        files=gathered.files,
    )
