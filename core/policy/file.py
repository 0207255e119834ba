"""Reads and checks policy.toml: which models there are, what each channel may carry, how long things stay.

The shipped `policy.toml` beside this module is the default. In a policy of one's own, a table that is left
out is the shipped one, and a table that is there stands alone: a kind of audience that its `[ceilings]` do
not name carries nothing. Nothing is guessed: an unknown key, level or dialect is an error with its line.

N4b may be handled nowhere (IGI 1300). N4a (Diffusion Restreinte, II 901) needs a homologated system: a model
or a channel may have it only with the reference of that decision.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from core.config.settings import Settings
from core.config.toml_positions import key_lines
from core.connector import Address, AudienceKind
from core.documents.sandbox.jail import Minimum
from core.errors import ConfigurationError, ConfigurationErrors
from core.gateway.catalogue import EXTRACTS, Model
from core.language.operators import os_reason
from core.policy.channels import wider
from core.policy.rules import HOMOLOGABLE as HOMOLOGABLE
from core.policy.rules import KINDS as KINDS
from core.policy.rules import ArchiveRule, MarkingRule, Quotas, Retention, Right, SecondReading
from core.policy.tables import GATEWAY_KEY, gateway_model, read_tables
from core.sensitivity.level import Level

ARCHIVES = "archives"
"""The name by which the gate judges what is handed to the archives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """A policy that was read and found right. `version` changes with its content."""

    models: tuple[Model, ...]
    ceilings: Mapping[str, Level]
    unmarked: Mapping[str, Level]
    homologations: Mapping[str, str] = field(default_factory=dict[str, str])
    """By kind of audience, the reference of the decision by which it may carry N4a."""
    quotas: Quotas = field(default_factory=Quotas)
    markings: tuple[MarkingRule, ...] = ()
    rights: tuple[Right, ...] = ()
    """Without any that grants a `level`, people may what channels and models may; else only those who are
    named may anything. What is denied is never granted."""
    retention: Retention = field(default_factory=Retention)
    archive: ArchiveRule = field(default_factory=ArchiveRule)
    masking: Level | None = None
    """From this level on, personal data are hidden from models; None: only where a person asks for it."""
    floors: Mapping[str, Level] = field(default_factory=dict[str, Level])
    """The least level of conversations, by a pattern of `connector:conversation`."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Identifiers by which other tools know the label of a level in a file, and of their `site`."""
    sandbox: Minimum = "kernel"
    """What must hold the readers of documents at least, or no file is read."""
    second_reading: SecondReading | None = None
    version: str = ""
    carries: Mapping[AudienceKind, Level] = field(init=False, repr=False, compare=False)
    """By kind of audience, the highest level that it may carry; one that is not named carries nothing. N4a
    needs a homologation, and of a case of a wider kind that alone is listed, what is public passes."""
    usual: Mapping[AudienceKind, Level] = field(init=False, repr=False, compare=False)
    """By kind of audience, the level of a text in which nothing was found."""

    def __post_init__(self) -> None:
        inner = {kind: within for kind, within in wider().items() if within in self.ceilings}
        carries = dict.fromkeys(inner, Level.N0)
        for kind, level in self.ceilings.items():
            carries[kind] = min(level, Level.N4 if self.homologations.get(kind) else Level.N3)
        carries[ARCHIVES] = min(self.archive.clearance, Level.N3)
        default = self.unmarked.get("default", Level.N4B)
        usual = defaultdict[str, Level](lambda: default)
        usual |= {kind: self.unmarked.get(within, default) for kind, within in wider().items()}
        usual |= self.unmarked
        object.__setattr__(self, "carries", carries)
        object.__setattr__(self, "usual", usual)

    def become(self, other: PolicyFile) -> None:
        """Hold from now on what another policy says, for all who hold this one: its file was changed."""
        for each in fields(self):
            object.__setattr__(self, each.name, getattr(other, each.name))

    def conversation_floor(self, address: Address) -> Level:
        """The least level that the policy gives to this conversation."""
        floors = (level for each, level in self.floors.items() if fnmatchcase(address.whole, each))
        return max(floors, default=Level.N0)

    def kinds_for(self, level: Level) -> tuple[str, ...]:
        """The kinds of audience that may carry a level."""
        return tuple(kind for kind in self.ceilings if self.carries[kind] >= level)

    def is_homologated(self) -> bool:
        """Is there a channel and a model for N4a at all?"""
        channels = any(self.carries[kind] == Level.N4 for kind in self.ceilings)
        return channels and any(model.highest >= Level.N4 for model in self.models)

    def right(self, person: str) -> Level | None:
        """The highest level of the rights that name the person, below what these deny; None: nothing."""
        mine = [each for each in self.rights if each.names(person)]
        granted = [each.level for each in mine if each.level is not None]
        if self.grants and not granted:
            return None
        denied = min((each.deny for each in mine if each.deny is not None), default=Level.N4B)
        most = min(max(granted, default=Level.N4), denied - 1)
        return Level(most) if most >= Level.N0 else None

    @property
    def grants(self) -> bool:
        """Are there people who alone may ask a model?"""
        return any(each.level is not None for each in self.rights)


def shipped_policy() -> PolicyFile:
    """The default. It has no models."""
    source = resources.files("core.policy").joinpath("policy.toml").read_text(encoding="utf-8")
    return _parse(source, "policy.toml", Path(), None)


def policy_file(settings: Settings) -> PolicyFile:
    """The policy of the settings, whether or not its models can be asked now. Raises ConfigurationError."""
    return read_policy(settings.policy) if settings.policy else shipped_policy()


def load_policy(settings: Settings) -> PolicyFile:
    """The policy in force. With no model declared anywhere the embedded extracts answer.

    Raises ConfigurationError for all that is wrong, a named key that is not given included.
    """
    policy = policy_file(settings)
    if settings.gateway and policy.models:
        raise ConfigurationError("RELAIS_GATEWAY__URL", "policy.beside")
    models = (gateway_model(settings.gateway),) if settings.gateway else policy.models or (EXTRACTS,)
    _check_keys(settings, models)
    return replace(policy, models=models, version=_digest(policy.version + repr(models)))


def _check_keys(settings: Settings, models: tuple[Model, ...]) -> None:
    """Every key that a model names must be given; that of `RELAIS_GATEWAY__…` is optional."""
    named = {model.api_key_env: model for model in models if model.api_key_env not in (None, GATEWAY_KEY)}
    ConfigurationErrors.raise_any(
        [
            ConfigurationError(name, "policy.no_key", model=model.id)
            for name, model in named.items()
            if name and not settings.environment.secret(name)
        ]
    )


def read_policy(path: Path) -> PolicyFile:
    """The policy of a file. Raises ConfigurationError, with lines."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(path), "policy.unread", why=os_reason(error)) from None
    return parse_policy(source, str(path), folder=path.parent)


def parse_policy(source: str, name: str, *, folder: Path | None = None) -> PolicyFile:
    """The policy that a TOML text says; `name` is what messages call it. A relative path of a local model
    begins at `folder`. Raises ConfigurationError, with lines. `models` may be empty."""
    return _parse(source, name, folder or Path(), shipped_policy())


def _parse(source: str, name: str, folder: Path, shipped: PolicyFile | None) -> PolicyFile:
    try:
        raw: dict[str, Any] = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{name}:{line[1] if line else source.count(chr(10)) + 1}"
        raise ConfigurationError(where, "policy.no_toml") from None
    tables = read_tables(raw, name, key_lines(source))
    shipped = shipped or PolicyFile(models=(), ceilings={}, unmarked={})
    return PolicyFile(
        models=tuple(each.model_in(folder) for each in tables.models),
        ceilings=shipped.ceilings if tables.ceilings is None else tables.ceilings,
        homologations=tables.homologations,
        unmarked=shipped.unmarked if tables.unmarked is None else tables.unmarked,
        quotas=tables.quotas or shipped.quotas,
        markings=tuple(each.rule(name) for name, each in tables.markings.items()),
        rights=tuple(tables.rights),
        retention=tables.retention,
        archive=tables.archive,
        masking=shipped.masking if tables.masking.least is None else tables.masking.least,
        floors=tables.floors,
        sandbox=tables.documents.sandbox,
        labels=tables.labels,
        second_reading=tables.second_reader,
        version=_digest(source),
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
