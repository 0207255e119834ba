"""A summary without a model: sentences that decide, commit, ask or disagree, quoted as they are. Pure.

It claims no more than the words say. A joke is no decision; a later decision on the same subject takes the
place of an earlier one, and one whose subject is taken up again says where. Actions are found in `actions`,
questions and disagreements in `questions`.

Where the subject of a decision is taken up again, what was decided may have changed (`Subjects`). No list of
words knows every way of going back on a decision (« Nexo s’est désisté »), but who goes back on it names its
subject: a word that few messages hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bots.summariser.rules.actions import Actions
from bots.summariser.rules.names import Names
from bots.summariser.rules.phrases import Phrase, says
from bots.summariser.rules.questions import disagreements, questions
from bots.summariser.rules.sentences import BARE, Sentence, agreed, decides, due, sentences, stems, undoubted
from bots.summariser.rules.threads import Threads, cut
from bots.summariser.summary import KINDS, Kind, Point, Summary
from bots.summariser.talk import Said, Talk
from core.language.folding import unaccented
from core.language.months import DAYS

_SAME = 0.5
"""Share of the words of the shorter of two decisions that tells that they are on one subject."""
_REVERSED = 0.2
"""The same, of a decision that says that it changes one."""
_FIRST = 3
"""Characters before the first word of a sentence."""


_Decision = tuple[Sentence, Point, frozenset[str]]
"""What decides, the line that it makes, and the words of its subject."""
_RARE = 5
"""Messages in which a word of a short talk tells one subject among others; in a long one, a twentieth."""
_TURNS: tuple[Phrase, ...] = ("reverses", "disagrees", "gives_up", "denies")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainReading:
    """`ended`: of each kind, the messages with which something ended again, by the later message that says
    so: a decision overturned, an action done or given up, a question answered, a disagreement withdrawn."""

    summary: Summary
    ended: Mapping[Kind, Mapping[int, int]]
    subjects: Subjects


def summarise(talk: Talk) -> Summary:
    """The summary that words alone bear out."""
    return read_plainly(talk).summary


def read_plainly(talk: Talk) -> PlainReading:
    """The summary that words alone bear out, and what they say was ended within the talk."""
    every = sentences(talk)
    threads = Threads(talk)
    ended: dict[Kind, dict[int, int]] = {kind: {} for kind in KINDS}
    decisions = _Decisions(talk, every, threads, ended["decisions"]).standing()
    decided = {n for point in decisions for n in point.messages}
    subjects = Subjects(talk, every)
    actions = Actions(talk, every, threads, ended["actions"]).found()
    taken = {n for action in actions for n in action.messages}
    asked = questions(
        every,
        threads,
        Names(talk.members),
        decided=decided,
        taken=taken,
        answered=ended["open_questions"],
    )
    disputes = disagreements(every, threads, ended["disagreements"])
    return PlainReading(
        summary=Summary(
            decisions=tuple(
                replace(
                    point,
                    again=subjects.taken_up([talk.by_number[n] for n in point.messages], taken),
                )
                for point in decisions
            ),
            actions=tuple(actions),
            open_questions=tuple(asked),
            disagreements=tuple(disputes),
            quoted=True,
        ),
        ended=ended,
        subjects=subjects,
    )


class _Decisions:
    def __init__(
        self, talk: Talk, every: Sequence[Sentence], threads: Threads, overturned: dict[int, int]
    ) -> None:
        self._talk = talk
        self._every = every
        self._threads = threads
        self._overturned = overturned

    def standing(self) -> list[Point]:
        standing: list[_Decision] = []
        for sentence in self._every:
            reversing = says("reverses", sentence.plain) is not None and not sentence.asked
            if not (
                decides(sentence) or self._chosen(sentence) or (reversing and self._moves(sentence, standing))
            ):
                continue
            if (refused := self._contested(sentence.said)) is not None:
                self._overturned[sentence.said.n] = refused.n
                continue
            if self._confirms(sentence, standing):
                continue
            point, words = self._decided(sentence)
            gone = self._replaced(standing, sentence, words)
            self._overturned.update({old[0].said.n: sentence.said.n for old in gone})
            standing = [old for old in standing if old not in gone]
            if not any(old[0].said.n == sentence.said.n for old in standing):
                standing.append((sentence, point, words))
        return [point for _, point, _ in standing]

    def _contested(self, said: Said) -> Said | None:
        """Who said no at once, where nobody said yes."""
        answers = [*self._threads.replies(said), *self._threads.after(said, 1)]
        refused = (o for o in answers if o.author.id != said.author.id and says("no", unaccented(o.text)))
        return None if self._threads.accepting(said) else next(refused, None)

    def _confirms(self, sentence: Sentence, standing: Sequence[_Decision]) -> bool:
        """« Ok, on la garde », right after it was decided to keep it, by another."""
        if not says("accepts", sentence.plain) or len(sentence.words) > 1 or sentence.said.reply_to:
            return False
        just = {before.n for before in self._threads.before(sentence.said, 1)}
        return any(old[0].said.n in just and sentence.words <= old[2] for old in standing)

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
        """Does it, by words that settle or choose, or by its very first ones, change what was decided on its
        subject?"""
        plain, words = sentence.plain, sentence.words
        chooses = says("chooses", plain) is not None
        turns = says("turns", plain)
        settles = says("settles", plain) or (turns and turns.start() <= _FIRST)
        if not undoubted(sentence) or not (chooses or (turns and settles)):
            return False
        above = set(self._threads.chain(sentence.said))
        return any(
            above & set(old[1].messages) or len(words & old[2]) >= 2 or (chooses and words & old[2])
            for old in standing
        )

    def _decided(self, sentence: Sentence) -> tuple[Point, frozenset[str]]:
        said = sentence.said
        told = len(sentence.words) > BARE or (sentence.words and said.reply_to is None)
        if told or due(sentence.text, said) or says("reverses", sentence.plain):
            return Point(text=cut(sentence.text), messages=(said.n,)), sentence.words
        before = self._talk.get(said.reply_to) or self._proposal_before(said)
        if before is None:
            return Point(text=cut(said.text), messages=(said.n,)), stems(unaccented(said.text))
        text = f"{cut(before.text)} → {cut(sentence.text)}"
        words = sentence.words | stems(unaccented(before.text))
        return Point(text=text, messages=(before.n, said.n)), words

    def _proposal_before(self, said: Said) -> Said | None:
        others = (each for each in self._threads.before(said, 3) if each.author.id != said.author.id)
        return next((each for each in others if says("proposes", unaccented(each.text))), None)

    def _replaced(
        self, standing: Sequence[_Decision], new: Sentence, words: frozenset[str]
    ) -> list[_Decision]:
        """The decisions whose place the new one takes: those on its subject; of one that says that it
        changes something, those that it answers, else the likest."""
        earlier = [old for old in standing if old[0].said.n != new.said.n]
        if says("reverses", new.plain):
            above = set(self._threads.chain(new.said))
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
    return max(len(words), len(old[2])) <= BARE and None not in days


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
