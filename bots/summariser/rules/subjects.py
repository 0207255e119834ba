"""Finds the last message that takes the subject of earlier messages up again. Pure.

Where the subject of a decision is taken up again, what was decided may have changed. No list of words knows
every way of going back on a decision (« Nexo s’est désisté »), but who goes back on it names its subject: a
word that few messages hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from bots.summariser.rules.phrases import Phrase, says
from bots.summariser.rules.sentences import Sentence, stems
from bots.summariser.talk import Said, Talk
from core.language.folding import unaccented
from core.language.months import DAYS

_RARE = 5
"""Messages of a short talk that may hold a word which still tells one subject; of a long one, a twentieth."""
_TURNS: tuple[Phrase, ...] = ("reverses", "disagrees", "gives_up", "denies")


class Subjects:
    """The subjects of one talk. `every` are its sentences that are meant."""

    def __init__(self, talk: Talk, every: Sequence[Sentence]) -> None:
        self._words = {said.n: _words(unaccented(said.text)) for said in talk.messages}
        seen = Counter(word for words in self._words.values() for word in words)
        most = max(_RARE, len(talk.messages) // 20)
        self._order = {said.n: place for place, said in enumerate(talk.messages)}
        self._statements = [sentence for sentence in every if not sentence.asked]
        self._places: dict[str, list[int]] = defaultdict(list)
        """The places in `_statements` of each word that tells a subject."""
        for place, sentence in enumerate(self._statements):
            words = _words(sentence.plain)
            if len(words) < 2:
                continue
            for word in words:
                if seen[word] <= most:
                    self._places[word].append(place)

    def taken_up(self, messages: Sequence[Said], besides: Collection[int]) -> int | None:
        """Return the number of the last message after these that is on their subject, or None. One that turns
        against something comes first. Messages whose numbers are in `besides` do not count."""
        later = list(self._later(messages, besides))
        for sentence in later:
            if any(says(turn, sentence.plain) for turn in _TURNS):
                return sentence.said.n
        return later[0].said.n if later else None

    def _later(self, messages: Iterable[Said], besides: Collection[int]) -> Iterator[Sentence]:
        """Find the statements after these messages on their subject, last first."""
        subject = {word for said in messages for word in self._words[said.n]} & self._places.keys()
        last = max(self._order[said.n] for said in messages)
        for place in sorted({place for word in subject for place in self._places[word]}, reverse=True):
            sentence = self._statements[place]
            if self._order[sentence.said.n] > last and sentence.said.n not in besides:
                yield sentence


def _words(plain: str) -> frozenset[str]:
    """Return the words that carry a subject; here a day of the week is one."""
    return stems(plain) | {word for word in plain.replace(",", " ").replace(".", " ").split() if word in DAYS}
