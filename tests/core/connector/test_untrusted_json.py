"""What anybody may have written has the type that it is read as."""

from __future__ import annotations

import pytest

from core.connector.untrusted_json import number_in


@pytest.mark.parametrize("value", [10**400, "x", None, [], {}])
def test_what_is_no_number_is_none(value: object) -> None:
    """Nor is one that is too large to be counted with."""
    assert number_in({"ts": value}, "ts") == 0.0
