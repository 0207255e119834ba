"""The keys that sign records, in the store, sealed under the master keys and renewed every `RENEWED_AFTER`.

All replicas sign with the newest. The private half of a former key is forgotten once no replica can still
sign with it; its public half stays, so that a record can be verified for as long as the store lives.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.provenance.record import Signer, key_id
from core.store.valkey import Store
from core.vault import Vault

RENEWED_AFTER = 90 * 86_400
"""Seconds that a key signs."""
ADOPTED_WITHIN = 86_400
"""Seconds in which every replica that lives signs with a newer key."""
_PRIVATE, _PUBLIC = b"\x01", b"\x00"


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
