"""Has a replica import what the image has, as the image has it: some libraries import others where they
find them (structlog: Twisted and Rich), which tests alone bring, and which cost a start 0.15 s and 5 MB; and
all is compiled, while a start that may write no bytecode compiles a thousand modules anew, for a second."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements" / "runtime.lock"
_HIDING = """\
import sys


class Hidden:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, Hidden)
"""


def as_in_the_image(folder: Path) -> Mapping[str, str]:
    """The environment of such a replica, for which a module is written into `folder`, and by its first start
    the bytecode of all that it imports."""
    pinned = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", LOCK.read_text(), re.MULTILINE)
    shipped = set(map(_plain, pinned))
    hidden = {
        package
        for package, distributions in packages_distributions().items()
        if not shipped & {_plain(name) for name in distributions}
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_HIDING.format(hidden=hidden))
    return {
        "PYTHONPATH": str(folder),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",
    }


def _plain(name: str) -> str:
    """A distribution's name, as an index writes it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
