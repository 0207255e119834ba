"""Disagreements: who objects to what another said, and nobody took it back. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bots.summariser.rules.phrases import says
from bots.summariser.rules.sentences import Sentence
from bots.summariser.rules.threads import NEAR, Threads, cut
from bots.summariser.summary import Point
from bots.summariser.talk import Said
from core.language.folding import unaccented


class Disagreements:
    """The disagreements of one talk, in order."""

    def __init__(self, every: Sequence[Sentence], threads: Threads, withdrawn: dict[int, int]) -> None:
        """`every` are the sentences that are meant. `withdrawn` gains the message of each disagreement that
        its author takes back, with the message that does."""
        self._every = every
        self._threads = threads
        self._withdrawn = withdrawn
        self._authors = {sentence.said.n: sentence.said.author.id for sentence in every}
        self._found: list[Point] = []
        self._last: dict[frozenset[str], Said] = {}
        """The last disagreement of each pair of people."""

    def found(self) -> list[Point]:
        for sentence in self._every:
            if says("withdraws", sentence.plain):
                self._withdraw(sentence.said)
                continue
            against = self._answered(sentence.said)
            if _disagrees(sentence, against):
                self._add(sentence.said, against)
        return self._found

    def _withdraw(self, said: Said) -> None:
        """Take the last disagreement of the author back."""
        for point in reversed(self._found):
            if self._authors[point.messages[-1]] == said.author.id:
                self._found.remove(point)
                self._withdrawn[point.messages[-1]] = said.n
                return

    def _answered(self, said: Said) -> Said | None:
        """Return the message of another person that a message answers, or None."""
        against = self._threads.answered_by(said)
        return None if against is None or against.author.id == said.author.id else against

    def _add(self, said: Said, against: Said | None) -> None:
        """Add a disagreement, unless it goes on with one that was just told."""
        pair = frozenset((said.author.id, against.author.id if against else ""))
        last = self._last.get(pair)
        goes_on = last is not None and last in self._threads.before(said, NEAR)
        messages = (against.n, said.n) if against is not None and _is_about(said, against) else (said.n,)
        if goes_on or any(set(messages) & set(point.messages) for point in self._found):
            return
        self._last[pair] = said
        self._found.append(Point(text=cut(said.text), messages=messages))


def _is_about(said: Said, against: Said) -> bool:
    """Return True if a disagreement is told with the message before it: one that it replies to, or an
    offer."""
    return said.reply_to == against.n or says("offered", unaccented(against.text)) is not None


def _disagrees(sentence: Sentence, against: Said | None) -> bool:
    plain = sentence.plain
    if sentence.asked or says("not_disagreed", plain):
        return False
    if says("disagrees", plain):
        return True
    if against is None or not says("objects", plain):
        return False
    before = unaccented(against.text)
    if says("offered", before):
        return True
    asked = "?" in before or says("asks_to", before) or says("to_you", before)
    return sentence.said.reply_to == against.n and not asked
