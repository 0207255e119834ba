"""The store and its keys belong together: checked at each start.

The store keeps one random index key, sealed under the master keys. Keys that open it are the store's
own; any others are refused before anything is read or written with them. It also knows which keys were
retired by a rotation: to seal with one of them again would lose what is sealed when it is removed.
"""

from __future__ import annotations

import secrets

from core.errors import StoreRefused, Tampered, UnknownKey
from core.language.operators import Phrase
from core.store.valkey import Store
from core.vault import SETTING, Keys, Opener, Vault

INDEX = "relais:index"
RETIRED = "relais:retired"
_CONTEXT = "index key"


async def unlock(store: Store, keys: Keys, *, beside: bool = False) -> Vault:
    """The vault of this store, which a replica makes in an empty one, but no command (`beside`) does. Raises
    StoreRefused, also when the store was sealed under other keys, or when the newest one was retired."""
    index = secrets.token_bytes(32)
    if not beside:
        fresh = Vault(keys, index=index).seal(index, context=_CONTEXT)
        await store.run(("SET", INDEX, fresh, "NX"))
    sealed, retired = await store.spread([("GET", INDEX), ("SISMEMBER", RETIRED, keys.newest.hex())])
    if sealed is None:
        raise StoreRefused(Phrase("store.never_used"))
    if retired:
        raise retired_refusal()
    return Vault(keys, index=opened_index(keys, sealed))


def opened_index(keys: Keys, sealed: bytes) -> bytes:
    """The index key of a store, which proves that the keys are the store's own. Raises StoreRefused."""
    try:
        return Opener(keys).open(sealed, context=_CONTEXT)
    except (UnknownKey, Tampered):
        raise StoreRefused(Phrase("keys.others", setting=SETTING)) from None


def opens(index: bytes, keys: Keys) -> bool:
    """Do these keys open the store whose sealed index key this is?"""
    try:
        return bool(Opener(keys).open(index, context=_CONTEXT))
    except (UnknownKey, Tampered):
        return False


def retired_refusal() -> StoreRefused:
    """The newest key was retired: what is sealed with it would be lost with it."""
    return StoreRefused(Phrase("keys.retired", setting=SETTING))


async def retire(store: Store, vault: Vault) -> None:
    """Let no replica seal with the former keys any more: nothing is sealed under them."""
    if former := vault.former:
        await store.run(("SADD", RETIRED, *former))
