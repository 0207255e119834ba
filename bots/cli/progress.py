"""Progress of a long command: one line with a bar on a terminal, overwritten; nothing anywhere else."""

from __future__ import annotations

from typing import TextIO

WIDTH = 79
_BAR = 20


class Progress:
    """`show` draws it, `clear` leaves the line as if nothing had been there."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._shown = err.isatty()

    def show(self, done: int, total: int, text: str) -> None:
        """`done` of `total` are behind; `text` says what is being done."""
        if self._shown:
            self._err.write(f"\r\x1b[K{line(done, total, text)}")
            self._err.flush()

    def clear(self) -> None:
        if self._shown:
            self._err.write("\r\x1b[K")
            self._err.flush()


def line(done: int, total: int, text: str) -> str:
    """`██████░░░░ 4/12 text`, cut to the width of any terminal."""
    filled = _BAR * min(done, total) // max(1, total)
    return f"{'█' * filled}{'░' * (_BAR - filled)} {text}"[:WIDTH]
