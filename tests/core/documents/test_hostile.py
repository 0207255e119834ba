"""Hostile files: none crashes, hangs or fills this process, and each is answered with a reason.

Every file is made here; each goes through the real sandbox.
"""

from __future__ import annotations

import io
import random
import time
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from core.documents.document import Document, Limits
from core.documents.sandbox.sandbox import Sandbox
from tests.core.documents import make

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAMPLES = Path(__file__).parents[2] / "data" / "documents"
LIMITS = Limits(seconds=5, memory=256 * 1024 * 1024)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """Started, so that its start counts in no time."""
    async with Sandbox(LIMITS) as sandbox:
        await sandbox.start()
        yield sandbox


def double_flate() -> bytes:
    """A page whose content is compressed twice: kilobytes become gigabytes."""
    data = zlib.compressobj(9)
    once = b"".join(data.compress(bytes(1 << 20)) for _ in range(400)) + data.flush()
    return page(make.stream(zlib.compress(once, 9), b"/Filter[/FlateDecode/FlateDecode]"))


def recursive_forms() -> bytes:
    """A form that draws itself."""
    form = make.stream(
        b"/F Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>"
    )
    return page(make.stream(b"/F Do"), form)


def exponential_forms() -> bytes:
    """Each form draws the next ten times: 10¹² letters."""
    count = 12
    forms = [
        make.stream(
            b"/F Do " * 10,
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F %d 0 R>>>>" % (6 + number),
        )
        for number in range(count)
    ]
    last = make.stream(b"BT /F1 9 Tf (x) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return page(make.stream(b"/F Do"), *forms, last)


def page(*objects: bytes) -> bytes:
    return make.pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</XObject<</F 5 0 R>>>>>>",
            *objects,
        ]
    )


def nested_array() -> bytes:
    return page(make.stream(b"BT (x) Tj ET"), b"[" * 100_000 + b"]" * 100_000)


def entities(body: str) -> bytes:
    return make.zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": "<m/>",
            "content.xml": body,
        }
    )


def odt(text: str) -> str:
    return f"<x><body><text><p>{text}</p></text></body></x>"


def billion_laughs() -> bytes:
    declared = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return entities(f"<!DOCTYPE x [{declared}]>{odt('&a9;')}")


def quadratic_entities() -> bytes:
    big = "A" * 100_000
    return entities(f'<!DOCTYPE x [<!ENTITY a "{big}">]>{odt("&a;" * 10_000)}')


def external_entity() -> bytes:
    declared = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    return entities(declared + odt("avant &a; après"))


def docx_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        good = zipfile.ZipFile(io.BytesIO(make.docx("")))
        for name in good.namelist():
            if name != "word/document.xml":
                archive.writestr(name, good.read(name))
        with archive.open("word/document.xml", "w") as part:
            part.write(b"<d><body>")
            for _ in range(800):
                part.write(b"<p><r><t>aaaaaaaaaaaaaaaa</t></r></p>" * 28_000)
            part.write(b"</body></d>")
    return buffer.getvalue()


def lying_zip() -> bytes:
    """A member that says it is small and is not."""
    data = make.zipped({"a.txt": "x" * 5_000_000})
    return data.replace((5_000_000).to_bytes(4, "little"), (50).to_bytes(4, "little"))


def far_cell() -> bytes:
    return make.xlsx(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    )


def nested_mime() -> bytes:
    parts = [f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(1500)]
    return ("From: a@b.example\nSubject: x\n" + "".join(parts) + "Content-Type: text/plain\n\nfond").encode()


def nested_zips() -> bytes:
    data = make.zipped({"a.txt": "fond"})
    for number in range(5):
        data = make.zipped({f"{number}.zip": data})
    return data


def nested_word_tables() -> bytes:
    depth = 2000
    return make.docx("<w:tbl><w:tr><w:tc>" * depth + make.paragraph("x") + "</w:tc></w:tr></w:tbl>" * depth)


def repeated_rows() -> bytes:
    """One row, two billion times."""
    cell = '<table-cell number-columns-repeated="2000000000"><p>x</p></table-cell>'
    table = f'<table><table-row number-rows-repeated="2000000000">{cell}</table-row></table>'
    return entities(f"<x><body><spreadsheet>{table}</spreadsheet></body></x>")


def endless_html_comments() -> bytes:
    return b"<html><body><p>texte" + b"<!--" * 100_000


def slow_csv() -> bytes:
    return b"a" * 3_000_000 + b'"' * 1_000_000


def html(depth: int) -> bytes:
    return b"<html><body>" + b"<div>" * depth + b"fond"


def many_hidden_columns() -> bytes:
    """And as many tables of one row."""
    columns = "".join(f'<col min="{at}" max="{at}" hidden="1"/>' for at in range(99, 99_999))
    rows = "".join(f'<row r="{at}"><c r="A{at}"><v>1</v></c></row>' for at in range(1, 9_999, 2))
    sheet = f"<worksheet><cols>{columns}</cols><sheetData>{rows}</sheetData></worksheet>"
    return make.xlsx("", {"xl/worksheets/sheet1.xml": sheet})


def wide_spans() -> bytes:
    cells = b"<td rowspan=1000 colspan=1000>a" * 2_000
    return b"<html><body><table><tr>" + cells + b"<tr><td>x<td>y" * 999 + b"</table>"


HOSTILE = {
    "double-flate": (double_flate, {"memory", "damaged", "time", "empty", None}),
    "recursive-forms": (recursive_forms, {"scan"}),
    "exponential-forms": (exponential_forms, {"time", "memory", "damaged", "scan"}),
    "nested-array": (nested_array, {"empty"}),
    "billion-laughs": (billion_laughs, {"damaged", None}),
    "quadratic-entities": (quadratic_entities, {"damaged", "memory", None}),
    "external-entity": (external_entity, {"damaged", None}),
    "zip-bomb": (docx_bomb, {"expands"}),
    "lying-zip": (lying_zip, {"damaged", None}),
    "far-cell": (far_cell, {None}),
    "nested-mime": (nested_mime, {"nested"}),
    "nested-zips": (nested_zips, {None}),
    "nested-word-tables": (nested_word_tables, {"nested"}),
    "repeated-rows": (repeated_rows, {None}),
    "html-comments": (endless_html_comments, {None}),
    "html-200-divs": (lambda: html(200), {None}),
    "html-divs": (lambda: html(50_000), {"nested"}),
    "rtf-braces": (lambda: rb"{\rtf1 " + b"{" * 100_000, {"nested"}),
    "slow-csv": (slow_csv, {None, "time"}),
    "deep-json-like-text": (lambda: b"[" * 1_000_000, {None}),
    "hidden-columns": (many_hidden_columns, {None}),
    "spans": (wide_spans, {None}),
    "scan": (make.scan, {"scan"}),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_file_is_answered(sandbox: Sandbox, name: str) -> None:
    """Within the limits of time and size, with one of the reasons it deserves."""
    make_it, reasons = HOSTILE[name]
    data = make_it()
    started = time.monotonic()
    document = await sandbox.read(data, name=name)
    assert document.reason in reasons
    assert time.monotonic() - started < LIMITS.seconds + 2
    assert len(document.to_markdown()) <= 2 * LIMITS.output
    assert (await sandbox.read(b"encore", name="a.txt")).readable


async def test_entities_bring_nothing_in(sandbox: Sandbox) -> None:
    """Neither files of this machine nor a flood."""
    for data in (external_entity(), billion_laughs()):
        text = (await sandbox.read(data, name="x")).to_markdown()
        assert "root:" not in text
        assert "haha" not in text


async def test_a_far_cell_is_one_cell(sandbox: Sandbox) -> None:
    """The million empty rows before it cost nothing."""
    document = await sandbox.read(far_cell(), name="x")
    assert document.to_markdown() == "## Feuille\n\n1\n\n2"


async def test_archives_are_opened_two_levels_deep(sandbox: Sandbox) -> None:
    """What is deeper counts as unread, so that nothing passes unseen."""
    document = await sandbox.read(nested_zips(), name="x")
    assert [part.reason for part in document.unread] == ["nested"]


async def test_an_encrypted_pdf_is_said_to_be(sandbox: Sandbox) -> None:
    """A password is needed to open it."""
    encrypt = b"<</Filter/Standard/V 1/R 2/O(" + b"o" * 32 + b")/U(" + b"u" * 32 + b")/P -4/Length 40>>"
    data = make.pdf_of(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>", encrypt],
        b"/Encrypt 3 0 R/ID[(a)(a)]",
    )
    assert (await sandbox.read(data, name="x")).reason == "encrypted"


async def test_a_pdf_sealed_without_a_password_is_read_in_the_jail(sandbox: Sandbox) -> None:
    """Its strings are read in a copy without the seal, made where no memory may become code."""
    document = await sandbox.read(make.sealed_pdf(), name="x")
    assert "Note de service" in document.to_markdown()
    assert "SECRET MEDICAL" in [place.text for place in document.places]


@pytest.mark.parametrize("name", sorted(p.name for p in SAMPLES.iterdir() if ".expected" not in p.name))
async def test_truncated_and_mutated_files_are_answered(sandbox: Sandbox, name: str) -> None:
    """Cut short or with flipped bytes, every sample is read or has a reason."""
    data = (SAMPLES / name).read_bytes()
    chance = random.Random(name)
    for _ in range(4):
        mutated = bytearray(data[: chance.randrange(len(data))])
        for _ in range(min(20, len(mutated))):
            mutated[chance.randrange(len(mutated))] = chance.randrange(256)
        assert isinstance(await sandbox.read(bytes(mutated), name=name), Document)
