"""Looks the packages that ship up in a database of known vulnerabilities: `make audit` (SERVICE=pypi or osv).

Ends with 0 when each package was found there and none is known to be vulnerable, with 1 when some are, and
with 2 when packages could not be looked up: then nothing is known of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = ("runtime", "tools")


def looked_up(lock: str, service: str) -> list[dict[str, Any]]:
    """What pip-audit says of each package of a lock; empty where it reaches no database."""
    command = [ROOT / ".venv-release/bin/pip-audit", "--requirement", ROOT / f"requirements/{lock}.lock"]
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--timeout", "10"]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [*command, *options, "--format", "json", "--vulnerability-service", service],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        sys.stderr.write(done.stderr[-500:])
        return []


def told(packages: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The vulnerabilities that are known, a line each; and the packages of which nothing is known."""
    known = [
        f"{each['name']} {each['version']}: {found['id']}, fixed in {found['fix_versions'] or 'no version'}"
        for each in packages
        for found in each.get("vulns", [])
    ]
    return known, [each["name"] for each in packages if "skip_reason" in each]


def main() -> int:
    service = os.environ.get("SERVICE", "pypi")
    code = 0
    for lock in LOCKS:
        packages = looked_up(lock, service)
        known, unknown = told(packages)
        sys.stdout.write("".join(f"{line}\n" for line in known))
        if unknown or not packages:
            some = f"{len(unknown)} of {len(packages)} packages" if packages else "its packages"
            sys.stderr.write(
                f"→ requirements/{lock}.lock NOT CHECKED: no database of vulnerabilities ({service})\n"
                f"  that knows {some} is reached from here. Run this where one is, or check the bill of\n"
                "  materials of `make release`.\n"
            )
            code = max(code, 2)
        elif not known:
            sys.stdout.write(f"→ requirements/{lock}.lock: of {len(packages)} packages nothing is known\n")
        if known:
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
