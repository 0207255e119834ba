"""Which model answers in a conversation, and when that changes: `policy.decide` for one audience."""

from __future__ import annotations

from dataclasses import dataclass

from core.connector import AudienceKind
from core.gateway.catalogue import Model, Task
from core.policy.decision import Refusal, Route, decide, permit
from core.policy.file import PolicyFile
from core.sensitivity.level import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """`person` asks; `choice` is the model that they picked, `language` the one they read."""

    policy: PolicyFile
    audience: AudienceKind
    person: str
    choice: str | None
    language: str

    def permit(self, level: Level, task: Task) -> Route:
        """The route of a question of this level. Raises Denied."""
        return permit(
            self.policy,
            level=level,
            audience=self.audience,
            task=task,
            person=self.person,
            choice=self.choice,
            language=self.language,
        )

    def models(self, level: Level, task: Task = "chat") -> tuple[Model, ...]:
        """The models cleared for the level here, the one that would answer first; none when refused."""
        decision = decide(
            self.policy,
            level=level,
            audience=self.audience,
            task=task,
            person=self.person,
            choice=self.choice,
            language=self.language,
        )
        return () if isinstance(decision, Refusal) else decision.models

    def moved(self, before: Level, now: Level) -> Model | None:
        """The model that takes over because the one of level `before` is not cleared for `now`."""
        old, new = self.models(before)[:1], self.models(now)[:1]
        return new[0] if old and new and not old[0].may_read(now) else None
