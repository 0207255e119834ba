"""Who may post: signatures are checked before anything else, and no body of a stranger is read further."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from connectors.slack.receiver import refusal_of

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
        (signed(b"{"), b"{", 400),
        (signed(b"[]"), b"[]", 400),
        (signed(b"\xff{}"), b"\xff{}", 400),
        (signed(b"[" * 100_000), b"[" * 100_000, 400),
    ],
)
def test_forged_stale_and_malformed_requests(headers: dict[str, Any], body: bytes, status: int) -> None:
    """401 for a signature that is not ours, 403 for a replay, 400 for what is no request of Slack's."""
    assert refusal_of(headers, body, [SECRET], NOW) == status


def test_any_of_several_workspaces_may_sign() -> None:
    """Each app has its own secret; all post to one path."""
    assert refusal_of(signed(GOOD, secret="deux"), GOOD, [SECRET, "deux"], NOW) == 0
