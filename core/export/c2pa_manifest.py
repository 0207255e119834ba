"""Content Credentials: a C2PA manifest in a PDF, signed with a certificate that the operator gives.

The maintained `c2pa-python` writes it (the extra `c2pa`); it asks nothing of the network. Of DOCX and ODT it
takes packages without compression only, which weigh twenty times as much: they go without.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates

from core.errors import ConfigurationError
from core.telemetry import log

_PDF = "application/pdf"
_CURVES = {256: "ES256", 384: "ES384", 521: "ES512"}
_SETTING = "RELAIS_C2PA__CERTIFICATES"


class Credentials:
    """Signs with a key and its certificates (PEM; the first one is the key's). Raises ConfigurationError when
    they do not belong together, the certificate is over at `now` (seconds since 1970), or the extra is
    missing."""

    def __init__(self, certificates: bytes, key: bytes, now: Callable[[], float]) -> None:
        try:
            self._c2pa: Any = importlib.import_module("c2pa")
        except ImportError:
            raise ConfigurationError(_SETTING, "c2pa.package") from None
        try:
            own, *_ = load_pem_x509_certificates(certificates)
            private: Any = load_pem_private_key(key, None)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(_SETTING, "c2pa.unread") from error
        raw = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        if private.public_key().public_bytes(*raw) != own.public_key().public_bytes(*raw):
            raise ConfigurationError(_SETTING, "c2pa.other_key")
        if own.not_valid_after_utc.timestamp() <= now():
            raise ConfigurationError(_SETTING, "c2pa.expired")
        self._signer = self._c2pa.C2paSignerInfo(
            alg=getattr(self._c2pa.C2paSigningAlg, _algorithm(private)),
            sign_cert=certificates,
            private_key=key,
            ta_url=None,
        )

    def added(self, pdf: bytes, *, title: str, source_type: str) -> bytes:
        """The PDF with its manifest: what wrote it and when, bound to its bytes. A PDF that cannot be signed
        leaves without, which the log says: its own record stands in it anyway."""
        action = {"action": "c2pa.created", "digitalSourceType": source_type}
        manifest = {
            "claim_generator_info": [{"name": "relais", "version": version("relais")}],
            "title": title,
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }
        out = io.BytesIO()
        try:
            signer = self._c2pa.Signer.from_info(self._signer)
            self._c2pa.Builder(orjson.dumps(manifest).decode()).sign(signer, _PDF, io.BytesIO(pdf), out)
        except self._c2pa.C2paError as error:
            log.warning("credentials_not_added", error=error)
            return pdf
        return out.getvalue()


def _algorithm(key: object) -> str:
    match key:
        case ec.EllipticCurvePrivateKey():
            return _CURVES.get(key.curve.key_size, "ES256")
        case ed25519.Ed25519PrivateKey():
            return "ED25519"
        case rsa.RSAPrivateKey():
            return "PS256"
        case _:
            raise ConfigurationError("RELAIS_C2PA__KEY", "c2pa.kind")
