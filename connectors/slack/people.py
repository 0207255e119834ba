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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel and who is in it. `guests` is True also where that cannot be known; `counted` is when its
    members were, and `foreign` says that one of them is of another organisation."""

    id: str
    name: str
    direct: bool
    shared: bool
    members: frozenset[str]
    outsiders: frozenset[str]
    guests: bool
    foreign: bool
    at: float
    counted: float
    uncertain: float = 0.0
    """Seconds after which its members, who are not known yet, may be looked up."""


def is_person(id: str) -> bool:
    """Is it the id of a person, which stands for the direct chat with them ("W": in an enterprise)?"""
    return id.startswith(("U", "W"))


class Directory:
    """See the module's docstring. One for each workspace; every method may raise Deferred, StoreError."""

    def __init__(
        self,
        api: Api,
        shelf: Shelf,
        *,
        own: str,
        team: str | None,
        enterprise: str | None = None,
        by_name: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`shelf` is shared by all replicas. `own` is the bot's user; `team` its workspace, or None where it
        is of a whole `enterprise`, whose people are all inside. `by_name`: names of channels are needed."""
        self._api = api
        self._shelf = shelf
        self._own = own
        self._team = team
        self._enterprise = enterprise
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
        found = someone_of(id, user, self._team, self._enterprise)
        self._people[id] = (at, found)
        return found

    async def _look_in_list(self, members: list[str]) -> None:
        """Learn who people are from the list of the workspace's people; best effort."""
        unknown = [id for id in members if self._known(id) is None]
        if self._enterprise or len(unknown) < MANY or self._clock() < self._list_from:
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
        kept, now = self._places.get(channel), self._clock()
        period = f"{CHANGED}:{int(now // PERIOD)}"
        people, places = await self._shelf.read((PEOPLE, period), (channel, CHANGED))
        if self._people_changed(people, kept) or (kept and _changed(places, kept.at)):
            kept = None
        if kept is not None and asked and self._is_still_ours(kept, now):
            return kept
        about = await self._looked_at(channel, now, needed=kept is None or now - kept.at >= FRESH)
        if about is None and kept is not None:
            return kept
        about = about or {}
        counted, uncertain = now, 0.0
        if kept is not None and now - kept.counted < KEPT:
            members, outsiders, counted = kept.members, kept.outsiders, kept.counted
            guests, foreign = kept.guests, kept.foreign
        else:
            try:
                members, outsiders, guests, foreign = await self._counted(channel, about)
            except NotYet as error:  # of a direct chat who is there is known, not whether they are a guest
                members = frozenset(filter(None, (text_in(about, "user"),)))
                outsiders, guests, foreign = frozenset[str](), False, False
                uncertain = max(error.retry_after, 0.1)
        place = Place(
            id=channel,
            name=text_in(about, "name"),
            direct=bool(about.get("is_im")) or channel.startswith("D") or is_person(channel),
            shared=foreign or self._is_shared(channel, about),
            members=members,
            outsiders=outsiders,
            guests=guests,
            foreign=foreign,
            at=now,
            counted=counted,
            uncertain=uncertain,
        )
        if uncertain:
            return place
        self._places[channel] = place
        return place

    async def _counted(self, channel: str, about: Json) -> tuple[frozenset[str], frozenset[str], bool, bool]:
        """The members, the outsiders among them, may there be guests, and is one of another organisation?
        Raises NotYet: what Slack told meanwhile is kept."""
        found = await self._members(channel, about)
        direct = channel.startswith("D") or bool(about.get("is_im"))
        out = [each for each in await self._looked_up(found or []) if each.is_outsider(direct=direct)]
        outsiders, foreign = frozenset(each.id for each in out), any(each.outside for each in out)
        return frozenset(found or ()), outsiders, found is None or bool(outsiders), foreign

    def told(self, channel: str, *, shared: bool) -> None:
        """Note what the envelope of an event says of its channel."""
        (self.shared.add if shared else self.shared.discard)(channel)
        self._told[channel] = (self._clock(), shared)

    def _is_still_ours(self, kept: Place, now: float) -> bool:
        """Has an event just told that this channel is not shared, as it is known to be?"""
        at, shared = self._told.get(kept.id, (0.0, True))
        just = not shared and now - at < JUST and kept.id not in self.shared
        return just and not kept.shared and now - kept.counted < KEPT

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
        told = someone_of(id, user, self._team, self._enterprise)
        ours = all(each.is_insider for each in (told, known or told))
        if ours and "is_restricted" in user:
            return
        at = self._clock()
        first, mark = int((at - SKEW) // PERIOD), f"{at} {id}".encode()
        names = (f"{CHANGED}:{period}" for period in (first, first + 1))
        await self._shelf.put(PEOPLE, [Shelved(name=name, variant=id, value=mark) for name in names])

    def _people_changed(self, marks: Iterable[bytes], kept: Place | None) -> bool:
        """Drop what is known of people from before they changed; did one of this place, since its members
        were counted?"""
        changed = False
        for mark in marks:
            at, _, id = mark.decode().partition(" ")
            until = float(at) + SKEW
            if self._people.get(id, (until + 1.0, None))[0] <= until:
                del self._people[id]
            changed |= kept is not None and id in kept.members and kept.counted <= until
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
        """The members, or None where there are too many or where Slack does not tell."""
        if channel.startswith("D") or about.get("is_im"):
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
        """Who the members are. Raises Deferred: nobody is taken to be of ours."""
        await self._look_in_list(members)
        room = asyncio.Semaphore(TOGETHER)

        async def one(id: str) -> Someone:
            async with room:
                return await self.someone(id)

        return await asyncio.gather(*map(one, members))


def _changed(marks: Iterable[bytes], since: float) -> bool:
    """Did a channel change since then? What an earlier version marked names a person after the time."""
    return any(float(mark.split()[0]) >= since - SKEW for mark in marks)


def someone_of(id: str, user: Json, team: str | None, enterprise: str | None) -> Someone:
    """The person that `users.info` tells of, for a bot of this workspace, or of all of this enterprise; one
    of whom it tells nothing is a guest.

    `is_stranger` is only for who shares no channel with the app. Who is of an enterprise has an
    `enterprise_user`; of others the workspace counts. Where ours are not known, an outsider is told by what
    is withheld of them (https://docs.slack.dev/apis/slack-connect)."""
    names = (text_in(user, "profile", "display_name"), text_in(user, "real_name"), text_in(user, "name"))
    theirs, whose = text_in(user, "team_id"), text_in(user, "enterprise_user", "enterprise_id")
    theirs = theirs or text_in(user, "profile", "team")
    if whose:
        foreign = whose != enterprise
    else:
        foreign = theirs not in ("", team, enterprise) if team else "is_restricted" not in user
    return Someone(
        id=id,
        name=next(filter(None, names), ""),
        guest=not user or any(user.get(each) for each in ("is_restricted", "is_ultra_restricted")),
        outside=bool(user) and (foreign or bool(user.get("is_stranger"))),
        bot=bool(user.get("is_bot")),
        closed=bool(user.get("deleted")),
    )
