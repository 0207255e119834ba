"""Where the subject of a decision is taken up again later: what was decided may have changed there. Pure.

No list of words knows every way of going back on a decision (« Nexo s’est désisté »), but who goes back on it
names its subject: a word that few messages hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from bots.summariser.rules.phrases import Phrase, says
from bots.summariser.rules.sentences import Sentence, stems
from bots.summariser.talk import Said, Talk
from core.language.accents import unaccented
from core.language.months import DAYS

_RARE = 5
"""Messages in which a word of a short talk tells one subject among others; in a long one, a twentieth."""
_TURNS: tuple[Phrase, ...] = ("reverses", "disagrees", "gives_up", "denies")


class Subjects:
    """The subjects of one talk. `every` are its sentences that are meant."""

    def __init__(self, talk: Talk, every: Sequence[Sentence]) -> None:
        self._words = {said.n: _words(unaccented(said.text)) for said in talk.messages}
        seen = Counter(word for words in self._words.values() for word in words)
        most = max(_RARE, len(talk.messages) // 20)
        self._order = {said.n: place for place, said in enumerate(talk.messages)}
        self._told = [sentence for sentence in every if not sentence.asked]
        self._about: dict[str, list[int]] = defaultdict(list)
        """Where in `_told` each word that tells a subject stands."""
        for place, sentence in enumerate(self._told):
            words = _words(sentence.plain)
            for word in words if len(words) > 1 else ():
                if seen[word] <= most:
                    self._about[word].append(place)

    def taken_up(self, messages: Iterable[Said], besides: Collection[int]) -> int | None:
        """The last message after these on their subject, rather one that turns against something; none of
        those in `besides`."""
        messages = list(messages)
        about = {word for said in messages for word in self._words[said.n]} & self._about.keys()
        after = max(self._order[said.n] for said in messages)
        places = sorted({place for word in about for place in self._about[word]}, reverse=True)
        later = [
            sentence
            for sentence in map(self._told.__getitem__, places)
            if self._order[sentence.said.n] > after and sentence.said.n not in besides
        ]
        turning = (each for each in later if any(says(turn, each.plain) for turn in _TURNS))
        last = next(turning, later[0] if later else None)
        return last.said.n if last else None


def _words(plain: str) -> frozenset[str]:
    """The words that carry a subject; here a day of the week is one."""
    return stems(plain) | {word for word in plain.replace(",", " ").replace(".", " ").split() if word in DAYS}
