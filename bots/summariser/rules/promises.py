"""Who promises something: « je m’en occupe d’ici vendredi », or « ok » to what everybody must do. Pure."""

from __future__ import annotations

from bots.summariser.rules.names import Names
from bots.summariser.rules.phrases import says
from bots.summariser.rules.sentences import BARE, Sentence, asks, clauses, due, due_beside, of, stems
from bots.summariser.rules.threads import Threads, cut
from bots.summariser.summary import Action
from bots.summariser.talk import Said
from core.language.folding import unaccented

_NEAR = 4
"""Messages before a promise among which its request is looked for."""


class Promises:
    """The promises of one talk. The owner of the action is the author of the promise."""

    def __init__(self, threads: Threads, names: Names) -> None:
        self._threads = threads
        self._names = names

    def promised(self, sentence: Sentence) -> Action | None:
        """Return the action that a sentence promises, or None.

        A promise that names no task (« je m’en occupe ») is told with the message that asked for it."""
        request = self._request(sentence.said)
        if not self._is_promise(sentence, request):
            return None
        said, who = sentence.said, sentence.said.author.name
        names_task = len(sentence.words - stems("m'en occupe")) > BARE
        when = due(sentence.text, said) or due_beside(sentence)
        if names_task and not self._answers_directly(said, request):
            return Action(what=cut(sentence.text), who=who, due=when, messages=(said.n,))
        before = request or self._threads.get(said.reply_to)
        if before is None:
            return Action(what=cut(said.text), who=who, due=when, messages=(said.n,))
        what = cut(sentence.text) if names_task else f"{cut(before.text)} → {cut(sentence.text)}"
        when = when or due(before.text, before)
        return Action(what=what, who=who, due=when, messages=(before.n, said.n))

    def agreed(self, sentence: Sentence) -> Action | None:
        """Return the action of somebody who says « ok », and no more, to what everybody must do."""
        said = sentence.said
        bare = len(stems(unaccented(said.text))) <= BARE and not said.files
        if not bare or not says("accepts", sentence.plain):
            return None
        if said.reply_to:
            before = self._threads.get(said.reply_to)
            near = [before] if before is not None else []
        else:
            near = list(self._threads.before(said, _NEAR))
        for before in near:
            if before.author.id == said.author.id:
                continue
            if (needed := self._needed_of_all(before)) is not None:
                when = due(said.text, said) or due(before.text, before)
                messages = (before.n, said.n)
                return Action(what=cut(needed.text), who=said.author.name, due=when, messages=messages)
        return None

    def is_promised_in(self, said: Said) -> bool:
        """Return True if any part of a message promises something."""
        return any(self.promised(clause) for sentence in of(said) for clause in clauses(sentence))

    def _is_promise(self, sentence: Sentence, request: Said | None) -> bool:
        plain = sentence.plain
        if says("not_committed", plain):
            return False
        commits = says("commits", plain) is not None
        taken_up = commits and self._threads.accepting(sentence.said)  # « je convoque lundi ? », « oui »
        if sentence.asked and not taken_up:
            return False
        if request is not None and says("refuses", plain):
            return False
        return commits or self._offers(sentence, request) or self._does(sentence, request)

    def _offers(self, sentence: Sentence, request: Said | None) -> bool:
        """Return True for an offer that was asked for, has a day, or is taken up."""
        if not says("offers", sentence.plain):
            return False
        if request is not None or due(sentence.text, sentence.said) is not None:
            return True
        return bool(self._threads.accepting(sentence.said))

    def _does(self, sentence: Sentence, request: Said | None) -> bool:
        """Return True for « j’envoie la note » if it has a day, or directly answers a request."""
        if says("offers", sentence.plain) or not says("does", sentence.plain):
            return False
        dated = due(sentence.text, sentence.said) is not None
        return dated or self._answers_directly(sentence.said, request)

    def _answers_directly(self, said: Said, request: Said | None) -> bool:
        """Return True if a message replies to its request, or comes right after it."""
        if request is None:
            return False
        return said.reply_to is not None or next(self._threads.before(said, 1), None) is request

    def _request(self, said: Said) -> Said | None:
        """Find the message that a promise answers: the nearest one above it in its replies that asks for
        something, or else one of another person just before."""
        if said.reply_to is not None:
            above = (self._threads.get(n) for n in self._threads.chain(said))
            return next((other for other in above if other and asks(other)), None)
        for before in self._threads.before(said, _NEAR):
            if before.author.id != said.author.id and asks(before):
                return before
        return None

    def _needed_of_all(self, said: Said) -> Sentence | None:
        """Find the sentence of a message that everybody who reads it must act on."""
        needed = next((each for each in of(said) if says("needs_of_all", each.plain)), None)
        if needed is None or self._names.named(needed.plain, needed.text):
            return None
        return needed
