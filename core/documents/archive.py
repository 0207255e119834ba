"""ZIP archives: each member is a part. Names go through as they are: nothing is written anywhere.

A book (EPUB 3.3) is an archive too, whose chapters are read in the order of its spine, without the files that
only tell a reading program what to do.
"""

from __future__ import annotations

import re
from contextlib import suppress
from posixpath import normpath
from urllib.parse import unquote

from core.documents.build import Builder, Unreadable
from core.documents.zip_package import Package, attribute, child, children, each, find_all, tag, text_in

_LIST = "application/x-dtbncx+xml"
_PLUMBING = re.compile(r"^mimetype$|^META-INF/[^/]+\.xml$|\.(?:css|js)$")
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
    if "mimetype" in package.infos and package.read("mimetype").strip() == b"application/epub+zip":
        names = _of_book(package, names, builder)
    for name in names:
        try:
            data = package.read(name)
        except Unreadable as error:
            if error.reason == "expands":
                raise
            builder.unread_part(_shown(package, name), error.reason)
            continue
        builder.part(_shown(package, name), data)


def _of_book(package: Package, names: list[str], builder: Builder) -> list[str]:
    """The members that people read: those of the spine, then the rest. Sets title and properties, and places
    of what its lists of chapters say."""
    root = next(find_all(package.xml("META-INF/container.xml"), "rootfile"), None)
    main = attribute(root, "full-path")
    book = package.xml(main)
    for item in each(child(book, "metadata")):
        builder.property(tag(item), text_in(item))
    items = {attribute(item, "id"): item for item in children(child(book, "manifest"), "item")}
    folder = main.rpartition("/")[0]
    paths = {
        key: normpath(f"{folder}/{unquote(attribute(item, 'href'))}").lstrip("/")
        for key, item in items.items()
    }
    lists = {
        paths[key]
        for key, item in items.items()
        if attribute(item, "media-type") == _LIST or "nav" in attribute(item, "properties").split()
    }
    trees = {name: package.xml(name) for name in lists if name in names and not package.is_locked(name)}
    builder.rest(("outline", " ".join(tree.itertext())) for tree in trees.values() if tree is not None)
    spine = [paths.get(attribute(item, "idref"), "") for item in children(child(book, "spine"), "itemref")]
    ordered = dict.fromkeys((*(name for name in spine if name in package.infos), *names))
    return [
        name for name in ordered if trees.get(name) is None and name != main and not _PLUMBING.search(name)
    ]


def _shown(package: Package, name: str) -> str:
    """The member's name. Without the UTF-8 flag most tools write the system's own encoding."""
    if package.infos[name].flag_bits & 0x800:
        return name
    for encoding in ("utf-8", "cp850"):
        with suppress(UnicodeError):
            return name.encode("cp437").decode(encoding)
    return name
