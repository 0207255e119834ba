"""Cuts works into chunks of a size: at headings, page ends and paragraphs, in need between sentences.

Sizes are tokens of what the model will see (`tokens.estimate`). The fewest chunks are made, of about equal
length, each cut where the structure is strongest near the ideal place. A sentence is cut only when it alone
is too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from core.condense.works import PARAGRAPHS, Source, Work
from core.gateway.ask import Material, estimate
from core.language.sentences import split

SENTENCE, PARAGRAPH, PAGE, HEADING, WORK = range(5)
"""How strong a boundary is."""

_LINES = re.compile(r"\|.*|[-*•] .*|\d{1,3}[.)] .*")
_AROUND = 0.15
"""How far from the ideal place a cut may be, in chunks."""
_MARK = 8
"""Tokens of a mark and what is around it."""
_DISGUISED = re.compile(r"\[((?:D\d+ )?(?:p\. ?|§ ?|m)\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """What is never cut. `glue` joins it to the atom before; `strength` is that of the boundary before it."""

    work: int
    source: Source
    text: str = field(repr=False)
    glue: str
    strength: int
    size: int = 0


Chunk = tuple[Atom, ...]


def atoms(works: Sequence[Work], longest: int) -> list[Atom]:
    """The works in pieces of at most `longest` tokens, in reading order, nothing lost but spaces."""
    found: list[Atom] = []
    for number, work in enumerate(works):
        for passage in work.passages:
            first = PAGE if found and found[-1].work == number else WORK
            for text, glue, strength in _pieces(_plain(passage.text), longest):
                found.append(
                    Atom(
                        work=number,
                        source=passage.source,
                        text=text,
                        glue=glue,
                        strength=max(first, strength) if first else strength,
                        size=estimate(text) + bool(glue),
                    )
                )
                first = 0
    return found


def _plain(text: str) -> str:
    """Text that looks like one of our marks cannot pass for one."""
    return _DISGUISED.sub(r"(\1)", text.replace("\f", "\n\n"))


def _pieces(text: str, longest: int) -> Iterator[tuple[str, str, int]]:
    """(text, glue, strength)."""
    for block in PARAGRAPHS.split(text):
        if not block.strip():
            continue
        strength = HEADING if block.startswith("#") else PARAGRAPH
        glue = "\n\n"
        for text, inner in _within(block.strip(), longest):
            yield text, glue, strength
            glue, strength = inner, SENTENCE


def _within(block: str, longest: int) -> Iterator[tuple[str, str]]:
    """A block whole when it is short; else its lines (tables, lists) or its sentences; in need, its words."""
    if estimate(block) <= longest:
        yield block, ""
        return
    lines = block.split("\n")
    listed = sum(_LINES.fullmatch(line.strip()) is not None for line in lines) * 2 > len(lines)
    glue = "\n" if listed else " "
    for piece in lines if listed else split(block):
        for part in _words(piece, longest):
            yield part, glue


def _words(text: str, longest: int) -> Iterator[str]:
    """A sentence, or pieces of it: as many characters as tokens at most, as in lists of figures."""
    while estimate(text) > longest:
        at = text.rfind(" ", longest // 2, longest)
        at = at if at > 0 else longest
        yield text[:at]
        text = text[at:].strip()
    if text:
        yield text


def cut(found: Sequence[Atom], capacity: int) -> list[Chunk]:
    """The fewest chunks of at most `capacity` tokens each, about equally long."""
    count = len(_greedy(found, capacity))
    return _balanced(found, capacity, count) or _greedy(found, capacity)


def size(chunk: Sequence[Atom]) -> int:
    """Tokens of a chunk, marks included."""
    marks = sum(_MARK for _ in groupby(chunk, key=lambda a: a.source))
    return sum(atom.size for atom in chunk) + marks


def _greedy(found: Sequence[Atom], capacity: int) -> list[Chunk]:
    chunks: list[list[Atom]] = [[]]
    room = capacity
    source: Source | None = None
    for atom in found:
        need = atom.size + (_MARK if atom.source is not source else 0)
        if need > room and chunks[-1]:
            chunks.append([])
            room = capacity
            need = atom.size + _MARK
        chunks[-1].append(atom)
        source = atom.source
        room -= need
    return [tuple(chunk) for chunk in chunks if chunk]


def _balanced(found: Sequence[Atom], capacity: int, count: int) -> list[Chunk] | None:
    """`count` chunks, each cut at the strongest boundary near its ideal place; None when one is too long."""
    if count < 2:
        return None
    ends: list[int] = []
    total = 0
    for atom in found:
        total += atom.size
        ends.append(total)
    share = total / count
    cuts = [0]
    for number in range(1, count):
        ideal = share * number
        near = [i for i in range(cuts[-1] + 1, len(found)) if abs(ends[i - 1] - ideal) <= _AROUND * share]
        if not near:
            return None
        cuts.append(max(near, key=lambda i: (found[i].strength, -abs(ends[i - 1] - ideal))))
    cuts.append(len(found))
    chunks = [tuple(found[start:end]) for start, end in pairwise(cuts)]
    return chunks if all(chunk and size(chunk) <= capacity for chunk in chunks) else None


def materials(chunk: Sequence[Atom], works: Sequence[Work]) -> tuple[Material, ...]:
    """A chunk as the model sees it: one material a work, a mark wherever the source changes."""
    made: list[Material] = []
    for number, in_work in groupby(chunk, key=lambda atom: atom.work):
        texts: list[str] = []
        for source, of_source in groupby(in_work, key=lambda atom: atom.source):
            first, *others = of_source
            texts.append(f"[{source.mark}]\n{first.text}" + "".join(a.glue + a.text for a in others))
        made.append(Material(name=works[number].name, text="\n\n".join(texts)))
    return tuple(made)
