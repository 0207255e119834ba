"""XML without namespaces: names of elements and attributes are compared without them, since transitional and
strict OOXML differ in nothing else that matters here."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable, Iterator
from typing import Any

from core.documents.reading_errors import Unreadable

etree: Any = importlib.import_module("lxml.etree")  # compiled, without types

Element = Any
"""An lxml element: its stubs know less than we need."""

STRICT: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,  # of which some programs write one twice
}


def forget(item: Element) -> None:
    """Free what an element and those before it hold."""
    item.clear()
    while (before := item.getprevious()) is not None:
        item.getparent().remove(before)


def parse(data: bytes, *, loose: bool = False, remarks: bool = False) -> Element:
    """XML without entities, network or excessive nesting, and without comments and instructions to programs
    unless these remarks are asked for.
    Raises Unreadable, unless `loose` XML may be damaged; None where then nothing is left."""
    parser = etree.XMLParser(
        recover=loose, **STRICT | {"remove_comments": not remarks, "remove_pis": not remarks}
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
    return local(name) if isinstance(name, str) else ""


@functools.lru_cache(maxsize=2048)
def local(name: str) -> str:
    return name.rpartition("}")[2]


def attribute(element: Element | None, name: str) -> str:
    """The attribute's value in whatever namespace; empty without it."""
    if element is None:
        return ""
    for key in element.keys():  # noqa: SIM118 - not a mapping; its items cost the square of their number
        if local(key) == name:
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
