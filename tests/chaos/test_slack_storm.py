"""Slack under kill -9, lost answers, doubled events and disorder: the short form of `tests.chaos.slack`."""

from pathlib import Path

from tests.chaos.slack import storm


async def test_each_question_is_answered_once_whatever_is_killed(tmp_path: Path) -> None:
    """Two kills among twenty-five questions: none lost, doubled or unfinished."""
    found = await storm(tmp_path, questions=25, kills=2)
    assert found.well, found
