"""`relais verify FILE…`: are these answers of ours, by their signature or by the register? `-` is standard
input."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bots.base import opened, register_of
from bots.cli.inputs import DONE, FAILED, cannot_be_opened, indented
from core.config.settings import Settings, load_settings
from core.documents.document import Document
from core.documents.sandbox.sandbox import Sandbox
from core.documents.texts import reason
from core.provenance.proof_words import ProofWords
from core.provenance.record import SOURCE_TYPES, AnswerRecord
from core.provenance.signing import SigningKeys
from core.provenance.verifying import FileExaminer, Proof


async def verify(files: Sequence[Path], as_json: bool) -> int:
    """Print what is known of each; 1 unless every one is ours. Raises ConfigurationError, StoreError."""
    settings = load_settings()
    given = [await asyncio.to_thread(_bytes, path) for path in files]
    async with opened(settings, beside=True) as base, Sandbox(minimum=base.policy.sandbox) as sandbox:
        keys = await SigningKeys(base.store, base.vault, time.time).public()
        examiner = FileExaminer(sandbox, lambda: keys, register_of(base))
        proofs = [
            None if data is None else await examiner.examine(data, path.name)
            for path, data in zip(files, given, strict=True)
        ]
    if as_json:
        entries = [_entry(path, proof) for path, proof in zip(files, proofs, strict=True)]
        sys.stdout.write(indented(entries))
    else:
        for path, proof in zip(files, proofs, strict=True):
            _print(path, proof, settings, base.policy.retention.register_days)
    return DONE if all(isinstance(proof, Proof) and proof.ours for proof in proofs) else FAILED


def _bytes(path: Path) -> bytes | None:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError:
        return None


def _print(path: Path, proof: Proof | Document | None, settings: Settings, days: int) -> None:
    match proof:
        case None:
            sys.stdout.write(f"{path}\u00a0: {cannot_be_opened(settings.language)}\n")
        case Document():
            sys.stdout.write(f"{path}\u00a0: {reason(proof, language=settings.language)}\n")
        case Proof():
            say = ProofWords(settings.language)
            sys.stdout.write(f"{path}\u00a0: {say.verdict(proof)}\n")
            for line in say.details(proof, days=days):
                sys.stdout.write(f"    {line}\n")


def _entry(path: Path, proof: Proof | Document | None) -> dict[str, Any]:
    if not isinstance(proof, Proof):
        return {"file": str(path), "readable": False, "reason": proof.reason if proof else "absent"}
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
            "digital_source_type": SOURCE_TYPES[record.generated],
        }
        if isinstance(record, AnswerRecord)
        else None,
        "register": found
        and {"day": found.day, "share": round(found.share, 3), "generated": found.generated},
    }
