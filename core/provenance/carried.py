"""What a file carries by which it may prove an answer of ours, in forms that no reader of documents gives.

Pure, and run in the sandbox alone, for a file may be anybody's: this module imports what reads mails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from core.documents.document import Limits
from core.documents.mail.headers import charset_text
from core.documents.mail.walk import walk
from core.export.blocks import blocks, words_in
from core.provenance.record_tokens import answers_in, tokens_in


def carried_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> dict[str, list[str]]:
    """The records of a file, and its further texts, of so many `characters` at most; `mail`: it is one."""
    data, most = file.read(), int(arguments["characters"])
    texts = _bodies(data) if arguments["mail"] else _shown(data)
    return {"records": tokens_in(data), "texts": [text[:most] for text in texts]}


def _bodies(data: bytes) -> Iterator[str]:
    """The plain text of a mail alone, without its headers and files."""
    leaves = walk(data).leaves
    body = next((leaf for leaf in leaves if leaf.role == "text" and leaf.media_type == "text/plain"), None)
    if body is not None:
        yield charset_text(body.data, body.charset).replace("\r\n", "\n")


def _shown(data: bytes) -> Iterator[str]:
    """The words that are seen of a Markdown file of ours: its links and marks are not."""
    if b"<!-- relais-provenance:" in data:
        for answer in answers_in(data.decode("utf-8", "replace")):
            yield "\n".join(words_in(blocks(answer)))
