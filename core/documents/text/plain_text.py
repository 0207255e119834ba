"""Plain text, Markdown and CSV, and how each of them is recognised."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import partial
from html import unescape

from core.documents.build import Builder
from core.documents.cleaning import as_shown
from core.documents.detect import file_in
from core.documents.document import Limits, Type
from core.documents.reading_errors import Unreadable
from core.documents.sealed import SEALED, without_messages
from core.documents.text import calendar
from core.documents.text.encoding import decode

_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*$")
_FIELD = re.compile(r"([\w.-]+):[ \t]*(.*)")
_SETEXT = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_MARKDOWN = re.compile(r"^(?:[-*+] |\d+[.)] |> |```|\|.*\||.*\[[^\]]+\]\([^)]+\)|.*\*\*\S)", re.MULTILINE)
csv.field_size_limit(Limits().file_size)  # a longer cell is an error
_SCREEN = re.compile(r"\x1b\[[0-9;?]{0,30}[ -/]{0,3}[@-~]|.\x08")
"""Codes that colour a terminal (ECMA-48, 5.4), and letters that are printed over."""
_VOICE = re.compile(r"<v(?:\.[\w.-]{1,60})? ([^<>\n]{1,200})>")
_CUE = re.compile(r"</?(?:[cibuv]|ruby|rt|lang)\b[^<>\n]{0,200}>|<[\d:.]{5,15}>")
"""The tag for the speaker of a subtitle, and the other tags (WebVTT, 4.2)."""
_JSON = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
_LONG = re.compile(r'"([A-Za-z0-9+/=\\]{256,}+)"')
_ENTITY = re.compile(
    r"&(?!(?:lt|gt|amp|quot|apos|#0*(?:34|38|39|60|62));)(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,30});"
)
_COMMENT_OR_CODE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:^ {0,3}(?P=fence)|\Z)|`[^`\n]*`|<!--(?P<comment>.*?)-->",
    re.DOTALL | re.MULTILINE,
)
_DELIMITERS = ";,\t|"
_DECLARED = re.compile(r'"?sep=([;,\t|])"?[;,\t|]*\n', re.IGNORECASE)
"""The first line of a table may declare its delimiter for Excel."""


def kind_of(text: str, name: str) -> Type:
    """Return text, markdown or csv. The name decides only between types that the content allows."""
    suffix = name.rpartition(".")[2].lower()
    if _DECLARED.match(text) or (suffix in ("csv", "tsv") and "\n" in text):
        return "csv"
    head = text[:20_000]
    headings = sum(bool(_ATX.match(line)) for line in head.split("\n"))
    if suffix in ("md", "markdown") or (headings and (headings > 1 or _MARKDOWN.search(head))):
        return "markdown"
    return "csv" if delimiter_of(head) else "text"


def delimiter_of(text: str) -> str | None:
    """Return the delimiter of a table, which cuts each of the first lines into the same number of cells.

    None for prose."""
    lines = [line for line in text.split("\n")[:21] if line.strip()][:20]
    if len(lines) < 3 or max(map(len, lines)) > 2_000:
        return None
    for delimiter in _DELIMITERS:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        enough = 3 if delimiter == "," else 2
        if counts and min(counts) == max(counts) >= enough:
            return delimiter
    return None


def read(data: bytes, builder: Builder) -> None:
    """Read a text file of any type. Sets the builder's type."""
    text, guessed = decode(data)
    text = as_shown(text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        raise Unreadable("empty")
    if guessed:
        builder.warn("encoding_guessed")
    if _SCREEN.search(text):
        text = _SCREEN.sub("", text)
    builder.kind = kind_of(text, builder.name)
    {"csv": _read_csv, "markdown": _read_markdown}.get(builder.kind, _read_plain)(text, builder)


def read_sealed(data: bytes, builder: Builder) -> None:
    """Read the text in clear beside encrypted messages. The messages are parts that were not read.

    Raises Unreadable if there is no text in clear."""
    clear = without_messages(data)
    if not clear.strip():
        raise Unreadable("encrypted", SEALED)
    read(clear, builder)
    builder.unread_part("OpenPGP", "encrypted", SEALED)


def _read_plain(text: str, builder: Builder) -> None:
    """Read paragraphs as they stand. A form feed begins a page. Letters written as numbers are decoded."""
    files: list[bytes] = []
    if calendar.is_card(text):
        calendar.write(text, builder)
        return
    if text.lstrip()[:1] in ("{", "["):
        text = _JSON.sub(lambda match: json.loads(f'"{match[0]}"'), text)
        text = _LONG.sub(partial(_take_file, files), text)
    if text.startswith("WEBVTT"):
        text = _CUE.sub("", _VOICE.sub(r"\1 : ", text))
    text = _letters(text)
    pages = text.strip("\f").split("\f")
    builder.unit = "page" if len(pages) > 1 else "none"
    for page in pages:
        builder.page()
        for paragraph in re.split(r"\n[ \t]*\n", page):
            builder.raw(_plain(paragraph))
    for number, file in enumerate(files, 1):
        builder.part(f"{builder.name} ({number})", file)


def _take_file(files: list[bytes], match: re.Match[str]) -> str:
    """Return a string of JSON. If it is a file in base64, add the file to `files` and return an empty one."""
    if (file := file_in(match[1].replace("\\n", ""))) is None:
        return match[0]
    files.append(file)
    return '""'


def _letters(text: str) -> str:
    """Decode the letters that XML and Markdown write as `&#233;` or `&eacute;`. Escaped markup stays."""
    return _ENTITY.sub(lambda match: unescape(match[0]), text) if "&" in text else text


def _plain(paragraph: str) -> str:
    lines = (re.sub(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", "", line).rstrip() for line in paragraph.split("\n"))
    return "\n".join(lines).strip("\n")


def _read_markdown(text: str, builder: Builder) -> None:
    """Read headings as sections and everything else as it is written. Front matter gives properties."""
    builder.page()
    blocks = _MarkdownBlocks(builder)
    for line in _letters(_without_comments(_front_matter(text, builder), builder)).split("\n"):
        blocks.line(line)
    blocks.end()


class _MarkdownBlocks:
    """Gathers lines of Markdown into blocks, which headings end."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._lines: list[str] = []
        self._fence = ""

    def line(self, line: str) -> None:
        if self._is_code(line):
            self._lines.append(line)
        elif heading := _ATX.match(line):
            self.end()
            self._builder.heading(len(heading[1]), heading[2])
        elif (underline := _SETEXT.match(line)) and self._ends_with_title():
            title = self._lines.pop()
            self.end()
            self._builder.heading(1 if underline[1][0] == "=" else 2, title)
        else:
            self._lines.append(line)

    def end(self) -> None:
        """Give the block to the builder, paragraph by paragraph."""
        for paragraph in re.split(r"\n(?:[ \t]*\n)+", "\n".join(self._lines).strip("\n")):
            self._builder.raw(_plain(paragraph))
        self._lines.clear()

    def _is_code(self, line: str) -> bool:
        """True if a line stands in a code block, or opens or closes one."""
        fence = _FENCE.match(line)
        if fence and (not self._fence or fence[1].startswith(self._fence)):
            self._fence = "" if self._fence else fence[1]
            return True
        return bool(self._fence)

    def _ends_with_title(self) -> bool:
        """True if the last line is a paragraph of its own, and neither a row of a table nor an item."""
        before, last = ["", "", *self._lines[-2:]][-2:]
        return bool(last.strip()) and not before.strip() and not last.startswith(("|", "-"))


def _without_comments(text: str, builder: Builder) -> str:
    """Return a text without its HTML comments, which no reader shows. Each becomes a hidden place.

    Comments within code stay. The provenance record at the end of a file that relais wrote is dropped."""
    end = text.rfind("-->") + 3
    pieces: list[str] = []
    at = 0
    for match in _COMMENT_OR_CODE.finditer(text, 0, end) if end > 2 else ():
        if (comment := match["comment"]) is not None:
            pieces.append(text[at : match.start()])
            at = match.end()
            if not comment.startswith(" relais-provenance:"):
                builder.hide(comment.strip())
    return "".join((*pieces, text[at:]))


def _front_matter(text: str, builder: Builder) -> str:
    """Return a text without its front matter, the properties between two lines of `---`."""
    if not text.startswith("---\n"):
        return text
    fields: list[list[str]] = []
    at = 4
    while (end := text.find("\n", at)) >= 0:
        line, at = text[at:end], end + 1
        if line == "---":
            for name, *values in fields:
                builder.property(name, " ".join(values).strip(" \"'>|-"))
            return text[at:]
        if field := _FIELD.match(line):
            fields.append([field[1], field[2].strip()])
        elif fields and line.startswith((" ", "\t", "-")):
            fields[-1].append(line)
        else:
            break
    return text


def _read_csv(text: str, builder: Builder) -> None:
    """Read one table. The delimiter is declared, or found in the content. An inconsistent file stays text."""
    if declared := _DECLARED.match(text):
        text, delimiter = text[declared.end() :], declared[1]
    else:
        delimiter = delimiter_of(text) or max(_DELIMITERS, key=text[:20_000].count)
    if delimiter not in text:
        _read_plain(text, builder)
        return
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if len(rows) >= builder.limits.rows:
            builder.warn("rows_left_out", builder.limits.rows)
            break
        rows.append(row)
    builder.page()
    builder.table(rows)
