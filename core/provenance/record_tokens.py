"""The records that a text or a file carries, and the answers in a text that one may be of. Pure."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

_TOKEN = re.compile(rb"(?<![\w-])eyJ[\w-]{20,400}+\.eyJ[\w-]{20,4000}+\.[\w-]{86}(?![\w-])")
_FOLDED = re.compile(rb"\r?\n[ \t]")
_CARRIERS = ("docProps/custom.xml", "docProps/xmp.xml", "meta.xml", "xmp.rdf")
"""Where the packages of Office and OpenDocument keep properties and metadata."""
_MOST = 1 << 20
"""Bytes of one of them that are read."""
_RULE = re.compile(r"\n-{3,}\s*\n")
_RULES = 4
"""The last rules of a text, below which stands what is added to an answer: its model and level, a welcome,
what a platform says."""
_HEAD = re.compile(r"\s*\*\*N[0-4][^\n]*\*\*\n")


def tokens_in(data: bytes) -> list[str]:
    """The records that a file, a mail or a message carries, whatever its format."""
    found = list(_TOKEN.findall(_FOLDED.sub(b"", data)))
    for part in _properties(data):
        found += _TOKEN.findall(part)
    return [token.decode() for token in dict.fromkeys(found)]


def answers_in(text: str) -> Iterator[str]:
    """The text, down to each of its last rules, and without the level that a file has above it."""
    ends = [each.start() for each in _RULE.finditer(text)][-_RULES:]
    head = _HEAD.match(text)
    for end in (len(text), *reversed(ends)):
        yield text[:end]
        if head and head.end() < end:
            yield text[head.end() : end]


def _properties(data: bytes) -> Iterator[bytes]:
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for name in set(_CARRIERS) & set(package.namelist()):
                with package.open(name) as member:
                    yield member.read(_MOST)
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, EOFError, ValueError):
        return
