"""A person of Slack, and whether they belong to the organisation that the bot serves. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from core.connector.untrusted_json import Json, text_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The people whom the bot serves: those of the workspace `team`, or, if that is None, all of the
    `enterprise`."""

    team: str | None
    enterprise: str | None = None

    def has(self, user: Json) -> bool:
        """True if a user, as `users.info` describes them, is one of ours.

        People of an enterprise have an `enterprise_user`. Of others the workspace counts. If our workspace is
        not known, outsiders are told by what is withheld of them
        (https://docs.slack.dev/apis/slack-connect)."""
        if enterprise := text_in(user, "enterprise_user", "enterprise_id"):
            return enterprise == self.enterprise
        if self.team:
            team = text_in(user, "team_id") or text_in(user, "profile", "team")
            return team in ("", self.team, self.enterprise)
        return "is_restricted" in user


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """A person. `outside`: of another organisation. `closed`: their account is, so that they read nothing,
    though `conversations.members` may list them for ever."""

    id: str
    name: str
    guest: bool
    outside: bool
    bot: bool
    closed: bool

    @property
    def is_insider(self) -> bool:
        """May they ask as one of us?"""
        return not (self.guest or self.outside or self.closed)

    def is_outsider(self, *, direct: bool) -> bool:
        """Are they to be taken for one who reads a channel and is not of us? In their own `direct` chat also
        when their account is closed."""
        out = self.guest or self.outside
        return not self.bot and (out or self.closed if direct else out and not self.closed)


def is_person(id: str) -> bool:
    """Is it the id of a person, which stands for the direct chat with them ("W": in an enterprise)?"""
    return id.startswith(("U", "W"))


def someone_of(id: str, user: Json, organisation: Organisation) -> Someone:
    """The person whom `users.info` describes. A person of whom it tells nothing is a guest. `is_stranger` is
    given only of people who share no channel with the app."""
    names = (text_in(user, "profile", "display_name"), text_in(user, "real_name"), text_in(user, "name"))
    is_guest = not user or any(user.get(each) for each in ("is_restricted", "is_ultra_restricted"))
    is_outside = bool(user) and (not organisation.has(user) or bool(user.get("is_stranger")))
    return Someone(
        id=id,
        name=next(filter(None, names), ""),
        guest=is_guest,
        outside=is_outside,
        bot=bool(user.get("is_bot")),
        closed=bool(user.get("deleted")),
    )
