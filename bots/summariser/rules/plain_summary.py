"""A summary without a model: sentences that decide, commit, ask or disagree, quoted as they are. Pure.

It claims no more than the words say. A joke is no decision; a later decision on the same subject takes the
place of an earlier one. Actions are found in `actions`, questions and disagreements in `questions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bots.summariser.rules.actions import Actions
from bots.summariser.rules.names import Names
from bots.summariser.rules.phrases import says
from bots.summariser.rules.questions import disagreements, questions
from bots.summariser.rules.sentences import (
    Sentence,
    agreed,
    decides,
    deciding,
    due,
    sentences,
    stems,
    undoubted,
)
from bots.summariser.rules.threads import Threads, cut
from bots.summariser.summary import Point, Summary
from bots.summariser.talk import Said, Talk
from core.language.accents import unaccented

_SAME = 0.5
"""Share of the words of the shorter of two decisions that tells that they are on one subject."""
_REVERSED = 0.2
"""The same, of a decision that says that it changes one."""
_BARE = 2
"""Words of a decision that tell nothing by themselves: what it answers is then quoted."""


_Decision = tuple[Sentence, Point, frozenset[str]]
"""What decides, the line that it makes, and the words of its subject."""


def summarise(talk: Talk) -> Summary:
    """The summary that words alone bear out."""
    every = sentences(talk)
    threads = Threads(talk)
    decisions = _Decisions(talk, every, threads).standing()
    decided = {n for point in decisions for n in point.messages}
    actions = Actions(talk, every, threads).found()
    taken = {n for action in actions for n in action.messages}
    return Summary(
        decisions=tuple(decisions),
        actions=tuple(actions),
        open_questions=tuple(questions(every, threads, Names(talk.members), decided=decided, taken=taken)),
        disagreements=tuple(disagreements(every, threads)),
        quoted=True,
    )


def overturned(talk: Talk) -> frozenset[int]:
    """Messages whose decision a later one took the place of."""
    standing = {
        n for point in _Decisions(talk, sentences(talk), Threads(talk)).standing() for n in point.messages
    }
    return frozenset(said.n for said in talk.messages if deciding([said])) - standing


class _Decisions:
    def __init__(self, talk: Talk, every: Sequence[Sentence], threads: Threads) -> None:
        self._talk = talk
        self._every = every
        self._threads = threads

    def standing(self) -> list[Point]:
        standing: list[_Decision] = []
        for sentence in self._every:
            reversing = says("reverses", sentence.plain) is not None and not sentence.asked
            if self._contested(sentence.said) or not (
                decides(sentence) or self._chosen(sentence) or (reversing and self._moves(sentence, standing))
            ):
                continue
            point, words = self._decided(sentence)
            gone = self._overturned(standing, sentence, words)
            standing = [old for old in standing if old not in gone]
            if not any(old[0].said.n == sentence.said.n for old in standing):
                standing.append((sentence, point, words))
        return [point for _, point, _ in standing]

    def _contested(self, said: Said) -> bool:
        """Did another say no at once, and nobody yes?"""
        answers = [*self._threads.replies(said), *self._threads.after(said, 1)]
        refused = any(o.author.id != said.author.id and says("no", unaccented(o.text)) for o in answers)
        return refused and not self._threads.accepting(said)

    def _chosen(self, sentence: Sentence) -> bool:
        """« On prend la B » : a choice, given in answer to a question or a proposal of another, and accepted;
        or one that several accept."""
        if sentence.asked or not says("chooses", sentence.plain) or not undoubted(sentence):
            return False
        said = sentence.said
        before = self._threads.answered_by(said)
        answers = before is not None and before.author.id != said.author.id and _open(before)
        accepted = agreed(said) + len(self._threads.accepting(said))
        return accepted >= 1 or (answers and said.reply_to is not None)

    def _moves(self, sentence: Sentence, standing: Sequence[_Decision]) -> bool:
        """Does it, by words that settle, change what was decided on its very subject?"""
        if not (says("settles", sentence.plain) and says("turns", sentence.plain) and undoubted(sentence)):
            return False
        above = self._threads.above(sentence.said)
        return any(above & set(old[1].messages) or len(sentence.words & old[2]) >= 2 for old in standing)

    def _decided(self, sentence: Sentence) -> tuple[Point, frozenset[str]]:
        said = sentence.said
        told = len(sentence.words) > _BARE or (sentence.words and said.reply_to is None)
        if told or due(sentence.text, said) or says("reverses", sentence.plain):
            return Point(text=cut(sentence.text), messages=(said.n,)), sentence.words
        before = self._talk.get(said.reply_to) or self._proposal_before(said)
        if before is None:
            return Point(text=cut(said.text), messages=(said.n,)), stems(unaccented(said.text))
        text = f"{cut(before.text)} → {cut(sentence.text)}"
        words = sentence.words | stems(unaccented(before.text))
        return Point(text=text, messages=(before.n, said.n)), words

    def _proposal_before(self, said: Said) -> Said | None:
        return next(
            (
                before
                for before in self._threads.before(said, 3)
                if before.author.id != said.author.id and says("proposes", unaccented(before.text))
            ),
            None,
        )

    def _overturned(
        self, standing: Sequence[_Decision], new: Sentence, words: frozenset[str]
    ) -> list[_Decision]:
        """The decisions whose place the new one takes: those on its subject; of one that says that it
        changes something, those that it answers, else the likest."""
        earlier = [old for old in standing if old[0].said.n != new.said.n]
        if says("reverses", new.plain):
            above = self._threads.above(new.said)
            if direct := [old for old in earlier if above & set(old[1].messages)]:
                return direct
            likest = max(earlier, key=lambda old: (_share(words, old[2]), old[0].said.at), default=None)
            if likest is not None and _changes(new, words, likest):
                return [likest]
        return [old for old in earlier if len(words & old[2]) >= 2 and _share(words, old[2]) >= _SAME]


def _open(said: Said) -> bool:
    """Does it ask or propose what to do, rather than ask somebody to do it?"""
    plain = unaccented(said.text)
    if says("offered", plain):
        return True
    asked = "?" in plain or says("proposes", plain) is not None
    return asked and not (says("asks_to", plain) or says("to_you", plain))


def _share(words: frozenset[str], before: frozenset[str]) -> float:
    """How many words of the shorter of two are in the other."""
    return len(words & before) / (min(len(words), len(before)) or 1)


def _changes(new: Sentence, words: frozenset[str], old: _Decision) -> bool:
    """Do they share a word, or is each of them little more than a day?"""
    if _share(words, old[2]) >= _REVERSED:
        return True
    days = due(new.text, new.said), due(old[0].text, old[0].said)
    return max(len(words), len(old[2])) <= _BARE and None not in days
