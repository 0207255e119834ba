"""What a model sees in a picture: a text beside what was recognised in it, assessed and kept as a file's is.

So the questions that follow are answered from it too, by any model, and the picture leaves once. A picture
cannot be masked: where personal data are hidden from models and what was recognised holds some, none sees it
(`ModelAccess.stream`).
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from core.gateway.ask import Ask, Material, whole
from core.models.access import ModelAccess
from core.turn.attachments import Read

ROOM = 600
"""Tokens of what is said of a picture."""
_UNASKED = {"fr": "Décris cette image.", "en": "Describe this picture."}
_HEADING = {"fr": "Ce que montre l’image, décrit par une IA", "en": "What the picture shows, told by an AI"}


async def seen(access: ModelAccess, read: Read, question: str, *, language: str) -> str:
    """Have a model look at a picture that was read, with an eye to a question. Raises Denied, OverQuota,
    NotMasked, GatewayError."""
    ask = Ask(
        instructions=_prompt(language),
        question=question.strip() or _UNASKED[language],
        materials=tuple(Material(name=name, text=text) for name, text in read.texts),
        picture=read.picture,
        language=language,
        task="vision",
        answer_tokens=ROOM,
    )
    said, _ = await whole(access.stream(ask))
    return said.strip()


def with_seen(read: Read, seen: str, *, language: str) -> tuple[tuple[str, str], ...]:
    """The texts of a file, what a model saw in it after them."""
    if not seen:
        return read.texts
    (name, text), *inner = read.texts or ((read.name, ""),)
    return (name, f"{text}\n\n## {_HEADING[language]}\n\n{seen}".lstrip()), *inner


@cache
def _prompt(language: str) -> str:
    return resources.files("core.turn").joinpath("prompts", f"picture.{language}.md").read_text("utf-8")
