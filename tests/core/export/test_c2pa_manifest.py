"""Content Credentials: where there is a certificate, a PDF has a manifest that any tool for C2PA verifies."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pdfua import validate

from core.errors import ConfigurationError
from core.export import LevelMark, export
from core.export.c2pa_manifest import Credentials
from tests.core.export.test_export import MARKING, TEXT

NOW = datetime.fromtimestamp(time.time(), UTC)
USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Exemple"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, days: int
) -> bytes:
    """A certificate as C2PA asks for it (2.2, 14.5): its authority's, or one that signs."""
    ca = key is by
    uses = dict.fromkeys(USES, False) | {"key_cert_sign" if ca else "digital_signature": True}
    made = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("autorité"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**uses), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    )
    return made.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM)


AUTHORITY, KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


def given(*, days: int = 60, key: ec.EllipticCurvePrivateKey = KEY) -> Credentials:
    chain = certificate("relais", KEY, AUTHORITY, days) + certificate("autorité", AUTHORITY, AUTHORITY, 90)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Credentials(chain, secret, NOW.timestamp)


def manifests(pdf: bytes) -> Any:
    return orjson.loads(c2pa.Reader("application/pdf", io.BytesIO(pdf)).json())


MARKED: LevelMark = replace(MARKING, credentials=given())


def test_pdf_has_a_manifest(tmp_path: Path) -> None:
    """It says by the IPTC's term that a model made the text, is valid, and leaves the PDF accessible, with
    its record and its label."""
    pdf = export(TEXT, "pdf", MARKED)
    found = manifests(pdf)
    assert found["validation_state"] == "Valid"  # "Trusted" where the authority is on a list
    active = found["manifests"][found["active_manifest"]]
    (action,) = [each for each in active["assertions"] if each["label"].startswith("c2pa.actions")]
    assert action["data"]["actions"][0]["digitalSourceType"] == MARKING.source_type
    assert active["signature_info"]["issuer"] == "Exemple"
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf)
    assert not validate(str(path)).findings
    assert MARKING.record.encode() in pdf
    assert b"MSIP_Label_" in pdf


def test_a_changed_pdf_does_not_verify() -> None:
    """The manifest is bound to the bytes."""
    pdf = export(TEXT, "pdf", MARKED)
    assert (
        manifests(pdf.replace(b"trainedAlgorithmic", b"humanEditedByHand!"))["validation_state"] == "Invalid"
    )


def test_without_a_certificate_there_is_no_manifest() -> None:
    """The PDF is as before."""
    with pytest.raises(c2pa.C2paError, match="ManifestNotFound"):
        manifests(export(TEXT, "pdf", MARKING))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [({"days": -1}, "expiré"), ({"key": AUTHORITY}, "RELAIS_C2PA__KEY")],
)
def test_what_cannot_sign_stops_the_start(arguments: Any, why: str) -> None:
    """A certificate that is over, or another one's key, is an error of configuration, in words."""
    with pytest.raises(ConfigurationError, match=why):
        given(**arguments)
