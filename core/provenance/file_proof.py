"""Is this file an answer of ours? One mechanism for `relais verify` and for the page `/verifier`.

The file is read in the sandbox, as every document is, and scans are recognised where that is installed;
nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.documents.document import Document
from core.documents.ocr.recognition import Ocr
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.provenance.carried import CARRIED
from core.provenance.register import Register
from core.provenance.verifying import LONGEST, Proof, examine


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
