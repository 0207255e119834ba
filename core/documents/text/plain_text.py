"""Plain text, Markdown and CSV. Also the recognition of which of them a text is."""

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
csv.field_size_limit(Limits().file_size)  # else a long cell is an error
_SCREEN = re.compile(r"\x1b\[[0-9;?]{0,30}[ -/]{0,3}[@-~]|.\x08")
"""What colours a terminal (ECMA-48, 5.4), and what is printed over."""
_VOICE = re.compile(r"<v(?:\.[\w.-]{1,60})? ([^<>\n]{1,200})>")
_CUE = re.compile(r"</?(?:[cibuv]|ruby|rt|lang)\b[^<>\n]{0,200}>|<[\d:.]{5,15}>")
"""Who speaks, and the other tags of subtitles (WebVTT, 4.2)."""
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
_SAID = re.compile(r'"?sep=([;,\t|])"?[;,\t|]*\n', re.IGNORECASE)
"""The delimiter, as the first line of a table tells it to Excel."""


def kind_of(text: str, name: str) -> Type:
    """text, markdown or csv. The name decides only between what the content allows."""
    suffix = name.rpartition(".")[2].lower()
    if _SAID.match(text) or (suffix in ("csv", "tsv") and "\n" in text):
        return "csv"
    head = text[:20_000]
    headings = sum(bool(_ATX.match(line)) for line in head.split("\n"))
    if suffix in ("md", "markdown") or (headings and (headings > 1 or _MARKDOWN.search(head))):
        return "markdown"
    return "csv" if delimiter_of(head) else "text"


def delimiter_of(text: str) -> str | None:
    """The delimiter of a table: the same number of it on each of the first lines. None for prose."""
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
    """Any text file. Sets the builder's type."""
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
    """The text that stands in clear beside encrypted messages, which are said to be unread. Raises Unreadable
    where none does."""
    clear = without_messages(data)
    if not clear.strip():
        raise Unreadable("encrypted", SEALED)
    read(clear, builder)
    builder.unread_part("OpenPGP", "encrypted", SEALED)


def _read_plain(text: str, builder: Builder) -> None:
    """Paragraphs as they stand; a form feed begins a page. What a format writes as numbers are letters."""
    files: list[bytes] = []
    if calendar.is_card(text):
        calendar.write(text, builder)
        return
    if text.lstrip()[:1] in ("{", "["):
        text = _JSON.sub(lambda match: json.loads(f'"{match[0]}"'), text)
        text = _LONG.sub(partial(_apart, files), text)
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


def _apart(files: list[bytes], match: re.Match[str]) -> str:
    """A value of JSON; nothing for one that is a file, which is kept."""
    if (file := file_in(match[1].replace("\\n", ""))) is None:
        return match[0]
    files.append(file)
    return '""'


def _letters(text: str) -> str:
    """A text with the letters that XML and Markdown write as `&#233;` or `&eacute;`; their own signs stay."""
    return _ENTITY.sub(lambda match: unescape(match[0]), text) if "&" in text else text


def _plain(paragraph: str) -> str:
    lines = (re.sub(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", "", line).rstrip() for line in paragraph.split("\n"))
    return "\n".join(lines).strip("\n")


def _read_markdown(text: str, builder: Builder) -> None:
    """Headings become sections, everything else stays as it is written. Front matter gives properties."""
    builder.page()
    lines = _letters(_without_comments(_front_matter(text, builder), builder)).split("\n")
    block: list[str] = []
    fence = ""

    def flush() -> None:
        for paragraph in re.split(r"\n(?:[ \t]*\n)+", "\n".join(block).strip("\n")):
            builder.raw(_plain(paragraph))
        block.clear()

    for line in lines:
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        heading = None if fence else _ATX.match(line)
        under = None if fence or not block or not block[-1].strip() else _SETEXT.match(line)
        if heading:
            flush()
            builder.heading(len(heading[1]), heading[2])
        elif under and (len(block) == 1 or not block[-2].strip()) and not block[-1].startswith(("|", "-")):
            title = block.pop()
            flush()
            builder.heading(1 if under[1][0] == "=" else 2, title)
        else:
            block.append(line)
    flush()


def _without_comments(text: str, builder: Builder) -> str:
    """A text without the comments of HTML in it, which no reader shows; those in code are code. The record of
    its origin at the end of a file that relais wrote is no text."""
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
    """A text without the properties that stand before it between two lines of `---`."""
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
    """One table. The delimiter is found in the content; an inconsistent file stays text."""
    said = _SAID.match(text)
    text = text[said.end() :] if said else text
    delimiter = said[1] if said else delimiter_of(text) or max(_DELIMITERS, key=text[:20_000].count)
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
