"""Parts of sentences that tell, ask or accept somebody's work. Pure."""

from __future__ import annotations

from itertools import pairwise

from bots.summariser.rules.phrases import pattern, says
from bots.summariser.rules.sentences import Sentence, due, of, stems
from bots.summariser.talk import Said
from core.language.accents import unaccented

BARE = 2
"""Words of a promise that tell nothing by themselves: what it answers is then quoted."""


def clauses(sentence: Sentence) -> list[Sentence]:
    """A sentence in parts, where each part tells somebody's work."""
    starts = [0]
    for match in pattern("clause").finditer(sentence.plain):
        if len(sentence.plain[starts[-1] : match.start()].split()) > 2:
            starts.append(match.end())
    if len(starts) == 1:
        return [sentence]
    parts: list[Sentence] = []
    for start, end in zip(starts, [*starts[1:], len(sentence.plain)], strict=True):
        text, plain = sentence.text[start:end].strip(" ,;"), sentence.plain[start:end].strip(" ,;")
        parts.append(Sentence(said=sentence.said, text=text, plain=plain, words=stems(plain)))
    return parts


def tells(before: str, after: str, *, together: bool) -> bool:
    """Does what stands round a name say that this person has something to do?"""
    if says("given", before) or pattern("listed").match(after) or says("given_later", before):
        return True
    if together and pattern("take_together").match(after):
        return True
    return pattern("takes").match(after) is not None


def due_beside(sentence: Sentence) -> str | None:
    """The day of the short sentence that follows in the message (« v1 lundi midi »)."""
    beside = list(of(sentence.said))
    for one, following in pairwise(beside):
        if sentence.text in one.text and len(following.words) <= BARE and not following.asked:
            return due(following.text, following.said)
    return None


def accepts(answer: Said) -> bool:
    """« D’accord », or a day and little more: « devis vendredi »."""
    plain = unaccented(answer.text)
    short = len(stems(plain)) <= BARE + 1 and "?" not in plain
    return says("accepts", plain) is not None or (short and due(answer.text, answer) is not None)


def asks(said: Said) -> bool:
    """Does it ask somebody to do something?"""
    for sentence in of(said):
        plain = sentence.plain
        if says("asks_to", plain) or (not sentence.asked and says("needed", plain)):
            return True
        if sentence.asked and (says("to_you", plain) or says("who", plain)):
            return True
    return False
