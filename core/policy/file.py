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
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from core.config.settings import Settings
from core.config.toml_positions import key_lines
from core.connector import Address, AudienceKind
from core.documents.sandbox.jail import STRENGTHS, Minimum
from core.errors import ConfigurationError, ConfigurationErrors
from core.gateway.catalogue import EXTRACTS, Model
from core.policy.channels import channels
from core.policy.models import GATEWAY_KEY, gateway_model, read_models
from core.policy.table import Table
from core.sensitivity.level import Level, Sublevel

Strength = Literal["strong", "weak"]
KINDS = tuple(channels())
HOMOLOGABLE = tuple(name for name, channel in channels().items() if channel.homologable)
"""What may be a system homologated for Diffusion Restreinte: nothing public, in clear or open to guests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """What one person may use. None: without limit."""

    messages_per_minute: int | None = None
    tokens_per_day: int | None = None
    tokens_per_day_in_all: int | None = None
    """Of all people together: what the service may spend (RGESN)."""
    answer_characters: int | None = None
    """The longest answer of a model; a longer one is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingRule:
    """An addition to the built-in vocabulary of markings; `pattern` is a regular expression."""

    name: str
    pattern: str
    level: Level
    strength: Strength
    sublevel: Sublevel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What these people may have a model read. `people` are ids, in which `*` stands for any text: a person,
    or a group (`@*:agent.x.tchap.gouv.fr`). `level` is the highest that they may; `deny` the lowest that they
    may not, whatever others of these rules grant them: N0 blocks them."""

    people: tuple[str, ...]
    level: Level | None = None
    deny: Level | None = None

    def names(self, person: str) -> bool:
        return any(fnmatchcase(person, pattern) for pattern in self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondReading:
    """Which model reads again what nobody stamped: doubtful messages, and documents of so many characters.
    `channels` are kinds of audience; none: all. See `core.models.second_reader`."""

    model: str
    from_characters: int
    channels: tuple[str, ...]
    tokens_per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept, in days. The audit trail: CNIL 2021-122 asks for 6 to 12 months. The register
    by which answers are recognised holds none of their words; 0: there is none."""

    session_days: int = 30
    audit_days: int = 183
    register_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRule:
    """What the archives get: up to `clearance`, what people mark, and all conversations of some kinds of
    audience (`channels`)."""

    channels: tuple[str, ...] = ()
    clearance: Level = Level.N2


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

    def become(self, other: PolicyFile) -> None:
        """Hold from now on what another policy says, for all who hold this one: its file was changed."""
        for each in fields(self):
            object.__setattr__(self, each.name, getattr(other, each.name))

    def unmarked_level(self, audience: AudienceKind) -> Level:
        """The level of a text in which nothing was found."""
        kinds = (audience, _within(audience), "default")
        return next(self.unmarked[kind] for kind in kinds if kind in self.unmarked)

    def lists(self, audience: str) -> bool:
        """Does the policy name this kind of audience itself?"""
        return audience in self.ceilings

    def conversation_floor(self, address: Address) -> Level:
        """The least level that the policy gives to this conversation."""
        name = f"{address.connector}:{address.conversation}"
        return max(
            (level for each, level in self.floors.items() if fnmatchcase(name, each)), default=Level.N0
        )

    def ceiling(self, audience: str) -> Level | None:
        """The highest level that this kind of audience may carry; None: nothing. N4a needs a homologation."""
        if audience == ARCHIVES:
            return min(self.archive.clearance, Level.N3)
        ceiling = self.ceilings.get(audience)
        if ceiling is None and _within(audience) in self.ceilings:
            ceiling = Level.N0
        most = Level.N4 if self.homologations.get(audience) else Level.N3
        return None if ceiling is None else min(ceiling, most)

    def is_homologated(self) -> bool:
        """Is there a channel and a model for N4a at all?"""
        channels = any(self.ceiling(kind) == Level.N4 for kind in self.ceilings)
        return channels and any(model.may_read(Level.N4) for model in self.models)

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

    @property
    def session_days(self) -> int:
        return self.retention.session_days


def _within(audience: str) -> str:
    """The wider kind that this one is a case of, or none."""
    channel = channels().get(audience)
    return channel.within if channel else ""


ARCHIVES = "archives"
"""The name by which the gate judges what is handed to the archives."""
_TABLES = (
    "models", "ceilings", "homologations", "unmarked", "quotas", "markings", "rights", "masking", "documents",
    "retention", "floors", "second_reader", "labels", "archive",
)  # fmt: skip


def shipped_policy() -> PolicyFile:
    """The default. It has no models."""
    source = resources.files("core.policy").joinpath("policy.toml").read_text(encoding="utf-8")
    return _parse(source, "policy.toml", Path(), None)


def load_policy(settings: Settings) -> PolicyFile:
    """The policy in force. With no model declared anywhere the embedded extracts answer.

    Raises ConfigurationError for all that is wrong, a named key that is not given included.
    """
    policy = read_policy(settings.policy) if settings.policy else shipped_policy()
    if settings.gateway and policy.models:
        remedy = "Declare this gateway under [[models]] of the policy, or remove RELAIS_GATEWAY__…"
        raise ConfigurationError("RELAIS_GATEWAY__URL", "is given beside a policy with models", remedy)
    models = (gateway_model(settings.gateway),) if settings.gateway else policy.models or (EXTRACTS,)
    _check_keys(settings, models)
    return replace(policy, models=models, version=_digest(policy.version + repr(models)))


def _check_keys(settings: Settings, models: tuple[Model, ...]) -> None:
    """Every key that a model names must be given; that of `RELAIS_GATEWAY__…` is optional."""
    named = {model.api_key_env: model for model in models if model.api_key_env not in (None, GATEWAY_KEY)}
    remedy = "Give it in the environment or in .env, or remove api_key_env"
    ConfigurationErrors.raise_any(
        [
            ConfigurationError(name, f"is missing: model {model.id} of the policy needs it", remedy)
            for name, model in named.items()
            if name and not settings.secret(name)
        ]
    )


def read_policy(path: Path) -> PolicyFile:
    """The policy of a file. Raises ConfigurationError, with lines."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        remedy = "Name a file that relais may read"
        raise ConfigurationError(str(path), f"cannot be read: {reason}", remedy) from None
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
        where = f"{name} line {line[1] if line else source.count(chr(10)) + 1}"
        reason = "is not TOML: " + re.sub(r"\s*\(at .*\)", "", str(error))
        raise ConfigurationError(where, reason, "Correct the line; strings stand between quotes") from None
    problems: list[ConfigurationError] = []
    root = Table(raw, name=name, lines=key_lines(source), problems=problems)
    root.only(*_TABLES)
    homologations = _homologations(root)
    models = read_models(root, folder)
    policy = PolicyFile(
        models=models,
        ceilings=_levels(root, "ceilings", (), shipped and shipped.ceilings, homologations),
        homologations=homologations,
        unmarked=_levels(root, "unmarked", ("default",), shipped and shipped.unmarked),
        quotas=_quotas(root, shipped and shipped.quotas),
        markings=_markings(root),
        rights=_rights(root),
        retention=_retention(root),
        archive=_archive(root),
        masking=_masking(root, shipped),
        floors={name: root.table("floors").level(name) for name in root.table("floors").keys},
        sandbox=_sandbox(root),
        labels=_labels(root),
        second_reading=_second_reading(root, models),
        version=_digest(source),
    )
    ConfigurationErrors.raise_any(sorted(problems, key=lambda problem: int(problem.setting.split()[-1])))
    return policy


def _homologations(root: Table) -> Mapping[str, str]:
    table = root.table("homologations").only(*HOMOLOGABLE)
    return {name: table.text(name) for name in table.keys if name in HOMOLOGABLE}


def _levels(
    root: Table,
    key: str,
    more: tuple[str, ...],
    shipped: Mapping[str, Level] | None,
    homologations: Mapping[str, str] | None = None,
) -> Mapping[str, Level]:
    """A table of one level for each kind of audience; the shipped one when it is left out."""
    if key not in root and shipped is not None:
        return shipped
    table = root.table(key).only(*KINDS, *more)
    for name in more:
        if name not in table:
            table.wrong(name, "is missing", f'Write {name} = "N1" in [{key}]')
    found: dict[str, Level] = {}
    for name in table.keys:
        if name in (*KINDS, *more):
            remedy = homologations is not None and f'{name} = "…" under [homologations]'
            reference = (homologations or {}).get(name)
            found[name] = table.level(name, homologation=reference, remedy=remedy or None)
    return found


def _quotas(root: Table, shipped: Quotas | None) -> Quotas:
    if "quotas" not in root and shipped is not None:
        return shipped
    table = root.table("quotas").only(
        "messages_per_minute", "tokens_per_day", "tokens_per_day_in_all", "answer_characters"
    )
    return Quotas(**{key: table.count(key, 100) for key in table.keys if key in Quotas.__dataclass_fields__})


def _rights(root: Table) -> tuple[Right, ...]:
    return tuple(_right(table.only("people", "level", "deny")) for table in root.tables("rights"))


def _right(table: Table) -> Right:
    people = table.texts("people", ())
    if "deny" not in table:
        return Right(people=people, level=_granted(table))
    if "level" in table:
        table.wrong("deny", "stands beside a level", "Write what is denied in a [[rights]] of its own")
    return Right(people=people, deny=table.level("deny", remedy="Write N0 to block these people"))


def _granted(table: Table) -> Level:
    return table.level("level", homologation="those of the model and of the channel")


def _retention(root: Table) -> Retention:
    table = root.table("retention").only("session_days", "audit_days", "register_days")
    return Retention(
        session_days=table.count("session_days", 30),
        audit_days=table.count("audit_days", 183),
        register_days=table.count("register_days", 90, least=0),
    )


def _archive(root: Table) -> ArchiveRule:
    table = root.table("archive").only("channels", "clearance")
    return ArchiveRule(
        channels=table.texts("channels", KINDS, KINDS) if "channels" in table else (),
        clearance=table.level("clearance") if "clearance" in table else Level.N2,
    )


def _masking(root: Table, shipped: PolicyFile | None) -> Level | None:
    table = root.table("masking").only("from")
    return table.level("from") if table else shipped and shipped.masking


def _labels(root: Table) -> dict[str, str]:
    table = root.table("labels").only("site", "N0", "N1", "N2", "N3", "N4")
    return {name: table.text(name) for name in table.keys}


def _sandbox(root: Table) -> Minimum:
    word = root.table("documents").only("sandbox").choice("sandbox", ("kernel", *STRENGTHS), "kernel")
    known: dict[str, Minimum] = {"kernel": "kernel", **{strength: strength for strength in STRENGTHS}}
    return known.get(word, "full")  # an unknown word is a problem already


def _second_reading(root: Table, models: tuple[Model, ...]) -> SecondReading | None:
    if "second_reader" not in root:
        return None
    table = root.table("second_reader").only("model", "from_characters", "channels", "tokens_per_day")
    name = table.text("model")
    model = next((model for model in models if model.id == name), None)
    if model is None or model.clearance < Level.N3:
        reason = "is none of the models cleared for N3: what it reads may be of any level up to that"
        table.wrong("model", reason, 'Name the id of a [[models]] with clearance = "N3"')
    channels = table.texts("channels", KINDS, KINDS) if "channels" in table else ()
    return SecondReading(
        model=name,
        from_characters=table.count("from_characters", 2_000),
        channels=channels,
        tokens_per_day=table.count("tokens_per_day", 1_000_000),
    )


def _markings(root: Table) -> tuple[MarkingRule, ...]:
    table = root.table("markings")
    return tuple(_marking(name, table.table(name)) for name in table.keys)


def _marking(name: str, table: Table) -> MarkingRule:
    table.only("pattern", "level", "strength")
    pattern = table.text("pattern")
    try:
        re.compile(pattern)
    except re.error as error:
        table.wrong("pattern", f"is not a regular expression: {error.msg}", "Correct it; use '…' quotes")
    strength: Strength = (
        "weak" if table.choice("strength", ("strong", "weak"), "strong") == "weak" else "strong"
    )
    level, sublevel = table.any_level("level")
    return MarkingRule(name=name, pattern=pattern, level=level, strength=strength, sublevel=sublevel)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
