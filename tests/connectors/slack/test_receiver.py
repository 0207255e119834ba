"""Who may post: signatures are checked before anything else, and no body of a stranger is read further."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from connectors.slack.receiver import Receiver, refusal_of
from core.errors import StoreUnavailable

SECRET = "secret"
NOW = 1_764_000_000.0


def signed(body: bytes, *, at: str = str(int(NOW)), secret: str = SECRET, **more: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/json",
        **more,
    }


GOOD = json.dumps({"type": "event_callback"}).encode()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (signed(GOOD), GOOD, 0),
        (signed(GOOD, secret="autre"), GOOD, 401),
        (signed(GOOD), GOOD + b" ", 401),
        ({}, GOOD, 401),
        (signed(GOOD, at="hier"), GOOD, 401),
        ({**signed(GOOD), "X-Slack-Signature": "v0=é"}, GOOD, 401),
        (signed(GOOD, at=str(int(NOW) - 301)), GOOD, 403),
        (signed(GOOD, at=str(int(NOW) + 301)), GOOD, 403),
    ],
)
def test_forged_stale_and_malformed_requests(headers: dict[str, Any], body: bytes, status: int) -> None:
    """401 for a signature that is not ours or has another form, 403 for a replay."""
    assert refusal_of(headers, body, [SECRET], NOW) == status


def test_any_of_several_workspaces_may_sign() -> None:
    """Each app has its own secret; all post to one path."""
    assert refusal_of(signed(GOOD, secret="deux"), GOOD, [SECRET, "deux"], NOW) == 0


@pytest.mark.parametrize(
    ("failure", "logged"), [(KeyError("ts"), ["event_failed"]), (StoreUnavailable("away"), [])]
)
async def test_what_could_not_be_taken_in_is_sent_again(failure: Exception, logged: list[str]) -> None:
    """What met a fault of ours is in the log, too: Slack gives up after some times."""

    class Failing:
        async def event(self, body: Any) -> None:
            raise failure

        command = shortcut = action = event

        def authorized(self, enterprise: str | None, team: str | None) -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")

    receiver: Any = Receiver(Failing(), AsyncWebClient())  # type: ignore[arg-type]
    command = b"command=%2Frelais&text=aide&team_id=T1&user_id=U1"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for headers, body in (({}, GOOD), (form, command)):
        with capture_logs() as logs:
            assert (await receiver.posted(headers, body)).status == 500
        assert [line["event"] for line in logs] == logged
