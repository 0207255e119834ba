"""A visible word is found wherever a format can hide it: read, placed, or something is said to be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.sandbox.sandbox import Sandbox
from core.documents.texts import missing
from tests.core.documents import unusual_mails, unusual_odf, unusual_office, unusual_pages, unusual_pdf
from tests.core.documents.unusual_office import W

FILES = (
    unusual_office.FILES | unusual_odf.FILES | unusual_pages.FILES | unusual_mails.FILES | unusual_pdf.FILES
)
_SAID = ("part_unread", "pictures_left_out")


def is_told(document: Document) -> bool:
    """Whether a person learns of the word, or that something was not read."""
    files = list(document.walk())
    texts = [each.to_markdown() for each in files] + [each.name for each in files]
    texts += [
        text for each in files for text in (*(place.text for place in each.places), *each.properties.values())
    ]
    said = any(warning.code in _SAID for each in files for warning in each.warnings)
    return W in " ".join(texts) or said or bool(missing(document))


@pytest.mark.parametrize("name", FILES)
def test_a_word_in_an_unusual_place_is_told(name: str) -> None:
    """In whatever part of the file people can see it."""
    file, data = FILES[name]
    document = read(data, name=file)
    assert is_told(document), document


async def test_the_jail_reads_the_same(tmp_path: Path) -> None:
    """No reader opens or imports anything for the first time in the jail, where it would fail."""
    paths = [tmp_path / str(number) / file for number, (file, _) in enumerate(FILES.values())]
    for path, (_, data) in zip(paths, FILES.values(), strict=True):
        path.parent.mkdir()
        path.write_bytes(data)
    async with Sandbox() as sandbox:
        found = await sandbox.read_many(paths)
    expected = [read(data, name=file) for file, data in FILES.values()]
    assert [name for name, one, other in zip(FILES, found, expected, strict=True) if one != other] == []
