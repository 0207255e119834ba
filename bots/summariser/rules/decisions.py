"""The decisions of a talk that still stand at its end. Pure.

A joke is no decision. A later decision on the same subject takes the place of an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bots.summariser.rules.phrases import says
from bots.summariser.rules.sentences import BARE, Sentence, agreed, decides, due, stems, undoubted
from bots.summariser.rules.threads import Threads, cut
from bots.summariser.summary import Point
from bots.summariser.talk import Said, Talk
from core.language.folding import unaccented

_SAME = 0.5
"""Share of the words of the shorter of two decisions from which they are on one subject."""
_REVERSED = 0.2
"""The same, where one of them says that it changes something."""
_FIRST = 3
"""Characters before the first word of a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class _Decision:
    """The sentence that decides, the point that it makes, and the words of its subject."""

    sentence: Sentence
    point: Point
    subject: frozenset[str]


class Decisions:
    """The decisions of one talk, in order."""

    def __init__(
        self, talk: Talk, every: Sequence[Sentence], threads: Threads, overturned: dict[int, int]
    ) -> None:
        """`every` are the sentences that are meant. `overturned` gains the message of each decision that does
        not stand, with the message that overturns it."""
        self._talk = talk
        self._every = every
        self._threads = threads
        self._overturned = overturned
        self._standing: list[_Decision] = []

    def standing(self) -> list[Point]:
        for sentence in self._every:
            if not (decides(sentence) or self._chooses(sentence) or self._moves(sentence)):
                continue
            refused = self._refused(sentence.said)
            if refused is not None:
                self._overturned[sentence.said.n] = refused.n
            elif not self._confirms(sentence):
                self._add(self._decision(sentence))
        return [decision.point for decision in self._standing]

    def _add(self, new: _Decision) -> None:
        """Add a decision in place of those that it replaces. A message makes one decision at most."""
        n = new.sentence.said.n
        gone = self._replaced(new)
        self._overturned.update({old.sentence.said.n: n for old in gone})
        self._standing = [old for old in self._standing if old not in gone]
        if all(old.sentence.said.n != n for old in self._standing):
            self._standing.append(new)

    # -- does a sentence decide? --------------------------------------------------------------------------

    def _chooses(self, sentence: Sentence) -> bool:
        """Return True for « on prend la B » if others accept it, or if it replies to a question or a proposal
        of another person."""
        if sentence.asked or not says("chooses", sentence.plain) or not undoubted(sentence):
            return False
        said = sentence.said
        if agreed(said) or self._threads.accepting(said):
            return True
        before = self._threads.answered_by(said)
        if before is None or said.reply_to is None or before.author.id == said.author.id:
            return False
        return _is_open(before)

    def _moves(self, sentence: Sentence) -> bool:
        """Return True if a sentence that reverses something changes an earlier decision on its subject: by
        words that choose, by words that settle, or by its very first ones."""
        plain = sentence.plain
        if sentence.asked or not says("reverses", plain) or not undoubted(sentence):
            return False
        chooses = says("chooses", plain) is not None
        turns = says("turns", plain)
        settles = turns is not None and (says("settles", plain) or turns.start() <= _FIRST)
        if not (chooses or settles):
            return False
        above = set(self._threads.chain(sentence.said))
        least = 1 if chooses else 2
        return any(
            above & set(old.point.messages) or len(sentence.words & old.subject) >= least
            for old in self._standing
        )

    def _refused(self, said: Said) -> Said | None:
        """Find the message that said no at once, where nobody said yes."""
        if self._threads.accepting(said):
            return None
        for other in (*self._threads.replies(said), *self._threads.after(said, 1)):
            if other.author.id != said.author.id and says("no", unaccented(other.text)):
                return other
        return None

    def _confirms(self, sentence: Sentence) -> bool:
        """Return True for « ok, on la garde » right after somebody decided to keep it."""
        if not says("accepts", sentence.plain) or len(sentence.words) > 1 or sentence.said.reply_to:
            return False
        before = {said.n for said in self._threads.before(sentence.said, 1)}
        return any(old.sentence.said.n in before and sentence.words <= old.subject for old in self._standing)

    # -- what does it decide, and in place of what? -------------------------------------------------------

    def _decision(self, sentence: Sentence) -> _Decision:
        """Return the decision of a sentence. One that names no subject (« c’est validé ») is told with the
        message that it answers."""
        said = sentence.said
        if _names_subject(sentence):
            return _Decision(sentence, Point(text=cut(sentence.text), messages=(said.n,)), sentence.words)
        before = self._talk.get(said.reply_to) or self._proposal_before(said)
        if before is None:
            point = Point(text=cut(said.text), messages=(said.n,))
            return _Decision(sentence, point, stems(unaccented(said.text)))
        text = f"{cut(before.text)} → {cut(sentence.text)}"
        subject = sentence.words | stems(unaccented(before.text))
        return _Decision(sentence, Point(text=text, messages=(before.n, said.n)), subject)

    def _proposal_before(self, said: Said) -> Said | None:
        for other in self._threads.before(said, 3):
            if other.author.id != said.author.id and says("proposes", unaccented(other.text)):
                return other
        return None

    def _replaced(self, new: _Decision) -> list[_Decision]:
        """Find the decisions whose place a new one takes: those on its subject. One that says that it changes
        something replaces those that it answers, or else the one that is most alike."""
        said = new.sentence.said
        earlier = [old for old in self._standing if old.sentence.said.n != said.n]
        if says("reverses", new.sentence.plain):
            above = set(self._threads.chain(said))
            if answered := [old for old in earlier if above & set(old.point.messages)]:
                return answered
            alike = max(earlier, key=lambda old: (_shared(new, old), old.sentence.said.at), default=None)
            if alike is not None and _changes(new, alike):
                return [alike]
        return [old for old in earlier if len(new.subject & old.subject) >= 2 and _shared(new, old) >= _SAME]


def _names_subject(sentence: Sentence) -> bool:
    """Return True if a sentence that decides can be understood by itself."""
    if len(sentence.words) > BARE or (sentence.words and sentence.said.reply_to is None):
        return True
    return due(sentence.text, sentence.said) is not None or says("reverses", sentence.plain) is not None


def _is_open(said: Said) -> bool:
    """Return True if a message asks or proposes what to do, rather than asks somebody to do it."""
    plain = unaccented(said.text)
    if says("offered", plain):
        return True
    asked = "?" in plain or says("proposes", plain) is not None
    return asked and not (says("asks_to", plain) or says("to_you", plain))


def _shared(new: _Decision, old: _Decision) -> float:
    """Return the share of the words of the shorter subject that are in the other."""
    shorter = min(len(new.subject), len(old.subject))
    return len(new.subject & old.subject) / (shorter or 1)


def _changes(new: _Decision, old: _Decision) -> bool:
    """Return True if two decisions share a word, or if each of them is little more than a day."""
    if _shared(new, old) >= _REVERSED:
        return True
    if max(len(new.subject), len(old.subject)) > BARE:
        return False
    return all(due(each.sentence.text, each.sentence.said) for each in (new, old))
