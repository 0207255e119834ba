"""Measures relais against its goals. `make bench`, or `python -m tests.bench [--quick] [names…]`.

Each bench is a module here whose `main(quick=…)` prints its table. Each runs in a process of its own, so that
none weighs on the next.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

BENCHES = (
    "answers",
    "gateway",
    "store",
    "sensitivity",
    "understanding",
    "documents",
    "mails",
    "grounding",
    "provenance",
    "talks",
    "rooms",
    "capacity",
    "streams",
    "growth",
    "slack",
    "day",
)


def main() -> int:
    """The exit code: 1 when a bench failed. A goal that is not met is no failure of the bench."""
    parser = argparse.ArgumentParser(description="measure relais against its goals")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(BENCHES)} (all)")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: noisier figures, sooner")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    codes = [_bench(name, quick=options.quick) for name in options.names or BENCHES]
    return int(any(codes))


def _bench(name: str, *, quick: bool) -> int:
    code = f"from tests.bench.{name} import main; main(quick={quick})"
    return subprocess.run([sys.executable, "-c", code]).returncode


if __name__ == "__main__":
    sys.exit(main())
