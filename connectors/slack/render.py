"""Drafts → Slack's blocks. Pure.

A model's Markdown goes into Markdown blocks. Before that, what Slack would act on is disarmed: `<!channel>`
and mentions ring nobody, images are not fetched, angle-bracket links are shown as text. Sizes are Slack's
("chat.postMessage", "Markdown block"): 12,000 characters of Markdown in a message, 4,000 of an update's text,
3,000 of the text that a notification shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from core.connector import Choice
from core.connector.untrusted_json import Json, array_in
from core.language.commonmark import ESCAPED, readable

LIMIT = 8_000
"""Bytes of CommonMark in one message: blocks above about 13,200 are refused, counted as JSON."""
_NOTICE = 300
"""Characters of the text that notifications show."""
_ZERO = "\u200b"
_RINGS = re.compile(r"<(?=[!@#])|@(?=(?:channel|here|everyone)\b|[UW][A-Z0-9]{6})")
_IMAGE = re.compile(r"!\[([^\[\]]*)\]\(([^()\s]*)[^()]*\)")
_ANGLE_LINK = re.compile(r"<(https?://[^<>|\s]*)\|([^<>]*)>")
_MARKUP = re.compile(rf"{ESCAPED.pattern}|[*`~#>]+|(?<![^\W_])_+|_+(?![^\W_])")
_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\[\]\\])*)\]\([^()\s]*\)")


def disarmed(text: str) -> str:
    """Give a model's Markdown in which nobody is rung, no image is fetched and no label hides a link."""
    text = _IMAGE.sub(
        lambda match: f"{match[1] or 'image'} ({match[2]})".replace("://", ":" + _ZERO + "//"), text
    )
    text = text.replace("![", f"!{_ZERO}[")  # of another form: with brackets in its words, or a reference
    text = _ANGLE_LINK.sub(lambda match: f"{match[2]} ({match[1]})", text)
    return _RINGS.sub(lambda match: match[0] + _ZERO, text)


def notice_of(text: str) -> str:
    """Give the beginning of the answer in plain words: what a telephone shows."""
    plain = _MARKUP.sub(lambda sign: sign[1] or "", _LINK.sub(r"\1", disarmed(text))).strip()
    plain = " ".join(plain.split())
    shown = plain if len(plain) <= _NOTICE else plain[: _NOTICE - 1].rsplit(" ", 1)[0] + "…"
    return escaped(shown)


def plain_of(text: str) -> str:
    """Give the whole answer as text without blocks: its Markdown as it is written."""
    return escaped(readable(disarmed(text)))


def escaped(text: str) -> str:
    """Give the text as Slack takes it where it is no markup ("Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def blocks_of(text: str, *, feedback: bool, labels: tuple[str, str] = ("", "")) -> list[Json]:
    """Build the blocks of one message; with `feedback`, two buttons below, named by `labels`."""
    blocks: list[Json] = [{"type": "markdown", "text": disarmed(text)}] if text else []
    if feedback:
        buttons: Json = {"type": "feedback_buttons", "action_id": "feedback"}
        for name, value, label in zip(("positive", "negative"), ("good", "bad"), labels, strict=True):
            button = {"text": _plain(label), "value": value, "accessibility_label": label}
            buttons[f"{name}_button"] = button
        blocks.append({"type": "context_actions", "elements": [buttons]})
    return blocks


def section(text: str) -> Json:
    """Build a block of Slack's own markup (`*bold*`), which the home takes: a Markdown block stands in
    messages alone."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


CHOICE = "choice"
"""Beginning of the action ids of choices."""


def choices_block(choices: Sequence[Choice], channels: Sequence[str]) -> Json:
    """Build the buttons of choices; `channels` are those of their addresses."""
    return {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": f"{CHOICE}:{number}",
                "text": _plain(each.label),
                "value": json.dumps([channel, each.address.thread or "", each.text]),
            }
            for number, (each, channel) in enumerate(zip(choices, channels, strict=True))
        ],
    }


def choice_of(value: str) -> tuple[str, str, str] | None:
    """Read back what a button of `choices_block` holds: channel, root of the thread or empty, text."""
    try:
        held: object = json.loads(value)
    except ValueError:
        return None
    words = [str(each) for each in array_in(held)]
    return (words[0], words[1], words[2]) if len(words) == 3 else None
