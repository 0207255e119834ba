"""Matrix events → events of the core. Pure: the shell decrypts, keeps the room and looks up related events.

`points_to` names the event that must be looked up before `parse` can decide whether a reply is to the bot,
who wrote the message that an edit replaces, and in which thread that message was. An event that cannot be
found is absent from `Earlier.related`, and `parse` then does the careful thing: an edit of an unknown message
is dropped, since anybody could send one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypedDict
from urllib.parse import unquote

from connectors.tchap import polls
from connectors.tchap.api import NAME
from connectors.tchap.attachments import FILES, attachment, caption
from connectors.tchap.mentions import Me, calls_bot, calls_member, mentioned
from connectors.tchap.room import Room
from connectors.tchap.room_events import RoomEvent, is_own_join
from core.connector import (
    Address,
    Arrived,
    Attachment,
    Deleted,
    Edited,
    Event,
    IdentityChanged,
    Invited,
    Joined,
    Message,
    Person,
    Reacted,
    Undecryptable,
)
from core.connector.untrusted_json import Json, object_in, text_in

EVENT_KEY = f"{NAME}:%s:%s"
"""The key of an event of the core: of its room and its id."""
WORDS = frozenset({"m.text", "m.emote"})
"""The kinds of messages (`msgtype`) that people write."""
SAID = frozenset({"m.room.message", *polls.START})
"""The types of the events by which people say or show something."""
LONGEST_REACTION = 64
"""Characters of a reaction that are read."""

_FALLBACK = re.compile(r"\A> <@[^\n]*\n(?:>[^\n]*\n)*\n?")
"""The quotation that clients before Matrix 1.13 put before a reply."""
_LINK = re.compile(r"/#/room/([^/\s?]{1,300})/((?:\$|%24)[\w%:.-]{1,300})")
"""A link to a message, as clients copy it: its room and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """An earlier event that another one points to. `text` and `files` are empty if the bot wrote the event,
    or if it cannot be read. `sealed` says that no key opens it yet."""

    sender: str
    text: str = field(default="", repr=False)
    files: tuple[Attachment, ...] = ()
    thread: str | None = None
    reply_to: str | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The circumstances of an event: the earlier events that it points to, by their ids, whether the bot
    takes part in its thread, and the people whom the message before it in the thread mentions (`called`)."""

    related: Mapping[str, Related] = field(default_factory=dict[str, Related])
    thread_is_mine: bool = False
    called: Collection[str] = ()


NOTHING = Earlier()


def points_to(event: RoomEvent) -> str | None:
    """The id of the event that `parse` wants to know more about, or None.

    An edit or a reaction points to its target. A message points to the message that it replies to, or to one
    of this room to which its text links: a question beside such a link is about that message. The message
    that an edited message replies to counts too, since its edits do not repeat the relation (Matrix "Applying
    m.new_content")."""
    if (event.relation == "m.replace" and event.type in SAID) or event.type == "m.reaction":
        return event.target or None
    if event.type != "m.room.message":
        return None
    return event.reply_to if event.reply_to is not None else _linked_message(event)


def _linked_message(event: RoomEvent) -> str | None:
    """The first message of the same room to which the text of an event links."""
    for link in _LINK.finditer(text_in(event.content, "body")):
        if unquote(link[1]) == event.room:
            return unquote(link[2])
    return None


def parse(
    event: RoomEvent, room: Room, me: Me, earlier: Earlier = NOTHING, *, bots: Collection[str] = ()
) -> Event | None:
    """The core's event for an event that is in clear, or None if it concerns nobody here. Nothing that the
    bot's own account sends, from any device, becomes an event. `bots` are the accounts known to be
    programs."""
    if event.sender == me.id:
        return None
    if event.type in SAID:
        if event.relation == "m.replace":
            return _edited(event, room, me, earlier, bots)
        return _message(event, room, me, earlier, bots)
    if event.type == "m.reaction":
        return _reaction(event, room, me, earlier)
    if event.type == "m.room.redaction":
        target = text_in(event.raw, "redacts") or text_in(event.content, "redacts")
        return Deleted(**_envelope(event, room), target=target) if target else None
    return None


def joined(event: RoomEvent, room: Room) -> Joined:
    """`event` is the membership event by which the bot entered."""
    envelope = _envelope(event, room)
    envelope["sender"] = Person(id=room.inviter or event.sender, name=room.names.get(room.inviter, ""))
    return Joined(**envelope, direct=room.direct)


def arrived(event: RoomEvent, room: Room, me: str) -> list[Event]:
    """The news that somebody came into a chat of two with the bot, if this state event says so."""
    user = event.state_key or ""
    entered = user != me and room.direct and is_own_join(event, user)
    return [Arrived(**_envelope(event, room))] if entered and event.id else []


def invited(room: str, inviter: str, at: float) -> Invited:
    """An invitation that was declined. Invitations have no event id; one an hour per person is news."""
    return Invited(
        key=f"{NAME}:{room}:invited:{inviter}:{int(at // 3600)}",
        address=Address(connector=NAME, conversation=room),
        at=at,
        sender=Person(id=inviter),
    )


def undecryptable(
    room: Room, *, sender: str, at: float, thread: str | None, episode: str, unsigned: bool = False
) -> Undecryptable:
    """One notice per episode: its key is the same for every event of it, and on every replica."""
    return Undecryptable(
        key=f"{EVENT_KEY % (room.id, episode)}:undecryptable",
        address=Address(connector=NAME, conversation=room.id, thread=thread),
        at=at,
        sender=Person(id=sender, name=room.names.get(sender, "")),
        episode=episode,
        direct=room.direct,
        unsigned=unsigned,
    )


def identity_changed(event: RoomEvent, room: Room, master: str) -> IdentityChanged:
    """The news that the sender of an event, known by another identity, writes by the one with the master key
    `master`."""
    envelope = _envelope(event, room)
    envelope["key"] = f"{EVENT_KEY % (room.id, event.sender)}:identity:{master}"
    return IdentityChanged(**envelope, direct=room.direct)


class _Envelope(TypedDict):
    """The fields of `Happened`, which every event of the core has."""

    key: str
    address: Address
    at: float
    sender: Person


def _envelope(event: RoomEvent, room: Room, *, thread: str | None = None) -> _Envelope:
    return {
        "key": EVENT_KEY % (room.id, event.id),
        "address": Address(connector=NAME, conversation=room.id, thread=thread),
        "at": event.at,
        "sender": Person(id=event.sender, name=room.names.get(event.sender, "")),
    }


def _edited(event: RoomEvent, room: Room, me: Me, earlier: Earlier, bots: Collection[str]) -> Edited | None:
    """Only the author edits a message (Matrix "Validity of replacement events")."""
    before = earlier.related.get(event.target)
    if before is None or before.sender != event.sender:
        return None
    new = replace(
        event,
        id=event.target,
        content=object_in(event.content, "m.new_content"),
        relation="",
        thread=before.thread,
        reply_to=before.reply_to,
    )
    message = _message(new, room, me, earlier, bots)
    if message is None:
        return None
    return Edited(**_envelope(event, room, thread=before.thread), target=event.target, message=message)


# -- messages -----------------------------------------------------------------------------------------------


def _message(event: RoomEvent, room: Room, me: Me, earlier: Earlier, bots: Collection[str]) -> Message | None:
    """The message that an event is, or None if it is not of a kind that people say."""
    body = _body(event, room)
    if body is None:
        return None
    mentions = mentioned(event.content)
    reply_to = points_to(event) or event.reply_to
    answered = earlier.related.get(reply_to or "")
    return Message(
        **_envelope(event, room, thread=event.thread),
        **_quotation(answered, reply_to, body.shown, me),
        id=event.id,
        text=me.without_name(body.text, mentioned=me.id in mentions),
        addressed=(
            room.direct
            or _goes_on_with_bot(event, body.text, room, me, earlier, answered)
            or calls_bot(event.content, body.text, me)
        ),
        direct=room.direct,
        mentions=mentions,
        from_bot=event.sender in bots,
        reply_to=reply_to,
        attachments=body.files,
        origin=event.origin,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """What a person said: `text` as written, the file that came with it, or a poll or place that is `shown`,
    as a text."""

    text: str = ""
    files: tuple[Attachment, ...] = ()
    shown: str = ""


def _body(event: RoomEvent, room: Room) -> _Body | None:
    """The body of a message, or None if it is not of a kind that people say. A poll or a place says something
    to the bot in a direct chat only."""
    kind = text_in(event.content, "msgtype")
    if kind in WORDS:
        return _Body(text=_own_words(text_in(event.content, "body"), event.reply_to))
    if kind in FILES:
        own_words = _own_words(caption(event.content), event.reply_to)
        return _Body(text=own_words, files=(attachment(event.content),))
    shown = _shown(event) if room.direct else ""
    return _Body(shown=shown) if shown else None


def _own_words(text: str, reply_to: str | None) -> str:
    """The text of a message without the quotation that old clients put before a reply."""
    return _FALLBACK.sub("", text) if reply_to is not None else text


class _Quotation(TypedDict):
    """The fields of a `Message` that tell what it answers."""

    quoted: str
    quoted_files: tuple[Attachment, ...]
    unquoted: Literal["", "unread"]


def _quotation(answered: Related | None, reply_to: str | None, shown: str, me: Me) -> _Quotation:
    """Quote the message `answered`, whose id is `reply_to`. A message of the bot is not quoted. Without a
    message to quote, what this message shows stands as the quotation."""
    if answered is None or answered.sender == me.id:
        unread = answered is None and reply_to is not None and not shown
        return {"quoted": shown, "quoted_files": (), "unquoted": "unread" if unread else ""}
    unread = not answered.text and not answered.files
    return {
        "quoted": answered.text,
        "quoted_files": answered.files,
        "unquoted": "unread" if unread else "",
    }


def _goes_on_with_bot(
    event: RoomEvent, text: str, room: Room, me: Me, earlier: Earlier, answered: Related | None
) -> bool:
    """True if a message goes on with a talk that the bot takes part in: it replies to the bot, or stands in a
    thread of the bot's and turns to nobody else there."""
    if mentioned(event.content):
        return False
    if event.reply_to is not None and answered is not None:
        return answered.sender == me.id
    turns_away = event.sender in earlier.called or calls_member(text, room, but={event.sender, me.id})
    return earlier.thread_is_mine and not turns_away


def _shown(event: RoomEvent) -> str:
    """What an event shows, as a text: a poll, or a place. It orders nothing."""
    if text_in(event.content, "msgtype") == "m.location":
        return f"Lieu\u00a0: {text_in(event.content, 'body')} ({text_in(event.content, 'geo_uri')})"
    return polls.Polls().describe(event) if event.type in polls.START else ""


def readable(content: Json, reply_to: str | None) -> tuple[str, tuple[Attachment, ...]]:
    """The text of a message, for quoting it, and its file. The text of a file is its caption."""
    new = object_in(content, "m.new_content") or content
    if text_in(new, "msgtype") in FILES:
        return caption(new), (attachment(new),)
    return _own_words(text_in(new, "body"), reply_to), ()


def _reaction(event: RoomEvent, room: Room, me: Me, earlier: Earlier) -> Reacted | None:
    """Reactions to others' messages are not for the bot."""
    key = text_in(event.content, "m.relates_to", "key")[:LONGEST_REACTION]
    before = earlier.related.get(event.target)
    if before is None or before.sender != me.id or not key:
        return None
    return Reacted(
        **_envelope(event, room),
        target=event.target,
        reaction=key,
        direct=room.direct,
        id=event.id,
    )
