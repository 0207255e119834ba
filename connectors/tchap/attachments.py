"""Files of messages: what a content says about its file. Pure."""

from __future__ import annotations

import re

from core.connector import Attachment
from core.connector.untrusted_json import Json, object_in, text_in

FILES = frozenset({"m.file", "m.image", "m.audio", "m.video"})
"""The kinds of messages (`msgtype`) that are files."""

_MXC = re.compile(r"mxc://[^/\s?#]+/[^/\s?#]+")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,120}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]")


def caption(content: Json) -> str:
    """MSC2530: a file's `body` is a caption when `filename` is there and differs."""
    name, body = text_in(content, "filename"), text_in(content, "body")
    return body if name and body != name else ""


def attachment(content: Json) -> Attachment:
    """A file. Without a usable address the reference is empty: fetching it then says so to the person."""
    info = object_in(content, "info")
    media_type = text_in(info, "mimetype").lower()
    size = info.get("size")
    name = _UNSAFE.sub("_", text_in(content, "filename") or text_in(content, "body")).strip(" .")[:200]
    return Attachment(
        name=name or "fichier",
        media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream",
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        reference=_reference(content),
    )


def _reference(content: Json) -> dict[str, str]:
    """`mxc` and, of an encrypted file, what decrypts and verifies it (Matrix "EncryptedFile")."""
    file = object_in(content, "file")
    address = text_in(file, "url") or text_in(content, "url")
    if not _MXC.fullmatch(address):
        return {}
    if not file:
        return {"mxc": address}
    secret = {
        "mxc": address,
        "key": text_in(file, "key", "k"),
        "iv": text_in(file, "iv"),
        "sha256": text_in(file, "hashes", "sha256"),
    }
    return secret if all(secret.values()) else {}
