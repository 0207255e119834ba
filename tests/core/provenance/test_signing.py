from __future__ import annotations

from core.provenance.record import AnswerRecord, verified
from core.provenance.signing import RENEWED_AFTER, SigningKeys
from core.sensitivity.level import Level
from core.store import rotation
from core.store.keyring import unlock
from core.store.valkey import Store
from core.vault import Keys, Vault
from tests.core.stored import SECRET, embedded, partitions, store, vault

__all__ = ["embedded", "partitions", "store", "vault"]
NOW = 20_000 * 86_400.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def level_of(token: str, keys: object) -> Level | str:
    found = verified(token, keys)  # type: ignore[arg-type]
    return found.level if isinstance(found, AnswerRecord) else found


async def test_replicas_sign_with_one_key(store: Store, vault: Vault) -> None:
    """Two replicas that start on one store sign with the same key; neither makes one of its own."""
    first, second = [await SigningKeys(store, vault, Clock()).signer() for _ in range(2)]
    token = first.record("Bonjour", level=Level.N1, generated=True)
    assert level_of(token, second.keys) is Level.N1
    assert len(second.keys) == 1


async def test_key_is_renewed(store: Store, vault: Vault) -> None:
    """After its time a key signs no more; what it signed is still verified, and its private half is gone."""
    clock = Clock()
    keys = SigningKeys(store, vault, clock)
    signer = await keys.signer()
    before = signer.record("avant", level=Level.N0, generated=False)
    old = next(iter(signer.keys))
    clock.now += RENEWED_AFTER
    await keys.refresh(signer)
    clock.now += 2 * 86_400
    await keys.refresh(signer)
    assert next(iter(signer.keys)) != old
    assert level_of(before, await keys.public()) is Level.N0
    sealed: dict[bytes, bytes] = await store.run(("HGETALL", store.key(0, "signing")))
    kept = [vault.open(value, context=f"signing key|{made.decode()}")[:1] for made, value in sealed.items()]
    assert sorted(kept) == [b"\x00", b"\x01"]


async def test_key_may_be_renewed_at_once(store: Store, vault: Vault) -> None:
    """`relais keys rotate` makes a new key before the time of the former one is over."""
    clock = Clock()
    keys = SigningKeys(store, vault, clock)
    signer = await keys.signer()
    clock.now += RENEWED_AFTER / 3
    await keys.renew()
    await keys.refresh(signer)
    assert len(signer.keys) == 2


async def test_keys_survive_a_rotation_of_the_master_keys(store: Store, vault: Vault) -> None:
    """Signing keys are wrapped anew with everything else of the store."""
    signer = await SigningKeys(store, vault, Clock()).signer()
    token = signer.record("avant", level=Level.N0, generated=True)
    new = "une autre clé, de plus de trente-deux caractères"
    await rotation.rotate(store, await unlock(store, Keys([new, SECRET])))
    later = await SigningKeys(store, await unlock(store, Keys([new])), Clock()).signer()
    assert level_of(token, later.keys) is Level.N0


async def test_private_keys_are_sealed(store: Store, vault: Vault) -> None:
    """A signing key is sealed like all that is kept: it opens with the master keys, for its own place."""
    await SigningKeys(store, vault, Clock()).signer()
    ((made, sealed),) = (await store.run(("HGETALL", store.key(0, "signing")))).items()
    private = vault.open(sealed, context=f"signing key|{made.decode()}")[1:]
    assert private not in sealed
    assert vault.try_open(sealed, context="signing key|0") is None
