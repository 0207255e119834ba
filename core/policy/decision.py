"""The one decision: may a text of this level go to this audience, and which models may read it?

Every gateway request and every message that leaves asks `decide` first (`Gateway.stream` and
`Outbox`, and nobody else, make things leave). It fails closed: a refusal is raised, so that no caller
passes over it, and an audience kind or a level that the policy does not know is refused. Level N4b is refused
whatever the policy says (IGI 1300), N4a where the policy names no homologated channel and model (II 901).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from core.connector import Audience, AudienceKind
from core.errors import RelaisError
from core.gateway.catalogue import Model, Task
from core.policy.file import PolicyFile
from core.sensitivity.level import Finding, Level, Sublevel

Why = Literal["out_of_scope", "channel", "person", "no_model", "unreadable", "unassessed"]
"""`unreadable`: a file cannot be read, so its level cannot be known; `unassessed`: a text's cannot."""


Offer = Literal["without", "elsewhere", "denied"]
"""What the author of a refused question may choose: send it without the passage, write it elsewhere, say that
the passage is not what it was taken for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Yes. `models` are cleared for the level and fit for the task, best first (empty for a send)."""

    level: Level
    models: tuple[Model, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No. `ceiling` is the highest level that would pass: the channel's, or the best model's.

    `elsewhere` are the kinds of audience that may carry the level. The turn that was refused adds what was
    found in it, and what could not be read: for people, never for a decision.
    """

    why: Why
    level: Level
    ceiling: Level | None
    audience: AudienceKind
    elsewhere: tuple[str, ...] = ()
    sublevel: Sublevel | None = None
    found: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    spoken: bool = False
    """Was all that could not be read a voice message?"""
    at: float = 0.0
    """When what is refused was written, in seconds since 1970; 0: by no turn."""
    offers: tuple[Offer, ...] = ()
    """What its author may choose of, in the order of its numbers."""
    room: str = ""
    """What people call the place where it was written; "" where it has no name, or two talk."""
    turn: str = ""
    """The key of the exchange that was refused; it is forgotten with that."""
    read_back: bool = False
    """Was it found in what others, too, had said before?"""


class Denied(RelaisError):
    """The gate said no; `refusal` says why. Nothing left."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.why}: {refusal.level.name} in {refusal.audience}")
        self.refusal = refusal


def decide(
    policy: PolicyFile,
    *,
    level: Level,
    audience: AudienceKind,
    task: Task | Literal["send"],
    person: str | None = None,
    choice: str | None = None,
    language: str = "fr",
) -> Route:
    """Permit that a text of `level` is shown to `audience` and, unless the task is `send`, read by models.
    Raises Denied, with the refusal.

    `person` is who asks: the policy's `[[rights]]` may bound what a model may read for them. `choice` is the
    model that they picked: it wins when it is cleared and fit; otherwise the smallest adequate model comes
    first (frugality), larger ones after it as fallbacks.
    """
    ceiling = policy.carries.get(audience)
    no = partial(Refusal, level=level, audience=audience)
    if level > Level.N4 or (level == Level.N4 and not policy.is_homologated()):
        raise Denied(no(why="out_of_scope", level=Level.N4, ceiling=ceiling))
    if ceiling is None or level > ceiling:
        raise Denied(no(why="channel", ceiling=ceiling, elsewhere=policy.kinds_for(level)))
    if person is not None and policy.rights:
        right = policy.right(person)
        if right is None or level > right:
            raise Denied(no(why="person", ceiling=right))
    if task == "send":
        return Route(level=level)
    fit = [m for m in policy.models if task in m.tasks]
    cleared = [m for m in fit if level <= m.highest]
    if not cleared:
        raise Denied(no(why="no_model", ceiling=max((m.clearance for m in fit), default=None)))
    cleared.sort(key=lambda m: (m.id != choice, language not in m.languages, m.active_parameters, m.id))
    return Route(level=level, models=tuple(cleared))


Unserved = Literal["closed", "foreign", "outsider"]


def unserved(policy: PolicyFile, audience: Audience, *, outsider: bool = False) -> Unserved | None:
    """Why nobody is answered here, or not an outsider; None: they are."""
    if audience.closed:
        return "closed"
    if audience.kind in policy.ceilings:
        return None
    if audience.foreign:
        return "foreign"
    return "outsider" if outsider else None
