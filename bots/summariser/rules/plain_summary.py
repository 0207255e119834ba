"""A summary without a model: sentences that decide, commit, ask or disagree, quoted as they are. Pure.

It claims no more than the words say. Each kind of line has its own rules: `decisions`, `actions`,
`questions`, `disagreements`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from bots.summariser.rules.actions import Actions
from bots.summariser.rules.decisions import Decisions
from bots.summariser.rules.disagreements import Disagreements
from bots.summariser.rules.names import Names
from bots.summariser.rules.questions import questions
from bots.summariser.rules.sentences import sentences
from bots.summariser.rules.subjects import Subjects
from bots.summariser.rules.threads import Threads
from bots.summariser.summary import KINDS, Action, Kind, Point, Summary
from bots.summariser.talk import Talk


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainReading:
    """A plain summary, and what ended within the talk.

    `ended` gives, for each kind, the message of each line that does not stand any more and the later message
    that ended it: a decision overturned, an action done or given up, a question answered, a disagreement
    withdrawn."""

    summary: Summary
    ended: Mapping[Kind, Mapping[int, int]]
    subjects: Subjects


def summarise(talk: Talk) -> Summary:
    """Return the summary that words alone bear out."""
    return read_plainly(talk).summary


def read_plainly(talk: Talk) -> PlainReading:
    """Return the summary that words alone bear out, with what they say ended within the talk."""
    every = sentences(talk)
    threads = Threads(talk)
    ended: dict[Kind, dict[int, int]] = {kind: {} for kind in KINDS}
    decisions = Decisions(talk, every, threads, ended["decisions"]).standing()
    actions = Actions(talk, every, threads, ended["actions"]).found()
    taken = _messages(actions)
    asked = questions(
        every,
        threads,
        Names(talk.members),
        decided=_messages(decisions),
        taken=taken,
        answered=ended["open_questions"],
    )
    disagreements = Disagreements(every, threads, ended["disagreements"]).found()
    subjects = Subjects(talk, every)

    def with_later_message(point: Point) -> Point:
        return replace(point, again=subjects.taken_up([talk.by_number[n] for n in point.messages], taken))

    summary = Summary(
        decisions=tuple(map(with_later_message, decisions)),
        actions=tuple(actions),
        open_questions=tuple(asked),
        disagreements=tuple(disagreements),
        quoted=True,
    )
    return PlainReading(summary=summary, ended=ended, subjects=subjects)


def _messages(items: Collection[Point] | Collection[Action]) -> set[int]:
    return {n for item in items for n in item.messages}
