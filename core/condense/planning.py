"""The plan of a synthesis: the fewest tokens that do the job. Pure.

One request when everything fits. Else each chunk is read once, for notes as long as the budget and the
window of the synthesis allow; only when even the briefest notes are too many for one window are they
merged first.

Of long works, the passages that answer a question are chosen by BM25, as many as fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.condense.chunks import Atom, atoms, cut, materials, size
from core.condense.forms import FORMS, Form, Step, instructions, say
from core.condense.works import Work
from core.errors import ContextOverflow
from core.gateway.ask import Ask, Material, estimate, room
from core.gateway.catalogue import Task
from core.gateway.engines.extracts.cues import asks_summary
from core.gateway.engines.extracts.ranking import passages as ranked
from core.gateway.engines.extracts.units import units
from core.language.operators import Phrase

OVERHEAD = 0.28
"""What a synthesis may cost beyond reading the material once, as a share of it."""
BRIEFEST = 100
"""Tokens of notes below which they tell too little."""
_FINE = 10
"""A chunk is made of at least so many pieces, so that it can be filled."""
_SMALLEST = 100
MOST = 24
"""Units of text that may be hits of one question."""
ENOUGH = 6_000
"""Tokens of passages that answer a question; what is shorter goes whole."""
_LONGEST = 300
_AROUND = 1
"""Pieces taken with a hit on each side, while there is room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What is wanted. `question`: the person's own words, else the form's. `context`: the model's window."""

    works: tuple[Work, ...]
    form: Form
    language: str
    context: int
    question: str = ""

    @property
    def answer_tokens(self) -> int:
        return min(FORMS[self.form].answer, self.context // 4)

    @property
    def task(self) -> Task:
        return "chat" if self.form == "question" else "summary"

    def ask(self, step: Step, given: tuple[Material, ...], tokens: int) -> Ask:
        """The request of a step. Only the last one carries the person's words and compares."""
        last = step == self.form
        if step == "notes" and self.form == "talk":
            step = "talk_notes"
        several = last and self.form != "question" and len(self.works) > 1
        return Ask(
            instructions=instructions(step, self.language, several=several),
            question=(self.question if last else "") or say(step, self.language),
            materials=given,
            language=self.language,
            task=self.task,
            answer_tokens=tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The requests that read the material: the synthesis itself (`single`), or one for the notes of each
    chunk. `note_tokens` is how long notes may be."""

    single: Ask | None = None
    notes: tuple[Ask, ...] = ()
    note_tokens: int = 0


def plan(brief: Brief) -> Plan:
    """Raises ContextOverflow when the window is too small for any work at all."""
    every = atoms(brief.works, longest=brief.context)
    single = brief.ask(brief.form, materials(every, brief.works), brief.answer_tokens)
    if brief.form == "question" and (passages := _passages(brief)) is not None:
        return Plan(single=passages)
    if room(brief.context, single) >= 0:
        return Plan(single=single)
    material = sum(atom.size for atom in every)
    notes = _chunks(brief, min(FORMS[brief.form].note, brief.context // 8))
    tokens = _note_tokens(brief, notes, material)
    notes = _chunks(brief, tokens)  # briefer notes leave room for more material
    tokens = min(tokens, _note_tokens(brief, notes, material))
    return Plan(notes=tuple(replace(ask, answer_tokens=tokens) for ask in notes), note_tokens=tokens)


def _passages(brief: Brief) -> Ask | None:
    """The question on the passages that answer it; None when none does: then everything must be read."""
    left = room(brief.context, brief.ask(brief.form, (), brief.answer_tokens))
    found = relevant(brief.works, brief.question, left)
    return brief.ask(brief.form, found, brief.answer_tokens) if found else None


def _chunks(brief: Brief, tokens: int) -> list[Ask]:
    """A request for the notes of each chunk, none longer than the window."""
    empty = brief.ask("notes", (Material(name=max((w.name for w in brief.works), key=len), text=""),), tokens)
    capacity = room(brief.context, empty)
    while capacity >= _SMALLEST:
        found = atoms(brief.works, longest=max(_SMALLEST // 2, capacity // _FINE))
        asks = [brief.ask("notes", materials(each, brief.works), tokens) for each in cut(found, capacity)]
        over = -min(room(brief.context, ask) for ask in asks)
        if over <= 0:
            return asks
        capacity -= over
    raise ContextOverflow(Phrase("gateway.small", context=brief.context))


def _note_tokens(brief: Brief, notes: Sequence[Ask], material: int) -> int:
    """How long each note may be, so that the synthesis reads all in one request, within the budget."""
    count = len(notes)
    synthesis = brief.ask(brief.form, (Material(name="notes", text=""),), brief.answer_tokens)
    window = room(brief.context, synthesis) // count
    frame = int(brief.context * 0.9) - room(brief.context, synthesis)
    around = sum(
        (estimate(ask.instructions) + estimate(ask.question) + 70 * len(ask.materials)) for ask in notes
    )
    budget = (int(material * OVERHEAD) - frame - around) // (2 * count)
    return max(BRIEFEST, min(FORMS[brief.form].note, brief.context // 8, window, budget))


def synthesis(brief: Brief, notes: Sequence[str]) -> Ask | None:
    """The last request, from notes; None when they are too many for the window."""
    ask = brief.ask(brief.form, (_gathered(notes),), brief.answer_tokens)
    return ask if room(brief.context, ask) >= 0 else None


def merging(brief: Brief, notes: Sequence[str], tokens: int) -> list[Ask]:
    """Requests that merge notes, in their order, as many at a time as fit. Raises ContextOverflow."""
    asks: list[Ask] = []
    group: list[str] = []
    for note in notes:
        if group and room(brief.context, brief.ask("merge", (_gathered([*group, note]),), tokens)) < 0:
            asks.append(brief.ask("merge", (_gathered(group),), tokens))
            group = []
        group.append(note)
    asks.append(brief.ask("merge", (_gathered(group),), tokens))
    if len(asks) >= len(notes):
        raise ContextOverflow(Phrase("gateway.small", context=brief.context))
    return asks


def _gathered(notes: Sequence[str]) -> Material:
    return Material(name="notes", text="\n\n".join(notes))


def chosen(works: Sequence[Work], question: str, room: int) -> tuple[Material, ...]:
    """What of the works answers best, in reading order, with its marks, in at most `room` tokens.

    Empty when no word of the question occurs in them."""
    pieces = atoms(works, longest=_LONGEST)
    hits = _hits(pieces, question)
    taken: set[int] = set()
    for spread in range(_AROUND + 1):
        for hit in hits:
            for near in {hit - spread, hit + spread}:
                if near in taken or not (0 <= near < len(pieces) and pieces[near].work == pieces[hit].work):
                    continue
                if _size([*taken, near], pieces, works) > room:
                    continue
                taken.add(near)
    return materials([_apart(pieces, taken, number) for number in sorted(taken)], works)


def relevant(works: Sequence[Work], question: str, room: int) -> tuple[Material, ...] | None:
    """What a model needs of the works for a question, in at most `room` tokens: all when that is little,
    else the passages that answer, else all. None when nothing answers and all do not fit."""
    every = atoms(works, longest=_LONGEST)
    fits = _size(range(len(every)), every, works) <= room
    if fits and size(every) <= ENOUGH:
        return materials(every, works)
    if not asks_summary(question) and (found := chosen(works, question, min(room, ENOUGH))):
        return found
    return materials(every, works) if fits else None


def _hits(pieces: Sequence[Atom], question: str) -> list[int]:
    """Numbers of the pieces that answer, best first."""
    found = units(tuple(Material(name="", text=piece.text) for piece in pieces))
    return list(dict.fromkeys(found[number].material for number in ranked(found, question, MOST)))


def _apart(pieces: Sequence[Atom], taken: set[int], number: int) -> Atom:
    """What is left out before a piece shows."""
    piece = pieces[number]
    return piece if number - 1 in taken or number == 0 else replace(piece, glue="\n\n[…]\n\n")


def _size(numbers: Iterable[int], pieces: Sequence[Atom], works: Sequence[Work]) -> int:
    """Tokens, what surrounds each material included."""
    atoms_ = [pieces[number] for number in sorted(numbers)]
    documents = {atom.work for atom in atoms_}
    return size(atoms_) + 2 * len(atoms_) + sum(75 + estimate(works[number].name) for number in documents)
