"""The one entry: which writer writes which kind of file, and what stands in header and footer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from core.export import docx, odt
from core.export.blocks import blocks
from core.language.accents import fold

FileKind = Literal["md", "docx", "odt", "pdf"]

MEDIA_TYPES: dict[FileKind, str] = {
    "md": "text/markdown",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMark:
    """What every page says: `header` is the level, `footer` the mention of AI. Plain text."""

    title: str = field(repr=False)
    header: str
    footer: str
    language: str = "fr"


def export(text: str, kind: FileKind, marking: LevelMark) -> bytes:
    """The file. Takes milliseconds; long texts belong into a thread."""
    match kind:
        case "md":
            return _markdown(text, marking).encode()
        case "docx":
            return docx.write(blocks(text), marking)
        case "odt":
            return odt.write(blocks(text), marking)
        case "pdf":
            from core.export import pdf  # its library is loaded only when one is wanted

            return pdf.write(blocks(text), marking)


def _markdown(text: str, marking: LevelMark) -> str:
    return f"**{marking.header}**\n\n# {marking.title}\n\n{text.strip()}\n\n---\n\n*{marking.footer}*\n"


def file_name(title: str, kind: FileKind) -> str:
    """A name that every system takes."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:60].strip("-")
    return f"{words or 'synthese'}.{kind}"
