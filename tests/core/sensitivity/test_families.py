"""Every marking in every form and place; talk about them; numbers in every spacing; decoys."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from tests.core.sensitivity import families

STAMPED = tuple(families.stamped())
NTH = 13
"""The tests take one text of so many; the bench takes all."""


def shown(text: str) -> str:
    assessment = assess(text)
    return (assessment.sublevel or assessment.level.name) + ("?" if assessment.ask else "")


def test_every_form_of_every_marking() -> None:
    """Whatever the form and the place: the level, without a question."""
    wrong = {
        family: found
        for level, family, text in islice(STAMPED, 0, None, NTH)
        if (found := shown(text)) != level
    }
    assert not wrong


@given(
    st.sampled_from([one for one in STAMPED if one[0] not in ("N0", "N1")]),
    st.text(max_size=200),
    st.text(max_size=200),
)
@settings(deadline=None)
def test_nothing_around_a_stamp_lowers_its_level(one: tuple[str, str, str], before: str, after: str) -> None:
    """Whatever stands on other pages of the same text, before or after it."""
    level, _, text = one
    assert assess(f"{before}\n\f{text}\n\f{after}").level >= Level.parse(level)


def test_talk_never_raises_a_level() -> None:
    """In sentences, tables, glossaries, code, in two languages."""
    assert not {
        text: found for text in islice(families.talked(), 0, None, 3) if (found := shown(text)) != "N1"
    }


@pytest.mark.parametrize("kind", families.NUMBERS)
def test_numbers_are_found_in_every_spacing(kind: str) -> None:
    """Recall 0.97 at least for each kind with check digits, and no other kind beside it."""
    counts: Counter[bool] = Counter()
    for _, number, text in (one for one in families.numbered(times=3) if one[0] == kind):
        kinds = {evidence.kind for evidence in assess(text).evidence}
        counts[kind in kinds] += 1
        assert kinds <= {kind, "siret", "siren"}, (number, text)
    assert counts[True] >= 0.97 * counts.total()


def test_decoys_are_ordinary() -> None:
    """Precision: what only looks like somebody's number gives no level."""
    raised = Counter(family for family, text in families.decoys(times=10) if assess(text).level > Level.N1)
    assert raised.total() <= 0.01 * 10 * len(families.DECOYS), raised
