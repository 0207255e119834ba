"""Where a question stands: who would read an answer, and what may be written there. All of it is pure."""

from __future__ import annotations

from dataclasses import dataclass

from core.connector import Audience, AudienceKind, Connector
from core.policy.channels import channels
from core.policy.file import PolicyFile
from core.sensitivity.level import Level
from core.turn.question import Question
from core.understanding import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a question stands.

    `audience` would read an answer now. `spoken_in` is the place, as understanding tells places apart.
    `outsider`: the author is no member of the organisation, as far as is known. `awaited`: the author was
    told that the question waits for a model."""

    policy: PolicyFile
    audience: Audience
    spoken_in: Place
    outsider: bool
    awaited: bool = False

    @property
    def kind(self) -> AudienceKind:
        """The kind of audience, by the name that the policy gives it."""
        return self.audience.kind

    @property
    def exposed(self) -> bool:
        """Does a third party, and not the State, store what is written here?"""
        channel = channels().get(self.kind)
        return channel is not None and channel.exposed

    @property
    def ceiling(self) -> Level:
        """The highest level that may be written here."""
        return self.policy.carries.get(self.kind, Level.N0)

    @property
    def usual(self) -> Level:
        """The level of what is written here where nothing is found in it."""
        return self.policy.usual[self.kind]

    @property
    def embedded(self) -> bool:
        """Is no model configured, so that the embedded extracts answer?"""
        return not any(model.generates for model in self.policy.models)


def situation_of(
    question: Question, *, policy: PolicyFile, audience: Audience, connector: Connector, awaited: bool
) -> Situation:
    """Return where a question stands. A mail is told by its platform, which changes no message."""
    direct = question.event.direct
    return Situation(
        policy=policy,
        audience=audience,
        spoken_in="mail" if connector.editing is None else "direct" if direct else "room",
        outsider=_is_outsider(question, audience),
        awaited=awaited,
    )


def _is_outsider(question: Question, audience: Audience) -> bool:
    """Say whether the author is no member of the organisation. Somebody who cannot be known is none;
    somebody who is not known yet may be one."""
    author = question.author.id
    if author in audience.outsiders:
        return True
    unknown = not audience.uncertain and author not in audience.members
    return any(each.outsider or (each.outsider is None and unknown) for each in question.messages)
