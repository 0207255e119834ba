"""The signed record of one text: a JSON Web Token (RFC 7519) under an Ed25519 key (EdDSA, RFC 8037).

Whoever has the public keys (`/provenance/keys`, RFC 7517) verifies a record without relais. It binds the
words of a text, not its look: the digest is of letters and figures in lower case and of the signs that change
what a figure says, so that an answer copied without its markup, or laid out anew, still is the text that was
signed. Where words are parted does not count either, for a line may end within a long address; but « 1,5 » is
not « 15 », nor « -10 € » « 10 % ».
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.sensitivity.level import Level

ISSUER = "relais"
_KIND = "relais-provenance+jwt"
_WORD = re.compile(r"[^\W_]+")
_SIGNED = re.compile(r"[^\W_]+|[%‰€$£≤≥≠±−]|-(?<![\w-].)(?=\d)")
_GAP = re.compile(r" (?:(?<!\d.)|(?!\d))")
"""A space, but between two figures."""
_SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
Unproven = Literal["broken", "unknown_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """What is signed of a text. `models` are those that wrote in it; `generated` is false where no model did
    (extracts, words of relais itself). `digest` is that of the text's words (`digest_of`)."""

    version: str
    at: int
    level: Level
    generated: bool
    models: tuple[str, ...] = ()
    digest: str

    @property
    def source_type(self) -> str:
        """The IPTC's term for it (NewsCodes, Digital Source Type)."""
        return source_type(generated=self.generated)

    def covers(self, text: str) -> bool:
        """Does the record belong to this text, whatever its markup and spaces?"""
        return digest_of(text) == self.digest


def source_type(*, generated: bool) -> str:
    return _SOURCES + ("trainedAlgorithmicMedia" if generated else "algorithmicMedia")


def words_of(text: str) -> list[str]:
    """The words of a text: letters and figures, in one form and in lower case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def digest_of(text: str) -> str:
    """SHA-256 of the words of a text and of its signs, base64url."""
    signs = _SIGNED.findall(unicodedata.normalize("NFKC", text).casefold())
    joined = _GAP.sub("", " ".join(signs))
    return _encoded(hashlib.sha256(joined.encode("utf-8", "replace")).digest())


def signed(record: AnswerRecord, key: Ed25519PrivateKey, id: str = "") -> str:
    """The record as a token: three base64url parts, about 450 characters. `id`: that of the public key, where
    it is known (`key_id`)."""
    claims = {
        "iss": ISSUER,
        "iat": record.at,
        "ver": record.version,
        "lvl": str(record.level),
        "gen": record.generated,
        "mdl": list(record.models),
        "src": source_type(generated=record.generated),
        "txt": record.digest,
    }
    return jwt.encode(
        claims, key, algorithm="EdDSA", headers={"kid": id or key_id(key.public_key()), "typ": _KIND}
    )


def verified(token: str, keys: Mapping[str, Ed25519PublicKey]) -> AnswerRecord | Unproven:
    """Read a token and check its signature; `unknown_key`: it names none of these keys."""
    try:
        head = jwt.get_unverified_header(token)
        key = keys.get(str(head.get("kid")))
        if head.get("typ") != _KIND:
            return "broken"
        if key is None:
            return "unknown_key"
        claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer=ISSUER, options={"verify_iat": False})
        return _read(claims)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        return "broken"


def _read(claims: Mapping[str, Any]) -> AnswerRecord:
    return AnswerRecord(
        version=str(claims["ver"]),
        at=int(claims["iat"]),
        level=Level.parse(str(claims["lvl"])),
        generated=bool(claims["gen"]),
        models=tuple(map(str, claims["mdl"])),
        digest=str(claims["txt"]),
    )


def key_id(key: Ed25519PublicKey) -> str:
    """The thumbprint of a public key (RFC 7638, RFC 8037 A.3), which names it in tokens."""
    form = f'{{"crv":"Ed25519","kty":"OKP","x":"{_x(key)}"}}'
    return _encoded(hashlib.sha256(form.encode()).digest())


def key_set(keys: Mapping[str, Ed25519PublicKey]) -> dict[str, list[dict[str, str]]]:
    """Public keys as a JSON Web Key Set, as `/provenance/keys` serves them."""
    return {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": id, "x": _x(key)}
            for id, key in keys.items()
        ]
    }


def _x(key: Ed25519PublicKey) -> str:
    return _encoded(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
