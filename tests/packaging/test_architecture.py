"""The page on architecture speaks of the code that there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
NAMED = re.compile(r"`((?:core|connectors|bots|tests|docs)/[\w/.-]+)`((?:, `[\w.]+\.\w+`)*)")


def test_each_file_that_is_named_exists() -> None:
    """A newcomer who follows the way of one message finds each step; `a/b.py`, `c.py` are of one folder."""
    named: list[Path] = []
    for first, more in NAMED.findall(PAGE):
        folder = ROOT / first if first.endswith("/") else (ROOT / first).parent
        named += [ROOT / first, *(folder / name for name in re.findall(r"`([\w.]+)`", more))]
    assert len(named) > 40
    assert [str(path.relative_to(ROOT)) for path in named if not path.exists()] == []
