"""XML of any kind (invoices, accounts, metadata, tracks, diagrams, laws) → fields, tables and paragraphs.

No format is known here. An element with words between its elements is prose. A value is a field under its
name and the names of the elements around it. Elements of one name behind each other make a table. Each is a
row, of fields with different names or of cells with one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from core.documents.build import Builder
from core.documents.detect import file_in
from core.documents.text import html_said
from core.documents.xml import Element, attribute, each, etree, number, tag

_PROSE = ("p", "para")
_LINES = (*_PROSE, "br", "li")
_WIDEST = 40
"""Columns of a table with named fields, and cells that a row may leave out before another."""
_LARGEST = 100
"""Elements in a row."""
_ABOVE = 3
"""Names of elements around a field that are given."""
_PLUMBING = re.compile(r"(?:https?|urn):\S+")
_W3 = "{http://www.w3.org/"
_GIVEN = etree.XPath("@*")
"""Finds the attributes of an element. lxml's own `items` costs the square of their number."""
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")

Field = tuple[str, str]


def write(root: Element, builder: Builder) -> None:
    """Write all elements and attributes of a tree, and its files as parts."""
    files = list(_files(root))
    builder.page()
    _Walk(builder).item(root, [])
    builder.rest(("hidden", text) for text in dict.fromkeys(_aside(root)))
    for name, file in files:
        builder.part(name, file)


def _files(root: Element) -> Iterator[tuple[str, bytes]]:
    """Take the files in base64 out of a tree, and yield each with a name."""
    for item in root.iter():
        name = attribute(item, "filename")
        if not len(item) and (file := file_in(item.text or "", name)):
            item.text = None
            yield name or tag(item), file


def _aside(root: Element) -> Iterator[str]:
    """Yield the texts that tables and prose leave out: attributes, and the contents of entities."""
    for item in root.iter(etree.Element):
        yield from (value for _, value in _attributes(item))
    schema = root.getroottree().docinfo.internalDTD
    yield from (entity.content or "" for entity in (schema.iterentities() if schema is not None else ()))


class _Walk:
    """Gathers the fields of an element until something else stands between them."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._fields: list[Sequence[str]] = []

    def item(self, item: Element, path: list[str]) -> None:
        name = tag(item)
        if name in _PROSE or _is_prose(item):
            self._flush(path)
            self._builder.paragraph(_prose(item))
        elif _is_value(item):
            self._fields += _fields(item)
            if not path:
                self._flush(path)
        else:
            self._flush(path)
            self._within(item, [*path, name])

    def _within(self, element: Element, path: list[str]) -> None:
        self._fields += _attributes(element)
        for name, same in groupby(element, key=tag):
            items = list(same)
            rows = _rows(items, self._builder.limits.rows) if name and len(items) > 1 else []
            if rows:
                self._flush(path)
                self._builder.sheet(rows)
            for item in () if rows or not name else items:
                self.item(item, path)
        self._flush(path)

    def _flush(self, path: list[str]) -> None:
        if self._fields:
            above = " › ".join(path[-_ABOVE:])
            self._builder.table([(above, ""), *self._fields])
        self._fields = []


def _rows(items: list[Element], most: int) -> list[Sequence[str]]:
    """Return elements of one name as the rows of a table, or no rows if they are none.

    Of more than `most` rows one more is read, so that the builder sees that there are others.
    """
    records = [_record(item) for item in islice(items, most + 1)]
    names = list(dict.fromkeys(name for record in records for name in record))
    if all(records) and 1 < len(names) <= _WIDEST:
        return [names, *([record.get(name, "") for name in names] for record in records)]
    return [row_of(item) for item in items] if _are_rows_of_cells(items) else []


def _are_rows_of_cells(items: list[Element]) -> bool:
    """True if all elements hold cells of one name, which hold no elements of their own but a single one."""
    sizes = {tag(cell): len(cell) for item in items for cell in item}
    if len(sizes) != 1 or max(sizes.values()) > 1:
        return False
    return any(len(item) > 1 for item in items) and not any(map(_is_prose, items))


def row_of(row: Element) -> list[str]:
    """Return the cells of a row, each in the column that it names, else behind the one before it."""
    line: list[str] = []
    for cell in each(row):
        line += [""] * min(number(cell, "Index") - 1 - len(line), _WIDEST)
        wide = number(cell, "MergeAcross") or number(cell, "colspan", 1) - 1
        line += [_prose(cell), *[""] * min(wide, _WIDEST)]
    return line


def _record(item: Element) -> dict[str, str]:
    """Return the fields in an element if they are few and all have different names, else none."""
    if any(islice(map(tag, item.iterdescendants()), _LARGEST, None)):
        return {}
    fields = _fields(item)
    record = {name.removeprefix(f"{tag(item)} "): value for name, value in fields}
    return record if len(record) == len(fields) <= _WIDEST else {}


def _fields(item: Element) -> list[Field]:
    """Return the fields that an element and all in it hold, under their names."""
    name, prose = tag(item), _is_prose(item)
    if _is_value(item) and not prose:
        return _value_fields(item)
    fields = [(f"{name} {key}", value) for key, value in _attributes(item)]
    if prose or name in _PROSE:
        return [(name, _prose(item)), *fields]
    return fields + [field for inner in item for field in _fields(inner)]


def _value_fields(item: Element) -> list[Field]:
    """Return the fields of a value: its text and its attributes. A single attribute without a text is the
    value itself."""
    leaf, name = item, tag(item)
    if len(item):
        leaf, name = item[0], f"{name} › {tag(item[0])}"
    given, text = _attributes(leaf), _readable(leaf.text or "")
    if not text and len(given) == 1:
        return [(name, given[0][1])]
    fields = [(f"{name} {key}", value) for key, value in given]
    return [(name, text), *fields] if text else fields


def _attributes(item: Element) -> list[Field]:
    """Return the attributes that people wrote, without those that schemas and links need."""
    if not item.keys():
        return []
    given = ((value.attrname, str(value).strip()) for value in _GIVEN(item))
    written = (each for each in given if not each[0].startswith(_W3) and not _PLUMBING.fullmatch(each[1]))
    return [(key.rpartition("}")[2], text) for key, value in written if (text := _readable(value))]


def _is_value(item: Element) -> bool:
    """True if an element is a field: it holds no other, or a single one that holds none."""
    return not len(item) or (len(item) == 1 and not len(item[0]) and not item.attrib)


def _is_prose(item: Element) -> bool:
    """True if words stand between the elements of one."""
    return len(item) > 0 and bool(
        (item.text or "").strip() or any((inner.tail or "").strip() for inner in item)
    )


def _prose(item: Element) -> str:
    """Return all text in an element, with paragraphs and broken lines on lines of their own."""
    pieces: list[str] = []
    for event, inner in etree.iterwalk(item, events=("start", "end")):
        end = "\0" if tag(inner) in _LINES else ""
        pieces += [end, (inner.text if event == "start" else inner is not item and inner.tail) or ""]
    return re.sub(r" ?\0[\0 ]*", "\n", re.sub(r"\s+", " ", "".join(pieces))).strip()


def _readable(value: str) -> str:
    """Return a value as people read it. One with markup is read as a page."""
    return html_said.plain(value).replace("\n\n", "\n") if _MARKUP.search(value) else value.strip()
