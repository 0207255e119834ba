"""A synthesis as a file: read back by our own readers, it says the same, its level, and who wrote it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typst
from docx import Document
from docx.oxml.ns import qn
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pdfua import validate

from core.documents.document import Limits
from core.documents.parts import parts_of
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError
from core.export import FileKind, LevelMark, export, file_name, pdf, words_of_file
from core.export.blocks import blocks
from core.provenance.carried import carried_task
from core.provenance.record import SOURCE_TYPES, AnswerRecord, verified
from core.provenance.record_tokens import tokens_in
from core.provenance.verifying import LONGEST, texts_of
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from core.texts import Contacts, texts
from tests.core.provenance.test_record import KEYS, record, signed

TEXT = """\
# Objet

Le budget est de **1\u202f234,5\u00a0€** (p. 3) : « œuvre », *à suivre*. Łukasz Żółć → şi [le site](https://a.example/x?a=1&b=2).

1. Premier point

   suite du premier

2. Second point
   - un détail
3. Troisième point

> cité
>
> > cité dans la citation

| Qui | Quoi |
| --- | --- |
| Anne | relire & signer <ici> |

## Suite

7. septième
8. huitième
"""
TITLE = "Synthèse d’essai"
MARKING = LevelMark(
    title=TITLE,
    header="N2 – Sensible",
    footer="Rédigé par une IA\u00a0: à vérifier.",
    level=Level.N2,
    at=1_790_000_000.0,
    author="relais (small)",
    place="Tchap, salon chiffré",
    record=signed(words_of_file(TEXT, TITLE)),
    source_type=SOURCE_TYPES[record().generated],
)
KINDS: tuple[FileKind, ...] = ("docx", "odt", "pdf")


@pytest.fixture
async def sandbox() -> AsyncGenerator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("kind", KINDS)
async def test_reads_back(sandbox: Sandbox, kind: FileKind) -> None:
    """Text, numbers over paragraphs and tables come back, the level above and the mention of AI below."""
    document = await sandbox.read(export(TEXT, kind, MARKING), name=f"a.{kind}")
    assert document.type == kind
    text = document.to_markdown().replace("\u202f", "\u00a0").replace("\u00a0", " ")
    for words in (
        "Objet",
        "1 234,5 €",
        "« œuvre »",
        "Łukasz Żółć → şi le site",
        "1. Premier point",
        "2. Second point",
        "3. Troisième point",
        "cité dans la citation",
        "relire & signer <ici>",
        "7. septième",
        "8. huitième",
    ):
        assert words in text
    around = " ".join(place.text for place in document.places) + text
    assert "N2 – Sensible" in around
    assert "Rédigé par une IA" in around


@pytest.mark.parametrize("kind", KINDS)
async def test_structure(sandbox: Sandbox, kind: FileKind) -> None:
    """Headings are headings: a screen reader finds its way."""
    document = await sandbox.read(export(TEXT, kind, MARKING), name=f"a.{kind}")
    headings = [section.heading for section in document.sections]
    assert "Objet" in headings
    assert "Suite" in headings


@pytest.mark.parametrize("kind", [*KINDS, "md"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("level", [Level.N0, Level.N1, Level.N2, Level.N3])
async def test_level_reads_back(sandbox: Sandbox, kind: FileKind, language: str, level: Level) -> None:
    """What relais reads of a file that it wrote is the level that it wrote it at, surely."""
    header = texts(language, Contacts()).level_name(level)
    marking = LevelMark(title="Note", header=header, footer="Fin.", language=language, level=level)
    document = await sandbox.read(export("Un texte ordinaire.", kind, marking), name=f"note.{kind}")
    found = assess(parts_of(document), learned=False)
    assert (found.level, found.denied) == (level, level)


@pytest.mark.parametrize("kind", [*KINDS, "md"])
async def test_record_proves_the_file(sandbox: Sandbox, kind: FileKind) -> None:
    """The file carries its record, which covers the words that a reader reads in it."""
    data = export(TEXT, kind, MARKING)
    document = await sandbox.read(data, name=f"a.{kind}")
    (token,) = tokens_in(data)
    found = verified(token, KEYS)
    assert isinstance(found, AnswerRecord)
    carried = carried_task(io.BytesIO(data), {"characters": LONGEST, "mail": False}, Limits())
    assert any(found.covers(text) for text in (*texts_of(document), *carried["texts"]))


def properties(kind: FileKind, data: bytes) -> str:
    if kind == "pdf":
        return data.decode("latin-1")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read("docProps/custom.xml" if kind == "docx" else "meta.xml").decode()


@pytest.mark.parametrize("kind", KINDS)
def test_labels_for_other_tools(kind: FileKind) -> None:
    """The level is a label in Microsoft's form, by the policy's identifiers where it gives some, and the term
    of the IPTC says what wrote it."""
    own = LevelMark(
        title="Note",
        header="N2 – Sensible",
        footer="",
        level=Level.N2,
        labels={"site": "5ite", "N2": "1abe1"},
        source_type=SOURCE_TYPES[record().generated],
    )
    said = properties(kind, export("x", kind, own))
    assert "MSIP_Label_1abe1_Name" in said
    assert "5ite" in said
    assert "trainedAlgorithmicMedia" in said
    default = properties(kind, export("x", kind, MARKING))
    assert re.search(r"MSIP_Label_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}_Enabled", default)


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_say_what_wrote_it(kind: FileKind) -> None:
    """The metadata (XMP) that tools of any format read hold the IPTC's term, the record and the label."""
    data = export(TEXT, kind, MARKING)
    if kind == "pdf":
        (xmp,) = re.findall(rb"<rdf:RDF.*?</rdf:RDF>", data, re.DOTALL)[-1:]
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            xmp = package.read("docProps/xmp.xml" if kind == "docx" else "xmp.rdf")
    found = {element.tag.rpartition("}")[2]: element.text for element in ElementTree.fromstring(xmp).iter()}
    assert found["DigitalSourceType"] == MARKING.source_type
    assert found["RelaisProvenance"] == MARKING.record
    assert [value for name, value in found.items() if name.endswith("_Name")] == ["N2 – Sensible"]


def test_pdf_is_accessible(tmp_path: Path) -> None:
    """What of PDF/UA-1 a program can check holds: tags, language, title, order, fonts embedded."""
    path = tmp_path / "a.pdf"
    path.write_bytes(export(TEXT, "pdf", MARKING))
    report = validate(str(path))
    assert [(each.rule_id, each.message) for each in report.findings] == []
    data = path.read_bytes()
    for mark in (
        b"/StructTreeRoot",
        b"/Marked true",
        b"/Lang(fr",
        b"pdfuaid:part",
        b"/FontFile",
        b"/Outlines",
    ):
        assert mark in data


@pytest.mark.parametrize(
    "text",
    [
        "😀 et 中文",
        "\u202eretourné",
        "ﷺ",
        "🏳️‍🌈 👩‍👩‍👧",
        "\u0301seul",
        "".join(map(chr, range(0x4E00, 0x4E80))),
    ],
)
@pytest.mark.parametrize("fonts", ["of this machine", "none"])
def test_pdf_says_what_its_fonts_lack(
    text: str, fonts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign that no font shows is written by its name, or as unknown; the PDF stays accessible, whatever
    fonts the machine has."""
    if fonts == "none":
        monkeypatch.setattr(pdf, "all_fonts", lambda: typst.Fonts(include_system_fonts=False))
    path = tmp_path / "a.pdf"
    path.write_bytes(export(f"Avant {text} après", "pdf", MARKING))
    assert not validate(str(path)).findings


async def test_unknown_letters_are_told_in_words(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many letters have no font, what stands in their place, and where the text is whole; nothing is
    said where all are shown."""
    monkeypatch.setattr(pdf, "all_fonts", lambda: typst.Fonts(include_system_fonts=False))
    document = await sandbox.read(export("À Pékin (北京) et Séoul.", "pdf", MARKING), name="a.pdf")
    told = " ".join(document.to_markdown().split())
    assert "À Pékin (\ufffd\ufffd) et Séoul." in told
    assert "pas de police ici : 2." in told.replace("\u00a0", " ")
    whole = await sandbox.read(export("À Łódź → Київ, Αθήνα, القاهرة.", "pdf", MARKING), name="a.pdf")
    assert "police" not in whole.to_markdown()


@pytest.mark.skipif(
    "Droid Sans Fallback" not in pdf.all_fonts().families(), reason="fonts-droid-fallback is not installed"
)
async def test_pdf_shows_what_a_font_of_this_machine_has(sandbox: Sandbox, tmp_path: Path) -> None:
    """Letters that the compiler's fonts lack are set in a font of the machine, which is embedded: they are
    read back, the record covers them, and the PDF is accessible."""
    text = "À Pékin (北京市), le ministère des affaires étrangères a reçu M. 王毅."
    mark = replace(MARKING, record=signed(words_of_file(text, TITLE)))
    data = export(text, "pdf", mark)
    document = await sandbox.read(data, name="a.pdf")
    assert "北京市" in document.to_markdown()
    assert "police" not in document.to_markdown()
    found = verified(mark.record, KEYS)
    assert isinstance(found, AnswerRecord)
    assert any(found.covers(text) for text in texts_of(document))
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    assert not validate(str(path)).findings


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("## Bilan\n\nTexte.\n\n### Détail\n\n## Suite", [1, 2, 1]),
        ("# A\n\n#### B\n\n### C\n\n# D", [1, 2, 2, 1]),
        ("#\n\n> ### Cité\n\n- ###### Point\n\n## Fin", [1, 2, 1]),
    ],
)
def test_headings_are_an_outline(text: str, levels: list[int], tmp_path: Path) -> None:
    """Whatever level a model begins with or skips, the headings of each kind of file are an outline, so that
    its PDF is accessible too."""
    path = tmp_path / "a.pdf"
    path.write_bytes(export(text, "pdf", MARKING))
    assert not validate(str(path)).findings
    document: Any = Document(io.BytesIO(export(text, "docx", MARKING)))
    styles = [each.style.name for each in document.paragraphs]
    assert [int(name[-1]) for name in styles if name.startswith("Heading")] == levels
    with zipfile.ZipFile(io.BytesIO(export(text, "odt", MARKING))) as package:
        content = package.read("content.xml").decode()
    assert [int(level) for level in re.findall(r'text:outline-level="(\d)"', content)] == levels


def test_pdf_of_many_signs_that_its_fonts_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where looking for one after the other would take too long, only plain signs are shown; it stays
    accessible."""
    monkeypatch.setattr("core.export.pdf._ATTEMPTS", 1)
    path = tmp_path / "a.pdf"
    path.write_bytes(export("été, œuvre : 😀 ䷀ 12 €", "pdf", MARKING))
    assert not validate(str(path)).findings


async def test_pdf_breaks_no_compound(sandbox: Sandbox) -> None:
    """A word with a hyphen stays on its line: broken there, it would be read as one divided word, and the
    record would not cover it."""
    compounds = [f"sous-tra{one}{other}sport" for one in "aeiou" for other in "bcdfghjklmn"]
    text = " ".join(f"{'mot ' * (n % 11)}{word}" for n, word in enumerate(compounds))
    document = await sandbox.read(export(text, "pdf", MARKING), name="a.pdf")
    assert [word for word in compounds if word not in document.to_markdown()] == []


def test_pdf_runs_no_markup() -> None:
    """Signs of the compiler's own language are text, in titles too."""
    hostile = '#panic("x") $ #read("/etc/passwd") \\ ] } */ // `#' + "{"
    marking = LevelMark(title=hostile, header=hostile, footer=hostile, author=hostile, place=hostile)
    assert export(hostile, "pdf", marking).startswith(b"%PDF")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["Plan d’action, " * 40, "a\x0bb\x00c\ufffe\ud800\nd", "", "\u202e<&>\"'"])
def test_names_of_any_kind_stand_on_a_file(kind: FileKind, name: str) -> None:
    """Documents and rooms bear names of any length and signs: the file is made, and its parts are XML."""
    data = export(
        "Texte.", kind, replace(MARKING, title=name, place=name, header=name, footer=name, author=name)
    )
    if kind != "pdf":
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for each in package.namelist():
                if each.endswith((".xml", ".rdf", ".rels")):
                    ElementTree.fromstring(package.read(each))


async def test_a_long_title_is_still_signed(sandbox: Sandbox) -> None:
    """The record covers the title as it stands in the file, cut."""
    title = "Synthèse de " + "plan d’action, " * 40
    mark = replace(MARKING, title=title, record=signed(words_of_file("Un texte.", title)))
    document = await sandbox.read(export("Un texte.", "docx", mark), name="a.docx")
    found = verified(mark.record, KEYS)
    assert isinstance(found, AnswerRecord)
    assert any(found.covers(text) for text in texts_of(document))


def test_addresses_are_links() -> None:
    """One that stands as such leads where it says, without the sentence's end; what nobody gave does not."""
    text = "Voir https://a.example/x_(y)), (**https://b.example**), `https://c.example`, https://d[.]example."
    runs = [run for block in blocks(text) for run in block.runs]
    assert "".join(run.text for run in runs) == text.replace("*", "").replace("`", "")
    assert [run.link for run in runs if run.link] == ["https://a.example/x_(y)", "https://b.example"]


def test_a_quoted_list_stays_quoted() -> None:
    """In DOCX its points are of the quotation's style, and stand further in than those of another list."""
    document: Any = Document(io.BytesIO(export("- libre\n\n> - cité\n>\n>   suite", "docx", MARKING)))
    _, *points = document.paragraphs
    assert [each.style.name for each in points] == ["Normal", "Quote", "Quote"]
    assert [each._p.pPr.numPr is not None for each in points] == [True, True, False]
    assert points[1].paragraph_format.left_indent == points[2].paragraph_format.left_indent


def test_odt_keeps_the_spaces_of_code() -> None:
    """Spaces before a line, tabs and runs of spaces are elements, for readers drop them else."""
    with zipfile.ZipFile(io.BytesIO(export("```\n   a  b\n\tc\n```", "odt", MARKING))) as package:
        content = package.read("content.xml").decode()
    assert '"Code"><text:s text:c="3"/>a <text:s/>b</text:p>' in content
    assert '"Code"><text:tab/>c</text:p>' in content


def test_docx_lists_are_lists() -> None:
    """Each list has a number of its own, its paragraphs their level; a further paragraph of an item has none,
    and the table has a header row."""
    document: Any = Document(io.BytesIO(export(TEXT, "docx", MARKING)))
    numbered = [
        (each.text, each._p.pPr.numPr.numId.val, each._p.pPr.numPr.ilvl.val)
        for each in document.paragraphs
        if each._p.pPr is not None and each._p.pPr.numPr is not None
    ]
    assert [text for text, *_ in numbered][:2] == ["Premier point", "Second point"]
    ids = {text: (id, level) for text, id, level in numbered}
    assert ids["Premier point"] == ids["Troisième point"]
    assert ids["un détail"][1] == 1
    assert ids["septième"][0] != ids["Premier point"][0]
    assert document.tables[0].rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    links = document.part.rels.values()
    assert "https://a.example/x?a=1&b=2" in [each.target_ref for each in links if each.is_external]
    page = document.sections[0]
    assert (round(page.page_width.cm, 1), round(page.page_height.cm, 1)) == (21, 29.7), "it is A4"
    facts = document.core_properties
    assert (facts.title, facts.author, facts.language) == (TITLE, "relais (small)", "fr-FR")


def test_docx_takes_a_template(tmp_path: Path) -> None:
    """The ministry's header and styles stay, its body goes, and ours stands below its header."""
    template: Any = Document()
    template.add_paragraph("Corps du modèle")
    template.sections[0].header.paragraphs[0].text = "Ministère de l’Exemple"
    path = tmp_path / "modele.docx"
    template.save(str(path))
    marking = LevelMark(title="Note", header="N1 – Interne", footer="IA.", template=path)
    document: Any = Document(io.BytesIO(export("Bonjour.", "docx", marking)))
    assert "Corps du modèle" not in [each.text for each in document.paragraphs]
    header = [each.text for each in document.sections[0].header.paragraphs]
    assert header == ["Ministère de l’Exemple", "N1 – Interne"]


def test_template_that_is_none_is_named(tmp_path: Path) -> None:
    """A file that is no DOCX is an error of configuration, in words."""
    path = tmp_path / "modele.docx"
    path.write_text("rien")
    marking = LevelMark(title="Note", header="N1 – Interne", footer="IA.", template=path)
    with pytest.raises(ConfigurationError, match="RELAIS_TEMPLATE"):
        export("Bonjour.", "docx", marking)


def test_markdown() -> None:
    """The text, between the level and the mention."""
    text = export(TEXT, "md", MARKING).decode()
    assert text.startswith("**N2 – Sensible**\n\n# Synthèse d’essai\n\n# Objet")
    record = f"<!-- relais-provenance: {MARKING.record} -->"
    assert text.endswith(f"*{MARKING.footer}*\n\n{record}\n")


@given(text=st.text(max_size=400))
@example(text="1. a\n\n   > - b\n   >\n   >   ```\n   >   c\n   >   ```\n\n| a |\n|-|\n")
@example(text="- \n- # x\n-     code\n***")
@settings(deadline=None, max_examples=15)
def test_any_text_makes_a_valid_file(text: str) -> None:
    """Whatever a model writes, each part is well-formed XML, and the PDF is made."""
    for kind in ("docx", "odt"):
        with zipfile.ZipFile(io.BytesIO(export(text, kind, MARKING))) as package:
            for name in package.namelist():
                if name.endswith(("xml", "rels")):
                    ElementTree.fromstring(package.read(name))
    pdf = export(text, "pdf", MARKING)
    assert pdf.startswith(b"%PDF")
    assert b"pdfuaid:part" in pdf, "it says that it is accessible"


@pytest.mark.parametrize("kind", KINDS)
def test_same_bytes_each_time(kind: FileKind) -> None:
    """A retry sends the same file."""
    assert export(TEXT, kind, MARKING) == export(TEXT, kind, MARKING)


def test_file_names() -> None:
    """Only letters, digits and hyphens; of a file that is named, the name without its ending."""
    assert file_name("Synthèse de « Réunion n° 3.pdf »", "docx") == "synthese-de-reunion-n-3.docx"
    assert file_name("Synthèse de « a.pdf, b.v2.docx »", "odt") == "synthese-de-a-b-v2.odt"
    assert file_name("…", "pdf") == "synthese.pdf"
