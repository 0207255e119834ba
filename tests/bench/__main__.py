"""Measures relais against its goals. `make bench`, or `python -m tests.bench [--quick] [names…]`.

Each bench is a module here whose `main(quick=…)` prints its table.
"""

from __future__ import annotations

import argparse
from importlib import import_module

BENCHES = ("answers", "gateway", "store", "sensitivity", "documents", "grounding", "talks")


def main() -> None:
    parser = argparse.ArgumentParser(description="measure relais against its goals")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(BENCHES)} (all)")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: noisier figures, sooner")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    for name in options.names or BENCHES:
        import_module(f"tests.bench.{name}").main(quick=options.quick)


if __name__ == "__main__":
    main()
