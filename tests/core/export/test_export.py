"""A synthesis as a file: read back by our own readers, it says the same, and who wrote it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncGenerator
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.documents.sandbox.sandbox import Sandbox
from core.export import FileKind, LevelMark, export, file_name

TEXT = """\
# Objet

Le budget est de **1\u202f234,5\u00a0€** (p. 3) : « œuvre », *à suivre*.

1. Premier point
2. Second point
   - un détail

| Qui | Quoi |
| --- | --- |
| Anne | relire & signer <ici> |

- dernier
"""
MARKING = LevelMark(
    title="Synthèse d’essai", header="N2 – Sensible", footer="Rédigé par une IA : à vérifier."
)
KINDS: tuple[FileKind, ...] = ("docx", "odt", "pdf")


@pytest.fixture
async def sandbox() -> AsyncGenerator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("kind", KINDS)
async def test_reads_back(sandbox: Sandbox, kind: FileKind) -> None:
    """Text, numbering and tables come back, with the level above and the mention of AI below."""
    document = await sandbox.read(export(TEXT, kind, MARKING), name=f"a.{kind}")
    assert document.type == kind
    text = document.to_markdown().replace("\u202f", "\u00a0").replace("\u00a0", " ")
    for words in (
        "Objet",
        "1 234,5 €",
        "« œuvre »",
        "1. Premier point",
        "2. Second",
        "relire & signer <ici>",
    ):
        assert words in text
    around = " ".join(place.text for place in document.places) + text
    assert "N2 – Sensible" in around
    assert "Rédigé par une IA" in around


@pytest.mark.parametrize("kind", ["docx", "odt"])
async def test_structure(sandbox: Sandbox, kind: FileKind) -> None:
    """Headings are headings: a screen reader finds its way."""
    document = await sandbox.read(export(TEXT, kind, MARKING), name=f"a.{kind}")
    assert "Objet" in [section.heading for section in document.sections]


def test_markdown() -> None:
    """The text, between the level and the mention."""
    text = export(TEXT, "md", MARKING).decode()
    assert text.startswith("**N2 – Sensible**\n\n# Synthèse d’essai\n\n# Objet")
    assert text.endswith("*Rédigé par une IA : à vérifier.*\n")


@given(text=st.text(max_size=400))
@settings(deadline=None, max_examples=60)
def test_any_text_makes_a_valid_file(text: str) -> None:
    """Whatever a model writes, each part is well-formed XML, and the PDF is made."""
    for kind in ("docx", "odt"):
        with zipfile.ZipFile(io.BytesIO(export(text, kind, MARKING))) as package:
            for name in package.namelist():
                if name.endswith(("xml", "rels")):
                    ElementTree.fromstring(package.read(name))
    assert export(text, "pdf", MARKING).startswith(b"%PDF")


@pytest.mark.parametrize("kind", KINDS)
def test_same_bytes_each_time(kind: FileKind) -> None:
    """A retry sends the same file."""
    assert export(TEXT, kind, MARKING) == export(TEXT, kind, MARKING)


def test_file_names() -> None:
    """Only letters, digits and hyphens."""
    assert file_name("Synthèse de « Réunion n° 3.pdf »", "docx") == "synthese-de-reunion-n-3-pdf.docx"
    assert file_name("…", "pdf") == "synthese.pdf"
