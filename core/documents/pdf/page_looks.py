"""A look at drawn pages of a PDF, for what only that tells: which of their words are seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pypdfium2 as pdfium
from PIL.Image import Image

_LONGEST = 2_000
"""Pixels of the longer side of a look: a plan as large as PDF allows would take 800 MB."""
_SECONDS = 6.0
"""What all looks at a file may take: drawings of many layers take longer than their words."""


class PageLooks:
    """Draws pages of one file while that costs little; `clock` gives the computing time in seconds."""

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._spent = 0.0
        self.left_out: list[int] = []
        """The numbers of the pages at which nobody looked: their words count as seen."""

    def at(self, page: Any, number: int, turned: int) -> Image | None:
        """A page as it is shown, a pixel for each point or fewer; None where it cannot be drawn, or the file
        has cost too much."""
        image = self._drawn(page, turned) if self._spent < _SECONDS else None
        if image is None:
            self.left_out.append(number)
        return image

    def _drawn(self, page: Any, turned: int) -> Image | None:
        start = self._clock()
        try:
            scale = min(1.0, _LONGEST / max(page.get_size()))
            return page.render(scale=scale, rotation=turned, rev_byteorder=True).to_pil().convert("RGB")
        except (pdfium.PdfiumError, MemoryError, ValueError):
            return None
        finally:
            self._spent += self._clock() - start
