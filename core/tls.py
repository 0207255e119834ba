"""The TLS contexts of every connection: the system's authorities and the private one of `RELAIS_CA_FILE`."""

from __future__ import annotations

import ssl
from pathlib import Path

from core.errors import ConfigurationError


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Make a context that trusts the system's authorities and those of `ca_file` beside them. Raises
    ConfigurationError when that file holds no certificate."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # SSLError among them
            reason = "holds no certificate" if isinstance(error, ssl.SSLError) else "cannot be read"
            remedy = "Name a file of PEM certificates (-----BEGIN CERTIFICATE-----)"
            raise ConfigurationError("RELAIS_CA_FILE", f"the file {ca_file} {reason}", remedy) from None
    return context
