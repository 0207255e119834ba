"""What is known of the mails of a mailbox, in the store and so shared by all replicas: where each lies and
what was done with it, and which answers left. Kept for days, so that nothing grows for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import orjson
from pydantic import TypeAdapter

from connectors.mail.caps import Given
from connectors.mail.events import Origin, hashed
from core.connector import Notebook

KEPT = 3 * 86_400.0
"""Seconds that a mail or an answer is remembered after it was settled."""

State = Literal["seen", "taken", "answered", "failed", "filed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`seen`: about to be delivered; `taken`: in the inbox of the core; then `answered` or `failed`; `filed`:
    its folder shows that."""

    origin: Origin
    sender: str
    state: State
    at: float

    @property
    def key(self) -> str:
        return mail_key(self.origin.id, self.sender)


def mail_key(id: str, sender: str) -> str:
    return f"mail|{hashed(f'{id} {sender}')}"


class Notes:
    """Typed access to the notebook."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    async def mails(self) -> list[Note]:
        return [_note(raw) for raw in (await self._notebook.items("mail|")).values()]

    async def mail(self, id: str, sender: str) -> Note | None:
        raw = await self._notebook.get(mail_key(id, sender))
        return None if raw is None else _note(raw)

    async def put(self, note: Note) -> None:
        await self._notebook.set(note.key, orjson.dumps(note))

    async def drop(self, note: Note) -> None:
        await self._notebook.delete(note.key)

    async def sending(self, key: str) -> tuple[bool, float] | None:
        """Of an answer that was begun: whether it is known to have left, and since when that is known."""
        raw = await self._notebook.get(f"sent|{key}")
        if raw is None:
            return None
        left, at = orjson.loads(raw)
        return bool(left), float(at)

    async def sent(self, key: str, *, left: bool, at: float) -> None:
        await self._notebook.set(f"sent|{key}", orjson.dumps([left, at]))

    async def unsent(self, key: str) -> None:
        await self._notebook.delete(f"sent|{key}")

    async def forget(self, now: float) -> None:
        """Drop what was settled long ago."""
        for name, raw in (await self._notebook.items("sent|")).items():
            if now - float(orjson.loads(raw)[1]) > KEPT:
                await self._notebook.delete(name)

    async def given(self) -> list[Given]:
        raw = await self._notebook.get("given")
        return [Given(**each) for each in orjson.loads(raw)] if raw else []

    async def give(self, history: list[Given]) -> None:
        await self._notebook.set("given", orjson.dumps(history))


_NOTE: TypeAdapter[Note] = TypeAdapter(Note)


def _note(raw: bytes) -> Note:
    return _NOTE.validate_json(raw)
