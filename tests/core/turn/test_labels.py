"""Labels of files that other programs wrote: by the policy’s identifiers, whatever they are called."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from core.documents.parts import parts_of
from core.documents.sandbox.sandbox import Sandbox
from core.policy.file import shipped_policy
from core.sensitivity.level import Level
from core.turn.assessor import assessed
from tests.core.documents import make
from tests.core.documents.test_conservation_of_formats import pptx

ID = "6d8d2f3a-0f6b-4c0e-9d8e-0123456789ab"
POLICY = replace(shipped_policy(), labels={"site": "5d8d2f3a-0f6b-4c0e-9d8e-0123456789ab", "N2": ID})


def custom(id: str, name: str) -> str:
    """A label as Office keeps it in the properties of a file."""
    return (
        '<Properties xmlns="c" xmlns:vt="v">'
        f'<property name="MSIP_Label_{id}_Enabled"><vt:lpwstr>true</vt:lpwstr></property>'
        f'<property name="MSIP_Label_{id}_Name"><vt:lpwstr>{name}</vt:lpwstr></property></Properties>'
    )


def with_part(data: bytes, name: str, part: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return make.zipped({each: package.read(each) for each in package.namelist()} | {name: part})


FILES: dict[str, Callable[[], bytes]] = {
    "docx": lambda: make.docx(make.paragraph("Un texte ordinaire.")),
    "xlsx": lambda: make.xlsx('<row><c t="inlineStr"><is><t>ordinaire</t></is></c></row>'),
    "pptx": lambda: pptx(""),
}


async def level(data: bytes, name: str) -> Level:
    async with Sandbox() as sandbox:
        document = await sandbox.read(data, name=name)
    return (await assessed(parts_of(document), "tchap_encrypted", policy=POLICY, jail=None)).level


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    ("id", "name", "read"),
    [
        (ID, "Direction – usage courant", Level.N2),
        (ID.upper(), "Direction – usage courant", Level.N2),
        (ID, "N3 – Confidentiel", Level.N3),
        ("0" * 8, "N2 – Sensible", Level.N2),
        ("0" * 8, "Direction – usage courant", Level.N4),
    ],
)
async def test_a_label_is_known_by_its_identifier(kind: str, id: str, name: str, read: Level) -> None:
    """A label of the policy has its level however called, of two the higher counts; by a name of ours it
    is known too, and an unknown one is asked about."""
    data = with_part(FILES[kind](), "docProps/custom.xml", custom(id, name))
    assert await level(data, f"note.{kind}") is read


async def test_a_label_without_a_name() -> None:
    """Newer programs write the identifier alone (LabelInfo.xml)."""
    part = f'<l:labelList xmlns:l="l"><l:label id="{{{ID}}}" enabled="1" method="Privileged"/></l:labelList>'
    data = with_part(FILES["docx"](), "docMetadata/LabelInfo.xml", part)
    assert await level(data, "note.docx") is Level.N2
