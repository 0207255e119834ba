"""Carries a plan out: takes notes in parallel and stores each, then shows the synthesis as it grows."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import orjson
from pydantic import TypeAdapter

from core.condense.planning import Brief, merging, plan, synthesis
from core.condense.works import Work
from core.errors import ContextOverflow, first_error
from core.gateway.ask import Ask, Done, Material, Piece, Usage, whole

PARALLEL = 4
"""Requests of one synthesis at a time, so that one person does not starve the others."""

_SHRINK = 0.7
_SHRINKS = 3
"""How often the window is taken for smaller, if a model counts more tokens than were estimated."""

Asking = Callable[[Ask], AsyncGenerator[Piece]]
"""Asks a model through the policy: `TurnModels.ask`, or `Gateway.stream` with its route."""


class _Overflow(ContextOverflow):
    """The model found a request too long that fits by estimate."""


class Notes(Protocol):
    """Stores the notes of a job: a replica that takes the job over does not ask the model for them again.

    `notes` are those of an earlier attempt, by the name of their request. `reused` counts the tokens of
    those that were used again.
    """

    notes: dict[str, bytes]
    reused: int

    async def note(self, name: str, note: bytes) -> None:
        """Store a note under the name of its request."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """What the model wrote, with its marks. `finish` makes it readable.

    The usage of `done` is that of all requests together, including those of an earlier attempt.
    """

    text: str = field(repr=False)
    done: Done
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    text: str = field(repr=False)
    usage: Usage


_NOTE = TypeAdapter(_Note)


def unwatched(done: int, total: int) -> None: ...


def unshown(text: str) -> None: ...


async def condense(
    brief: Brief,
    asking: Asking,
    *,
    notes: Notes | None = None,
    progress: Callable[[int, int], None] = unwatched,
    show: Callable[[str], None] = unshown,
) -> Condensed:
    """Return the synthesis that a brief wants.

    `progress(done, total)` is called for each chunk that was read, if there are several. `show` is called
    with the synthesis as it grows. Cancelling ends all requests. Raises what `asking` raises, and
    ContextOverflow.
    """
    if not brief.model.generates:  # an extracting model reads pages, not marks, and has room for everything
        ask = brief.ask(brief.form, tuple(map(_whole, brief.works)), brief.answer_tokens)
        return await _synthesis(asking, ask, [], show)
    for _ in range(_SHRINKS):
        try:
            return await _carried_out(brief, _NoteTaking(asking, notes, progress), show)
        except _Overflow:
            brief = replace(brief, share=brief.share * _SHRINK)
    return await _carried_out(brief, _NoteTaking(asking, notes, progress), show)


def _whole(work: Work) -> Material:
    text = work.whole or "\n\n".join(part.text for part in work.passages)
    return Material(name=work.name, text=text)


async def _carried_out(brief: Brief, taking: _NoteTaking, show: Callable[[str], None]) -> Condensed:
    """Make the plan of a brief and carry it out: the notes, in need fewer of them, then the synthesis."""
    planned = await asyncio.to_thread(plan, brief)
    if planned.single is not None:
        return await _synthesis(taking.asking, planned.single, [], show)
    paid = notes = await taking.all(planned.notes)
    while (ask := synthesis(brief, [note.text for note in notes])) is None:
        asks = merging(brief, [note.text for note in notes], planned.note_tokens)
        notes = await taking.all(asks, counted=False)
        paid = [*paid, *notes]
    return await _synthesis(taking.asking, ask, paid, show)


class _NoteTaking:
    """Has the model take notes, in a bounded number of requests at a time."""

    def __init__(self, asking: Asking, notes: Notes | None, progress: Callable[[int, int], None]) -> None:
        self.asking = asking
        self._notes = notes
        self._progress = progress
        self._gate = asyncio.Semaphore(PARALLEL)

    async def all(self, asks: Sequence[Ask], *, counted: bool = True) -> list[_Note]:
        """Return the notes of each request, in order. The first failure ends all requests.

        Progress is told if the requests are `counted`: they read the material and not other notes."""
        progress = self._progress if counted else unwatched
        done = 0
        progress(done, len(asks))

        async def one(ask: Ask) -> _Note:
            nonlocal done
            async with self._gate:
                note = await self._note(ask)
            done += 1
            progress(done, len(asks))
            return note

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(ask)) for ask in asks]
        except BaseExceptionGroup as errors:
            raise first_error(errors) from None
        return [task.result() for task in tasks]

    async def _note(self, ask: Ask) -> _Note:
        name = _name(ask)
        if self._notes and (kept := self._notes.notes.get(name)) is not None:
            note = _NOTE.validate_json(kept)
            self._notes.reused += note.usage.completion_tokens
            return note
        text, done = await _answer(self.asking, ask, unshown)
        note = _Note(text=text.strip(), usage=done.usage)
        if self._notes:
            await self._notes.note(name, orjson.dumps(note))
        return note


async def _synthesis(
    asking: Asking, ask: Ask, notes: Sequence[_Note], show: Callable[[str], None]
) -> Condensed:
    """Ask for the synthesis. Its usage includes that of the notes."""
    text, done = await _answer(asking, ask, show)
    return Condensed(
        text=text.strip(),
        done=replace(done, usage=_total([*(note.usage for note in notes), done.usage])),
        requests=len(notes) + 1,
    )


def _total(usages: Sequence[Usage]) -> Usage:
    """Return the usage of all requests. Impacts count only if the gateway told them for each request."""
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        estimated=any(usage.estimated for usage in usages),
        kwh=_sum([usage.kwh for usage in usages]),
        kgco2eq=_sum([usage.kgco2eq for usage in usages]),
    )


def _sum(spans: Sequence[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = [span for span in spans if span is not None]
    return (sum(low for low, _ in known), sum(high for _, high in known)) if known == spans else None


async def _answer(asking: Asking, ask: Ask, show: Callable[[str], None]) -> tuple[str, Done]:
    try:
        return await whole(asking(ask), show)
    except ContextOverflow as error:
        raise _Overflow(str(error)) from error


def _name(ask: Ask) -> str:
    """Return a digest of a request: another text, question or prompt gives another name."""
    asked = [ask.instructions, ask.question, str(ask.answer_tokens)]
    asked += [part for material in ask.materials for part in (material.name, material.text)]
    return hashlib.blake2b("\0".join(asked).encode(errors="replace"), digest_size=12).hexdigest()
