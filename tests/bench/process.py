"""What a process of this machine costs: CPU time and memory, read from the kernel (Linux)."""

from __future__ import annotations

import time
from pathlib import Path


def cpu(pid: int) -> float:
    """CPU seconds, user and system, that the process took so far; to the nanosecond.

    The clock of `clock_getcpuclockid(3)`: /proc/PID/stat counts in steps of 10 ms.
    """
    return time.clock_gettime(~pid << 3 | 2)


def resident(pid: int, field: str = "VmRSS") -> float:
    """Resident memory in MB (2^20 bytes): now, or with `VmHWM` the most so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def children(pid: int) -> dict[int, str]:
    """The process's children, each with the name of its program."""
    ids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(id): Path(f"/proc/{id}/comm").read_text().strip() for id in ids}
