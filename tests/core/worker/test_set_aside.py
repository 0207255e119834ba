"""A message that ends the process which handles it is set aside, and does not end the next ones for ever."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from core.inbox.risky_steps import ALONE_AFTER, AT_ONE_STEP
from tests.rig.forks import Forks


async def lived(
    forks: Forks, folder: Path, step: str, posted: list[dict[str, str]], answered: set[str]
) -> list[str] | None:
    """Start a replica's core: None when it was killed; else its dead letters once each of the conversations
    `answered` was posted to. One that was posted to just before a kill may be posted to again: the platform
    of that process is gone with it."""
    ours, its = socket.socketpair()
    with its:
        arguments = (str(folder), step)
        process = await forks.fork(
            arguments,
            (its, its, sys.__stderr__.buffer),
            environment=os.environ,
            folder=folder,
            program="tests.core.worker.poisoned",
        )
    reader, writer = await asyncio.open_connection(sock=ours)
    letters: list[str] = []
    with contextlib.closing(writer):
        async with asyncio.timeout(60):
            async for line in reader:
                said = json.loads(line)
                letters += said.get("letters", ())
                posted += [said] if "text" in said else []
                if answered <= {post["conversation"] for post in posted}:
                    writer.write_eof()
            return letters if await process.wait() != -signal.SIGKILL else None


@pytest.mark.parametrize(
    ("step", "deaths"),
    [("assess", 3), ("handle", 3), ("deliver", 3), ("alone", ALONE_AFTER + AT_ONE_STEP)],
)
async def test_what_kills_is_set_aside(tmp_path: Path, forks: Forks, step: str, deaths: int) -> None:
    """The first death names nothing. After two more at the step that was named, or after some between steps
    and two while the message was handled alone, the person is told, the message is a dead letter, and
    somebody else's question, always in hand at the same time, was answered."""
    posted: list[dict[str, str]] = []
    killed = 0
    while (letters := await lived(forks, tmp_path, step, posted, {"!alice:x", "!bob:x"})) is None:
        killed += 1
        assert killed <= deaths
    assert killed == deaths
    assert [step in letter for letter in letters] == [True]
    (alice,) = (said["text"] for said in posted if said["conversation"] == "!alice:x")
    assert "Je n’ai pas réussi" in alice
    assert any("Bonjour" in said["text"] for said in posted if said["conversation"] == "!bob:x")
