"""The tables of a policy file as pydantic models, and what is wrong in them by line, with a remedy.

pydantic looks at each field; what two of them say together is looked at once each is right for itself.

Settings alone give one model (`gateway_model`), where there is no policy file.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

import pydantic
from pydantic import AfterValidator, BaseModel, Field, PlainValidator
from pydantic_core import ErrorDetails

from core.config.settings import GatewaySettings
from core.config.toml_positions import Path as KeyPath
from core.config.toml_positions import line_of
from core.documents.sandbox.jail import STRENGTHS, Minimum
from core.errors import ConfigurationError, ConfigurationErrors
from core.gateway.catalogue import DIALECTS, Dialect, Model, Task
from core.language.operators import Phrase
from core.policy import fields, rules
from core.sensitivity.level import Level

_MISSING = Phrase("policy.missing")
Problem = tuple[KeyPath, Phrase]
"""Where, and what is wrong there."""
TASKS = get_args(Task)
GATEWAY_KEY = "RELAIS_GATEWAY__API_KEY"
PUBLIC_SERVICES = (
    "mistral.ai", "openai.com", "anthropic.com", "googleapis.com", "azure.com", "amazonaws.com", "x.ai",
    "groq.com", "together.ai", "together.xyz", "openrouter.ai", "deepseek.com",
    "cohere.com", "huggingface.co",
)  # fmt: skip
"""Offers to the general public, which only what is public may reach (DINUM's guide on generative AI)."""


class _Part(BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")


def _model_id(value: object) -> str:
    name = fields.text(value)
    if not re.fullmatch(r"\S{1,64}", name):
        raise fields.wrong("model_id", word=name)
    return name


def _homologated(level: Level, about: pydantic.ValidationInfo) -> Level:
    if level == Level.N4 and not about.data.get("homologation"):
        raise fields.wrong("no_homologation_here")
    return level


def _key_name(value: object) -> str | None:
    if value != "" and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", fields.text(value)):
        # It may be the key itself: do not repeat it.
        raise fields.wrong("key_name")
    return fields.text(value) if value else None


def _pattern(value: object) -> str:
    try:
        return re.compile(fields.text(value)).pattern
    except re.error as error:
        raise fields.wrong("pattern", at=(error.pos or 0) + 1) from None


class ModelTable(_Part):
    id: Annotated[str, PlainValidator(_model_id)]
    served: fields.Text
    url: fields.Text = ""
    homologation: fields.Text | None = None
    clearance: Annotated[fields.HomologableLevel, AfterValidator(_homologated)]
    dialect: Annotated[Dialect, fields.choice(*DIALECTS)] = "openai"
    api_key_env: Annotated[str | None, PlainValidator(_key_name)] = None
    context: Annotated[int, fields.count(32_768)] = 32_768
    active_parameters: fields.Number = 0.0
    total_parameters: fields.Number = None
    tasks: Annotated[tuple[Task, ...], fields.texts((), TASKS)] = ("chat", "summary")
    languages: Annotated[tuple[str, ...], fields.texts(("fr", "en"))] = ("fr", "en")

    def model_in(self, folder: Path) -> Model:
        """The model; a relative path of a local one begins at `folder`."""
        urls = {"none": "", "file": str(folder / self.url), "url": base_url(self.url)}
        told: dict[str, Any] = {**dict(self), "url": urls[DIALECTS[self.dialect].address]}
        return Model(**told)


class MarkingTable(_Part):
    pattern: Annotated[str, PlainValidator(_pattern)]
    level: fields.AnyLevel
    strength: Annotated[rules.Strength, fields.choice("strong", "weak")] = "strong"

    def rule(self, name: str) -> rules.MarkingRule:
        told: dict[str, Any] = {**dict(self), "level": self.level[0], "sublevel": self.level[1]}
        return rules.MarkingRule(name=name, **told)


class _Masking(_Part):
    least: fields.OpenLevel | None = Field(default=None, alias="from")


class _Documents(_Part):
    sandbox: Annotated[Minimum, fields.choice("kernel", *STRENGTHS)] = "kernel"


class PolicyTables(_Part):
    """A policy file, table by table; None: left out."""

    models: list[ModelTable] = []
    ceilings: dict[Annotated[str, fields.key_of(*rules.KINDS)], fields.HomologableLevel] | None = None
    homologations: dict[Annotated[str, fields.key_of(*rules.HOMOLOGABLE)], fields.Text] = {}
    unmarked: dict[Annotated[str, fields.key_of(*rules.KINDS, "default")], fields.OpenLevel] | None = None
    quotas: rules.Quotas | None = None
    markings: dict[str, MarkingTable] = {}
    rights: list[rules.Right] = []
    masking: _Masking = _Masking()
    documents: _Documents = _Documents()
    retention: rules.Retention = rules.Retention()
    archive: rules.ArchiveRule = rules.ArchiveRule()
    floors: dict[str, fields.OpenLevel] = {}
    second_reader: rules.SecondReading | None = None
    labels: dict[Annotated[str, fields.key_of("site", "N0", "N1", "N2", "N3", "N4")], fields.Text] = {}


def read_tables(raw: dict[str, Any], name: str, lines: dict[KeyPath, int]) -> PolicyTables:
    """The tables of the file `name`. Raises ConfigurationError: all that is wrong, with lines."""
    try:
        tables = PolicyTables.model_validate(raw)
    except pydantic.ValidationError as error:
        raise _raised([_worded(each) for each in error.errors()], name, lines) from None
    if problems := list(_together(tables)):
        raise _raised(problems, name, lines)
    return tables


def _raised(problems: Sequence[Problem], name: str, lines: dict[KeyPath, int]) -> ConfigurationError:
    errors: list[ConfigurationError] = []
    for path, what in sorted(problems, key=lambda problem: line_of(lines, problem[0])):
        names = [part for part in path if isinstance(part, str)]
        where = f"{name}:{line_of(lines, path)} {'.'.join(names)}"
        errors.append(ConfigurationError(where, what.about(key=names[-1])))
    return errors[0] if len(errors) == 1 else ConfigurationErrors(errors)


def _worded(error: ErrorDetails) -> Problem:
    """An error of pydantic in words of this file."""
    path = tuple(part for part in error["loc"] if part != "[key]")
    match error["type"]:
        case "policy":
            return path, error.get("ctx", {})["what"]
        case "missing":
            return path, _MISSING
        case "extra_forbidden" | "unexpected_keyword_argument":
            return path, fields.unknown_key(str(path[-1]), _known(path))
        case "list_type":
            return path, Phrase("policy.tables")
        case _:
            return path, Phrase("policy.table", table=path[0])


def _known(path: KeyPath) -> list[str]:
    """The keys of the table in which this one stands."""
    part: Any = PolicyTables
    if len(path) > 1:
        field = PolicyTables.model_fields[str(path[0])].annotation
        part = next(each for each in (field, *get_args(field)) if isinstance(each, type) and each is not str)
    if dataclasses.is_dataclass(part):
        return [each.name for each in dataclasses.fields(part)]
    return [each.alias or name for name, each in part.model_fields.items()]


def _together(tables: PolicyTables) -> Iterator[Problem]:
    """What fields that are right for themselves say wrongly together."""
    yield from _models_together(tables.models)
    for kind, level in (tables.ceilings or {}).items():
        if level == Level.N4 and kind not in tables.homologations:
            yield ("ceilings", kind), Phrase("policy.no_homologation", kind=kind)
    if tables.unmarked is not None and "default" not in tables.unmarked:
        yield ("unmarked", "default"), Phrase("policy.missing_default")
    for place, right in enumerate(tables.rights):
        if right.level is None and right.deny is None:
            yield ("rights", place, "level"), _MISSING
        elif right.level is not None and right.deny is not None:
            yield ("rights", place, "deny"), Phrase("policy.beside_level")
    second = tables.second_reader
    if second and not any(m.id == second.model and m.clearance >= Level.N3 for m in tables.models):
        yield ("second_reader", "model"), Phrase("policy.second_reader")


def _models_together(models: Sequence[ModelTable]) -> Iterator[Problem]:
    for place, model in enumerate(models):
        address = DIALECTS[model.dialect].address
        if model.id in {other.id for other in models[:place]}:
            yield ("models", place, "id"), Phrase("policy.model_twice", model=model.id)
        if address != "none" and not model.url:
            yield ("models", place, "url"), _MISSING
        elif address == "url" and (told := url_problem(model.url)):
            yield ("models", place, "url"), told
        if model.homologation and is_public(model.url):
            yield ("models", place, "homologation"), Phrase("policy.public")


def url_problem(url: str) -> Phrase | None:
    """What is wrong with the address of a gateway, and what to write instead."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return Phrase("policy.url")
    if parts.username or parts.password:
        return Phrase("policy.password")
    return None


def base_url(url: str) -> str:
    """The URL below which `/chat/completions` is: without a path, `/v1`."""
    url = url.strip().rstrip("/")
    return url if urlsplit(url).path else f"{url}/v1"


def is_public(url: str) -> bool:
    host = (urlsplit(url).hostname or "").lower()
    return any(host == name or host.endswith(f".{name}") for name in PUBLIC_SERVICES)


def gateway_model(gateway: GatewaySettings) -> Model:
    """The one model of `RELAIS_GATEWAY__…`.

    Its clearance is N2, that of the administration's own gateways (the ceiling of an encrypted Tchap chat);
    N0 at a service for the general public. More, such as N3 at a SecNumCloud host, is a decision for somebody
    to write into a policy. A model of Mistral's is asked in their dialect: it refuses unknown fields, while
    nobody refuses its own.
    """
    host = (urlsplit(gateway.url).hostname or "").lower()
    mistral = re.match(
        r"(?:mi(?:ni|x)?s?tral|codestral|magistral|devstral|small-|large-)", gateway.model.lower()
    )
    return Model(
        id=gateway.model,
        served=gateway.model,
        url=base_url(gateway.url),
        clearance=Level.N0 if is_public(gateway.url) else Level.N2,
        dialect="opengatellm" if host.startswith("albert.") else "mistral" if mistral else "openai",
        api_key_env=GATEWAY_KEY,
    )
