"""The store and its keys belong together: checked at each start.

The store keeps one random index key, sealed under the master keys. Keys that open it are the store's
own; any others are refused before anything is read or written with them.
"""

from __future__ import annotations

import secrets

from core.errors import StoreRefused
from core.store.valkey import Store
from core.vault import SETTING, Keys, Opener, Tampered, UnknownKey, Vault, seal

_PLACE = "relais:index"
_CONTEXT = "index key"


async def unlock(store: Store, keys: Keys) -> Vault:
    """The vault of this store. Raises StoreRefused when the store was sealed under other keys."""
    fresh = seal(keys, secrets.token_bytes(32), context=_CONTEXT)
    _, sealed = await store.batch([("SET", _PLACE, fresh, "NX"), ("GET", _PLACE)])
    try:
        return Vault(keys, index=Opener(keys).open(sealed, context=_CONTEXT))
    except (UnknownKey, Tampered):
        raise StoreRefused(
            f"the store was sealed under other keys than {SETTING} gives; "
            "give those again (after a rotation: the former key behind the new one), or use an empty store"
        ) from None
