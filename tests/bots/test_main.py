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


@pytest.mark.parametrize("name", ["note\udce9.txt", "a\x1b[2Jb.txt"])
def test_a_name_that_cannot_be_shown_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A name that is no UTF-8, or that a terminal would obey, is wrong usage: the file is to be renamed."""
    monkeypatch.setattr(sys, "argv", ["relais", "scan", "--json", name])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert "renommez le fichier" in capfd.readouterr().err
