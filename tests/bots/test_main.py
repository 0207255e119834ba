"""The command line's last word."""

from __future__ import annotations

import asyncio
import sys

import pytest

from bots import main, serve


def test_a_bug_that_ends_a_replica_is_told_without_content(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its type and place are logged, its values are not: they may quote what people write."""

    async def fails() -> int:
        async with asyncio.TaskGroup() as group:
            group.create_task(bug())
        return 0

    async def bug() -> None:
        raise ValueError("bleu-canard")

    monkeypatch.setattr(serve, "serve", fails)
    monkeypatch.setattr(sys, "argv", ["relais", "run"])
    assert main.main() == main.FAILED
    written = capfd.readouterr().err
    assert "stopped_by_a_bug" in written
    assert "ValueError" in written
    assert "bleu-canard" not in written
