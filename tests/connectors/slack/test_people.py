"""What Slack tells of a person decides whether they are one of ours."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.slack.people import someone_of

OURS = {"team_id": "T1"}
GRID = {"team_id": "T7", "enterprise_user": {"enterprise_id": "E1"}}


@pytest.mark.parametrize(
    ("user", "team", "enterprise", "guest", "outside"),
    [
        (OURS, "T1", None, False, False),
        (OURS | {"is_restricted": True}, "T1", None, True, False),
        (OURS | {"is_ultra_restricted": True}, "T1", None, True, False),
        (OURS | {"is_stranger": True}, "T1", None, False, True),
        ({"team_id": "T2", "is_stranger": False}, "T1", None, False, True),
        (GRID, None, "E1", False, False),
        (GRID | {"enterprise_user": {"enterprise_id": "E2"}}, None, "E1", False, True),
        ({"team_id": "T7"}, None, "E1", False, False),
        ({}, "T1", None, True, False),
        ({}, None, "E1", True, False),
    ],
)
def test_who_is_a_guest_and_who_is_of_another_organisation(
    user: dict[str, Any], team: str | None, enterprise: str | None, guest: bool, outside: bool
) -> None:
    """`is_stranger` is false for people of another organisation with whom a channel is shared; their
    workspace, or in a Grid their enterprise, tells."""
    someone = someone_of("U1", user, team, enterprise)
    assert (someone.guest, someone.outside) == (guest, outside)
