"""What a person may use in a minute, as the store counts it."""

from __future__ import annotations

from core.policy.file import Quotas
from core.sessions.quotas import Counts
from core.store.valkey import Store
from core.vault import Vault


async def test_a_clock_that_goes_back(store: Store, vault: Vault) -> None:
    """After a failover to a server whose clock is behind, nobody waits for it to catch up."""
    counts = Counts(store, vault, Quotas(messages_per_minute=10))
    assert (await counts.turn("@a:x", "t")).wait == 0
    who = vault.person_tag("@a:x")
    place = store.key(store.partition(who), "quota", who)
    await store.run(("HINCRBY", place, "at", 3_600_000))
    assert (await counts.turn("@a:x", "t2")).wait == 0
