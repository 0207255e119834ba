"""The page on duties names tests as proofs: each exists, and each duty has one or says that it has none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.config.settings import known_names

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conformite.md").read_text(encoding="utf-8")
PROOFS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), PROOFS)
def test_proof_exists(file: str, name: str) -> None:
    """The test that the page names is there, under this name."""
    assert re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_duty_has_its_proof() -> None:
    """Each line of the tables names a test, or a dash: nobody has to guess whether one was forgotten."""
    lines = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ")]
    duties = [cells for cells in lines if cells[0].strip() not in ("Devoir", "Recommandation")]
    assert len(duties) > 30
    for cells in duties:
        assert len(cells) == 4, cells[0]
        assert "tests/" in cells[2] or cells[2].strip() == "—", cells[0]


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "conformite").glob("*.md")), ids=lambda page: page.stem
)
def test_templates_name_what_exists(page: Path) -> None:
    """Settings and `make` targets that a template names are there; the ministry's part stands in brackets."""
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"`(RELAIS_\w+)`", text)) <= known_names()
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)`", text):
        assert re.search(rf"^{target}:", targets, re.MULTILINE), target
    assert "[" in text
