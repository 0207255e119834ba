"""A summary without a model: sentences that decide, commit, ask or disagree, quoted as they are. Pure.

It claims no more than the words say. A joke is no decision; a question that somebody answered is not open;
a later decision on the same subject takes the place of an earlier one; an owner is who says « je m’en
occupe », or whom a message names and who does not refuse.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bots.summariser import cues
from bots.summariser.dates import folded
from bots.summariser.reading import Names, Sentence, decides, deciding, due, of, sentences, stems
from bots.summariser.summary import Action, Point, Summary
from bots.summariser.talk import Said, Talk

NEAR = 8
"""Messages within which an answer without a reference may answer."""
_SAME = 0.5
"""Share of the words of the shorter of two decisions that tells that they are on one subject."""
_REVERSED = 0.2
"""The same, of a decision that says that it changes one."""
_BARE = 2
"""Words of a decision or a promise that tell nothing by themselves: what it answers is then quoted."""
_LONGEST = 300


_Decision = tuple[Sentence, Point, frozenset[str]]
"""What decides, the line that it makes, and the words of its subject."""


def summarise(talk: Talk) -> Summary:
    """The summary that words alone bear out."""
    every = sentences(talk)
    rules = _Rules(talk, every)
    decisions = rules.decisions()
    decided = {n for point in decisions for n in point.messages}
    return Summary(
        decisions=tuple(decisions),
        actions=tuple(rules.actions()),
        open_questions=tuple(rules.questions(decided)),
        disagreements=tuple(rules.disagreements()),
        quoted=True,
    )


def overturned(talk: Talk) -> frozenset[int]:
    """Messages whose decision a later one took the place of."""
    rules = _Rules(talk, sentences(talk))
    standing = {n for point in rules.decisions() for n in point.messages}
    return frozenset(said.n for said in talk.messages if deciding([said])) - standing


class _Rules:
    def __init__(self, talk: Talk, every: Sequence[Sentence]) -> None:
        self._talk = talk
        self._every = every
        self._order = {said.n: place for place, said in enumerate(talk.messages)}
        self._names = Names(talk.members)

    # -- decisions ------------------------------------------------------------------------------------

    def decisions(self) -> list[Point]:
        standing: list[_Decision] = []
        for sentence in self._every:
            if not decides(sentence):
                continue
            point, words = self._decided(sentence)
            gone = self._overturned(standing, sentence, words)
            standing = [old for old in standing if old not in gone]
            if not any(old[1].messages == point.messages for old in standing):
                standing.append((sentence, point, words))
        return [point for _, point, _ in standing]

    def _decided(self, sentence: Sentence) -> tuple[Point, frozenset[str]]:
        said = sentence.said
        told = len(sentence.words) > _BARE or (sentence.words and said.reply_to is None)
        if told or due(sentence.text, said) or cues.REVERSES.search(sentence.plain):
            return Point(text=_cut(sentence.text), messages=(said.n,)), sentence.words
        before = self._talk.get(said.reply_to) or self._proposal_before(said)
        if before is None:
            return Point(text=_cut(said.text), messages=(said.n,)), stems(folded(said.text))
        text = f"{_cut(before.text)} → {_cut(sentence.text)}"
        words = sentence.words | stems(folded(before.text))
        return Point(text=text, messages=(before.n, said.n)), words

    def _proposal_before(self, said: Said) -> Said | None:
        place = self._order[said.n]
        for before in reversed(self._talk.messages[max(0, place - 3) : place]):
            if before.author.id != said.author.id and cues.PROPOSES.search(folded(before.text)):
                return before
        return None

    def _overturned(
        self, standing: Sequence[_Decision], new: Sentence, words: frozenset[str]
    ) -> list[_Decision]:
        """The decisions whose place the new one takes: those on its subject; of one that says that it
        changes something, those that it answers, else the likest."""
        earlier = [old for old in standing if old[0].said.n != new.said.n]
        if cues.REVERSES.search(new.plain):
            answered = self._ancestors(new.said)
            if direct := [old for old in earlier if answered & set(old[1].messages)]:
                return direct
            likest = max(earlier, key=lambda old: (_share(words, old[2]), old[0].said.at), default=None)
            if likest is not None and _changes(new, words, likest):
                return [likest]
        return [old for old in earlier if len(words & old[2]) >= 2 and _share(words, old[2]) >= _SAME]

    def _ancestors(self, said: Said) -> set[int]:
        """The messages that this one answers, and those that they answer."""
        found: set[int] = set()
        while (before := self._talk.get(said.reply_to)) is not None and before.n not in found:
            found.add(before.n)
            said = before
        return found

    # -- actions --------------------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        found: dict[int, Action] = {}
        for sentence in self._every:
            action = self._promised(sentence) or self._asked_of(sentence)
            if action is None:
                self._corrected(sentence, found)
                continue
            rival = self._rival(action, sentence, found)
            if rival is not None:
                old = found[rival]
                if old.who == action.who and old.due and not action.due:
                    continue
                del found[rival]
            key = sentence.said.n * 100 + sum(1 for k in found if k // 100 == sentence.said.n)
            found[key] = action
        return list(found.values())

    def _promised(self, sentence: Sentence) -> Action | None:
        """« Je m’en occupe » : who says so, for what it answers."""
        plain, said = sentence.plain, sentence.said
        if sentence.asked or cues.NOT_COMMITTED.search(plain):
            return None
        dated = cues.DOES.search(plain) is not None and due(sentence.text, said) is not None
        if not dated and not cues.COMMITS.search(plain):
            return None
        before = self._talk.get(said.reply_to)
        rest = frozenset(sentence.words) - stems("m'en occupe")
        if len(rest) > _BARE:
            when = due(sentence.text, said) or due(said.text, said)
            messages = [said.n]
            if before is not None and cues.ASKS_TO.search(folded(before.text)):
                messages.insert(0, before.n)
                when = when or due(before.text, before)
            return Action(what=_cut(sentence.text), who=said.author.name, due=when, messages=tuple(messages))
        before = before or self._request_before(said)
        when = due(said.text, said) or (due(before.text, before) if before else None)
        what = f"{_cut(before.text)} → {_cut(sentence.text)}" if before else _cut(said.text)
        messages = [before.n, said.n] if before else [said.n]
        return Action(what=what, who=said.author.name, due=when, messages=tuple(messages))

    def _request_before(self, said: Said) -> Said | None:
        place = self._order[said.n]
        for before in reversed(self._talk.messages[max(0, place - 4) : place]):
            if before.author.id == said.author.id:
                continue
            plain = folded(before.text)
            if cues.ASKS_TO.search(plain) or cues.NEEDED.search(plain) or "?" in plain:
                return before
        return None

    def _asked_of(self, sentence: Sentence) -> Action | None:
        """« Paul, tu peux relancer la DDT ? », once Paul accepts; « Paul s’en occupe », unless he refuses."""
        plain, said = sentence.plain, sentence.said
        for match, member in self._names.named(plain):
            if member.id == said.author.id:
                continue
            after = plain[match.end() :]
            told = re.match(rf"\s*,?\s*(?:\w+\s+)?{cues.ASSIGNED}", after)
            asked = cues.ASKS_TO.search(after[:120]) or cues.ASKS_TO.search(plain[: match.start()][-40:])
            if not told and not asked:
                continue
            answer = self._answer_of(said, member.id)
            if answer is not None and cues.GIVES_UP.search(folded(answer.text)):
                continue
            accepted = answer is not None and cues.ACCEPTS.search(folded(answer.text)) is not None
            if not told and sentence.asked and not accepted:
                continue
            if answer is not None and accepted and self._promises(answer):
                return None  # the promise itself tells it
            when = due(sentence.text, said) or (due(answer.text, answer) if answer and accepted else None)
            messages = (said.n, answer.n) if answer and accepted else (said.n,)
            return Action(what=_cut(sentence.text), who=member.name, due=when, messages=messages)
        if cues.TO_DO.search(plain) and not sentence.asked and not self._replies(said):
            return Action(
                what=_cut(sentence.text), who=None, due=due(sentence.text, said), messages=(said.n,)
            )
        return None

    def _promises(self, said: Said) -> bool:
        return any(self._promised(sentence) is not None for sentence in of(said))

    def _answer_of(self, said: Said, member: str) -> Said | None:
        """What this person answered to a message: a reply, else their next word soon after."""
        for reply in self._replies(said):
            if reply.author.id == member:
                return reply
        place = self._order[said.n]
        following = self._talk.messages[place + 1 : place + 1 + NEAR]
        return next((f for f in following if f.author.id == member and f.reply_to is None), None)

    def _replies(self, said: Said) -> list[Said]:
        return [other for other in self._talk.messages if other.reply_to == said.n]

    def _rival(self, action: Action, sentence: Sentence, found: dict[int, Action]) -> int | None:
        """An earlier action that this one repeats or takes over."""
        words = stems(folded(action.what))
        for key, old in reversed(found.items()):
            shared = words & stems(folded(old.what))
            enough = len(shared) >= 2 and len(shared) / min(len(words), len(stems(folded(old.what)))) >= 0.6
            linked = sentence.said.reply_to in old.messages or set(action.messages) & set(old.messages)
            if linked and (old.who != action.who or enough) and key // 100 != sentence.said.n:
                return key
            if enough and (old.who == action.who or cues.REVERSES.search(sentence.plain)):
                return key
        return None

    def _corrected(self, sentence: Sentence, found: dict[int, Action]) -> None:
        """A reply to an action gives another day, gives it up, or says that it is done."""
        said = sentence.said
        for key, old in list(found.items()):
            if said.reply_to not in old.messages:
                continue
            mine = said.author.name == old.who
            when = due(sentence.text, said)
            if mine and (cues.DONE.search(sentence.plain) or cues.GIVES_UP.search(sentence.plain)):
                del found[key]
            elif when and (cues.REVERSES.search(sentence.plain) or (mine and old.due is None)):
                messages = (*old.messages, *([said.n] if said.n not in old.messages else []))
                found[key] = Action(what=old.what, who=old.who, due=when, messages=messages)

    # -- questions and disagreements ------------------------------------------------------------------

    def questions(self, decided: set[int]) -> list[Point]:
        found: list[Point] = []
        for sentence in self._every:
            if not sentence.asked or not sentence.words or cues.IDLE.search(sentence.plain):
                continue
            if sentence.said.n in decided or self._answered(sentence):
                continue
            found.append(Point(text=_cut(sentence.text), messages=(sentence.said.n,)))
        return found

    def _answered(self, sentence: Sentence) -> bool:
        said = sentence.said
        if any(self._settles(reply, said) for reply in self._replies(said)):
            return True
        place = self._order[said.n]
        for nearness, other in enumerate(self._talk.messages[place + 1 : place + 1 + NEAR]):
            if other.reply_to is not None or not self._settles(other, said):
                continue
            plain = folded(other.text)
            if other.author.id == said.author.id:
                if cues.SETTLED.search(plain) and stems(plain) & sentence.words:
                    return True
            elif stems(plain) & sentence.words or (nearness == 0 and cues.ANSWERS.search(plain)):
                return True
        return False

    def _settles(self, other: Said, asked: Said) -> bool:
        """Is this an answer at all: neither a question nor a word that it is not known?"""
        plain = folded(other.text)
        if cues.NO_ANSWER.search(plain) or (plain.rstrip().endswith("?") and not cues.SETTLED.search(plain)):
            return False
        if other.author.id == asked.author.id:
            return cues.SETTLED.search(plain) is not None
        return bool(stems(plain) or cues.ANSWERS.search(plain) or cues.ACCEPTS.search(plain))

    def disagreements(self) -> list[Point]:
        found: dict[int, Point] = {}
        for sentence in self._every:
            plain, said = sentence.plain, sentence.said
            if sentence.asked or not cues.DISAGREES.search(plain) or cues.NOT_DISAGREED.search(plain):
                continue
            against = self._talk.get(said.reply_to)
            messages = (against.n, said.n) if against else (said.n,)
            found.setdefault(said.n, Point(text=_cut(said.text), messages=messages))
        return list(found.values())


def _share(words: frozenset[str], before: frozenset[str]) -> float:
    """How many words of the shorter of two are in the other."""
    return len(words & before) / (min(len(words), len(before)) or 1)


def _changes(new: Sentence, words: frozenset[str], old: _Decision) -> bool:
    """Do they share a word, or is each of them little more than a day?"""
    if _share(words, old[2]) >= _REVERSED:
        return True
    days = due(new.text, new.said), due(old[0].text, old[0].said)
    return max(len(words), len(old[2])) <= _BARE and None not in days


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rsplit(" ", 1)[0] + "…"
