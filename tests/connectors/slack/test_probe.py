"""`relais doctor` on Slack: what is right is said, and what is wrong has its remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.slack.config import SlackConfig
from connectors.slack.probe import clocks, probe, rights, scopes_of_manifest
from tests.rig.slack import fake_slack
from tests.rig.slack.server import APP_TOKEN, SECRET, TOKEN


async def test_what_is_right_and_wrong_is_told() -> None:
    """Token, socket and channels are tried; a wrong token is named by its setting, never printed."""
    async with fake_slack() as slack:
        slack.team.channel("projet")
        config = SlackConfig(
            bot_token=TOKEN,
            signing_secret=SECRET,
            api_url=f"{slack.base}/api/",
            channels=frozenset({"#projet"}),
        )
        assert [ok for ok, _, _ in await probe(config)] == [True] * 5
        over_socket = replace(config, app_token=APP_TOKEN, channels=frozenset({"#absent"}))
        assert [ok for ok, _, _ in await probe(over_socket)] == [True, True, True, True, False]
        ((ok, said, remedy),) = await probe(replace(config, bot_token="xoxb-wrong"))
        assert not ok
        assert "RELAIS_SLACK__BOT_TOKEN" in remedy
        assert "xoxb-wrong" not in said + remedy


@pytest.mark.parametrize("whole", [False, True])
async def test_a_channel_is_found_among_many(whole: bool) -> None:
    """On whichever page Slack lists it; a token of a whole enterprise lists those of each workspace."""
    async with fake_slack() as slack:
        for number in range(250):
            slack.team.channel(f"salle-{number}")
        slack.whole = {slack.team.team} if whole else set()
        config = SlackConfig(
            bot_token=TOKEN,
            signing_secret=SECRET,
            api_url=f"{slack.base}/api/",
            channels=frozenset({"#salle-3", "#salle-249"}),
        )
        assert [ok for ok, _, _ in await probe(config)] == [True] * 5


def test_rights_that_are_missing_are_named() -> None:
    """Slack tells the token's rights in each answer."""
    given = ",".join(sorted(scopes_of_manifest() - {"im:write"}))
    ok, said, _ = rights({"x-oauth-scopes": given})
    assert not ok
    assert "im:write" in said
    assert rights({"x-oauth-scopes": ",".join(scopes_of_manifest())})[0]


def test_a_clock_that_is_wrong_is_told() -> None:
    """Signatures are refused five minutes off."""
    headers = {"date": "Wed, 25 Nov 2026 19:00:00 GMT"}
    right = 1795633200.0
    assert clocks(headers, right)[0]
    assert not clocks(headers, right + 600)[0]
