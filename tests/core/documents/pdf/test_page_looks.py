"""A look at a page costs little, and what it cannot tell loses no words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image

from core.documents.pdf.page_looks import PageLooks


class Page:
    """A page of a size in points, drawn in so many seconds."""

    def __init__(self, side: float, *, error: Exception | None = None, seconds: float = 0.0) -> None:
        self.side, self.error, self.seconds, self.now = side, error, seconds, 0.0

    def get_size(self) -> tuple[float, float]:
        return self.side, self.side / 2

    def render(self, *, scale: float, **_: Any) -> Any:
        self.now += self.seconds
        if self.error:
            raise self.error
        size = round(scale * self.side), round(scale * self.side / 2)
        return SimpleNamespace(to_pil=lambda: Image.new("L", size))


@pytest.mark.parametrize(("side", "pixels"), [(842.0, 842), (14_400.0, 2_000), (200_000.0, 2_000)])
def test_a_large_page_is_looked_at_from_afar(side: float, pixels: int) -> None:
    """A pixel a point, and 2,000 at most: the memory of the sandbox holds them."""
    image = PageLooks().at(Page(side), 0)
    assert image is not None
    assert image.width == pixels


@pytest.mark.parametrize("error", [pdfium.PdfiumError("x"), MemoryError(), ValueError()])
def test_a_page_that_cannot_be_drawn_is_not_lost(error: Exception) -> None:
    """There is no look, and no error that would take the page's words along."""
    assert PageLooks().at(Page(842.0, error=error), 0) is None


def test_looks_end_when_a_file_has_cost_enough() -> None:
    """Pages that are slow to draw are read without a look after some seconds in all."""
    page = Page(842.0, seconds=2.5)
    looks = PageLooks(lambda: page.now)
    assert [looks.at(page, 0) is not None for _ in range(5)] == [True, True, True, False, False]
