"""Who takes on what, and for when: promises, and what is asked of somebody who does not refuse. Pure.

An owner is who says « je m’en occupe », or whom a message names or answers. What is taken back, done, or
taken over by another is theirs no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bots.summariser.rules.names import Names
from bots.summariser.rules.phrases import says
from bots.summariser.rules.sentences import (
    BARE,
    Sentence,
    accepts,
    asks,
    clauses,
    due,
    due_beside,
    of,
    stems,
    tells,
)
from bots.summariser.rules.threads import Threads, cut
from bots.summariser.summary import Action
from bots.summariser.talk import Member, Said, Talk
from core.language.folding import unaccented


class Actions:
    """The actions of a talk, in order."""

    def __init__(
        self, talk: Talk, every: Sequence[Sentence], threads: Threads, ended: dict[int, int]
    ) -> None:
        """`ended` gains the messages of what was done, given up or taken over, by the one that says so."""
        self._ended = ended
        self._every = every
        self._threads = threads
        self._names = Names(talk.members)
        self._about: dict[str, frozenset[str]] = {}

    def found(self) -> list[Action]:
        found: dict[int, Action] = {}
        for sentence in self._every:
            told = list(self._told(sentence))
            self._corrected(sentence, found, redates=not told)
            for action in told:
                self._add(action, sentence, found)
        return list(found.values())

    def _add(self, action: Action, sentence: Sentence, found: dict[int, Action]) -> None:
        if self._agreed_to(action, sentence, found):
            return
        rival = self._rival(action, sentence, found)
        if rival is not None:
            old = found[rival]
            if old.who == action.who and old.due and not action.due:
                return
            self._ended[found.pop(rival).messages[-1]] = sentence.said.n
        key = sentence.said.n * 100 + sum(1 for k in found if k // 100 == sentence.said.n)
        found[key] = action

    def _told(self, sentence: Sentence) -> Iterator[Action]:
        """The actions of a sentence: one for each clause that tells one, when several do."""
        parts = [(clause, action) for clause in clauses(sentence) if (action := self._one(clause))]
        if len(parts) > 1 and all(len(clause.words) >= BARE for clause, _ in parts):
            yield from (action for _, action in parts)
        elif (action := self._one(sentence) or self._agreed(sentence)) is not None:
            yield action

    def _one(self, sentence: Sentence) -> Action | None:
        return self._promised(sentence) or self._given(sentence)

    # -- promises -------------------------------------------------------------------------------------

    def _promised(self, sentence: Sentence) -> Action | None:
        """« Je m’en occupe » : who says so, for what it answers."""
        plain, said = sentence.plain, sentence.said
        taken_up = says("commits", plain) and self._threads.accepting(
            said
        )  # « je convoque lundi ? », « oui »
        if says("not_committed", plain) or (sentence.asked and not taken_up):
            return None
        request = self._request(said)
        if request is not None and says("refuses", plain):
            return None
        if not self._commits(sentence, request):
            return None
        told = len(sentence.words - stems("m'en occupe")) > BARE
        direct = request is not None and (said.reply_to is not None or self._next(said, request))
        when = due(sentence.text, said) or due_beside(sentence)
        if told and not direct:
            return Action(what=cut(sentence.text), who=said.author.name, due=when, messages=(said.n,))
        before = request or self._threads.get(said.reply_to)
        if before is None:
            return Action(what=cut(said.text), who=said.author.name, due=when, messages=(said.n,))
        what = cut(sentence.text) if told else f"{cut(before.text)} → {cut(sentence.text)}"
        when = when or due(before.text, before)
        return Action(what=what, who=said.author.name, due=when, messages=(before.n, said.n))

    def _commits(self, sentence: Sentence, request: Said | None) -> bool:
        plain = sentence.plain
        if says("commits", plain):
            return True
        dated = due(sentence.text, sentence.said) is not None
        if says("offers", plain):
            return dated or request is not None or bool(self._threads.accepting(sentence.said))
        asked = request is not None and (
            sentence.said.reply_to is not None or self._next(sentence.said, request)
        )
        return says("does", plain) is not None and (dated or asked)

    def _next(self, said: Said, request: Said) -> bool:
        """Does it come right after what asked for it?"""
        return next(self._threads.before(said, 1), None) is request

    def _request(self, said: Said) -> Said | None:
        """What asked for it: the nearest message above that asks another, or one of another just before."""
        if said.reply_to is not None:
            above = (self._threads.get(n) for n in self._threads.chain(said))
            return next((o for o in above if o and asks(o)), None)
        for before in self._threads.before(said, 4):
            if before.author.id != said.author.id and asks(before):
                return before
        return None

    def _agreed(self, sentence: Sentence) -> Action | None:
        """« ok », and no more, to what needs something of everybody who reads it."""
        said = sentence.said
        if len(stems(unaccented(said.text))) > BARE or not says("accepts", sentence.plain) or said.files:
            return None
        near = (self._threads.get(said.reply_to),) if said.reply_to else self._threads.before(said, 4)
        for before in near:
            if before is None or before.author.id == said.author.id:
                continue
            needed = next((s for s in of(before) if says("needs_of_all", s.plain)), None)
            if needed is None or self._names.named(needed.plain, needed.text):
                continue
            when = due(said.text, said) or due(before.text, before)
            return Action(what=cut(needed.text), who=said.author.name, due=when, messages=(before.n, said.n))
        return None

    # -- what is asked of somebody --------------------------------------------------------------------

    def _given(self, sentence: Sentence) -> Action | None:
        """« Paul, tu peux relancer la DDT ? », once Paul accepts; « Paul s’en occupe », unless he refuses."""
        for member, told in self._givens(sentence):
            said = sentence.said
            answer = self._threads.answer_of(said, member.id) if member.id != said.author.id else None
            if answer is not None and self._refuses(answer):
                continue
            accepted = answer is not None and accepts(answer)
            if not told and sentence.asked and not accepted:
                continue
            if answer is not None and self._promises(answer) and (accepted or answer.reply_to == said.n):
                continue  # the promise itself tells it
            if sentence.asked and not accepted:
                continue
            when = due(sentence.text, said) or (due(answer.text, answer) if answer and accepted else None)
            messages = (said.n, answer.n) if answer and accepted else (said.n,)
            return Action(what=cut(sentence.text), who=member.name, due=when, messages=messages)
        return self._unowned(sentence)

    def _givens(self, sentence: Sentence) -> Iterator[tuple[Member, bool]]:
        """To whom a sentence gives something; whether it tells rather than asks."""
        plain, author = sentence.plain, sentence.said.author.id
        named = self._names.named(plain, sentence.text)
        for place, (match, member) in enumerate(named):
            before, after = plain[: match.start()], plain[match.end() :]
            together = place + 1 < len(named) and re.fullmatch(
                r"\s*(?:,|et|&|and)\s*@?", after[: named[place + 1][0].start() - match.end()]
            )
            tail = plain[named[place + 1][0].end() :] if together else after
            told = tells(before, tail, together=bool(together))
            if member.id == author and not told:
                continue
            asked = says("asks_to", tail[:120]) or says("asks_to", before[-40:])
            if told or asked or says("to_you", tail[:120]):
                yield member, told
        asks = says("asks_to", plain) or (sentence.asked and says("to_you", plain))
        if not named and asks and not says("refuses", plain):
            above = self._threads.get(sentence.said.reply_to)
            if above is not None and above.author.id != author and " vous " not in f" {plain} ":
                yield above.author, False
            elif above is None and sentence.asked:
                yield from self._addressed(sentence)

    def _addressed(self, sentence: Sentence) -> Iterator[tuple[Member, bool]]:
        """Nobody is named: who takes it up right after."""
        for other in (*self._threads.replies(sentence.said), *self._threads.after(sentence.said, 2)):
            if other.author.id != sentence.said.author.id and says("accepts", unaccented(other.text)):
                yield other.author, False
                return

    def _refuses(self, answer: Said) -> bool:
        plain = unaccented(answer.text)
        return says("gives_up", plain) is not None or says("refuses", plain) is not None

    def _unowned(self, sentence: Sentence) -> Action | None:
        said = sentence.said
        if not says("to_do", sentence.plain) or sentence.asked or self._threads.replies(said):
            return None
        return Action(what=cut(sentence.text), who=None, due=due(sentence.text, said), messages=(said.n,))

    def _promises(self, said: Said) -> bool:
        return any(self._promised(clause) for sentence in of(said) for clause in clauses(sentence))

    # -- what becomes of them -------------------------------------------------------------------------

    def _agreed_to(self, action: Action, sentence: Sentence, found: dict[int, Action]) -> bool:
        """A reply to somebody's offer that takes it up: the same action, and its day from now on."""
        for key, old in reversed(found.items()):
            if old.who != action.who or sentence.said.reply_to != old.messages[-1]:
                continue
            if sentence.said.author.name != old.who:
                messages = tuple(dict.fromkeys((*old.messages, *action.messages)))
                found[key] = replace(old, due=action.due or old.due, messages=messages)
                return True
        return False

    def _rival(self, action: Action, sentence: Sentence, found: dict[int, Action]) -> int | None:
        """An earlier action that this one repeats or takes over."""
        said = sentence.said
        about = self._words(action)
        turns = says("reverses", sentence.plain) is not None
        mine = [key for key, old in found.items() if old.who == action.who]
        for key, old in reversed(found.items()):
            if key // 100 == said.n:
                continue
            before = self._words(old)
            shared = about & before
            enough = len(shared) >= 2 and len(shared) / (min(len(about), len(before)) or 1) >= 0.6
            answers = said.reply_to == old.messages[-1]
            if old.who == action.who:
                taken_back = turns and shared and key == mine[-1]
                if enough or taken_back or (answers and set(action.messages) & set(old.messages)):
                    return key
            elif (answers and (turns or len(sentence.words) <= BARE)) or (
                turns and (enough or set(action.messages) & set(old.messages))
            ):
                return key
        return None

    def _corrected(self, sentence: Sentence, found: dict[int, Action], *, redates: bool) -> None:
        """A word on an action gives it up, says that it is done, or (`redates`) gives it another day."""
        said, plain = sentence.said, sentence.plain
        done = says("done", plain) is not None
        given_up = says("gives_up", plain) is not None
        when = due(sentence.text, said)
        if not (done or given_up or when):
            return
        mine = [key for key, old in found.items() if old.who == said.author.name]
        for key, old in list(found.items()):
            answers = said.reply_to in old.messages
            own = old.who == said.author.name
            about = bool(sentence.words & self._words(old))
            last = own and key == mine[-1] and len(sentence.words) <= BARE and self._soon(said, old)
            only = len(mine) == 1 and says("fails", plain) is not None
            dropped = given_up and (answers or (when is None and (about or only)))
            if key // 100 != said.n and own and (dropped or (done and (answers or about or last))):
                self._ended[found.pop(key).messages[-1]] = said.n
                continue
            if redates and when and self._redated(sentence, old, own=own, about=about):
                extra = () if said.n in old.messages else (said.n,)
                found[key] = replace(old, due=when, messages=(*old.messages, *extra))

    def _redated(self, sentence: Sentence, old: Action, *, own: bool, about: bool) -> bool:
        """Does a day in this sentence become that of the action?"""
        said = sentence.said
        answers = said.reply_to in old.messages
        if says("reverses", sentence.plain):
            return answers or (own and about)
        if old.due is not None or sentence.asked:
            return False
        thanks = says("thanks", sentence.plain) is not None
        return (answers and (own or thanks)) or (thanks and not own and self._soon(said, old, 3))

    def _words(self, action: Action) -> frozenset[str]:
        """The words that carry its subject, worked out once for this talk."""
        if action.what not in self._about:
            self._about[action.what] = stems(unaccented(action.what))
        return self._about[action.what]

    def _soon(self, said: Said, old: Action, most: int = 6) -> bool:
        return any(before.n == old.messages[-1] for before in self._threads.before(said, most))
