"""Events as bytes: JSON by orjson, read back by pydantic, which checks every field.

A field that this version does not know is dropped, so that replicas of two versions may share a store.
"""

from __future__ import annotations

from typing import Annotated

import orjson
from pydantic import Field, TypeAdapter

from core.connector import Event

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def dump(event: Event) -> bytes:
    return orjson.dumps(event)


def load(data: bytes) -> Event:
    """Raises ValueError when the bytes are no event."""
    return _EVENT.validate_json(data)
