"""How a job ended: one value, on which alone depends what is written to the store
(`core.worker.worker`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.inbox.inbox import How


@dataclass(frozen=True, slots=True)
class Answered:
    """What was to be said is delivered; where nothing was to be said, nothing."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The policy refuses what was asked; its author was told why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Its author was asked whether a doubtful finding is true; the question waits in the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """To be claimed again after `delay` seconds. `attempt`: it failed, and this uses up one of its attempts.
    `untouched`: nothing of it can have been seen. `for_gateway`: it waits until models can be asked."""

    delay: float
    attempt: bool = False
    untouched: bool = False
    for_gateway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """To become a dead letter for `reason`, in words for operators. `posted`: what was said of it."""

    reason: str
    posted: Mapping[int, str] = field(default_factory=dict[int, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The question was edited, and is to be claimed again with its new text; or deleted, and its answer
    goes too."""

    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The lease is over, or the store is away: whoever claims the job goes on with it. This replica does
    nothing more to it, but gives it back when the store is there again."""

    why: Literal["lease", "store"]


Ending = Answered | Refused | Asked | Postponed | GivenUp | Withdrawn | Lost
