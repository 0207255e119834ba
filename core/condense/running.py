"""Carries a plan out: notes in parallel, kept as they come, then the synthesis, shown as it grows."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import orjson
from pydantic import TypeAdapter

from core.condense.forms import Form
from core.condense.planning import Brief, Plan, merging, plan, synthesis
from core.condense.works import Work
from core.errors import ContextOverflow, first_error
from core.gateway.ask import Ask, Done, Material, Piece, Usage, whole
from core.gateway.catalogue import Model

PARALLEL = 4
"""Requests of one synthesis at a time: a person does not starve the others."""

_SHRINK = 0.7
_SHRINKS = 3
"""The window is taken for smaller so often, when a model counts more tokens than were estimated."""

Asking = Callable[[Ask], AsyncGenerator[Piece]]
"""Asks a model through the policy: `TurnModels.ask`, or `Gateway.stream` with its route."""


class _Overflow(ContextOverflow):
    """The model itself found a request too long, though by estimate it fits."""


class Notes(Protocol):
    """Keeps notes until the synthesis is done, so that a restart pays none twice."""

    notes: dict[str, bytes]
    reused: int
    """Tokens of notes that were kept: no model was asked for them again."""

    async def note(self, name: str, note: bytes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """What the model wrote, marks and all: `finish` makes it readable. The usage of `done` is that of all
    requests together, those of a claim before this one included."""

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
    works: Sequence[Work],
    asking: Asking,
    *,
    model: Model,
    form: Form,
    language: str,
    question: str = "",
    notes: Notes | None = None,
    progress: Callable[[int, int], None] = unwatched,
    show: Callable[[str], None] = unshown,
) -> Condensed:
    """The synthesis of works by a model; `model` is the one that the plan is made for.

    `progress(done, total)` counts the chunks that were read, when there are several; `show` gets the
    synthesis so far. Cancelling it cancels all its requests. Raises what `asking` raises, ContextOverflow.
    """
    brief = Brief(
        works=tuple(works),
        form=form,
        language=language,
        context=model.context,
        question=question,
    )
    if not model.generates:  # it reads pages, not marks, and has room for everything
        whole = tuple(
            Material(name=work.name, text=work.whole or "\n\n".join(part.text for part in work.passages))
            for work in works
        )
        return await _last(asking, brief.ask(form, whole, brief.answer_tokens), [], show)
    for _ in range(_SHRINKS):
        try:
            planned = await asyncio.to_thread(plan, brief)
            return await _done(brief, planned, _Reading(asking, notes), progress, show)
        except _Overflow:
            brief = replace(brief, context=int(brief.context * _SHRINK))
    planned = await asyncio.to_thread(plan, brief)
    return await _done(brief, planned, _Reading(asking, notes), progress, show)


async def _done(
    brief: Brief,
    planned: Plan,
    reading: _Reading,
    progress: Callable[[int, int], None],
    show: Callable[[str], None],
) -> Condensed:
    if planned.single is not None:
        return await _last(reading.asking, planned.single, [], show)
    paid = taken = await reading.all(planned.notes, progress)
    while (ask := synthesis(brief, [note.text for note in taken])) is None:
        asks = merging(brief, [note.text for note in taken], planned.note_tokens)
        taken = await reading.all(asks, unwatched)
        paid = [*paid, *taken]
    return await _last(reading.asking, ask, paid, show)


class _Reading:
    """Takes notes, a bounded number at a time."""

    def __init__(self, asking: Asking, notes: Notes | None) -> None:
        self.asking = asking
        self._notes = notes
        self._gate = asyncio.Semaphore(PARALLEL)

    async def all(self, asks: Sequence[Ask], progress: Callable[[int, int], None]) -> list[_Note]:
        """The notes of each request, in order. The first failure ends them all."""
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


async def _last(asking: Asking, ask: Ask, notes: Sequence[_Note], show: Callable[[str], None]) -> Condensed:
    text, done = await _answer(asking, ask, show)
    return Condensed(
        text=text.strip(),
        done=replace(done, usage=_total([*(note.usage for note in notes), done.usage])),
        requests=len(notes) + 1,
    )


def _total(usages: Sequence[Usage]) -> Usage:
    """Impacts count only when the gateway told them for each request."""
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
    """What a request asks, in short: another text, question or prompt has another name."""
    asked = [ask.instructions, ask.question, str(ask.answer_tokens)]
    asked += [part for material in ask.materials for part in (material.name, material.text)]
    return hashlib.blake2b("\0".join(asked).encode(errors="replace"), digest_size=12).hexdigest()
