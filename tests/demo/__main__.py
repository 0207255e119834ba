"""`python -m tests.demo`: what `make demo` runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.errors import RelaisError
from tests.demo.demo import demo


def main() -> int:
    """Run the demo, and end with one clear line when it cannot be done."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--ask", metavar="QUESTION")
    parser.add_argument("--file", metavar="FICHIER", type=Path)
    given = parser.parse_args()
    try:
        return demo(ask=given.ask, file=given.file)
    except RelaisError as error:
        print(f"relais: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
