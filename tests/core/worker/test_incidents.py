"""What happened to a message is told by its reference: in each line of the log, to its author, to support."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from core.inbox.dead_letters import Incidents, normalised
from core.inbox.records import reference
from core.telemetry import configure
from tests.core.conftest import Core
from tests.rig.gateway import Behaviour
from tests.rig.platform import message


def test_a_reference_is_short_and_hard_to_misread() -> None:
    """Six signs; what people write instead of them is understood."""
    assert reference("ffffffff" + "0" * 24) == "ZZZZ-ZZ"
    assert reference("0" * 32) == "0000-00"
    assert normalised(" 7f3k2q") == "7F3K-2Q"
    assert normalised("oil0-1L") == "0110-11"


async def test_a_failure_bears_its_reference(core: Core, capsys: pytest.CaptureFixture[str]) -> None:
    """The person reads it, each line of the job bears it, and its fate is noted under it: no content."""
    configure(format="json")
    core.gateway.next(Behaviour(status=400))
    await core.tell(message("Question secrète"))
    (post,) = await core.platform.answered(1)
    found = re.search(r"Référence\u00a0: (\S{4}-\S{2})", post.text)
    assert found
    for _ in range(200):
        if notes := await Incidents(core.store).find(found[1]):
            break
        await asyncio.sleep(0.01)
    assert [(note["outcome"], note["why"]) for note in notes] == [("failed", "GatewayRejected")]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    ended = [line for line in lines if line["event"] == "job_ended"]
    assert [(line["ref"], line["outcome"], line["connector"]) for line in ended] == [
        (found[1], "failed", "tchap")
    ]
    assert "secrète" not in str(notes) + str(lines)


async def test_an_answer_has_one_line(core: Core, capsys: pytest.CaptureFixture[str]) -> None:
    """With its model and level; nothing more is kept of it."""
    configure(format="json")
    await core.tell(message("Bonjour"))
    await core.platform.answered(1)
    for _ in range(200):
        lines = [line for line in capsys.readouterr().err.splitlines() if "job_ended" in line]
        if lines:
            break
        await asyncio.sleep(0.01)
    (line,) = map(json.loads, lines)
    assert (line["outcome"], line["model"], line["sensitivity"]) == ("answered", "small", "N1")
    assert await Incidents(core.store).find(line["ref"]) == []
    decisions = [entry["ref"] async for entry in core.audit.entries()]
    assert decisions == [line["ref"]]
