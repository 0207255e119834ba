"""Is this text or file an answer of ours? Its signed record tells, where it has one; else the register.

One mechanism for `relais verify` and for the page `/verifier`. A file is read in the sandbox, as every
document is, and scans are recognised where that is installed; nothing of it is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.documents.document import Document
from core.documents.ocr.recognition import Ocr
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.provenance.record import AnswerRecord, Recognised, Register, Unproven, digest_of, verified
from core.provenance.record_tokens import answers_in

CARRIED = "core.provenance.carried:carried_task"
LONGEST = 200_000
"""Characters of a text that are examined: an answer is shorter."""
_MOST = 200
"""Records that are examined: a folder of mails has one for each."""


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
    answers = list(dict.fromkeys(part for text in texts for part in answers_in(text[:LONGEST])))
    records: list[AnswerRecord | Unproven] = [verified(token, keys) for token in tokens[:_MOST]]
    signed = [record for record in records if isinstance(record, AnswerRecord)]
    digests = await asyncio.to_thread(lambda: set(map(digest_of, answers))) if signed else set[str]()
    for record in signed:
        if record.digest in digests:
            return Proof(record=record, covers=True)
    found = [each for answer in answers if (each := await register.find(answer)) is not None]
    best = max(found, key=lambda each: (each.whole, each.share), default=None)
    carried: list[AnswerRecord | Unproven] = [*signed, *records]
    return Proof(record=carried[0] if carried else None, found=best)


class FileExaminer:
    """Examines files, one after the other or several at once. `keys`: the public keys by their ids."""

    def __init__(
        self, sandbox: Sandbox, keys: Callable[[], Mapping[str, Ed25519PublicKey]], register: Register
    ) -> None:
        self._sandbox = sandbox
        self._ocr = Ocr(sandbox)
        self._keys = keys
        self._register = register

    async def examine(self, data: bytes, name: str) -> Proof | Document:
        """What is known of a file, or the document that says why it cannot be read. Raises StoreError,
        SandboxError."""
        document = await self._ocr.read(data, name=name)
        if not document.readable:
            return document
        carried: dict[str, list[str]] = {}
        with suppress(Failure):  # what it carries is then out of reach; its words are known
            wanted = {"characters": LONGEST, "mail": document.type == "eml"}
            carried = await self._sandbox.call(CARRIED, data, wanted)
        texts = [*texts_of(document), *carried.get("texts", ())]
        return await examine(texts, carried.get("records", ()), self._keys(), self._register)


def texts_of(document: Document) -> list[str]:
    """The text of a document in the forms in which it may have been signed."""
    text = document.to_markdown()[:LONGEST]
    said = [" ".join(document.properties.get(name, "").split()) for name in ("Keywords", "Subject")]
    edges = tuple(value for value in said if value)
    return [text, _without(edges, text)] if edges else [text]


def _without(edges: tuple[str, ...], text: str) -> str:
    """A text without the lines that our files repeat on every page, where a reader cannot tell them."""
    return "\n".join(line for line in text.splitlines() if not " ".join(line.split()).startswith(edges))
