"""The parts of a message: our own walk, bounded in size of headers, number of parts and depth.

Its own because the standard parser goes down without a bound (1,000 nested multiparts end in RecursionError)
and takes 6.6 s for 100,000 parts. What a cap leaves out is told. RFC 2046, section 5.1.
"""

from __future__ import annotations

import binascii
import quopri
import re
from dataclasses import dataclass, field
from typing import Literal

from core.documents.mail import headers
from core.documents.mail.headers import Headers

DEPTH = 20
PARTS = 500

Role = Literal["text", "html", "file", "picture", "calendar", "message", "signature", "encrypted", "tnef"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part that holds no other. `number` counts from 1 in the order of the message: it names the part.

    `hidden`: another form of the same text was chosen (multipart/alternative).
    """

    number: int
    role: Role
    media_type: str
    name: str
    charset: str = ""
    data: bytes = field(repr=False)
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A message taken apart. `protection` says that it is signed or encrypted, and how."""

    headers: Headers
    leaves: tuple[Leaf, ...]
    left_out: bool = False
    protection: Literal["", "smime_encrypted", "pgp_encrypted", "smime_signed", "pgp_signed"] = ""


def walk(data: bytes) -> Walked:
    """Never raises for bad data."""
    data = headers.start(data)
    walker = _Walker()
    top, body = headers.split(data)
    if not top.items:
        walker.leaf("text", "text/plain", "", "", data)
    else:
        walker.entity(top, body, 0, default="text/plain", hidden=False)
    return Walked(
        headers=top,
        leaves=tuple(walker.leaves),
        left_out=walker.left_out or top.cut,
        protection=walker.protection,
    )


class _Walker:
    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self.left_out = False
        self.protection: Literal["", "smime_encrypted", "pgp_encrypted", "smime_signed", "pgp_signed"] = ""

    def leaf(
        self, role: Role, media_type: str, name: str, charset: str, data: bytes, *, hidden: bool = False
    ) -> None:
        if len(self.leaves) >= PARTS:
            self.left_out = True
            return
        self.leaves.append(
            Leaf(
                number=len(self.leaves) + 1,
                role=role,
                media_type=media_type,
                name=name,
                charset=charset,
                data=data,
                hidden=hidden,
            )
        )

    def entity(self, head: Headers, body: bytes, depth: int, *, default: str, hidden: bool) -> None:
        kind, given = headers.parameters(head.raw("Content-Type"))
        kind = kind if "/" in kind else default
        if depth > DEPTH:
            self.left_out = True
        elif kind.startswith("multipart/"):
            self._multipart(kind, given, body, depth, hidden)
        else:
            self._single(head, kind, given, decoded(head, body), depth, hidden)

    def _multipart(self, kind: str, given: dict[str, str], body: bytes, depth: int, hidden: bool) -> None:
        if kind == "multipart/encrypted":
            self.protection = "pgp_encrypted"
            self.leaf("encrypted", kind, "", "", b"", hidden=hidden)
            return
        if kind == "multipart/signed" and not self.protection:
            pgp = "pgp" in given.get("protocol", "").lower()
            self.protection = "pgp_signed" if pgp else "smime_signed"
        pieces, more = pieces_of(body, given.get("boundary", ""))
        self.left_out |= more
        if not pieces:
            if body.strip():  # no boundary, or not the announced one: shown as it stands
                self.leaf("text", "text/plain", "", "", body, hidden=hidden)
            return
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        entities = [headers.split(piece) for piece in pieces]
        chosen = _chosen(entities) if kind == "multipart/alternative" else None
        for index, (head, inner) in enumerate(entities):
            if len(self.leaves) >= PARTS:
                self.left_out = True
                return
            unchosen = chosen is not None and index != chosen
            self.entity(head, inner, depth + 1, default=default, hidden=hidden or unchosen)

    def _single(
        self, head: Headers, kind: str, given: dict[str, str], data: bytes, depth: int, hidden: bool
    ) -> None:
        shown, more = headers.parameters(head.raw("Content-Disposition"))
        name = (more.get("filename") or given.get("name") or "").replace("\\", "/").rpartition("/")[2]
        role = _role(kind, given, attached=shown == "attachment" or bool(name), inline=shown != "attachment")
        if role == "picture" and shown != "attachment" and not head.raw("Content-ID") and shown != "inline":
            role = "file"
        if role == "encrypted":
            self.protection = "smime_encrypted"
        if role == "message":
            name = name or "message.eml"
        if role in ("text", "html", "calendar") or not hidden:
            self.leaf(role, kind, name, given.get("charset", ""), data, hidden=hidden)
        elif name and role in ("file", "message"):  # what hangs on the form that was not chosen still counts
            self.leaf(role, kind, name, given.get("charset", ""), data)


def pieces_of(body: bytes, boundary: str) -> tuple[list[bytes], bool]:
    """The parts between the boundaries, and whether there were more than the cap."""
    if not boundary:
        return [], False
    mark = re.escape(boundary.rstrip().encode("utf-8", "replace"))
    line = re.compile(rb"(?:\A|\r?\n)--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    pieces: list[bytes] = []
    begin: int | None = None
    for match in line.finditer(body):
        if begin is not None:
            pieces.append(_after_line(body[begin : match.start()]))
        begin = None if match[1] else match.end()
        if len(pieces) >= PARTS:
            return pieces, True
    if begin is not None:  # the end is missing: a cut message
        pieces.append(_after_line(body[begin:]))
    return [piece for piece in pieces if piece], False


def _after_line(piece: bytes) -> bytes:
    if piece.startswith(b"\r\n"):
        return piece[2:]
    return piece[1:] if piece.startswith(b"\n") else piece


def _chosen(entities: list[tuple[Headers, bytes]]) -> int:
    """Of alternatives: the plain text, unless it is only a remark that there is a richer form."""
    kinds = [headers.parameters(head.raw("Content-Type"))[0] or "text/plain" for head, _ in entities]
    plain = next((n for n, kind in enumerate(kinds) if kind == "text/plain"), None)
    rich = [n for n, kind in enumerate(kinds) if kind == "text/html" or kind.startswith("multipart/")]
    if plain is None:
        return rich[-1] if rich else len(kinds) - 1
    if not rich:
        return plain
    words = len(decoded(*entities[plain]).split())
    shown = len(re.sub(rb"(?is)<style.*?</style>|<[^>]*>|\s+", b" ", decoded(*entities[rich[-1]])).split())
    return plain if words >= 15 or shown < 30 else rich[-1]


def decoded(head: Headers, body: bytes) -> bytes:
    """The content of an entity without its transfer encoding."""
    how = head.raw("Content-Transfer-Encoding").strip().strip("\"';").lower()
    if how == "base64":
        return headers.base64(body)
    if how == "quoted-printable":
        try:
            return quopri.decodestring(body)
        except (ValueError, binascii.Error):
            return body
    return body


def _role(kind: str, given: dict[str, str], *, attached: bool, inline: bool) -> Role:
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return "file" if "signed" in given.get("smime-type", "") else "encrypted"
    if kind in _ROLES:
        return _ROLES[kind]
    if given.get("name", "").lower() == "winmail.dat":
        return "tnef"
    if kind.startswith("image/"):
        return "picture" if inline else "file"
    if attached or not kind.startswith("text/"):
        return "file"
    return "html" if kind == "text/html" else "text"


_ROLES: dict[str, Role] = {
    "application/pkcs7-signature": "signature",
    "application/x-pkcs7-signature": "signature",
    "application/pgp-signature": "signature",
    "application/ms-tnef": "tnef",
    "text/calendar": "calendar",
    "message/rfc822": "message",
    "message/global": "message",
}
