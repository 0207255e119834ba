"""Where what is kept of a turn belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.connector import Address
from core.gateway.ask import Done, Usage, estimate, estimated_footprint
from core.gateway.catalogue import EXTRACTS, Model
from core.inbox.inbox import Inbox
from core.sensitivity.level import Level
from core.turn.references import session_key
from core.turn.sparing import spared
from tests.rig.platform import message

CHAT = Address(connector="slack", conversation="T1/D1")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (CHAT, "slack:T1/D1"),
        (replace(CHAT, thread="1"), "slack:T1/D1"),
        (replace(CHAT, thread="1", apart=True), "slack:T1/D1:1"),
        (replace(CHAT, apart=True), "slack:T1/D1"),
    ],
)
async def test_a_thread_that_is_apart_is_a_session_of_its_own(
    inbox: Inbox, address: Address, key: str
) -> None:
    """One sensitive file raises its thread, not a whole chat of two for ever; elsewhere a chat is one
    session."""
    assert await session_key(inbox, replace(message("Bonjour"), address=address)) == key


def model(name: str, size: float) -> Model:
    return Model(id=name, served=name, url="http://x/", clearance=Level.N2, active_parameters=size)


SMALL, LARGE = model("petit", 8.0), model("grand", 120.0)


def done(by: Model, tokens: int = 400) -> Done:
    return Done(
        model=by, served=by.id, finish="stop", usage=Usage(prompt_tokens=100, completion_tokens=tokens)
    )


def wh(model: Model, tokens: int) -> float:
    found = estimated_footprint(model, tokens)
    assert found is not None
    return found.wh[1]


def test_a_smaller_model_spares_the_difference() -> None:
    """To the largest that may read it; what the largest answers spares nothing."""
    found = spared([done(SMALL), done(SMALL)], [SMALL, LARGE], reused=0, quoted="")
    assert list(found) == ["smaller"]
    assert found["smaller"][1] == pytest.approx(2 * (wh(LARGE, 400) - wh(SMALL, 400)))
    assert spared([done(LARGE)], [LARGE, SMALL], reused=0, quoted="") == {}
    assert spared([done(SMALL)], [SMALL], reused=0, quoted="") == {}


def test_kept_notes_and_extracts_spare_the_model_that_would_have_answered() -> None:
    """By their tokens."""
    said = "Le plan bleu est prêt. " * 40
    found = spared([done(EXTRACTS, 0)], [SMALL, LARGE], reused=300, quoted=said)
    assert found["notes"][1] == pytest.approx(wh(SMALL, 300))
    assert found["extracts"][1] == pytest.approx(wh(SMALL, estimate(said)))


def test_what_is_not_known_spares_nothing() -> None:
    """No model is configured, or its size is not known."""
    assert spared([done(EXTRACTS, 0)], [EXTRACTS], reused=10, quoted="extrait") == {}
    unknown = model("x", 0.0)
    assert spared([done(unknown)], [unknown, LARGE], reused=0, quoted="") == {}
