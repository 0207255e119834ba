"""The site of the documentation: it builds, whole, and asks for nothing elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.site_links import without_outside

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does; a link that leads nowhere ends the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder


def test_each_reader_has_pages(site: Path) -> None:
    """The six kinds of readers, and a search that needs no server."""
    for page in ("agent/index", "moderateur", "exploitation/index", "rssi", "dpo", "architecture"):
        assert (site / f"{page}.html").is_file()
    assert (site / "search/search_index.js").stat().st_size > 10_000


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """Fonts, scripts and styles lie beside the pages."""
    loads = re.compile(
        r"<(?:script|img|iframe)[^>]+src=\"?(https?:[^\" >]+)|<link[^>]+href=\"?(https?:[^\" >]+)"
    )
    found = {match[0] for page in site.rglob("*.html") for match in loads.finditer(page.read_text())}
    assert found == set()


def test_links_out_of_the_documentation_are_text(tmp_path: Path) -> None:
    """Those that lead to files of the repository; a link that leads nowhere stays, and is named."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (tmp_path / "README.md").touch()
    page = "[a](../README.md#x) [b](../nowhere.md) [c](other.md)"
    assert without_outside(page, docs / "page.md", docs) == "a [b](../nowhere.md) [c](other.md)"


def test_figures_beside_commands_are_those_of_the_policy() -> None:
    """What the pages for people say of retention is what ships."""
    from core.policy.file import shipped_policy

    retention = shipped_policy().retention
    dpo = (ROOT / "docs/dpo.md").read_text().replace("\u00a0", " ")
    assert f"({retention.session_days} jours)" in dpo
    assert f"({retention.audit_days} jours)" in dpo
