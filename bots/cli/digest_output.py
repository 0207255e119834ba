"""What `relais digest` prints: Markdown for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.condense import Condensed, Finished, Form
from core.condense.words import words
from core.config.settings import Settings
from core.gateway.footprint import footprint
from core.sensitivity.level import Level
from core.texts import Contacts, texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is made of some files; `unread` are (file, reason), `files` the file of each text, as given."""

    title: str
    form: Form
    level: Level
    condensed: Condensed
    finished: Finished
    unread: tuple[tuple[str, str], ...]
    files: Mapping[str, str]


def as_markdown(made: Digest, settings: Settings) -> str:
    """The synthesis, what to check, and the line that says who wrote it."""
    say = words(settings.language)
    about = texts(settings.language, Contacts())
    done = made.condensed.done
    print_ = footprint(done.model, done.usage)
    spent = print_ and about.footprint(wh=print_.wh, gco2e=print_.gco2e, method=print_.method)
    parts = [made.finished.text]
    if done.finish == "length":
        parts.append(say.cut_short())
    if made.finished.to_check:
        parts.append(say.to_check(made.finished.to_check))
    if done.model.generates:
        parts += [
            say.generated(),
            about.footer(model=done.model.id, level=made.level, footprint=spent),
        ]
    return "\n\n".join(parts)


def nothing_read(form: Form, level: Level, unread: Sequence[tuple[str, str]]) -> str:
    """The JSON when no file could be read, or none may be."""
    empty = {"title": "", "form": form, "level": level.name, "model": None, "text": ""}
    lists: dict[str, Any] = {"statements": [], "to_check": [], "unread": _unread(unread)}
    return orjson.dumps({**empty, **lists, "usage": {}}, option=orjson.OPT_INDENT_2).decode()


def _unread(files: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"file": name, "reason": why} for name, why in files]


def as_json_text(made: Digest) -> str:
    done = made.condensed.done
    print_ = footprint(done.model, done.usage)
    usage: dict[str, Any] = {
        "requests": made.condensed.requests,
        "prompt_tokens": done.usage.prompt_tokens,
        "completion_tokens": done.usage.completion_tokens,
        "estimated": done.usage.estimated,
    }
    if print_:
        usage |= {"wh": print_.wh, "gco2e": print_.gco2e, "method": print_.method}
    return orjson.dumps(
        {
            "title": made.title,
            "form": made.form,
            "level": made.level.name,
            "model": done.model.id,
            "text": made.finished.text,
            "statements": [
                {
                    "text": statement.text,
                    "sources": [
                        {"file": made.files.get(source.work, source.work), "page": source.page}
                        for source in statement.sources
                    ],
                }
                for statement in made.finished.statements
            ],
            "to_check": [{"kind": doubt.kind, "text": doubt.text} for doubt in made.finished.to_check],
            "unread": _unread(made.unread),
            "usage": usage,
        },
        option=orjson.OPT_INDENT_2,
    ).decode()
