"""ZIP archives: each member is a part. Names go through as they are: nothing is written anywhere."""

from __future__ import annotations

from contextlib import suppress

from core.documents.build import Builder, Unreadable
from core.documents.zip_package import Package

_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def read(package: Package, builder: Builder) -> None:
    """Raises Unreadable for bombs, which condemn the whole archive, and where nothing opens without a
    password; members fail alone otherwise."""
    builder.property("comment", package.comment)
    names = [name for name in package.names if not name.startswith(_LITTER) and not name.endswith(_LITTER)]
    if not names:
        raise Unreadable("empty")
    if all(package.is_locked(name) for name in names):
        raise Unreadable("encrypted")
    for name in names:
        try:
            data = package.read(name)
        except Unreadable as error:
            if error.reason == "expands":
                raise
            builder.unread_part(_shown(package, name), error.reason)
            continue
        builder.part(_shown(package, name), data)


def _shown(package: Package, name: str) -> str:
    """The member's name. Without the UTF-8 flag most tools write the system's own encoding."""
    if package.infos[name].flag_bits & 0x800:
        return name
    for encoding in ("utf-8", "cp850"):
        with suppress(UnicodeError):
            return name.encode("cp437").decode(encoding)
    return name
