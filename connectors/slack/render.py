"""Drafts → Slack's blocks. Pure.

A model's Markdown goes into Markdown blocks. Before that, what Slack would act on is disarmed: `<!channel>`
and mentions ring nobody, images are not fetched, angle-bracket links are shown as text. Sizes are Slack's
("chat.postMessage", "Markdown block"): 12,000 characters of Markdown in a message, 4,000 of an update's text,
3,000 of the text that a notification shows.
"""

from __future__ import annotations

import re

from core.untrusted_json import Json

LIMIT = 11_000
"""Characters of CommonMark in one message."""
_NOTICE = 300
"""Characters of the text that notifications show."""
_ZERO = "\u200b"
_RINGS = re.compile(r"<(?=[!@#])|@(?=(?:channel|here|everyone|U[A-Z0-9]{6,}|W[A-Z0-9]{6,})\b)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^()\s]*)[^()]*\)")
_ANGLE_LINK = re.compile(r"<(https?://[^<>|\s]*)\|([^<>]*)>")
_MARKUP = re.compile(r"[*_`~#>]+")
_LINK = re.compile(r"\[([^\]]*)\]\([^()\s]*\)")


def disarmed(text: str) -> str:
    """Give a model's Markdown in which nobody is rung, no image is fetched and no label hides a link."""
    text = _IMAGE.sub(
        lambda match: f"{match[1] or 'image'} ({match[2]})".replace("://", ":" + _ZERO + "//"), text
    )
    text = _ANGLE_LINK.sub(lambda match: f"{match[2]} ({match[1]})", text)
    return _RINGS.sub(lambda match: match[0] + _ZERO, text)


def notice_of(text: str) -> str:
    """Give the beginning of the answer in plain words: what a telephone shows."""
    plain = _MARKUP.sub("", _LINK.sub(r"\1", disarmed(text))).strip()
    plain = " ".join(plain.split())
    shown = plain if len(plain) <= _NOTICE else plain[: _NOTICE - 1].rsplit(" ", 1)[0] + "…"
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def blocks_of(text: str, *, feedback: bool, labels: tuple[str, str] = ("", "")) -> list[Json]:
    """Build the blocks of one message; with `feedback`, two buttons below, named by `labels`."""
    blocks: list[Json] = [{"type": "markdown", "text": disarmed(text)}]
    if feedback:
        good, bad = labels
        blocks.append(
            {
                "type": "context_actions",
                "elements": [
                    {
                        "type": "feedback_buttons",
                        "action_id": "feedback",
                        "positive_button": {
                            "text": _plain(good),
                            "value": "good",
                            "accessibility_label": good,
                        },
                        "negative_button": {"text": _plain(bad), "value": "bad", "accessibility_label": bad},
                    }
                ],
            }
        )
    return blocks


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def buttons(question: str, choices: list[tuple[str, str]]) -> list[Json]:
    """A text with buttons below it: (action id with its value after a colon, label)."""
    return [
        {"type": "markdown", "text": disarmed(question)},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": id.partition(":")[0], "value": id.partition(":")[2],
                 "text": _plain(label)}
                for id, label in choices
            ],
        },
    ]  # fmt: skip
