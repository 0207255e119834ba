"""The dashboards are those that are written in tools/dashboards.py, and ask for numbers that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from core.metrics import Metrics
from tools.dashboards import FOLDER, dashboards, queries


def test_they_are_as_they_are_written() -> None:
    """Whoever changes one runs the tool again."""
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == dashboards()


def test_they_are_of_the_shape_that_grafana_reads() -> None:
    """Read with the types that Grafana's schemas are made into, each loses nothing and gains nothing."""
    register_default_plugins()
    for path in FOLDER.glob("*.json"):
        written = json.loads(path.read_text())
        read = Dashboard.from_json(written)
        assert json.loads(JSONEncoder().encode(read)) == written, path.name


def test_each_number_is_one_of_ours() -> None:
    """A name that is changed in the code is changed in the dashboards too."""
    ours = {family.name for family in Metrics().registry.collect()}
    asked = {name for query in queries() for name in re.findall(r"relais_\w+", query)}
    bare = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in asked}
    assert bare - ours == set()


def test_the_documentation_explains_each_number() -> None:
    """In the table of docs/operations.md, with what it counts and its labels."""
    text = (FOLDER.parents[2] / "docs" / "operations.md").read_text()
    ours = {family.name for family in Metrics().registry.collect() if family.name.startswith("relais_")}
    assert [name for name in sorted(ours) if f"`{name}" not in text] == []


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_each_query_is_one_that_prometheus_takes(tmp_path: Path) -> None:
    """As rules that record them, which promtool checks."""
    rules = [f"  - record: 'q{number}'\n    expr: {query!r}" for number, query in enumerate(queries())]
    text = "groups:\n- name: dashboards\n  rules:\n" + "\n".join(rules) + "\n"
    (tmp_path / "rules.yaml").write_text(text)
    done = subprocess.run(
        ["promtool", "check", "rules", str(tmp_path / "rules.yaml")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
