"""What a release is made of, and what outsiders read before they trust it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tools.audit import told
from tools.notices import licence_of, packages
from tools.release import NotReady, chapter

ROOT = Path(__file__).parents[2]
UV = ROOT / ".tools/bin/uv"
NEWS = """# Changes

## Unreleased

- x

## 1.10.0 (2026-11-25)

- new

### For operators

- do

## 1.1
"""


def test_a_release_has_a_chapter_that_tells_operators_what_to_do() -> None:
    """Of that version alone."""
    assert chapter(NEWS, "1.10.0") == "- new\n\n### For operators\n\n- do"
    with pytest.raises(NotReady, match="no chapter"):
        chapter(NEWS, "1.1")
    with pytest.raises(NotReady, match="no chapter"):
        chapter(NEWS, "1.10")
    with pytest.raises(NotReady, match="For operators"):
        chapter(NEWS.replace("### For operators", "### Others"), "1.10.0")


@pytest.mark.skipif(not UV.exists(), reason="uv is not in .tools: run the tests through make")
def test_the_wheel_is_the_same_from_the_same_files(tmp_path: Path) -> None:
    """Whoever builds it, whenever; it holds what is no Python too, and no file of this machine."""
    digests: set[str] = set()
    for name in ("one", "two"):
        command = [UV, "build", "--offline", "--quiet", "--wheel", "--out-dir", tmp_path / name]
        subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"SOURCE_DATE_EPOCH": "1"}, timeout=60)
        (wheel,) = (tmp_path / name).glob("*.whl")
        digests.add(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_every_package_here_tells_its_licence() -> None:
    """None ships, or builds what ships, that nobody looked at; none that ships is under the GPL."""
    shipped = {
        line.partition("==")[0].lower()
        for line in (ROOT / "requirements/runtime.lock").read_text().splitlines()
        if "==" in line
    }
    licences = {each.metadata["Name"].lower(): licence_of(each) for each in packages(None)}
    found = {name: licence for name, licence in licences.items() if name in shipped}
    assert [name for name, licence in found.items() if not licence] == []
    strong = {name for name, licence in found.items() if "GPL" in licence and "LGPL" not in licence}
    assert strong == set()


def test_what_could_not_be_looked_up_is_not_said_to_be_well() -> None:
    """A package that the database does not know is told apart from one without vulnerabilities."""
    found = [
        {"name": "a", "version": "1", "vulns": []},
        {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]},
        {"name": "c", "skip_reason": "not found"},
    ]
    assert told(found) == (["b 2: CVE-1, fixed in ['3']"], ["c"])


def test_publiccode_describes_this_version() -> None:
    """In French and English, under the licence of the project."""
    code = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert code["softwareVersion"] == project["version"]
    assert code["legal"]["license"] == project["license"]
    for text in (code["description"]["fr"], code["description"]["en"]):
        assert len(text["shortDescription"]) <= 150
        assert 150 <= len(text["longDescription"]) <= 10_000


def test_updates_are_scheduled() -> None:
    """The plan for Renovate is one, and knows the design system's version where it stands."""
    plan = json.loads((ROOT / "renovate.json").read_text())
    assert plan["schedule"]
    assert "VERSION = " in (ROOT / "tools/dsfr.py").read_text()
