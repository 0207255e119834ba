"""What a message asks for before there is a turn of it, for each bot that may want it."""

from __future__ import annotations

from core.bot import Exchange
from core.connector import Message
from core.language.phrasebook import LANGUAGES
from core.understanding import Intent, Place, understand

MAIL = "mail"


def speak_as_wanted(exchange: Exchange, intent: Intent) -> None:
    """Answer in the language that a summary is wanted in, if relais speaks it: « résume en anglais »."""
    if (language := intent.arguments.get("language")) in LANGUAGES:
        exchange.person.speak(str(language))


def asked(message: Message, *, document: bool = False) -> Intent:
    """Understand a message; `document`: one stands in the conversation, or came with it."""
    place: Place = "direct" if message.direct else "room"
    place = "mail" if message.address.connector == MAIL else place
    return understand(message.text, place=place, document=document or message.brings_file)
