"""Makes the locks in requirements/: every package that is installed, by version and hash.

They are hash-checked lists without an address, made by `uv pip compile --universal`, rather than
a `uv.lock`: that one names the package registry on every line, so a mirror could not take its
place. Each lock keeps its pins until asked to upgrade, and `dev.lock` holds those of the others.

Its first line carries a digest of the tables of pyproject.toml that it was made from, so that a
change of a dependency without `make lock` is found without a network.
"""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / "requirements"

# In this order: dev constrains those below it.
CONTENTS = {
    "dev": ["pyproject.toml", "--all-extras", "--group", "dev", "--group", "demo"],
    "demo": ["pyproject.toml", "--group", "demo", "--no-annotate", "-c", "requirements/dev.lock"],
    "runtime": [
        "pyproject.toml",
        "--extra",
        "otel",
        "--extra",
        "timestamps",
        "--no-annotate",
        "-c",
        "requirements/dev.lock",
    ],
    "release": ["--group", "release", "--no-annotate"],
    "tools": ["--group", "tools", "--no-annotate"],
}


def digest(pyproject: dict[str, Any]) -> str:
    """The digest of everything in pyproject.toml that decides what is locked."""
    project, uv = pyproject["project"], pyproject["tool"]["uv"]
    inputs = [
        project["requires-python"],
        project["dependencies"],
        project["optional-dependencies"],
        pyproject["dependency-groups"],
        uv["exclude-dependencies"],
    ]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def header(pyproject: dict[str, Any]) -> str:
    """The first line of a lock."""
    return f"# Made by `make lock` from pyproject.toml: dependencies with the digest {digest(pyproject)}\n"


def main() -> None:
    """Compile each lock; arguments such as `--upgrade` are passed on to uv."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, contents in CONTENTS.items():
        lock = LOCKS / f"{name}.lock"
        subprocess.run(  # noqa: S603  # our own arguments
            [
                *(ROOT / ".tools/bin/uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"),
                *("--python-version", pyproject["project"]["requires-python"].removeprefix(">=")),
                *("--no-header", "--output-file", lock, *contents, *sys.argv[1:]),
            ],
            check=True,
            cwd=ROOT,
        )
        lock.write_text(header(pyproject) + lock.read_text())


if __name__ == "__main__":
    main()
