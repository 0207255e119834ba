"""Read JSON that anybody may have written: each reader returns a value of its type, whatever came.

`text_in(payload, "user", "id")` follows names through nested objects, `text_in(value)` reads the value
itself; what is missing or of another type is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

Json = dict[str, Any]
T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Follow `names` through nested objects to a value of one type."""

    def __call__(self, of: object, *names: str) -> T_co: ...


def _reader(kind: type[object], empty: Callable[[], Any]) -> Reader[Any]:
    """What reads values of a `kind`; `empty` makes what stands for any other. A truth is no number."""

    def read(of: object, *names: str) -> Any:
        for name in names:
            of = cast(Json, of).get(name) if isinstance(of, dict) else None
        return of if isinstance(of, kind) and not isinstance(of, bool) else empty()

    return read


object_in: Reader[Json] = _reader(dict, dict)
array_in: Reader[list[Any]] = _reader(list, list)
text_in: Reader[str] = _reader(str, str)
integer_in: Reader[int | None] = _reader(int, type(None))
_value_in: Reader[object] = _reader(object, type(None))


def objects_in(of: object, *names: str) -> list[Json]:
    """Follow `names` to an array; its objects that are not empty."""
    return [each for each in array_in(of, *names) if isinstance(each, dict) and each]


def number_in(of: object, *names: str) -> float:
    """Follow `names` to a number, or to a string that spells one; 0 for anything else."""
    value = _value_in(of, *names)
    try:
        return float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0.0
