"""Files that are encrypted to somebody: OpenPGP (RFC 9580), age, a vault of Ansible. Nobody here has the key.

Pure: recognised and cut out here, told by the reader of texts.
"""

from __future__ import annotations

import re

SEALED = "sealed"
"""The detail of the reason `encrypted`: encrypted with a key, where other files ask for a password."""

_ARMOUR = re.compile(
    rb"^-----BEGIN (?P<kind>PGP MESSAGE|AGE ENCRYPTED FILE)-----.*?(?:^-----END (?P=kind)-----[ \t\r]*$|\Z)"
    rb"|^\$ANSIBLE_VAULT;[\d.]+;AES256[^\n]*\n(?:[ \t]*[0-9a-f]+[ \t\r]*(?:\n|\Z))*",
    re.DOTALL | re.MULTILINE,
)
_BINARY = re.compile(
    rb"age-encryption\.org/v\d\n|Salted__"
    rb"|(?:\x84.|\x85..|\x86.{4})[\x03\x06]|\xc1(?:[\x00-\xbf]|[\xc0-\xdf].|\xff.{4})[\x03\x06]"  # to a key
    rb"|(?:\x8c.|\xc3[\x00-\xbf])[\x04-\x06][\x01-\x0d]",  # to a passphrase
    re.DOTALL,
)
"""How an encrypted session key begins, the first packet of a message (RFC 9580, 4.2, 5.1 and 5.3)."""


def is_sealed(data: bytes) -> bool:
    """Whether a file is an encrypted message, or holds one in armour."""
    return _BINARY.match(data) is not None or (
        (b"-----BEGIN " in data or b"$ANSIBLE" in data) and bool(_ARMOUR.search(data))
    )


def without_messages(data: bytes) -> bytes:
    """What stands in clear beside the messages; nothing of a message in binary form."""
    return b"" if _BINARY.match(data) else _ARMOUR.sub(b"", data)
