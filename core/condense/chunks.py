"""Cuts works into chunks of a size: at headings, page ends and paragraphs, in need between sentences.

Sizes are tokens of what the model will see (`ask.estimate`). Works are cut into as few chunks as possible, of
about equal length. Each cut is made where the structure is strongest near the ideal place. A sentence is cut
only if it alone is too long.
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
"""Tokens of a mark with its brackets and line ends."""
_LIKE_A_MARK = re.compile(r"\[((?:D\d+ )?(?:p\. ?|§ ?|m)\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """A piece of text that is never cut.

    `work` is the number of its work. `glue` joins it to the atom before it. `strength` is that of the
    boundary before it. `size` is in tokens.
    """

    work: int
    source: Source
    text: str = field(repr=False)
    glue: str
    strength: int
    size: int = 0


Chunk = tuple[Atom, ...]


def atoms(works: Sequence[Work], longest: int) -> list[Atom]:
    """Cut works into pieces of at most `longest` tokens, in reading order. Only spaces are lost."""
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
    """Return a text in which nothing can pass for one of our marks."""
    return _LIKE_A_MARK.sub(r"(\1)", text.replace("\f", "\n\n"))


def _pieces(text: str, longest: int) -> Iterator[tuple[str, str, int]]:
    """Yield pieces as (text, glue, strength)."""
    for block in PARAGRAPHS.split(text):
        if not block.strip():
            continue
        strength = HEADING if block.startswith("#") else PARAGRAPH
        glue = "\n\n"
        for text, inner in _within(block.strip(), longest):
            yield text, glue, strength
            glue, strength = inner, SENTENCE


def _within(block: str, longest: int) -> Iterator[tuple[str, str]]:
    """Yield a block as pieces of (text, glue): whole if it is short, else its lines if it is a table or list,
    else its sentences. A longer line or sentence is cut between words."""
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
    """Yield a sentence, or pieces of it. A piece has no more characters than `longest` is in tokens: lists of
    figures take a token for each character."""
    while estimate(text) > longest:
        at = text.rfind(" ", longest // 2, longest)
        at = at if at > 0 else longest
        yield text[:at]
        text = text[at:].strip()
    if text:
        yield text


def cut(found: Sequence[Atom], capacity: int) -> list[Chunk]:
    """Put atoms together into as few chunks of at most `capacity` tokens as possible, about equally long."""
    count = len(_greedy(found, capacity))
    return _balanced(found, capacity, count) or _greedy(found, capacity)


def size(chunk: Sequence[Atom]) -> int:
    """Return the tokens of a chunk, including those of its marks."""
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
    """Return `count` chunks, each cut at the strongest boundary near its ideal place. None if one is too
    long."""
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
    """Return a chunk as the model sees it: a material for each work, with a mark where the source changes."""
    made: list[Material] = []
    for number, in_work in groupby(chunk, key=lambda atom: atom.work):
        texts: list[str] = []
        for source, of_source in groupby(in_work, key=lambda atom: atom.source):
            first, *others = of_source
            texts.append(f"[{source.mark}]\n{first.text}" + "".join(a.glue + a.text for a in others))
        made.append(Material(name=works[number].name, text="\n\n".join(texts)))
    return tuple(made)
