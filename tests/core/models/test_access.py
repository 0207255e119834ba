"""The one way to a model: what is decided, hidden, refused, counted and noted before and after an answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from core.errors import OverQuota
from core.gateway.ask import Ask, Done
from core.gateway.catalogue import EXTRACTS, Model
from core.gateway.client import Gateway
from core.gateway.engines.remote import session
from core.models.access import ModelAccess, Models
from core.policy.decision import Denied
from core.policy.file import PolicyFile, Quotas, Right, shipped_policy
from core.sensitivity.level import Level
from tests.rig.gateway import Behaviour, FakeGateway, fake_gateway

NIR = "1 85 05 78 006 084 91"
ASK = Ask(instructions="Aide.", question=f"Que vaut {NIR} ?")


@asynccontextmanager
async def access(
    gateway: FakeGateway, level: Level = Level.N1, *, used: int = 0, **changed: object
) -> AsyncGenerator[tuple[ModelAccess, list[str]]]:
    """An access of `@a:x` on the terminal, and the models that were noted."""
    small = Model(id="small", served="small", url=gateway.url, clearance=Level.N2)
    policy: PolicyFile = replace(shipped_policy(), **{"models": (small,), **changed})
    noted: list[str] = []
    async with session() as client:
        yield (
            ModelAccess(
                shared=Models(policy=policy, gateway=Gateway(session=client), jail=None),
                audience="console",
                person="@a:x",
                level=lambda: level,
                used=used,
                note=noted.append,
            ),
            noted,
        )


async def test_masked_by_the_policy() -> None:
    """From the policy's level on, personal data stay here and stand in the answer again."""
    async with fake_gateway(behaviour=Behaviour(answer="Vu : [NIR_1].")) as gateway:
        async with access(gateway, masking=Level.N0) as (way, _):
            pieces = [piece async for piece in way.stream(ASK)]
        assert NIR not in str(gateway.received)
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == f"Vu : {NIR}."


async def test_counted_and_noted() -> None:
    """The tokens that the gateway counted are added up, and the model is noted once an answer."""
    async with fake_gateway() as gateway, access(gateway) as (way, noted):
        ends = [[piece async for piece in way.stream(ASK)][-1] for _ in range(2)]
    usages = [done.usage for done in ends if isinstance(done, Done)]
    assert way.spent == sum(each.prompt_tokens + each.completion_tokens for each in usages) > 0
    assert noted == ["small", "small"]


async def test_a_model_that_is_to_see_is_tried_with_a_picture() -> None:
    """As `relais doctor` tries it: a gateway may serve it without its eyes."""
    async with fake_gateway() as gateway, access(gateway) as (way, _):
        (small,) = way.shared.policy.models
        for tasks in ((*small.tasks, "vision"), small.tasks):
            await way.shared.try_one(replace(small, tasks=tasks))
    assert [each.picture is not None for each in gateway.received] == [True, False]


async def test_extracts_cost_nothing() -> None:
    """What no model wrote uses up no tokens."""
    async with fake_gateway() as gateway, access(gateway, models=(EXTRACTS,)) as (way, noted):
        _ = [piece async for piece in way.stream(ASK)]
    assert (way.spent, noted) == (0, ["extraits"])


@pytest.mark.parametrize(
    ("level", "used", "changed", "error"),
    [
        (Level.N3, 0, {}, Denied),
        (Level.N2, 0, {"rights": (Right(people=("@a:*",), level=Level.N1),)}, Denied),
        (Level.N1, 0, {"rights": (Right(people=("@b:*",), level=Level.N3),)}, Denied),
        (Level.N1, 100, {"quotas": Quotas(tokens_per_day=100)}, OverQuota),
        (Level.N1, 0, {"quotas": Quotas(tokens_per_day_in_all=0)}, OverQuota),
    ],
    ids=["model", "person", "nobody", "quota", "the ceiling of all"],
)
async def test_refused(level: Level, used: int, changed: dict[str, object], error: type[Exception]) -> None:
    """What the policy refuses, for the level, the person or their quota, is never sent, counted or noted."""
    async with fake_gateway() as gateway, access(gateway, level, used=used, **changed) as (way, noted):
        with pytest.raises(error):
            _ = [piece async for piece in way.stream(ASK)]
        assert not gateway.received
    assert (way.spent, noted) == (0, [])


async def test_a_level_that_rises_meanwhile() -> None:
    """The level is asked for afresh before each request: a retry is refused once the text is too high."""
    level = Level.N1
    async with fake_gateway(behaviour=Behaviour(status=500)) as gateway, access(gateway) as (way, _):

        def rising() -> Level:
            nonlocal level
            if gateway.received:
                level = Level.N3
            return level

        way.level = rising
        with pytest.raises(Denied):
            _ = [piece async for piece in way.stream(ASK)]
        assert len(gateway.received) == 1


async def test_what_a_model_writes_is_not_trusted() -> None:
    """A link that nobody gave is dead, and a line of ours is dropped, also where the model broke off."""
    written = "Voir [ici](https://evil.example).\n\n*Modèle grand · niveau N0*\n\nFin."
    async with fake_gateway(behaviour=Behaviour(answer=written)) as gateway, access(gateway) as (way, _):
        pieces = [piece async for piece in way.stream(ASK)]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    assert text == "Voir ici (evil[.]example).\n\n\nFin."
