"""Diffusion Restreinte is handled where a channel and a model are homologated for it, and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connector import AudienceKind
from core.gateway.catalogue import Model
from core.policy.channels import channels
from core.policy.decision import Denied, decide
from core.policy.file import HOMOLOGABLE, KINDS, PolicyFile, Right, shipped_policy
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import message

DR = "DIFFUSION RESTREINTE\n\nNote sur le schéma bleu-canard."
CLASSIFIED = "SECRET\n\nNote sur le plan vert-olive."
UNKNOWN = "TLP:PURPLE\n\nNote rose-thé."


def homologated(gateway: FakeGateway) -> PolicyFile:
    """An ordinary model, which is smaller and would come first, and a homologated one."""
    ordinary = Model(id="petit", served="petit", url=gateway.url, clearance=Level.N3, active_parameters=1.0)
    able = replace(
        ordinary, id="dr", served="dr", clearance=Level.N4, homologation="DR-7", active_parameters=9.0
    )
    shipped = shipped_policy()
    ceilings = dict(shipped.ceilings) | {"tchap_encrypted": Level.N4}
    return replace(
        shipped, models=(ordinary, able), ceilings=ceilings, homologations={"tchap_encrypted": "DR-8"}
    )


@pytest.fixture
async def core(tmp_path: Path) -> AsyncGenerator[Core]:
    async with core_on(tmp_path, policy=homologated, served=("petit", "dr")) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


async def test_it_is_read_by_the_homologated_model_only(core: Core) -> None:
    """With what follows in its session; when that model fails no other takes over."""
    await core.tell(message(DR))
    await core.platform.answered(1)
    await core.tell(message("Et ensuite ?"))
    posts = await core.platform.answered(2)
    assert {request.body["model"] for request in core.gateway.received} == {"dr"}
    assert all(post.states[-1].level == Level.N4 for post in posts)
    core.gateway.next(Behaviour(status=401), model="dr")
    await core.tell(message("Et encore ?"))
    await core.platform.answered(3)
    assert {request.body["model"] for request in core.gateway.received} == {"dr"}


@pytest.mark.parametrize("text", [CLASSIFIED, f"{DR}\n\n{CLASSIFIED}"])
async def test_classified_information_is_refused_there_too(core: Core, text: str) -> None:
    """Beside restricted information as well: no homologation is for it."""
    await core.tell(message(text))
    (post,) = await core.platform.answered(1)
    assert "information classifiée" in post.text
    assert not core.gateway.received


async def test_a_level_of_which_the_half_is_not_known_is_refused(core: Core) -> None:
    """An unknown marking that the person confirms; a level that is named without its half is not set."""
    await core.tell(message(UNKNOWN))
    await core.platform.answered(1)
    await core.tell(message("oui"))
    await core.platform.answered(2)
    await core.tell(message("!niveau N4"))
    *_, told = await core.platform.answered(3)
    assert "N4" in told.text
    assert not core.gateway.received


async def test_another_channel_does_not_carry_it(core: Core) -> None:
    """A guest who is invited meanwhile ends it: the answer is not shown."""
    answer = core.gateway.hold()
    await core.tell(message(DR))
    await core.gateway.asked()
    core.platform.kind = "tchap_encrypted_guests"
    answer.set()
    (post,) = await core.platform.answered(1)
    assert "bleu-canard" not in post.text


@given(
    level=st.sampled_from(Level),
    audience=st.sampled_from(KINDS),
    ceilings=st.dictionaries(st.sampled_from(KINDS), st.sampled_from(Level)),
    homologations=st.dictionaries(st.sampled_from(HOMOLOGABLE), st.sampled_from(["", "H"])),
    clearance=st.sampled_from(Level),
    reference=st.sampled_from([None, "", "H"]),
    right=st.none() | st.sampled_from(Level),
    task=st.sampled_from(["chat", "summary", "send"]),
)
def test_whatever_a_policy_says(
    level: Level,
    audience: AudienceKind,
    ceilings: dict[str, Level],
    homologations: dict[str, str],
    clearance: Level,
    reference: str | None,
    right: Level | None,
    task: str,
) -> None:
    """At most the channel's level, the model's and the person's; above N3 with references; N4b never."""
    model = Model(id="m", served="m", url="", clearance=clearance, homologation=reference)
    rights = () if right is None else (Right(people=("@a",), level=right),)
    policy = replace(
        shipped_policy(), models=(model,), ceilings=ceilings, homologations=homologations, rights=rights
    )
    try:
        decide(policy, level=level, audience=audience, task=task, person="@a")  # type: ignore[arg-type]
    except Denied:
        return
    within = channels()[audience].within
    assert level <= (ceilings[audience] if audience in ceilings or within not in ceilings else Level.N0)
    assert right is None or level <= right
    assert task == "send" or level <= clearance
    assert level < Level.N4 or (level == Level.N4 and homologations.get(audience) and reference)
