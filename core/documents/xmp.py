"""XMP (ISO 16684-1): what programs write into PDF files and pictures about them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

_etree: Any = importlib.import_module("lxml.etree")  # compiled, without types

_PLUMBING = frozenset(("instanceID", "documentID", "originalDocumentID", "format", "li", "xmpmeta"))
_LISTS = frozenset(("li", "Bag", "Seq", "Alt"))
_END = b"</x:xmpmeta>"


def values(packet: bytes) -> Iterator[tuple[str, str]]:
    """Each value of a packet with the name of what has it, as `title`. Raises ValueError for damaged XML."""
    start, end = packet.find(b"<x:xmpmeta"), packet.rfind(_END)
    if start < 0 or end < 0:
        return
    parser = _etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = _etree.fromstring(packet[start : end + len(_END)], parser)
    except _etree.XMLSyntaxError as error:
        raise ValueError("XMP") from error
    for element in root.iter("*"):
        name = _local(element)
        if name == "Description":
            for key, value in element.attrib.items():
                yield from _value(key.rpartition("}")[2], str(value))
        elif not len(element):
            parent = next((each for each in map(_local, element.iterancestors()) if each not in _LISTS), "")
            yield from _value(parent if name == "li" else name, element.text or "")


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _value(name: str, value: str) -> Iterator[tuple[str, str]]:
    if value.strip() and name not in _PLUMBING:
        yield name, value
