"""Which of Slack's events are questions, edits and deletions, and which are nobody's."""

from typing import Any

import pytest

from connectors.slack.events import (
    Changed,
    Gone,
    Me,
    Written,
    address_of,
    echo_of,
    happened,
    key_of,
    message_of,
)

ME = Me(team="T1", enterprise=None, user="UBOT", bot="BBOT")


def message(**more: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "user": "U1",
        "ts": "1.0",
        "text": "x",
        **more,
    }


def test_a_message_and_its_mention_are_one_question() -> None:
    """The key holds workspace, channel and time, not the event's id."""
    said = message(text="<@UBOT> bonjour")
    first = happened(said, ME, shared=False)
    second = happened({**said, "type": "app_mention"}, ME, shared=False)
    assert isinstance(first, Written)
    assert first == second
    assert first.mentioned
    assert message_of(first, ME, {}, addressed=True).key == "slack:T1:C1:1.0"


def test_a_mention_is_one_whatever_id_it_bears() -> None:
    """In an enterprise the bot may be named by another id than the one that its token knows."""
    said = happened(message(type="app_mention", text="<@W0OTHER> bonjour"), ME, shared=False)
    assert isinstance(said, Written)
    assert said.mentioned


def test_in_an_enterprise_the_key_holds_the_enterprise() -> None:
    """A channel shared by workspaces of one Grid is one channel."""
    assert key_of(Me(team="T1", enterprise="E1", user="U", bot="B"), "C1", "1.0") == "slack:E1:C1:1.0"


def test_a_question_outside_a_thread_begins_one() -> None:
    """Its answer stands under it: the thread is the unit of order and of memory."""
    asked = happened(message(), ME, shared=False)
    assert isinstance(asked, Written)
    assert message_of(asked, ME, {}, addressed=True).address == address_of(ME, "C1", "1.0")


@pytest.mark.parametrize(
    "event",
    [
        message(user="UBOT"),
        message(bot_id="B9"),
        message(bot_id="B9", subtype="bot_message"),
        message(subtype="channel_join"),
        message(subtype="channel_topic"),
        message(user="USLACKBOT"),
        message(user=""),
        message(ts=""),
        {"type": "message"},
    ],
)
def test_own_and_other_apps_and_system_messages_are_nobody_s(event: dict[str, Any]) -> None:
    """They are not answered and not kept."""
    assert happened(event, ME, shared=False) is None


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return message(subtype="message_changed", user="", previous_message=before, message=after)


def test_a_preview_is_no_edit() -> None:
    """The same text and files: Slack only added an attachment."""
    said = message()
    assert happened(changed(said, {**said, "attachments": [{"title": "aperçu"}]}), ME, shared=False) is None


def test_another_text_is_an_edit() -> None:
    """The new state keeps the id of the message."""
    found = happened(changed(message(), message(text="y", edited={"ts": "2.0"})), ME, shared=False)
    assert isinstance(found, Changed)
    assert (found.new.ts, found.new.text) == ("1.0", "y")


def test_a_tombstone_is_a_deletion() -> None:
    """A deleted root that has answers comes so, from USLACKBOT and without `deleted_ts`."""
    tomb = message(subtype="tombstone", user="USLACKBOT", thread_ts="1.0")
    found = happened(changed(message(), tomb), ME, shared=False)
    assert found == Gone(channel="C1", ts="1.0", thread=None, user="U1")


def test_our_own_deletion_is_nobody_s() -> None:
    """Deleting our answer is no deleted question."""
    assert (
        happened(
            message(subtype="message_deleted", deleted_ts="1.0", previous_message=message(user="UBOT")),
            ME,
            shared=False,
        )
        is None
    )


def test_what_is_forwarded_is_a_quotation() -> None:
    """Text, fields, nested messages and files of a forwarded message come with a question; no previews."""
    inner = {"is_share": True, "title": "Note", "fields": [{"title": "IBAN", "value": "FR76"}]}
    shared = {"is_share": True, "text": "R&amp;D de <@U2>", "files": [{"id": "F1"}], "attachments": [inner]}
    text = {"type": "rich_text", "elements": [{"elements": [{"text": "caché"}]}]}
    within = [{"message": {"blocks": [text]}}]
    blocks = {"is_msg_unfurl": True, "from_url": "https://x", "message_blocks": within}
    preview = {"from_url": "https://a.example", "text": "aperçu"}
    said = happened(message(attachments=[shared, blocks, preview]), ME, shared=False)
    assert isinstance(said, Written)
    made = message_of(said, ME, {"U2": "Léo"}, addressed=True)
    assert made.quoted == "R&D de @Léo\nNote\nIBAN\nFR76\n\ncaché"
    assert [each.reference["id"] for each in made.attachments] == ["F1"]


def test_own_posts_come_back_as_echoes() -> None:
    """With the key that they were posted with, in their thread; edits and others' posts are none."""
    own = message(user="UBOT", bot_id="BBOT", thread_ts="0.5", metadata={"event_payload": {"key": "k"}})
    echo = echo_of(own, ME)
    assert echo is not None
    assert (echo.key, echo.id, echo.address) == ("k", "1.0", address_of(ME, "C1", "0.5"))
    assert echo_of({**own, "subtype": "message_changed"}, ME) is None
    assert echo_of({**own, "user": "U1", "bot_id": ""}, ME) is None


@pytest.mark.parametrize("ts", ["abc", "1.0.0", "nan", "-1", "1" * 40])
def test_a_time_that_is_none_is_nobody_s(ts: str) -> None:
    """A malformed event is passed over: Slack need not send it again."""
    assert happened(message(ts=ts), ME, shared=False) is None
