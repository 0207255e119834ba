"""What the fields of a policy file may be: types for pydantic, whose errors say what to write instead.

`{key}` in a remedy stands for the name of the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

from pydantic import AfterValidator, PlainValidator
from pydantic_core import PydanticCustomError

from core.config.environment import nearest
from core.sensitivity.level import Level, Sublevel


def wrong(reason: str, remedy: str) -> PydanticCustomError:
    """The error of a field: what is wrong with it, and what to write."""
    return PydanticCustomError("policy", "{reason}", {"reason": reason, "remedy": remedy})


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong("is not a text", 'Write {key} = "…"')
    return value.strip()


Text = Annotated[str, PlainValidator(text)]


def choice(*allowed: str) -> PlainValidator:
    """One of these words."""

    def check(value: object) -> str:
        word = text(value)
        if word not in allowed:
            raise wrong(f"{word!r} is unknown", f"Write one of: {', '.join(allowed)}")
        return word

    return PlainValidator(check)


def texts(example: Sequence[str], allowed: Sequence[str] = ()) -> PlainValidator:
    """A list of texts, which is not empty."""

    def check(value: object) -> tuple[str, ...]:
        items = cast("list[Any]", value) if isinstance(value, list) else []
        if not items or not all(isinstance(item, str) and item for item in items):
            listed = ", ".join(f'"{word}"' for word in allowed or example)
            raise wrong("is not a list of texts", f"Write {{key}} = [{listed}]")
        if allowed and (unknown := [word for word in items if word not in allowed]):
            raise wrong(f"{unknown[0]!r} is unknown", f"Write some of: {', '.join(allowed)}")
        return tuple(items)

    return PlainValidator(check)


def count(example: int, *, least: int = 1) -> PlainValidator:
    """A whole number above zero, or from `least` on."""

    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        wanted = "above zero" if least else "from zero on"
        raise wrong(f"is not a whole number {wanted}", f"Write {{key}} = {example}")

    return PlainValidator(check)


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    raise wrong("is not a number", "Write {key} = 8")


Number = Annotated[float | None, PlainValidator(_number)]
"""Not negative."""


def _any_level(value: object, known: str = "N0, N1, N2, N3, N4a, N4b") -> tuple[Level, Sublevel | None]:
    word = text(value)
    try:
        return Level.parse(word), Sublevel.of(word)
    except ValueError:
        raise wrong(f"{word!r} is unknown", f"Write one of: {known}") from None


def _level(value: object, *, restricted: bool = False) -> Level:
    level, sublevel = _any_level(value, "N0, N1, N2, N3")
    if level < Level.N4 or (restricted and sublevel is Sublevel.N4A):
        return level
    reason = f"cannot be {text(value)}: classified or restricted information is handled nowhere here"
    raise wrong(reason, "Write one of: N0, N1, N2, N3")


def restricted(remedy: str) -> tuple[str, str]:
    """What is said of N4a where no homologation allows it."""
    reason = "cannot be N4a without the reference of a homologation (II 901)"
    return reason, f"Write {remedy}, or one of: N0, N1, N2, N3"


AnyLevel = Annotated[tuple[Level, Sublevel | None], PlainValidator(_any_level)]
"""Any level, with the half of N4."""
OpenLevel = Annotated[Level, PlainValidator(_level)]
"""From N0 to N3."""
HomologableLevel = Annotated[Level, PlainValidator(lambda value: _level(value, restricted=True))]
"""From N0 to N3, or N4a: whether with the reference of a homologation is looked at by who reads it."""


def unknown_key(key: str, known: Sequence[str]) -> tuple[str, str]:
    """What is said of a key that is none of these, which it most likely was meant to be."""
    spelt = {name.upper(): name for name in known}
    near = nearest(key, spelt.keys())
    return "is unknown", f"Did you mean {spelt[near]}?" if near else f"Known here: {', '.join(known)}"


def key_of(*known: str) -> AfterValidator:
    """A key of a table: one of these."""

    def check(key: str) -> str:
        if key not in known:
            raise wrong(*unknown_key(key, known))
        return key

    return AfterValidator(check)
