"""The page on architecture speaks of the code that there is."""

from __future__ import annotations

import re
import tomllib
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


def test_the_drawing_shows_the_floors_that_are_held() -> None:
    """Those of the contract that import-linter checks, from the top down."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (held,) = (each["layers"] for each in contracts if each["name"] == "core in layers")
    drawn = PAGE.partition("own floor:\n\n```\n")[2].partition("\n```")[0].splitlines()
    assert [re.split(r" {3,}", line)[0].replace(" · ", " | ") for line in drawn] == held
