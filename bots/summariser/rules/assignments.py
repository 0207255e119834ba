"""What is asked of somebody: « Paul, tu peux relancer la DDT ? », « Paul s’en occupe ». Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from bots.summariser.rules.names import Names
from bots.summariser.rules.phrases import says
from bots.summariser.rules.promises import Promises
from bots.summariser.rules.sentences import Sentence, accepts, due, tells
from bots.summariser.rules.threads import Threads, cut
from bots.summariser.summary import Action
from bots.summariser.talk import Member, Said
from core.language.folding import unaccented

_BETWEEN_NAMES = re.compile(r"\s*(?:,|et|&|and)\s*@?")
"""What stands between two names that are addressed together."""
_AHEAD, _BACK = 120, 40
"""Characters behind and before a name in which it is asked for something."""
_Named = tuple[re.Match[str], Member]


class Assignments:
    """What people of one talk are asked to do."""

    def __init__(self, threads: Threads, names: Names, promises: Promises) -> None:
        self._threads = threads
        self._names = names
        self._promises = promises

    def assigned(self, sentence: Sentence) -> Action | None:
        """Return the action that a sentence gives to somebody, or to nobody in particular.

        A question gives an action only once the person accepts it; a statement does unless they refuse. What
        the person promises in answer is an action of its own, and none here."""
        for member in self._assignees(sentence):
            answer = self._answer(sentence.said, member)
            accepted = answer if answer is not None and accepts(answer) else None
            if answer is not None and (_refuses(answer) or self._is_promise_for(sentence.said, answer)):
                continue
            if accepted is not None or not sentence.asked:
                return _assignment(sentence, member, accepted)
        return self._unowned(sentence)

    def _answer(self, said: Said, member: Member) -> Said | None:
        return None if member.id == said.author.id else self._threads.answer_of(said, member.id)

    def _is_promise_for(self, said: Said, answer: Said) -> bool:
        """Return True if an answer promises what a message asks for, and so tells the action itself."""
        if not self._promises.is_promised_in(answer):
            return False
        return answer.reply_to == said.n or accepts(answer)

    def _assignees(self, sentence: Sentence) -> Iterator[Member]:
        """Find the people to whom a sentence may give something: those whom it names, else the one whom it
        addresses."""
        named = self._names.named(sentence.plain, sentence.text)
        if named:
            yield from _asked_by_name(sentence, named)
        elif (addressed := self._addressed(sentence)) is not None:
            yield addressed

    def _addressed(self, sentence: Sentence) -> Member | None:
        """Find whom a sentence without a name asks for something: the author of the message that it replies
        to, else who accepts right after."""
        plain, said = sentence.plain, sentence.said
        asks = says("asks_to", plain) or (sentence.asked and says("to_you", plain))
        if not asks or says("refuses", plain):
            return None
        above = self._threads.get(said.reply_to)
        if above is None:
            return self._first_to_accept(said) if sentence.asked else None
        several = " vous " in f" {plain} "
        return None if several or above.author.id == said.author.id else above.author

    def _first_to_accept(self, said: Said) -> Member | None:
        for other in (*self._threads.replies(said), *self._threads.after(said, 2)):
            if other.author.id != said.author.id and says("accepts", unaccented(other.text)):
                return other.author
        return None

    def _unowned(self, sentence: Sentence) -> Action | None:
        """Return the action of « il faut relancer la DDT », to which nobody replied."""
        said = sentence.said
        if not says("to_do", sentence.plain) or sentence.asked or self._threads.replies(said):
            return None
        return Action(what=cut(sentence.text), who=None, due=due(sentence.text, said), messages=(said.n,))


def _asked_by_name(sentence: Sentence, named: Sequence[_Named]) -> Iterator[Member]:
    """Find the people whom a sentence names and tells or asks to do something. Its author is among them only
    where it says so: « moi, Paul, je … » asks nobody."""
    plain = sentence.plain
    for (match, member), following in zip_longest(named, named[1:]):
        before, after = plain[: match.start()], plain[match.end() :]
        together = following is not None and bool(
            _BETWEEN_NAMES.fullmatch(plain, match.end(), following[0].start())
        )
        if following is not None and together:
            after = plain[following[0].end() :]
        is_author = member.id == sentence.said.author.id
        if tells(before, after, together=together) or (not is_author and _asks_around(before, after)):
            yield member


def _asks_around(before: str, after: str) -> bool:
    """Return True if the words around a name ask its bearer for something."""
    ahead = after[:_AHEAD]
    return bool(says("asks_to", ahead) or says("asks_to", before[-_BACK:]) or says("to_you", ahead))


def _refuses(answer: Said) -> bool:
    plain = unaccented(answer.text)
    return says("gives_up", plain) is not None or says("refuses", plain) is not None


def _assignment(sentence: Sentence, member: Member, accepted: Said | None) -> Action:
    """Return the action of a member; `accepted` is the message in which they accept it."""
    said = sentence.said
    when, messages = due(sentence.text, said), (said.n,)
    if accepted is not None:
        when, messages = when or due(accepted.text, accepted), (said.n, accepted.n)
    return Action(what=cut(sentence.text), who=member.name, due=when, messages=messages)
