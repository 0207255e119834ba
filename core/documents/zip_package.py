"""A ZIP archive of XML parts (OOXML, ODF), opened with suspicion: sizes are judged before unpacking and while
unpacking."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from itertools import count

from core.documents.document import Limits
from core.documents.nesting import UnpackBudget
from core.documents.reading_errors import Unreadable
from core.documents.text.encoding import decode
from core.documents.xml import STRICT, Element, attribute, each, etree, forget, parse

_SMALL = 1024 * 1024
_FREE = 8
"""Times that a part is read at the price of one: the large parts of XML are, by several readers."""
_KEPT = 4 * 1024 * 1024
"""Bytes of an XML part up to which its tree stays in memory."""


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
            for _, item in etree.iterparse(io.BytesIO(self.read(name)), tag="{*}" + element, **STRICT):
                yield item
                forget(item)
        except etree.XMLSyntaxError:
            self.damaged.append(name)

    def without(self, name: str, element: str) -> Element | None:
        """The root of a large XML part without the elements of a name; None where it is damaged."""
        found = etree.iterparse(io.BytesIO(self.read(name)), tag="{*}" + element, **STRICT)
        try:
            for _, item in found:
                forget(item)
        except etree.XMLSyntaxError:
            self.damaged.append(name)
            return None
        return found.root

    def up_to(self, name: str, element: str, most: int) -> Element:
        """The root of a large XML part, where of the elements of a name with a text in them only so many, and
        one more, keep it. Raises XMLSyntaxError."""
        found, kept = etree.iterparse(io.BytesIO(self.read(name)), tag="{*}" + element, **STRICT), 0
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
