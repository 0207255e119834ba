"""How a job ended: one value, on which alone depends what is written to the store (`core.worker.worker`).

A failure becomes a clear word, a wait for the gateway, another attempt, or a dead letter.

A gateway that is away is no failure of the question. The person is told once, in the message that will be
the answer; the question waits in the store without using up an attempt, and is asked again when the gateway
is back. Until it is, a replica has one such question at a time try (half-open): the others are given back
before any work is done on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.errors import ContextOverflow, GatewayError, GatewayRejected, Interrupted, OverQuota
from core.inbox.inbox import How
from core.models.access import Models
from core.texts import Texts

ATTEMPTS = 3
RETRY_AFTER = 5.0
"""Seconds before a job that failed for an unknown reason is tried again; more each time."""
PATIENCE = 3600.0
"""Seconds after which a question waits for the gateway no more, and is told so."""
PAUSE = 10.0
"""Seconds between two attempts of a question that waits, at least."""
WAITS = "waits"
"""Name of a job's note: the person was told that the question waits for the gateway."""
GIVEN_UP = "given-up"
"""Name of a job's note: why it is to become a dead letter once the person was told."""


Concluded = Literal["answered", "refused", "asked"]
"""It is over, in the store too. `answered`: what was to be said is delivered; where nothing was to be said,
nothing. `refused`: the policy refuses what was asked; its author was told why. `asked`: its author was asked
whether a doubtful finding is true; the question waits in the session."""


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


Ending = Concluded | Postponed | GivenUp | Withdrawn | Lost


class Gate:
    """Which of the questions that wait for the gateway may try now."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._trying = ""

    def pause(self, turn: str) -> float:
        """Seconds that the job must still wait; 0.0: it may try, and `ended` is to be called then."""
        if (wait := self._models.wait) > 0:
            return wait
        if self._models.well:
            return 0.0
        if self._trying not in ("", turn):
            return 1.0
        self._trying = turn
        return 0.0

    def ended(self, turn: str) -> None:
        if self._trying == turn:
            self._trying = ""


def said(error: GatewayError | OverQuota, words: Texts, ref: str) -> str:
    """What the person reads of it; where support may have to look, with the reference of their message."""
    match error:
        case OverQuota(in_all=True):
            return words.quota_of_all()
        case OverQuota(limit=limit):
            return words.quota_of_the_day(limit)
        case Interrupted(text=text):
            return words.interrupted(text)
        case ContextOverflow():
            return words.too_long()
        case GatewayRejected():
            return words.referenced(words.gateway_rejected(), ref)
        case _:
            return words.referenced(words.gateway_unavailable(), ref)
