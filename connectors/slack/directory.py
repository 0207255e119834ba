"""Who is there: channels and people of a workspace, kept for a while and dropped when an event says so.

`users.info` and `conversations.info` allow 100 and 50 calls a minute, so each answer is kept. A channel is
asked about again before each send unless Slack has just limited that, and always when an event told any
replica of a change. Whoever are many in a channel that is new are looked for in the list of the workspace's
people first, if that is short; those who are not in it are asked for. What cannot be known counts as the
careful case: a stranger, a channel with guests, one that is shared with another organisation.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from cachetools import FIFOCache

from connectors.slack.api import Api, NotYet, pages
from connectors.slack.people import Organisation, Someone, is_person, someone_of
from core.connector import Shelf, Shelved
from core.connector.untrusted_json import Json, array_in, object_in, objects_in, text_in
from core.errors import Deferred, DeliveryError, PlatformRefused

KEPT = 600.0
"""Seconds for which a person, and the members of a channel, are known."""
FRESH = 30.0
"""Seconds for which who is in a channel may count as known now."""
JUST = 1.0
"""Seconds for which a question has just come."""
LARGEST = 60
"""Members looked at one by one; in a larger channel there may be guests."""
SKEW = 2.0
"""Seconds by which the clocks of replicas may differ."""
TOGETHER = 10
"""People looked up at once."""
INFO, MEMBERS, USERS, LIST = "conversations.info", "conversations.members", "users.info", "users.list"
MANY, PAGES, PAGE = 12, 3, 200
"""People who are worth a look at the list, and its pages that are looked at, of so many people."""
LIST_AGAIN, LIST_SOON = 86_400.0, 60.0
"""Seconds after which it is looked at again whether a list that was long, or not given, is short; and after
which one that could not be read just then is."""
CHANGED = "changed"
"""Name on the shelf of when a channel was last told to have changed."""
PEOPLE, PERIOD = "people", KEPT + 3 * SKEW
"""Where on the shelf the marks of people who changed stand, by periods of so many seconds: a mark stands in
two of them, so that one holds all that may matter now, and never more than was told in two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The people of a channel, as they were counted `at`. `guests` is True also if there may be guests.
    `foreign` says that one of the people belongs to another organisation. People who are not known yet are
    `uncertain`: after so many seconds they may be looked up."""

    members: frozenset[str]
    outsiders: frozenset[str] = frozenset()
    guests: bool = False
    foreign: bool = False
    at: float
    uncertain: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel and its people, as they were known to be `at`."""

    id: str
    name: str
    direct: bool
    shared: bool
    people: Present
    at: float


class Directory:
    """See the module's docstring. One for each workspace; every method may raise Deferred, StoreError."""

    def __init__(
        self,
        api: Api,
        shelf: Shelf,
        *,
        own: str,
        organisation: Organisation,
        by_name: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`shelf` is shared by all replicas. `own` is the bot's user. `by_name` says that the names of
        channels are needed."""
        self._api = api
        self._shelf = shelf
        self._own = own
        self._organisation = organisation
        self._by_name = by_name
        self._clock = clock
        self._told: FIFOCache[str, tuple[float, bool]] = FIFOCache(5_000)
        """What the envelope of an event said last of each channel, and when: is it shared?"""
        self._people: FIFOCache[str, tuple[float, Someone]] = FIFOCache(20_000)
        self._asking = WeakValueDictionary[str, asyncio.Lock]()
        self._places: FIFOCache[str, Place] = FIFOCache(5_000)
        self.shared: set[str] = set()
        """Channels that an event's envelope says to be shared with another organisation."""
        self._list_from = 0.0
        """When the list of people is worth a look again."""
        self.directs: dict[str, str] = {}
        """The person of each direct chat that an event came from."""

    async def someone(self, id: str) -> Someone:
        """Look a person up; of several who look at once, one asks."""
        async with self._asking.setdefault(id, asyncio.Lock()):
            return self._known(id) or await self._ask(id)

    async def author(self, id: str) -> Someone:
        """Look up who wrote something: whose account was closed has it open again, perhaps."""
        async with self._asking.setdefault(id, asyncio.Lock()):
            known = self._known(id)
            return known if known is not None and not known.closed else await self._ask(id)

    def _known(self, id: str) -> Someone | None:
        at, kept = self._people.get(id, (0.0, None))
        return kept if self._clock() - at < KEPT else None

    async def _ask(self, id: str) -> Someone:
        at = self._clock()
        try:
            user = object_in(await self._api.ask(USERS, patience=0.0, user=id), "user")
        except PlatformRefused:
            user = {}
        return self._keep(id, user, at)

    def _keep(self, id: str, user: Json, at: float) -> Someone:
        """Know a person as Slack tells of them, which was asked `at`: a change that is told later counts."""
        found = someone_of(id, user, self._organisation)
        self._people[id] = (at, found)
        return found

    async def _look_in_list(self, members: list[str]) -> None:
        """Learn who people are from the list of the workspace's people; best effort."""
        unknown = [id for id in members if self._known(id) is None]
        if self._organisation.enterprise or len(unknown) < MANY or self._clock() < self._list_from:
            return
        self._list_from = self._clock() + LIST_SOON  # the others do not look meanwhile
        at, whole = self._clock(), False
        try:
            async for page, more in pages(self._api, LIST, most=PAGES, patience=0.0, limit=PAGE):
                for user in objects_in(page, "members"):
                    if "is_restricted" in user and user.get("team_id"):  # else it tells less than is needed
                        self._keep(text_in(user, "id"), user, at)
                whole = not more
        except Deferred:
            return
        except DeliveryError:
            pass
        self._list_from = 0.0 if whole else self._clock() + LIST_AGAIN

    async def names(self, ids: Iterable[str]) -> dict[str, str]:
        """The names of people, as far as they can be had now."""
        found: dict[str, str] = {}
        for id in ids:
            try:
                found[id] = (await self.someone(id)).name
            except Deferred:
                continue
        return found

    async def place(self, channel: str, *, asked: bool = False) -> Place:
        """Look a channel and its members up, as they are now; where a question is taken up (`asked`), as its
        event has just told. In a direct chat whose person is known, nobody else can ever be."""
        now = self._clock()
        kept = await self._kept(channel, now)
        if kept is not None and asked and self._is_still_ours(kept, now):
            return kept
        about = await self._looked_at(channel, now, needed=kept is None or now - kept.at >= FRESH)
        if about is None and kept is not None:
            return kept
        about = about or {}
        if kept is not None and now - kept.people.at < KEPT:
            people = kept.people
        else:
            people = await self._count(channel, about, now)
        place = Place(
            id=channel,
            name=text_in(about, "name"),
            direct=_is_direct(channel, about) or is_person(channel),
            shared=people.foreign or self._is_shared(channel, about),
            people=people,
            at=now,
        )
        if not people.uncertain:
            self._places[channel] = place
        return place

    async def _kept(self, channel: str, now: float) -> Place | None:
        """The channel as it is known, unless any replica was told that it, or one of its people, changed."""
        kept = self._places.get(channel)
        period = f"{CHANGED}:{int(now // PERIOD)}"
        people, places = await self._shelf.read((PEOPLE, period), (channel, CHANGED))
        if self._people_changed(people, kept) or (kept and _changed(places, kept.at)):
            return None
        return kept

    async def _count(self, channel: str, about: Json, now: float) -> Present:
        """Look the people of a channel up. If that cannot be done now, they are uncertain: of a direct chat,
        its person is known, and whether they are a guest is not."""
        try:
            found = await self._members(channel, about)
            everyone = await self._looked_up(found or [])
        except NotYet as error:  # what Slack told meanwhile is kept
            person = text_in(about, "user")
            return Present(
                members=frozenset((person,) if person else ()),
                at=now,
                uncertain=max(error.retry_after, 0.1),
            )
        direct = _is_direct(channel, about)
        outsiders = [each for each in everyone if each.is_outsider(direct=direct)]
        return Present(
            members=frozenset(found or ()),
            outsiders=frozenset(each.id for each in outsiders),
            guests=found is None or bool(outsiders),
            foreign=any(each.outside for each in outsiders),
            at=now,
        )

    def told(self, channel: str, *, shared: bool) -> None:
        """Note what the envelope of an event says of its channel."""
        (self.shared.add if shared else self.shared.discard)(channel)
        self._told[channel] = (self._clock(), shared)

    def _is_still_ours(self, kept: Place, now: float) -> bool:
        """True if an event has just told that this channel is not shared, which agrees with what is known."""
        at, shared = self._told.get(kept.id, (0.0, True))
        just = not shared and now - at < JUST and kept.id not in self.shared
        return just and not kept.shared and now - kept.people.at < KEPT

    async def _looked_at(self, channel: str, now: float, *, needed: bool) -> Json | None:
        """What Slack says of a channel, or where it limits that, what an event has just told; None where
        neither is `needed`."""
        if user := channel if is_person(channel) else self.directs.get(channel):
            return {"is_im": True, "user": user}
        if not self._api.is_limited(INFO):
            try:
                return await self._about(channel)
            except Deferred as error:
                if needed and not isinstance(error, NotYet):
                    raise
        if not needed:
            return None
        return await self._told_of(channel, now) or await self._about(channel)

    async def _told_of(self, channel: str, now: float) -> Json | None:
        """What an event has just told of a channel, where Slack limits how often it is asked."""
        at, shared = self._told.get(channel, (0.0, True))
        if self._by_name or now - at > FRESH:
            return None
        marks = await self._shelf.get(channel, CHANGED)
        return None if _changed(marks, at) else {"is_ext_shared": shared}

    async def changed(self, channel: str) -> None:
        """Look again at the next need, on every replica: something changed there."""
        self._places.pop(channel, None)
        self.shared.discard(channel)
        told = f"{self._clock()}".encode()
        await self._shelf.put(channel, [Shelved(name=CHANGED, variant="", value=told)])

    async def person_changed(self, user: Json) -> None:
        """Look a person up again at the next need; if they are a guest, or of another organisation, or were,
        on every replica, which then judges their channels anew, be they known to this one or not."""
        id = text_in(user, "id")
        _, known = self._people.pop(id, (0.0, None))
        told = someone_of(id, user, self._organisation)
        ours = all(each.is_insider for each in (told, known or told))
        if ours and "is_restricted" in user:
            return
        at = self._clock()
        first, mark = int((at - SKEW) // PERIOD), f"{at} {id}".encode()
        names = (f"{CHANGED}:{period}" for period in (first, first + 1))
        await self._shelf.put(PEOPLE, [Shelved(name=name, variant=id, value=mark) for name in names])

    def _people_changed(self, marks: Iterable[bytes], kept: Place | None) -> bool:
        """Drop what is known of people from before they changed. True if one of them is in this place, and
        changed after its people were counted."""
        changed = False
        for mark in marks:
            at, _, id = mark.decode().partition(" ")
            until = float(at) + SKEW
            if self._people.get(id, (until + 1.0, None))[0] <= until:
                del self._people[id]
            changed |= kept is not None and id in kept.people.members and kept.people.at <= until
        return changed

    async def _about(self, channel: str) -> Json:
        try:
            return object_in(await self._api.ask(INFO, channel=channel), "channel")
        except PlatformRefused:
            return {}

    def _is_shared(self, channel: str, about: Json) -> bool:
        if channel.startswith("D") and not about:
            return False
        if not about:
            return True
        said = about.get("is_ext_shared") or about.get("is_pending_ext_shared")
        return bool(said) or channel in self.shared

    async def _members(self, channel: str, about: Json) -> list[str] | None:
        """The ids of the members, or None if there are too many, or if Slack does not tell."""
        if _is_direct(channel, about):
            user = text_in(about, "user") or self.directs.get(channel, "")
            if user:
                return [user]
        found: list[str] = []
        try:
            async for page, _ in pages(self._api, MEMBERS, patience=0.0, channel=channel, limit=200):
                found += [str(each) for each in array_in(page.get("members"))]
                if len(found) > LARGEST:
                    return None
        except PlatformRefused:
            return None
        return [each for each in found if each != self._own]

    async def _looked_up(self, members: list[str]) -> list[Someone]:
        """Look the members up. Raises Deferred rather than take anybody to be one of ours."""
        await self._look_in_list(members)
        room = asyncio.Semaphore(TOGETHER)

        async def one(id: str) -> Someone:
            async with room:
                return await self.someone(id)

        return await asyncio.gather(*map(one, members))


def _is_direct(channel: str, about: Json) -> bool:
    """True of a direct chat, by its id or by what Slack says of it."""
    return channel.startswith("D") or bool(about.get("is_im"))


def _changed(marks: Iterable[bytes], since: float) -> bool:
    """True if a channel changed after this time. A mark of an earlier version names a person after the
    time."""
    return any(float(mark.split()[0]) >= since - SKEW for mark in marks)
