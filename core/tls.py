"""The TLS contexts of every connection: the system's authorities and the private one of `RELAIS_CA_FILE`; and
why a server was not reached, in operators' words."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, cast

from core.errors import ConfigurationError
from core.language.operators import Phrase

Trouble = Literal["", "unknown", "expired", "name"]


def certificate_trouble(error: BaseException | None) -> Trouble:
    """What a connection that failed says of the server's certificate: of no known authority, no longer (or
    not yet) valid, of another name; empty: nothing."""
    found: Trouble = ""
    for each in causes(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            code = getattr(each, "verify_code", None)  # aiohttp's has none: what it came from has
            found = _TROUBLES.get(code, "unknown") if code is not None else found or "unknown"
    return found


def speaks_no_tls(error: BaseException | None) -> bool:
    """Did a connection fail because the server answers something else than TLS there?"""
    return any(
        isinstance(each, ssl.SSLError)
        and not isinstance(each, (ssl.SSLCertVerificationError, *_CUT))
        and "ALERT" not in (getattr(each, "reason", None) or "ALERT")  # aiohttp's has none; an alert is TLS
        for each in causes(error)
    )


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from, to the first; of several that came together, the first."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            error = cast(BaseExceptionGroup[BaseException], error).exceptions[0]
        else:
            error = error.__cause__ or error.__context__


def unreached(error: BaseException) -> Phrase:
    """Why a connection was not made, or broke: what the network said, whatever library it came through."""
    if trouble := certificate_trouble(error):
        return Phrase(f"tls.{trouble}")
    if speaks_no_tls(error):
        return Phrase("network.no_tls")
    for cause in causes(error):
        if isinstance(cause, socket.gaierror):
            return Phrase("network.no_address")
        if isinstance(cause, TimeoutError):
            return Phrase("network.silent")
        if isinstance(cause, OSError) and (key := _NETWORK.get(_number(cause))):
            return Phrase(key)
        if isinstance(cause, (ConnectionError, *_CUT)):
            return Phrase("network.reset")
    return Phrase("network.broke", name=type(error).__name__)


def _number(error: OSError) -> int:
    """Its `errno`; where asyncio tells of a name's several addresses in one text, the first of these."""
    told = re.search(r"\[Errno (\d+)\]", str(error))
    return error.errno or (int(told[1]) if told else 0)


_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""The connection ended, which is no TLS error for an operator."""
_NETWORK = {
    errno.ECONNREFUSED: "network.refused",
    errno.ENOENT: "why.ENOENT",
    errno.EACCES: "why.EACCES",
    errno.EHOSTUNREACH: "network.no_way",
    errno.ENETUNREACH: "network.no_way",
    errno.ETIMEDOUT: "network.silent",
}
_TROUBLES: dict[int, Trouble] = {9: "expired", 10: "expired", 62: "name", 64: "name"}
"""By X509_V_ERR_… of OpenSSL: not yet valid, expired; another host's name, another address."""


@cache
def trusting(ca_file: Path | None, *, to: Literal["web", "mail"] = "web") -> ssl.SSLContext:
    """The context that trusts the system's authorities and those of `ca_file` beside them: one for all, since
    to read them takes 7 ms, but for mail servers, which refuse the protocol that httpx writes into the web's.
    Raises ConfigurationError when that file holds no certificate."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # SSLError among them
            key = "tls.ca_empty" if isinstance(error, ssl.SSLError) else "tls.ca_unread"
            raise ConfigurationError("RELAIS_CA_FILE", key, path=ca_file) from None
    return context
