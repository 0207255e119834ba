"""What a message asks for, where it was written: the one reading that every bot shares."""

from __future__ import annotations

from core.bot import Turn
from core.connector import Event, Joined, Message, Reacted, Tick
from core.language.phrasebook import LANGUAGES
from core.understanding import Intent, Place, understand

MAIL = "mail"


def place_of(event: Event) -> Place:
    """Name where the event happened, as understanding tells places apart."""
    if event.address.connector == MAIL:
        return "mail"
    direct = event.direct if isinstance(event, Message | Joined | Reacted | Tick) else False
    return "direct" if direct else "room"


def speak_as_wanted(turn: Turn, intent: Intent) -> None:
    """Answer in the language that a summary is wanted in, if relais speaks it: « résume en anglais »."""
    if (language := intent.arguments.get("language")) in LANGUAGES:
        turn.speak(str(language))


def asked(message: Message, *, document: bool = False) -> Intent:
    """Understand a message; `document`: one stands in the conversation, or came with it."""
    return understand(message.text, place=place_of(message), document=document or message.brings_file)
