"""Files of messages: fetched and decrypted, encrypted and uploaded (Matrix "Sending encrypted attachments").

The bytes pass through `cryptography` in a thread, so that a large file does not hold the loop. A file whose
hash differs from what its message says is refused.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
from urllib.parse import quote

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from unpaddedbase64 import encode_base64

from connectors.tchap.api import Api
from connectors.tchap.scanner import Scanner
from core.connector import Attachment, File
from core.errors import PlatformRefused, Rejected
from core.language.operators import Phrase
from core.untrusted_json import Json

NEW = "/_matrix/client/v1/media/download"
OLD = "/_matrix/media/v3/download"
"""Homeservers before Matrix 1.11 have no authenticated media."""


class TchapFiles:
    """Fetches the files of events, through the content scanner where there is one."""

    def __init__(self, api: Api, scanner: Scanner | None = None) -> None:
        self._api = api
        self._scanner = scanner

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        reference = attachment.reference
        if "mxc" not in reference:
            raise Rejected(Phrase("files.no_reference"))
        if "key" not in reference:
            return await self._download(reference["mxc"], limit)
        if self._scanner is not None:
            data = await self._scanner.download_encrypted(encrypted_file(reference), limit)
        else:
            data = await self._download(reference["mxc"], limit)
        return await asyncio.to_thread(decrypted, data, reference)

    async def _download(self, mxc: str, limit: int) -> bytes:
        server, _, id = mxc.removeprefix("mxc://").partition("/")
        place = f"/{quote(server, safe='')}/{quote(id, safe='')}"
        if self._scanner is not None:
            return await self._scanner.download(place, limit)
        try:
            return await self._api.download(NEW + place, limit)
        except PlatformRefused as refused:
            if refused.code != "M_UNRECOGNIZED":
                raise
            return await self._api.download(OLD + place, limit)

    async def upload(self, file: File, *, encrypt: bool) -> Json:
        """The file part of a message's content."""
        content: Json = {
            "msgtype": "m.file",
            "filename": file.name,
            "info": {"mimetype": file.media_type, "size": len(file.data)},
        }
        if not encrypt:
            return content | {"url": await self._api.upload(file.data, file.media_type)}
        sealed, secret = await asyncio.to_thread(encrypted, file.data)
        url = await self._api.upload(sealed, "application/octet-stream")
        return content | {"file": secret | {"url": url}}


def decrypted(data: bytes, reference: dict[str, str]) -> bytes:
    """The file's bytes. `reference` holds `key`, `iv` and `sha256` as in `events`. Raises Rejected."""
    try:
        key, iv, expected = (_unbase64(reference[name]) for name in ("key", "iv", "sha256"))
        decryptor = Cipher(algorithms.AES256(key), modes.CTR(iv)).decryptor()
    except (ValueError, KeyError) as error:
        raise Rejected(Phrase("files.key")) from error
    if not hmac.compare_digest(hashlib.sha256(data).digest(), expected):
        raise Rejected(Phrase("files.hash"))
    return decryptor.update(data) + decryptor.finalize()


def encrypted(data: bytes) -> tuple[bytes, Json]:
    """The encrypted bytes, and the `EncryptedFile` that opens them, without `url`."""
    key, iv = os.urandom(32), os.urandom(8) + bytes(8)  # half a counter, so that it cannot wrap
    encryptor = Cipher(algorithms.AES256(key), modes.CTR(iv)).encryptor()
    sealed = encryptor.update(data) + encryptor.finalize()
    return sealed, _secret(
        key=encode_base64(key, urlsafe=True),
        iv=encode_base64(iv),
        sha256=encode_base64(hashlib.sha256(sealed).digest()),
    )


def encrypted_file(reference: dict[str, str]) -> Json:
    """The `EncryptedFile` of a reference that holds `key`, `iv` and `sha256`."""
    secret = _secret(key=reference["key"], iv=reference["iv"], sha256=reference["sha256"])
    return secret | {"url": reference["mxc"]}


def _secret(*, key: str, iv: str, sha256: str) -> Json:
    return {
        "v": "v2",
        "key": {"kty": "oct", "key_ops": ["encrypt", "decrypt"], "alg": "A256CTR", "k": key, "ext": True},
        "iv": iv,
        "hashes": {"sha256": sha256},
    }


def _unbase64(value: str) -> bytes:
    """Unpadded base64 of either alphabet."""
    return base64.b64decode(
        value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True
    )
