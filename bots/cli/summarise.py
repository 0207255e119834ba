"""`relais summarise TALK.json`: an exported conversation summarised, the same way as in a room.

Read, assessed, permitted by the policy, condensed, checked. `-` is standard input.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bots.cli.inputs import DONE, FAILED, REFUSED, indented, said_here
from bots.cli.workshop import Workshop, workshop
from bots.summariser.drafting import Drafted, draft
from bots.summariser.exported_talk import load
from bots.summariser.summary import KINDS, Action, Form, Point
from bots.summariser.talk import Talk
from bots.summariser.writing import write
from core.condense.words import SynthesisWords
from core.config.settings import Settings, load_settings
from core.documents.cleaning import printable
from core.language.operators import os_reason
from core.policy.decision import Denied
from core.sensitivity.level import Level, Part
from core.texts import Texts


def summarise(talk: Path, *, form: Form, as_json: bool, settings: Settings | None = None) -> int:
    """Print the summary. 1 when the file cannot be opened, 3 when the policy refuses.

    Raises ConfigurationError (it is no conversation), GatewayError."""
    settings = settings or load_settings()
    try:
        data = sys.stdin.buffer.read() if str(talk) == "-" else talk.read_bytes()
    except OSError as error:
        sys.stderr.write(f"relais: {talk}: {os_reason(error)}\n")
        return FAILED
    return asyncio.run(_summarise(load(data, name=str(talk)), form, as_json, settings))


async def _summarise(talk: Talk, form: Form, as_json: bool, settings: Settings) -> int:
    language, say = settings.language, said_here(settings)
    async with workshop(settings) as work:
        try:
            level = await level_of(talk, work)
            access = work.access(level)
            drafted = await draft(
                talk,
                access.stream,
                model=access.route("summary", language).models[0],
                language=language,
                progress=lambda done, total: work.progress.show(
                    done, total, SynthesisWords(language).reading(done, total)
                ),
            )
        except Denied as denied:
            work.progress.clear()
            sys.stderr.write(say.refusal(denied.refusal) + "\n")
            return REFUSED
    text = _text(drafted, talk, form, level, say)
    sys.stdout.write(as_json_text(drafted, level, text) if as_json else printable(text) + "\n")
    return DONE


async def level_of(talk: Talk, work: Workshop) -> Level:
    """The highest of all messages that are read, and of the names of their files. Raises Denied."""
    parts = [Part(text=said.text) for said in talk.messages if said.text]
    parts += [Part(text=name, place="filename") for said in talk.messages for name in said.files]
    people = dict.fromkeys(said.author.name for said in talk.messages)
    parts += [Part(text=name, place="property", name="Author") for name in people]
    return (await work.assess(parts)).level if parts else work.policy.usual["console"]


def _text(drafted: Drafted, talk: Talk, form: Form, level: Level, say: Texts) -> str:
    """The summary, and the line that says who wrote it."""
    text = write(drafted.summary, talk, form=form, language=say.language, fallback=drafted.fallback)
    if drafted.done is None or drafted.fallback:
        return text
    return "\n\n".join([text, SynthesisWords(say.language).generated(), say.signature(drafted.done, level)])


def as_json_text(drafted: Drafted, level: Level, text: str) -> str:
    made: dict[str, Any] = {
        kind: [_fields(item) for item in getattr(drafted.summary, kind)] for kind in KINDS
    }
    return indented(made | {"text": text, "level": level.name})


def _fields(item: Point | Action) -> dict[str, Any]:
    """The fields of a line; `again` only where the subject of a decision is taken up again."""
    return {name: value for name, value in asdict(item).items() if name != "again" or value is not None}
