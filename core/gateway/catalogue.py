"""The models that relais may ask, with the clearance the policy gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.sensitivity.level import Level

Dialect = Literal["mistral", "opengatellm", "openai", "extracts", "local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What sets a dialect apart for whoever uses its models.

    `generates`: it writes words of its own, which are checked, signed and counted. `address`: what its `url`
    is. `asks_for_usage`: its requests ask for the usage."""

    generates: bool = True
    address: Literal["url", "file", "none"] = "url"
    asks_for_usage: bool = False


DIALECTS: Mapping[Dialect, Traits] = {
    "mistral": Traits(),  # refuses any field that it does not know
    "opengatellm": Traits(),
    "openai": Traits(asks_for_usage=True),
    "local": Traits(address="file", asks_for_usage=True),
    "extracts": Traits(generates=False, address="none"),
}
Task = Literal["chat", "summary", "transcription", "vision"]
"""`transcription`: of voice messages, at `…/audio/transcriptions`; `vision`: of pictures."""
UNREAD: frozenset[Task] = frozenset(("transcription", "vision"))
"""Tasks on what nobody has read: the model must be cleared for the highest level of the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of the policy. The field names are the policy file's.

    `id` is the name people choose, `served` the one the gateway knows. `url` ends with `/v1` (for
    `local`: the path of a GGUF file; for `extracts`: empty). `context` is in tokens, parameters in
    billions. `homologation` is the reference of the decision by which it may read N4a (II 901).
    """

    id: str
    served: str
    url: str
    clearance: Level
    dialect: Dialect = "openai"
    api_key_env: str | None = None
    context: int = 32_768
    active_parameters: float = 0.0
    total_parameters: float | None = None
    tasks: tuple[Task, ...] = ("chat", "summary")
    languages: tuple[str, ...] = ("fr", "en")
    homologation: str | None = None
    generates: bool = field(init=False, repr=False, compare=False)
    """Does it write words of its own? The extracts quote, word for word."""
    address: Literal["url", "file", "none"] = field(init=False, repr=False, compare=False)
    """What `url` is: an address elsewhere, a file of this machine, or nothing."""
    highest: Level = field(init=False, repr=False, compare=False)
    """What it may read at most: above N3 by a homologation only, and classified information never."""
    estimable: bool = field(init=False, repr=False, compare=False)
    """May its footprint be estimated? EcoLogits speaks of servers with graphics cards: not of this machine,
    nor of unknown sizes."""

    def __post_init__(self) -> None:
        traits = DIALECTS[self.dialect]
        follow = {
            "generates": traits.generates,
            "address": traits.address,
            "highest": min(self.clearance, Level.N4 if self.homologation else Level.N3),
            "estimable": self.active_parameters > 0 and traits.address == "url",
        }
        for name, value in follow.items():
            object.__setattr__(self, name, value)


EXTRACTS = Model(
    id="extraits", served="extraits", url="", clearance=Level.N3, dialect="extracts", context=10_000_000
)
"""The embedded engine: ranked extracts and cited passages, on this machine, without generation."""
