"""What the fields of a policy file may be: types for pydantic, whose errors say what to write instead.

`key` is a word of these phrases: the name of the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

from pydantic import AfterValidator, PlainValidator
from pydantic_core import PydanticCustomError

from core.config.environment import nearest
from core.language.operators import Phrase
from core.sensitivity.level import Level, Sublevel


def wrong(key: str, /, **words: object) -> PydanticCustomError:
    """The error of a field: what is wrong with it, and what to write."""
    return PydanticCustomError("policy", "policy", {"what": Phrase(f"policy.{key}", **words)})


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong("text")
    return value.strip()


Text = Annotated[str, PlainValidator(text)]


def choice(*allowed: str) -> PlainValidator:
    """One of these words."""

    def check(value: object) -> str:
        word = text(value)
        if word not in allowed:
            raise wrong("unknown", word=word, known=", ".join(allowed))
        return word

    return PlainValidator(check)


def texts(example: Sequence[str], allowed: Sequence[str] = ()) -> PlainValidator:
    """A list of texts, which is not empty."""

    def check(value: object) -> tuple[str, ...]:
        items = cast("list[Any]", value) if isinstance(value, list) else []
        if not items or not all(isinstance(item, str) and item for item in items):
            listed = ", ".join(f'"{word}"' for word in allowed or example)
            raise wrong("texts", listed=listed)
        if allowed and (unknown := [word for word in items if word not in allowed]):
            raise wrong("unknown_some", word=unknown[0], known=", ".join(allowed))
        return tuple(items)

    return PlainValidator(check)


def count(example: int, *, least: int = 1) -> PlainValidator:
    """A whole number above zero, or from `least` on."""

    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        raise wrong("above_zero" if least else "from_zero", example=example)

    return PlainValidator(check)


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    raise wrong("number")


Number = Annotated[float | None, PlainValidator(_number)]
"""Not negative."""


def _any_level(value: object, known: str = "N0, N1, N2, N3, N4a, N4b") -> tuple[Level, Sublevel | None]:
    word = text(value)
    try:
        return Level.parse(word), Sublevel.of(word)
    except ValueError:
        raise wrong("unknown", word=word, known=known) from None


def _level(value: object, *, restricted: bool = False) -> Level:
    level, sublevel = _any_level(value, "N0, N1, N2, N3")
    if level < Level.N4 or (restricted and sublevel is Sublevel.N4A):
        return level
    raise wrong("nowhere", word=text(value))


AnyLevel = Annotated[tuple[Level, Sublevel | None], PlainValidator(_any_level)]
"""Any level, with the half of N4."""
OpenLevel = Annotated[Level, PlainValidator(_level)]
"""From N0 to N3."""
HomologableLevel = Annotated[Level, PlainValidator(lambda value: _level(value, restricted=True))]
"""From N0 to N3, or N4a: whether with the reference of a homologation is looked at by who reads it."""


def unknown_key(key: str, known: Sequence[str]) -> Phrase:
    """What is said of a key that is none of these, which it most likely was meant to be."""
    spelt = {name.upper(): name for name in known}
    near = nearest(key, spelt.keys())
    if near:
        return Phrase("policy.unknown_key_near", near=spelt[near])
    return Phrase("policy.unknown_key", known=", ".join(known))


def key_of(*known: str) -> AfterValidator:
    """A key of a table: one of these."""

    def check(key: str) -> str:
        if key not in known:
            raise PydanticCustomError("policy", "policy", {"what": unknown_key(key, known)})
        return key

    return AfterValidator(check)
