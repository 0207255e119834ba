"""Electronic books (EPUB 2 and 3.3): which members of the archive people read, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath
from urllib.parse import unquote

from core.documents.build import Builder
from core.documents.xml import Element, attribute, child, children, each, find_all, tag, text_in
from core.documents.zip_package import Package

_TYPE = b"application/epub+zip"
_NCX = "application/x-dtbncx+xml"
_PLUMBING = re.compile(r"^mimetype$|^META-INF/[^/]+\.xml$|\.(?:css|js)$")
"""Members that only tell a reading program what to do."""


def is_book(package: Package) -> bool:
    """True if an archive says that it is a book (EPUB OCF 3.3, 4.3)."""
    return "mimetype" in package.infos and package.read("mimetype").strip() == _TYPE


def read_book(package: Package, names: list[str], builder: Builder) -> list[str]:
    """Return those of the `names` that people read: the pages in the order of the spine, then the rest.

    Sets the title and the properties. The titles in the tables of contents become places.
    """
    book = _PackageDocument(package)
    for item in each(child(book.root, "metadata")):
        builder.property(tag(item), text_in(item))
    contents: dict[str, str] = {}
    for name in book.contents():
        tree = package.xml(name) if name in names and not package.is_locked(name) else None
        if tree is not None:
            contents[name] = " ".join(tree.itertext())
    builder.rest(("outline", text) for text in contents.values())
    pages = (name for name in book.spine() if name in package.infos)
    unread = {book.path, *contents}
    ordered = dict.fromkeys((*pages, *names))
    return [name for name in ordered if name not in unread and not _PLUMBING.search(name)]


class _PackageDocument:
    """The part of a book that lists all others (EPUB 3.3, 5), at `path`."""

    def __init__(self, package: Package) -> None:
        rootfile = next(find_all(package.xml("META-INF/container.xml"), "rootfile"), None)
        self.path = attribute(rootfile, "full-path")
        self.root = package.xml(self.path)
        self._items = children(child(self.root, "manifest"), "item")

    def contents(self) -> list[str]:
        """The tables of contents, each once."""
        return list(dict.fromkeys(self._member(item) for item in self._items if _is_contents(item)))

    def spine(self) -> Iterator[str]:
        """The pages in their order. A page that the manifest does not know is an empty name."""
        members = {attribute(item, "id"): self._member(item) for item in self._items}
        for item in children(child(self.root, "spine"), "itemref"):
            yield members.get(attribute(item, "idref"), "")

    def _member(self, item: Element) -> str:
        """The member of the archive that an item of the manifest names, relative to this document's
        folder."""
        folder = self.path.rpartition("/")[0]
        return normpath(f"{folder}/{unquote(attribute(item, 'href'))}").lstrip("/")


def _is_contents(item: Element) -> bool:
    """True for a table of contents: the NCX of EPUB 2 or the navigation document of EPUB 3."""
    return attribute(item, "media-type") == _NCX or "nav" in attribute(item, "properties").split()
