"""The kinds of audience, as connectors declare them."""

from __future__ import annotations

import re
from pathlib import Path

from core.policy.channels import channels, elsewhere, here
from core.policy.file import shipped_policy

CORE = Path(__file__).parents[3] / "core"


def test_the_shipped_policy_has_a_ceiling_for_each_kind() -> None:
    """A connector that declares a new kind gets one in the shipped policy too; else nothing is said there.
    A case of a wider kind, with outsiders, has the wider one's."""
    assert list(shipped_policy().ceilings) == [each.name for each in channels().values() if not each.within]


def test_people_read_of_each_kind_in_their_language() -> None:
    """A missing word is found here, not by a person."""
    for name in channels():
        assert here(name, "fr") != here(name, "en")
        assert (elsewhere(name, "fr") is None) == (elsewhere(name, "en") is None)


def test_the_core_names_no_kind() -> None:
    """What is of one platform stands with its connector."""
    names = re.compile("|".join(rf'"{name}"' for name in channels() if "_" in name))
    code = [file for file in CORE.rglob("*.py") if names.search(file.read_text("utf-8"))]
    assert code == []
