"""Write a text as a Markdown, DOCX, ODT or PDF file, with its level above and the mention of AI below.

From CommonMark to the same bytes each time. All but Markdown have what a screen reader needs (headings,
lists, header rows, language, title) and tell programs their level and their author; all carry the signed
record.
"""

from __future__ import annotations

import re
from typing import Literal

from core.export import odt
from core.export.blocks import blocks, words_in
from core.export.level_mark import LevelMark, title_line
from core.language.folding import fold

__all__ = ["MEDIA_TYPES", "FileKind", "LevelMark", "export", "file_name", "words_of_file"]

FileKind = Literal["md", "docx", "odt", "pdf"]

MEDIA_TYPES: dict[FileKind, str] = {
    "md": "text/markdown",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
}


def export(text: str, kind: FileKind, marking: LevelMark) -> bytes:
    """The file. Takes some hundredths of a second: it belongs into a thread."""
    match kind:
        case "md":
            return _markdown(text, marking).encode()
        case "docx":
            from core.export import docx  # its library is loaded only when one is wanted, as that of PDF

            return docx.write(blocks(text), marking)
        case "odt":
            return odt.write(blocks(text), marking)
        case "pdf":
            from core.export import pdf

            return pdf.write(blocks(text), marking)


def words_of_file(text: str, title: str) -> str:
    """The words of a file in order of reading, headers and footers apart: what its record covers."""
    return "\n".join([title_line(title), *words_in(blocks(text))])


def _markdown(text: str, marking: LevelMark) -> str:
    """The record stands in a comment, which no reader shows (CommonMark 0.31, 6.6)."""
    record = f"\n<!-- relais-provenance: {marking.record} -->\n" if marking.record else ""
    whole = f"**{marking.header}**\n\n# {marking.title}\n\n{text.strip()}\n\n---\n\n*{marking.footer}*\n"
    return whole + record


_ENDING = re.compile(r"(?<=\S)\.[A-Za-z][A-Za-z0-9]{1,4}(?=[\s»”,]|$)")


def file_name(title: str, kind: FileKind) -> str:
    """A name that every system takes, without the endings of the files that the title names."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(_ENDING.sub("", title))).strip("-")[:60].strip("-")
    return f"{words or 'synthese'}.{kind}"
