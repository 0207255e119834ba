"""What was not read counts as unread, for whoever needs the level of a document."""

from __future__ import annotations

from typing import get_args

import pytest

from core.documents import file_reader
from core.documents.build import Builder
from core.documents.document import Caution, CautionCode, Document, Limits, Reason
from core.documents.file_reader import read
from core.documents.metafiles import metafile_text
from core.documents.texts import missing
from tests.core.documents import make
from tests.core.documents.unusual_office import FILES

HARMLESS: set[CautionCode] = {
    "part_unread", "ocr_used", "hidden_text", "encoding_guessed", "tracked_changes", "formulas",
    "pictures_left_out", "hidden_cells", "unseen_pages",
}  # fmt: skip


def test_an_archive_beyond_the_cap_has_unread_files() -> None:
    """Members that nobody looked at are missing, however many were read."""
    data = make.zipped({f"{number}.txt": "Bonjour" for number in range(9)})
    document = read(data, name="a.zip", limits=Limits(parts=5))
    assert document.readable
    assert [each.caution.code for each in missing(document) if each.caution] == ["parts_left_out"]


def test_a_damaged_part_of_a_document_is_missing() -> None:
    """The rest is read; without its main part there is no document."""
    header, body = {"word/header1.xml": "<w:hdr>"}, "<w:p><w:r><w:t>Bonjour</w:t></w:r></w:p>"
    document = read(make.docx(body, header, kinds={"word/header1.xml": "header"}), name="a.docx")
    assert document.to_markdown() == "Bonjour"
    assert [each.said("en") for each in missing(document)] == [
        "A part of the file is damaged: word/header1.xml."
    ]
    assert read(make.docx(body, {"word/document.xml": "<w:p>"}), name="a.docx").reason == "damaged"


@pytest.mark.parametrize("programs", ["", "é$%", "AAAAAAUAAABoZWxsbw=="])
def test_damaged_programs_of_a_workbook_are_missing(programs: str) -> None:
    """What Power Query keeps beside the cells: they are read, where the whole workbook was damaged."""
    data = make.xlsx(
        '<row r="1"><c r="A1"><v>1</v></c></row>',
        {"customXml/item1.xml": f"<DataMashup>{programs}</DataMashup>"},
    )
    document = read(data, name="a.xlsx")
    assert document.readable
    assert [each.said("en") for each in missing(document)] == [
        "A part of the file is damaged: customXml/item1.xml."
    ]


def test_pages_beyond_the_cap_are_missing() -> None:
    """A marking may stand on a page that was not read."""
    data = make.pdf([make.lines([f"Page {number} du rapport"]) for number in range(8)])
    document = read(data, name="a.pdf", limits=Limits(pages=5))
    assert [each.said("fr")[:33] for each in missing(document)] == ["Seules les 5 premières pages ont "]


def test_an_unread_file_within_a_file_is_missing() -> None:
    """Its reason is told, of that file; an empty one holds nothing to miss."""
    data = make.zipped({"vide.txt": b"", "x.bin": b"\0\1\2\3" * 50, "a.txt": "Bonjour"})
    (left,) = missing(read(data, name="a.zip"))
    assert left.document.name == "x.bin"


@pytest.mark.parametrize("code", get_args(CautionCode))
def test_each_caution_says_whether_text_is_missing(code: CautionCode) -> None:
    """Only those that leave no text out are harmless."""
    document = Document(name="a", type="text", warnings=(Caution(code=code, about="1"),))
    assert bool(missing(document)) == (code not in HARMLESS)


@pytest.mark.parametrize("reason", get_args(Reason))
def test_each_reason_says_whether_text_is_missing(reason: Reason) -> None:
    """A file without text was read; every other reason leaves its content unknown."""
    document = Document(name="a", type="unknown", reason=reason)
    assert bool(missing(document)) == (reason not in ("empty", "ocr_empty"))


def test_what_is_left_out_behind_a_chart_is_told() -> None:
    """The workbook behind a chart is cut like any other file, and its warnings are the document's."""
    name, data = FILES["docx: workbook behind a chart"]
    cut = read(data, name=name, limits=Limits(rows=0))
    assert "rows_left_out" in {warning.code for warning in cut.warnings}


def test_records_of_emf_plus_that_cannot_be_followed_are_told() -> None:
    """A record that is said to be longer than the comment hides what stands behind it."""
    whole = make.emf_plus("visible")
    at = whole.index(b"EMF+") + 8  # the size of the first record, behind kind and flags
    assert metafile_text(whole) == ("visible\nx", False)
    assert metafile_text(whole[:at] + (5000).to_bytes(4, "little") + whole[at + 4 :])[1]


def test_what_is_too_deep_for_its_reader_costs_no_other_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of a compound file that leads back to itself: the archive's other file is read."""

    def descend(data: bytes, builder: Builder) -> None:
        descend(data, builder)

    monkeypatch.setitem(file_reader._READERS, "cfb", descend)
    archive = make.zipped({"a.txt": "Bonjour", "b.doc": make.compound({"x": b"y"})})
    document = read(archive, name="a.zip")
    assert "Bonjour" in document.to_markdown()
    assert [(one.document.name, one.document.reason) for one in missing(document)] == [("b.doc", "nested")]
