"""PDF, by reportlab (BSD): A4, the standard fonts, which hold what French and English are written with."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from reportlab.lib import colors  # pyright: ignore[reportMissingTypeStubs]
from reportlab.lib.pagesizes import A4  # pyright: ignore[reportMissingTypeStubs]
from reportlab.lib.styles import ParagraphStyle  # pyright: ignore[reportMissingTypeStubs]
from reportlab.lib.units import cm  # pyright: ignore[reportMissingTypeStubs]
from reportlab.platypus import (  # pyright: ignore[reportMissingTypeStubs]
    HRFlowable,
    Paragraph,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from core.export.blocks import Block, Run
from core.export.package import Marked, escape

_PLAIN: dict[int, str] = {
    0x202F: "\u00a0", 0x2009: " ", 0x2011: "-", 0x2212: "-", 0x2082: "2", 0x2192: "->", 0x2264: "<=",
    0x2265: ">=", 0x2026: "…",
}  # fmt: skip
"""What the standard fonts lack, and what stands for it."""

_BASE = ParagraphStyle("base", fontName="Helvetica", fontSize=10.5, leading=14.5, spaceAfter=6)
_TITLE = ParagraphStyle("title", _BASE, fontName="Helvetica-Bold", fontSize=17, leading=21, spaceAfter=12)
_QUOTE = ParagraphStyle("quote", _BASE, leftIndent=0.8 * cm, fontName="Helvetica-Oblique")
_CODE = ParagraphStyle("code", _BASE, fontName="Courier", fontSize=9, leading=12)


def write(blocks: Sequence[Block], marking: Marked) -> bytes:
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=2 * cm,
        rightMargin=2 * cm,
        topMargin=2.2 * cm,
        bottomMargin=2.2 * cm,
        title=marking.title,
        subject=marking.footer,
        keywords=marking.header,
        lang="en-GB" if marking.language == "en" else "fr-FR",
        invariant=1,
    )

    def edges(canvas: Any, _: Any) -> None:
        width, height = A4
        canvas.saveState()
        canvas.setFont("Helvetica-Bold", 9)
        canvas.drawCentredString(width / 2, height - 1.3 * cm, _written(marking.header))
        canvas.setFont("Helvetica", 8)
        canvas.drawString(2 * cm, 1.2 * cm, _written(marking.footer))
        canvas.drawRightString(width - 2 * cm, 1.2 * cm, str(canvas.getPageNumber()))
        canvas.restoreState()

    story: list[Any] = [Paragraph(_marked((Run(text=marking.title),)), _TITLE)]
    story += [part for block in blocks for part in _block(block)]
    document.build(story, onFirstPage=edges, onLaterPages=edges)
    return out.getvalue()


def _block(block: Block) -> Iterator[Any]:
    match block.kind:
        case "heading":
            size = max(11.0, 16.0 - 1.5 * block.level)
            style = ParagraphStyle(
                f"h{block.level}",
                _BASE,
                fontName="Helvetica-Bold",
                fontSize=size,
                leading=size + 4,
                spaceBefore=8,
                keepWithNext=1,
            )
            yield Paragraph(_marked(block.runs), style)
        case "item":
            indent = 0.6 * cm * block.level
            style = ParagraphStyle(
                "item", _BASE, leftIndent=indent, bulletIndent=indent - 0.45 * cm, spaceAfter=3
            )
            yield Paragraph(
                _marked(block.runs), style, bulletText="•" if block.number is None else f"{block.number}."
            )
        case "code":
            yield Preformatted(_written(block.runs[0].text), _CODE)
        case "table":
            yield _table(block)
            yield Spacer(1, 6)
        case "rule":
            yield HRFlowable(width="100%", color=colors.grey, spaceBefore=4, spaceAfter=8)
        case _:
            yield Paragraph(_marked(block.runs), _QUOTE if block.kind == "quote" else _BASE)


def _table(block: Block) -> Any:
    width = max(map(len, block.rows), default=1) or 1
    rows = [
        [Paragraph(_marked(runs), _BASE) for runs in (*row, *((),) * (width - len(row)))]
        for row in block.rows
    ]
    look: list[Any] = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    look.append(("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke))
    return Table(rows, colWidths=[17 * cm / width] * width, repeatRows=1, style=look, hAlign="LEFT")


def _marked(runs: Sequence[Run]) -> str:
    """The runs in reportlab's own small markup."""
    return "".join(map(_run, runs))


def _run(run: Run) -> str:
    text = escape(_written(run.text)).replace("\n", "<br/>")
    if run.code:
        text = f'<font face="Courier">{text}</font>'
    if run.bold:
        text = f"<b>{text}</b>"
    return f"<i>{text}</i>" if run.italic else text


def _written(text: str) -> str:
    """Characters of the standard fonts (Windows-1252); any other one becomes a question mark."""
    return text.translate(_PLAIN).encode("cp1252", errors="replace").decode("cp1252")
