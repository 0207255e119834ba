"""What must not stand in a tracked file."""

import builtins
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

import core.errors

ROOT = Path(__file__).parents[2]

# Written so that this page does not hold what it looks for.
REGISTRIES = (
    r"pypi[.]org|pythonhosted[.]|npmjs[.]|deb[.]debian|security[.]debian|yarnpkg[.]|ghcr[.]io|docker[.]io"
)
MACHINE = r"/(?:work|home|Users)/[a-z.]|/root/[a-z.]|/tmp/(?:team|bash)"
PRIVATE_KEY = r"-----BEGIN [A-Z ]*PRIVATE KEY"


def tracked() -> list[Path]:
    """Every file that git keeps, as it lies in this checkout."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(REGISTRIES, id="address of a package registry"),
        pytest.param(MACHINE, id="path of one machine"),
        pytest.param(PRIVATE_KEY, id="private key"),
    ],
)
def test_no_tracked_file_holds(forbidden: str) -> None:
    """Mirrors may serve the packages, any machine may hold the checkout, and secrets stay out."""
    pattern = re.compile(forbidden.encode())
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in tracked()
        if (match := pattern.search(path.read_bytes()))
    ]
    assert found == []


def test_a_name_in_core_says_one_thing() -> None:
    """No module and no class of `core` has the name of another."""
    modules = [path for path in tracked() if path.is_relative_to(ROOT / "core") and path.suffix == ".py"]
    names = [path.name for path in modules if path.name != "__init__.py"]
    classes = [
        name for path in modules for name in re.findall(r"(?m)^class ([A-Z]\w+)", path.read_text("utf-8"))
    ]
    assert [name for name, count in Counter(names + classes).items() if count > 1] == []


def test_the_root_of_core_holds_what_every_floor_uses() -> None:
    """What a bot sees, errors, attempts again, connections, numbers, log and traces, the seal. All else
    has a room."""
    root = {path.stem for path in tracked() if path.parent == ROOT / "core" and path.suffix == ".py"}
    assert root == {"__init__", "bot", "errors", "metrics", "retry", "telemetry", "tls", "vault"}


def test_all_errors_stand_in_one_tree() -> None:
    """Every class of error derives from `RelaisError`, and every public one is drawn in `core.errors`."""
    rooms = [ROOT / name for name in ("core", "connectors", "bots")]
    sources = [path for path in tracked() if path.suffix == ".py" and any(map(path.is_relative_to, rooms))]
    bases = {
        found[1]: set(re.findall(r"\w+", found[2]))
        for path in sources
        for found in re.finditer(r"(?m)^class (\w+)\(([^)]*)\):", path.read_text("utf-8"))
    }
    builtin = {name for name in dir(builtins) if is_error(getattr(builtins, name))}
    errors = builtin | {"RelaisError"}
    while more := {name for name, of in bases.items() if of & errors} - errors:
        errors |= more
    assert [name for name in errors - builtin if bases[name] <= builtin] == ["RelaisError"]
    tree = re.findall(r"(?m)[├└]── (\w+)", core.errors.__doc__ or "")
    assert sorted(tree) == sorted(
        each for each in errors - builtin if each[0] != "_" and each != "RelaisError"
    )


def is_error(value: object) -> bool:
    """Is this a class that may be raised?"""
    return isinstance(value, type) and issubclass(value, BaseException)
