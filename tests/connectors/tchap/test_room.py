"""A room's state and what it means: who reads, which ceiling, whose chat."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tchap.room import STATE, Room, Served
from connectors.tchap.room_events import RoomEvent, is_own_join
from core.connector import AudienceKind

BOT, ALICE, BOB, GUEST = "@bot:agents.fr", "@alice:agents.fr", "@bob:autre.fr", "@eve:externe.fr"
SERVED = Served(allowed=frozenset({"agents.fr", "autre.fr"}), guests=frozenset({"externe.fr"}))


def member(user: str, membership: str = "join", name: str = "", **more: Any) -> dict[str, Any]:
    content = {"membership": membership, "displayname": name}
    return {"type": "m.room.member", "state_key": user, "sender": user, "content": content, **more}


def state(type: str, **content: Any) -> dict[str, Any]:
    return {"type": type, "state_key": "", "sender": ALICE, "content": content}


ENCRYPTED = state("m.room.encryption", algorithm="m.megolm.v1.aes-sha2")
DIRECT, RESTRICTED, UNRESTRICTED, UNKNOWN = (
    state("im.vector.room.access_rules", rule=rule)
    for rule in ("direct", "restricted", "unrestricted", "new")
)
PUBLIC = state("m.room.join_rules", join_rule="public")
READABLE = state("m.room.history_visibility", history_visibility="world_readable")


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([ENCRYPTED], "tchap_encrypted"),
        ([ENCRYPTED, member(BOB)], "tchap_encrypted"),
        ([ENCRYPTED, RESTRICTED, member(BOB, "invite")], "tchap_encrypted"),
        ([ENCRYPTED, UNKNOWN], "tchap_encrypted"),
        ([ENCRYPTED, UNRESTRICTED], "tchap_encrypted_guests"),
        ([ENCRYPTED, member(GUEST)], "tchap_encrypted_guests"),
        ([ENCRYPTED, member(GUEST, "invite")], "tchap_encrypted_guests"),
        ([ENCRYPTED, DIRECT, member(GUEST)], "tchap_encrypted_guests"),
        ([ENCRYPTED, member("@x:inconnu.fr")], "tchap_encrypted_guests"),
        ([ENCRYPTED, member(GUEST), member(GUEST, "leave")], "tchap_encrypted"),
        ([], "tchap_unencrypted"),
        ([member(GUEST)], "tchap_unencrypted"),
        ([PUBLIC], "tchap_public"),
        ([PUBLIC, ENCRYPTED], "tchap_public"),
        ([ENCRYPTED, READABLE], "tchap_public"),
        ([ENCRYPTED, state("m.room.encryption")], "tchap_encrypted"),
    ],
)
def test_kinds_of_audience(events: list[dict[str, Any]], kind: AudienceKind) -> None:
    """Encryption, access rule, join rule and people decide; what is unknown never widens the audience."""
    room = Room.of_state("!r", [member(BOT), member(ALICE), *events], BOT, SERVED)
    assert room.kind == kind


@pytest.mark.parametrize(
    ("events", "direct"),
    [
        ([], True),
        ([member(BOB)], False),
        ([member(BOB, "invite")], False),
        ([member(BOB, "leave")], True),
        ([DIRECT], True),
        ([DIRECT, member(BOB)], False),
        ([DIRECT, member(BOB, "invite")], False),
        ([DIRECT, member(ALICE, "leave")], False),
        ([RESTRICTED], False),
        ([PUBLIC], False),
    ],
)
def test_direct_chats(events: list[dict[str, Any]], direct: bool) -> None:
    """Exactly two people make a direct chat, whatever Tchap's access rule says; unless it says that it is a
    room."""
    assert Room.of_state("!r", [member(BOT), member(ALICE), *events], BOT).direct is direct


def test_an_invitation_marks_a_direct_chat() -> None:
    """`is_direct` of the invitation is remembered when the bot joins."""
    invitation = {"membership": "invite", "is_direct": True}
    entered = member(BOT, unsigned={"prev_content": invitation, "prev_sender": ALICE})
    room = Room.of_state("!r", [member(ALICE), RESTRICTED, entered], BOT)
    assert room.direct
    assert room.inviter == ALICE
    room.apply(member(BOB, "invite"), BOT)
    assert not room.direct


def test_encryption_is_for_ever() -> None:
    """No later event makes a room that was encrypted plain again; rotation is never slower than usual."""
    room = Room.of_state("!r", [ENCRYPTED], BOT)
    room.apply(state("m.room.encryption", algorithm="", rotation_period_msgs=10**9), BOT)
    assert room.encrypted
    assert room.rotation.rotate_messages == 100


def test_who_can_read() -> None:
    """The invited read too, unless the history is for members only."""
    room = Room.of_state("!r", [member(BOT), member(ALICE), member(BOB, "invite")], BOT)
    assert room.readers == {BOT, ALICE, BOB}
    room.apply(state("m.room.history_visibility", history_visibility="joined"), BOT)
    assert room.readers == {BOT, ALICE}


def test_only_changes_are_saved() -> None:
    """The same membership again changes nothing."""
    room = Room.of_state("!r", [member(ALICE, name="Alice")], BOT)
    assert not room.apply(member(ALICE, name="Alice"), BOT)
    assert room.apply(member(ALICE, name="Alice B"), BOT)
    assert not room.apply({"type": "m.room.message", "content": {}}, BOT)


def test_a_change_of_name_is_no_entry() -> None:
    """Only a join that follows no join is."""

    def enters(event: dict[str, Any]) -> bool:
        read = RoomEvent.read(event, "!r")
        return read is not None and is_own_join(read, BOT)

    assert enters(member(BOT))
    assert enters(member(BOT, unsigned={"prev_content": {"membership": "leave"}}))
    assert not enters(member(BOT, unsigned={"prev_content": {"membership": "join"}}))
    assert not enters(member(ALICE))


FIELDS = (
    *("content", "membership", "displayname", "unsigned", "prev_content", "rule", "join_rule", "sender"),
    *("rotation_period_msgs", "rotation_period_ms", "replacement_room", "is_direct"),
)

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["join", BOT, "public"]),
    lambda inner: st.dictionaries(
        st.sampled_from(
            [
                "content",
                "membership",
                "displayname",
                "unsigned",
                "prev_content",
                "rule",
                "join_rule",
                "sender",
            ]
        )
        | st.sampled_from(["rotation_period_msgs", "rotation_period_ms", "replacement_room", "is_direct"]),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)


@given(
    st.lists(st.fixed_dictionaries({"type": st.sampled_from(STATE), "state_key": _JSON, "content": _JSON}))
)
def test_any_state_is_survived_and_stored(events: list[dict[str, Any]]) -> None:
    """Whatever state events say, the room can be judged, and is the same after being stored."""
    room = Room.of_state("!r", events, BOT, SERVED)
    assert room.kind
    assert Room.load(room.dump()) == room


def test_what_an_entry_tells_late_counts_at_once() -> None:
    """The state may lack that the invitation was to a direct chat; the event of the entry tells."""
    room = Room.of_state("!r", [member(BOT), member(ALICE), RESTRICTED], BOT)
    assert not room.direct
    before = {"prev_content": {"membership": "invite", "is_direct": True}, "prev_sender": ALICE}
    assert room.apply(member(BOT, unsigned=before), BOT)
    assert (room.direct, room.inviter) == (True, ALICE)


@pytest.mark.parametrize(
    "event",
    [
        state("m.room.join_rules", join_rule="invite"),
        state("m.room.history_visibility", history_visibility="joined"),
        state("im.vector.room.access_rules", rule="restricted"),
    ],
)
def test_state_under_another_key_is_none_of_the_room(event: dict[str, Any]) -> None:
    """Only the one with an empty key says who reads."""
    room = Room.of_state("!r", [member(BOT), ENCRYPTED, PUBLIC, READABLE, UNRESTRICTED], BOT, SERVED)
    before = room.dump()
    assert not room.apply(event | {"state_key": "x"}, BOT)
    assert room.dump() == before
