"""Writes a summary as people read it: CommonMark, each line with links to its messages. Pure.

The words of people are escaped, so that no message formats the summary or puts a link into it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import zip_longest
from textwrap import shorten

from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.summary import KINDS, Action, Form, Kind, Point, Summary
from bots.summariser.talk import Said, Talk
from core.language.commonmark import named

Link = Callable[[Said], str]
"""Writes the link to a message, as CommonMark."""

_BRIEF = 100
"""Characters of a decision at the head of the summary, at most."""
_URL = re.compile(r"https?://[^\s<>)\]]+")


def link_to(label: str, address: str) -> str:
    """Write a link to an address; without an address, the label alone."""
    return f"[{label}]({address})" if address else label


def numbered(said: Said) -> str:
    """Name a message by its number, where messages have no address."""
    return f"message {said.n}"


def write(
    summary: Summary,
    talk: Talk,
    *,
    form: Form = "compte-rendu",
    link: Link = numbered,
    language: str = "fr",
    fallback: bool = False,
    most: int = 0,
) -> str:
    """Write a summary in a form. `fallback`: the answer of the model could not be used. `most` is the number
    of lines, 0 for any."""
    say = SummariserTexts(language)
    page = _Page(summary, talk, link, say)
    if not talk.messages:
        return "\n\n".join([say.nothing, *page.limits(form)])
    first, last = (talk.messages[place].at.date() for place in (0, -1))
    parts = [say.title(form, escaped(talk.name), len(talk.messages), first, last)]
    if fallback or summary.quoted:
        parts.append(say.fallback if fallback else say.extracts)
    if most and not summary.empty:
        return "\n\n".join([*parts, *page.short(most), *page.limits(form)])
    if not summary.empty:
        parts += page.brief()  # plain lines: corrections are written into the lists below
    shown = list(page.body(form))
    parts += shown or [say.nothing]
    return "\n\n".join([*parts, *page.limits(form)])


class _Page:
    def __init__(self, summary: Summary, talk: Talk, link: Link, say: SummariserTexts) -> None:
        self._summary = summary
        self._talk = talk
        self._link = link
        self._say = say

    def brief(self) -> Iterator[str]:
        """Yield three lines for people who read no further: decisions, actions, open points."""
        found = self._summary
        decided = sorted(found.decisions, key=lambda each: each.again is not None)
        first = escaped(shorten(decided[0].text, _BRIEF, placeholder="…")) if decided else ""
        more = f" ({self._say.again})" if decided and decided[0].again is not None else ""
        yield self._say.decided(first + more, len(decided))
        due = min((each.due for each in found.actions if each.due), default=None)
        yield self._say.to_do(
            list(dict.fromkeys(escaped(each.who) for each in found.actions if each.who)),
            len(found.actions),
            date.fromisoformat(due) if due else None,
        )
        yield self._say.pending(len(found.open_questions), len(found.disagreements))

    def short(self, most: int) -> Iterator[str]:
        """Yield so many lines. Up to three are those of `brief`, the last ones joined into one sentence where
        fewer are wanted. More are the first of each kind, then the second of each, and so on."""
        brief = list(self.brief())
        if most < len(brief):
            yield from brief[: most - 1]
            yield " ; ".join(each.rstrip(" .") for each in brief[most - 1 :]) + "."
            return
        if most == len(brief):
            yield from brief
            return
        lines = [[f"- {self._heading(kind)}\u00a0: {line}" for line in self._lines(kind)] for kind in KINDS]
        told = [line for turn in zip_longest(*lines) for line in turn if line]
        yield "\n".join(told[:most])

    def _heading(self, kind: Kind) -> str:
        return self._say.section(kind).partition(" (")[0]

    def body(self, form: Form) -> Iterator[str]:
        if form == "passation":
            yield from self._list(self._say.people, self._people())
        if form in ("digest", "manque", "passation") and self._summary.highlights:
            yield from self._list(self._say.story, map(self._point, self._summary.highlights))
        if form == "digest" and self._summary.quoted:
            yield from self._list(self._say.story, self._story())
        else:
            for kind in KINDS:
                yield from self._list(self._say.section(kind), self._lines(kind))
        if form in ("compte-rendu", "passation"):
            yield from self._list(self._say.files, self._files())
        yield from self._list(self._say.unclaimed, map(escaped, self._summary.unclaimed))

    def _list(self, title: str, lines: Iterator[str] | map[str]) -> Iterator[str]:
        shown = [f"- {line}" for line in lines]
        if shown:
            yield "\n".join([f"**{title}**", "", *shown])

    def _lines(self, kind: Kind) -> Iterator[str]:
        items: Sequence[Point | Action] = getattr(self._summary, kind)
        yield from (self._action(one) if isinstance(one, Action) else self._point(one) for one in items)

    def _story(self) -> Iterator[str]:
        """Yield all lines in the order of the talk, each with its kind."""
        order = {said.n: place for place, said in enumerate(self._talk.messages)}
        told: list[tuple[int, str]] = []
        for kind in KINDS:
            points: Sequence[Point | Action] = getattr(self._summary, kind)
            lines = zip(points, self._lines(kind), strict=True)
            told += [(order[p.messages[-1]], f"{self._heading(kind)}\u00a0: {line}") for p, line in lines]
        yield from (line for _, line in sorted(told))

    def _point(self, point: Point) -> str:
        line = f"{self._text(point.text, point.messages)} ({self._links(point.messages)})"
        if point.again is None:
            return line
        return f"{line}, **{self._say.again}** ({self._links([point.again])})"

    def _action(self, action: Action) -> str:
        who = f"**{escaped(action.who)}**" if action.who else self._say.nobody
        due = f", {self._say.due(date.fromisoformat(action.due))}" if action.due else ""
        what = escaped(action.what.rstrip(" .") if due else action.what)
        said = self._say.quote(what) if self._summary.quoted else what
        return f"{who}\u00a0: {said}{due} ({self._links(action.messages)})"

    def _text(self, text: str, messages: Sequence[int]) -> str:
        if not self._summary.quoted:
            return escaped(text)
        said = self._talk.by_number[messages[-1]]
        reactions = sum(said.reactions.values())
        seen = f", {self._say.agreed(reactions)}" if reactions else ""
        return f"{escaped(said.author.name)}\u00a0: {self._say.quote(escaped(text))}{seen}"

    def _links(self, messages: Sequence[int]) -> str:
        return ", ".join(self._link(self._talk.by_number[n]) for n in messages)

    def _people(self) -> Iterator[str]:
        spoken: dict[str, int] = {}
        for said in self._talk.messages:
            spoken[said.author.name] = spoken.get(said.author.name, 0) + 1
        yield from (f"{escaped(name)} ({count})" for name, count in spoken.items())

    def _files(self) -> Iterator[str]:
        for said in self._talk.messages:
            for what in (*said.files, *_URL.findall(said.text)):
                yield f"{escaped(what)}, {escaped(said.author.name)} ({self._link(said)})"

    def limits(self, form: Form) -> Iterator[str]:
        """Yield what could not be read, and why."""
        talk = self._talk
        if talk.since is not None:
            yield self._say.since(talk.since)
        if talk.reader_since is not None:
            since = self._say.reader_since if form == "manque" else self._say.readers_since
            yield since(talk.reader_since)
        yield from (f"*{said}*" for said in talk.unread)
        if self._summary.quoted and any(said.read for said in talk.messages):
            yield self._say.files_not_condensed
        if talk.truncated:
            yield self._say.truncated(len(talk.messages))
        if talk.deleted or talk.withheld or talk.unreadable:
            yield self._say.left_out(talk.deleted, talk.withheld, talk.unreadable)


def escaped(text: str) -> str:
    """Write plain words of people as CommonMark."""
    return named(text)
