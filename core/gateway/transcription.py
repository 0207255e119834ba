"""Speech → text: one request to `…/audio/transcriptions` of the model's gateway, as OpenAI's, Mistral's and
OpenGateLLM's understand it: `model`, `file` and `language`, no other field, for some refuse what they do not
know."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

import orjson

from core.config.environment import Key
from core.errors import GatewayRejected, GatewayUnavailable
from core.gateway import one_shot
from core.gateway.catalogue import Model
from core.language.operators import Phrase

WITHIN = 60.0
"""Seconds for one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A voice message as it came. `language` is what is probably spoken."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    language: str = "fr"


async def transcribed(
    speech: Speech, model: Model, *, key: Key | None, context: ssl.SSLContext | bool = True
) -> str:
    """What is said in it; empty where nothing is. Raises GatewayUnavailable, GatewayRejected."""
    try:
        reply = await one_shot.ask(
            f"{model.url}/audio/transcriptions",
            context=context,
            headers={"Authorization": f"Bearer {key.reveal()}"} if key else {},
            form={"model": model.served, "language": speech.language},
            file=(speech.name, speech.data, speech.media_type),
            within=WITHIN,
        )
    except (one_shot.NoReply, TimeoutError) as error:
        raise GatewayUnavailable(
            Phrase("speech.unanswered", why=str(error) or f"{WITHIN:.0f}\u00a0s")
        ) from None
    if reply.status != 200:
        kind = GatewayUnavailable if reply.status in (408, 429) or reply.status >= 500 else GatewayRejected
        raise kind(Phrase("speech.http", status=reply.status))
    try:
        said = orjson.loads(reply.body)["text"]
    except (ValueError, KeyError, TypeError):
        raise GatewayUnavailable(Phrase("speech.no_text")) from None
    return str(said).strip()
