"""What a command of the shell is given, by whom, and how it ends. Light: each command starts at once."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import orjson

from core.config.settings import Settings
from core.documents.document import Document
from core.documents.mail.headers import ascii_domain
from core.documents.ocr.recognition import Ocr
from core.documents.ocr.recognition import Progress as Shower
from core.errors import ConfigurationError
from core.language.operators import account
from core.texts import Contacts, Texts, texts

DONE, FAILED, WRONG, REFUSED, IN_PART = range(5)
"""How a command ends."""
WIDTH = 79
_BAR = 20


_PERSON = re.compile(r"@[^\s:]+:\S+|[a-z]+:\S+|[^\s@:]+@[^\s@:]+")


def person_id(written: str) -> str:
    """The id of a person as connectors give it: `@name:server`, `slack:T012:U034`, or a mail address, in
    small letters. Raises ConfigurationError for anything else: nothing is known under it."""
    id = written.strip()
    if not _PERSON.fullmatch(id):
        raise ConfigurationError("ID", "commands.no_person", written=id)
    return id if ":" in id else ascii_domain(id) or id


def said_here(settings: Settings) -> Texts:
    """The texts of who runs the command."""
    contacts = Contacts(help=settings.contact, security=settings.security_contact, care=settings.care_contact)
    return texts(settings.language, contacts)


def cannot_be_opened(language: str) -> str:
    """What is said of a file that is not there, or not to be read by this account."""
    if language == "en":
        return "This file cannot be opened: check its path and your rights."
    return "Ce fichier ne peut pas être ouvert\u00a0: vérifiez son chemin et vos droits."


async def document_of(ocr: Ocr, path: Path, show: Shower) -> Document | None:
    """The document at a path, or of the standard input for `-`; None when it cannot be opened."""
    try:
        if str(path) == "-":
            return await ocr.read(await asyncio.to_thread(sys.stdin.buffer.read), name="-", progress=show)
        return await ocr.read(path, name=path.name, progress=show)
    except OSError:
        return None


AHEAD = 400
"""Files that are read before the first of them is shown."""


async def documents_of(
    ocr: Ocr, paths: Sequence[Path], show: Callable[[int], Shower]
) -> AsyncGenerator[tuple[Path, Document | None]]:
    """The documents at many paths, in their order, as `document_of` gives each. `show` gives what shows the
    progress of the file of a number (from 0)."""
    for start in range(0, len(paths), AHEAD):
        some = paths[start : start + AHEAD]
        files = [each for each in some if str(each) != "-"]
        known = dict(zip(files, await ocr.read_many(files), strict=True))
        for number, path in enumerate(some, start):
            shower = show(number)
            first = known.get(path)
            if str(path) == "-" or first is None:
                yield path, await document_of(ocr, path, shower)
            else:
                yield path, await ocr.recognised(path, first, shower)


def indented(value: object) -> str:
    """A value as JSON over several lines, with the end of the last."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def moment_of(at: float) -> str:
    """Seconds since 1970 as `2026-11-27T08:55:00+00:00`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def person_here() -> str:
    """The id of the person who runs the command."""
    return f"console:{account(os.getuid())}"


class Progress:
    """`show` draws it, `clear` leaves the line as if nothing had been there."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._shown = err.isatty()

    def show(self, done: int, total: int, text: str) -> None:
        """`done` of `total` are behind; `text` says what is being done."""
        if self._shown:
            self._err.write(f"\r\x1b[K{line(done, total, text)}")
            self._err.flush()

    def clear(self) -> None:
        if self._shown:
            self._err.write("\r\x1b[K")
            self._err.flush()


def line(done: int, total: int, text: str) -> str:
    """`██████░░░░ 4/12 text`, cut to the width of any terminal."""
    filled = _BAR * min(done, total) // max(1, total)
    return f"{'█' * filled}{'░' * (_BAR - filled)} {text}"[:WIDTH]
