"""A look at a page costs little, and what it cannot tell loses no words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image

from core.documents.document import Caution
from core.documents.file_reader import read
from core.documents.pdf import page_looks
from core.documents.pdf.page_looks import PageLooks
from tests.core.documents import make


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
    image = PageLooks().at(Page(side), 1, 0)
    assert image is not None
    assert image.width == pixels


@pytest.mark.parametrize("error", [pdfium.PdfiumError("x"), MemoryError(), ValueError()])
def test_a_page_that_cannot_be_drawn_is_not_lost(error: Exception) -> None:
    """There is no look, and no error that would take the page's words along."""
    assert PageLooks().at(Page(842.0, error=error), 1, 0) is None


def test_looks_end_when_a_file_has_cost_enough() -> None:
    """Pages that are slow to draw are read without a look after some seconds in all."""
    page = Page(842.0, seconds=2.5)
    looks = PageLooks(lambda: page.now)
    found = [looks.at(page, number, 0) is not None for number in range(1, 6)]
    assert found == [True, True, True, False, False]
    assert looks.left_out == [4, 5]


def test_pages_without_a_look_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their words are read, and people learn that some may not be seen."""
    white = make.pdf([make.lines(["Visible"])] * 12, drawing="1 g BT /F1 11 Tf 72 600 Td (Blanc) Tj ET")
    assert "unseen_pages" not in {caution.code for caution in read(white, name="a.pdf").warnings}
    monkeypatch.setattr(page_looks, "_SECONDS", 0.0)
    document = read(white, name="a.pdf")
    assert "Blanc" in document.to_markdown()
    assert Caution(code="unseen_pages", about="1, 2, 3, 4, 5, 6, 7, 8, 9, 10…") in document.warnings
