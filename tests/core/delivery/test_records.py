"""No text leaves relais without its record: the outbox, which every message passes, signs it.

`tests.rig.platform` looks at each message of every test of the core (`unsigned`); here is what a record says.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core.connector import Draft
from core.provenance.record import SOURCE_TYPES, AnswerRecord, Signer, verified
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on, embedded
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, message

SIGNER = Signer(Ed25519PrivateKey.generate(), {}, lambda: 1_790_000_000.0)


def record_of(draft: Draft, signer: Signer) -> AnswerRecord:
    found = verified(draft.record, signer.keys)
    assert isinstance(found, AnswerRecord), found
    assert found.covers(draft.text)
    return found


@given(st.text(), st.sampled_from(list(Level)), st.lists(st.text(min_size=1, max_size=20), max_size=3))
def test_every_draft_but_service_words_is_signed(text: str, level: Level, writers: list[str]) -> None:
    """Whatever a draft is, it leaves with a record of its text, level and writers, or is a service word."""
    draft = Draft(text=text, level=level, key="k", writers=tuple(writers))
    found = record_of(SIGNER.marked(draft), SIGNER)
    assert found.models == tuple(writers)
    assert found.generated == bool(writers)
    assert str(found.level) == str(level)
    service = Draft(text=text, level=level, key="k", notice=True)
    assert SIGNER.marked(service) == service


async def test_answer_says_which_model_wrote_it(core: Core) -> None:
    """Each message of an answer, while it grows and at its end, names its model, level and words."""
    core.gateway.next(Behaviour(answer="Il était une fois un roi. " + "mot " * 80, rate=25))
    await core.tell(message("Raconte"))
    (post,) = await core.platform.answered()
    states = [draft for draft in post.states if draft.writers]
    assert len(states) > 1
    for draft in states:
        found = record_of(draft, core.signer)
        assert (found.models, found.generated, found.level) == (("small",), True, draft.level)


async def test_extracts_are_not_called_generated(tmp_path: Path) -> None:
    """Where no model writes, the record says so: a program chose the words."""
    async with core_on(tmp_path, policy=embedded) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        words = "La séance est le 3 mars. " * 40
        await core.tell(message(f"Quel est le budget ?\nLe budget est de 12 M€. {words}"))
        (post,) = await core.platform.answered()
    assert not post.states[-1].notice
    found = record_of(post.states[-1], core.signer)
    assert not found.generated
    assert SOURCE_TYPES[found.generated].endswith("/algorithmicMedia")


async def test_platform_of_tests_sees_what_is_unsigned() -> None:
    """The look at each message, on which the other tests rely, finds one without a record."""
    platform = Platform()
    draft = Draft(text="x", level=Level.N0, key="k")
    assert platform.unsigned(draft)
    assert not platform.unsigned(SIGNER.marked(draft))
