"""What `relais digest` prints: Markdown for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bots.documents.synthesis import Made, remarks
from core.condense import Form
from core.gateway.footprint import footprint
from core.sensitivity.level import Level
from core.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is made of some files; `unread` are (file, reason), `files` the file of each text, as given."""

    title: str
    form: Form
    level: Level
    made: Made
    unread: tuple[tuple[str, str], ...]
    files: Mapping[str, str]


def as_markdown(digest: Digest, say: Texts) -> str:
    """The synthesis, what to check, and the line that says who wrote it."""
    return "\n\n".join([digest.made.finished.text, *remarks(digest.made, digest.level, say)])


def nothing_read(form: Form, level: Level, unread: Sequence[tuple[str, str]]) -> str:
    """The JSON when no file could be read, or none may be."""
    empty = {"title": "", "form": form, "level": level.name, "model": None, "text": ""}
    lists: dict[str, Any] = {"statements": [], "to_check": [], "unread": _unread(unread)}
    return orjson.dumps({**empty, **lists, "usage": {}}, option=orjson.OPT_INDENT_2).decode()


def _unread(files: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"file": name, "reason": why} for name, why in files]


def as_json_text(digest: Digest) -> str:
    done = digest.made.condensed.done
    print_ = footprint(done.model, done.usage)
    usage: dict[str, Any] = {
        "requests": digest.made.condensed.requests,
        "prompt_tokens": done.usage.prompt_tokens,
        "completion_tokens": done.usage.completion_tokens,
        "estimated": done.usage.estimated,
    }
    if print_:
        usage |= {"wh": print_.wh, "gco2e": print_.gco2e, "method": print_.method}
    return orjson.dumps(
        {
            "title": digest.title,
            "form": digest.form,
            "level": digest.level.name,
            "model": done.model.id,
            "text": digest.made.finished.text,
            "statements": [
                {
                    "text": statement.text,
                    "sources": [
                        {"file": digest.files.get(source.work, source.work), "page": source.page}
                        for source in statement.sources
                    ],
                }
                for statement in digest.made.finished.statements
            ],
            "to_check": [{"kind": doubt.kind, "text": doubt.text} for doubt in digest.made.finished.to_check],
            "unread": _unread(digest.unread),
            "usage": usage,
        },
        option=orjson.OPT_INDENT_2,
    ).decode()
