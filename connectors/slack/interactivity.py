"""Commands, buttons, menus and reactions → events of the core. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.slack import events
from connectors.slack.events import NAME, Me
from connectors.slack.text import emoji
from core.connector import Address, Message, Reacted
from core.connector.untrusted_json import Json, number_in, object_in, text_in

SUMMARY = "resumer_fil"
"""The callback of the shortcut in a message's menu."""
PRESSED = 5.0
"""Seconds, by Slack's clock, in which a button that is pressed again asks nothing more, for nothing showed
yet; less than twice as many: a press is one with those of its span of this length and the one before."""
_HELP = frozenset({"", "aide", "help"})
_QUESTION = frozenset({"question", "ask"})
_COMMANDS = {
    "niveau": "!niveau", "level": "!niveau", "nouveau": "!nouveau", "new": "!nouveau",
    "modele": "!modèle", "modèle": "!modèle", "model": "!modèle", "données": "!données",
    "donnees": "!données", "data": "!données", "oublier": "!oublier", "forget": "!oublier",
    "langue": "!langue", "language": "!langue",
}  # fmt: skip


def command_of(text: str) -> str | None:
    """What `/relais text` asks of the bot; None where it asks for help."""
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if word.lower() in _HELP:
        return None
    if word.lower() in _QUESTION:
        return rest or None
    if (command := _COMMANDS.get(word.lower())) is not None:
        return f"{command} {rest}".strip()
    return text.strip()


def language_of(command: str) -> str | None:
    """The language that a button of the home chooses."""
    word, _, language = command.partition(" ")
    return language if word == "!langue" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question without a message of its own: asked by a command, in a menu, or by a `button` (its action).
    `body` is Slack's payload; `text` is asked in `address`. A `private` question is answered to its asker
    alone."""

    body: Json
    address: Address
    text: str
    private: bool = False
    direct: bool = False
    button: Json | None = None

    @property
    def user(self) -> str:
        """The id of the person who asked."""
        return text_in(self.body, "user_id") or text_in(self.body, "user", "id")


def question_of(asked: Asked, me: Me, *, at: float) -> Message:
    """The message that a question counts as. A button answers the message below which it stands. Pressed
    twice at once, it asks once."""
    below = text_in(asked.body, "container", "message_ts")
    trigger, twin = text_in(asked.body, "trigger_id") or f"{asked.user}:{at}", ""
    if asked.button is not None:
        pressed = f"{asked.user}:{below}:{text_in(asked.button, 'action_id')}"
        span = int((number_in(asked.button, "action_ts") or at) // PRESSED)
        trigger, twin = f"{pressed}:{span}", f"{NAME}:{me.home}:{pressed}:{span - 1}"
    return Message(
        key=f"{NAME}:{me.home}:{trigger}",
        twin=twin,
        id=f"trigger:{trigger}",
        address=asked.address,
        at=at,
        sender=events.person_of(me, asked.user),
        text=asked.text,
        addressed=True,
        direct=asked.direct,
        reply_to=below or None,
        private=asked.private,
    )


def judged_of(body: Json, action: Json, me: Me, *, at: float) -> Reacted | None:
    """A feedback button is the reaction that it stands for."""
    message, channel = object_in(body, "message"), text_in(body, "channel", "id")
    user = text_in(body, "user", "id")
    ts = text_in(message, "ts") or text_in(body, "container", "message_ts")
    if not (channel and ts and user):
        return None
    return Reacted(
        key=f"{events.key_of(me, channel, ts)}:{user}:{action.get('action_ts')}",
        address=events.address_of(me, channel, text_in(message, "thread_ts") or ts),
        at=at,
        sender=events.person_of(me, user),
        target=ts,
        reaction="👍" if action.get("value") == "good" else "👎",
        direct=channel.startswith("D"),
    )


def reacted_of(event: Json, me: Me, root: str) -> Reacted | None:
    """A reaction to a message of ours that stands in the thread `root`."""
    item, user = object_in(event, "item"), text_in(event, "user")
    channel, ts = text_in(item, "channel"), text_in(item, "ts")
    name = text_in(event, "reaction")
    if text_in(item, "type") != "message" or not (channel and ts and user and name) or user == me.user:
        return None
    at = number_in(event, "event_ts")
    return Reacted(
        key=f"{events.key_of(me, channel, ts)}:{user}:{name}:{at}",
        address=events.address_of(me, channel, root),
        at=at,
        sender=events.person_of(me, user),
        target=ts,
        reaction=emoji(name.partition("::")[0]) or name,
        direct=channel.startswith("D"),
    )


def stopped_of(event: Json, me: Me) -> Message | None:
    """Slack's own stop button is the order to stop; where nothing is written any more, it asks for nothing:
    whoever pressed it reads the answer that came meanwhile."""
    channel, root, user = text_in(event, "channel"), text_in(event, "thread_ts"), text_in(event, "user")
    at = number_in(event, "event_ts")
    if not (channel and root and user):
        return None
    return Message(
        key=f"{events.key_of(me, channel, root)}:stop:{at}",
        id=f"stop:{at}",
        address=events.address_of(me, channel, root),
        at=at,
        sender=events.person_of(me, user),
        text="!stop",
        addressed=False,
        direct=channel.startswith("D"),
    )
