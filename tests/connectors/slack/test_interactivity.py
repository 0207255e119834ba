"""Commands, buttons and reactions become questions and reactions; malformed ones become nothing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from connectors.slack.events import Me, address_of
from connectors.slack.interactivity import (
    PRESSED,
    Asked,
    command_of,
    judged_of,
    question_of,
    reacted_of,
    stopped_of,
)

ME = Me(team="T1", enterprise=None, user="UBOT", bot="BBOT")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("", None),
        (" aide ", None),
        ("HELP", None),
        ("question", None),
        ("question  Qui est là ?", "Qui est là ?"),
        ("niveau", "!niveau"),
        ("Langue en", "!langue en"),
        ("Qu’est-ce que la trame verte ?", "Qu’est-ce que la trame verte ?"),
    ],
)
def test_a_command_is_read_as_a_question(text: str, asks: str | None) -> None:
    """Words that are no command are the question themselves."""
    assert command_of(text) == asks


def pressed(**more: Any) -> dict[str, Any]:
    return {
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "message": {"ts": "2.0", "thread_ts": "1.0"},
        **more,
    }


def test_feedback_is_the_reaction_that_it_stands_for() -> None:
    """In the thread of the answer, once for each press."""
    found = judged_of(pressed(), {"value": "good", "action_ts": "3.0"}, ME, at=9.0)
    assert found is not None
    assert (found.reaction, found.target, found.address) == ("👍", "2.0", address_of(ME, "C1", "1.0"))
    bad = judged_of(pressed(), {"value": "bad", "action_ts": "3.1"}, ME, at=9.0)
    assert bad is not None
    assert bad.reaction == "👎"
    assert bad.key != found.key


@pytest.mark.parametrize("missing", ["user", "channel", "message"])
def test_feedback_without_its_message_is_nothing(missing: str) -> None:
    """A payload that says not who, where or under what."""
    assert judged_of(pressed(**{missing: None}), {"value": "good"}, ME, at=9.0) is None


def test_a_button_answers_the_message_below_which_it_stands() -> None:
    """A command answers none."""
    body = {"trigger_id": "5.0", "container": {"type": "message", "message_ts": "2.0"}}
    for given, where, answered in (
        (body, address_of(ME, "D1", "1.0"), "2.0"),
        ({"trigger_id": "6.0"}, address_of(ME, "U1", None), None),
    ):
        asked = Asked(body={"user_id": "U1", **given}, address=where, text="1", direct=True)
        assert question_of(asked, ME, at=9.0).reply_to == answered


def test_a_button_that_is_pressed_twice_at_once_asks_once() -> None:
    """Each press has a trigger of its own, and comes when it comes; another button, person or message, or a
    later press by Slack's clock, asks anew."""

    def keys(at: float, *, ts: str = "2.0", user: str = "U1", button: str = "choice:0") -> set[str]:
        body = {
            "trigger_id": f"{next(triggers)}.0",
            "container": {"type": "message", "message_ts": ts},
            "user": {"id": user},
        }
        action = {"action_id": button, "action_ts": f"{at:.6f}"}
        where = address_of(ME, "D1", "1.0")
        asked = Asked(body=body, address=where, text="1", direct=True, button=action)
        question = question_of(asked, ME, at=float(next(triggers) * 60))
        return {question.key, question.twin}

    triggers = itertools.count(1)
    for first in (100.0, 103.0, 104.9):
        assert keys(first) & keys(first + 0.3)
        assert keys(first) & keys(first + PRESSED)
        assert not keys(first) & keys(first + 2 * PRESSED)
        assert not keys(first) & keys(first, user="U2")
        assert not keys(first) & keys(first, button="choice:1")
        assert not keys(first) & keys(first, ts="3.0")


def reaction(**more: Any) -> dict[str, Any]:
    item = {"type": "message", "channel": "C1", "ts": "2.0"}
    return {"user": "U1", "reaction": "+1::skin-tone-3", "item": item, "event_ts": "4.0", **more}


def test_a_reaction_is_told_without_its_skin_tone() -> None:
    """By its character, which the core knows."""
    found = reacted_of(reaction(), ME, "1.0")
    assert found is not None
    assert found.reaction == "👍"


@pytest.mark.parametrize(
    "more",
    [{"user": "UBOT"}, {"user": ""}, {"item": {"type": "file"}}, {"item": None}, {"reaction": ""}],
)
def test_other_reactions_are_nothing(more: dict[str, Any]) -> None:
    """Our own, on files, and malformed ones."""
    assert reacted_of(reaction(**more), ME, "1.0") is None


def test_slack_s_stop_button_is_the_order_to_stop() -> None:
    """In the thread of the answer; without one it is nothing. Nobody is told that nothing was written."""
    event = {"channel": "D1", "thread_ts": "1.0", "user": "U1", "event_ts": "4.0"}
    found = stopped_of(event, ME)
    assert found is not None
    assert (found.text, found.direct, found.addressed) == ("!stop", True, False)
    assert stopped_of({**event, "thread_ts": ""}, ME) is None
