"""The actions of a talk: what is promised (`promises`) or given to somebody (`assignments`), and what becomes
of each: repeated, taken over by another, done, given up, or given another day. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bots.summariser.rules.assignments import Assignments
from bots.summariser.rules.names import Names
from bots.summariser.rules.phrases import says
from bots.summariser.rules.promises import Promises
from bots.summariser.rules.sentences import BARE, Sentence, clauses, due, stems
from bots.summariser.rules.threads import Threads
from bots.summariser.summary import Action
from bots.summariser.talk import Said, Talk
from core.language.folding import unaccented

_SAME = 0.6
"""Share of the words of the shorter of two actions from which they are on one subject."""


@dataclass(slots=True)
class _Found:
    """An action that still stands, and the number of the message that told it."""

    action: Action
    told_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remark:
    """What a sentence may say about earlier actions: done, given up, or a day."""

    sentence: Sentence
    done: bool
    given_up: bool
    due: str | None


class Actions:
    """The actions of a talk, in order."""

    def __init__(
        self, talk: Talk, every: Sequence[Sentence], threads: Threads, ended: dict[int, int]
    ) -> None:
        """`every` are the sentences that are meant. `ended` gains, for each action that is done, given up or
        taken over, its last message and the message that says so."""
        names = Names(talk.members)
        self._ended = ended
        self._every = every
        self._threads = threads
        self._promises = Promises(threads, names)
        self._assignments = Assignments(threads, names, self._promises)
        self._found: list[_Found] = []
        self._subjects: dict[str, frozenset[str]] = {}

    def found(self) -> list[Action]:
        for sentence in self._every:
            told = list(self._told(sentence))
            self._remark(sentence, may_redate=not told)
            for action in told:
                self._add(action, sentence)
        return [found.action for found in self._found]

    def _told(self, sentence: Sentence) -> Iterator[Action]:
        """The actions of a sentence: one for each clause if several clauses tell one, else at most one."""
        parts = [(clause, action) for clause in clauses(sentence) if (action := self._one(clause))]
        if len(parts) > 1 and all(len(clause.words) >= BARE for clause, _ in parts):
            yield from (action for _, action in parts)
        elif (action := self._one(sentence) or self._promises.agreed(sentence)) is not None:
            yield action

    def _one(self, sentence: Sentence) -> Action | None:
        return self._promises.promised(sentence) or self._assignments.assigned(sentence)

    def _add(self, action: Action, sentence: Sentence) -> None:
        """Add an action; it takes the place of an earlier one that it repeats or takes over."""
        if self._takes_up_offer(action, sentence):
            return
        rival = self._rival(action, sentence)
        if rival is not None:
            old = rival.action
            if old.who == action.who and old.due and not action.due:
                return
            self._end(rival, sentence.said)
        self._found.append(_Found(action, sentence.said.n))

    def _end(self, found: _Found, by: Said) -> None:
        self._found.remove(found)
        self._ended[found.action.messages[-1]] = by.n

    def _takes_up_offer(self, action: Action, sentence: Sentence) -> bool:
        """Return True if a reply to somebody's offer takes it up: this is the same action, now with the day
        of the reply."""
        for found in reversed(self._found):
            old = found.action
            if old.who != action.who or sentence.said.reply_to != old.messages[-1]:
                continue
            if sentence.said.author.name != old.who:
                messages = tuple(dict.fromkeys((*old.messages, *action.messages)))
                found.action = replace(old, due=action.due or old.due, messages=messages)
                return True
        return False

    # -- an action that takes the place of another ------------------------------------------------------

    def _rival(self, action: Action, sentence: Sentence) -> _Found | None:
        """Find the last earlier action that this one repeats or takes over."""
        own = [found for found in self._found if found.action.who == action.who]
        for found in reversed(self._found):
            old = found.action
            if found.told_in == sentence.said.n:
                continue
            if old.who != action.who:
                replaced = self._takes_over(action, sentence, old)
            else:
                replaced = self._repeats(action, sentence, old) or (
                    found is own[-1] and self._goes_back_on(action, sentence, old)
                )
            if replaced:
                return found
        return None

    def _takes_over(self, action: Action, sentence: Sentence, old: Action) -> bool:
        """Return True if an action of another person takes the place of `old`: with a word that reverses it
        (« finalement c’est moi »), or by a bare reply."""
        answers = sentence.said.reply_to == old.messages[-1]
        if says("reverses", sentence.plain):
            return answers or self._on_one_subject(action, old) or _share_messages(action, old)
        return answers and len(sentence.words) <= BARE

    def _repeats(self, action: Action, sentence: Sentence, old: Action) -> bool:
        if self._on_one_subject(action, old):
            return True
        return sentence.said.reply_to == old.messages[-1] and _share_messages(action, old)

    def _goes_back_on(self, action: Action, sentence: Sentence, old: Action) -> bool:
        shared = self._subject(action) & self._subject(old)
        return bool(shared) and says("reverses", sentence.plain) is not None

    def _on_one_subject(self, one: Action, other: Action) -> bool:
        words, others = self._subject(one), self._subject(other)
        shared = len(words & others)
        return shared >= 2 and shared / min(len(words), len(others)) >= _SAME

    def _subject(self, action: Action) -> frozenset[str]:
        """The words that carry the subject of an action, worked out once for this talk."""
        if action.what not in self._subjects:
            self._subjects[action.what] = stems(unaccented(action.what))
        return self._subjects[action.what]

    # -- a remark on earlier actions ----------------------------------------------------------------------

    def _remark(self, sentence: Sentence, *, may_redate: bool) -> None:
        """End the actions that a sentence gives up or says are done. Give others the day that it names, if it
        `may_redate`, since it tells no action of its own."""
        remark = _remark_in(sentence)
        if remark is None:
            return
        own = [found for found in self._found if found.action.who == sentence.said.author.name]
        for found in list(self._found):
            is_own = found.action.who == sentence.said.author.name
            if is_own and found.told_in != sentence.said.n and self._ends(remark, found, own):
                self._end(found, sentence.said)
            elif may_redate and remark.due and self._redates(sentence, found.action, own=is_own):
                messages = tuple(dict.fromkeys((*found.action.messages, sentence.said.n)))
                found.action = replace(found.action, due=remark.due, messages=messages)

    def _ends(self, remark: _Remark, found: _Found, own: Sequence[_Found]) -> bool:
        """Return True if a remark of its owner ends an action. `own` are all actions of that person."""
        sentence, old = remark.sentence, found.action
        if sentence.said.reply_to in old.messages:
            return remark.done or remark.given_up
        about = not sentence.words.isdisjoint(self._subject(old))
        if remark.given_up and remark.due is None:
            only = len(own) == 1 and says("fails", sentence.plain)
            if about or only:
                return True
        if not remark.done:
            return False
        bare = len(sentence.words) <= BARE
        return about or (bare and found is own[-1] and self._is_soon_after(sentence.said, old))

    def _redates(self, sentence: Sentence, old: Action, *, own: bool) -> bool:
        """Return True if the day in a sentence becomes that of an action. `own`: the author of the sentence
        owns the action."""
        said = sentence.said
        answers = said.reply_to in old.messages
        if says("reverses", sentence.plain):
            return answers or (own and not sentence.words.isdisjoint(self._subject(old)))
        if old.due is not None or sentence.asked:
            return False
        if not says("thanks", sentence.plain):
            return answers and own
        return answers or (not own and self._is_soon_after(said, old, 3))

    def _is_soon_after(self, said: Said, old: Action, most: int = 6) -> bool:
        return any(before.n == old.messages[-1] for before in self._threads.before(said, most))


def _remark_in(sentence: Sentence) -> _Remark | None:
    """Return what a sentence may say about earlier actions, or None if it holds no such word."""
    done = says("done", sentence.plain) is not None
    given_up = says("gives_up", sentence.plain) is not None
    when = due(sentence.text, sentence.said)
    if not (done or given_up or when):
        return None
    return _Remark(sentence=sentence, done=done, given_up=given_up, due=when)


def _share_messages(one: Action, other: Action) -> bool:
    return not set(one.messages).isdisjoint(other.messages)
