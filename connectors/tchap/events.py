"""Matrix events → events of the core, and its drafts → contents of Matrix events. Pure: the shell decrypts,
keeps the room and looks up related events.

`points_to` says what must be looked up before `parse` can decide: whether a reply is to the bot, who wrote
the message that an edit replaces, in which thread that was. What cannot be found is absent from
`Earlier.related`, and `parse` then does the careful thing: an edit of an unknown message is dropped (anybody
could send one).

An answer of a model is `m.text`, service words are `m.notice`, which bots must not answer to. `m.mentions` is
always there and empty: an answer notifies nobody by a name that it happens to contain. A text in which
CommonMark surely finds nothing is sent as `body` alone: that is what most short answers are, and parsing
costs more than encrypting.

Here are the names of what the bot adds to its events' content. `KEY` is the idempotency key of a visible
effect (`core.connector.Draft.key`): opaque, it lets a sibling find and adopt the message. `GROWING` is there
while the answer is still being written: the number of the claim that writes it, or true. `RECORD` says where
the text comes from (`core.provenance`); unlike the others it stands in the encrypted part only, since it
names the level.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict
from urllib.parse import unquote

import orjson

from connectors.tchap import polls
from connectors.tchap.api import NAME
from connectors.tchap.attachments import FILES, attachment, caption
from connectors.tchap.render import plain_and_html
from connectors.tchap.rooms import Room, RoomEvent, is_own_join
from core.connector import (
    Address,
    Arrived,
    Attachment,
    Deleted,
    Draft,
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
from core.connector.untrusted_json import Json, array_in, object_in, text_in
from core.provenance.record import SOURCE_TYPES

EVENT_KEY = f"{NAME}:%s:%s"
"""The key of an event of the core: of its room and its id."""
WORDS = frozenset({"m.text", "m.emote"})

KEY = "fr.gouv.relais.key"
GROWING = "fr.gouv.relais.growing"
RECORD = "fr.gouv.relais.provenance"
CLEAR = ("m.relates_to", KEY, GROWING)
"""What of a content stays readable beside its ciphertext: the relation, and the marks for siblings."""
LIMIT = 16_000
"""Bytes of CommonMark in one message. An event has 65,536 bytes, base64 takes a quarter of them, and both
the text and its HTML must fit."""
ROOM_FOR_CONTENT = 44_000
"""Bytes of content, as JSON, that surely fit once encrypted: beyond, the HTML is left out."""
FALLBACK_LENGTH = 200
"""Characters of an edit's own `body`, read only by clients that know no edits."""

HTML = "org.matrix.custom.html"
_PLAIN = re.compile(r"[^*_`~\\&<\[\]|]*")
"""A line in which CommonMark surely finds nothing inline."""
_BLOCK = re.compile(r"\s|[-+=>#]|\d+[.)]")
"""How a line begins that may be a list, a heading, a quotation or code."""
_UNSHOWN = dict.fromkeys(code for code in range(32) if chr(code) not in "\n\t")
"""Control characters: nobody sees them, and as JSON each one takes six bytes."""

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
    trailing: re.Pattern[str]

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
            trailing=re.compile(rf"(?<=\w)[\s,]+{any_name}(?=[\s.!?…]*\Z)", re.IGNORECASE),
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
class Earlier:
    """What came before an event: the earlier events that it points to, by their ids, whether the bot takes
    part in its thread, and whom the message before it there mentions (`called`)."""

    related: Mapping[str, Related] = field(default_factory=dict[str, Related])
    thread_is_mine: bool = False
    called: Collection[str] = ()


NOTHING = Earlier()
SAID = frozenset({"m.room.message", *polls.START})
"""The types of what people say, and of what they show."""


def points_to(event: RoomEvent) -> str | None:
    """The event that `parse` wants to know more about: what this one replaces, annotates or answers. A
    message answers what it replies to, or one of this room to which its text links: what is asked beside such
    a link is asked about that. Of an edit, what the message answers that it replaces counts too: its edits do
    not say it again (Matrix "Applying m.new_content")."""
    if (event.relation == "m.replace" and event.type in SAID) or event.type == "m.reaction":
        return event.target or None
    if event.type != "m.room.message":
        return None
    if event.reply_to is not None:
        return event.reply_to
    links = ((unquote(each[1]), unquote(each[2])) for each in _LINK.finditer(text_in(event.content, "body")))
    return next((id for there, id in links if there == event.room), None)


def parse(
    event: RoomEvent, room: Room, me: Me, earlier: Earlier = NOTHING, *, bots: Collection[str] = ()
) -> Event | None:
    """The core's event for a decrypted (or never encrypted) one; None when it concerns nobody here. Nothing
    of the bot's own account, on any device, becomes an event. `bots` are the accounts known to be
    programs."""
    if event.sender == me.id:
        return None
    if event.type in SAID:
        if event.relation == "m.replace":
            return _edited(event, room, me, earlier, bots)
        return _said(event, room, me, earlier, bots)
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
    """Of a state event: somebody came into a chat of two with the bot."""
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
    """The sender of an event, known by another identity, writes by the identity of this master key."""
    envelope = _envelope(event, room)
    envelope["key"] = f"{EVENT_KEY % (room.id, event.sender)}:identity:{master}"
    return IdentityChanged(**envelope, direct=room.direct)


class _Envelope(TypedDict):
    """What every event of the core has."""

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
    message = _said(new, room, me, earlier, bots)
    if message is None:
        return None
    return Edited(**_envelope(event, room, thread=before.thread), target=event.target, message=message)


def _said(event: RoomEvent, room: Room, me: Me, earlier: Earlier, bots: Collection[str]) -> Message | None:
    """The message that an event is; None when it is not of a kind that people say."""
    content = event.content
    kind = text_in(content, "msgtype")
    shown = room.direct and kind not in WORDS and shown_in(event)
    if kind not in WORDS and kind not in FILES and not shown:
        return None
    said, replies = "" if shown else text_in(content, "body"), event.reply_to is not None
    if kind in FILES:
        said = caption(content)
    if replies:
        said = _FALLBACK.sub("", said)
    reply_to = points_to(event) or event.reply_to
    before = earlier.related.get(reply_to or "")
    mine = before is not None and before.sender == me.id
    quoted, files = (before.text, before.files) if before is not None and not mine else (shown or "", ())
    words, others = me.leading.sub("", said, count=1), mentioned(content)
    answers_another = event.sender in earlier.called or (replies and before is not None and not mine)
    in_mine = earlier.thread_is_mine and not (
        answers_another or _calls_another(said, room, {event.sender, me.id})
    )
    taking_part = ((mine and replies) or in_mine) and not others
    return Message(
        **_envelope(event, room, thread=event.thread),
        id=event.id,
        text=(me.trailing.sub("", words) if me.id in others else words).strip(),
        addressed=room.direct or taking_part or calls(content, said, me),
        direct=room.direct,
        mentions=others,
        from_bot=event.sender in bots,
        reply_to=reply_to,
        quoted=quoted,
        quoted_files=files,
        unquoted="unread" if reply_to is not None and not (mine or quoted or files) else "",
        attachments=(attachment(content),) if kind in FILES else (),
        origin=event.origin,
    )


def shown_in(event: RoomEvent) -> str:
    """What is shown rather than said, as a text: a poll, or a place. It orders nothing."""
    if text_in(event.content, "msgtype") == "m.location":
        return f"Lieu\u00a0: {text_in(event.content, 'body')} ({text_in(event.content, 'geo_uri')})"
    return polls.Polls().told(event) if event.type in polls.START else ""


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


def readable(content: Json, reply_to: str | None) -> tuple[str, tuple[Attachment, ...]]:
    """What a message says, for quoting it, and the file that it is; then that is the file's caption."""
    new = object_in(content, "m.new_content") or content
    if text_in(new, "msgtype") in FILES:
        return caption(new), (attachment(new),)
    said = text_in(new, "body")
    return (_FALLBACK.sub("", said) if reply_to else said), ()


def _reaction(event: RoomEvent, room: Room, me: Me, earlier: Earlier) -> Reacted | None:
    """Reactions to others' messages are not for the bot."""
    key = text_in(event.content, "m.relates_to", "key")[:64]
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


# -- what it sends ------------------------------------------------------------------------------------------


def content_of(draft: Draft, *, thread: str | None, file: Json | None = None) -> Json:
    """The content of a new message. `file` is the content of an uploaded file, to be captioned."""
    text, html = draft.text.translate(_UNSHOWN), None
    if not all(_PLAIN.fullmatch(line) and not _BLOCK.match(line) for line in text.split("\n") if line):
        text, html = plain_and_html(text)
    content: Json = {"msgtype": "m.notice" if draft.notice else "m.text", "body": text}
    if file is not None:
        content |= file | {"body": text or file["filename"]}
    content |= {"m.mentions": {}, KEY: draft.key}
    if draft.growing:
        content[GROWING] = draft.fence or True
    if draft.record or draft.generated:
        content[RECORD] = {  # beside the record, what a client may show without reading it
            **({"record": draft.record} if draft.record else {}),
            "digital_source_type": SOURCE_TYPES[draft.generated],
        }
    if html is not None:
        formatted = content | {"format": HTML, "formatted_body": html}
        content = formatted if len(orjson.dumps(formatted)) <= ROOM_FOR_CONTENT else content
    if thread is not None:
        content["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": draft.reply_to or thread},
        }
    elif draft.reply_to:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": draft.reply_to}}
    return content


def edit_of(draft: Draft, target: str, *, file: Json | None = None) -> Json:
    """The content that replaces message `target`. Its own `body` is short: clients show `m.new_content`."""
    new = content_of(draft, thread=None, file=file)
    new.pop("m.relates_to", None)  # an edit changes what is said, not where
    text = new["body"]
    fallback = text if len(text) <= FALLBACK_LENGTH else text[:FALLBACK_LENGTH] + "…"
    return {
        "msgtype": new["msgtype"] if file is None else "m.text",
        "body": f"* {fallback}",
        "m.mentions": {},
        **{name: new[name] for name in CLEAR if name in new},
        "m.new_content": new,
        "m.relates_to": {"rel_type": "m.replace", "event_id": target},
    }
