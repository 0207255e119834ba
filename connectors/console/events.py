"""A typed line → what it asks for. Pure."""

from __future__ import annotations

import mimetypes
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.connector import Address, Attachment, Message, Person

FILE = ("/fichier", "/file")
LEAVE = ("/quitter", "/quit", "/exit")
_COMMAND = re.compile(r"/(?=[^\W\d_]+(?:\s|$))")
"""The slash of `/aide`: what other programs put before a command; not that of a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A message, with a file when `path` is set."""

    text: str
    path: str | None = None


def parse(line: str) -> Say | Literal["leave", "unclear"] | None:
    """What a line means; None for an empty one. `/fichier CHEMIN [question]` takes shell quotes, without a
    path it is unclear; `exit` alone ends; `/aide` is `!aide`."""
    line = line.strip()
    if not line:
        return None
    word, _, rest = line.partition(" ")
    if word.lower() in LEAVE or (not rest and f"/{line.lower()}" in LEAVE):
        return "leave"
    if word.lower() not in FILE:
        return Say(text=f"!{line[1:]}" if _COMMAND.match(line) else line)
    lexer = shlex.shlex(rest.strip(), posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.quotes = True, "", "\"'"
    try:
        path = lexer.get_token()
    except ValueError:  # a quote without its twin
        path = rest.strip()
    if not path:
        return "unclear"
    return Say(text=_after(rest.strip(), path), path=path)


def _after(rest: str, path: str) -> str:
    """The question behind the path."""
    for quoted in (f'"{path}"', f"'{path}'", path, path.replace(" ", "\\ ")):
        if rest.startswith(quoted):
            return rest[len(quoted) :].strip()
    return ""


def message(said: Say, *, address: Address, id: str, at: float, sender: Person, size: int | None) -> Message:
    """The message; `size` in bytes of its file."""
    attachments: tuple[Attachment, ...] = ()
    if said.path is not None:
        path = Path(said.path).expanduser()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        reference = {"path": str(path.absolute())}
        attachments = (Attachment(name=path.name, media_type=kind, size=size, reference=reference),)
    return Message(
        key=id,
        id=id,
        address=address,
        at=at,
        sender=sender,
        text=said.text,
        addressed=True,
        direct=True,
        attachments=attachments,
    )
