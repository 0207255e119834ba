"""Files of messages: fetched and decrypted, encrypted and uploaded (Matrix "Sending encrypted attachments").

The bytes pass through `cryptography` in a thread, so that a large file does not hold the loop. A file whose
hash differs from what its message says is refused.

Where a content scanner stands before the media, a file comes through it, or does not come at all: it
downloads the file with our token, decrypts it, has it examined, and serves it as it is stored. What opens
the file is sealed to its own key (Olm PkEncryption), which may change: after a word that it could not be
opened, the key is fetched again, once. Shapes and codes: matrix-content-scanner, docs/api.md.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
from urllib.parse import quote

import orjson
import vodozemac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from unpaddedbase64 import encode_base64

from connectors.tchap.api import Api
from core.connector import Attachment, File
from core.connector.untrusted_json import Json, text_in
from core.errors import Deferred, PlatformRefused, Rejected, Unclean
from core.language.operators import Phrase

BASE = "/_matrix/media_proxy/unstable"

_UNCLEAN = {"MCS_MEDIA_NOT_CLEAN", "MCS_MIME_TYPE_FORBIDDEN"}
_OTHER_KEY = {"MCS_BAD_DECRYPTION", "MCS_MEDIA_FAILED_TO_DECRYPT"}
"""The scanner could not open what we sealed, or not the file: the first may be for a key that it changed."""
_SCAN_SECONDS = 120.0


class Scanner:
    """Downloads by way of the scanner. `api` speaks to it, with the account's token."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._key: vodozemac.Curve25519PublicKey | None = None

    @classmethod
    def of(cls, api: Api, url: str) -> Scanner:
        """The scanner at `url`, which may hold the whole path of its interface."""
        return cls(api.at(url.rstrip("/").removesuffix(BASE)))

    async def download(self, place: str, limit: int) -> bytes:
        """A file that is not encrypted; `place` is `/server/id`. Raises Unclean, Rejected, Deferred."""
        try:
            return await self._api.download(f"{BASE}/download{place}", limit, timeout=_SCAN_SECONDS)
        except PlatformRefused as refused:
            raise verdict(refused) from refused

    async def download_encrypted(self, file: Json, limit: int) -> bytes:
        """The bytes of an encrypted file as they are stored. Raises Unclean, Rejected, Deferred."""
        try:
            return await self._encrypted(file, limit)
        except PlatformRefused as refused:
            if refused.code not in _OTHER_KEY:
                raise verdict(refused) from refused
        self._key = None
        try:
            return await self._encrypted(file, limit)
        except PlatformRefused as refused:
            raise verdict(refused) from refused

    async def check(self) -> None:
        """Does it answer as a scanner does? Raises Deferred, PlatformRefused, ConfigurationError."""
        await self._public_key()

    async def _encrypted(self, file: Json, limit: int) -> bytes:
        key = self._key = self._key or await self._public_key()
        sealed = vodozemac.PkEncryption.from_key(key).encrypt(orjson.dumps({"file": file}))
        parts = {"ciphertext": sealed.ciphertext, "mac": sealed.mac, "ephemeral": sealed.ephemeral_key}
        body = {"encrypted_body": {name: encode_base64(part) for name, part in parts.items()}}
        return await self._api.download(f"{BASE}/download_encrypted", limit, body=body, timeout=_SCAN_SECONDS)

    async def _public_key(self) -> vodozemac.Curve25519PublicKey:
        answer = await self._api.call("GET", f"{BASE}/public_key")
        try:
            return vodozemac.Curve25519PublicKey.from_base64(text_in(answer, "public_key"))
        except ValueError as error:
            raise Deferred(Phrase("files.scanner"), retry_after=1.0) from error


def verdict(refused: PlatformRefused) -> Rejected:
    """What the scanner's refusal means. A code that is not known is no permission."""
    return Unclean(str(refused)) if refused.code in _UNCLEAN else refused


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
