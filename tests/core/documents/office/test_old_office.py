"""Files of Office 97 to 2003: their text, tables, headers and notes."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import olefile
import pytest

from core.documents.build import Builder, UnpackBudget
from core.documents.document import Limits
from core.documents.file_reader import outermost, read
from core.documents.office.compound import own_properties
from core.documents.office.old_excel import binary_formulas, of_xlsb
from core.documents.zip_package import Package
from tests.core.documents import make

SAMPLES = Path(__file__).parents[3] / "data" / "documents"
PLACES = SAMPLES.with_name("old_office")


def atom(kind: int, data: bytes, *, instance: int = 0, container: bool = False) -> bytes:
    return struct.pack("<HHI", instance << 4 | (0xF if container else 0), kind, len(data)) + data


def text(words: str, kind: int = 1) -> bytes:
    return atom(0x0F9F, struct.pack("<I", kind)) + atom(0x0FA0, words.encode("utf-16-le"))


def test_slides_are_read_with_their_notes() -> None:
    """Titles, the texts of the outline and those of other shapes; notes and masters are places."""
    outline = b"".join(
        atom(0x03F3, b"\0" * 20) + text(f"Titre {number}", 0) + text("un point\rdeux points")
        for number in (1, 2)
    )
    slides = b"".join(
        atom(0x03EE, atom(0xF00D, text(f"Zone {number}", 4), container=True), container=True)
        for number in (1, 2)
    )
    data = (
        atom(0x03E8, atom(0x0FF0, outline, container=True), container=True)
        + slides
        + atom(0x03F0, text("À dire", 2), container=True)
        + atom(0x03F8, text("DIFFUSION RESTREINTE", 4), container=True)
    )
    document = read(make.compound({"PowerPoint Document": data}), name="a.ppt")
    assert document.readable, document
    assert document.pages[0].to_markdown() == "## Titre 1\n\nun point\n\ndeux points\n\nZone 1"
    assert {(place.kind, place.text) for place in document.places} == {
        ("note", "À dire"),
        ("master", "DIFFUSION RESTREINTE"),
    }


def test_a_table_on_a_slide_keeps_its_columns() -> None:
    """Its cells are shapes of a group, in whatever order: they stand where they are anchored."""

    def cell(words: str, left: int, top: int) -> bytes:
        box = atom(0xF00D, text(words, 4), container=True)
        anchor = atom(0xF00F, struct.pack("<iiii", left, top, left + 10, top + 10))
        return atom(0xF004, anchor + box, container=True)

    table = atom(0xF004, atom(0xF122, struct.pack("<HI", 0x039F, 1), instance=1), container=True)
    cells = cell("Écluse", 0, 0) + cell("6,4 m", 50, 20) + cell("Chute", 50, 0) + cell("Montmacq", 0, 20)
    line = atom(0xF004, atom(0xF00F, struct.pack("<iiii", 25, 5, 25, 9)), container=True)
    group = atom(0xF003, table + cells + line, container=True)
    slide = atom(0x03EE, text("Avant") + group + text("Après"), container=True)
    document = read(make.compound({"PowerPoint Document": slide}), name="a.ppt")
    told = "| Écluse | Chute |\n| --- | --- |\n| Montmacq | 6,4 m |"
    assert document.to_markdown() == f"Avant\n\n{told}\n\nAprès"


def test_a_word_file_keeps_its_headers_and_notes_as_places() -> None:
    """What follows the body in the file stands round it on the page."""
    document = read((SAMPLES / "note.doc").read_bytes(), name="note.doc")
    places = {(place.kind, place.text) for place in document.places}
    assert ("header", "NON PROTÉGÉ") in places
    assert "note" in {kind for kind, _ in places}


@pytest.mark.parametrize(("name", "kind"), [("note.doc", "doc"), ("budget.xls", "xls")])
def test_a_document_is_read_whatever_else_its_file_holds(name: str, kind: str) -> None:
    """A stream named as that of a wrapped file does not take the place of the text that Office shows."""
    with olefile.OleFileIO(io.BytesIO((SAMPLES / name).read_bytes())) as file:
        streams = {"/".join(path): file.openstream(path).read() for path in file.listdir()}
    decoy = make.pdf([make.lines(["Menu de la cantine"])])
    document = read(make.compound({**streams, "CONTENTS": decoy, "Package": decoy}), name=name)
    assert document.readable
    assert document.type == kind
    assert document.pages == read((SAMPLES / name).read_bytes(), name=name).pages


def test_headers_of_an_old_workbook_are_places() -> None:
    """Calamine reads the cells; what is printed round them is found in the records."""
    document = read((SAMPLES / "budget.xls").read_bytes(), name="budget.xls")
    assert "header" in {place.kind for place in document.places}


def test_sizes_of_letters_in_a_footer_are_no_words() -> None:
    """What is printed below a page begins with its codes: here a size of 12 points."""
    data = (SAMPLES / "budget.xls").read_bytes().replace(b"&CBureau du budget", b"&C&12Bureau budget")
    document = read(data, name="budget.xls")
    assert ("footer", "Bureau budget") in {(place.kind, place.text.strip()) for place in document.places}


@pytest.mark.parametrize("stream", ["WordDocument", "Workbook", "PowerPoint Document"])
@pytest.mark.parametrize("size", [0, 5, 700, 5_000])
def test_a_damaged_file_is_said_to_be(stream: str, size: int) -> None:
    """Never an exception, never an endless loop."""
    data = bytes(range(256)) * (size // 256 + 1)
    document = read(make.compound({stream: data[: max(size, 1)]}), name="a")
    assert not document.readable


def binary_record(kind: int, data: bytes) -> bytes:
    """A record of a binary workbook (MS-XLSB 2.1.4)."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(data)]) + data


def test_a_binary_workbook_is_read() -> None:
    """With its parts that are no XML, and with what programs leave in it that no program shows."""

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    record, zeros = binary_record, struct.pack("<II", 0, 0)
    book = (
        record(131, b"") + record(143, b"") + record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("Mai"))
    )
    sheet = record(129, b"") + record(148, zeros * 2) + record(145, b"") + record(0, bytes(17))
    sheet += record(6, zeros + wide("zébulon")) + record(146, b"") + record(130, b"")
    relation = f'<Relationship Id="{{}}" Type="{make.OFFICE}/{{}}" Target="{{}}"/>'
    relations = f'<Relationships xmlns="{make.PACKAGE}/relationships">{{}}</Relationships>'
    types = f'<Types xmlns="{make.PACKAGE}/content-types"/>'
    data = make.zipped({
        "[Content_Types].xml": types,
        "_rels/.rels": relations.format(relation.format("r", "officeDocument", "xl/workbook.bin")),
        "xl/_rels/workbook.bin.rels": relations.format(relation.format("r1", "worksheet", "worksheets/1")),
        "xl/workbook.bin": book + record(144, b"") + record(132, b""),
        "xl/worksheets/1": sheet,
        "xl/styles.bin": record(617, b"\1\0\0\0") + record(47, bytes(16)) + record(618, b""),
        "__MACOSX/xl/_rels/._workbook.bin.rels": b"\0\5\x16\7",
    })  # fmt: skip
    document = read(data, name="a.xlsb")
    assert (document.type, document.reason, document.warnings) == ("xlsb", None, ())
    assert "zébulon" in document.to_markdown()


def test_texts_in_formulas_of_a_binary_workbook_are_hidden_text() -> None:
    """What a formula compares with is shown nowhere; a formula of unknown tokens is said to be unread."""

    def cell(tokens: bytes) -> bytes:
        head = struct.pack("<IIdH", 0, 0, 3.0, 0)
        return binary_record(9, head + struct.pack("<I", len(tokens)) + tokens + bytes(4))

    reference, text = b"\x44" + bytes(6), b"\x17\7\0" + "zébulon".encode("utf-16-le")
    data = make.zipped({"a": cell(reference + text + b"\x0b"), "b": cell(b"\x3f" + text)})
    package = Package(data, UnpackBudget(Limits()), Limits())
    builder = Builder("a", "xlsb", Limits(), outermost(Limits()))
    binary_formulas(package, ["a", "b"], builder)
    document = builder.document()
    assert [(place.kind, place.text) for place in document.places] == [("hidden", "zébulon")]
    assert [each.code for each in document.warnings] == ["part_unread"]


def test_a_workbook_that_asks_for_a_password_is_encrypted() -> None:
    """Not damaged: its person can save it without one."""
    records = b"\x09\x08\x10\0" + b"\0\6\5\0" + bytes(12) + b"\x2f\0\x36\0\1\0" + bytes(range(52))
    assert read(make.compound({"Workbook": records}), name="a.xls").reason == "encrypted"


def test_numbers_of_a_binary_workbook_are_shown_in_their_formats() -> None:
    """Packed numbers, doubles and results of formulas, by the styles of cells; others are left out."""
    record = binary_record
    code = '0" jours"'
    styles = record(44, struct.pack("<HI", 170, len(code)) + code.encode("utf-16-le"))
    styles += record(617, b"") + record(47, struct.pack("<HH", 0, 0)) + record(47, struct.pack("<HH", 0, 170))
    sheet = record(0, struct.pack("<I", 4)) + record(2, struct.pack("<III", 0, 1, 3 << 2 | 2))
    sheet += record(5, struct.pack("<IId", 1, 1, 12.0)) + record(9, struct.pack("<IId", 2, 0, 7.0))
    data = make.zipped({"xl/styles.bin": styles, "xl/worksheets/sheet1.bin": sheet})
    package = Package(data, UnpackBudget(Limits()), Limits())
    found = of_xlsb(package, ["xl/worksheets/sheet1.bin"])
    assert found == {0: {(4, 0): "3 jours", (4, 1): "12 jours", (4, 2): ""}}


def test_a_library_that_panics_is_a_damaged_file() -> None:
    """What is written in Rust (calamine) stops with a PanicException, which is no Exception."""
    records = b"\x85\0\5\0" + (1 << 30).to_bytes(4, "little") + b"\0" + b"\x09\x08\0\0"
    assert read(make.compound({"Workbook": records}), name="a.xls").reason == "damaged"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "places.doc",
            "titreun corpsprincipal notebaspage notefin entêtecourant piedcourant zonedetexte textedeforme"
            " celluleun celluleimbriquée sousélément textelien choixun choixdeux textecommentaire"
            " auteurcommentaire auteurmodif auteurajout supprimésuivi ajoutésuivi propriétépropre"
            " sujetfichier",
        ),
        (
            "places.xls",
            "cellulexls multistylexls commentairexls auteurxls zonexls formexls entêtexls piedxls"
            " celluledecachée propriétépropre titrefichier",
        ),
    ],
)
def test_each_place_of_an_old_file_is_told(name: str, said: str) -> None:
    """A word of its own in each place of a file that LibreOffice 25.2 wrote, and its own properties."""
    document = read((PLACES / name).read_bytes(), name=name)
    told = [document.to_markdown(), *(place.text for place in document.places), *document.properties.values()]
    assert [word for word in said.split() if word not in " ".join(told)] == []


def test_hidden_sheets_of_an_old_workbook_are_told() -> None:
    """Those that are seen are not."""
    document = read((PLACES / "places.xls").read_bytes(), name="places.xls")
    hidden = [warning.about for warning in document.warnings if warning.code == "hidden_cells"]
    assert hidden == ["feuillecachée"]


def test_comments_on_slides_are_told() -> None:
    """They lie in a blob, which later versions of the program write (MS-PPT 2.11.22)."""
    words = "remarque".encode("utf-16-le")
    comment = atom(0x2EE0, atom(0x0FBA, words), container=True)
    data = atom(0x03EE, atom(0x138B, comment), container=True)
    document = read(make.compound({"PowerPoint Document": data + bytes(5_000)}), name="a.ppt")
    assert [(place.kind, place.text) for place in document.places] == [("comment", "remarque")]


@pytest.mark.parametrize("cut", range(0, 112, 7))
def test_cut_properties_say_nothing(cut: int) -> None:
    """A set of properties that ends early, or points beyond its end, is none."""
    whole = (
        b"\xfe\xff\0\0" + bytes(20) + struct.pack("<I", 2) + bytes(16) + struct.pack("<I", 0x44) + bytes(16)
    )
    section = struct.pack("<IIIIII", 60, 2, 0, 24, 2, 38) + struct.pack("<III", 1, 2, 2) + b"a\0"
    value = struct.pack("<II", 0x1E, 4) + b"mot\0"
    whole += struct.pack("<I", 0x44) + section + value
    assert dict(own_properties(whole)) == {"a": "mot"}
    assert dict(own_properties(whole[:cut])) == {}
