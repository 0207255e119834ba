"""`relais summarise TALK.json`: an exported conversation summarised, the same way as in a room.

Read, assessed, permitted by the policy, condensed, checked. `-` is standard input.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from bots.cli.digest import DONE, FAILED, REFUSED, gateway_of
from bots.cli.progress import Progress
from bots.summariser.drafting import Drafted, draft
from bots.summariser.summary import KINDS
from bots.summariser.talk import Talk, load
from bots.summariser.writing import Form, write
from core.condense.words import words
from core.config.settings import Settings, load_settings
from core.documents.cleaning import printable
from core.documents.sandbox.sandbox import Sandbox
from core.gateway.ask import Ask, Piece
from core.gateway.client import Gateway, session
from core.policy.decision import Denied, Route, permit
from core.policy.file import PolicyFile, load_policy
from core.sensitivity.evidence import Part
from core.sensitivity.level import Level
from core.texts import Contacts, texts
from core.turn.assessment import Assessing


def summarise(talk: Path, *, form: Form, as_json: bool, settings: Settings | None = None) -> int:
    """Print the summary. 1 when the file cannot be opened, 3 when the policy refuses.

    Raises ConfigurationError (it is no conversation), GatewayError."""
    settings = settings or load_settings()
    try:
        data = sys.stdin.buffer.read() if str(talk) == "-" else talk.read_bytes()
    except OSError as error:
        sys.stderr.write(f"relais: {talk}: {error.strerror}\n")
        return FAILED
    return asyncio.run(_summarise(load(data, name=str(talk)), form, as_json, settings))


async def _summarise(talk: Talk, form: Form, as_json: bool, settings: Settings) -> int:
    policy = load_policy(settings)
    progress = Progress(sys.stderr)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox())
        gateway = gateway_of(await stack.enter_async_context(session(settings.ca_file)), settings)
        try:
            level = await level_of(talk, Assessing(policy, sandbox), policy)
            drafted = await _drafted(talk, level, policy, gateway, progress, settings.language)
        except Denied as denied:
            contacts = Contacts(help=settings.contact, security=settings.security_contact)
            sys.stderr.write(texts(settings.language, contacts).refusal(denied.refusal) + "\n")
            return REFUSED
        finally:
            progress.clear()
    text = _text(drafted, talk, form, level, settings.language)
    sys.stdout.write((as_json_text(drafted, level, text) if as_json else printable(text)) + "\n")
    return DONE


async def level_of(talk: Talk, assessing: Assessing, policy: PolicyFile) -> Level:
    """The highest of all messages that are read, and of the names of their files. Raises Denied."""
    parts = [Part(text=said.text) for said in talk.messages if said.text]
    parts += [Part(text=name, place="filename") for said in talk.messages for name in said.files]
    unmarked = policy.unmarked_level("console")
    return (await assessing.assess(parts, "console")).level if parts else unmarked


async def _drafted(
    talk: Talk, level: Level, policy: PolicyFile, gateway: Gateway, progress: Progress, language: str
) -> Drafted:
    def route() -> Route:
        return permit(policy, level=level, audience="console", task="summary", language=language)

    def asking(ask: Ask) -> AsyncGenerator[Piece]:
        return gateway.stream(ask, route)

    return await draft(
        talk,
        asking,
        model=route().models[0],
        language=language,
        progress=lambda done, total: progress.show(done, total, words(language).reading(done, total)),
    )


def _text(drafted: Drafted, talk: Talk, form: Form, level: Level, language: str) -> str:
    """The summary, and the line that says who wrote it."""
    text = write(drafted.summary, talk, form=form, language=language, fallback=drafted.fallback)
    if drafted.done is None or drafted.fallback:
        return text
    footer = texts(language, Contacts()).footer(model=drafted.done.model.id, level=level, footprint=None)
    return "\n\n".join([text, words(language).generated(), footer])


def as_json_text(drafted: Drafted, level: Level, text: str) -> str:
    made: dict[str, Any] = {kind: [asdict(item) for item in getattr(drafted.summary, kind)] for kind in KINDS}
    return orjson.dumps(made | {"text": text, "level": level.name}, option=orjson.OPT_INDENT_2).decode()
