"""The notebook: what a connector notes is there for it at the next start, and for nobody else."""

from __future__ import annotations

from core.connector import Notebook
from core.store.valkey import Store, StoredNotebook
from core.vault import Vault


async def test_notes(store: Store, vault: Vault) -> None:
    """Notes are set, read, listed by prefix and deleted."""
    notebook: Notebook = StoredNotebook(store, vault, "tchap|APPAREIL")
    assert await notebook.get("sync") is None
    await notebook.set("sync", b"s1_\x00\xff")
    await notebook.set("sync", b"s2")
    await notebook.set("event:2", b"deux")
    await notebook.set("event:1", b"un")
    assert await notebook.get("sync") == b"s2"
    assert await notebook.items("event:") == {"event:1": b"un", "event:2": b"deux"}
    await notebook.delete("event:1")
    await notebook.delete("event:1")
    assert await notebook.items("") == {"event:2": b"deux", "sync": b"s2"}


async def test_owner(store: Store, vault: Vault) -> None:
    """Each device has its own notebook, whoever opens it."""
    await StoredNotebook(store, vault, "tchap|A").set("sync", b"a")
    assert await StoredNotebook(store, vault, "tchap|B").get("sync") is None
    assert await StoredNotebook(store, vault, "tchap|A").get("sync") == b"a"


async def test_a_note_tells_no_name_and_stays_in_its_place(store: Store, vault: Vault) -> None:
    """What a note is called stands nowhere in clear; a note put in another's place counts as missing."""
    notebook = StoredNotebook(store, vault, "tchap|APPAREIL")
    await notebook.set("room:!salon:agents.example", b"chiffre")
    await notebook.set("room:!autre:agents.example", b"clair")
    (place,) = await store.run(("KEYS", "*:notebook:*"))
    every = await store.run(("HGETALL", place))
    assert b"agents.example" not in b"".join(every)
    (one, two), values = every, list(every.values())
    await store.run(("HSET", place, one, values[1], two, b"clair"))
    assert await notebook.get("room:!salon:agents.example") is None
    assert await notebook.items("room:") == {}
