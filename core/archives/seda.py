"""A session as a package for archives: a ZIP of `manifest.xml` after SEDA 2.3 (NF Z44-022) and its texts.

The manifest holds no words of the conversation, but the names of its documents. People have numbers: a
session knows their tags alone.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from core.export.package import zipped
from core.sensitivity.level import Level
from core.sessions.model import SessionRecord

NAMESPACE = "fr:gouv:culture:archivesdefrance:seda:v2.3"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_COMMENT = "Réponses écrites par un système d’IA, sauf extraits. Le niveau est dans chaque description."


@dataclass(frozen=True, slots=True, kw_only=True)
class Agencies:
    """The identifiers that the archives agreed on: theirs, those of the service, of the agreement."""

    archival: str
    transferring: str
    agreement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedText:
    """One file of a package."""

    name: str
    title: str = field(repr=False)
    text: str = field(repr=False)
    level: Level

    @property
    def data(self) -> bytes:
        return self.text.encode("utf-8", "replace")


def package(id: str, record: SessionRecord, agencies: Agencies, *, at: float) -> bytes:
    """The package `id` of a session, made `at` (seconds since 1970): the same bytes each time."""
    texts = list(_texts(record))
    manifest = _manifest(id, record, texts, agencies, at=at)
    return zipped({"manifest.xml": manifest, **{f"Content/{each.name}": each.data for each in texts}})


def _texts(record: SessionRecord) -> Iterator[ArchivedText]:
    """The conversation, then each document that was given in it, as text."""
    people = {tag: number for number, tag in enumerate(dict.fromkeys(record.authors), 1)}
    said = (
        f"{_day(turn.at)} – agent {people[tag]} – {turn.level} – {turn.level.french}\n\n{turn.question}\n\n"
        f"Réponse :\n\n{turn.answer}\n"
        for turn, tag in zip(record.turns, record.authors, strict=True)
    )
    yield ArchivedText(
        name="conversation.txt", title="Conversation", text="\n---\n\n".join(said), level=record.level
    )
    for number, each in enumerate(record.materials, 1):
        yield ArchivedText(
            name=f"document-{number}.txt", title=_plain(each.name), text=each.text, level=each.level
        )


def _manifest(
    id: str, record: SessionRecord, texts: list[ArchivedText], agencies: Agencies, *, at: float
) -> bytes:
    """`ArchiveTransfer`, each element in the order of the schema."""
    of, days = _elements(), sorted(turn.at for turn in record.turns)
    versions = ("MessageDigestAlgorithm", "MimeType", "FileFormat")
    unit = of.ArchiveUnit(
        {"id": f"U-{id}"},
        of.Content(
            of.DescriptionLevel("RecordGrp"),
            of.Title({_LANG: "fr"}, f"Conversation avec l’assistant, du {_day(days[0])} au {_day(days[-1])}"),
            of.OriginatingSystemId(id),
            of.Description({_LANG: "fr"}, f"{_described(record.level)} Système : relais."),
            of.StartDate(_day(days[0])),
            of.EndDate(_day(days[-1])),
        ),
        *(_item(id, number, each) for number, each in enumerate(texts, 1)),
    )
    transfer = of.ArchiveTransfer(
        of.Comment(_COMMENT),
        of.Date(_moment(at)),
        of.MessageIdentifier(id),
        *([of.ArchivalAgreement(agencies.agreement)] if agencies.agreement else []),
        of.CodeListVersions(*(of(f"{name}CodeListVersion", f"{name}CodeListVersion0") for name in versions)),
        of.DataObjectPackage(
            *(_object(id, number, each, at) for number, each in enumerate(texts, 1)),
            of.DescriptiveMetadata(unit),
            of.ManagementMetadata(
                of.LegalStatus("Public Archive"),
                of.OriginatingAgencyIdentifier(agencies.transferring),
                of.SubmissionAgencyIdentifier(agencies.transferring),
            ),
        ),
        of.ArchivalAgency(of.Identifier(agencies.archival)),
        of.TransferringAgency(of.Identifier(agencies.transferring)),
    )
    etree: Any = importlib.import_module("lxml.etree")
    return etree.tostring(transfer, xml_declaration=True, encoding="UTF-8", pretty_print=True)


@cache
def _elements() -> Any:
    """Makes the schema's elements, with lxml, which has no types and is imported where a package is made."""
    builder: Any = importlib.import_module("lxml.builder")
    return builder.ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE})


def _item(id: str, number: int, text: ArchivedText) -> Any:
    of = _elements()
    return of.ArchiveUnit(
        {"id": f"U-{id}-{number}"},
        of.Content(
            of.DescriptionLevel("Item"),
            of.Title({_LANG: "fr"}, text.title),
            of.Description({_LANG: "fr"}, _described(text.level)),
        ),
        of.DataObjectReference(of.DataObjectGroupReferenceId(f"G-{id}-{number}")),
    )


def _object(id: str, number: int, text: ArchivedText, at: float) -> Any:
    of, data = _elements(), text.data
    return of.DataObjectGroup(
        {"id": f"G-{id}-{number}"},
        of.BinaryDataObject(
            {"id": f"O-{id}-{number}"},
            of.DataObjectVersion("BinaryMaster_1"),
            of.Uri(f"Content/{text.name}"),
            of.MessageDigest({"algorithm": "SHA-512"}, hashlib.sha512(data).hexdigest()),
            of.Size(str(len(data))),
            of.FormatIdentification(
                of.FormatLitteral("Plain Text File"), of.MimeType("text/plain"), of.FormatId("x-fmt/111")
            ),
            of.FileInfo(of.Filename(text.name), of.LastModified(_moment(at))),
        ),
    )


def _described(level: Level) -> str:
    return f"Niveau de sensibilité : {level} – {level.french}."


def _plain(name: str) -> str:
    """A name without what XML cannot hold."""
    return "".join(sign for sign in name if sign.isprintable()).strip() or "Document"


def _day(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
