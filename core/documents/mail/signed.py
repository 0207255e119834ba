"""What a signed message says: the content of S/MIME's opaque form, the text of a clear PGP signature.

Read, never verified: that is the mail client's business, and nothing here claims it. Pure.
RFC 5652 (CMS, in BER as programs write it), RFC 8551 section 3.5, RFC 9580 section 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_DEPTH = 20
_SIGNED = bytes.fromhex("2a864886f70d010702")
_OID, _OCTETS, _SEQUENCE, _FIRST = 0x06, 0x04, 0x10, 0x00


def is_signature(data: bytes) -> bool:
    """Is it signed data, by its own first object? Certificates alone are that too, without content."""
    return _SIGNED in data[:64]


def content(data: bytes) -> bytes | None:
    """The bytes that were signed; None when they are not within, or it is no signed message."""
    try:
        _, begin, end, _ = _node(data, 0, len(data), 0)
        outer = _children(data, begin, end)
        if data[slice(*outer[0][1:])] != _SIGNED:
            return None
        (signed,) = _children(data, *outer[1][1:])
        fields = _children(data, *signed[1:])
        wrapped = next(each for each in fields if each[0] & 0x1F == _SEQUENCE and each[0] & 0xC0 == 0)
        inner = _children(data, *wrapped[1:])
        return b"".join(_octets(data, *inner[1][1:], 0)) if len(inner) > 1 else None
    except (IndexError, ValueError, StopIteration):
        return None


_Node = tuple[int, int, int]
"""Tag, and where the value begins and ends."""


def _children(data: bytes, begin: int, end: int, depth: int = 0) -> list[_Node]:
    found: list[_Node] = []
    while begin < end and len(found) < 10_000:
        tag, start, stop, begin = _node(data, begin, end, depth)
        if tag == 0 and start == stop:  # the end of a value whose length was not told
            break
        found.append((tag, start, stop))
    return found


def _node(data: bytes, at: int, end: int, depth: int) -> tuple[int, int, int, int]:
    """Tag, begin and end of the value, and where the next one begins. Raises ValueError, IndexError."""
    if depth > _DEPTH:
        raise ValueError("too deep")
    tag, length = data[at], data[at + 1]
    at += 2
    if length == 0x80:
        inside = at
        while data[inside : inside + 2] != b"\0\0":
            inside = _node(data, inside, end, depth + 1)[3]
        return tag, at, inside, inside + 2
    if length > 0x80:
        size = length & 0x7F
        if size > 8:
            raise ValueError("too long")
        length = int.from_bytes(data[at : at + size], "big")
        at += size
    stop = min(at + length, end)
    return tag, at, stop, stop


def _octets(data: bytes, begin: int, end: int, depth: int) -> Iterator[bytes]:
    """The pieces of a string, which may be cut."""
    for tag, start, stop in _children(data, begin, end, depth):
        if tag & 0x20 and depth < _DEPTH:
            yield from _octets(data, start, stop, depth + 1)
        elif tag & 0x1F == _OCTETS:
            yield data[start:stop]


_MESSAGE = re.compile(rb"(?ms)^-----BEGIN PGP MESSAGE-----.*?(?:^-----END PGP MESSAGE-----[ \t\r]*$|\Z)")
_CLEAR = re.compile(
    rb"(?m)^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\r?\n(?:(?!-----BEGIN PGP SIGN)[^\r\n]+\r?\n)*+\r?\n"
    rb"((?:(?!-----BEGIN PGP SIGN)[^\n]*\n)*+)"
    rb"-----BEGIN PGP SIGNATURE-----(?s:.*?)(?:^-----END PGP SIGNATURE-----[ \t\r]*$|\Z)"
)
"""In the text of a message no line begins so: it would be escaped (RFC 9580, 7.2)."""
_ESCAPED = re.compile(rb"(?m)^- ")


def without_armour(text: bytes) -> tuple[bytes, bool, bool]:
    """A text without the frame of PGP: (what can be read, was something encrypted, was something signed)."""
    readable, sealed = _MESSAGE.subn(b"", text)
    readable, signed = _CLEAR.subn(lambda match: _ESCAPED.sub(b"", match[1]), readable)
    return readable, bool(sealed), bool(signed)
