"""What is known of the mails of a mailbox, in the store and so shared by all replicas: where each lies, what
became of it, and which answers left. Kept for days, so that nothing grows for ever.

Replicas write at the same time and without locks. So each entry is written by one step only, and whoever
writes it writes the same: where a mail lies and that it was counted (intake), how it ended (answers, filing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import orjson
from pydantic import TypeAdapter

from connectors.mail.caps import Given
from connectors.mail.events import Origin, mail_key
from core.connector import Notebook

T = TypeVar("T")

KEPT = 3 * 86_400.0
"""Seconds that a mail or an answer is remembered after it was settled."""

State = Literal["answered", "failed", "filed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A mail of `sender` that is to be answered. `taken`: the inbox of the core has it; until then another
    look delivers it again. `last`: its thread gets no further answer today."""

    origin: Origin
    sender: str
    taken: bool
    at: float
    last: bool = False

    @property
    def key(self) -> str:
        return mail_key(self.origin.id, self.sender)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a mail ended; `filed` when its folder shows that."""

    state: State
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An answer that was begun. `left`: it is known to have left, since `at`. `ends`: how its question has
    then ended; None for a word in advance. `to`: the hash of who gets it; "": an earlier version did not
    say."""

    left: bool
    at: float
    ends: State | None = "answered"
    to: str = ""


_NOTE: TypeAdapter[Note] = TypeAdapter(Note)
_END: TypeAdapter[End] = TypeAdapter(End)
_GIVEN: TypeAdapter[Given] = TypeAdapter(Given)
_SENDING: TypeAdapter[Sending] = TypeAdapter(Sending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything at one moment, by `mail_key`; answers by the draft's key."""

    mails: Mapping[str, Note] = field(default_factory=dict[str, Note])
    ends: Mapping[str, End] = field(default_factory=dict[str, End])
    given: Mapping[str, Given] = field(default_factory=dict[str, Given])
    sent: Mapping[str, Sending] = field(default_factory=dict[str, Sending])


class Notes:
    """Typed access to the notebook."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    async def page(self) -> Page:
        every = await self._notebook.items("")
        return Page(
            mails=_those(every, "mail|", _NOTE),
            ends=_those(every, "end|", _END),
            given=_those(every, "given|", _GIVEN),
            sent=_those(every, "sent|", _SENDING),
        )

    async def mail(self, id: str, sender: str) -> Note | None:
        return await self._known(f"mail|{mail_key(id, sender)}", _NOTE)

    async def put(self, note: Note) -> None:
        await self._notebook.set(f"mail|{note.key}", orjson.dumps(note))

    async def end(self, key: str, state: State, at: float) -> None:
        """`key` is a `mail_key`."""
        await self._notebook.set(f"end|{key}", orjson.dumps(End(state=state, at=at)))

    async def ended(self, key: str) -> End | None:
        return await self._known(f"end|{key}", _END)

    async def give(self, key: str, given: Given) -> None:
        """An answer to the mail `key` was begun: counted once, whoever counts."""
        await self._notebook.set(f"given|{key}", orjson.dumps(given))

    async def take_back(self, key: str) -> None:
        """No answer came of the mail `key`."""
        await self._notebook.delete(f"given|{key}")

    async def sending(self, key: str) -> Sending | None:
        return await self._known(f"sent|{key}", _SENDING)

    async def sent(self, key: str, sending: Sending) -> None:
        await self._notebook.set(f"sent|{key}", orjson.dumps(sending))

    async def unsent(self, key: str) -> None:
        await self._notebook.delete(f"sent|{key}")

    async def _known(self, name: str, shape: TypeAdapter[T]) -> T | None:
        raw = await self._notebook.get(name)
        return None if raw is None else shape.validate_json(raw)

    async def forget(self, page: Page, now: float) -> None:
        """Drop what was settled long ago."""
        old = [f"sent|{key}" for key, sending in page.sent.items() if now - sending.at > KEPT]
        old += [f"given|{key}" for key, given in page.given.items() if now - given.at > KEPT]
        for key, end in page.ends.items():
            if end.state == "filed" and now - end.at > KEPT:
                old += [f"mail|{key}", f"end|{key}"]
        for name in old:
            await self._notebook.delete(name)


def _those(every: Mapping[str, bytes], prefix: str, shape: TypeAdapter[T]) -> dict[str, T]:
    return {
        name.removeprefix(prefix): shape.validate_json(raw)
        for name, raw in every.items()
        if name.startswith(prefix)
    }
