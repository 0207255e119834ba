"""One table: what was measured, beside its goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`goal` is the most that `measured` may be, `least` the least; without either the row informs only."""

    what: str
    measured: float
    unit: str = ""
    goal: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        if self.least is not None:
            return self.measured >= self.least
        return self.goal is None or self.measured <= self.goal

    @property
    def aims(self) -> bool:
        return self.goal is not None or self.least is not None


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
    print(f"\n{missed} of {sum(row.aims for row in rows)} goals not met")


_HEAD = ["", "measured", "goal", "", ""]


def _cells(row: Row) -> list[str]:
    goal = "" if row.goal is None else f"≤ {_figure(row.goal, row.unit)}"
    goal = goal if row.least is None else f"≥ {_figure(row.least, row.unit)}"
    verdict = "ok" if row.met else "NOT MET"
    return [row.what, _figure(row.measured, row.unit), goal, verdict if row.aims else "", row.note]


def _figure(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}".rstrip()
