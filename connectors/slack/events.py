"""Slack payloads → events of the core. Pure: the shell looks up names, threads and audiences.

One question for each (enterprise or team, channel, ts), whichever of `message` and `app_mention` brings it
first. A `message_changed` is an edit only when text or files changed; a tombstone is a deletion. The unit of
order is the thread: a question outside a thread begins one, whose root it is. What was forwarded with a
message is read as a quotation of it; the bot's own messages come back as echoes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.slack.text import calls_others, decode, forwarded, mentions, whole
from core.connector import Address, Attachment, Deleted, Echo, Edited, Message, Person
from core.connector.untrusted_json import Json, object_in, objects_in, text_in

NAME = "slack"
EVENT = "relais"
"""`event_type` of the metadata of our messages."""
DIRECT = "im"
CANVAS = "application/vnd.slack-docs"
"""The type of a canvas: a document that people write together in Slack."""
_OURS = frozenset({"", "file_share", "me_message", "thread_broadcast"})
"""Subtypes of messages that people write."""
_ECHOED = frozenset({"", "bot_message", "file_share"})
_TS = re.compile(r"\d{1,12}(?:\.\d{1,9})?")
_STOP = re.compile(r"\s*(?:!|/)?\s*(?:stop|arrête|arrete)\s*[.!]?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot in one installation: a workspace, or a whole enterprise (Grid)."""

    team: str
    enterprise: str | None
    user: str
    bot: str
    app: str = ""
    url: str = ""

    whole: bool = False
    """The app is installed for the whole enterprise, not for one workspace of it."""

    @property
    def home(self) -> str:
        """The installation: the enterprise, or the workspace."""
        return (self.enterprise if self.whole else None) or self.team or self.enterprise or ""

    @property
    def realm(self) -> str:
        """Where a channel's id and a message's ts are unique: the enterprise, else the workspace."""
        return self.enterprise or self.team


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message as a person wrote it, before it is known whether it is meant for the bot."""

    channel: str
    ts: str
    thread: str | None
    user: str
    text: str
    direct: bool
    mentioned: bool
    mentions_others: bool
    files: tuple[Json, ...]
    forwarded: str
    """The text of the messages that were forwarded with it, as Slack writes it."""
    shared: bool | None
    """Is the channel shared with another organisation, as the envelope says? None where it does not say."""

    @property
    def root(self) -> str:
        return self.thread or self.ts

    @property
    def people(self) -> frozenset[str]:
        """The ids whose names its text needs."""
        return mentions(self.text) | mentions(self.forwarded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A message whose text or files are others now. `calls`: it names the bot now, and did not before."""

    new: Written
    calls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A message was deleted by `user`, or by nobody known."""

    channel: str
    ts: str
    thread: str | None
    user: str


Happened = Written | Changed | Gone


def happened(event: Json, me: Me, *, shared: bool | None) -> Happened | None:
    """What a `message` or `app_mention` event tells; None for what is not a person's, and for previews."""
    channel, subtype = text_in(event, "channel"), text_in(event, "subtype")
    if not channel:
        return None
    if subtype == "message_deleted":
        return _gone(object_in(event, "previous_message"), channel, me, text_in(event, "deleted_ts"))
    if subtype == "message_changed":
        return _changed(event, channel, me, shared=shared)
    return _written(event, channel, me, shared=shared)


def _gone(before: Json, channel: str, me: Me, ts: str) -> Gone | None:
    if _is_ours(before, me):
        return None
    ts, thread = ts or text_in(before, "ts"), text_in(before, "thread_ts") or None
    return Gone(channel=channel, ts=ts, thread=thread, user=text_in(before, "user"))


def _changed(event: Json, channel: str, me: Me, *, shared: bool | None) -> Happened | None:
    after, before = object_in(event, "message"), object_in(event, "previous_message")
    if text_in(after, "subtype") == "tombstone":
        return _gone(before, channel, me, text_in(after, "ts"))
    untold = not before and "edited" not in after
    if untold or (_said(after) == _said(before) and _files(after) == _files(before)):
        return None
    kind = {"channel_type": text_in(event, "channel_type")}
    new = _written({**after, **kind}, channel, me, shared=shared)
    if new is None:
        return None
    return Changed(new=new, calls=bool(before) and new.mentioned and me.user not in mentions(_said(before)))


def _written(event: Json, channel: str, me: Me, *, shared: bool | None) -> Written | None:
    user, ts = text_in(event, "user"), text_in(event, "ts")
    text = _said(event)
    program = text_in(event, "bot_id") or event.get("bot_profile")
    if not is_ts(ts) or not user or _is_ours(event, me) or program:
        return None
    if text_in(event, "subtype") not in _OURS or user == "USLACKBOT":
        return None
    thread = text_in(event, "thread_ts") or None
    named = mentions(text)
    return Written(
        channel=channel,
        ts=ts,
        thread=None if thread == ts else thread,
        user=user,
        text=text,
        direct=text_in(event, "channel_type") == DIRECT or channel.startswith("D"),
        mentioned=me.user in named or text_in(event, "type") == "app_mention",
        mentions_others=bool(named - {me.user}) or calls_others(text),
        files=files_of(event),
        forwarded=forwarded(event),
        shared=shared,
    )


def _said(message: Json) -> str:
    """What a person wrote in a message, as Slack writes it."""
    return whole(text_in(message, "text"), message.get("blocks"))


def is_a_persons(message: Json) -> bool:
    """Did a person write this message, neither an app nor Slack itself?"""
    program = text_in(message, "bot_id") or text_in(message, "bot_profile", "id")
    known = text_in(message, "subtype") in _OURS and text_in(message, "user") not in ("", "USLACKBOT")
    return known and not program


def _is_ours(message: Json, me: Me) -> bool:
    return text_in(message, "user") == me.user or (bool(me.bot) and text_in(message, "bot_id") == me.bot)


def _files(message: Json) -> list[str]:
    """The files that a person put in a message, not those that a preview shows."""
    return [text_in(each, "id") for each in objects_in(message, "files")]


def files_of(message: Json) -> tuple[Json, ...]:
    """The files of a message, and those of the messages that were forwarded with it."""
    shared = (each for one in objects_in(message, "attachments") for each in objects_in(one, "files"))
    return (*objects_in(message, "files"), *shared)


def echo_of(event: Json, me: Me) -> Echo | None:
    """The echo of a message that the bot posted with a key, or of which the event does not tell the key
    (`is_marked`) or whether there is one (in a thread of a direct chat), at the address that it was sent to;
    None for any other."""
    channel, ts = text_in(event, "channel"), text_in(event, "ts")
    payload = object_in(object_in(event, "metadata"), "event_payload")
    key, to = text_in(payload, "key"), text_in(payload, "to") or channel
    root = text_in(event, "thread_ts") or None
    keyed = key or is_marked(event) or (root and channel.startswith("D") and not event.get("files"))
    if not (is_ts(ts) and keyed and _is_ours(event, me)) or text_in(event, "subtype") not in _ECHOED:
        return None
    return Echo(address=address_of(me, to, root), key=key, id=ts)


def is_marked(message: Json) -> bool:
    """Was this message posted with a key? Of metadata whose type no manifest declares, ours neither, events
    tell the type alone (https://github.com/slackapi/python-slack-sdk/issues/1501)."""
    return text_in(message, "metadata", "event_type") == EVENT


def address_of(me: Me, channel: str, root: str | None) -> Address:
    """Where an answer belongs: the thread of the question in its channel."""
    return Address(connector=NAME, conversation=f"{me.home}/{channel}", thread=root, apart=True)


def place_of(address: Address) -> tuple[str, str]:
    """The home (enterprise or team) and the channel of an address."""
    home, _, channel = address.conversation.partition("/")
    return home, channel


def person_of(me: Me, user: str, name: str = "") -> Person:
    """A person, whose id is told apart from those of other platforms and workspaces."""
    return Person(id=f"{NAME}:{me.home}:{user}", name=name)


def user_of(person: str) -> str:
    """The Slack user id within a person's id."""
    return person.rpartition(":")[2]


def key_of(me: Me, channel: str, ts: str) -> str:
    """What deduplicates a message, in whichever events and retries it comes."""
    return f"{NAME}:{me.realm}:{channel}:{ts}"


def message_of(
    written: Written, me: Me, names: Mapping[str, str], *, addressed: bool, outsider: bool | None = False
) -> Message:
    """The question that a person wrote, its text decoded. `outsider`: see `Message`."""
    text = decode(written.text, names, own=me.user)
    return Message(
        key=key_of(me, written.channel, written.ts),
        id=written.ts,
        address=address_of(me, written.channel, written.root),
        at=float(written.ts),
        sender=person_of(me, written.user, names.get(written.user, "")),
        text="!stop" if is_stop(text) else text,
        addressed=addressed,
        direct=written.direct,
        outsider=outsider,
        quoted=decode(written.forwarded, names, own=me.user),
        attachments=tuple(attachment_of(each) for each in written.files),
    )


def edited_of(message: Message, at: float) -> Edited:
    """The edit that made a question what it is now."""
    return Edited(
        key=f"{message.key}:edited:{at}",
        address=message.address,
        at=at,
        sender=message.sender,
        target=message.id,
        message=message,
    )


def deleted_of(gone: Gone, me: Me, at: float) -> Deleted:
    """The deletion of a question."""
    return Deleted(
        key=f"{key_of(me, gone.channel, gone.ts)}:deleted",
        address=address_of(me, gone.channel, gone.thread or gone.ts),
        at=at,
        sender=person_of(me, gone.user),
        target=gone.ts,
    )


def is_ts(given: str) -> bool:
    """Is it the time of a message, by which Slack knows it ("1764000000.000100")?"""
    return _TS.fullmatch(given) is not None


def is_stop(text: str) -> bool:
    """Is « stop » alone said? It is the order to stop, as people write it where a slash means something
    else."""
    return _STOP.fullmatch(text) is not None


def attachment_of(file: Json) -> Attachment:
    """A file by its id: name, type and size tell whether it is fetched at all. A canvas comes as HTML."""
    size, name = file.get("size"), text_in(file, "name") or text_in(file, "title") or "fichier"
    media_type = text_in(file, "mimetype") or "application/octet-stream"
    if media_type == CANVAS:
        name, media_type = f"{name}.html", "text/html"
    return Attachment(
        name=name,
        media_type=media_type,
        size=size if isinstance(size, int) else None,
        reference={
            "id": text_in(file, "id"),
            "url": text_in(file, "url_private_download") or text_in(file, "url_private"),
            "access": text_in(file, "file_access"),
            "mode": text_in(file, "mode"),
            "type": text_in(file, "mimetype"),
        },
    )
