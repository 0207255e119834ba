"""The content scanner before the media of Tchap: a file comes through it, or does not come at all.

The scanner downloads the file with our token, decrypts it, has it examined, and serves it as it is stored.
What opens the file is sealed to the scanner's own key (Olm PkEncryption), which may change: after a word that
it could not be opened, the key is fetched again, once. Shapes and codes: matrix-content-scanner, docs/api.md.
"""

from __future__ import annotations

import orjson
import vodozemac
from unpaddedbase64 import encode_base64

from connectors.tchap.api import Api
from core.errors import Deferred, PlatformRefused, Rejected, Unclean
from core.language.operators import Phrase
from core.untrusted_json import Json, text_in

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
