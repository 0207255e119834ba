"""Header fields as they are written: ASCII, folded, never parsed again. Pure.

The standard library parses what it is given for a header before it writes it: on Python before 3.11.10 and
3.12.5 an encoded word in a Subject that was decoded once became a new line there, and what followed it a
header of its own (CVE-2024-6923). So a text is made harmless first (no control characters, nothing that looks
like an encoded word), then encoded here (RFC 2047), and `VERBATIM` writes fields as they are, or refuses.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from core.documents.mail.headers import one_line
from core.errors import Rejected
from core.language.operators import Phrase

SHORT = 60
"""Characters of a text that fits into a line behind its name."""
WORD = 42
"""Bytes of text in one encoded word, which then has 68 characters; a line of them may have 76 (RFC 2047)."""
_PLAIN = re.compile(r"[\x20-\x7e]*")
_FIELD = re.compile(r"[\x21-\x7e][\x20-\x7e]*(?:\r\n [\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*)*")
_ID = re.compile(r"(?!.*=\?)[\x21-\x3b\x3d\x3f-\x7e]{1,900}")
_ADDRESS = re.compile(
    r"(?:[\w.!#$%&'*+/=?^`{|}~-]{1,64}|\"[\x20\x21\x23-\x5b\x5d-\x7e]{1,62}\")@[A-Za-z0-9.-]{1,255}", re.ASCII
)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")
_NO_NAME = re.compile(r"[\\/\"]+")


if TYPE_CHECKING:
    _Base = EmailPolicy[EmailMessage]
else:
    _Base = EmailPolicy  # not generic at run time


class _Verbatim(_Base):
    """Headers are stored, given and written as the text that they were set to."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Raises ValueError for what is no folded field of printable ASCII."""
        if not isinstance(value, str) or not _FIELD.fullmatch(value):
            raise ValueError(f"{name} is no header field as it may be written")
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return value

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}\r\n"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


VERBATIM = _Verbatim(linesep="\r\n")


def harmless(text: str) -> str:
    """One line of what somebody wrote, without the beginning of any encoded word."""
    return one_line(whole(text)).replace("=?", "= ?")


def whole(text: str) -> str:
    """The text with `?` for halves of characters, which UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode()


def unstructured(text: str) -> str:
    """A harmless text as a field's value (RFC 5322, 2.2.1)."""
    text = harmless(text)
    if _PLAIN.fullmatch(text) and len(text) <= SHORT:
        return text
    return "\r\n ".join(_encoded(text))


def phrase(text: str) -> str:
    """A harmless display name (RFC 5322, 3.2.5)."""
    text = harmless(text)
    if _PLAIN.fullmatch(text) and len(text) <= SHORT:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "\r\n ".join(_encoded(text))


def mailbox(name: str, address: str) -> str:
    """`name <address>`. Raises Rejected for an address that cannot be written."""
    if not _ADDRESS.fullmatch(address):
        raise Rejected(Phrase("delivery.address"))
    return f"{phrase(name)}\r\n <{address}>" if harmless(name) else address


def ids(values: Sequence[str]) -> str:
    """Message-IDs in their brackets, one a line, without those that are none or hold an encoded word."""
    return "\r\n ".join(f"<{each}>" for each in dict.fromkeys(values) if _ID.fullmatch(each))


def pieces(token: str) -> str:
    """A long word of printable ASCII in short lines: whoever reads it joins them again."""
    return "\r\n ".join(token[at : at + SHORT] for at in range(0, len(token), SHORT))


def media_type(given: str) -> tuple[str, str]:
    kind = given if _MEDIA_TYPE.fullmatch(given) else "application/octet-stream"
    main, _, sub = kind.partition("/")
    return main, sub


def attachment(name: str) -> str:
    """`Content-Disposition` of a file; a name that is long or not ASCII in UTF-8, in pieces (RFC 2231)."""
    name = _NO_NAME.sub("_", harmless(name))[-150:].strip() or "document"
    if _PLAIN.fullmatch(name) and len(name) <= SHORT:
        return f'attachment; filename="{name}"'
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,20}", quote(name, safe=""))
    numbered = [f"filename*{number}*={piece}" for number, piece in enumerate(pieces)]
    numbered[0] = f"filename*0*=utf-8''{pieces[0]}"
    return "attachment;\r\n " + ";\r\n ".join(numbered)


def _encoded(text: str) -> list[str]:
    """Encoded words, none of which cuts a character."""
    words: list[bytes] = [b""]
    for char in text:
        data = char.encode()
        if len(words[-1]) + len(data) > WORD:
            words.append(b"")
        words[-1] += data
    return [f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words]
