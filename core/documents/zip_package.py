"""A ZIP archive of XML parts (OOXML, ODF), opened with suspicion; and its XML without namespaces.

Sizes are judged before unpacking and while unpacking. Names of elements and attributes are compared
without their namespaces: transitional and strict OOXML differ in nothing else that matters here.
"""

from __future__ import annotations

import functools
import importlib
import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any
from urllib.parse import unquote, urlsplit

from core.documents.build import Builder, UnpackBudget, Unreadable
from core.documents.document import Limits
from core.documents.text.encoding import decode

_SMALL = 1024 * 1024
_FREE = 8
"""Times that a part is read at the price of one: the large parts of XML are, by several readers."""
_KEPT = 4 * 1024 * 1024
"""Bytes of an XML part up to which its tree stays in memory."""

etree: Any = importlib.import_module("lxml.etree")  # compiled, without types

Element = Any
"""An lxml element: its stubs know less than we need."""


class Package:
    """The parts of an archive by name. Raises Unreadable for bombs, encrypted and damaged archives."""

    def __init__(self, data: bytes, budget: UnpackBudget, limits: Limits) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise Unreadable("damaged", type(error).__name__) from None
        self._budget = budget
        self._limits = limits
        self._parsed: dict[str, Element | None] = {}
        self._relations: dict[str, dict[str, tuple[str, str]]] = {}
        self._reads: dict[str, int] = {}
        self.damaged: list[str] = []
        """The parts that were asked for and are no XML."""
        self.infos: dict[str, zipfile.ZipInfo] = {}
        numbers = count(1)
        for info in self._zip.infolist():
            name = info.filename
            if name in self.infos:  # of one name the last counts, as in any program; the others are read too
                stem, suffix = posixpath.splitext(name)
                numbered = (f"{stem} ({number}){suffix}" for number in numbers)
                self.infos[next(each for each in numbered if each not in self.infos)] = self.infos.pop(name)
            if not info.is_dir():
                self.infos[name] = info

    def within(self, data: bytes) -> Package:
        """An archive within this one."""
        return Package(data, self._budget, self._limits)

    @property
    def names(self) -> list[str]:
        return list(self.infos)

    @property
    def comment(self) -> str:
        """What programs show beside the list of the files."""
        return decode(self._zip.comment)[0]

    def is_locked(self, name: str) -> bool:
        """Does one part open with a password only?"""
        return bool(self.infos[name].flag_bits & 1)

    def read(self, name: str) -> bytes:
        """One part. Raises KeyError without it."""
        info = self.infos[name]
        if self.is_locked(name):
            raise Unreadable("encrypted")
        if info.file_size > _SMALL and info.file_size > self._limits.ratio * max(1, info.compress_size):
            raise Unreadable("expands")
        reads = self._reads[name] = self._reads.get(name, 0) + 1
        if reads == 1 or reads > _FREE:
            self._budget.spend(info.file_size)
        try:
            with self._zip.open(info) as file:
                data = file.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise Unreadable("damaged", type(error).__name__) from None
        if len(data) > info.file_size:
            raise Unreadable("expands")
        return data

    def xml(self, name: str) -> Element | None:
        """The root of an XML part; None when there is none, or it is damaged. Parsed once, but for the
        large ones."""
        if name not in self._parsed:
            root = self._root(name) if name in self.infos else None
            if root is not None and self.is_large(name):
                return root
            self._parsed[name] = root
        return self._parsed[name]

    def each_of(self, name: str, element: str) -> Iterator[Element]:
        """The elements of a name in an XML part, each gone when the next one comes: of a large part there is
        room for no tree. What is behind damage is left out."""
        try:
            for _, item in etree.iterparse(io.BytesIO(self.read(name)), tag="{*}" + element, **_STRICT):
                yield item
                _forget(item)
        except etree.XMLSyntaxError:
            self.damaged.append(name)

    def without(self, name: str, element: str) -> Element | None:
        """The root of a large XML part without the elements of a name; None where it is damaged."""
        found = etree.iterparse(io.BytesIO(self.read(name)), tag="{*}" + element, **_STRICT)
        try:
            for _, item in found:
                _forget(item)
        except etree.XMLSyntaxError:
            self.damaged.append(name)
            return None
        return found.root

    def up_to(self, name: str, element: str, most: int) -> Element:
        """The root of a large XML part, where of the elements of a name with a text in them only so many, and
        one more, keep it. Raises XMLSyntaxError."""
        found, kept = etree.iterparse(io.BytesIO(self.read(name)), tag="{*}" + element, **_STRICT), 0
        for _, item in found:
            kept += next(item.iterdescendants("{*}p"), None) is not None
            if kept > most + 1:
                item.clear()
        return found.root

    def is_large(self, name: str) -> bool:
        """Whether a part is too large for its tree to be kept."""
        return name in self.infos and self.infos[name].file_size > _KEPT

    def main(self, name: str) -> Element | None:
        """The same of the part without which there is no document. Raises Unreadable where it is damaged."""
        root = self.xml(name)
        if name in self.damaged:
            raise Unreadable("damaged", "XML")
        return root

    def _root(self, name: str) -> Element | None:
        try:
            return parse(self.read(name), loose=name.endswith(".vml"))  # into which programs write HTML
        except Unreadable as error:
            if error.reason != "damaged":
                raise
            self.damaged.append(name)
            return None

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """The relationships of an OOXML part: id → (kind, part name). External targets are left out."""
        if part in self._relations:
            return self._relations[part]
        folder, _, name = part.rpartition("/")
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = self._relations[part] = dict[str, tuple[str, str]]()
        for relation in each(root):
            if attribute(relation, "TargetMode") == "External":
                continue
            target = posixpath.normpath(posixpath.join("/", folder, attribute(relation, "Target")))
            kind = attribute(relation, "Type").rpartition("/")[2]
            found[attribute(relation, "Id")] = (kind, target.lstrip("/"))
        return found

    def related(self, part: str, kind: str) -> Iterator[str]:
        """The names of the parts of one kind that a part refers to, those that exist."""
        for found, name in self.relations(part).values():
            if found == kind and name in self.infos:
                yield name

    def related_xml(self, part: str, kind: str) -> Element | None:
        """The root of the first of these; None where there is none."""
        name = next(self.related(part, kind), None)
        return self.xml(name) if name else None

    def target(self, part: str, relation: str) -> str:
        """The name of the part that a relationship leads to; empty without it."""
        return self.relations(part).get(relation, ("", ""))[1]


_STRICT: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,  # of which some programs write one twice
}


def _forget(item: Element) -> None:
    """Free what an element and those before it hold."""
    item.clear()
    while (before := item.getprevious()) is not None:
        item.getparent().remove(before)


def parse(data: bytes, *, loose: bool = False, remarks: bool = False) -> Element:
    """XML without entities, network or excessive nesting, and without comments and instructions to programs
    unless these remarks are asked for.
    Raises Unreadable, unless `loose` XML may be damaged; None where then nothing is left."""
    parser = etree.XMLParser(
        recover=loose, **_STRICT | {"remove_comments": not remarks, "remove_pis": not remarks}
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from None
        deep = "depth" in str(error)
        raise Unreadable("nested" if deep else "damaged", "" if deep else "XML") from None


def tag(element: Element) -> str:
    """The element's name without its namespace; empty for comments, instructions and entities."""
    name = element.tag
    return _local(name) if isinstance(name, str) else ""


@functools.lru_cache(maxsize=2048)
def _local(name: str) -> str:
    return name.rpartition("}")[2]


def attribute(element: Element | None, name: str) -> str:
    """The attribute's value in whatever namespace; empty without it."""
    if element is None:
        return ""
    for key in element.keys():  # noqa: SIM118 - not a mapping; its items cost the square of their number
        if _local(key) == name:
            return str(element.get(key))
    return ""


def number(element: Element | None, name: str, default: int = 0) -> int:
    """The whole number in an attribute; the default where there is none."""
    value = attribute(element, name)
    return int(value) if value.isdecimal() else default


def value_of(element: Element | None, name: str) -> str:
    """What an element within says in its attribute `val`, as OOXML writes most properties."""
    return attribute(child(element, name), "val")


def text_in(element: Element | None) -> str:
    """All text within an element."""
    return "" if element is None else "".join(element.itertext())


def target_of(link: str) -> str:
    """Where a link leads: the host of a page (what follows it are numbers and tokens), all of another, as of
    what only looks like an address (`http://[votre-site]/x`)."""
    link = unquote(link)
    if link.startswith("#"):
        return ""
    try:
        return urlsplit(link).netloc if link.lower().startswith("http") else link
    except ValueError:
        return link


def relation_id(element: Element) -> str:
    """`r:id`, which stands beside a plain `id`."""
    return next((str(value) for key, value in element.attrib.items() if key.endswith("}id")), "")


def child(element: Element | None, *path: str) -> Element | None:
    """The first element at a path of names."""
    for name in path:
        if element is None:
            return None
        element = next(element.iterchildren("{*}" + name), None)
    return element


def each(element: Element | None) -> Iterable[Element]:
    """The elements directly within; none within None."""
    return () if element is None else element


def children(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else list(element.iterchildren("{*}" + name))


def find_all(element: Element | None, *names: str) -> Iterator[Element]:
    """All descendants of these names, in the order of the file."""
    if element is not None:
        yield from element.iter(*("{*}" + name for name in names))


def office_properties(package: Package, builder: Builder) -> None:
    """docProps/core.xml, app.xml and custom.xml, and the sensitivity labels of docMetadata/LabelInfo.xml."""
    for item in each(package.xml("docProps/core.xml")):
        builder.property(tag(item), text_in(item))
    for name in ("Company", "Manager", "Application"):
        builder.property(name, text_in(child(package.xml("docProps/app.xml"), name)))
    for item in children(package.xml("docProps/custom.xml"), "property"):
        builder.property(attribute(item, "name"), text_in(item))
    for number, label in enumerate(find_all(package.xml("docMetadata/LabelInfo.xml"), "label"), 1):
        described = " ".join(f"{_local(key)}={value}" for key, value in label.attrib.items())
        builder.property(f"LabelInfo {number}", described)


def has_pictures(package: Package) -> bool:
    return any("media/" in name or name.startswith("Pictures/") for name in package.names)
