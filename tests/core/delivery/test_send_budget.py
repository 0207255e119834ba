"""The send budget: finals first, what the platform refuses is learnt, and replicas share it."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.connector import Pace
from core.delivery.outbox import LONG, Budget, Sending, SendWaits, slow
from core.errors import Rejected
from core.language.operators import Phrase
from core.store.valkey import Store
from core.vault import Vault
from tests.core.conftest import core_on
from tests.rig.platform import Platform, message

SYNAPSE = Pace(per_second=0.2, burst=10)
FAST = Pace(per_second=1000, burst=50)


@pytest.fixture
def budget(store: Store, vault: Vault) -> Budget:
    return Budget(store, vault)


async def calm(store: Store, vault: Vault) -> Budget:
    """A budget that was refused a while ago, and does not probe beyond its estimate yet."""
    budget = Budget(store, vault)
    await budget.take("compte", SYNAPSE, "final")
    await budget.refused("compte", 0.0)
    where = await place(store)
    await store.run(("HSET", where, "tokens", 10, "factor", 1))
    return budget


async def granted(budget: Budget, what: Sending, *, pace: Pace = SYNAPSE, scope: str = "compte") -> int:
    """How many go at once."""
    for n in range(100):
        if await budget.take(scope, pace, what) > 0:
            return n
    return 100


def is_due(wait: float, seconds: float, began: float) -> bool:
    """Is this the wait of so many seconds, less what the calls since `began` took?"""
    return seconds - (time.monotonic() - began) - 0.01 <= wait <= seconds + 0.001


async def test_a_full_store(store: Store, budget: Budget) -> None:
    """A server without memory left still lets answers go: they end the work that fills it."""
    await store.run(("CONFIG", "SET", "maxmemory", 1))
    assert await budget.take("compte", SYNAPSE, "final") == 0


async def test_burst_then_rate(store: Store, vault: Vault) -> None:
    """A burst goes at once; then one is to wait as long as the rate says."""
    budget, began = await calm(store, vault), time.monotonic()
    assert await granted(budget, "final") == 10
    assert is_due(await budget.take("compte", SYNAPSE, "final"), 5.0, began)


async def test_one_final_at_a_time_goes_beyond_the_estimate(budget: Budget) -> None:
    """With the burst spent one more final goes: the platform may give more. The next waits for its fate."""
    assert await granted(budget, "final") == 11
    assert await budget.take("compte", SYNAPSE, "final") > 0


async def test_what_is_not_refused_raises_the_rate(budget: Budget) -> None:
    """A final beyond the estimate that the platform took doubles the rate: soon nobody waits."""
    await granted(budget, "final")
    for doubled in (2, 4, 8):
        await let_pass(budget, seconds=2, fields=("probe",))
        assert await budget.take("compte", SYNAPSE, "final") == 0
        assert await factor(budget) == doubled
        await granted(budget, "final")


async def test_a_refused_probe_is_not_repeated_for_a_minute(budget: Budget) -> None:
    """The platform said no: the estimate holds again, and nobody goes beyond it for a minute."""
    await granted(budget, "final")
    await budget.refused("compte", 1.0)
    await let_pass(budget, seconds=2)
    assert await granted(budget, "final") == 1
    assert await factor(budget) == pytest.approx(0.7, abs=0.01)


async def test_a_connector_that_counts_its_calls_asks_for_no_budget(store: Store, vault: Vault) -> None:
    """Slack limits each method apart: a post does not wait for the store to say that it may go."""
    budget, free = Budget(store, vault), Pace(per_second=math.inf, burst=1, scope="slack")
    assert [await budget.take("slack", free, "growing") for _ in range(50)] == [0.0] * 50
    await budget.refused("slack", 5.0)
    assert await budget.take("slack", free, "final") == 0.0
    tag = vault.tag("budget", "slack")
    assert not await store.run(("EXISTS", store.key(tag, "budget", tag)))


async def test_reserves(store: Store, vault: Vault) -> None:
    """Growing edits leave half of the burst, first posts leave two, finals take all."""
    budget, began = await calm(store, vault), time.monotonic()
    assert [await granted(budget, what) for what in ("growing", "first", "final")] == [5, 3, 2]
    for what, seconds in (("final", 5.0), ("first", 15.0), ("growing", 30.0)):
        assert is_due(await budget.take("compte", SYNAPSE, what), seconds, began)


@pytest.mark.parametrize("what", ["first", "growing"])
async def test_burst_of_one(budget: Budget, what: Sending) -> None:
    """Where only one message may go, no reserve keeps anything for ever."""
    assert await granted(budget, what, pace=Pace(per_second=0.2, burst=1)) == 1


async def test_shared(store: Store, vault: Vault) -> None:
    """Two replicas spend one budget; another account has its own."""
    await calm(store, vault)
    assert await granted(Budget(store, vault), "final") == 10
    assert await granted(Budget(store, vault), "final") == 0
    assert await granted(Budget(store, vault), "final", scope="autre") == 11


async def test_refusal_stops_all(budget: Budget) -> None:
    """After a refusal nobody sends until the time that the platform said; then one may."""
    await budget.take("compte", FAST, "final")
    began = time.monotonic()
    await budget.refused("compte", 30.0)
    assert is_due(await budget.take("compte", FAST, "final"), 30.0, began)
    assert await budget.take("compte", FAST, "growing") >= 30.0 - (time.monotonic() - began)


async def test_refusals_lower_the_rate_once(budget: Budget) -> None:
    """Refusals of messages that were under way together count as one; the rate is lower, and recovers."""
    await granted(budget, "final")
    began = time.monotonic()
    for _ in range(5):
        await budget.refused("compte", 2.0)
    assert is_due(await budget.take("compte", SYNAPSE, "final"), 2.0, began)
    assert await factor(budget) == pytest.approx(0.7, abs=0.01)
    await let_pass(budget, seconds=120)
    assert await granted(budget, "final") == 10 + 1
    assert await factor(budget) == pytest.approx(0.9, abs=0.01)
    await let_pass(budget, seconds=600)
    await granted(budget, "final")
    assert await factor(budget) == 1


async def place(store: Store) -> str:
    (found,) = await store.run(("KEYS", "*:budget:*"))
    return found


async def factor(budget: Budget) -> float:
    store = budget._store
    return float(await store.run(("HGET", await place(store), "factor")))


async def let_pass(
    budget: Budget, *, seconds: int, fields: tuple[str, ...] = ("at", "not_before", "calm")
) -> None:
    """As if it had happened earlier."""
    store = budget._store
    where = await place(store)
    for field in fields:
        was = float(await store.run(("HGET", where, field)))
        await store.run(("HSET", where, field, int(was - seconds * 1000)))


async def test_the_rate_is_that_which_was_learnt(budget: Budget) -> None:
    """A refusal lowers it below the declared one."""
    assert await budget.rate("compte", SYNAPSE) == pytest.approx(0.2)
    await budget.take("compte", SYNAPSE, "final")
    await budget.refused("compte", 1.0)
    assert await budget.rate("compte", SYNAPSE) < 0.2


DOCUMENTED = Pace(per_second=0.2, burst=1, exact=True)


async def pauses(budget: Budget, *tickets: str, pace: Pace = DOCUMENTED) -> list[float]:
    """How long each of these is told to wait, in fives of seconds, rounded."""
    return [round(await budget.take("compte", pace, "final", each) / 5) for each in tickets]


async def test_who_waits_at_a_documented_rate_is_served_in_order(store: Store, vault: Vault) -> None:
    """Two replicas: each is told of its own turn, keeps it however often it asks, and is not overtaken."""
    here, there = Budget(store, vault), Budget(store, vault)
    assert await here.take("compte", DOCUMENTED, "final") == 0.0
    assert await pauses(here, "a") + await pauses(there, "b") + await pauses(here, "c") == [1, 2, 3]
    assert await pauses(there, "c", "b", "a", "") == [3, 2, 1, 4]
    await let_pass(here, seconds=5)
    assert await pauses(there, "c", "", "b", "a") == [2, 3, 1, 0]
    assert await pauses(here, "b", "c", "a") == [1, 2, 3]


async def test_who_does_not_come_again_leaves_the_line(store: Store, budget: Budget) -> None:
    """A replica that was killed while it waited: those behind it move up."""
    await budget.take("compte", DOCUMENTED, "final")
    assert await pauses(budget, "gone", "b") == [1, 2]
    (told,) = await store.run(("KEYS", "*:told:*"))
    await store.run(("ZADD", told, 1, budget._place("compte", "gone")))
    assert await pauses(budget, "b") == [1]


async def test_who_was_refused_is_the_first_again(budget: Budget) -> None:
    """By the platform, after the budget let it go; the others wait behind it."""
    await budget.take("compte", DOCUMENTED, "final", "a")
    assert await pauses(budget, "b") == [1]
    await budget.refused("compte", 10.0, "a")
    assert await pauses(budget, "c", "b", "a") == [4, 3, 2]


async def test_a_refusal_slows_a_documented_rate_for_a_minute(budget: Budget) -> None:
    """What goes as fast as it may is then called at the careful pace, and after that as before."""
    pace = Pace(per_second=100, burst=50, exact=True, careful=0.2)
    assert await granted(budget, "final", pace=pace) >= 50
    await budget.refused("compte", 5.0)
    assert await pauses(budget, "a", "b", pace=pace) == [1, 2]
    await let_pass(budget, seconds=70)
    assert await pauses(budget, "a", "b", pace=pace) == [0, 0]  # who waited goes first
    assert await granted(budget, "final", pace=pace) >= 48


LIMITED = Pace(per_second=0.2, burst=10, scope="compte", exact=True, remedy="delivery.override_ratelimit")
SLOW = (
    "le compte n’envoie que 0,2 message/s\u00a0: demandez override_ratelimit aux administrateurs du serveur"
)


class Limited(Platform):
    """A platform of which the account may send a message every five seconds, ten of them at once."""

    def pace(self, address: object, sending: object) -> Pace:
        return LIMITED


def test_what_waits_is_counted_with_its_age() -> None:
    """Nobody waiting is well; one that waits for more than half a minute is not."""
    now = 100.0
    waits = SendWaits(lambda: now)
    assert (waits.now.count, waits.now.oldest, waits.now.trouble) == (0, 0.0, None)
    waits.since["first"] = now
    now += LONG
    waits.since["second"] = now
    assert waits.now.trouble is None
    now += 1.0
    assert waits.now.trouble == "2 messages attendent d’être envoyés, le plus ancien depuis 31\u00a0s"


async def test_a_message_waits_until_it_is_sent_or_refused(tmp_path: Path) -> None:
    """It is counted meanwhile, and not afterwards, however it ended."""
    async with core_on(tmp_path) as core:
        counts: list[int] = []

        async def attempt() -> None:
            counts.append(core.outbox.waits.now.count)
            if len(counts) == 2:
                raise Rejected(Phrase("delivery.no_edit", connector="tchap"))

        address = message("Bonjour").address
        await core.outbox.retry_until_sent(address, "final", attempt)
        with pytest.raises(Rejected):
            await core.outbox.retry_until_sent(address, "final", attempt)
        assert (counts, core.outbox.waits.now.count) == ([1, 1], 0)


def test_operators_read_the_rate_and_what_to_ask_for() -> None:
    """In the words of their language."""
    said = slow(0.2, LIMITED.remedy)
    assert said == SLOW


async def test_answers_that_wait_for_the_budget_are_told(tmp_path: Path) -> None:
    """More answers than the account may send at once: one waits, is counted, and the log says so once."""
    with capture_logs() as lines:
        async with core_on(tmp_path, platform=Limited()) as core:
            for number in range(14):
                await core.tell(
                    message(f"Question {number}", room=f"!room{number}:x", sender=f"@p{number}:x")
                )
            async with asyncio.timeout(60):
                while "send_budget_short" not in [line["event"] for line in lines]:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert core.outbox.waits.now.count > 0
    (line,) = [line for line in lines if line["event"] == "send_budget_short"]
    assert line["reason"] == SLOW
