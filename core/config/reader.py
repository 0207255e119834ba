"""From names and values to the dataclasses of `core.config.settings`, without any setting's name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any, TypeVar, cast

import orjson

from core.config.environment import FILE, Environment, Secret
from core.config.parsers import Wrong
from core.errors import ConfigurationError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """How a field is read. A secret may be given as a file, and its text is in no message."""

    parse: Callable[[str], Any]
    secret: bool


def option(parse: Callable[[str], Any], *, default: Any = None, secret: bool = False) -> Any:
    """A field that may be left out."""
    return field(default=default, metadata={"rule": _Rule(parse=parse, secret=secret)})


def required(parse: Callable[[str], Any], *, secret: bool = False) -> Any:
    """A field without which its part cannot be."""
    return field(metadata={"rule": _Rule(parse=parse, secret=secret)})


def _rules(part: type[Any]) -> dict[str, tuple[_Rule, bool]]:
    """Of each field that is a setting: its rule, and whether it is required."""
    return {
        entry.name: (entry.metadata["rule"], entry.default is MISSING)
        for entry in dataclasses.fields(part)
        if "rule" in entry.metadata
    }


def given_names(part: type[Any], prefix: str) -> set[str]:
    """The names under which the fields of a part may be given."""
    names: set[str] = set()
    for name, (rule, _) in _rules(part).items():
        names.add(prefix + name.upper())
        if rule.secret:
            names.add(prefix + name.upper() + FILE)
    return names


class Reader:
    """Reads parts out of an environment and gathers what is wrong in `problems`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.problems: list[ConfigurationError] = []

    def fields(self, part: type[Any], prefix: str, source: Environment | None = None) -> dict[str, Any]:
        """The fields of a part that were given; those that are wrong or missing become problems."""
        source = source or self._environment
        found: dict[str, Any] = {}
        for name, (rule, needed) in _rules(part).items():
            setting = prefix + name.upper()
            try:
                raw = self._raw(source, setting, secret=rule.secret)
                if raw is not None:
                    found[name] = rule.parse(raw)
                elif needed:
                    beside = sorted(given_names(part, prefix) & {k for k, v in source.values.items() if v})
                    self.missing(setting, *beside[:1])
            except Wrong as wrong:
                self.problems.append(ConfigurationError(setting, wrong.reason, wrong.remedy))
            except ConfigurationError as problem:
                self.problems.append(problem)
        return found

    @staticmethod
    def _raw(source: Environment, setting: str, *, secret: bool) -> str | None:
        if not secret:
            return source.get(setting)
        value = source.secret(setting)
        return value.reveal() if value else None

    def part(
        self, part: type[T], prefix: str, *, always: bool, source: Environment | None = None
    ) -> T | None:
        """The part, or None when none of its names is given (or when something in it is wrong)."""
        values = (source or self._environment).values
        if not always and not any(values.get(name) for name in given_names(part, prefix)):
            return None
        before = len(self.problems)
        found = self.fields(part, prefix, source)
        return part(**found) if len(self.problems) == before else None

    def parts(self, part: type[T], name: str) -> tuple[T, ...]:
        """One part given by `NAME__FIELD`, or several as a JSON list of objects in `NAME`."""
        single = self.part(part, f"{name}__", always=False)
        try:
            several = self._environment.secret(name)
        except ConfigurationError as problem:
            self.problems.append(problem)
            return ()
        if several is None:
            return () if single is None else (single,)
        if any(self._environment.get(known) for known in given_names(part, f"{name}__")):
            reason = f"is given both as a list and by {name}__… names"
            self.problems.append(ConfigurationError(name, reason, "Keep one of the two ways"))
            return ()
        boxes = [
            self.part(part, f"{name}__", always=True, source=source)
            for source in self._sources(part, name, several)
        ]
        return tuple(box for box in boxes if box is not None)

    def _sources(self, part: type[Any], name: str, several: Secret) -> list[Environment]:
        """The items of the list, each as an environment of its own."""
        shape = f'Write a JSON list of objects: [{{"{next(iter(_rules(part)))}": "…", …}}]'
        try:
            items = orjson.loads(several.reveal())
        except orjson.JSONDecodeError:
            items = None
        if not isinstance(items, list) or not items:
            self.problems.append(ConfigurationError(name, "is not a JSON list", shape))
            return []
        sources: list[Environment] = []
        for number, item in enumerate(cast("list[object]", items), 1):
            if not isinstance(item, Mapping):
                self.problems.append(ConfigurationError(f"{name}[{number}]", "is not an object", shape))
                continue
            source = Environment(values=_as_names(cast("Mapping[str, object]", item), f"{name}__"))
            self.problems += source.unknown(given_names(part, f"{name}__"))
            sources.append(source)
        return sources

    def missing(
        self, setting: str, *beside: str, other: str | None = None, remedy: str | None = None
    ) -> None:
        """Note that `setting` is missing beside one that needs it."""
        needs = f": {beside[0]} needs it" if beside else ""
        remedy = remedy or (f"Give it, or {other}" if other else "Give it, or remove the others of this part")
        self.problems.append(ConfigurationError(setting, f"is missing{needs}", remedy))


def _as_names(item: Mapping[str, object], prefix: str) -> dict[str, str]:
    """The fields of a JSON object under the names and in the notation of the environment."""
    return {
        prefix + key.upper(): value if isinstance(value, str) else orjson.dumps(value).decode()
        for key, value in item.items()
    }
