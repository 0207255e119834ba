"""Rows, columns, sheets and slides that their author hid: they are read, and the text says which they are."""

from __future__ import annotations

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.parts import parts_of
from core.sensitivity.assess import assess
from core.sensitivity.level import Sublevel
from tests.core.documents import make
from tests.core.documents.unusual_office import package


def xlsx(rows: str, *, columns: str = "", state: str = "") -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = (
        f'<workbook xmlns="{main}" xmlns:r="{make.OFFICE}"><sheets>'
        f'<sheet name="Feuille" sheetId="1" r:id="r1" {state}/></sheets></workbook>'
    )
    sheet = f'<worksheet xmlns="{main}"><cols>{columns}</cols><sheetData>{rows}</sheetData></worksheet>'
    return make.xlsx("", {"xl/workbook.xml": book, "xl/worksheets/sheet1.xml": sheet})


def row(number: int, *texts: str, look: str = "") -> str:
    cells = (
        f'<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in zip("ABC", texts, strict=False)
    )
    return f'<row r="{number}" {look}>{"".join(cells)}</row>'


def fods(rows: str, style: str = "") -> bytes:
    return (
        '<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:automatic-styles>'
        '<style:style style:name="ta" style:family="table"><style:table-properties table:display="false"/>'
        f"</style:style></office:automatic-styles><office:body><office:spreadsheet><table:table {style} "
        f'table:name="Feuille">{rows}</table:table></office:spreadsheet></office:body></office:document>'
    ).encode()


def line(*texts: str, look: str = "") -> str:
    cells = (f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in texts)
    return f"<table:table-row {look}>{''.join(cells)}</table:table-row>"


_ROWS = [("Port", "Prévu"), ("Brest", "12"), ("Nice", "7")]
_ROW = "| Port | Prévu |\n| --- | --- |\n| Brest (ligne masquée) | 12 |\n| Nice | 7 |"
_COLUMN = "| Port | Prévu (colonne masquée) |\n| --- | --- |\n| Brest | 12 |\n| Nice | 7 |"


def rows(form: str, masked: str = "") -> str:
    looks = ["", masked, ""]
    if form == "xlsx":
        return "".join(row(at, *_ROWS[at - 1], look=looks[at - 1]) for at in (1, 2, 3))
    return "".join(line(*texts, look=look) for texts, look in zip(_ROWS, looks, strict=True))


@pytest.mark.parametrize(
    ("data", "table"),
    [
        (xlsx(rows("xlsx", 'hidden="1"')), _ROW),
        (xlsx(rows("xlsx", 'ht="0" customHeight="1"')), _ROW),
        (xlsx(rows("xlsx"), columns='<col min="2" max="9" hidden="1"/>'), _COLUMN),
        (fods(rows("ods", 'table:visibility="collapse"')), _ROW),
        (fods(rows("ods", 'table:visibility="filter"')), _ROW),
        (
            fods('<table:table-column/><table:table-column table:visibility="collapse"/>' + rows("ods")),
            _COLUMN,
        ),
    ],
)
def test_hidden_rows_and_columns_are_told_where_they_stand(data: bytes, table: str) -> None:
    """By the first cell with text of each, and by a caution."""
    found = read(data, name="a")
    assert found.to_markdown() == f"## Feuille\n\n{table}"
    assert [warning.code for warning in found.warnings] == ["hidden_cells"]


@pytest.mark.parametrize(
    "data",
    [
        xlsx(rows("xlsx"), state='state="veryHidden"'),
        fods(rows("ods"), 'table:style-name="ta"'),
    ],
)
def test_a_hidden_sheet_is_told_by_its_heading(data: bytes) -> None:
    """What stands below it is read."""
    assert read(data, name="a").to_markdown().startswith("## Feuille (feuille masquée)\n\n| Port | Prévu |")


def test_a_hidden_slide_is_told_before_its_text() -> None:
    """With or without a title."""
    found = read(masked_slide("Scénario de repli"), name="a.pptx")
    assert found.to_markdown() == "## Scénario de repli (diapositive masquée)"


@pytest.mark.parametrize(
    "data",
    [
        xlsx(row(1, "Port", "Prévu") + row(2, "DIFFUSION RESTREINTE", "12", look='hidden="1"')),
        xlsx(row(1, "DIFFUSION RESTREINTE", "Prévu"), columns='<col min="1" max="1" hidden="1"/>'),
        xlsx(row(1, "DIFFUSION RESTREINTE"), state='state="hidden"'),
        pytest.param("slide", id="slide"),
    ],
)
def test_a_stamp_that_is_masked_is_a_stamp(data: bytes | str) -> None:
    """What is said of a row or a slide hides no marking in it."""
    found = read(masked_slide("DIFFUSION RESTREINTE") if isinstance(data, str) else data, name="a")
    assert level(found) == Sublevel.N4A


def level(document: Document) -> Sublevel | None:
    return assess(parts_of(document)).sublevel


def masked_slide(title: str) -> bytes:
    return package(
        "pptx",
        {
            "ppt/presentation.xml": '<p:presentation><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst>'
            "</p:presentation>",
            "ppt/slides/slide1.xml<ppt/presentation.xml#r1 slide": '<p:sld show="0"><p:cSld><p:spTree>'
            f"<p:sp><p:txBody><a:p><a:r><a:t>{title}</a:t></a:r></a:p></p:txBody></p:sp>"
            "</p:spTree></p:cSld></p:sld>",
        },
    )
