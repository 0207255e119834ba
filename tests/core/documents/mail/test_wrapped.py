"""What Outlook, S/MIME and PGP put round a text is taken off; what cannot be taken off is said."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.mail import signed, tnef
from core.documents.mail.incoming import read as read_mail

TOP = b"From: a@ministere.example\r\nTo: b@ministere.example\r\nSubject: Note\r\nMIME-Version: 1.0\r\n"


def attribute(id: int, value: bytes, level: int = 1) -> bytes:
    return struct.pack("<BII", level, id, len(value)) + value + b"\0\0"


def properties(*pairs: tuple[int, int, bytes]) -> bytes:
    """(type, id, value) of variable length."""
    out = struct.pack("<I", len(pairs))
    for kind, id, value in pairs:
        out += struct.pack("<HHII", kind, id, 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return out


def wrapped(body: bytes = b"", *files: tuple[str, bytes]) -> bytes:
    out = tnef.SIGNATURE + b"\1\0"
    out += attribute(0x00069007, struct.pack("<II", 1252, 0))
    if body:
        out += attribute(0x00069003, properties((0x102, 0x1013, body)))
    for name, data in files:
        out += attribute(0x00069002, b"\0" * 14, 2) + attribute(0x0006800F, data, 2)
        out += attribute(0x00069005, properties((0x1F, 0x3707, name.encode("utf-16-le"))), 2)
    return out


def mail(kind: str, data: bytes, *, before: bytes = b"") -> bytes:
    encoded = base64.encodebytes(data)
    part = b"Content-Type: " + kind.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded
    if not before:
        return TOP + part
    return (
        (TOP + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n')
        + before
        + b"\r\n--b\r\n"
        + part
        + b"\r\n--b--\r\n"
    )


def document(data: bytes) -> Document:
    return read(data, name="x.eml")


def test_the_files_of_winmail_dat_are_files_of_the_mail() -> None:
    """With their long names; the text stays that of the mail."""
    data = wrapped(b"<p>Deux fois</p>", ("été.txt", "Rapport d’été".encode()))
    found = document(mail("application/ms-tnef; name=winmail.dat", data, before=b"Voir la suite."))
    assert [part.name for part in found.parts] == ["été.txt"]
    assert "Rapport d’été" in found.to_markdown()
    assert "Voir la suite." in found.to_markdown()
    assert "Deux fois" not in found.to_markdown()
    assert not found.unread


def test_the_text_of_winmail_dat_is_read_when_the_mail_has_none() -> None:
    """Its HTML."""
    assert (
        "Bonjour à tous"
        in document(mail("application/ms-tnef", wrapped(b"<p>Bonjour &agrave; tous"))).to_markdown()
    )


def test_a_message_in_winmail_dat_is_read_too() -> None:
    """An attached message is in the same format, behind the id of its interface."""
    inner = b"\7" * 16 + wrapped(b"<p>La suite du fil</p>", ("b.txt", b"dedans"))
    data = wrapped(b"") + attribute(0x00069002, b"\0" * 14, 2)
    data += attribute(0x00069005, properties((0x0D, 0x3701, inner)), 2)
    text = document(mail("application/ms-tnef", data)).to_markdown()
    assert "La suite du fil" in text
    assert "dedans" in text


def test_a_cut_winmail_dat_fails_closed() -> None:
    """What came before is read, and the mail counts as not read whole."""
    data = wrapped(b"", ("a.txt", b"lu"), ("b.txt", b"b" * 900))[:-700]
    found = document(mail("application/ms-tnef; name=winmail.dat", data, before=b"Voici."))
    assert "lu" in found.to_markdown()
    assert [part.reason for part in found.unread] == ["nested"]


def test_compressed_rtf_is_unfolded() -> None:
    """The example of MS-OXRTFCP 3.1."""
    data = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert tnef.decompressed(data) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_damage_to_winmail_dat_is_survived(noise: bytes, at: int) -> None:
    """Only ValueError, and only for what is none."""
    data = wrapped(b"<p>x</p>", ("a.txt", b"abc"))
    tnef.read(data[: 6 + at] + noise)
    tnef.decompressed(b"\0" * 8 + b"LZFu" + noise)


def key() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Anne")])
    now = datetime(2026, 11, 25, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(private.public_key())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(private, hashes.SHA256()), private


@pytest.mark.parametrize(
    "kind", ["application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "application/x-pkcs7-mime"]
)
def test_an_opaque_signed_mail_is_read(kind: str) -> None:
    """Its content, attachments included; nobody claims that the signature was verified."""
    inner = mail("text/plain; name=b.txt", b"dans la piece", before=b"Texte signe.").partition(
        b"MIME-Version: 1.0\r\n"
    )[2]
    certificate, private = key()
    data = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(inner)
        .add_signer(certificate, private, hashes.SHA256())
        .sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
    found = read_mail(mail(kind, data))
    assert found.own == "Texte signe."
    assert found.protection == "smime_signed"
    assert "dans la piece" in document(mail(kind, data)).to_markdown()


def test_lengths_that_are_not_told_are_followed() -> None:
    """BER as streaming programs write it: pieces, and ends marked by two zeros."""

    def long(tag: int, *inside: bytes) -> bytes:
        return bytes([tag, 0x80]) + b"".join(inside) + b"\0\0"

    oid = bytes([6, 9]) + bytes.fromhex("2a864886f70d010702")
    data_oid = bytes([6, 9]) + bytes.fromhex("2a864886f70d010701")
    text = long(0xA0, long(0x24, b"\x04\x03abc", b"\x04\x02de"))
    whole = long(0x30, oid, long(0xA0, long(0x30, b"\x02\x01\x01", b"\x31\x00", long(0x30, data_oid, text))))
    assert signed.content(whole) == b"abcde"


def test_certificates_alone_are_nothing_to_read() -> None:
    """Signed data without content is no encrypted mail."""
    oid = bytes([6, 9]) + bytes.fromhex("2a864886f70d010702")
    bare = b"\x30\x80" + oid + b"\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x00\0\0\0\0\0\0"
    found = document(
        mail("application/pkcs7-mime; smime-type=certs-only; name=smime.p7c", bare, before=b"Voici.")
    )
    assert "Voici." in found.to_markdown()
    assert not found.unread


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_no_signed_message(noise: bytes) -> None:
    """They are told apart without an exception."""
    signed.content(b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010702") + noise)
    signed.without_armour(noise)


def test_a_clear_signature_of_pgp_is_taken_off() -> None:
    """The text is read, its escaped lines restored."""
    text = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nBonjour,\n- -- point\n"
        b"-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    )
    found = read_mail(TOP + b"\r\n" + text)
    assert found.own == "Bonjour,\n-- point"
    assert found.protection == "pgp_signed"


def test_what_pgp_encrypted_is_said_not_shown() -> None:
    """Armour in the text is no text; what stands beside it is."""
    text = b"Voici.\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\nMerci."
    found = document(TOP + b"\r\n" + text)
    assert "hQEMA" not in found.to_markdown()
    assert "Merci." in found.to_markdown()
    assert [part.reason for part in found.unread] == ["encrypted"]
    assert read_mail(TOP + b"\r\n" + text).protection == "pgp_encrypted"


def test_a_signed_file_by_itself_is_opened() -> None:
    """What was signed is a part, whether it is a mail's text or a file."""
    for inner, said in (
        (b"Content-Type: text/plain\r\n\r\nLe quai est ouvert", "Le quai est ouvert"),
        (b"%PDF-", ""),
    ):
        octets = bytes((0x04, len(inner))) + inner
        data_type, signed_type = (bytes.fromhex(f"06092a864886f70d0107{kind}") for kind in ("01", "02"))
        wrapped = _sequence(0x30, data_type, _sequence(0xA0, octets))
        signed = _sequence(0x30, b"\x02\x01\x01", b"\x31\x00", wrapped, b"\x31\x00")
        document = read(_sequence(0x30, signed_type, _sequence(0xA0, signed)), name="note.p7m")
        assert len(document.parts) == 1
        assert said in document.to_markdown()


def _sequence(tag: int, *values: bytes) -> bytes:
    value = b"".join(values)
    return bytes((tag, len(value))) + value


def test_what_the_finder_knows_of_a_file_is_no_file() -> None:
    """Apple Mail sends it in AppleDouble under the name of the file, which was told as one that cannot be
    read."""
    fork = bytes.fromhex("0005160700020000") + bytes(60)
    mail = _parts(
        ("application/applefile", "note.txt", fork),
        ("text/plain", "note.txt", b"Le budget est de 4 000 euros."),
    )
    assert [(each.name, each.media_type) for each in read_mail(mail).files] == [("note.txt", "text/plain")]


CARD = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:DUPONT;Anne-Laure\r\nFN:Anne-Laure DUPONT\r\nTEL:01 40\r\nEND:VCARD\r\n"
)


def test_the_card_of_its_author_signs_a_mail() -> None:
    """It is no document on which the question is asked; a marking in it counts as one of the signature."""
    found = read_mail(
        _parts(("text/x-vcard", "anne.vcf", CARD), author="DUPONT Anne-Laure <a@ministere.example>")
    )
    assert not found.files
    assert "Anne-Laure" in found.signature


@pytest.mark.parametrize(
    "author",
    [
        "Paul Martin <p@ministere.example>",
        "Martin Dupont <anne@ministere.example>",
        "Anne <anne@ministere.example>",
    ],
)
def test_the_card_of_somebody_else_is_a_document(author: str) -> None:
    """« Qui est-ce ? », of one who bears the same first name, or in whose card the author is noted."""
    card = CARD.replace(b"END:", b"NOTE:amie de Martin Dupont <anne@ministere.example>\r\nEND:")
    found = read_mail(_parts(("text/x-vcard", "anne.vcf", card), author=author))
    assert [each.name for each in found.files] == ["anne.vcf"]


def _parts(*parts: tuple[str, str, bytes], author: str = "Anne <anne@ministere.example>") -> bytes:
    """A mail with a word and these files."""
    files = b"".join(
        f"--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename={name}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for kind, name, data in parts
    )
    top = f"From: {author}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour\r\n"
    return top.encode() + files + b"--b--\r\n"
