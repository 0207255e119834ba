"""`pytest -n`: tests in processes that are forked once all is collected."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ONE = """
import os, pytest
pytestmark = pytest.mark.usefixtures("whole")
def test_passes(): pass
def test_fails(): assert 1 + 1 == 3
"""
TWO = """
import os
def test_ends(): os._exit(7)
def test_left(): pass
"""
CONFTEST = """
import pytest
from tests.rig.workers import pytest_addoption, pytest_runtestloop
@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    yield
    (tmp_path_factory.getbasetemp().parent / "over").touch()
"""


def test_each_test_is_told_once(tmp_path: Path) -> None:
    """What passes and fails in any worker is counted; fixtures of the session come to their end; tests of a
    file whose worker died fail, and no others."""
    for name, text in {"conftest": CONFTEST, "test_one": ONE, "test_two": TWO, "test_three": ONE}.items():
        (tmp_path / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-n2", "--basetemp=made", "-pno:asyncio"]
    told = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    ).stdout
    assert sorted(re.findall(r"^FAILED (\S+)", told, re.MULTILINE)) == [
        "test_one.py::test_fails",
        "test_three.py::test_fails",
        "test_two.py::test_ends",
        "test_two.py::test_left",
    ], told
    assert "4 failed, 2 passed" in told
    assert "its worker ended with 7" in told
    assert (tmp_path / "made" / "over").exists()
