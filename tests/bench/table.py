"""One table: what was measured, beside its goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`goal` is the most that `measured` may be; without one the row informs only."""

    what: str
    measured: float
    unit: str = ""
    goal: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        return self.goal is None or self.measured <= self.goal


def show(title: str, rows: Sequence[Row]) -> None:
    """Print the rows, and how many goals are not met."""
    cells = [_cells(row) for row in rows]
    widths = [max(len(row[i]) for row in [_HEAD, *cells]) for i in range(len(_HEAD))]
    print(f"\n{title}\n")
    for row in [_HEAD, ["-" * width for width in widths], *cells]:
        what, measured, goal, verdict, note = (
            cell.rjust(width) if 0 < i < 3 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print(f"| {what} | {measured} | {goal} | {verdict} | {note} |")
    missed = sum(not row.met for row in rows)
    print(f"\n{missed} of {sum(row.goal is not None for row in rows)} goals not met")


_HEAD = ["", "measured", "goal", "", ""]


def _cells(row: Row) -> list[str]:
    goal = "" if row.goal is None else f"≤ {_figure(row.goal, row.unit)}"
    verdict = "" if row.goal is None else "ok" if row.met else "NOT MET"
    return [row.what, _figure(row.measured, row.unit), goal, verdict, row.note]


def _figure(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}".rstrip()
