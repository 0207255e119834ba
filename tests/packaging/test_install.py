"""The install as it ships: not editable, runtime lock only, used from another folder.

An editable install hides a package missing from `module-name`, a data file left out of the wheel
and an import of a development dependency; this one shows them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bots", "connectors", "core")


def uv(*arguments: str | Path, python: Path) -> None:
    """Run uv against the environment of `python`."""
    pinned = ROOT / ".tools/bin/uv"
    binary = pinned if pinned.exists() else shutil.which("uv")
    assert binary, "uv is missing: run the tests through make"
    command = [binary, "pip", *arguments, "--quiet", "--python", python]
    compiled_when_used = os.environ | {"UV_COMPILE_BYTECODE": "0"}
    subprocess.run(command, check=True, cwd=ROOT, env=compiled_when_used, timeout=100)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds what ships and nothing else."""
    environment = tmp_path_factory.mktemp("install") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=60)
    interpreter = environment / "bin/python"
    uv("sync", "--require-hashes", "requirements/runtime.lock", python=interpreter)
    uv("install", "--offline", "--no-deps", ".", python=interpreter)
    return interpreter


def run(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the installed environment in an empty folder, with an empty home."""
    environment = {"HOME": str(folder), "PATH": os.defpath, "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)


def test_runtime_lock_satisfies_the_project(python: Path) -> None:
    """What relais and each of its dependencies ask for is in the runtime lock."""
    uv("check", python=python)


def test_the_command_runs_from_another_folder(python: Path, tmp_path: Path) -> None:
    """`relais --help` needs neither the checkout nor anything in the home folder."""
    done = run([python.with_name("relais"), "--help"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_module_imports_without_development_packages(python: Path, tmp_path: Path) -> None:
    """No module that ships needs a package that does not."""
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__main__.py"
    )
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = run([python, "-W", "error", "-c", code, *modules], tmp_path)
    assert done.returncode == 0, done.stderr


def test_every_file_of_the_packages_is_installed(python: Path, tmp_path: Path) -> None:
    """Prompts, scripts and the default policy are in the wheel, not only the modules."""
    where = run([python, "-c", "import core; print(core.__path__[0])"], tmp_path).stdout.strip()
    site = Path(where).parent
    assert not site.is_relative_to(ROOT)
    missing = [
        path
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
        if not (site / (path := file.relative_to(ROOT))).is_file()
    ]
    assert missing == []


def test_nothing_that_ships_is_under_the_gpl(python: Path, tmp_path: Path) -> None:
    """Licences that would bind those who pass relais on (GPL, AGPL; not LGPL) stay in development."""
    code = """
import re
from importlib.metadata import distributions
for found in distributions():
    meta = found.metadata
    terms = [meta["License-Expression"] or meta["License"] or "", *(meta.get_all("Classifier") or [])]
    words = "\\n".join(term for term in terms if len(term) < 200)
    free = re.search(r"\\b(MIT|BSD|Apache|MPL)\\b", words)
    if re.search(r"\\bA?GPL|(?<!Lesser )(?<!Library )General Public License", words) and not free:
        print(meta["Name"], words)
"""
    done = run([python, "-c", code], tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
