"""Killed at any step of an answer, relais answers each question exactly once, in order, to the end.

A short form of `make chaos`, which kills at all steps and at random.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.account import account
from tests.chaos.crowd import Person, crowd
from tests.chaos.points import AT_ONCE, LATE, LONG, SLOW, round_of, too_late, without_store
from tests.chaos.stage import Point, stage
from tests.rig.gateway import fake_gateway
from tests.rig.synapse import Federation

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE = [
    (Point("enqueue", "after"), AT_ONCE),
    (Point("post", "after"), AT_ONCE),
    (Point("beginning", "after"), SLOW),
    (Point("last", "after"), SLOW),
    (Point("deletion", "before"), LATE),
]


async def test_a_replica_killed_at_a_step_goes_on_after_its_restart(
    tmp_path: Path, servers: Federation
) -> None:
    """The same message is finished by the restarted replica; nothing is lost, doubled or left growing. Nor is
    it when the store is away for a while."""
    async with (
        fake_gateway() as gateway,
        stage(tmp_path, servers.agents, gateway, replicas=1) as it,
        crowd(servers.agents, tmp_path / "people", 1, "anne") as (anne,),
    ):
        await anne.meet(it.user)
        asked = [await round_of(it, anne, point, how) for point, how in ONE]
        asked += await without_store(it, anne)
        await the_end(anne, asked)


async def test_a_sibling_finishes_what_another_began(tmp_path: Path, servers: Federation) -> None:
    """A replica hangs beyond its lease while its answer grows: the other one, on its own device, finishes the
    same message. The edit that was on the way lands after the final text, and is deleted. So is the beginning
    of an answer that came late, as a new message, for the first replica hung."""
    async with (
        fake_gateway() as gateway,
        stage(tmp_path, servers.agents, gateway, replicas=2) as it,
        crowd(servers.agents, tmp_path / "people", 1, "alice") as (alice,),
    ):
        await alice.meet(it.user)
        asked = [
            await too_late(it, alice, "growing", LONG),
            await too_late(it, alice, "beginning", SLOW, LATE),
        ]
        await the_end(alice, asked)


async def the_end(person: Person, asked: list[str]) -> None:
    """After one more question, answered after all that went before, the account is clean."""
    await person.ask("Et pour finir ?")
    result = account({person: [*asked, "Et pour finir ?"]})
    assert result.clean, result
