"""Is this text an answer of ours? Its signed record tells, where it has one; else the register."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.provenance.record import AnswerRecord, Unproven, verified
from core.provenance.register import Recognised, Register

_TOKEN = re.compile(rb"eyJ[\w-]{20,400}\.eyJ[\w-]{20,4000}\.[\w-]{86}(?![\w-])")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is known of a text. `record`: the one that it carries, or why that proves nothing; None: it has
    none. `covers`: the record is this text's, word by word. `found`: what the register tells, which is asked
    where the record does not settle it."""

    record: AnswerRecord | Unproven | None = None
    covers: bool = False
    found: Recognised | None = None

    @property
    def ours(self) -> bool:
        return self.covers or self.found is not None

    @property
    def whole(self) -> bool:
        return self.covers or (self.found is not None and self.found.whole)


async def examine(
    texts: Sequence[str], tokens: Sequence[str], keys: Mapping[str, Ed25519PublicKey], register: Register
) -> Proof:
    """Examine a text, in the forms in which it was read, and the records that came with it. Raises
    StoreError."""
    answers = list(dict.fromkeys(part for text in texts for part in answers_in(text)))
    records: list[AnswerRecord | Unproven] = [verified(token, keys) for token in tokens]
    signed = [record for record in records if isinstance(record, AnswerRecord)]
    for record in signed:
        if any(record.covers(answer) for answer in answers):
            return Proof(record=record, covers=True)
    found = [each for answer in answers if (each := await register.find(answer)) is not None]
    best = max(found, key=lambda each: (each.whole, each.share), default=None)
    carried: list[AnswerRecord | Unproven] = [*signed, *records]
    return Proof(record=carried[0] if carried else None, found=best)


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
