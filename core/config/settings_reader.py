"""From names and values to the models of `core.config.settings`, without any setting's name.

pydantic-settings checks and builds the models, and asks one source of ours for what was given: names as
RELAIS_PART__FIELD or items of a JSON list, secrets also as files. What is wrong comes back as errors of ours,
in the names that were given, with a remedy, and without any value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from core.config.environment import FILE, PREFIX, Environment
from core.config.parsers import Wrong
from core.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """How a field is read. A secret may be given as a file, and its text is in no message."""

    parse: Callable[[str], Any]
    secret: bool


def option(parse: Callable[[str], Any], *, default: Any = None, secret: bool = False) -> Any:
    """A field that may be left out."""
    return Field(default=default, json_schema_extra=cast(Any, {"rule": _Rule(parse=parse, secret=secret)}))


def required(parse: Callable[[str], Any], *, secret: bool = False) -> Any:
    """A field without which its part cannot be."""
    return Field(json_schema_extra=cast(Any, {"rule": _Rule(parse=parse, secret=secret)}))


class SettingsPart(BaseModel):
    """Settings that belong together."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    @model_validator(mode="before")
    @classmethod
    def _is_there(cls, value: Any) -> Any:
        if isinstance(value, Wrong):
            raise value
        return value

    @field_validator("*", mode="wrap")
    @classmethod
    def _read(cls, value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
        """A text is read by the field's rule; what is no text was read already."""
        if isinstance(value, Wrong):
            raise value
        rule = _rules(cls).get(info.field_name or "")
        if rule is None:
            return handler(value)
        return rule.parse(value) if isinstance(value, str) else value


class Root(SettingsPart, BaseSettings):
    """The whole: its parts, and what belongs to none."""

    environment: Environment = Field(default_factory=lambda: Environment(values={}), repr=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        environment = init_settings().get("environment")
        return (init_settings, *([Given(settings_cls, environment)] if environment else []))


class Given(PydanticBaseSettingsSource):
    """What an environment gives, for each field a text; for what cannot be read, an error in its place."""

    def __init__(self, settings_cls: type[BaseSettings], environment: Environment) -> None:
        super().__init__(settings_cls)
        self._environment = environment

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        setting = PREFIX + field_name.upper()
        part, several = _part_of(field)
        if part is None:
            return _fields(self.settings_cls, PREFIX, self._environment).get(field_name), field_name, False
        single = _fields(part, f"{setting}__", self._environment)
        if not several:
            return single or None, field_name, False
        return _items(part, setting, self._environment, single), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
            if name != "environment"
        }
        return {name: value for name, value in found.items() if value is not None}


def _part_of(field: FieldInfo) -> tuple[type[SettingsPart] | None, bool]:
    """The part that a field holds, and whether it may hold several."""
    kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
    part = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, SettingsPart)), None)
    return part, getattr(field.annotation, "__origin__", None) is tuple


def _rules(part: type[BaseModel]) -> dict[str, _Rule]:
    """Of each field that is a setting: its rule."""
    extras = {name: field.json_schema_extra for name, field in part.model_fields.items()}
    return {name: cast(_Rule, extra["rule"]) for name, extra in extras.items() if isinstance(extra, dict)}


def given_names(part: type[BaseModel], prefix: str) -> set[str]:
    """The names under which the fields of a part may be given."""
    names: set[str] = set()
    for name, rule in _rules(part).items():
        names |= {prefix + name.upper(), *([prefix + name.upper() + FILE] if rule.secret else [])}
    return names


def known_names(root: type[Root]) -> frozenset[str]:
    """Every name that may be given, those of files included."""
    names = given_names(root, PREFIX)
    for name, field in root.model_fields.items():
        part, several = _part_of(field)
        if part is not None:
            names |= given_names(part, f"{PREFIX}{name.upper()}__")
        if part is not None and several:
            names |= {PREFIX + name.upper(), PREFIX + name.upper() + FILE}
    return frozenset(names)


def _fields(part: type[BaseModel], prefix: str, source: Environment) -> dict[str, Any]:
    """The texts that were given for a part's fields."""
    found: dict[str, Any] = {}
    for name, rule in _rules(part).items():
        setting = prefix + name.upper()
        try:
            given = source.secret(setting) if rule.secret else source.get(setting)
        except ConfigurationError as problem:
            found[name] = Wrong(problem)
            continue
        if given is not None:
            found[name] = given if isinstance(given, str) else given.reveal()
    return found


def _items(part: type[SettingsPart], name: str, source: Environment, single: dict[str, Any]) -> Any:
    """One part given by `NAME__FIELD`, or several as a JSON list of objects in `NAME`."""
    first = next(iter(_rules(part)))
    try:
        several = source.secret(name)
    except ConfigurationError as problem:
        return Wrong(problem)
    if several is None:
        return (single,) if single else None
    if single:
        return Wrong("settings.two_ways", name=name)
    try:
        items = orjson.loads(several.reveal())
    except orjson.JSONDecodeError:
        items = None
    if not isinstance(items, list) or not items:
        return Wrong("settings.objects", first=first)
    return tuple(
        _item(part, f"{name}__", cast("Mapping[str, object]", each))
        if isinstance(each, Mapping)
        else Wrong(ConfigurationError(f"{name}[{number}]", "settings.object", first=first))
        for number, each in enumerate(cast("list[object]", items), 1)
    )


def _item(part: type[SettingsPart], prefix: str, item: Mapping[str, object]) -> Any:
    """An object's fields, under the names and in the notation of the environment."""
    texts = {
        prefix + key.upper(): value if isinstance(value, str) else orjson.dumps(value).decode()
        for key, value in item.items()
    }
    source = Environment(values=texts)
    for problem in source.unknown(given_names(part, prefix)):
        return Wrong(problem)
    return _fields(part, prefix, source)


def read(root: type[Any], environment: Environment, problems: list[ConfigurationError]) -> Any:
    """The settings of an environment, or None with what is wrong in `problems`."""
    try:
        return root(environment=environment)
    except ValidationError as error:
        given = {name for name, value in environment.values.items() if value}
        problems += (_told(root, each, given) for each in error.errors(include_input=True))
        return None


def _told(root: type[Root], error: ErrorDetails, given: set[str]) -> ConfigurationError:
    """An error of pydantic in the names that people give."""
    names = [str(each).upper() for each in error["loc"] if isinstance(each, str)]
    setting = PREFIX + "__".join(names)
    wrong = error.get("ctx", {}).get("error")
    if isinstance(wrong, Wrong):
        return wrong.problem or ConfigurationError(setting, wrong.what)
    if error["type"] == "missing":
        prefix = f"{PREFIX}{names[0]}__"
        part, _ = _part_of(root.model_fields[names[0].lower()])
        item = {prefix + name.upper() for name in cast("dict[str, Any]", error["input"])}
        beside = sorted((given | item) & given_names(part or root, prefix))
        return missing(setting, *beside[:1])
    return ConfigurationError(setting, "settings.invalid")


def missing(setting: str, *beside: str, other: str = "") -> ConfigurationError:
    """`setting`, or the `other`, is missing beside one that needs it."""
    if not beside:
        return ConfigurationError(setting, "settings.missing_alone")
    key = "settings.missing_or" if other else "settings.missing"
    return ConfigurationError(setting, key, beside=beside[0], other=other)
