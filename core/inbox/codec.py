"""Events as bytes: JSON by orjson, read back by pydantic, which checks every field.

Replicas of two versions may share a store. A field that this version does not know is dropped; an event that
it cannot read was written by a newer one, for the bytes are authentic (`core.inbox.sealing`).
"""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any, cast

import orjson
from pydantic import Field, TypeAdapter

from core.connector import Event
from core.errors import TooNew
from core.metrics import metrics

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def to_json(value: Any) -> bytes:
    """JSON in UTF-8, of whatever people may send: halves of characters, which some clients let through and
    UTF-8 cannot carry, become `?`."""
    try:
        return orjson.dumps(value, default=_listed)
    except TypeError:
        plain: Any = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # pyright: ignore[reportArgumentType]
        return json.dumps(plain, ensure_ascii=False, default=_listed).encode("utf-8", "replace")


def _listed(value: object) -> list[str]:
    """A set of ids as JSON has it."""
    if not isinstance(value, frozenset):
        raise TypeError(f"{type(value).__name__} is no part of an event")
    return sorted(cast("frozenset[str]", value))


def load(data: bytes) -> Event:
    """Raises TooNew when these bytes, which are authentic, are no event of this version."""
    try:
        return _EVENT.validate_json(data)
    except ValueError:
        metrics.too_new.labels("event").inc()
        raise TooNew("an event is of a kind that this version does not know") from None
