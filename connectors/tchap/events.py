"""Matrix events → events of the core. Pure: the shell decrypts, keeps the room and looks up related events.

`references` says what must be looked up before `parse` can decide: whether a reply is to the bot, who wrote
the message that an edit replaces, in which thread that was. What cannot be found is absent from `related`,
and `parse` then does the careful thing: an edit of an unknown message is dropped (anybody could send one).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypedDict
from urllib.parse import unquote

from connectors.tchap import polls
from connectors.tchap.attachments import FILES, attachment, caption
from connectors.tchap.raw import AT, ORIGIN, relation, seconds
from connectors.tchap.rooms import Room, is_own_join
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
from core.untrusted_json import Json, array_in, object_in, text_in

NAME = "tchap"
WORDS = frozenset({"m.text", "m.emote"})

_FALLBACK = re.compile(r"\A> <@[^\n]*\n(?:>[^\n]*\n)*\n?")
"""The quotation that clients before Matrix 1.13 put before a reply."""
_PILL = re.compile(
    r"""href=["']https?://[^"'#\s]{1,200}/#/(?:user/)?((?:@|%40)[^"'?/\s]{1,255})""", re.IGNORECASE
)
"""A link to a person, as clients write a mention in HTML: `https://matrix.to/#/@bob:agents.fr`."""
MENTIONS = 50
_LINK = re.compile(r"/#/room/([^/\s?]{1,300})/((?:\$|%24)[\w%:.-]{1,300})")
"""A link to a message, as clients copy it: its room and its id."""
_COMMAND = re.compile(r"\s*![^\W\d_]")
_CALL = re.compile(r"\s*@?([^\W\d_][^,:!?\n]{1,60})[,:!?]")
"""Whom a text calls first: « Bob, … », « @Anne Petit : … »."""
_SERVICE = re.compile(r"\s*\[[^\[\]]*\]\s*\Z")
"""Tchap display names end with the service: `Prénom NOM [Service]`."""
_REMARK = re.compile(r"\s*\([^()]*\)\s*\Z")
"""What ours may say of itself, and nobody writes: `Assistant (IA)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot's account as people name it."""

    id: str
    name: str
    anywhere: re.Pattern[str]
    leading: re.Pattern[str]

    @classmethod
    def of(cls, id: str, name: str) -> Me:
        """`name` is the display name. Names of one letter are no mention."""
        localpart = id[1:].partition(":")[0]
        alone = _SERVICE.sub("", name)
        names = {id, id[1:], localpart, name, alone, _REMARK.sub("", alone)}
        spelled = sorted((re.escape(one) for one in names if len(one.strip()) > 1), key=len, reverse=True)
        any_name = rf"@?(?:{'|'.join(spelled)})(?!\w)"
        return cls(
            id=id,
            name=name,
            anywhere=re.compile(rf"(?<!\w){any_name}", re.IGNORECASE),
            leading=re.compile(rf"\A\s*{any_name}\s*[:,;.–—-]?\s*", re.IGNORECASE),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """An earlier event that another one points to. `text` and `files` are empty when it is the bot's or not
    readable; `sealed`: no key opens it yet."""

    sender: str
    text: str = field(default="", repr=False)
    files: tuple[Attachment, ...] = ()
    thread: str | None = None
    reply_to: str | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What an event points to: `event` to be looked up, and the root of its thread. `edits`: it replaces that
    event, so that what the replaced one points to counts too (`of_edited`)."""

    event: str | None = None
    thread: str | None = None
    edits: bool = False


def valid(raw: Json) -> bool:
    """Has the event what every event has?"""
    return (
        text_in(raw, "event_id").startswith("$")
        and text_in(raw, "sender").startswith("@")
        and isinstance(raw.get("content"), dict)
    )


def references(raw: Json, room: str) -> References:
    """The ids that `parse` wants to know more about, of an event of this room."""
    content = object_in(raw, "content")
    related = relation(content)
    target = text_in(related, "event_id")
    match raw.get("type"), related.get("rel_type"):
        case "m.reaction", "m.annotation":
            return References(event=target or None)
        case "m.room.message" | "m.poll.start" | "org.matrix.msc3381.poll.start", "m.replace":
            return References(event=target or None, edits=True)
        case "m.room.message", _:
            return References(event=reply_of(content) or linked(content, room), thread=thread_of(content))
        case _:
            return References()


def of_edited(before: Related) -> References:
    """What an edited message points to: its edits do not say it again (Matrix "Applying m.new_content")."""
    return References(event=before.reply_to, thread=before.thread)


def thread_of(content: Json) -> str | None:
    related = relation(content)
    return text_in(related, "event_id") or None if related.get("rel_type") == "m.thread" else None


def reply_of(content: Json) -> str | None:
    """The message that this one answers. In a thread, clients fill it in for others that know no threads."""
    related = relation(content)
    if related.get("rel_type") == "m.thread" and related.get("is_falling_back") is True:
        return None
    return text_in(related, "m.in_reply_to", "event_id") or None


def linked(content: Json, room: str) -> str | None:
    """The message of this room that a text links to: what is asked beside such a link is asked about that."""
    found = ((unquote(each[1]), unquote(each[2])) for each in _LINK.finditer(text_in(content, "body")))
    return next((id for there, id in found if there == room), None)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What an event is read with."""

    room: Room
    me: Me
    related: Mapping[str, Related]
    thread_is_mine: bool
    called: Collection[str]
    bots: Collection[str]


def parse(
    raw: Json,
    *,
    room: Room,
    me: Me,
    related: Mapping[str, Related],
    thread_is_mine: bool = False,
    called: Collection[str] = (),
    bots: Collection[str] = (),
) -> Event | None:
    """The core's event for a decrypted (or never encrypted) one; None when it concerns nobody here.

    `raw` has passed `valid`; `called` are those whom the message before it in its thread mentions; `bots` are
    accounts known to be programs. Nothing of the bot's own account, on
    any device, becomes an event.
    """
    if raw["sender"] == me.id:
        return None
    scene = _Scene(room, me, related, thread_is_mine, called, bots)
    match raw.get("type"):
        case "m.room.message" | "m.poll.start" | "org.matrix.msc3381.poll.start":
            if relation(raw["content"]).get("rel_type") == "m.replace":
                return _edited(raw, scene)
            content: Json = raw["content"]
            return _said(raw, content, raw["event_id"], thread_of(content), reply_of(content), scene)
        case "m.room.redaction":
            target = text_in(raw, "redacts") or text_in(raw["content"], "redacts")
            return Deleted(**_envelope(raw, room), target=target) if target else None
        case "m.reaction":
            return _reaction(raw, scene)
        case _:
            return None


def joined(raw: Json, room: Room) -> Joined:
    """`raw` is the membership event by which the bot entered."""
    envelope = _envelope(raw, room)
    envelope["sender"] = Person(id=room.inviter or raw["sender"], name=room.name_of(room.inviter))
    return Joined(**envelope, direct=room.direct)


def arrived(raw: Json, room: Room, me: str) -> list[Event]:
    """Of a state event: somebody came into a chat of two with the bot."""
    entered = is_own_join(raw, user := text_in(raw, "state_key")) and user != me and room.direct
    return [Arrived(**_envelope(raw, room))] if entered and valid(raw) else []


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
        key=f"{key_of(room.id, episode)}:undecryptable",
        address=Address(connector=NAME, conversation=room.id, thread=thread),
        at=at,
        sender=Person(id=sender, name=room.name_of(sender)),
        episode=episode,
        direct=room.direct,
        unsigned=unsigned,
    )


def identity_changed(raw: Json, room: Room, master: str) -> IdentityChanged:
    """The sender of an event, known by another identity, writes by the identity of this master key."""
    return IdentityChanged(
        **_envelope(raw, room, key=f"{key_of(room.id, raw['sender'])}:identity:{master}"), direct=room.direct
    )


def key_of(room: str, event: str) -> str:
    return f"{NAME}:{room}:{event}"


class _Envelope(TypedDict):
    """What every event of the core has."""

    key: str
    address: Address
    at: float
    sender: Person


def _envelope(raw: Json, room: Room, *, key: str = "", thread: str | None = None) -> _Envelope:
    return {
        "key": key or key_of(room.id, raw["event_id"]),
        "address": Address(connector=NAME, conversation=room.id, thread=thread),
        "at": raw.get(AT) or seconds(raw),
        "sender": Person(id=raw["sender"], name=room.name_of(raw["sender"])),
    }


def _edited(raw: Json, scene: _Scene) -> Edited | None:
    """Only the author edits a message (Matrix "Validity of replacement events")."""
    content: Json = raw["content"]
    target = text_in(relation(content), "event_id")
    before = scene.related.get(target)
    if before is None or before.sender != raw["sender"]:
        return None
    message = _said(raw, object_in(content, "m.new_content"), target, before.thread, before.reply_to, scene)
    if message is None:
        return None
    return Edited(**_envelope(raw, scene.room, thread=before.thread), target=target, message=message)


def _said(
    raw: Json, content: Json, id: str, thread: str | None, reply_to: str | None, scene: _Scene
) -> Message | None:
    """The message `id` as `content` has it; None when it is not of a kind that people say."""
    kind = text_in(content, "msgtype")
    shown = scene.room.direct and kind not in WORDS and shown_in(raw, content)
    if kind not in WORDS and kind not in FILES and not shown:
        return None
    said = caption(content) if kind in FILES else "" if shown else text_in(content, "body")
    said = _FALLBACK.sub("", said) if reply_to is not None else said
    replies, reply_to = reply_to is not None, reply_to or linked(content, scene.room.id)
    before = scene.related.get(reply_to or "")
    mine = before is not None and before.sender == scene.me.id
    quoted, files = (before.text, before.files) if before is not None and not mine else (shown or "", ())
    others = mentioned(content)
    answers_another = raw["sender"] in scene.called or (replies and before is not None and not mine)
    in_mine = scene.thread_is_mine and not (
        answers_another or _calls_another(said, scene.room, {raw["sender"], scene.me.id})
    )
    taking_part = ((mine and replies) or in_mine) and not others
    return Message(
        **_envelope(raw, scene.room, key=key_of(scene.room.id, id), thread=thread),
        id=id,
        text=scene.me.leading.sub("", said, count=1).strip(),
        addressed=scene.room.direct or taking_part or calls(content, said, scene.me),
        direct=scene.room.direct,
        mentions=others,
        from_bot=raw["sender"] in scene.bots,
        reply_to=reply_to,
        quoted=quoted,
        quoted_files=files,
        unquoted="unread" if reply_to is not None and not (mine or quoted or files) else "",
        attachments=(attachment(content),) if kind in FILES else (),
        origin=raw.get(ORIGIN),
    )


def shown_in(raw: Json, content: Json) -> str:
    """What is shown rather than said, as a text: a poll, or a place. It orders nothing."""
    if text_in(content, "msgtype") == "m.location":
        return f"Lieu\u00a0: {text_in(content, 'body')} ({text_in(content, 'geo_uri')})"
    return polls.Polls().told({**raw, "content": content}) if raw.get("type") in polls.START else ""


def calls(content: Json, said: str, me: Me) -> bool:
    """Is it a command, or is the bot mentioned?

    Clients that send `m.mentions` mean it (Matrix 1.7); yet a text that begins with the bot's name is meant
    for it all the same; without `m.mentions` the name may stand anywhere."""
    if me.id in mentioned(content) or _COMMAND.match(said) or me.leading.match(said):
        return True
    return content.get("m.mentions") is None and bool(me.anywhere.search(said))


def _calls_another(said: str, room: Room, but: Collection[str]) -> bool:
    """Does a text begin with the name of somebody of the room `but` these? « Bob, tu confonds »."""
    called = _CALL.match(said)
    if called is None:
        return False
    name = called[1].strip().casefold()
    others = (each.casefold() for id, each in room.joined.items() if id not in but)
    return any(name in (_SERVICE.sub("", each), *each.split()) for each in others)


def mentioned(content: Json) -> tuple[str, ...]:
    """The ids of those whom a message mentions: by `m.mentions`, or by links to them where the client is
    older than that (Matrix 1.7)."""
    intentional = content.get("m.mentions")
    if intentional is None:
        found = [unquote(match[1]) for match in _PILL.finditer(text_in(content, "formatted_body"))]
    else:
        found = [text_in(each) for each in array_in(intentional, "user_ids")]
    return tuple(dict.fromkeys(each for each in found if each))[:MENTIONS]


def readable(content: Json) -> tuple[str, tuple[Attachment, ...]]:
    """What a message says, for quoting it, and the file that it is; then that is the file's caption."""
    new = object_in(content, "m.new_content") or content
    if text_in(new, "msgtype") in FILES:
        return caption(new), (attachment(new),)
    said = text_in(new, "body")
    return (_FALLBACK.sub("", said) if reply_of(content) else said), ()


def _reaction(raw: Json, scene: _Scene) -> Reacted | None:
    """Reactions to others' messages are not for the bot."""
    mark = relation(raw["content"])
    target, key = text_in(mark, "event_id"), text_in(mark, "key")[:64]
    before = scene.related.get(target)
    if before is None or before.sender != scene.me.id or not key:
        return None
    direct = scene.room.direct
    return Reacted(
        **_envelope(raw, scene.room), target=target, reaction=key, direct=direct, id=raw["event_id"]
    )
