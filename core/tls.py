"""The TLS contexts of every connection: the system's authorities and the private one of `RELAIS_CA_FILE`; and
why a server was not reached, in operators' words."""

from __future__ import annotations

import errno
import socket
import ssl
from pathlib import Path
from typing import Literal

from core.errors import ConfigurationError
from core.language.operators import Phrase

Trouble = Literal["", "unknown", "expired", "name"]


def certificate_trouble(error: BaseException | None) -> Trouble:
    """What a connection that failed says of the server's certificate: of no known authority, no longer (or
    not yet) valid, of another name; empty: nothing."""
    found: Trouble = ""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            code = getattr(error, "verify_code", None)  # aiohttp's has none: what it came from has
            found = _TROUBLES.get(code, "unknown") if code is not None else found or "unknown"
        error = error.__cause__ or error.__context__
    return found


def certificate_words(trouble: Trouble) -> tuple[str, str]:
    """What is wrong with a server's certificate, and the remedy, for operators."""
    phrase = Phrase(f"tls.{trouble or 'unknown'}")
    return str(phrase), phrase.remedy


def speaks_no_tls(error: BaseException | None) -> bool:
    """Did a connection fail because the server answers something else than TLS there?"""
    while error is not None:
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def unreached(error: BaseException) -> Phrase:
    """Why a connection was not made, or broke: what the network said, whatever library it came through."""
    if trouble := certificate_trouble(error):
        return Phrase(f"tls.{trouble}")
    if speaks_no_tls(error):
        return Phrase("network.no_tls")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return Phrase("network.no_address")
        if isinstance(cause, TimeoutError):
            return Phrase("network.silent")
        if isinstance(cause, OSError) and (key := _NETWORK.get(cause.errno or 0)):
            return Phrase(key)
        cause = cause.__cause__ or cause.__context__
    return Phrase("network.broke", name=type(error).__name__)


_NETWORK = {
    errno.ECONNREFUSED: "network.refused",
    errno.ENOENT: "why.ENOENT",
    errno.EACCES: "why.EACCES",
    errno.ECONNRESET: "network.reset",
    errno.EPIPE: "network.reset",
    errno.EHOSTUNREACH: "network.no_way",
    errno.ENETUNREACH: "network.no_way",
    errno.ETIMEDOUT: "network.silent",
}
_TROUBLES: dict[int, Trouble] = {9: "expired", 10: "expired", 62: "name", 64: "name"}
"""By X509_V_ERR_… of OpenSSL: not yet valid, expired; another host's name, another address."""


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Make a context that trusts the system's authorities and those of `ca_file` beside them. Raises
    ConfigurationError when that file holds no certificate."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # SSLError among them
            key = "tls.ca_empty" if isinstance(error, ssl.SSLError) else "tls.ca_unread"
            raise ConfigurationError("RELAIS_CA_FILE", key, path=ca_file) from None
    return context
