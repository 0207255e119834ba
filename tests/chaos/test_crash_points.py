"""Killed at any step of an answer, relais answers each question exactly once, in order, to the end.

A short form of `make chaos`, which kills at all steps and at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.chaos.account import account
from tests.chaos.crowd import crowd
from tests.chaos.points import round_of
from tests.chaos.stage import Point, stage
from tests.rig.gateway import fake_gateway
from tests.rig.synapse import Federation

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE = [
    (Point("enqueue", "after"), False),
    (Point("final", "after"), False),
    (Point("post", "after"), False),
    (Point("placeholder", "after"), True),
    (Point("last", "after"), True),
]
TWO = [(Point("placeholder", "after"), True)]


async def play(
    folder: Path, servers: Federation, replicas: int, points: Sequence[tuple[Point, bool]]
) -> None:
    async with (
        fake_gateway() as gateway,
        stage(folder, servers.agents, gateway, replicas=replicas) as it,
        crowd(servers.agents, folder / "people", 1, f"alice-{replicas}") as (alice,),
    ):
        await alice.meet(it.user)
        asked = [await round_of(it, alice, point, slow=slow) for point, slow in points]
        await alice.ask("Et pour finir ?")
        result = account({alice: [*asked, "Et pour finir ?"]})
        assert result.clean, result


async def test_a_replica_killed_at_a_step_goes_on_after_its_restart(
    tmp_path: Path, servers: Federation
) -> None:
    """The same message is finished by the restarted replica; nothing is lost, doubled or left growing."""
    await play(tmp_path, servers, 1, ONE)


async def test_a_sibling_finishes_what_a_dead_replica_began(tmp_path: Path, servers: Federation) -> None:
    """The other replica, on its own device, finds the message that the dead one posted, and finishes it."""
    await play(tmp_path, servers, 2, TWO)
