"""Slack's message text ↔ plain text. Pure.

What comes is escaped (`&amp;`, `&lt;`, `&gt;`) with people, channels and links in angle brackets and emoji by
name ("Formatting text for app surfaces"); it is decoded before anything is assessed, so that a word cannot
hide behind an entity or a label. What goes is Markdown in which nobody is rung and nothing is fetched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from functools import cache

from core.connector.untrusted_json import Json, array_in, object_in, objects_in, text_in

_ANGLE = re.compile(r"<([^<>\s][^<>]*)>")
_GROUP = re.compile(r"<!(?:subteam\^|here|channel|everyone)")
_EMOJI = re.compile(r":([a-z0-9_+'-]+)(?:::skin-tone-\d)?:")
_REACTIONS = {
    "no_entry_sign": "🚫", "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "repeat": "🔁",
    "arrows_counterclockwise": "🔄", "octagonal_sign": "🛑", "stop_sign": "🛑", "white_check_mark": "✅",
    "heavy_check_mark": "✔️", "x": "❌", "eyes": "👀", "one": "1️⃣", "two": "2️⃣", "three": "3️⃣", "four": "4️⃣",
    "five": "5️⃣", "six": "6️⃣", "seven": "7️⃣", "eight": "8️⃣", "nine": "9️⃣", "keycap_ten": "🔟",
}  # fmt: skip
"""Reactions that mean something to the bots."""


def decode(text: str, names: Mapping[str, str], *, own: str = "") -> str:
    """Give the text as a person reads it. `names` maps ids of people to names; mentions of `own` go.

    `<https://a|b>` becomes « b (https://a) » where the label is not the address itself, `<@U1>` « @Name »,
    `<#C1|name>` « #name », `<!here>` « @here ».
    """

    def one(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        if target.startswith("@"):
            id = target[1:]
            return "" if id == own else "@" + (label or names.get(id, "quelqu’un"))
        if target.startswith("#"):
            return "#" + (label or target[1:])
        if target.startswith("!"):
            return label or "@" + target[1:].partition("^")[0]
        address = target.removeprefix("mailto:").removeprefix("tel:")
        if not label or html.unescape(label) in (address, address.partition("://")[2]):
            return address
        return f"{label} ({address})"

    decoded = html.unescape(_ANGLE.sub(one, text))
    return _EMOJI.sub(lambda match: emoji(match[1]) or match[0], decoded).strip()


def forwarded(message: Json) -> str:
    """The texts of the messages that a person forwarded with theirs ("Message attachments"); not those of
    previews of links, which Slack adds by itself."""
    shared = (each for each in objects_in(message, "attachments") if not _is_preview(each))
    return "\n\n".join(filter(None, (_of_attachment(each) for each in shared)))


def _is_preview(attachment: Json) -> bool:
    said = attachment.get("is_share") or attachment.get("is_msg_unfurl") or attachment.get("message_blocks")
    return not said and bool(attachment.get("from_url") or attachment.get("original_url"))


def _of_attachment(attachment: Json) -> str:
    """All that can be read of an attachment, each text once."""
    words = [text_in(attachment, name) for name in ("pretext", "title", "text")]
    words += [text_in(each, name) for each in objects_in(attachment, "fields") for name in ("title", "value")]
    blocks = array_in(attachment.get("blocks"))
    for each in array_in(attachment.get("message_blocks")):
        blocks = blocks + (array_in(each, "message", "blocks") or [each])
    said = whole("\n".join(filter(None, words)), blocks) or text_in(attachment, "fallback")
    return "\n".join(filter(None, (said, forwarded(attachment))))


def whole(text: str, blocks: object) -> str:
    """The text of a message, and what its blocks hold beyond it: all of it where there is no text, a table.

    What people write is in both ("Rich text block"); nothing may hide in one of them.
    """
    seen = _bare(text)
    said = [text]
    for block in array_in(blocks):
        pieces, at = list(_pieces(block)), 0
        for line in (_bare(line) for piece in pieces for line in piece.removesuffix(">").splitlines()):
            at = after if (after := seen.find(line, at)) >= 0 else seen.find(line)
            if at < 0:
                said.append("".join(pieces).strip())
                break
    return "\n\n".join(filter(None, said))


def _bare(text: str) -> str:
    return " ".join(html.unescape(text).split())


_ELEMENTS = {
    "user": ("<@", "user_id", ">"), "channel": ("<#", "channel_id", ">"), "emoji": (":", "name", ":"),
    "usergroup": ("<!subteam^", "usergroup_id", ">"), "broadcast": ("<!", "range", ">"),
    "date": ("", "fallback", ""), "color": ("", "value", ""),
}  # fmt: skip
"""Elements of rich text that hold no text: how Slack writes them in the text of a message."""
_WITHIN = ("text", "title", "alt_text", "elements", "fields", "rows", "blocks", "message", "accessory")


def _pieces(block: object, depth: int = 0) -> Iterator[str]:
    """Every text within a block, in order, as Slack writes it in the text of a message."""
    if depth > 20:
        return
    for each in array_in(block):
        yield from _pieces(each, depth + 1)
        yield "\n" if isinstance(each, list) else ""
    if not (found := object_in(block)):
        return
    kind = text_in(found, "type")
    if kind == "link" and text_in(found, "url"):
        yield _link(found)
        return
    before, name, after = _ELEMENTS.get(kind, ("", "", ""))
    if value := text_in(found, name):
        yield before + html.escape(value, quote=False) + after
    for name in _WITHIN:
        if text := text_in(found, name):
            yield html.escape(text, quote=False) if kind in ("text", "raw_text") else text
        else:
            yield from _pieces(found.get(name), depth + 1)
    yield _separator_after(kind)


def _link(element: Json) -> str:
    url = html.escape(text_in(element, "url"), quote=False)
    label = html.escape(text_in(element, "text"), quote=False)
    return f"<{url}|{label}>" if label else f"<{url}>"


def _separator_after(kind: str) -> str:
    """Lines of rich text end with a line break, and cells of a table with a tabulator."""
    if kind.startswith("rich_text"):
        return "\n"
    return "\t" if kind == "raw_text" else ""


def mentions(text: str) -> frozenset[str]:
    """The ids of the people that a text mentions."""
    return frozenset(match[1][1:].partition("|")[0] for match in _ANGLE.finditer(text) if match[1][0] == "@")


def calls_others(text: str) -> bool:
    """Does a text call a group of people, or all who are there ("Mentioning groups")?"""
    return _GROUP.search(text) is not None


def emoji(name: str) -> str | None:
    """The character of an emoji's name (`+1`, `no_entry_sign`); None for a workspace's own."""
    return _REACTIONS.get(name) or _all_emoji().get(name)


@cache
def _all_emoji() -> Mapping[str, str]:
    from emoji import EMOJI_DATA

    found: dict[str, str] = {}
    for character, about in EMOJI_DATA.items():
        for alias in (about["en"], *about.get("alias", ())):
            found.setdefault(alias.strip(":"), character)
    return found
