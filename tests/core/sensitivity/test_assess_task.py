"""The assessment as a task of the sandbox: what its children share."""

from __future__ import annotations

import io
import re
from typing import Any

import orjson
import pytest

from core.documents.document import Limits
from core.documents.sandbox.sandbox import Sandbox
from core.policy.file import shipped_policy
from core.sensitivity import assess
from core.sensitivity.assess import from_json
from core.sensitivity.level import Level
from core.turn.assessor import assessed, prepare

TEXT = "Paul Durand, né le 3 mai 1980, est en arrêt maladie pour dépression"


def test_a_child_compiles_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the server is prepared, the patterns of the rules are there: a child would compile them for each
    text. What is left is short."""
    assess.prepare()
    compiled: list[str] = []
    compiler: Any = re._compiler  # type: ignore[attr-defined]

    def counted(pattern: str, flags: int, compile: Any = compiler.compile) -> re.Pattern[str]:
        compiled.append(pattern)
        return compile(pattern, flags)

    monkeypatch.setattr(compiler, "compile", counted)
    file = io.BytesIO(orjson.dumps({"parts": [{"text": TEXT, "place": "body"}], "additions": []}))
    assert from_json(assess.run(file, {"unmarked": "N0"}, Limits())).level is Level.N3
    assert sum(map(len, compiled)) < 200


async def test_the_sandbox_is_prepared_before_the_first_text() -> None:
    """At the start of a replica, so that the first refusal does not wait; it assesses as before."""
    async with Sandbox() as sandbox:
        await prepare(sandbox)
        found = await assessed([assess.Part(text=TEXT)], "slack", policy=shipped_policy(), jail=sandbox)
        assert found.level is Level.N3
