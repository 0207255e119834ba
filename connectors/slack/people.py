"""Who is there: channels and people of a workspace, kept for a while and dropped when an event says so.

`users.info` and `conversations.info` allow 100 and 50 calls a minute, so each answer is kept; what cannot be
known counts as the careful case: a stranger, a channel with guests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.slack.api import Api
from core.errors import Deferred, Refused
from core.untrusted_json import Json, array_of, object_in, text_in

KEPT = 600.0
"""Seconds for which a person is known."""
FRESH = 30.0
"""Seconds for which who is in a channel counts as known now."""
LARGEST = 300
"""Members looked at one by one; in a larger channel there may be guests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """A person. `outside`: of another organisation."""

    id: str
    name: str
    guest: bool
    outside: bool
    bot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel and who is in it. `guests` is True also where that cannot be known."""

    id: str
    name: str
    direct: bool
    public: bool
    shared: bool
    members: frozenset[str]
    guests: bool
    at: float


class Directory:
    """See the module's docstring. One for each workspace; every method may raise Deferred."""

    def __init__(self, api: Api, *, team: str | None, clock: Callable[[], float] = time.time) -> None:
        """`team` is the workspace whose people are inside; None for an enterprise, where Slack tells."""
        self._api = api
        self._team = team
        self._clock = clock
        self._people: dict[str, tuple[float, Someone]] = {}
        self._places: dict[str, Place] = {}

    async def someone(self, id: str) -> Someone:
        """Look a person up."""
        kept = self._people.get(id)
        if kept is not None and self._clock() - kept[0] < KEPT:
            return kept[1]
        try:
            user = object_in(await self._api.ask("users.info", user=id), "user")
        except Refused:
            user = {}
        found = _someone(id, user, self._team)
        if len(self._people) > 20_000:
            self._people.clear()
        self._people[id] = (self._clock(), found)
        return found

    async def names(self, ids: Iterable[str]) -> dict[str, str]:
        """The names of people, as far as they can be had now."""
        found: dict[str, str] = {}
        for id in ids:
            try:
                found[id] = (await self.someone(id)).name
            except Deferred:
                continue
        return found

    async def place(self, channel: str) -> Place:
        """Look a channel and its members up, as they are now (`FRESH`)."""
        kept = self._places.get(channel)
        if kept is not None and self._clock() - kept.at < FRESH:
            return kept
        began = self._clock()
        about = object_in(await self._api.ask("conversations.info", channel=channel), "channel")
        members = await self._members(channel, about)
        shared = any(about.get(name) for name in ("is_ext_shared", "is_pending_ext_shared"))
        guests = members is None or await self._any_guest(members)
        place = Place(
            id=channel,
            name=text_in(about, "name"),
            direct=bool(about.get("is_im")) or channel.startswith("D"),
            public=bool(about.get("is_channel")) and not about.get("is_private"),
            shared=shared,
            members=frozenset(members or ()),
            guests=guests,
            at=began,
        )
        if len(self._places) > 5_000:
            self._places.clear()
        self._places[channel] = place
        return place

    def forget(self, channel: str) -> None:
        """Look again at the next need: something changed there."""
        self._places.pop(channel, None)

    def forget_person(self, id: str) -> None:
        self._people.pop(id, None)

    async def _members(self, channel: str, about: Json) -> list[str] | None:
        """The members, or None where there are too many or where Slack does not tell."""
        if about.get("is_im") and (user := text_in(about, "user")):
            return [user]
        found: list[str] = []
        cursor: str | None = None
        try:
            while True:
                page = await self._api.ask("conversations.members", channel=channel, limit=200, cursor=cursor)
                found += [str(each) for each in array_of(page.get("members"))]
                cursor = text_in(page, "response_metadata", "next_cursor") or None
                if cursor is None:
                    return found
                if len(found) > LARGEST:
                    return None
        except Refused:
            return None

    async def _any_guest(self, members: list[str]) -> bool:
        for id in members:
            try:
                one = await self.someone(id)
            except Deferred:
                return True
            if one.guest or one.outside:
                return True
        return False


def _someone(id: str, user: Json, team: str | None) -> Someone:
    names = (text_in(user, "profile", "display_name"), text_in(user, "real_name"), text_in(user, "name"))
    theirs = text_in(user, "team_id")
    return Someone(
        id=id,
        name=next(filter(None, names), ""),
        guest=not user or bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        outside=bool(user.get("is_stranger")) or bool(team and theirs and theirs != team),
        bot=bool(user.get("is_bot")),
    )
