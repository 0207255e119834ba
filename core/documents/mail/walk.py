"""The parts of a message: our own walk, bounded in size of headers, number of parts and depth.

Its own because the standard parser goes down without a bound (1,000 nested multiparts end in RecursionError)
and takes 6.6 s for 100,000 parts. What a cap leaves out is told. RFC 2046, section 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from core.documents.mail import entity, headers, signed, tnef
from core.documents.mail.entity import PARTS
from core.documents.mail.headers import Headers

DEPTH = 20
RICH = "application/rtf"
"""The media type of a text that is another form of what a mail says."""

Protection = Literal["", "smime_encrypted", "pgp_encrypted", "smime_signed", "pgp_signed"]
Role = Literal["text", "html", "file", "picture", "calendar", "message", "signature", "encrypted", "tnef"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part that holds no other. `number` counts from 1 in the order of the message: it names the part.

    `hidden`: another form of the same text was chosen (multipart/alternative). `broken`: lines of its text
    that may have been meant to stand alone (`entity.unflowed`).
    """

    number: int = 0
    role: Role
    media_type: str
    name: str
    charset: str = ""
    data: bytes = field(repr=False)
    hidden: bool = False
    broken: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A message taken apart. `protection` says that it is signed or encrypted, and how."""

    headers: Headers
    leaves: tuple[Leaf, ...]
    said: tuple[str, ...] = ()
    """What parts say of themselves: descriptions, and the subject of what is signed or was sealed."""
    left_out: bool = False
    protection: Protection = ""


def walk(data: bytes) -> Walked:
    """Never raises for bad data."""
    data = headers.start(data)
    walker = _Walker()
    top, body = headers.split(data)
    if not top.items:
        walker.leaf("text", "text/plain", data)
    else:
        walker.entity(top, body, 0, default="text/plain", hidden=False)
    return Walked(
        headers=top,
        leaves=tuple(walker.leaves),
        said=tuple(walker.said),
        left_out=walker.left_out or top.cut,
        protection=walker.protection,
    )


class _Walker:
    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self.said: list[str] = []
        self.left_out = False
        self.protection: Protection = ""

    def leaf(
        self,
        role: Role,
        media_type: str,
        data: bytes = b"",
        *,
        name: str = "",
        charset: str = "",
        hidden: bool = False,
    ) -> None:
        self.add(Leaf(role=role, media_type=media_type, name=name, charset=charset, data=data, hidden=hidden))

    def add(self, leaf: Leaf) -> None:
        """Take a leaf under the next number, unless there are too many."""
        if len(self.leaves) >= PARTS:
            self.left_out = True
        else:
            self.leaves.append(replace(leaf, number=len(self.leaves) + 1))

    def entity(self, head: Headers, body: bytes, depth: int, *, default: str, hidden: bool) -> None:
        kind, given = headers.parameters(head.structured("Content-Type"))
        kind = kind if "/" in kind else default
        if depth > DEPTH:
            self.left_out = True
        elif kind.startswith("multipart/"):
            self._multipart(kind, given, body, depth, hidden)
        else:
            self._single(head, kind, given, entity.decoded(head, body), depth, hidden)

    def _multipart(self, kind: str, given: dict[str, str], body: bytes, depth: int, hidden: bool) -> None:
        if kind == "multipart/encrypted":
            self.protection = "pgp_encrypted"
            self.leaf("encrypted", kind, hidden=hidden)
            return
        if kind == "multipart/signed" and not self.protection:
            pgp = "pgp" in given.get("protocol", "").lower()
            self.protection = "pgp_signed" if pgp else "smime_signed"
        pieces, more = entity.pieces_of(body, given.get("boundary", ""))
        self.left_out |= more
        if not pieces:
            if body.strip():  # no boundary, or not the announced one: shown as it stands
                self.leaf("text", "text/plain", body, hidden=hidden)
            return
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        entities = [headers.split(piece) for piece in pieces]
        chosen = entity.chosen(entities) if kind == "multipart/alternative" else None
        for index, (head, inner) in enumerate(entities):
            if len(self.leaves) >= PARTS:
                self.left_out = True
                return
            unchosen = chosen is not None and index not in chosen
            self.entity(head, inner, depth + 1, default=default, hidden=hidden or unchosen)

    def _single(
        self, head: Headers, kind: str, given: dict[str, str], data: bytes, depth: int, hidden: bool
    ) -> None:
        shown, more = headers.parameters(head.structured("Content-Disposition"))
        name = (more.get("filename") or given.get("name") or "").replace("\\", "/").rpartition("/")[2]
        described = ("Content-Description", *(("Subject",) if "protected-headers" in given else ()))
        self.said += [text for each in described if (text := head.get(each))]
        if data.startswith(_RESOURCE_FORK):
            return
        attached = shown == "attachment"
        role = _role(kind, name, data, attached=attached or bool(name), inline=not attached)
        if role == "signed":
            self._signed(signed.content(data) or b"", depth, hidden)
            return
        if role == "picture" and not head.raw("Content-ID"):  # no HTML can show it in its text (RFC 2392)
            role = "file"
        charset = given.get("charset", "")
        leaf = Leaf(role=role, media_type=kind, name=name, charset=charset, data=data, hidden=hidden)
        if role == "text" and given.get("format", "").lower() == "flowed":
            text, broken = entity.unflowed(data, spaced=given.get("delsp", "").lower() != "yes")
            leaf = replace(leaf, data=text, broken=broken)
        self._take(leaf, depth)

    def _take(self, leaf: Leaf, depth: int) -> None:
        match leaf.role:
            case "tnef":
                self._tnef(leaf.name, leaf.data, depth)
            case "text":
                self._text(replace(leaf, data=self._bare(leaf.data)))
            case "html" | "calendar":
                self.add(leaf)
            case "message":
                self.add(replace(leaf, name=leaf.name or "message.eml", hidden=False))
            case "encrypted":
                self.protection = "smime_encrypted"
                self.add(replace(leaf, hidden=False))
            case "signature" | "file" | "picture":
                if not leaf.hidden or leaf.name:  # what hangs on the form that was not chosen still counts
                    self.add(replace(leaf, hidden=False))

    def _text(self, leaf: Leaf) -> None:
        """A text, and the files that are written into it."""
        text, files = entity.without_files(leaf.data)
        if text.strip() or not files:
            self.add(replace(leaf, data=text))
        for inner, content in files:
            self.leaf("file", "application/octet-stream", content, name=inner)

    def _signed(self, content: bytes, depth: int, hidden: bool) -> None:
        self.protection = self.protection or "smime_signed"
        self.entity(*headers.split(content), depth + 1, default="text/plain", hidden=hidden)

    def _bare(self, data: bytes) -> bytes:
        """A text without what PGP put round it."""
        readable, sealed, signed_ = signed.without_armour(data)
        if sealed:
            self.protection = "pgp_encrypted"
            self.leaf("encrypted", "application/pgp-encrypted")
        elif signed_ and not self.protection:
            self.protection = "pgp_signed"
        return readable

    def _tnef(self, name: str, data: bytes, depth: int) -> None:
        """What Outlook wrapped. Its text is that of the mail, unless the mail has none."""
        try:
            unwrapped = tnef.read(data)
        except ValueError:
            self.leaf("tnef", "application/ms-tnef", data, name=name or "winmail.dat")
            return
        self.left_out |= unwrapped.cut
        self.said += unwrapped.said
        self._tnef_body(unwrapped)
        for each in unwrapped.files:
            if each.message and depth < DEPTH:
                inner = _Walker()
                inner._tnef(each.name, each.data, depth + 1)  # its text is its own
                self.left_out |= inner.left_out
                self.said += inner.said
                for leaf in inner.leaves:
                    self.add(leaf)
            else:
                self.leaf("picture" if each.inline else "file", each.media_type, each.data, name=each.name)

    def _tnef_body(self, unwrapped: tnef.Tnef) -> None:
        """Its text in all forms: the first one is shown, unless the mail has a text."""
        shown = any(leaf.role in ("text", "html") and leaf.data.strip() for leaf in self.leaves)
        text = unwrapped.text.encode("utf-8", "replace")
        if unwrapped.html.strip():
            self.leaf("html", "text/html", unwrapped.html, hidden=shown)
            shown = True
        if text.strip():
            self.leaf("text", "text/plain", text, charset="utf-8", hidden=shown)
            shown = True
        if unwrapped.rtf and shown:
            self.leaf("text", RICH, unwrapped.rtf, hidden=True)
        elif unwrapped.rtf:
            self.leaf("file", RICH, unwrapped.rtf, name="message.rtf")


def _role(kind: str, name: str, data: bytes, *, attached: bool, inline: bool) -> Role | Literal["signed"]:
    if kind in _CMS or name.lower().endswith(".p7m"):
        if signed.content(data) is not None:
            return "signed"
        return "signature" if signed.is_signature(data) else "encrypted"
    if kind in _ROLES:
        return _ROLES[kind]
    if name.lower() == "winmail.dat" or data.startswith(tnef.SIGNATURE):
        return "tnef"
    if kind.startswith("image/"):
        return "picture" if inline and "svg" not in kind else "file"  # a drawing whose texts are read
    if attached or not kind.startswith("text/") or data.startswith(b"{\\rtf"):
        return "file"
    return "html" if kind == "text/html" else "text"


_RESOURCE_FORK = b"\x00\x05\x16\x07"
"""How the header file of AppleDouble begins: what the Finder knows of the file beside it, under the name of
that file (RFC 1740). Nobody sees it."""
_CMS = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_ROLES: dict[str, Role] = {
    "application/pkcs7-signature": "signature",
    "application/x-pkcs7-signature": "signature",
    "application/pgp-signature": "signature",
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
    "text/calendar": "calendar",
    "message/rfc822": "message",
    "message/global": "message",
}
