"""Drafts of the core → contents of Matrix events. Pure: the shell encrypts and sends.

The answer of a model is `m.text`. Service messages are `m.notice`, which bots must not answer. `m.mentions`
is always there and empty, so that an answer notifies nobody whose name it happens to contain. A text in which
CommonMark surely finds nothing is sent as `body` alone. Most short answers are such texts, and parsing costs
more than encrypting.

This module also names the fields that the bot adds to the content of its events. `KEY` is the idempotency key
of a visible effect (`core.connector.Draft.key`). It is opaque; a sibling finds and adopts the message by it.
`GROWING` is there while the answer is still being written: the number of the claim that writes it, or true.
`RECORD` says where the text comes from (`core.provenance`). It names the level, so, unlike the others, it
stands in the encrypted part only.
"""

from __future__ import annotations

import re

import orjson

from connectors.tchap.render import plain_and_html
from core.connector import Draft
from core.connector.untrusted_json import Json
from core.provenance.record import SOURCE_TYPES

KEY = "fr.gouv.relais.key"
GROWING = "fr.gouv.relais.growing"
RECORD = "fr.gouv.relais.provenance"
CLEAR = ("m.relates_to", KEY, GROWING)
"""The fields of a content that stay readable beside its ciphertext: the relation, and the marks for
siblings."""
LIMIT = 16_000
"""Bytes of CommonMark in one message. An event has 65,536 bytes, base64 takes a quarter of them, and both
the text and its HTML must fit."""
ROOM_FOR_CONTENT = 44_000
"""Bytes of content, as JSON, that surely fit once encrypted. The HTML is left out of longer ones."""
FALLBACK_LENGTH = 200
"""Characters of an edit's own `body`, read only by clients that know no edits."""

HTML = "org.matrix.custom.html"
_PLAIN = re.compile(r"[^*_`~\\&<\[\]|]*")
"""A line in which CommonMark surely finds nothing inline."""
_BLOCK = re.compile(r"\s|[-+=>#]|\d+[.)]")
"""The beginning of a line that may be a list, a heading, a quotation or code."""
_UNSHOWN = dict.fromkeys(code for code in range(32) if chr(code) not in "\n\t")
"""Control characters: nobody sees them, and as JSON each one takes six bytes."""


def content_of(draft: Draft, *, thread: str | None, file: Json | None = None) -> Json:
    """The content of a new message. `file` is the content of an uploaded file, to be captioned."""
    text, html = draft.text.translate(_UNSHOWN), None
    if not _is_plain(text):
        text, html = plain_and_html(text)
    content: Json = {"msgtype": "m.notice" if draft.notice else "m.text", "body": text}
    if file is not None:
        content |= file | {"body": text or file["filename"]}
    content |= {"m.mentions": {}, KEY: draft.key}
    if draft.growing:
        content[GROWING] = draft.fence or True
    if draft.record or draft.generated:
        content[RECORD] = _record(draft)
    if html is not None:
        formatted = content | {"format": HTML, "formatted_body": html}
        content = formatted if len(orjson.dumps(formatted)) <= ROOM_FOR_CONTENT else content
    if relation := _relation(thread, draft.reply_to):
        content["m.relates_to"] = relation
    return content


def edit_of(draft: Draft, target: str, *, file: Json | None = None) -> Json:
    """The content that replaces message `target`. Its own `body` is short: clients show `m.new_content`."""
    new = content_of(draft, thread=None, file=file)
    new.pop("m.relates_to", None)  # an edit leaves the message where it is
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


def _is_plain(text: str) -> bool:
    """True if CommonMark surely finds nothing in the text."""
    return all(_PLAIN.fullmatch(line) and not _BLOCK.match(line) for line in text.split("\n") if line)


def _record(draft: Draft) -> Json:
    """Where the text comes from, and, beside the record, a name that a client may show without reading it."""
    record: Json = {"digital_source_type": SOURCE_TYPES[draft.generated]}
    return {"record": draft.record, **record} if draft.record else record


def _relation(thread: str | None, reply_to: str | None) -> Json:
    """The content of `m.relates_to`; empty for a message of the room's main timeline that answers no other.
    In a thread, clients that know no threads are shown an answer (Matrix "Fallback for unthreaded
    clients")."""
    if thread is not None:
        return {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": reply_to or thread},
        }
    return {"m.in_reply_to": {"event_id": reply_to}} if reply_to else {}
