"""The bytes of a file or picture within another, for what is done outside the jail of its reading:
recognition."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, BinaryIO

from core.documents.build import Builder, UnpackBudget, unread
from core.documents.document import Document
from core.documents.file_reader import feed
from core.documents.limits import Limits
from core.errors import DocumentError


class _Extracted(DocumentError):
    """What was wanted."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data


def extract_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str:
    """Part number `part` (from 0, as `Document.parts` counts) in base64: a task of the fork server."""
    data = file.read(limits.file_size + 1)
    found = extract(data, str(arguments["name"]), int(arguments["part"]), limits)
    return base64.b64encode(found).decode("ascii")


def extract(data: bytes, name: str, part: int, limits: Limits) -> bytes:
    """The bytes of a part of the file called `name`, none where there is no such part. Nothing within the
    other parts is read."""

    def reader(inner: bytes, name: str, _limits: Limits, _budget: UnpackBudget, _depth: int) -> Document:
        if len(builder.parts) == part:
            raise _Extracted(inner)
        return unread(name, "unknown", "empty")

    builder = Builder(name, "unknown", limits, reader=reader, budget=UnpackBudget(limits))
    return _fed(data, builder)


def extract_picture(data: bytes, name: str, picture: int, limits: Limits) -> bytes:
    """The file of a picture (from 0, as `Document.pictures` counts) of the file called `name`, likewise."""

    def taken(number: int, make: Callable[[], bytes]) -> None:
        if number == picture:
            raise _Extracted(make())

    def reader(_data: bytes, name: str, _limits: Limits, _budget: UnpackBudget, _depth: int) -> Document:
        return unread(name, "unknown", "empty")

    builder = Builder(name, "unknown", limits, reader=reader, budget=UnpackBudget(limits), on_picture=taken)
    return _fed(data, builder)


def _fed(data: bytes, builder: Builder) -> bytes:
    try:
        feed(data, builder)
    except _Extracted as found:
        return found.data
    return b""
