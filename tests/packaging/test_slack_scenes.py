"""The scenes of docs/slack-scenes.md: each is held by a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| (\d+) \| .+ \| `([^`]+)::(\w+)` \|$", re.MULTILINE)


def test_each_scene_names_a_test() -> None:
    """Numbered without a gap, 76 at least."""
    rows = _ROW.findall((ROOT / "docs/slack-scenes.md").read_text())
    assert [int(number) for number, _, _ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 76
    absent = [name for _, path, name in rows if f"def {name}(" not in (ROOT / "tests" / path).read_text()]
    assert absent == []
