"""Packages for archives: elements stand in the order of the schema, and what the manifest says is so."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.archives.seda import NAMESPACE, Agencies, package
from core.sensitivity.level import Level
from core.sessions.model import KeptMaterial, KeptTurn, SessionRecord

etree: Any = importlib.import_module("lxml.etree")
AGENCIES = Agencies(archival="FRAN", transferring="DINUM-relais", agreement="ACC-2026-1")
AT = 1_790_000_000.0


def turn(number: int, *, level: Level = Level.N1) -> KeptTurn:
    return KeptTurn(
        key=f"{number:032x}",
        question=f"Question {number} : où ?",
        answer=f"Réponse {number} : à Łódź.",
        author="",
        at=AT - 86_400 * (3 - number),
        level=level,
    )


RECORD = SessionRecord(
    level=Level.N2,
    turns=(turn(1), turn(2, level=Level.N2), turn(3)),
    authors=("a" * 32, "b" * 32, "a" * 32),
    materials=(KeptMaterial(name="note\x00 de service.docx", text="Le texte.", level=Level.N2),),
)
RECORDS = (
    RECORD,
    replace(RECORD, materials=()),
    replace(RECORD, turns=(turn(1),), authors=("a" * 32,), materials=(*RECORD.materials, *RECORD.materials)),
)
ORDER = {
    "ArchiveTransfer": (
        "Comment", "Date", "MessageIdentifier", "Signature", "ArchivalAgreement", "CodeListVersions",
        "DataObjectPackage", "RelatedTransferReference", "TransferRequestReplyIdentifier", "ArchivalAgency",
        "TransferringAgency",
    ),
    "CodeListVersions": (
        "ReplyCodeListVersion", "MessageDigestAlgorithmCodeListVersion", "MimeTypeCodeListVersion",
        "EncodingCodeListVersion", "FileFormatCodeListVersion", "CompressionAlgorithmCodeListVersion",
        "DataObjectVersionCodeListVersion",
    ),
    "DataObjectPackage": ("DataObjectGroup", "DescriptiveMetadata", "ManagementMetadata"),
    "BinaryDataObject": (
        "DataObjectProfile", "DataObjectGroupId", "DataObjectVersion", "Uri", "MessageDigest", "Size",
        "Compressed", "FormatIdentification", "FileInfo", "Metadata", "OtherMetadata",
    ),
    "FormatIdentification": ("FormatLitteral", "MimeType", "FormatId", "Encoding"),
    "FileInfo": ("Filename", "CreatingApplicationName", "DateCreatedByApplication", "LastModified"),
    "ManagementMetadata": (
        "ArchivalProfile", "ServiceLevel", "AcquisitionInformation", "LegalStatus",
        "OriginatingAgencyIdentifier", "SubmissionAgencyIdentifier",
    ),
    "ArchiveUnit": (
        "ArchiveUnitProfile", "Management", "Content", "ArchiveUnit", "DataObjectReference",
    ),
    "Content": (
        "DescriptionLevel", "Title", "FilePlanPosition", "SystemId", "OriginatingSystemId",
        "ArchivalAgencyArchiveUnitIdentifier", "Description", "CustodialHistory", "Type", "Language", "Tag",
        "Keyword", "OriginatingAgency", "StartDate", "EndDate",
    ),
}  # fmt: skip
"""The order of the children that we write, and of their neighbours, in the schemas of SEDA 2.3."""


def opened(data: bytes) -> tuple[Any, dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return etree.fromstring(files.pop("manifest.xml")), files


def name_of(element: Any) -> str:
    return etree.QName(element).localname


def in_order(names: Sequence[str], order: Sequence[str]) -> bool:
    places = [order.index(name) for name in names]
    return places == sorted(places)


def test_elements_stand_in_the_order_of_the_schema() -> None:
    """Each child is known and in its place; all is in the namespace of SEDA 2.3."""
    manifest, _ = opened(package("relais-1", RECORD, AGENCIES, at=AT))
    for element in manifest.iter():
        assert etree.QName(element).namespace == NAMESPACE
        if (order := ORDER.get(name_of(element))) is not None:
            assert in_order([name_of(child) for child in element], order), name_of(element)
    assert name_of(manifest) == "ArchiveTransfer"


@functools.cache
def schema() -> Any:
    """The schemas of SEDA 2.2, which the wheel of cubicweb-seda carries."""
    spec = importlib.util.find_spec("cubicweb_seda")
    assert spec is not None
    assert spec.origin is not None
    main = Path(spec.origin).parent / "xsd" / "seda-2.2-main.xsd"
    return etree.XMLSchema(etree.parse(str(main)))


@pytest.mark.parametrize("record", RECORDS, ids=("all", "no document", "one exchange"))
@pytest.mark.parametrize("agencies", [AGENCIES, replace(AGENCIES, agreement="")])
def test_manifest_is_valid(record: SessionRecord, agencies: Agencies) -> None:
    """By the schemas of SEDA 2.2, of which 2.3 changes nothing that stands here but the namespace."""
    manifest, _ = opened(package("relais-1", record, agencies, at=AT))
    told = etree.tostring(manifest).replace(NAMESPACE.encode(), b"fr:gouv:culture:archivesdefrance:seda:v2.2")
    document = etree.fromstring(told)
    assert schema().validate(document), schema().error_log
    document.find("{*}Date").text = "hier"
    assert not schema().validate(document)


def test_files_are_those_that_the_manifest_names() -> None:
    """Every file has its digest, size and unit; ids are once, and what refers to one finds it."""
    manifest, files = opened(package("relais-1", RECORD, AGENCIES, at=AT))
    space = {"s": NAMESPACE}
    named: dict[str, bytes] = {}
    for each in manifest.iterfind(".//s:BinaryDataObject", space):
        data = files[each.findtext("s:Uri", namespaces=space)]
        named[each.findtext("s:Uri", namespaces=space)] = data
        digest = each.find("s:MessageDigest", space)
        assert digest.get("algorithm") == "SHA-512"
        assert digest.text == hashlib.sha512(data).hexdigest()
        assert each.findtext("s:Size", namespaces=space) == str(len(data))
    assert named == files
    ids = [each.get("id") for each in manifest.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    references = [each.text for each in manifest.iterfind(".//s:DataObjectGroupReferenceId", space)]
    assert set(references) == {each.get("id") for each in manifest.iterfind(".//s:DataObjectGroup", space)}


def test_package_tells_levels_and_no_person() -> None:
    """Levels stand in the descriptions and beside each exchange; people are numbers, one for each."""
    manifest, files = opened(package("relais-1", RECORD, AGENCIES, at=AT))
    said = [each.text for each in manifest.iter(f"{{{NAMESPACE}}}Description")]
    assert all("N2 – Sensible" in text for text in said)
    talk = files["Content/conversation.txt"].decode()
    assert [line.split(" – ")[1:] for line in talk.splitlines() if " – agent " in line] == [
        ["agent 1", "N1", "Interne"],
        ["agent 2", "N2", "Sensible"],
        ["agent 1", "N1", "Interne"],
    ]
    assert "Łódź" in talk
    assert files["Content/document-1.txt"] == b"Le texte."
    assert b"a" * 32 not in package("relais-1", RECORD, AGENCIES, at=AT)


def test_same_package_each_time() -> None:
    """Whoever finishes what another replica began makes the same bytes."""
    assert package("x", RECORD, AGENCIES, at=AT) == package("x", RECORD, AGENCIES, at=AT)
