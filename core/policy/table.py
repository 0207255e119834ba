"""Tables of a policy file, read key by key: what is wrong becomes a problem with its line and a remedy.

A reader returns a harmless value where it noted a problem, so that everything wrong is found in one go; the
caller raises before any of these values is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, cast

from core.config.environment import nearest
from core.config.toml_positions import Path, line_of
from core.errors import ConfigurationError
from core.sensitivity.level import Level, Sublevel


class Table:
    """One table of the file `name`, at `path` in it."""

    def __init__(
        self,
        raw: object,
        *,
        name: str,
        lines: dict[Path, int],
        problems: list[ConfigurationError],
        path: Path = (),
    ) -> None:
        self._name = name
        self._lines = lines
        self._problems = problems
        self._path = path
        self._raw: dict[str, Any] = {}
        if isinstance(raw, dict):
            self._raw = cast("dict[str, Any]", raw)
        else:
            self._note(path, "is not a table", f"Write it under a header: [{path[0] if path else ''}]")

    def __bool__(self) -> bool:
        return bool(self._raw)

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._raw)

    def _note(self, path: Path, reason: str, remedy: str) -> None:
        where = f"{self._name} line {line_of(self._lines, path)}"
        named = ".".join(str(part) for part in path if isinstance(part, str))
        self._problems.append(ConfigurationError(where, f"{named} {reason}", remedy))

    def wrong(self, key: str, reason: str, remedy: str) -> None:
        """Note that the value of `key` cannot be."""
        self._note((*self._path, key), reason, remedy)

    def only(self, *known: str) -> Self:
        """Note each key that is none of these."""
        for key in self._raw:
            if key not in known:
                near = nearest_key(key, known)
                remedy = f"Did you mean {near}?" if near else f"Known here: {', '.join(known)}"
                self.wrong(key, "is unknown", remedy)
        return self

    def table(self, key: str) -> Table:
        """The table under `key`; empty when there is none."""
        return self._below(key, self._raw.get(key, {}))

    def tables(self, key: str) -> list[Table]:
        """The array of tables under `key`."""
        raw = self._raw.get(key, [])
        if not isinstance(raw, list):
            self.wrong(key, "is not a list of tables", f"Write each under a header of its own: [[{key}]]")
            return []
        return [self._below(key, item, index) for index, item in enumerate(cast("list[object]", raw))]

    def _below(self, key: str, raw: object, *index: int) -> Table:
        path = (*self._path, key, *index)
        return Table(raw, name=self._name, lines=self._lines, problems=self._problems, path=path)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; without default it must be there."""
        raw = self._get(key, default, 'Write it in this table: {} = "…"')
        if isinstance(raw, str) and (raw.strip() or raw == default):
            return raw.strip()
        if raw is not None:
            self.wrong(key, "is not a text", f'Write {key} = "…"')
        return default or ""

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of the allowed words."""
        word = self.text(key, default)
        if word and word not in allowed:
            self.wrong(key, f"{word!r} is unknown", f"Write one of: {', '.join(allowed)}")
        return word

    def texts(self, key: str, default: tuple[str, ...], allowed: Sequence[str] = ()) -> tuple[str, ...]:
        """A list of texts, which is not empty."""
        raw = self._raw.get(key, list(default))
        items = cast("list[object]", raw) if isinstance(raw, list) else []
        if not items or not all(isinstance(item, str) and item for item in items):
            self.wrong(key, "is not a list of texts", f"Write {key} = {_list(allowed or default)}")
            return default
        words = tuple(cast("list[str]", items))
        for word in words:
            if allowed and word not in allowed:
                self.wrong(key, f"{word!r} is unknown", f"Write some of: {', '.join(allowed)}")
        return words

    def count(self, key: str, default: int, *, least: int = 1) -> int:
        """A whole number above zero, or `least`."""
        raw = self._raw.get(key, default)
        if isinstance(raw, int) and not isinstance(raw, bool) and raw >= least:
            return raw
        wanted = "above zero" if least else "from zero on"
        self.wrong(key, f"is not a whole number {wanted}", f"Write {key} = {default}")
        return default

    def number(self, key: str) -> float | None:
        """A number that is not negative; None when it is not there."""
        raw = self._raw.get(key)
        if raw is None:
            return None
        if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 <= raw < float("inf"):
            return float(raw)
        self.wrong(key, "is not a number", f"Write {key} = 8")
        return None

    def level(self, key: str, *, homologation: str | None = None, remedy: str | None = None) -> Level:
        """A level from N0 to N3; it must be there. N4a needs a `homologation`, given as `remedy` says."""
        level, sublevel = self.any_level(key, "N0, N1, N2, N3")
        if level < Level.N4 or (sublevel is Sublevel.N4A and homologation):
            return level
        if sublevel is Sublevel.N4A and remedy:
            reason = "cannot be N4a without the reference of a homologation (II 901)"
            self.wrong(key, reason, f"Write {remedy}, or one of: N0, N1, N2, N3")
        else:
            word = self.text(key)
            reason = f"cannot be {word}: classified or restricted information is handled nowhere here"
            self.wrong(key, reason, "Write one of: N0, N1, N2, N3")
        return Level.N0

    def any_level(self, key: str, known: str = "N0, N1, N2, N3, N4a, N4b") -> tuple[Level, Sublevel | None]:
        """Any level, with the half of N4; it must be there."""
        word = self.text(key)
        try:
            return (Level.parse(word), Sublevel.of(word)) if word else (Level.N0, None)
        except ValueError:
            self.wrong(key, f"{word!r} is unknown", f"Write one of: {known}")
            return Level.N0, None

    def _get(self, key: str, default: object, remedy: str) -> object:
        if key not in self._raw and default is None:
            self.wrong(key, "is missing", remedy.format(key))
        return self._raw.get(key, default)


def nearest_key(word: str, known: Sequence[str]) -> str | None:
    """The known key that `word` most likely was meant to be."""
    spelt = {name.upper(): name for name in known}
    near = nearest(word, spelt.keys())
    return spelt[near] if near else None


def _list(words: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"
