"""A summary as people read it: CommonMark, every line with the messages it rests on. Pure.

What people wrote is escaped: a message can neither format the summary nor put a link of its own into it.
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
"""CommonMark that leads to a message."""

_BRIEF = 100
"""Characters of the decision that the first lines name."""
_URL = re.compile(r"https?://[^\s<>)\]]+")


def link_to(label: str, address: str) -> str:
    """CommonMark that leads to an address, if there is one."""
    return f"[{label}]({address})" if address else label


def numbered(said: Said) -> str:
    """A link where messages have no address."""
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
    """The summary in a form. `fallback`: a model was asked, and its answer could not be used. `most`: in so
    many lines; 0: in as many as it takes."""
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
    parts += [] if summary.empty else page.brief()  # no list: what is corrected are the lines below
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
        """Three lines for who reads no further: what was decided, what is to be done, what stays open."""
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
        """So many lines: those for who reads no further, as one sentence where one is wanted; where more are,
        the first of each kind, then the second."""
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
        """All lines in the order of the talk, each with what it is."""
        order = {said.n: place for place, said in enumerate(self._talk.messages)}
        told: list[tuple[int, str]] = []
        for kind in KINDS:
            points: Sequence[Point | Action] = getattr(self._summary, kind)
            lines = zip(points, self._lines(kind), strict=True)
            told += [(order[p.messages[-1]], f"{self._heading(kind)}\u00a0: {line}") for p, line in lines]
        yield from (line for _, line in sorted(told))

    def _point(self, point: Point) -> str:
        told = f"{self._text(point.text, point.messages)} ({self._links(point.messages)})"
        return (
            told if point.again is None else f"{told}, **{self._say.again}** ({self._links([point.again])})"
        )

    def _action(self, action: Action) -> str:
        who = f"**{escaped(action.who)}**" if action.who else self._say.nobody
        due = f", {self._say.due(date.fromisoformat(action.due))}" if action.due else ""
        what = escaped(action.what.rstrip(" .") if due else action.what)
        said = self._say.quote(what) if self._summary.quoted else what
        return f"{who}\u00a0: {said}{due} ({self._links(action.messages)})"

    def _text(self, text: str, messages: Sequence[int]) -> str:
        if not self._summary.quoted:
            return escaped(text)
        author = self._talk.by_number[messages[-1]]
        agreed = sum(author.reactions.values())
        seen = f", {self._say.agreed(agreed)}" if agreed else ""
        return f"{escaped(author.author.name)}\u00a0: {self._say.quote(escaped(text))}{seen}"

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
        """What could not be read, and why."""
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
    """Plain words of people as CommonMark."""
    return named(text)
