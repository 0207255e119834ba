"""The locks agree with pyproject.toml, with each other, and name no registry."""

import tomllib
from pathlib import Path

import pytest

from tools.lock import CONTENTS, LOCKS, ROOT, header


def pins(lock: str) -> set[str]:
    """The lines `name==version ; marker` of a lock."""
    lines = (LOCKS / f"{lock}.lock").read_text().splitlines()
    return {line.removesuffix(" \\") for line in lines if line[0] not in "# "}


@pytest.mark.parametrize("lock", CONTENTS)
def test_lock_was_made_from_this_pyproject(lock: str) -> None:
    """A dependency changed in pyproject.toml without `make lock` is found."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    first_line = (LOCKS / f"{lock}.lock").read_text().partition("\n")[0]
    assert first_line == header(pyproject).strip(), "pyproject.toml was changed: run `make lock`"


@pytest.mark.parametrize("lock", ["runtime", "demo"])
def test_what_ships_and_what_is_tested_have_the_same_versions(lock: str) -> None:
    """Every pin of the smaller locks stands in dev.lock, whose environment runs the tests."""
    names = {pin.partition("==")[0] for pin in pins(lock)}
    tested = {pin for pin in pins("dev") if pin.partition("==")[0] in names}
    assert {without_marker(pin) for pin in pins(lock)} <= {without_marker(pin) for pin in tested}


def without_marker(pin: str) -> str:
    """A marker may be narrower in a smaller lock, where fewer packages ask for the pinned one."""
    return pin.partition(" ;")[0]


@pytest.mark.parametrize("lock", CONTENTS)
def test_every_pin_has_hashes(lock: str) -> None:
    """No package may be installed unchecked."""
    text = (LOCKS / f"{lock}.lock").read_text()
    for pin in pins(lock):
        assert f"{pin} \\\n    --hash=sha256:" in text, pin


def test_locks_are_those_of_the_folder() -> None:
    """No lock lies in requirements/ that nothing makes."""
    assert {Path(path).stem for path in LOCKS.iterdir()} == set(CONTENTS)
