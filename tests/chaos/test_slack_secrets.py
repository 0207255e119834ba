"""Planted secrets of every kind: the short form of `tests.chaos.slack_secrets`."""

from pathlib import Path

from tests.chaos.slack_secrets import KINDS, planted


async def test_no_planted_secret_is_repeated(tmp_path: Path) -> None:
    """Two of each kind, one in a channel and one in a direct chat: refused, and none said to anyone."""
    seconds, repeated, asked = await planted(tmp_path, 2 * len(KINDS))
    assert (len(seconds), repeated, asked) == (2 * len(KINDS), [], 0)
