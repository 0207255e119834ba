"""Where the subject of a decision is taken up again later: what was decided may have changed there. Pure.

No list of words knows every way of going back on a decision (« Nexo s’est désisté »), but who goes back on it
names its subject: a word that few messages hold.
"""

from __future__ import annotations

from collections import Counter
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
        seen = Counter(word for said in talk.messages for word in _words(unaccented(said.text)))
        most = max(_RARE, len(talk.messages) // 20)
        self._rare = {word for word, times in seen.items() if times <= most}
        self._order = {said.n: place for place, said in enumerate(talk.messages)}
        self._told = [sentence for sentence in every if not sentence.asked]

    def taken_up(self, messages: Iterable[Said], besides: Collection[int]) -> int | None:
        """The last message after these on their subject, rather one that turns against something; none of
        those in `besides`."""
        about = {word for said in messages for word in _words(unaccented(said.text))} & self._rare
        last = max(self._order[said.n] for said in messages)
        later = [
            sentence
            for sentence in self._told
            if self._order[sentence.said.n] > last
            and sentence.said.n not in besides
            and about & _words(sentence.plain)
            and len(_words(sentence.plain)) > 1
        ]
        turning = [each for each in later if any(says(turn, each.plain) for turn in _TURNS)]
        return (turning or later)[-1].said.n if later else None


def _words(plain: str) -> frozenset[str]:
    """The words that carry a subject; here a day of the week is one."""
    return stems(plain) | {word for word in plain.replace(",", " ").replace(".", " ").split() if word in DAYS}
