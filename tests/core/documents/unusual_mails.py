"""Mails that are plain but for one word, each in another unusual place."""

# fmt: off
from __future__ import annotations

import base64
import binascii
import quopri
import struct

from tests.core.documents import make
from tests.core.documents.unusual_office import OLE, W, docx, words

FILES: dict[str, tuple[str, bytes]] = {}
B64 = base64.encodebytes(W.encode()).decode()


def mail(name: str, body: str | bytes, headers: str = "Subject: x\r\n", kind: str = "text/plain; charset=utf-8") -> None:
    head = f"From: a@b.example\r\nTo: c@d.example\r\n{headers}MIME-Version: 1.0\r\nContent-Type: {kind}\r\n"
    FILES[f"eml: {name}"] = "a.eml", head.encode() + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def mixed(name: str, *parts: str, kind: str = "mixed", headers: str = "Subject: x\r\n") -> None:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    mail(name, f"{body}--b--\r\n", headers, f'multipart/{kind}; boundary="b"')


PLAIN = "Content-Type: text/plain\r\n\r\nBonjour"
mail("encoded subject in two", "x", "Subject: =?utf-8?q?z=C3=A9?=\r\n =?utf-8?q?bulon?=\r\n")
mail("encoded sign in two words", "x", "Subject: =?utf-8?q?z=C3?=\r\n =?utf-8?q?=A9bulon?=\r\n")
mail("encoded without a space", "x", "Keywords: a=?utf-8?b?esOpYnVsb24=?=b =?utf-8?b?esOpYnVsb24=?=\r\n")
mail("reply to", "x", f"Reply-To: {W} <a@b.example>\r\n")
mail("blind copy", "x", f"Bcc: {W} <a@b.example>\r\n")
mail("sender", "x", f"Sender: {W} <a@b.example>\r\n")
mail("organisation", "x", f"Organization: {W}\r\n")
mail("sent again to", "x", f"Resent-To: {W} <a@b.example>\r\n")
mail("name of a list", "x", f"List-Id: {W} <a.b.example>\r\n")
mail("topic of a thread", "x", f"Thread-Topic: {W}\r\n")
mail("flowed with its spaces deleted", "zé \r\nbulon\r\n", kind="text/plain; charset=utf-8; format=flowed; delsp=yes")
mail("quoted with soft breaks", b"z=C3=\r\n=A9bulon", "Content-Transfer-Encoding: quoted-printable\r\n")
mail("old encoding in seven bits", "z+AOk-bulon", kind="text/plain; charset=utf-7")
mail("enriched", f"<bold>{W}</bold>", kind="text/enriched")
mail("rich text", "{\\rtf1\\ansi z\\'e9bulon}", kind="text/rtf")
mail("uuencoded file", "x\r\n\r\nbegin 644 a.txt\r\n" + binascii.b2a_uu(W.encode()).decode() + "`\r\nend\r\n")
mail("uuencoded body", "begin 644 a.txt\r\n" + binascii.b2a_uu(W.encode()).decode() + "`\r\nend\r\n", "Content-Transfer-Encoding: x-uuencode\r\n")
mixed("other form", "Content-Type: text/plain; charset=utf-8\r\n\r\n" + W, "Content-Type: text/html\r\n\r\n<p>x</p>", kind="alternative")
mixed("form for watches", PLAIN, f"Content-Type: text/x-amp-html; charset=utf-8\r\n\r\n<p>{W}</p>", "Content-Type: text/html\r\n\r\n<p>x</p>", kind="alternative")
mixed("mail in a mail", PLAIN, f"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nContenu\r\n{W}")
mixed("mail in a mail in base64", PLAIN, "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(f"Subject: y\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{W}".encode()).decode())
mixed("mail as a file", PLAIN, f"Content-Type: application/octet-stream; name=a.eml\r\nContent-Disposition: attachment\r\n\r\nSubject: y\r\nFrom: a@b.example\r\n\r\n{W}")
mixed("status of a delivery", PLAIN, f"Content-Type: message/delivery-status\r\n\r\nDiagnostic-Code: {W}", kind="report")
mixed("headers of a returned mail", PLAIN, f"Content-Type: text/rfc822-headers\r\n\r\nSubject: {W}", kind="report")
mixed("second text", PLAIN, "Content-Type: application/octet-stream; name=a.bin\r\n\r\nx", f"Content-Type: text/plain; charset=utf-8\r\n\r\n{W}")
mixed("name of a file in pieces", PLAIN, "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*0*=utf-8''z%C3%A9; filename*1*=bulon.txt\r\n\r\nx")
mixed("description of a file", PLAIN, f"Content-Type: text/plain\r\nContent-Description: {W}\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx")
mixed("card", PLAIN, "Content-Type: text/vcard; charset=utf-8; name=a.vcf\r\n\r\nBEGIN:VCARD\r\nNOTE:zébu\r\n lon\r\nEND:VCARD")
mixed("part of a page", "Content-Type: text/html\r\n\r\n<p>x</p>", f"Content-Type: text/html; charset=utf-8\r\nContent-ID: <a>\r\n\r\n<p>{W}</p>", kind="related")
mixed("elsewhere", PLAIN, "Content-Type: message/external-body; access-type=URL; URL=\"http://x.example/\"\r\n\r\nContent-Type: text/plain\r\n\r\n")
mixed("a part of many", "Content-Type: message/partial; number=1; total=2; id=x\r\n\r\n" + W)
mixed("signed in the clear", f"Content-Type: text/plain; charset=utf-8\r\n\r\n{W}", "Content-Type: application/pgp-signature\r\n\r\nx", kind="signed")
mixed("mails of a digest", f"\r\nSubject: y\r\n\r\n{W}", kind="digest")
mixed("file of a Mac", PLAIN, "Content-Type: multipart/appledouble; boundary=c\r\n\r\n--c\r\nContent-Type: application/applefile\r\n\r\nx\r\n--c\r\nContent-Type: text/plain; name=a.txt\r\n\r\n" + W + "\r\n--c--")
mixed("calendar with another page", PLAIN, f"Content-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nX-ALT-DESC;FMTTYPE=text/html:<p>{W}</p>\r\nEND:VEVENT\r\nEND:VCALENDAR")
mixed("category of an event", PLAIN, f"Content-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nCATEGORIES:{W}\r\nEND:VEVENT\r\nEND:VCALENDAR")
mixed("contact of an event", PLAIN, f"Content-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nCONTACT:{W}\r\nEND:VEVENT\r\nEND:VCALENDAR")
mixed("file of an event", PLAIN, f"Content-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nATTACH;FILENAME={W}.txt;ENCODING=BASE64;VALUE=BINARY:eA==\r\nEND:VEVENT\r\nEND:VCALENDAR")
mixed("file of text in a file of Word", PLAIN, "Content-Type: application/x; name=a.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(docx(words(W))).decode())
mixed("inner subject of a sealed mail", f"Content-Type: text/plain; charset=utf-8; protected-headers=v1\r\nSubject: {W}\r\n\r\nx")
FILES["mbox: second mail"] = "a.mbox", f"From a Mon Jan  1 10:00:00 2026\nSubject: x\n\nBonjour\n\nFrom b Mon Jan  1 10:00:00 2026\nSubject: y\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{B64}\n".encode()
FILES["mht: page"] = "a.mht", f"From: <x>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{quopri.encodestring(f'<p>{W}</p>'.encode()).decode()}\r\n--b--\r\n".encode()


def message(properties: dict[int, bytes | str], head: bytes) -> dict[str, bytes]:
    """The streams of an Outlook message with more properties: tag of type → value."""
    streams: dict[str, bytes] = {}
    entries = b""
    for tag, value in {0x0037001F: "x", 0x001A001F: "IPM.Note", **properties}.items():
        data = value.encode("utf-16-le") if isinstance(value, str) else value
        streams[f"__substg1.0_{tag:08X}"] = data
        entries += struct.pack("<III4x", tag, 6, len(data) + (2 if isinstance(value, str) else 0))
    streams["__properties_version1.0"] = head + entries
    streams["__nameid_version1.0/__substg1.0_00020102"] = b"\0" * 16
    return streams


def msg(name: str, properties: dict[int, bytes | str]) -> None:
    """The message by itself, and attached to another."""
    FILES[f"msg: {name}"] = "a.msg", make.compound(message(properties, b"\0" * 32))
    folder = "__attach_version1.0_#00000000"
    streams = message({0x1000001F: "x"}, b"\0" * 12 + struct.pack("<3I", 1, 0, 1) + b"\0" * 8)
    streams[f"{folder}/__properties_version1.0"] = b"\0" * 8 + struct.pack("<III4x", 0x37050003, 6, 5)
    inner = message(properties, b"\0" * 24)
    streams |= {f"{folder}/__substg1.0_3701000D/{path}": value for path, value in inner.items()}
    FILES[f"msg within another: {name}"] = "a.msg", make.compound(streams)


RTF = b"{\\rtf1\\ansi z\\'e9bulon}"
PACKED = struct.pack("<III4s", len(RTF) + 12, len(RTF), 0x414C454D, b"\0" * 4)[:8] + b"MELA" + b"\0\0\0\0" + RTF
WRAPPED = b"{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 z\\'e9bulon\\htmlrtf }\\htmlrtf0 {\\*\\htmltag72 </p>}}"
msg("body in rich text", {0x10090102: PACKED})
msg("page in rich text", {0x10090102: struct.pack("<II", len(WRAPPED) + 12, len(WRAPPED)) + b"MELA\0\0\0\0" + WRAPPED})
msg("page", {0x10130102: f"<p>{W}</p>".encode()})
msg("place of a meeting", {0x1000001F: "x", 0x8004001F: W})
msg("company of a contact", {0x1000001F: "x", 0x3A16001F: W})
msg("blind copies", {0x1000001F: "x", 0x0E02001F: W})
mail("classification", "x", f"Subject: x\r\nX-Classification: {W}\r\n")
mail("protective marking", "x", f"Subject: x\r\nX-Protective-Marking: {W}\r\n")
mail("encoding with a remark", B64, "Subject: x\r\nContent-Transfer-Encoding: base64 (a remark)\r\n")
msg("rich text that says more than the plain one", {0x1000001F: "x", 0x10090102: PACKED})
mail("confidentiality", "x", f"Subject: x\r\nX-Confidentialite: {W}\r\n")
mixed("drawing that a page shows", "Content-Type: text/html\r\n\r\n<p>x</p>", f"Content-Type: image/svg+xml\r\nContent-ID: <i>\r\n\r\n<svg xmlns='http://www.w3.org/2000/svg'><text>{W}</text></svg>", kind="related")


def attached(name: str, attachment: dict[str, bytes], entries: bytes) -> None:
    """An Outlook message with one attachment of these streams and properties."""
    folder = "__attach_version1.0_#00000000"
    streams = message({0x1000001F: "x"}, b"\0" * 12 + struct.pack("<3I", 1, 0, 1) + b"\0" * 8)
    streams[f"{folder}/__properties_version1.0"] = b"\0" * 8 + entries
    FILES[f"msg: {name}"] = "a.msg", make.compound(streams | {f"{folder}/{path}": data for path, data in attachment.items()})


METHOD = 0x37050003
attached("object of another program", {f"__substg1.0_3701000D/{path}": data for path, data in OLE.items()}, struct.pack("<III4x", METHOD, 6, 6))
attached("file of an unknown way", {"__substg1.0_37010102": W.encode(), "__substg1.0_3704001F": "a.txt".encode("utf-16-le")}, struct.pack("<III4xIII4x", 0x37010102, 6, 8, 0x3704001F, 6, 12))


def tnef(name: str, *attributes: tuple[int, bytes], before: str = PLAIN) -> None:
    """A mail with a text of its own and what Outlook wrapped."""
    data = b"\x78\x9f\x3e\x22\1\0" + b"".join(struct.pack("<BII", 1, id, len(value)) + value + b"\0\0" for id, value in attributes)
    mixed(f"winmail.dat: {name}", before, "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data).decode())


def property(kind: int, id: int, value: bytes, named: bytes = b"") -> bytes:
    return struct.pack("<IHH", 1, kind, id) + named + struct.pack("<II", 1, len(value)) + value + b"\0" * (-len(value) % 4)


WIDE = W.encode("utf-16-le")
MAPI = 0x00069003
tnef("subject", (0x00018004, W.encode("cp1252")))
tnef("text", (0x0002800C, W.encode("cp1252")))
tnef("page", (MAPI, property(0x102, 0x1013, f"<p>{W}</p>".encode())))
tnef("rich text", (MAPI, property(0x102, 0x1009, PACKED)))
tnef("company of a contact", (MAPI, property(0x1F, 0x3A16, WIDE)))
tnef("place of a meeting", (MAPI, property(0x1F, 0x8001, WIDE, b"\0" * 16 + struct.pack("<II", 0, 0x8208))))
msg("classification", {0x1000001F: "x", 0x007D001F: f"From: a@b.example\r\nX-Classification: {W}\r\n\r\n"})
