"""The plan of a synthesis, in as few tokens as possible. Pure.

If everything fits, the plan is one request. Otherwise each chunk is read once, for notes as long as the
budget and the window of the synthesis allow. Notes are merged first only if even the briefest ones are too
many for one window.

A question about long works is asked of the passages that answer it. BM25 chooses them, as many as fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.condense.chunks import Atom, atoms, cut, materials, size
from core.condense.forms import FORMS, Form, Step, instructions, say
from core.condense.works import Work
from core.errors import ContextOverflow
from core.gateway.ask import Ask, Material, estimate, room
from core.gateway.catalogue import Model, Task
from core.gateway.engines.extracts.cues import asks_summary
from core.gateway.engines.extracts.ranking import passages as ranked
from core.gateway.engines.extracts.units import units
from core.language.operators import Phrase

OVERHEAD = 0.28
"""What a synthesis may cost beyond reading the material once, as a share of it."""
BRIEFEST = 100
"""Tokens of a note; a shorter one tells too little."""
_FINE = 10
"""Pieces of which a chunk is made at least, so that it can be filled."""
_SMALLEST = 100
"""Tokens of a chunk at least. Smaller ones mean that the window has no room for work."""
MOST = 24
"""Units of text that may answer one question."""
ENOUGH = 6_000
"""Tokens of passages that answer a question. Shorter works are given whole."""
_LONGEST = 300
"""Tokens of one passage at most."""
_AROUND = 1
"""Passages taken on each side of one that answers, while there is room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The synthesis that a person wants, and the model that the plan is made for.

    `question` are the person's own words; without them, the form asks. `share` is the part of the model's
    window that may be used: it shrinks if the model counts more tokens than were estimated.
    """

    works: tuple[Work, ...]
    form: Form
    language: str
    model: Model
    question: str = ""
    share: float = 1.0

    @property
    def context(self) -> int:
        """The tokens that a request and its answer may take together."""
        return int(self.model.context * self.share)

    @property
    def answer_tokens(self) -> int:
        return min(FORMS[self.form].answer, self.context // 4)

    @property
    def task(self) -> Task:
        return "chat" if self.form == "question" else "summary"

    def ask(self, step: Step, given: tuple[Material, ...], tokens: int) -> Ask:
        """Return the request of a step. Only the last step carries the person's words and compares works."""
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
    """The requests that read the material: the synthesis itself (`single`), or `notes`, one for each chunk.

    `note_tokens` is how long each note may be.
    """

    single: Ask | None = None
    notes: tuple[Ask, ...] = ()
    note_tokens: int = 0


def plan(brief: Brief) -> Plan:
    """Return the plan of a brief. Raises ContextOverflow if the window is too small for any work at all."""
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
    """Return the question on the passages that answer it. None if none does: everything must be read."""
    left = room(brief.context, brief.ask(brief.form, (), brief.answer_tokens))
    found = relevant(brief.works, brief.question, left)
    return brief.ask(brief.form, found, brief.answer_tokens) if found else None


def _chunks(brief: Brief, tokens: int) -> list[Ask]:
    """Return a request for the notes of each chunk, none longer than the window."""
    longest_name = max((work.name for work in brief.works), key=len)
    empty = brief.ask("notes", (Material(name=longest_name, text=""),), tokens)
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
    """Return how long each note may be: one synthesis reads them all, and the total stays in the budget."""
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
    """Return the last request, which reads notes. None if they are too many for the window."""
    ask = brief.ask(brief.form, (_gathered(notes),), brief.answer_tokens)
    return ask if room(brief.context, ask) >= 0 else None


def merging(brief: Brief, notes: Sequence[str], tokens: int) -> list[Ask]:
    """Return requests that merge notes in their order, each as many as fit.

    Raises ContextOverflow if the window is too small to merge two of them."""
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
    """Return the passages that answer a question best, in reading order, in at most `room` tokens.

    Empty if no word of the question occurs in the works."""
    pieces = atoms(works, longest=_LONGEST)
    hits = _hits(pieces, question)
    taken: set[int] = set()
    for spread in range(_AROUND + 1):
        for hit in hits:
            for near in {hit - spread, hit + spread} - taken:
                in_same_work = 0 <= near < len(pieces) and pieces[near].work == pieces[hit].work
                if in_same_work and _size([*taken, near], pieces, works) <= room:
                    taken.add(near)
    return materials([_with_gap(pieces, taken, number) for number in sorted(taken)], works)


def relevant(works: Sequence[Work], question: str, room: int) -> tuple[Material, ...] | None:
    """Return what a model needs of the works for a question, in at most `room` tokens.

    Short works are given whole. Of longer ones the passages that answer are given, and if there are none,
    the works again. None if no passage answers and the works do not fit."""
    every = atoms(works, longest=_LONGEST)
    fits = _size(range(len(every)), every, works) <= room
    if fits and size(every) <= ENOUGH:
        return materials(every, works)
    if not asks_summary(question) and (found := chosen(works, question, min(room, ENOUGH))):
        return found
    return materials(every, works) if fits else None


def _hits(pieces: Sequence[Atom], question: str) -> list[int]:
    """Return the numbers of the pieces that answer, best first."""
    found = units(tuple(Material(name="", text=piece.text) for piece in pieces))
    return list(dict.fromkeys(found[number].material for number in ranked(found, question, MOST)))


def _with_gap(pieces: Sequence[Atom], taken: set[int], number: int) -> Atom:
    """Return a piece, with « […] » before it if the piece before it is left out."""
    piece = pieces[number]
    return piece if number - 1 in taken or number == 0 else replace(piece, glue="\n\n[…]\n\n")


def _size(numbers: Iterable[int], pieces: Sequence[Atom], works: Sequence[Work]) -> int:
    """Return the tokens of some pieces, including what surrounds each material in a request."""
    atoms_ = [pieces[number] for number in sorted(numbers)]
    documents = {atom.work for atom in atoms_}
    return size(atoms_) + 2 * len(atoms_) + sum(75 + estimate(works[number].name) for number in documents)
