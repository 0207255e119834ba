"""Writes the notices of third parties: name, version, licence and licence texts of each installed package.

    python tools/notices.py /opt/relais >THIRD-PARTY-NOTICES        # of that environment
    python tools/notices.py --table                                 # of this one, a line each

Packages that say nothing of their licence are an error: nothing ships that nobody looked at.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

_TEXT = re.compile(r"(?i)(?:^|/)(?:licen[cs]e|copying|notice|authors)[^/]*$")
_KNOWN = {"relais"}
_LOOKED_AT = {"imapclient": "BSD-3-Clause", "peewee": "MIT", "vodozemac": "MIT AND Apache-2.0"}
"""By package: the licence that its files tell and its metadata do not."""


def licence_of(package: metadata.Distribution) -> str:
    """By its metadata: the expression (PEP 639), else the classifiers, else the field; else empty."""
    told: dict[str, Any] = package.metadata.json
    if expression := told.get("license_expression"):
        return expression
    listed: list[str] = told.get("classifier", [])
    names = [each.rpartition(" :: ")[2] for each in listed if each.startswith("License :: ")]
    if names := [name for name in names if name != "OSI Approved"]:
        return ", ".join(names)
    field: str = told.get("license", "").strip()
    return field.splitlines()[0] if field else _LOOKED_AT.get(told["name"].lower(), "")


def packages(environment: Path | None) -> list[metadata.Distribution]:
    """Those that are installed there, or here, in the order of their names; relais aside."""
    places = (
        [str(path) for path in environment.glob("lib/python*/site-packages")] if environment else sys.path
    )
    found = {each.metadata["Name"].lower(): each for each in metadata.distributions(path=places)}
    return [found[name] for name in sorted(found) if name not in _KNOWN]


def texts(package: metadata.Distribution) -> Iterator[tuple[str, str]]:
    """The files of licences and notices that a package brings."""
    for file in package.files or []:
        path = Path(str(package.locate_file(file)))
        if _TEXT.search(str(file)) and path.suffix not in (".py", ".pyc") and path.is_file():
            yield path.name, path.read_text(encoding="utf-8", errors="replace").strip()


def notices(found: Iterable[metadata.Distribution]) -> Iterator[str]:
    for package in found:
        yield f"{'=' * 100}\n{package.metadata['Name']} {package.version}: {licence_of(package)}\n"
        for name, text in texts(package):
            yield f"\n--- {name}\n{text}\n"


def vendored() -> Iterator[str]:
    """What lies in our own packages and is somebody else's."""
    folder = Path(__file__).parents[1] / "core/http/dsfr"
    yield f"{'=' * 100}\n{(folder / 'VERSION').read_text().strip()}: etalab-2.0\n\n"
    yield (folder / "LICENSE.md").read_text(encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Notices of third parties.")
    parser.add_argument("environment", nargs="?", type=Path)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    found = packages(options.environment)
    silent = [package.metadata["Name"] for package in found if not licence_of(package)]
    if options.table:
        lines = [f"{each.metadata['Name']}\t{each.version}\t{licence_of(each)}" for each in found]
        sys.stdout.write("\n".join(lines) + "\n")
    else:
        sys.stdout.write("".join((*notices(found), *vendored())))
    if silent:
        sys.stderr.write(f"no licence is told by: {', '.join(silent)}\n")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
