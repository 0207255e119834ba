"""Read JSON that anybody may have written: each accessor returns a value of its type, whatever came.

`text_in(payload, "user", "id")` follows names through objects; a missing or foreign value is empty.
"""

from __future__ import annotations

from typing import Any, cast

Json = dict[str, Any]


def object_of(value: object) -> Json:
    """Return `value` if it is an object, else an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def array_of(value: object) -> list[Any]:
    """Return `value` if it is an array, else an empty one."""
    return cast(list[Any], value) if isinstance(value, list) else []


def text_of(value: object) -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def value_in(of: object, *names: str) -> object:
    """Follow `names` through nested objects; None where one is missing."""
    for name in names:
        of = cast(Json, of).get(name) if isinstance(of, dict) else None
    return of


def object_in(of: object, *names: str) -> Json:
    """Follow `names` to an object."""
    return object_of(value_in(of, *names))


def array_in(of: object, *names: str) -> list[Any]:
    """Follow `names` to an array."""
    return array_of(value_in(of, *names))


def objects_in(of: object, *names: str) -> list[Json]:
    """Follow `names` to an array; its objects that are not empty."""
    return [found for each in array_in(of, *names) if (found := object_of(each))]


def text_in(of: object, *names: str) -> str:
    """Follow `names` to a string."""
    return text_of(value_in(of, *names))


def integer_in(of: object, *names: str) -> int | None:
    """Follow `names` to a whole number."""
    value = value_in(of, *names)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number_in(of: object, *names: str) -> float:
    """Follow `names` to a number, or to a string that spells one; 0 for anything else."""
    value = value_in(of, *names)
    try:
        return float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0.0
