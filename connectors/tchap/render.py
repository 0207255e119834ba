"""Drafts → Matrix message contents. Pure.

CommonMark becomes the subset of HTML that Matrix allows ("m.room.message msgtypes"); raw HTML in the text is
shown as text, and only http, https and mailto links become links. `body`, which telephones notify, is plain
text. A text without any markup is sent as `body` alone: that is what most short answers are, and parsing
costs more than encrypting.

An answer of a model is `m.text`, service words are `m.notice`, which bots must not answer to. `m.mentions` is
always there and empty: an answer notifies nobody by a name that it happens to contain.

Here are the names of what the bot adds to its events' content. `KEY` is the idempotency key of a visible
effect (`core.connector.Draft.key`): opaque, it lets a sibling find and adopt the message. `GROWING` is there
while the answer is still being written: the number of the claim that writes it, or true. `RECORD` says where
the text comes from (`core.provenance`); unlike the others it stands in the encrypted part only, since it
names the level.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
from markdown_it import MarkdownIt
from markdown_it.token import Token

from connectors.tchap.plain import plain_text
from core.connector import Draft
from core.provenance.record import SOURCE_TYPES
from core.untrusted_json import Json

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

BRACKETS = 500
"""More than any answer needs; each one that is never closed makes the parser look ahead."""

HTML = "org.matrix.custom.html"
_PLAIN = re.compile(r"[^*_`~\\&<\[\]|]*")
"""A line in which CommonMark surely finds nothing inline."""
_BLOCK = re.compile(r"\s|[-+=>#]|\d+[.)]")
"""How a line begins that may be a list, a heading, a quotation or code."""
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}")
_UNSHOWN = dict.fromkeys(code for code in range(32) if chr(code) not in "\n\t")
"""Control characters: nobody sees them, and as JSON each one takes six bytes."""
_SAFE_SCHEMES = frozenset({"http", "https", "mailto"})


def content_of(draft: Draft, *, thread: str | None, file: Json | None = None) -> Json:
    """The content of a new message. `file` is the content of an uploaded file, to be captioned."""
    text, html = plain_and_html(draft.text.translate(_UNSHOWN))
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


def plain_and_html(source: str) -> tuple[str, str | None]:
    """The plain text of a CommonMark text, and its safe HTML; None when CommonMark shows the text as it
    stands (which is not always seen), or where the HTML would cost much."""
    lines = source.split("\n")
    as_it_stands = all(_PLAIN.fullmatch(line) and not _BLOCK.match(line) for line in lines if line)
    if as_it_stands or source.count("[") > BRACKETS:
        return source, None
    env: dict[str, object] = {}
    tokens = _PARSER.parse(source, env)
    return plain_text(tokens), str(_PARSER.renderer.render(tokens, _PARSER.options, env)).strip()


def _link_is_safe(url: str) -> bool:
    try:
        return urlsplit(url).scheme.lower() in _SAFE_SCHEMES
    except ValueError:
        return False


def _fence(self: Any, tokens: list[Token], index: int, options: object, env: object) -> str:
    token = tokens[index]
    words = token.info.split(maxsplit=1)
    language = words[0] if words and _LANGUAGE.fullmatch(words[0]) else ""
    opening = f'<code class="language-{_escape(language)}">' if language else "<code>"
    return f"<pre>{opening}{_escape(token.content)}</code></pre>\n"


def _image(self: Any, tokens: list[Token], index: int, options: object, env: object) -> str:
    """Clients load no image from elsewhere: a link by its description."""
    token = tokens[index]
    source = str(token.attrs.get("src", ""))
    label = _escape(token.content or source)
    return f'<a href="{_escape(source)}">{label}</a>' if _link_is_safe(source) else label


def _tag(html: str) -> Callable[..., str]:
    """Always this tag: table cells without `style`, and `del` for `s`, as Matrix allows."""

    def rule(self: Any, tokens: list[Token], index: int, options: object, env: object) -> str:
        return html

    return rule


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 40})
    parser.enable(["table", "strikethrough"])
    parser.validateLink = _link_is_safe  # pyright: ignore[reportAttributeAccessIssue]
    for name, rule in {
        "fence": _fence,
        "image": _image,
        "th_open": _tag("<th>"),
        "td_open": _tag("<td>"),
        "s_open": _tag("<del>"),
        "s_close": _tag("</del>"),
    }.items():
        parser.add_render_rule(name, rule)
    return parser


_PARSER = _parser()
