"""What a person may use in a minute, as the store counts it."""

from __future__ import annotations

from datetime import UTC, datetime

from core.gateway.ask import Footprint
from core.policy.file import Quotas
from core.sessions.figures import Counts, Sent
from core.sessions.repository import Sessions
from core.store.valkey import Store
from core.vault import Vault
from tests.core.stored import embedded, partitions, store, vault

__all__ = ["embedded", "partitions", "store", "vault"]


async def test_a_clock_that_goes_back(store: Store, vault: Vault) -> None:
    """After a failover to a server whose clock is behind, nobody waits for it to catch up."""
    counts = Counts(store, vault, Quotas(messages_per_minute=10))
    assert (await counts.turn("@a:x", "t"))[1] is None
    who = vault.tag("person", "@a:x")
    place = store.key(who, "quota", who)
    await store.run(("HINCRBY", place, "at", 3_600_000))
    assert (await counts.turn("@a:x", "t2"))[1] is None


async def heard(counts: Counts, store: Store, name: str, sent: Sent, *, later: float = 0.0) -> str:
    """What is to be done with a message that comes `later` (s) after the last answer, which is then noted."""
    (now,) = await store.spread([("TIME",)])
    since = int(now[0]) * 1000 + int(now[1]) // 1000 + round(later * 1000)
    _, hindrance = await counts.turn("@robot:x", name, "!room:x", since=since, sent=sent)
    await store.batch(counts.answered("@robot:x", "!room:x", 0))
    return "" if hindrance is None else hindrance.loop


async def test_what_answers_within_a_second_three_times_is_a_program(store: Store, vault: Vault) -> None:
    """One word then, and nothing until somebody takes their time."""
    counts = Counts(store, vault, Quotas())
    said = [await heard(counts, store, f"t{n}", "answer") for n in range(6)]
    assert said == ["", "", "", "last", "silent", "silent"]
    assert await heard(counts, store, "slow", "answer", later=5.0) == ""


async def test_a_sender_known_to_be_a_program_has_four_turns(store: Store, vault: Vault) -> None:
    """However slowly it answers; the fourth is the word that it ends here."""
    counts = Counts(store, vault, Quotas())
    said = [await heard(counts, store, f"t{n}", "program", later=30.0) for n in range(5)]
    assert said == ["", "", "", "last", "silent"]


async def test_a_person_who_is_quick_is_a_person(store: Store, vault: Vault) -> None:
    """In a chat of two, what neither names nor holds our answer may come at once, as often as one likes."""
    counts = Counts(store, vault, Quotas())
    assert [await heard(counts, store, f"t{n}", "") for n in range(9)] == [""] * 9


async def test_a_turn_that_is_claimed_again_is_judged_as_before(store: Store, vault: Vault) -> None:
    """The word is said by whoever finishes the job of a replica that died."""
    counts = Counts(store, vault, Quotas())
    for n in range(3):
        await heard(counts, store, f"t{n}", "answer")
    assert [await heard(counts, store, "t3", "answer") for _ in range(2)] == ["last", "last"]


async def test_what_answers_took_is_summed_by_person_and_month(store: Store, vault: Vault) -> None:
    """The last one is told apart; an erasure takes it all."""
    now = [datetime(2026, 11, 25, tzinfo=UTC).timestamp()]
    counts = Counts(store, vault, Quotas(), lambda: now[0])
    one = Footprint(wh=(0.03, 0.04), gco2e=(0.003, 0.004), count=1)
    for _ in range(2):
        await store.batch(counts.answered("@a:x", "!room:x", 10, one, since=1))
    now[0] += 10 * 86_400
    await store.batch(counts.answered("@a:x", "!room:x", 10, one, since=1))
    await store.batch(counts.answered("@b:x", "!room:x", 10))
    taken = await counts.footprints("@a:x")
    assert list(taken) == ["last", "2026-12", "2026-11"]
    assert taken["2026-11"] == Footprint(wh=(0.06, 0.08), gco2e=(0.006, 0.008), count=2)
    assert taken["last"] == taken["2026-12"] == one
    assert await counts.footprints("@b:x") == {}
    await Sessions(store, vault).forget("@a:x")
    await store.batch(counts.answered("@a:x", "!room:x", 10, one, since=1))
    assert await counts.footprints("@a:x") == {}


async def test_all_people_together_have_a_day(store: Store, vault: Vault) -> None:
    """What all replicas spent today is known to each with its next look, and begins anew the next day."""
    now = 1_700_000_000.0
    quotas = Quotas(tokens_per_day_in_all=100)
    one, other = [Counts(store, vault, quotas, lambda: now) for _ in range(2)]
    await store.batch([*one.answered("@a:x", "!room:x", 60), *other.answered("@b:x", "!room:x", 70)])
    await one.look()
    assert one.in_all == 130
    now += 86_400
    await one.look()
    assert one.in_all == 0
    assert len(Counts(store, vault, Quotas()).answered("@a:x", "!room:x", 60)) == 1
