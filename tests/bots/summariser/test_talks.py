"""The invented talks of tests/data/talks: what they come to, by rules and through a model's pipeline."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bots.summariser.exported_talk import load
from bots.summariser.rules.plain_summary import summarise
from tests.bench.talks import TALKS, piped, score, talks


@pytest.mark.parametrize("path", sorted(TALKS.glob("*.json")), ids=lambda path: path.stem)
def test_links(path: Path) -> None:
    """Every line of every talk rests on messages that are there, and owners take part."""
    talk = load(path.read_bytes())
    made = summarise(talk)
    names = {member.name for member in talk.members}
    for item in (*made.decisions, *made.actions, *made.open_questions, *made.disagreements):
        assert item.messages
        assert set(item.messages) <= set(talk.by_number)
    assert all(action.who is None or action.who in names for action in made.actions)


def test_rules_claim_nothing_false() -> None:
    """By rules: no overturned decision, no joke, nothing deleted; owners and days of actions are right."""
    total: Counter[str] = Counter()
    for _, talk, expected in talks():
        total += score(summarise(talk), expected)[0]
    assert total["reversals kept"] == total["never there"] == 0
    assert total["owners right"] == total["days right"] == total["actions found"]
    assert total["decisions found"] >= 0.9 * total["decisions expected"]
    assert total["actions found"] >= 0.9 * total["actions expected"]


async def test_what_is_spoilt_is_not_claimed() -> None:
    """Of a model's answer half of which is wrong, the right half is claimed and nothing else."""
    total: Counter[str] = Counter()
    for _, talk, expected in talks():
        total += score((await piped(talk, expected))[0], expected)[0]
    kinds = ("decisions", "actions", "open_questions", "disagreements")
    assert not sum(total[f"{kind} too much"] for kind in kinds)
    assert all(total[f"{kind} found"] == total[f"{kind} expected"] for kind in kinds)
    assert total["reversals kept"] == 0
