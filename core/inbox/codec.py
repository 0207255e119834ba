"""Events as bytes: JSON by orjson, read back by pydantic, which checks every field.

A field that this version does not know is dropped, so that replicas of two versions may share a store.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any

import orjson
from pydantic import Field, TypeAdapter

from core.connector import Event

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def dump(event: Event) -> bytes:
    return to_json(event)


def to_json(value: Any) -> bytes:
    """JSON in UTF-8, of whatever people may send: halves of characters, which some clients let through and
    UTF-8 cannot carry, become `?`."""
    try:
        return orjson.dumps(value)
    except TypeError:
        plain: Any = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # pyright: ignore[reportArgumentType]
        return json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")


def load(data: bytes) -> Event:
    """Raises ValueError when the bytes are no event."""
    return _EVENT.validate_json(data)
