"""A sheet of more rows than are read costs no more than those."""

from __future__ import annotations

import pytest

from core.documents import zip_package
from core.documents.document import Limits
from core.documents.file_reader import read
from core.documents.sandbox.sandbox import Sandbox
from tests.core.documents import make

_NUMBERS = "".join(f'<c r="{column}{{0}}"><v>{{0}}</v></c>' for column in "BCDEFGH")
_ROW = f'<row r="{{0}}"><c r="A{{0}}" t="inlineStr"><is><t>Ligne {{0}}</t></is></c>{_NUMBERS}</row>'


async def test_a_sheet_beyond_the_memory_is_read_up_to_the_cap() -> None:
    """Its first rows are read and the rest is said to be left out; nothing is called damaged."""
    data = make.xlsx("".join(map(_ROW.format, range(1, 30_001))))
    async with Sandbox() as sandbox:
        document = await sandbox.read(data, name="x.xlsx", limits=Limits(memory=120_000_000))
    assert "Ligne 20000 |" in document.to_markdown()
    assert [caution.code for caution in document.warnings] == ["rows_left_out"]


async def test_a_sheet_of_open_document_likewise() -> None:
    """There is no room for the tree of all its rows."""
    row = "".join(
        f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("Ligne {0}", *"BCDE")
    )
    row = f"<table:table-row>{row}</table:table-row>"
    sheet = f'<table:table table:name="x">{"".join(map(row.format, range(1, 100_001)))}</table:table>'
    data = make.zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x">'
            f"<office:body><office:spreadsheet>{sheet}</office:spreadsheet></office:body></office:document-content>",
        }
    )
    async with Sandbox() as sandbox:
        document = await sandbox.read(data, name="x.ods", limits=Limits(memory=250_000_000))
    assert "Ligne 20000 |" in document.to_markdown()
    assert [caution.code for caution in document.warnings] == ["rows_left_out"]


def test_a_large_sheet_is_read_like_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hidden rows, texts of many cells and what stands round them, whether its tree is kept or not."""
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>1+1</f></c></row>'
        '<row r="2" hidden="1"><c r="A2" t="s"><v>1</v></c></row>'
    )
    strings = "<si><t>un</t></si><si><r><t>de</t></r><r><t>ux</t></r></si>"
    parts = {
        "xl/sharedStrings.xml": f"<sst>{strings}</sst>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{make.PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{make.OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{make.OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{rows}</sheetData>"
        "<headerFooter><oddHeader>NIVEAU N2</oddHeader></headerFooter></worksheet>",
    }
    kept = read(make.xlsx("", parts), name="x.xlsx")
    monkeypatch.setattr(zip_package, "_KEPT", 10)
    assert read(make.xlsx("", parts), name="x.xlsx") == kept
    assert "deux (ligne masquée)" in kept.to_markdown()
    assert [place.text for place in kept.places] == ["NIVEAU N2"]
