"""`relais` that counts its figures each second, not each minute: a program for `tests/rig/forks.py`."""

import bots.main
import bots.replica


def main() -> int:
    bots.replica.COUNT_EVERY = 1.0
    return bots.main.main()
