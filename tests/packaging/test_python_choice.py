"""tools/python.sh finds a Python that relais runs on, whatever else lies on PATH."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "tools/python.sh"


def choose(path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script with `path` before the system's folders."""
    environment = {"PATH": f"{path}:{os.defpath}", "HOME": str(path), **environment}
    return subprocess.run([SCRIPT, *arguments], env=environment, capture_output=True, text=True, timeout=30)


def program(path: Path, script: str) -> Path:
    """An executable that runs `script` in the shell."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_takes_the_python_named(tmp_path: Path) -> None:
    """PYTHON wins over what is on PATH."""
    named = program(tmp_path / "mine", f'exec {sys.executable} "$@"')
    assert choose(tmp_path, PYTHON=str(named)).stdout == f"{named}\n"


def test_passes_over_a_shim_that_runs_nothing(tmp_path: Path) -> None:
    """Version managers put names on PATH behind which there may be no Python."""
    program(tmp_path / "python3", "exit 127")
    working = program(tmp_path / "python3.12", "echo 3.12")
    assert choose(tmp_path, "3.12").stdout == f"{working}\n"


def test_passes_over_a_python_too_old(tmp_path: Path) -> None:
    """A python3 older than 3.11 is left aside for a newer one beside it."""
    program(tmp_path / "python3", "echo 3.9")
    program(tmp_path / "python3.13", "echo 3.13")
    assert choose(tmp_path).stdout == f"{tmp_path}/python3.13\n"


def test_says_when_there_is_none(tmp_path: Path) -> None:
    """A version that is not here ends in one sentence with the remedy."""
    done = choose(tmp_path, "3.99")
    assert done.returncode == 1
    assert done.stderr.startswith("No Python 3.99 was found.")
