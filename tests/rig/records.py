"""The record of an answer, verified as anybody can: with the keys that the replica serves."""

from __future__ import annotations

import html
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt import PyJWKSet

from core.provenance.record import AnswerRecord, key_id, verified


def keys_of(key_set: dict[str, Any]) -> dict[str, Ed25519PublicKey]:
    """Read the public keys of a JSON Web Key Set."""
    keys = [each.key for each in PyJWKSet.from_dict(key_set).keys]
    return {key_id(key): key for key in keys}


async def record_in(token: object, url: str) -> AnswerRecord:
    """Verify a record with the public keys of the replica at `url`."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{url}/provenance/keys")
    assert answer.headers["Content-Type"].startswith("application/jwk-set+json")
    found = verified(str(token), keys_of(answer.json()))
    assert isinstance(found, AnswerRecord), found
    return found


async def told_of_file(data: bytes, name: str, url: str) -> str:
    """What the page of the replica at `url` tells of a file."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.post(f"{url}/verifier", files={"fichier": (name, data)})
    return html.unescape(answer.text)
