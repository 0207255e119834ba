"""What the parts of an OOXML file say where no paragraph has it: in attributes, caches and lists of choices.

Alternative texts, tooltips, captions of tables, what fields offer, names of sections and of who comments,
what a pivot table keeps of its source (ECMA-376 part 1: 17.16 fields, 18.10 pivot tables, 20.1 drawings).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, cast

from core.documents.build import Unreadable
from core.documents.cleaning import target_of
from core.documents.document import PlaceKind
from core.documents.text.encoding import decode
from core.documents.xml import Element, attribute, child, each, find_all, tag, text_in
from core.documents.zip_package import Package
from core.language.pattern_file import toml_beside

_SAID: dict[PlaceKind, dict[str, list[str]]] = cast(Any, toml_beside(__file__))
_NAMES: dict[str, tuple[PlaceKind, list[str]]] = {
    name: (kind, keys) for kind, names in _SAID.items() for name, keys in names.items()
}
SETTINGS = (
    "word/theme/", "word/styles", "word/stylesWithEffects", "word/numbering", "word/webSettings",
    "word/fontTable", "word/glossary/", "xl/theme/", "xl/calcChain", "ppt/theme/",
    "ppt/tableStyles",
)  # fmt: skip
_CAPTIONS = frozenset(("Caption", "Value", "Text"))
_SAYS = re.compile(r"[^\W\d_]{2}")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_KEPT: tuple[tuple[str, PlaceKind, str, bool], ...] = (
    ("xl/pivotCache/", "hidden", "s", False),
    ("xl/externalLinks/", "hidden", "v", False),
    ("xl/externalLinks/", "hidden", "val", False),
    ("xl/volatileDependencies", "hidden", "v", False),
    ("xl/volatileDependencies", "hidden", "stp", False),
    ("xl/revisions/", "hidden", "t", False),
    ("xl/python", "hidden", "code", False),
    ("xl/richData/", "hidden", "v", False),
    ("xl/comments", "comment", "author", False),
    ("xl/worksheets/", "choice", "formula1", True),
    ("xl/worksheets/", "hidden", "formula", True),
    ("xl/tables/", "hidden", "calculatedColumnFormula", True),
    ("xl/workbook", "field", "definedName", True),
    ("xl/", "other", "rPh", False),
    ("/charts/", "other", "formatCode", True),
)
"""Parts, and which elements of theirs hold a text of what kind: themselves, in `v`, or within quotes."""
_LITTER = "__MACOSX/"
_BLOCKS = "word/glossary/document.xml"
_PROMPT = "bbPlcHdr"
"""The kind of a building block that says what may be written in a field (ECMA-376 part 1, 17.18.6)."""
_MASHUP = "DataMashup"
_SCHEMAS = ("contentTypeSchema", "FormTemplates")
"""What SharePoint keeps with a document, of which nobody wrote a word."""
_LINKS = (
    "/hyperlink",
    "/oleObject",
    "/externalLinkPath",
    "/mailMergeSource",
    "/video",
    "/audio",
    "/subDocument",
)
_ASKED = re.compile(r'(?<!\\[@#*lt])\s(?:"([^"]*)"|“([^”]*)(?:”|$))')
"""What a field is told in quotes, without the forms of dates and numbers, bookmarks and styles; what is not
closed is told to the end, and looked through once."""
_CELLS = ("xl/worksheets/", "xl/sharedStrings")


def told(package: Package) -> Iterator[tuple[PlaceKind, str]]:
    """(kind of place, text) of all parts, in their order; of those with cells their reader asks."""
    for name in package.names:
        if name.endswith((".rels", ".xml", ".vml")) and not name.startswith(_LITTER):
            yield from _of_part(name, package)
    for block in find_all(package.xml(_BLOCKS), "docPart"):
        if all(attribute(kind, "val") != _PROMPT for kind in find_all(block, "type")):
            for item in find_all(block, "name", "description", "p"):
                yield "hidden", attribute(item, "val") or text_in(item)


def _of_part(name: str, package: Package) -> Iterator[tuple[PlaceKind, str]]:
    if name.endswith(".rels"):
        for link in find_all(package.xml(name), "Relationship"):
            yield "other", _target(link)
    elif name.startswith("xl/styles"):
        for text in _conditional(package.xml(name)):
            yield "other", text
    elif name.startswith("customXml/item") and "Props" not in name:
        for text in _own_data(name, package):
            yield "hidden", text
    elif name.startswith(("word/", "ppt/", "xl/")) and not name.startswith((*SETTINGS, *_CELLS)):
        yield from told_of(name, package.xml(name))


def _own_data(name: str, package: Package) -> Iterator[str]:
    """The texts that an application keeps with a document; of Power Query its programs (MS-QDEFF 2.2)."""
    root = package.xml(name)
    if root is None or tag(root) in _SCHEMAS:
        return
    if tag(root) != _MASHUP:
        yield from (text for text in map(str.strip, root.itertext()) if _SAYS.search(text))
        return
    try:
        data = base64.b64decode(root.text or "")
        inner = package.within(data[8 : 8 + int.from_bytes(data[4:8], "little")])
        yield from [decode(inner.read(each))[0] for each in inner.names if each.endswith(".m")]
    except (ValueError, Unreadable) as error:
        if isinstance(error, Unreadable) and error.reason != "damaged":
            raise
        package.damaged.append(name)


def told_of(name: str, root: Element | None) -> Iterator[tuple[PlaceKind, str]]:
    """The same of one part."""
    if root is None:
        return
    for block in [root] if child(root, "sheetData") is None else each(root):
        if tag(block) != "sheetData":  # its cells say nothing in attributes, and are many
            yield from _attributes(block)
    yield from _kept(name, root)
    if name.startswith("word/"):
        for paragraph in find_all(root, "p"):
            yield "hidden", _deleted(paragraph)
            for text in _asked(paragraph):
                yield "hidden", text


def quoted(formula: str) -> list[str]:
    """The texts within a formula or a format of numbers."""
    return _QUOTED.findall(formula)


def _kept(name: str, root: Element) -> Iterator[tuple[PlaceKind, str]]:
    for where, kind, element, within in _KEPT:
        for item in find_all(root, element) if where in name else ():
            text = attribute(item, "v") or text_in(item)
            for said in quoted(text) if within else [text]:
                yield kind, said


def _attributes(block: Element | None) -> Iterator[tuple[PlaceKind, str]]:
    for item in find_all(block, *_NAMES):
        name = tag(item)
        if name == "ocxPr" and attribute(item, "name") not in _CAPTIONS:
            continue
        kind, keys = _NAMES[name]
        for key in keys:
            if _SAYS.search(text := attribute(item, key)):
                yield kind, text


def _deleted(paragraph: Element) -> str:
    """What was struck out of a paragraph, or moved away, and is still seen so."""
    moved = (text for away in find_all(paragraph, "moveFrom") for text in find_all(away, "t"))
    return "".join(text.text or "" for text in (*find_all(paragraph, "delText"), *moved))


def _asked(paragraph: Element) -> Iterator[str]:
    """What the fields of a paragraph are told: addresses, connections, the words that they choose between."""
    told = "".join(item.text or "" for item in find_all(paragraph, "instrText", "delInstrText"))
    for field in (told, *(attribute(item, "instr") for item in find_all(paragraph, "fldSimple"))):
        yield from (target_of(straight or curved) for straight, curved in _ASKED.findall(field))


def _target(relation: Element) -> str:
    kind, mode = attribute(relation, "Type"), attribute(relation, "TargetMode")
    linked = mode == "External" and kind.endswith(_LINKS)
    return target_of(attribute(relation, "Target")) if linked else ""


def _conditional(styles: Element | None) -> Iterator[str]:
    """The words that conditional formats put beside numbers."""
    for rule in find_all(styles, "dxf"):
        for code in find_all(rule, "numFmt"):
            yield " ".join(quoted(attribute(code, "formatCode")))
