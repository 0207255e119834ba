"""The signed record of one text: a JSON Web Token (RFC 7519) under an Ed25519 key (EdDSA, RFC 8037).

Whoever has the public keys (`/provenance/keys`, RFC 7517) verifies a record without relais. It binds the
words of a text, not its look: the digest is of letters and figures in lower case and of the signs that change
what a figure says, so that an answer copied without its markup, or laid out anew, still is the text that was
signed. Where words are parted does not count either, for a line may end within a long address; but « 1,5 » is
not « 15 », nor « -10 € » « 10 % ».

The keys that sign are in the store, sealed under the master keys, renewed every `RENEWED_AFTER`. All replicas
sign with the newest. The private half of a former key is forgotten once no replica can still sign with it;
its public half stays, so that a record can be verified for as long as the store lives.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.connector import Draft
from core.sensitivity.level import Level
from core.store.valkey import Store
from core.vault import Vault

ISSUER = "relais"
_KIND = "relais-provenance+jwt"
_WORD = re.compile(r"[^\W_]+")
_SIGNED = re.compile(r"[^\W_]+|[%‰€$£≤≥≠±−]|-(?<![\w-].)(?=\d)")
_GAP = re.compile(r" (?:(?<!\d.)|(?!\d))")
"""A space, but between two figures."""
SOURCE_TYPES: Mapping[bool, str] = {
    True: "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    False: "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
}
"""By whether a model wrote in a text, the IPTC's term for it (NewsCodes, Digital Source Type)."""
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

    def covers(self, text: str) -> bool:
        """Does the record belong to this text, whatever its markup and spaces?"""
        return digest_of(text) == self.digest


def words_of(text: str) -> list[str]:
    """The words of a text: letters and figures, in one form and in lower case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def digest_of(text: str) -> str:
    """SHA-256 of the words of a text and of its signs, base64url."""
    signs = _SIGNED.findall(unicodedata.normalize("NFKC", text).casefold())
    joined = _GAP.sub("", " ".join(signs))
    return _encoded(hashlib.sha256(joined.encode("utf-8", "replace")).digest())


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


RENEWED_AFTER = 90 * 86_400
"""Seconds that a key signs."""
ADOPTED_WITHIN = 86_400
"""Seconds in which every replica that lives signs with a newer key."""
_PRIVATE, _PUBLIC = b"\x01", b"\x00"


class Signer:
    """Signs with the newest of some keys. `clock`: seconds since 1970."""

    def __init__(
        self, newest: Ed25519PrivateKey, former: Mapping[str, Ed25519PublicKey], clock: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._version = version("relais")
        self.adopt(newest, former)

    def adopt(self, newest: Ed25519PrivateKey, former: Mapping[str, Ed25519PublicKey]) -> None:
        """Sign with another key from now on."""
        self._key = newest
        public = newest.public_key()
        self._id = key_id(public)
        self.keys: dict[str, Ed25519PublicKey] = {self._id: public, **former}
        """The public keys by their ids, the newest first."""

    def record(self, text: str, *, level: Level, generated: bool, models: tuple[str, ...] = ()) -> str:
        """Sign the record of a text that is written now: a token of three base64url parts, about 450
        characters."""
        claims = {
            "iss": ISSUER,
            "iat": int(self._clock()),
            "ver": self._version,
            "lvl": str(level),
            "gen": generated,
            "mdl": list(models),
            "src": SOURCE_TYPES[generated],
            "txt": digest_of(text),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._id, "typ": _KIND})

    def marked(self, draft: Draft) -> Draft:
        """The draft with the record of its text; service words need none."""
        if draft.notice:
            return draft
        token = self.record(
            draft.text, level=draft.level, generated=bool(draft.writers), models=draft.writers
        )
        return replace(draft, record=token)


class SigningKeys:
    """The keys in the store."""

    def __init__(self, store: Store, vault: Vault, clock: Callable[[], float]) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._place = store.key(0, "signing")

    async def signer(self) -> Signer:
        """Read the keys; make a new one where the newest is too old or there is none. Raises StoreError."""
        return Signer(*await self._current(), self._clock)

    async def public(self) -> dict[str, Ed25519PublicKey]:
        """The public keys by their ids; none are made. Raises StoreError."""
        return {key_id(public): public for _, _, public in await self._read()}

    async def refresh(self, signer: Signer) -> None:
        """Have a signer use the newest key of the store, which is renewed when its time is over."""
        signer.adopt(*await self._current())

    async def renew(self) -> None:
        """Make a new key now (`relais keys rotate`); replicas take it with their next look."""
        await self._add(int(self._clock()))

    async def _current(self) -> tuple[Ed25519PrivateKey, dict[str, Ed25519PublicKey]]:
        now = int(self._clock())
        found = await self._read()
        if not found or found[0][0] + RENEWED_AFTER <= now:
            await self._add(now // RENEWED_AFTER * RENEWED_AFTER)
            found = await self._read()
        (made, newest, _), *former = found
        if newest is None:
            raise TypeError("the newest signing key has no private half")
        if made + ADOPTED_WITHIN <= now:
            await self._forget(former)
        return newest, {key_id(public): public for _, _, public in former}

    async def _add(self, made: int) -> None:
        """Keep a new key as that of a time, unless another replica did."""
        sealed = self._sealed(made, _PRIVATE + Ed25519PrivateKey.generate().private_bytes_raw())
        await self._store.run(("HSETNX", self._place, made, sealed))

    async def _forget(self, keys: list[tuple[int, Ed25519PrivateKey | None, Ed25519PublicKey]]) -> None:
        for made, private, public in keys:
            if private is not None:
                raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
                await self._store.run(("HSET", self._place, made, self._sealed(made, _PUBLIC + raw)))

    async def _read(self) -> list[tuple[int, Ed25519PrivateKey | None, Ed25519PublicKey]]:
        """When each key was made, its private half while it is kept, and its public one; newest first."""
        raw: dict[bytes, bytes] = await self._store.run(("HGETALL", self._place))
        keys: list[tuple[int, Ed25519PrivateKey | None, Ed25519PublicKey]] = []
        for made in sorted(map(int, raw), reverse=True):
            value = self._vault.open(raw[str(made).encode()], context=self._context(made))
            if value[:1] == _PRIVATE:
                private = Ed25519PrivateKey.from_private_bytes(value[1:])
                keys.append((made, private, private.public_key()))
            else:
                keys.append((made, None, Ed25519PublicKey.from_public_bytes(value[1:])))
        return keys

    def _sealed(self, made: int, value: bytes) -> bytes:
        return self._vault.seal(value, context=self._context(made))

    @staticmethod
    def _context(made: int) -> str:
        return f"signing key|{made}"
