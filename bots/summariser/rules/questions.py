"""Questions that nobody answered, and disagreements. Pure."""

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


def questions(
    every: Sequence[Sentence],
    threads: Threads,
    names: Names,
    *,
    decided: set[int],
    taken: set[int],
    answered: dict[int, int],
) -> list[Point]:
    """One for each message that asks and stays without an answer. `decided` led to a decision; `taken` to an
    action: that settles who does it, but no question of another kind. `answered` gains the others."""
    found: dict[int, Point] = {}
    for sentence in every:
        said = sentence.said
        asks_to = any(says(asks, sentence.plain) for asks in ("asks_to", "to_you", "who"))
        settled = said.n in decided or (said.n in taken and asks_to)
        if not _asks(sentence) or settled or said.n in found or _rhetorical(sentence):
            continue
        if (answer := _answer(sentence, threads, names)) is not None:
            answered[said.n] = answer.n
        elif not _overtaken(sentence, threads, decided):
            found[said.n] = Point(text=cut(sentence.text), messages=(said.n,))
    return list(found.values())


def _asks(sentence: Sentence) -> bool:
    told = sentence.asked or says("wonders", sentence.plain)
    bare = re.match(r"\W*(?:et|quid)\b", sentence.plain) is not None and bool(sentence.words)
    enough = bare or len(sentence.words) > 1 or len(sentence.plain.split()) > 3
    return bool(told and enough and not says("idle", sentence.plain))


def _rhetorical(sentence: Sentence) -> bool:
    """Does its author answer it in the same breath?"""
    every = list(of(sentence.said))
    return any(
        sentence.text in one.text and re.match(r"\W*(?:non|oui|no|yes)\b", following.plain)
        for one, following in pairwise(every)
    )


def _overtaken(sentence: Sentence, threads: Threads, decided: set[int]) -> bool:
    """« On maintient ? », and soon after it is decided."""
    if not says("chooses", sentence.plain):
        return False
    return any(other.n in decided for other in threads.after(sentence.said, NEAR))


def _answer(sentence: Sentence, threads: Threads, names: Names) -> Said | None:
    """What answers it: of whom it names, in reply to it, or soon after and on its subject."""
    said = sentence.said
    called = {member.id for _, member in names.named(sentence.plain, sentence.text)} - {said.author.id}
    told = [other for other in threads.after(said, 3) if other.author.id in called]
    for other in (*told, *threads.replies(said)):
        if _settles(other, said):
            return other
    for nearness, other in enumerate(threads.after(said, NEAR)):
        if other.reply_to is not None or not _settles(other, said):
            continue
        plain = unaccented(other.text)
        if other.author.id == said.author.id:
            if says("settled", plain) and stems(plain) & sentence.words:
                return other
        elif _about(plain, sentence) or (nearness == 0 and _answers(plain, sentence)):
            return other
    return None


def _about(plain: str, sentence: Sentence) -> bool:
    """Is it on the subject of a question? One on « annexe 1 » is not on « annexe 2 »."""
    numbers, asked = set(_NUMBER.findall(plain)), set(_NUMBER.findall(sentence.plain))
    apart = bool(numbers and asked and not numbers & asked)
    return bool(stems(plain) & sentence.words) and not apart


_NUMBER = re.compile(r"\d+")


def _answers(plain: str, sentence: Sentence) -> bool:
    """Is it, right after a question, worded as an answer?"""
    return says("answers", plain) is not None or (
        says("asks_to", sentence.plain) is not None and says("gives_up", plain) is not None
    )


def _settles(other: Said, asked: Said) -> bool:
    """Is this an answer at all: neither a question nor a word that it is not known?"""
    plain = unaccented(other.text)
    if says("no_answer", plain) or (all(each.asked for each in of(other)) and not other.files):
        return False
    if other.author.id == asked.author.id:
        return says("settled", plain) is not None
    return bool(stems(plain) or says("answers", plain) or says("accepts", plain) or other.files)


def disagreements(every: Sequence[Sentence], threads: Threads, withdrawn: dict[int, int]) -> list[Point]:
    """Each with the message that it is about; a dispute that goes on is one. `withdrawn` gains those that
    their author takes back."""
    found: list[Point] = []
    pairs: dict[frozenset[str], Said] = {}
    authors = {sentence.said.n: sentence.said.author.id for sentence in every}
    for sentence in every:
        said = sentence.said
        if says("withdraws", sentence.plain):
            mine = (point for point in reversed(found) if authors[point.messages[-1]] == said.author.id)
            if (last := next(mine, None)) is not None:
                found.remove(last)
                withdrawn[last.messages[-1]] = said.n
            continue
        against = threads.answered_by(said)
        if against is not None and against.author.id == said.author.id:
            against = None
        if not _disagrees(sentence, against):
            continue
        linked = against is not None and (
            said.reply_to == against.n or says("offered", unaccented(against.text))
        )
        messages = (against.n, said.n) if against and linked else (said.n,)
        pair = frozenset((said.author.id, against.author.id if against else ""))
        goes_on = pair in pairs and pairs[pair] in threads.before(said, NEAR)
        if goes_on or any(set(messages) & set(point.messages) for point in found):
            continue
        pairs[pair] = said
        found.append(Point(text=cut(said.text), messages=messages))
    return found


def _disagrees(sentence: Sentence, against: Said | None) -> bool:
    plain = sentence.plain
    if sentence.asked or says("not_disagreed", plain):
        return False
    if says("disagrees", plain):
        return True
    if against is None:
        return False
    before = unaccented(against.text)
    asked = "?" in before or says("asks_to", before) or says("to_you", before)
    stated = sentence.said.reply_to == against.n and not asked
    return bool((stated or says("offered", before)) and says("objects", plain))
