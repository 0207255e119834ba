"""`winmail.dat` (MS-OXTNEF): the text and the files that Outlook wraps when it takes the receiver for an
Outlook too. Pure; raises ValueError for what is none, and keeps what came before the damage in a cut one.

Our own because the one library there is has not been kept since 2021 and is under a copyleft licence.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

SIGNATURE = b"\x78\x9f\x3e\x22"

MOST = 200
"""Files of one."""

_SUBJECT, _BODY, _MAPI, _CODEPAGE = 0x00018004, 0x0002800C, 0x00069003, 0x00069007
_BEGINS, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_P_SUBJECT, _P_BODY, _P_RTF, _P_HTML = 0x0037, 0x1000, 0x1009, 0x1013
_P_DATA, _P_NAME, _P_LONG_NAME, _P_TYPE, _P_CID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
"""Bytes that a value of each property type takes (MS-OXTNEF 2.1.3.6, padding included)."""
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file, or with `message` a message in the same format. `inline`: a picture of the text."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    message: bool = False
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tnef:
    """`text`, `html` and `rtf` are forms of one body, empty where there is none. `cut`: the end is missing,
    or files beyond the cap."""

    text: str = field(default="", repr=False)
    html: bytes = field(default=b"", repr=False)
    rtf: bytes = field(default=b"", repr=False)
    said: tuple[str, ...] = ()
    """What an appointment, a task or a card of a person says in properties of its own, and the subject."""
    files: tuple[Attached, ...] = ()
    cut: bool = False


def read(data: bytes) -> Tnef:
    """Raises ValueError when it is no such file."""
    if not data.startswith(SIGNATURE):
        raise ValueError("no TNEF")
    codepage = "cp1252"
    body: dict[int, bytes | str] = {}
    said: list[str] = []
    files: list[dict[int, bytes | str]] = []
    cut = False
    for id, value, whole in _attributes(data):
        cut |= not whole
        if id == _CODEPAGE and len(value) >= 4:
            codepage = f"cp{struct.unpack_from('<I', value)[0]}"
        elif id == _BEGINS:
            files.append({})
        elif id in (_SUBJECT, _BODY, _MAPI):
            _of_message(body, said, id, value, codepage)
        elif files:
            _of_file(files[-1], id, value, codepage)
    return Tnef(
        text=_text(body.get(_P_BODY, "")),
        html=_bytes(body.get(_P_HTML, b"")),
        rtf=decompressed(_bytes(body.get(_P_RTF, b""))),
        said=tuple(said),
        files=tuple(_attached(each, n) for n, each in enumerate(files[:MOST], 1) if each.get(_P_DATA)),
        cut=cut or len(files) > MOST,
    )


def _of_message(body: dict[int, bytes | str], said: list[str], id: int, value: bytes, codepage: str) -> None:
    if id == _BODY:
        body[_P_BODY] = _decoded(value, codepage)
    elif id == _SUBJECT:
        said.append(_decoded(value, codepage))
    elif id == _MAPI:
        given = list(_properties(value, codepage))
        body |= dict(given)
        said += [text for name, text in given if isinstance(text, str) and speaks(name, text)]


def speaks(name: int, text: str) -> bool:
    """Whether a MAPI property is one in which people write beside the body (MS-OXPROPS): a named one, one of
    a person, the subject, the blind copies."""
    told = name >= _NAMED or name in _PERSON or name in (_P_SUBJECT, _BLIND)
    return told and (" " in text or text.isalpha())


_NAMED, _PERSON, _BLIND = 0x8000, range(0x3A00, 0x3B00), 0x0E02


def _of_file(file: dict[int, bytes | str], id: int, value: bytes, codepage: str) -> None:
    if id == _TITLE:
        file[_P_NAME] = _decoded(value, codepage)
    elif id == _DATA:
        file[_P_DATA] = value
    elif id == _PROPERTIES:
        for name, given in _properties(value, codepage):
            if name != _P_DATA or not file.get(_P_DATA) or _is_message(given):
                file[name] = given


def _is_message(data: bytes | str) -> bool:
    """An object's data begins with the id of its interface."""
    return isinstance(data, bytes) and data[16:20] == SIGNATURE


_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emz", ".wmz", ".svg")


def _attached(file: dict[int, bytes | str], number: int) -> Attached:
    name = _text(file.get(_P_LONG_NAME, "")) or _text(file.get(_P_NAME, "")) or f"piece-jointe-{number}"
    data = _bytes(file[_P_DATA])
    message = _is_message(data)
    return Attached(
        name=name,
        media_type=_text(file.get(_P_TYPE, "")) or "application/octet-stream",
        data=data[16:] if message else data,
        message=message,
        inline=bool(file.get(_P_CID)) and name.lower().endswith(_PICTURES),
    )


def _attributes(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Id and value of each attribute, and is it whole? Sums are not checked: senders get them wrong."""
    at = 6
    while at + 9 <= len(data):
        level, id, length = struct.unpack_from("<BII", data, at)
        if level not in (1, 2):  # something else follows, as it may
            return
        at += 9
        yield id, data[at : at + length], at + length <= len(data)
        at += length + 2


def _properties(data: bytes, codepage: str) -> Iterator[tuple[int, bytes | str]]:
    """Id and value of each MAPI property that holds text or bytes; ends where it is damaged."""
    try:
        (count,) = struct.unpack_from("<I", data)
        at = 4
        for _ in range(min(count, 10_000)):
            kind, id = struct.unpack_from("<HH", data, at)
            at = _named(data, at + 4) if id >= 0x8000 else at + 4
            several, kind = bool(kind & 0x1000), kind & ~0x1000
            if kind in _FIXED:
                (number,) = struct.unpack_from("<I", data, at) if several else (1,)
                at += 4 * several + number * _FIXED[kind]
                continue
            if kind not in (_STRING, _UNICODE, _OBJECT, _BINARY):
                return
            (number,) = struct.unpack_from("<I", data, at)
            at += 4
            for _ in range(min(number, 10_000)):
                (length,) = struct.unpack_from("<I", data, at)
                value = data[at + 4 : at + 4 + length]
                at += 4 + length + (-length % 4)
                yield id, _value(value, kind, codepage)
    except struct.error:
        return


def _named(data: bytes, at: int) -> int:
    """Behind the name of a named property: a GUID, then a number or a text."""
    (kind,) = struct.unpack_from("<I", data, at + 16)
    (length,) = struct.unpack_from("<I", data, at + 20)
    return at + 24 + (length + (-length % 4) if kind == 1 else 0)


def _value(value: bytes, kind: int, codepage: str) -> bytes | str:
    if kind == _UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    return _decoded(value, codepage) if kind == _STRING else value


def _decoded(value: bytes, codepage: str) -> str:
    try:
        return value.decode(codepage, "replace").rstrip("\0")
    except LookupError:
        return value.decode("cp1252", "replace").rstrip("\0")


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else ""


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


_BEFORE = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW, _LARGEST = 4096, 10_000_000


def decompressed(data: bytes) -> bytes:
    """Compressed RTF (MS-OXRTFCP) as RTF, at most `_LARGEST` bytes; empty when it is none."""
    if len(data) < 16 or data[8:12] == b"MELA":
        return data[16:]
    if data[8:12] != b"LZFu":
        return b""
    out = bytearray(_BEFORE)
    at = 16
    while at < len(data) and len(out) < _LARGEST:
        flags = data[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += data[at : at + 1]
                at += 1
                continue
            pair = int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
            at += 2
            back = (len(out) - (pair >> 4)) % _WINDOW
            if not back or at > len(data):  # a reference to the end of what is written ends it
                return bytes(out[len(_BEFORE) :])
            for _ in range((pair & 15) + 2):
                out.append(out[-back] if back <= len(out) else 0)
    return bytes(out[len(_BEFORE) :])
