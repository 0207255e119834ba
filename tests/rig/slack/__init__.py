"""A fake Slack: an HTTP API with state, signed events, streams, files, views, Socket Mode, faults.

No real Slack can be had in tests. This one is written from Slack's documentation and checked with the real
SDK's clients (`tests/rig/test_slack.py`).
"""

from tests.rig.slack.faults import Faults
from tests.rig.slack.server import FakeSlack, fake_slack
from tests.rig.slack.workspace import Channel, Member, Post, Upload, Workspace

__all__ = ["Channel", "FakeSlack", "Faults", "Member", "Post", "Upload", "Workspace", "fake_slack"]
