"""What follows a failure, decided without any request."""

from __future__ import annotations

import pytest

from core.errors import ContextOverflow, GatewayRejected, GatewayUnavailable, Interrupted
from core.gateway.client import RetryLimits, RetryPlan
from tests.core.gateway.asking import ask, model

SMALL, LARGE = model("u"), model("u", id="large", context=128_000)
ASK = ask()
BUSY = GatewayUnavailable("busy")


def course(**limits: float) -> RetryPlan:
    return RetryPlan(RetryLimits(**limits), lambda: 0.5)


def test_route_without_models():
    """A route that holds no model is a rejection, not a crash."""
    with pytest.raises(GatewayRejected, match="aucun modèle"):
        course().choose(())


def test_pauses_grow_and_are_bounded():
    """Each failure of one model doubles the pause, up to a bound."""
    tried = course(attempts=9, patience=60)
    pauses = []
    for _ in range(7):
        tried.choose([SMALL])
        tried.failed(SMALL, ASK, BUSY, left=300)
        pauses.append(tried.pause)
    assert pauses == [0.5, 1, 2, 4, 8, 8, 8]


def test_jitter():
    """Chance spreads the pauses of many replicas by half."""
    low, high = RetryPlan(RetryLimits(), lambda: 0.0), RetryPlan(RetryLimits(), lambda: 0.999)
    for tried in (low, high):
        tried.choose([SMALL])
        tried.failed(SMALL, ASK, BUSY, left=300)
    assert (low.pause, round(high.pause, 2)) == (0.25, 0.75)


def test_no_pause_beyond_the_deadline():
    """When the pause would outlast the deadline, it ends now."""
    tried = course()
    tried.choose([SMALL])
    tried.failed(SMALL, ASK, GatewayUnavailable("busy", retry_after=5), left=4)
    with pytest.raises(GatewayUnavailable):
        tried.choose([SMALL])


def test_next_model_without_pause():
    """A rejected model is followed by the next at once."""
    tried = course()
    tried.choose([SMALL, LARGE])
    tried.failed(SMALL, ASK, GatewayRejected("key"), left=300)
    assert (tried.choose([SMALL, LARGE]), tried.pause) == (LARGE, 0.0)


def test_a_better_route_is_followed():
    """The route may change between requests: only models that were spent are left out."""
    tried = course()
    tried.choose([SMALL])
    tried.failed(SMALL, ASK, BUSY, left=300)
    assert tried.choose([LARGE]) == LARGE


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([GatewayRejected("key"), BUSY], GatewayUnavailable),
        ([ContextOverflow("long"), GatewayRejected("key")], ContextOverflow),
        ([ContextOverflow("long"), BUSY], GatewayUnavailable),
        ([GatewayRejected("key"), GatewayRejected("model")], GatewayRejected),
    ],
)
def test_the_error_that_tells_most(errors, told):
    """Of several failures people hear the one that passes by itself, then the one they can mend."""
    tried = course(attempts=1)
    for asked, error in zip((SMALL, LARGE), errors, strict=True):
        tried.choose([SMALL, LARGE])
        tried.failed(asked, ASK, error, left=300)
    with pytest.raises(told):
        tried.choose([SMALL, LARGE])


def test_partial_answer_is_kept():
    """Whatever fails after a partial answer, people get the longest part that came."""
    tried = course(cuts=1)
    for text in ("Il était une fois", "Il"):
        tried.choose([SMALL])
        tried.said.clear()
        tried.said.append(text)
        tried.failed(SMALL, ASK, BUSY, left=300)
    with pytest.raises(Interrupted) as error:
        tried.choose([SMALL])
    assert error.value.text == "Il était une fois"


def test_rejected_after_a_partial_answer():
    """A partial answer, then a rejection: interrupted all the same."""
    tried = course()
    tried.choose([SMALL])
    tried.said.clear()
    tried.said.append("Il")
    tried.failed(SMALL, ASK, GatewayRejected("key"), left=300)
    with pytest.raises(Interrupted):
        tried.choose([SMALL])
