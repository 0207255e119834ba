"""PDFium's functions as they are in C, untyped: what its stubs infer depends on the order of the files."""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

raw: Any = importlib.import_module("pypdfium2.raw")


@contextmanager
def text_page(page: Any) -> Generator[Any]:
    """The text of a page as PDFium reads it, while the context lasts; None where it cannot be read."""
    textpage = raw.FPDFText_LoadPage(page.raw)
    try:
        yield textpage or None
    finally:
        if textpage:
            raw.FPDFText_ClosePage(textpage)


_DEPTH = 4


def objects_in(item: Any, most: int, depth: int = 0) -> Iterator[Any]:
    """A drawn object, and if it is a form, what is drawn together in it: at most so many of each."""
    yield item
    if depth < _DEPTH and raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_FORM:
        for index in range(min(raw.FPDFFormObj_CountObjects(item), most)):
            yield from objects_in(raw.FPDFFormObj_GetObject(item, index), most, depth + 1)


def bounds_of(item: Any) -> tuple[float, ...] | None:
    """Left, bottom, right and top of a drawn object in user space; None for one that stands nowhere."""
    sides = [ctypes.c_float() for _ in range(4)]
    return tuple(side.value for side in sides) if raw.FPDFPageObj_GetBounds(item, *sides) else None


def text_of(textpage: Any) -> str:
    """One character per PDFium index (a non-BMP character is `\\ufffd` twice: indexes must hold)."""
    count = raw.FPDFText_CountChars(textpage)
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(textpage, 0, count, buffer)
    if written == count + 1:
        units = bytes(buffer)[: count * 2]
        text = units.decode("utf-16-le", "surrogatepass")
        if len(text) == count:
            return text
    codes = (raw.FPDFText_GetUnicode(textpage, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else " " for code in codes)


def text_string(value: bytes) -> str:
    """The text that a string of a PDF stands for (ISO 32000-1, 7.9.2.2)."""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    return value.decode("cp1252", "replace")
