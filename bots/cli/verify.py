"""`relais verify FILE…`: are these answers of ours, by their signature or by the register? `-` is standard
input."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, TextIO

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bots.cli.inputs import DONE, FAILED, cannot_be_opened
from bots.replica import opened, register_of
from core.config.settings import Settings, load_settings
from core.documents.document import Document
from core.documents.ocr.recognition import Ocr
from core.documents.sandbox.sandbox import Sandbox
from core.export.blocks import blocks, words_in
from core.provenance.proof_words import proof_words
from core.provenance.record import AnswerRecord
from core.provenance.register import Register
from core.provenance.signing import SigningKeys
from core.provenance.verifying import Proof, answers_in, examine, tokens_in


async def verify(files: Sequence[Path], as_json: bool) -> int:
    """Print what is known of each; 1 unless every one is ours. Raises ConfigurationError, StoreError."""
    settings = load_settings()
    given = [await asyncio.to_thread(_bytes, path) for path in files]
    async with opened(settings, beside=True) as base, Sandbox(minimum=base.policy.sandbox) as sandbox:
        keys = await SigningKeys(base.store, base.vault, time.time).public()
        ocr, register = Ocr(sandbox), register_of(base)
        proofs = [
            None if data is None else await proof_of(data, path.name, ocr, keys, register)
            for path, data in zip(files, given, strict=True)
        ]
    if as_json:
        entries = [_entry(path, proof) for path, proof in zip(files, proofs, strict=True)]
        sys.stdout.write(orjson.dumps(entries, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        for path, proof in zip(files, proofs, strict=True):
            _print(path, proof, settings, base.policy.retention.register_days, sys.stdout)
    return DONE if all(proof is not None and proof.ours for proof in proofs) else FAILED


def _bytes(path: Path) -> bytes | None:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError:
        return None


async def proof_of(
    data: bytes, name: str, ocr: Ocr, keys: Mapping[str, Ed25519PublicKey], register: Register
) -> Proof | None:
    """What is known of a file; None: it cannot be read. Raises StoreError."""
    document = await ocr.read(data, name=name)
    if not document.readable:
        return None
    return await examine(texts_of(document, data), tokens_in(data), keys, register)


def texts_of(document: Document, data: bytes) -> list[str]:
    """The text of a file in the forms in which it may have been signed."""
    return [document.to_markdown(), _without_edges(document), *_bodies(data), *_shown(data)]


def _shown(data: bytes) -> Iterator[str]:
    """The words that are seen of a Markdown file of ours: its links and marks are not."""
    if b"<!-- relais-provenance:" in data:
        for answer in answers_in(data.decode("utf-8", "replace")):
            yield "\n".join(words_in(blocks(answer)))


def _without_edges(document: Document) -> str:
    """The text without the lines that our files repeat on every page, where a reader cannot tell them."""
    said = [" ".join(document.properties.get(name, "").split()) for name in ("Keywords", "Subject")]
    edges = tuple(value for value in said if value)
    lines = document.to_markdown().splitlines()
    return "\n".join(line for line in lines if not (edges and " ".join(line.split()).startswith(edges)))


def _bodies(data: bytes) -> Iterator[str]:
    """The plain text of a mail alone, without its headers and files."""
    mail = message_from_bytes(data, policy=default)
    body = mail.get_body(("plain",)) if mail.keys() else None
    if body is not None:
        with suppress(LookupError, ValueError, KeyError):
            yield body.get_content()


def _print(path: Path, proof: Proof | None, settings: Settings, days: int, out: TextIO) -> None:
    if proof is None:
        out.write(f"{path}\u00a0: {cannot_be_opened(settings.language)}\n")
        return
    say = proof_words(settings.language)
    out.write(f"{path}\u00a0: {say.verdict(proof)}\n")
    for line in say.details(proof, days=days):
        out.write(f"    {line}\n")


def _entry(path: Path, proof: Proof | None) -> dict[str, Any]:
    if proof is None:
        return {"file": str(path), "readable": False}
    record, found = proof.record, proof.found
    return {
        "file": str(path),
        "readable": True,
        "ours": proof.ours,
        "whole": proof.whole,
        "signature": "ours" if isinstance(record, AnswerRecord) else record,
        "record": {
            "at": record.at,
            "version": record.version,
            "level": str(record.level),
            "generated": record.generated,
            "models": record.models,
            "digital_source_type": record.source_type,
        }
        if isinstance(record, AnswerRecord)
        else None,
        "register": found
        and {"day": found.day, "share": round(found.share, 3), "generated": found.generated},
    }
