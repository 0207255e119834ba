"""Read JSON that anybody may have written: each accessor returns a value of its type, whatever came.

`text_in(payload, "user", "id")` follows names through objects, `text_in(value)` reads the value itself; what
is missing or of another type is empty.
"""

from __future__ import annotations

from typing import Any, cast

Json = dict[str, Any]


def value_in(of: object, *names: str) -> object:
    """Follow `names` through nested objects; None where one is missing."""
    for name in names:
        of = cast(Json, of).get(name) if isinstance(of, dict) else None
    return of


def object_in(of: object, *names: str) -> Json:
    """Follow `names` to an object."""
    value = value_in(of, *names)
    return cast(Json, value) if isinstance(value, dict) else {}


def array_in(of: object, *names: str) -> list[Any]:
    """Follow `names` to an array."""
    value = value_in(of, *names)
    return cast(list[Any], value) if isinstance(value, list) else []


def objects_in(of: object, *names: str) -> list[Json]:
    """Follow `names` to an array; its objects that are not empty."""
    return [each for each in array_in(of, *names) if isinstance(each, dict) and each]


def text_in(of: object, *names: str) -> str:
    """Follow `names` to a string."""
    value = value_in(of, *names)
    return value if isinstance(value, str) else ""


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
