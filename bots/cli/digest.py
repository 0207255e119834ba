"""`relais digest FILE…`: files condensed, or a question on them answered. `-` is standard input.

The same way as in a conversation: read in the sandbox, assessed, permitted by the policy, condensed, checked.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiohttp import ClientSession

from bots.cli.digest_output import Digest, as_json_text, as_markdown, nothing_read
from bots.cli.progress import Progress
from core.condense import Form, condense, finish, works
from core.condense.words import words
from core.config.settings import Settings, load_settings
from core.documents.cleaning import printable
from core.documents.document import Document
from core.documents.missing import missing
from core.documents.ocr.recognition import Ocr
from core.documents.ocr.recognition import Progress as Shower
from core.documents.parts import parts_of
from core.documents.sandbox.sandbox import Sandbox
from core.gateway.ask import Ask, Piece
from core.gateway.catalogue import Model, Task
from core.gateway.client import Gateway, session
from core.policy.decision import Denied, Route, permit
from core.policy.file import PolicyFile, load_policy
from core.sensitivity.evidence import Part
from core.sensitivity.level import Level
from core.sensitivity.masker import Masker
from core.texts import Contacts, texts
from core.turn.assessment import Assessing
from core.turn.attachments import texts_of
from core.turn.masking import masked, unmasked

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
    policy = load_policy(settings)
    progress = Progress(sys.stderr)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(minimum=policy.sandbox))
        assessing = Assessing(policy, sandbox)
        try:
            gathered = await _gather(files, sandbox, assessing, question, progress, settings.language)
        except Denied as denied:
            return _refused(denied, form, (), as_json, settings)
        finally:
            progress.clear()
        for name, why in gathered.unread:
            sys.stderr.write(f"{name}\u00a0: {why}\n")
        if not gathered.texts:
            sys.stdout.write(nothing_read(form, gathered.level, gathered.unread) + "\n" if as_json else "")
            return FAILED
        client = await stack.enter_async_context(session(settings.ca_file))
        gateway = gateway_of(client, settings)
        try:
            asking = _Asking(gateway, policy, gathered.level, sandbox)
            made = await _made(gathered, asking, form, question, progress, settings.language)
        except Denied as denied:
            return _refused(denied, form, gathered.unread, as_json, settings)
        finally:
            progress.clear()
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


def gateway_of(client: ClientSession, settings: Settings) -> Gateway:
    def key(model: Model) -> str | None:
        secret = settings.secret(model.api_key_env) if model.api_key_env else None
        return secret.reveal() if secret else None

    return Gateway(session=client, keys=key)


async def _gather(
    files: Sequence[Path],
    sandbox: Sandbox,
    assessing: Assessing,
    question: str,
    progress: Progress,
    language: str,
) -> _Gathered:
    """Read and assess every file. Raises Denied when one cannot be assessed."""
    ocr = Ocr(sandbox)
    said = await assessing.assess((Part(text=question),), "console")
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
        found.level = max(found.level, (await assessing.assess(parts_of(document), "console")).level)
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


class _Asking:
    """The way to a model: the policy before each request, masking where it is wanted."""

    def __init__(self, gateway: Gateway, policy: PolicyFile, level: Level, sandbox: Sandbox) -> None:
        self._gateway = gateway
        self._policy = policy
        self._level = level
        self._sandbox = sandbox

    def route(self, task: Task, language: str) -> Route:
        return permit(self._policy, level=self._level, audience="console", task=task, language=language)

    async def ask(self, ask: Ask) -> AsyncGenerator[Piece]:
        masker: Masker | None = None
        if self._policy.masking is not None and self._level >= self._policy.masking:
            ask, masker = await masked(ask, self._sandbox)
        task, language = ask.task, ask.language
        async with aclosing(self._gateway.stream(ask, lambda: self.route(task, language))) as stream:
            async for piece in unmasked(stream, masker) if masker else stream:
                yield piece


async def _made(
    gathered: _Gathered,
    asking: _Asking,
    form: Form,
    question: str,
    progress: Progress,
    language: str,
) -> Digest:
    given = works(gathered.texts, language=language)
    model = asking.route("chat" if form == "question" else "summary", language).models[0]
    condensed = await condense(
        given,
        asking.ask,
        model=model,
        form=form,
        language=language,
        question=question,
        progress=lambda done, total: progress.show(done, total, words(language).reading(done, total)),
    )
    checked = condensed.done.model.dialect != "extracts"
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
