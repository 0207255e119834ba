"""One entity of MIME: its parts, its content, and which of several forms of a text is read. Pure.

RFC 2045 section 6, RFC 2046 section 5.1.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator

from core.documents.mail import headers
from core.documents.mail.headers import Headers
from core.documents.text.html import holds_table
from core.documents.text.html_said import plain

PARTS = 500
"""Parts of a message, and of one entity."""


def pieces_of(body: bytes, boundary: str) -> tuple[list[bytes], bool]:
    """The parts between the boundaries, and whether there were more than the cap."""
    if not boundary:
        return [], False
    mark = re.escape(boundary.rstrip().encode("utf-8", "replace"))
    line = re.compile(rb"--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)")  # a literal first: fast in long bodies
    pieces: list[bytes] = []
    begin: int | None = None
    for match in line.finditer(body):
        at = match.start()
        if at and body[at - 1 : at] != b"\n":
            continue
        if begin is not None:
            pieces.append(_after_line(body[begin : max(begin, at - _newline(body, at))]))
        begin = None if match[1] else match.end()
        if len(pieces) >= PARTS:
            return pieces, True
    if begin is not None:  # the end is missing: a cut message
        pieces.append(_after_line(body[begin:]))
    return [piece for piece in pieces if piece], False


def _newline(body: bytes, at: int) -> int:
    """Bytes of the end of line before a position."""
    return 2 if body[max(0, at - 2) : at] == b"\r\n" else min(at, 1)


def _after_line(piece: bytes) -> bytes:
    if piece.startswith(b"\r\n"):
        return piece[2:]
    return piece[1:] if piece.startswith(b"\n") else piece


REMARK = 3
"""Words that only the plain form has, up to which nothing is missed without it."""


def chosen(entities: list[tuple[Headers, bytes]]) -> frozenset[int]:
    """The numbers of the alternatives that are read (multipart/alternative).

    That is the plain text, unless the richer form shows words that it lacks (some programs write only a
    remark into it, others cut the quotation), or a table, whose cells the plain text has one below the other.
    Forms that say different things are both read.
    """
    kinds = [headers.parameters(head.structured("Content-Type"))[0] or "text/plain" for head, _ in entities]
    plain = next((n for n, kind in enumerate(kinds) if kind == "text/plain"), None)
    rich = _richest(kinds, entities)
    if plain is None:
        return frozenset({len(kinds) - 1 if rich is None else rich})
    if rich is None:
        return frozenset({plain})
    written = _words(_text(*entities[plain]))
    shown = _words(_visible(*entities[rich]))
    only_written = len(written - shown)
    if len(shown - written) * 10 > len(shown):
        return frozenset({rich, plain} if only_written > REMARK else {rich})
    tables = only_written * 10 <= len(written) and _shows_table(*entities[rich])
    return frozenset({rich if tables else plain})


def _richest(kinds: list[str], entities: list[tuple[Headers, bytes]]) -> int | None:
    """The last HTML or multipart form that shows words; a broken form shows none and is the last resort."""
    rich = [n for n, kind in enumerate(kinds) if kind == "text/html" or kind.startswith("multipart/")]
    return next((n for n in reversed(rich) if _words(_visible(*entities[n]))), rich[-1] if rich else None)


def _shows_table(head: Headers, body: bytes) -> bool:
    return any(is_html and holds_table(text) for is_html, text in _texts(head, body))


_TOKEN = re.compile(r"[\w-]+")
_WORD = re.compile(r"[^\W\d_]{3,}")


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _text(head: Headers, body: bytes) -> str:
    _, given = headers.parameters(head.structured("Content-Type"))
    return headers.charset_text(decoded(head, body), given.get("charset"))


def _texts(head: Headers, body: bytes, depth: int = 0) -> Iterator[tuple[bool, str]]:
    """(is it HTML, text) of each text in an entity."""
    kind, given = headers.parameters(head.structured("Content-Type"))
    if kind.startswith("multipart/") and depth < 4:
        for piece in pieces_of(body, given.get("boundary", ""))[0]:
            yield from _texts(*headers.split(piece), depth + 1)
    elif kind in ("text/html", "text/plain", ""):
        yield kind == "text/html", _text(head, body)


def _visible(head: Headers, body: bytes) -> str:
    """About what the HTML in an entity shows; the text of it, where it is text."""
    return " ".join(plain(text) if is_html else text for is_html, text in _texts(head, body))


def decoded(head: Headers, body: bytes) -> bytes:
    """The content of an entity without its transfer encoding."""
    how = _TOKEN.search(head.raw("Content-Transfer-Encoding").lower())
    if how and how[0] == "base64":
        return headers.base64(body)
    if how and how[0] == "quoted-printable":
        try:
            return quopri.decodestring(body)
        except (ValueError, binascii.Error):
            return body
    return body


_ROOM = 66
"""Letters of a line that no program cuts shorter (RFC 3676, section 4.1)."""


def unflowed(data: bytes, *, spaced: bool) -> tuple[bytes, bytes]:
    """A text whose lines flow on where they end with a space, each paragraph as one line; the mark before a
    signature ends none (RFC 3676, section 4). `spaced`: that space stands between two words. And the lines
    that were joined though no program cut them: the next word had room. Their author may have meant them to
    stand alone, as a marking does."""
    if b"\0" in data:  # of wide letters
        return data, b""
    pieces: list[bytes] = []
    broken: list[bytes] = []
    above, depth, flows = b"", b"", False
    for line in data.replace(b"\r\n", b"\n").split(b"\n"):
        text = line.lstrip(b">")
        quotes = line[: len(line) - len(text)]
        text = text.removeprefix(b" ")
        signs = text == b"-- "
        if not flows or quotes != depth or signs:
            pieces.append(b"\n" + quotes + b" " * bool(quotes))
        elif len(above) + len(text.split(b" ", 1)[0]) <= _ROOM:
            broken += [above, text]
        above, depth, flows = text, quotes, text.endswith(b" ") and not signs
        pieces.append(text if spaced or not flows else text[:-1])
    return b"".join(pieces).removeprefix(b"\n"), b"\n".join(dict.fromkeys(broken))


_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")
_ENCODED = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)


def without_files(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """A text without the files that old programs write into it (uuencode, POSIX), and (name, content) of
    these."""
    if b"begin " not in data:
        return data, []
    files: list[tuple[str, bytes]] = []
    kept: list[bytes] = []
    at = 0
    for match in _ENCODED.finditer(data):
        if match.start() < at:
            continue
        content, end = _uudecoded(data, match.end())
        if end:
            kept.append(data[at : match.start()])
            files.append((match[1].decode("utf-8", "replace"), content))
            at = end
    return b"".join(kept) + data[at:], files


def _uudecoded(data: bytes, begin: int) -> tuple[bytes, int]:
    """The content of a file and where the line ends that closes it; 0 for words of a text, of which no line
    encodes anything."""
    lines: list[bytes] = []
    for match in _LINE.finditer(data, begin):
        line = match[0].rstrip(b"\r\n")
        if line.rstrip() == b"end":
            return b"".join(lines), match.end()
        try:
            lines.append(binascii.a2b_uu(line) if line.strip(b"` ") else b"")
        except binascii.Error:
            break
    return b"", 0
