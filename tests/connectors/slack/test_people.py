"""What Slack tells of a person decides whether they are one of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from connectors.slack.api import Api
from connectors.slack.directory import INFO, KEPT, MEMBERS, PERIOD, Directory
from connectors.slack.people import Organisation, someone_of
from core.connector.untrusted_json import Json
from tests.connectors.slack.test_connector import MemoryShelf

OURS = {"team_id": "T1", "is_restricted": False}
GRID = {"team_id": "T7", "enterprise_user": {"enterprise_id": "E1"}}
ABROAD = {"team_id": "T2", "profile": {"team": "T2", "display_name": "eshellstrop"}}
"""Somebody of another organisation, as Slack documents what it tells of them."""


@pytest.mark.parametrize(
    ("user", "team", "enterprise", "guest", "outside"),
    [
        (OURS, "T1", None, False, False),
        (OURS | {"is_restricted": True}, "T1", None, True, False),
        (OURS | {"is_ultra_restricted": True}, "T1", None, True, False),
        (OURS | {"is_stranger": True}, "T1", None, False, True),
        (ABROAD | {"is_stranger": True}, "T1", None, False, True),
        (ABROAD | {"is_stranger": False}, "T1", None, False, True),
        (ABROAD | {"is_stranger": False, "is_restricted": False}, "T1", None, False, True),
        ({"profile": {"team": "T2"}, "is_restricted": False}, "T1", None, False, True),
        ({"enterprise_user": {"enterprise_id": "E2"}}, "T1", None, False, True),
        (OURS, "T1", "E1", False, False),
        (GRID, "T1", "E1", False, False),
        (GRID, None, "E1", False, False),
        (GRID | {"enterprise_user": {"enterprise_id": "E2"}}, "T1", "E1", False, True),
        (GRID | {"enterprise_user": {"enterprise_id": "E2"}}, None, "E1", False, True),
        (ABROAD | {"is_restricted": False}, "T1", "E1", False, True),
        (ABROAD, None, "E1", False, True),
        (OURS, None, "E1", False, False),
        ({}, "T1", None, True, False),
        ({}, None, "E1", True, False),
    ],
)
def test_who_is_a_guest_and_who_is_of_another_organisation(
    user: dict[str, Any], team: str | None, enterprise: str | None, guest: bool, outside: bool
) -> None:
    """`is_stranger` is false for people of another organisation with whom a channel is shared; their
    workspace, or in a Grid their enterprise, tells: who is of none is not of ours."""
    someone = someone_of("U1", user, Organisation(team=team, enterprise=enterprise))
    assert (someone.guest, someone.outside) == (guest, outside)


@pytest.mark.parametrize("guest", [True, False])
@pytest.mark.parametrize("closed", [True, False])
def test_whose_account_is_closed_neither_asks_as_one_of_us_nor_reads_channels(
    guest: bool, closed: bool
) -> None:
    """Slack lists them among the members of old channels for ever."""
    someone = someone_of("U1", OURS | {"is_restricted": guest, "deleted": closed}, Organisation(team="T1"))
    assert someone.is_insider is not (guest or closed)
    assert someone.is_outsider(direct=False) is (guest and not closed)
    assert someone.is_outsider(direct=True) is (guest or closed)


@dataclass
class People:
    """What Slack tells of a channel and of people, two of whom are in it; and two replicas that ask."""

    guests: set[str] = field(default_factory=set[str])
    abroad: set[str] = field(default_factory=set[str])
    closed: set[str] = field(default_factory=set[str])
    now: float = 10 * PERIOD + 1.0
    asked: list[str] = field(default_factory=list[str])
    slow: float = 0.0
    """Seconds that an answer about a person takes."""

    def __post_init__(self) -> None:
        self.shelf = MemoryShelf()
        self.told, self.other = (
            Directory(
                cast(Api, self),
                self.shelf,
                own="UB",
                organisation=Organisation(team="T1"),
                clock=lambda: self.now,
            )
            for _ in range(2)
        )

    def is_limited(self, method: str) -> bool:
        return False

    async def ask(self, method: str, **about: Any) -> Json:
        self.asked.append(method)
        if method == INFO:
            return {"channel": {"id": about["channel"], "name": "salle"}}
        if method == MEMBERS:
            return {"members": ["U1", "U2", "UB"]}
        answer = {"user": self.user(about["user"])}
        self.now += self.slow
        return answer

    def user(self, id: str) -> Json:
        whose = ABROAD if id in self.abroad else OURS | {"is_restricted": id in self.guests}
        return whose | {"id": id, "deleted": id in self.closed}

    async def invite(self, *ids: str) -> None:
        """They become guests, of which one replica is told a while later."""
        self.now += 100.0
        self.guests |= set(ids)
        for id in ids:
            await self.told.person_changed(self.user(id))
            self.now += 1.0


async def test_a_channel_whose_guests_have_left_the_organisation_has_none() -> None:
    """Until the account of one of them is opened again, of which one replica is told."""
    people = People(guests={"U1"}, abroad={"U2"}, closed={"U1", "U2"})
    for replica in (people.told, people.other):
        place = await replica.place("C1")
        assert (place.people.guests, place.shared) == (False, False)
    people.closed.clear()
    await people.invite("U1")
    people.now += 60.0
    for replica in (people.told, people.other):
        assert (await replica.place("C1")).people.guests


async def test_a_new_guest_is_seen_on_every_replica_though_their_channel_changes_next() -> None:
    """Somebody joins or leaves it just after."""
    people = People()
    for replica in (people.told, people.other):
        assert not (await replica.place("C1")).people.guests
    await people.invite("U1")
    await people.told.changed("C1")
    people.now += 60.0
    for replica in (people.told, people.other):
        assert (await replica.place("C1")).people.outsiders == {"U1"}


async def test_each_of_two_new_guests_is_seen_on_every_replica() -> None:
    """They become guests one right after the other."""
    people = People()
    for replica in (people.told, people.other):
        await replica.place("C1")
    await people.invite("U1", "U2")
    people.now += 60.0
    assert (await people.other.place("C1")).people.outsiders == {"U1", "U2"}


async def test_a_new_guest_is_seen_in_channels_that_the_replica_which_is_told_does_not_know() -> None:
    """Also in one that the other replica has not counted yet, though it knows the person."""
    people = People()
    await people.other.place("C1")
    await people.invite("U1")
    people.now += 60.0
    assert (await people.other.place("C2")).people.guests
    assert (await people.other.place("C1")).people.guests


async def test_a_new_guest_is_seen_though_the_replica_that_is_told_has_just_looked_them_up() -> None:
    """It knows them for the guest that the event tells of; the other does not."""
    people = People()
    await people.other.place("C1")
    people.guests.add("U1")
    await people.told.place("C1")
    await people.invite("U1")
    people.now += 60.0
    assert (await people.other.place("C1")).people.guests


async def test_a_person_who_changes_while_slack_answers_is_asked_for_again() -> None:
    """The answer was given before, and came after."""
    people = People(slow=5.0)
    await people.other.someone("U1")
    people.now -= 4.0
    people.guests.add("U1")
    await people.told.person_changed(people.user("U1"))
    people.now += 4.0
    assert (await people.other.place("C1")).people.guests


@pytest.mark.parametrize("passed", [0.0, KEPT / 2, KEPT - 1.0])
@pytest.mark.parametrize("start", [0.0, 0.5, 0.999])
async def test_a_new_guest_is_seen_whenever_they_are_looked_for(start: float, passed: float) -> None:
    """Wherever within a period the mark was put, as long as what was known before it might count."""
    people = People(now=(10 + start) * PERIOD)
    await people.other.someone("U1")
    people.guests.add("U1")
    await people.told.person_changed(people.user("U1"))
    people.now += passed
    assert (await people.other.place("C1")).people.guests


async def test_a_member_who_changes_their_status_has_no_channel_counted_anew() -> None:
    """Be they known to the replica that is told or not; nothing is put on the shelf."""
    people = People()
    await people.other.place("C1")
    people.now += 100.0
    await people.told.person_changed(people.user("U1"))
    before = len(people.asked)
    await people.other.place("C1")
    assert people.asked[before:] == [INFO]


async def test_what_replicas_were_told_is_read_once_for_each_look_at_a_channel() -> None:
    """Of its people and of the channel itself, in one round trip to the store."""
    people = People()
    for looks in (1, 2):
        await people.told.place("C1")
        assert people.shelf.reads == looks


async def test_a_channel_with_somebody_of_another_organisation_is_shared_with_it() -> None:
    """Whatever Slack tells of the channel; with a guest of ours it is not."""
    people = People(guests={"U2"})
    assert not (await people.told.place("C1")).shared
    people.abroad.add("U1")
    for _ in range(2):
        place = await people.other.place("C1")
        assert (place.shared, place.people.outsiders) == (True, {"U1", "U2"})
        people.now += KEPT / 2
