"""Questions that nobody answered. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from bots.summariser.rules.names import Names
from bots.summariser.rules.phrases import says
from bots.summariser.rules.sentences import Sentence, of, stems
from bots.summariser.rules.threads import NEAR, Threads, cut
from bots.summariser.summary import Point
from bots.summariser.talk import Said
from core.language.folding import unaccented

_NUMBER = re.compile(r"\d+")
_SHORT = re.compile(r"\W*(?:et|quid)\b")
"""The beginning of a question of few words: « et le budget ? », « quid du budget ? »."""
_YES_OR_NO = re.compile(r"\W*(?:non|oui|no|yes)\b")


def questions(
    every: Sequence[Sentence],
    threads: Threads,
    names: Names,
    *,
    decided: set[int],
    taken: set[int],
    answered: dict[int, int],
) -> list[Point]:
    """Return a point for each message that asks something and stays without an answer.

    `decided` are the messages that led to a decision, and `taken` those that led to an action. An action
    settles who does something, but no question of another kind. `answered` gains each question that was
    answered, with its answer."""
    found: dict[int, Point] = {}
    for sentence in every:
        said = sentence.said
        settled = said.n in decided or (said.n in taken and _asks_for_somebody(sentence))
        if settled or said.n in found or not _asks(sentence) or _answers_itself(sentence):
            continue
        if (answer := _answer(sentence, threads, names)) is not None:
            answered[said.n] = answer.n
        elif not _overtaken(sentence, threads, decided):
            found[said.n] = Point(text=cut(sentence.text), messages=(said.n,))
    return list(found.values())


def _asks_for_somebody(sentence: Sentence) -> bool:
    """Return True for a question that an action answers: « qui relance la DDT ? », « tu peux … ? »."""
    plain = sentence.plain
    return bool(says("asks_to", plain) or says("to_you", plain) or says("who", plain))


def _asks(sentence: Sentence) -> bool:
    """Return True for a question that has a subject. « Et le budget ? » has one in three words."""
    plain, words = sentence.plain, sentence.words
    if says("idle", plain) or not (sentence.asked or says("wonders", plain)):
        return False
    short = _SHORT.match(plain) is not None and bool(words)
    return short or len(words) > 1 or len(plain.split()) > 3


def _answers_itself(sentence: Sentence) -> bool:
    """Return True if the author of a question answers it with the next sentence."""
    every = list(of(sentence.said))
    return any(
        sentence.text in one.text and _YES_OR_NO.match(following.plain) for one, following in pairwise(every)
    )


def _overtaken(sentence: Sentence, threads: Threads, decided: set[int]) -> bool:
    """Return True if « on maintient ? » is decided soon after."""
    if not says("chooses", sentence.plain):
        return False
    return any(other.n in decided for other in threads.after(sentence.said, NEAR))


def _answer(sentence: Sentence, threads: Threads, names: Names) -> Said | None:
    """Find the message that answers a question: from whom it names, in reply to it, or soon after."""
    said = sentence.said
    called = {member.id for _, member in names.named(sentence.plain, sentence.text)} - {said.author.id}
    theirs = (other for other in threads.after(said, 3) if other.author.id in called)
    for other in (*theirs, *threads.replies(said)):
        if _is_answer(other, said):
            return other
    for nearness, other in enumerate(threads.after(said, NEAR)):
        if other.reply_to is None and _is_answer(other, said) and _fits(other, sentence, nearness):
            return other
    return None


def _fits(other: Said, sentence: Sentence, nearness: int) -> bool:
    """Return True if a message without a reference answers a question that stands `nearness` messages above
    it: by its subject, or right after it by how it is worded."""
    plain = unaccented(other.text)
    if other.author.id == sentence.said.author.id:
        return says("settled", plain) is not None and not stems(plain).isdisjoint(sentence.words)
    return _is_on_subject(plain, sentence) or (nearness == 0 and _is_worded_as_answer(plain, sentence))


def _is_on_subject(plain: str, sentence: Sentence) -> bool:
    """Return True if a folded text is on the subject of a question. One on « annexe 1 » is not on « annexe
    2 »."""
    numbers, asked = set(_NUMBER.findall(plain)), set(_NUMBER.findall(sentence.plain))
    if numbers and asked and not numbers & asked:
        return False
    return not stems(plain).isdisjoint(sentence.words)


def _is_worded_as_answer(plain: str, sentence: Sentence) -> bool:
    """Return True if a folded text right after a question is worded as an answer."""
    if says("answers", plain):
        return True
    return says("asks_to", sentence.plain) is not None and says("gives_up", plain) is not None


def _is_answer(other: Said, asked: Said) -> bool:
    """Return True if a message may answer at all: it is no question, and does not say « aucune idée ». The
    author of the question answers it only with a word that settles it."""
    plain = unaccented(other.text)
    if says("no_answer", plain) or (all(each.asked for each in of(other)) and not other.files):
        return False
    if other.author.id == asked.author.id:
        return says("settled", plain) is not None
    return bool(stems(plain) or says("answers", plain) or says("accepts", plain) or other.files)
