"""What is condensed: works (a document, a conversation) made of passages that each have one source.

A source is a page, a section or a message. This package does not know which. The model sees the `mark` of a
source and cites it. People read its `label`. Marks are short: they stand before every passage and behind
every statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from core.language.commonmark import named

_HEADING = re.compile(r"^#{1,6} (.{1,200})$", re.MULTILINE)
PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_SECTION = 2_000
"""About how many characters a section has in a text with neither pages nor headings."""
_WORDS = 5
"""Words that name a section without a heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement comes from. `work` is the work's name; `page` is None where there are no pages.

    `mark` is unique among the sources of one request; `label` is CommonMark."""

    id: str
    mark: str
    label: str = field(repr=False)
    work: str
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The text of one source."""

    source: Source
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A document or a conversation, in reading order. `whole` is its text, with form feeds between pages."""

    name: str
    passages: tuple[Passage, ...]
    whole: str = field(default="", repr=False)


def works(texts: Iterable[tuple[str, str]], *, language: str = "fr") -> tuple[Work, ...]:
    """Make works of documents, each a name and a text whose form feeds separate pages. Empty ones are left
    out."""
    given = [(name, text) for name, text in texts if text.strip()]
    several = len(given) > 1
    return tuple(
        _work(name, text, f"D{number}" if several else "", language)
        for number, (name, text) in enumerate(given, 1)
    )


def _work(name: str, text: str, prefix: str, language: str) -> Work:
    pages = text.split("\f")
    passages: list[Passage] = []
    if len(pages) > 1:
        pieces = [(f"p. {number}", f"p. {number}", number, page) for number, page in enumerate(pages, 1)]
    else:
        pieces = [
            (f"§ {number}", _quoted(label, language), None, part)
            for number, (label, part) in enumerate(_sections(text), 1)
        ]
    for mark, label, page, part in pieces:
        if part.strip():
            source = Source(
                id=f"{prefix or 'D1'}:{mark}",
                mark=f"{prefix} {mark}".strip(),
                label=f"{named(name)}, {label}" if prefix else label,
                work=name,
                page=page,
            )
            passages.append(Passage(source=source, text=part.strip()))
    return Work(name=name, passages=tuple(passages), whole=text)


def _sections(text: str) -> list[tuple[str, str]]:
    """Cut a text into sections, each as (what people find it by, text): at headings, else at paragraphs."""
    heads = list(_HEADING.finditer(text))
    if not heads:
        return [(_first_words(part), part) for part in _portions(PARAGRAPHS.split(text))]
    found = [(_first_words(text), text[: heads[0].start()])] if text[: heads[0].start()].strip() else []
    ends = [following.start() for _, following in pairwise(heads)] + [len(text)]
    return found + [
        (head[1].strip(), text[head.start() : end]) for head, end in zip(heads, ends, strict=True)
    ]


def _portions(paragraphs: Sequence[str]) -> list[str]:
    portions: list[list[str]] = [[]]
    for paragraph in paragraphs:
        if sum(map(len, portions[-1])) > _SECTION:
            portions.append([])
        portions[-1].append(paragraph)
    return ["\n\n".join(portion) for portion in portions if portion]


def _first_words(text: str) -> str:
    words = text.split()
    return " ".join(words[:_WORDS]) + ("…" if len(words) > _WORDS else "")


def _quoted(label: str, language: str) -> str:
    """Return a label in quotation marks, without brackets: it stands within a pair of them."""
    plain = named(re.sub(r"[()\[\]]", "", label))
    return f"“{plain}”" if language == "en" else f"«\u00a0{plain}\u00a0»"
