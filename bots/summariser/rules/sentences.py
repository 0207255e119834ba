"""The sentences of a talk as the rules read them: folded, with the words that carry their subject. Pure.

A sentence may be cut into the parts that each tell somebody's work (`clauses`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from bots.summariser.dates import Day, days
from bots.summariser.rules.phrases import pattern, says, vocabulary
from bots.summariser.talk import Said, Talk
from core.language.folding import unaccented
from core.language.sentences import split

_WORD = re.compile(r"[a-z0-9]{3,}")
_QUOTE = re.compile(r"^\s*>.*$", re.MULTILINE)
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_BREAK = re.compile(r"(?<=[.!?…])\s+|\s*[;]\s+")
"""People write fast: a sentence may begin with a small letter."""
_ABBREVIATED = re.compile(
    r"(?:\b(?:m|mme|mr|art|cf|ex|no|st|ste|etc|env|min|max|tel|ref|p|vs|av|bd|janv|fevr|sept|oct|nov|dec)|"
    r"\d)\.$",
    re.IGNORECASE,
)
_STEM = 6
"""Letters by which two forms of a word are taken for one."""
BARE = 2
"""Words up to which a promise or a decision tells nothing by itself; what it answers is then quoted too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a message. `plain` is folded; `words` are the stems of the words that carry its
    subject."""

    said: Said
    text: str = field(repr=False)
    plain: str = field(repr=False)
    words: frozenset[str]

    @property
    def asked(self) -> bool:
        return bool(_ASKED.search(self.plain))


_ASKED = re.compile(r"\?[\s\u00a0\u202f»)!?.…🤔🙏😅😊]*$|\?\s*(?:stp|svp|merci)\W*$")


def sentences(talk: Talk) -> list[Sentence]:
    """Return every sentence that is meant, in order: without jokes."""
    jokes = joked(talk)
    return [one for said in talk.messages if said.n not in jokes for one in of(said)]


def of(said: Said) -> Iterator[Sentence]:
    """Yield the sentences of a message, without quotations, code and tables."""
    for line in _QUOTE.sub("", _CODE.sub(" ", said.text)).splitlines():
        if line.lstrip().startswith("|"):
            continue  # a row of a table
        for whole in split(line.strip(" \t-*•")) if line.strip() else ():
            for text in _parts(whole):
                plain = unaccented(text)
                yield Sentence(said=said, text=text, plain=plain, words=stems(plain))


def _parts(text: str) -> Iterator[str]:
    start = 0
    for found in _BREAK.finditer(text):
        if not _ABBREVIATED.search(text[start : found.start()]) and text[start : found.start()].strip():
            yield text[start : found.start()].strip()
            start = found.end()
    if text[start:].strip():
        yield text[start:].strip()


def stems(plain: str) -> frozenset[str]:
    idle = vocabulary("stop_words")
    return frozenset(word[:_STEM] for word in _WORD.findall(plain) if word not in idle)


def joked(talk: Talk) -> set[int]:
    """Return the numbers of the messages that joke, that made others laugh, or whose author says in their
    next message that it was a joke."""
    found: set[int] = set()
    last: dict[str, int] = {}
    for said in talk.messages:
        plain = unaccented(said.text)
        if says("jokes", plain):
            found.add(said.n)
            alone = not stems(pattern("jokes").sub(" ", plain))
            if alone and (mine := last.get(said.author.id)) is not None:
                found.add(mine)
        if _laughed(said):
            found.add(said.n)
        last[said.author.id] = said.n
    return found


def _laughed(said: Said) -> bool:
    laughs = sum(count for key, count in said.reactions.items() if key in vocabulary("laughs"))
    return laughs > 0 and laughs >= agreed(said)


def agreed(said: Said) -> int:
    """Return how many reactions agree with a message."""
    return sum(count for key, count in said.reactions.items() if key in vocabulary("agrees"))


def decides(sentence: Sentence) -> bool:
    """Return True if a sentence decides something. A question, a condition, a wish or a wink does not."""
    if sentence.asked or not undoubted(sentence):
        return False
    own = _REPORTED.sub(" ", sentence.plain)
    return any(
        (says("decides", clause) or says("decides_mildly", clause)) and not says("open_still", clause)
        for clause in (own, *_COMMA.split(own))
    )


_REPORTED = re.compile(r":\s*[«\"“][^»\"”]{15,}[»\"”]?")
"""A quotation of what somebody else said or wrote."""
_COMMA = re.compile(r",\s+(?=\w)")


def undoubted(sentence: Sentence) -> bool:
    """Return True if nothing in a sentence says that it is not decided yet, or not meant."""
    plain = _AS_LONG_AS.sub("", sentence.plain)
    return says("not_decided", plain) is None and says("winks", plain) is None


_AS_LONG_AS = re.compile(r"(?<=\w)\s+tant\s+que\b.*")
"""The end of a decision that says how long it holds."""


def deciding(said: Iterable[Said]) -> bool:
    """Return True if any sentence of these messages decides something."""
    return any(decides(sentence) for one in said for sentence in of(one))


def due(text: str, said: Said) -> str | None:
    """Return the day by which a text wants something, as an ISO date: « d’ici vendredi » is the Friday after
    the message, an hour alone (« avant 14h ») its very day. Return None if the text names neither."""
    plain = unaccented(text)
    found = [day for day in days(text, said.at.date()) if not says("dates", plain[: day.start])]
    if found:
        return _deadline(found, plain, said).isoformat()
    hour = _BY_HOUR.search(plain)
    if hour is None and not says("meeting", plain):
        hour = _AT_HOUR.search(plain)
    if hour is None or int(hour[1] or 12) <= said.at.hour:
        return None
    return said.at.date().isoformat()


def _deadline(found: Sequence[Day], plain: str, said: Said) -> date:
    """Return the last of the days that stands behind a word such as « avant », or else the last one. The day
    of the message itself counts only where no other is named: « le 14, EOD » is the 14th."""
    found = [day for day in found if day.day != said.at.date()] or found
    behind = [day for day in found if says("deadline", plain[: day.start + _DEADLINE_WORD])]
    return (behind or found)[-1].day


_DEADLINE_WORD = 8
"""Characters of the name of a day that may belong to a word of a deadline: « fin de semaine »."""
_AT_HOUR = re.compile(r"\b(?:a|vers|des)\s+(\d{1,2})\s*h(?!\w*\s+(?:a|jusqu))")
_BY_HOUR = re.compile(r"\b(?:pour|avant|d'ici|by|before)\s+(?:midi|noon|(\d{1,2})\s*(?:h|:)\s*(?:\d\d)?)\b")


def clauses(sentence: Sentence) -> list[Sentence]:
    """Cut a sentence where another person or task begins: « Paul fait A, Inès fait B »."""
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
    """Return True if the words before and after a name say that its bearer has something to do. `together`:
    the name stands beside another one."""
    if says("given", before) or pattern("listed").match(after) or says("given_later", before):
        return True
    if together and pattern("take_together").match(after):
        return True
    return pattern("takes").match(after) is not None


def due_beside(sentence: Sentence) -> str | None:
    """Return the day, as an ISO date, of the short sentence that follows in the same message (« v1 lundi
    midi »), or None."""
    beside = list(of(sentence.said))
    for one, following in pairwise(beside):
        if sentence.text in one.text and len(following.words) <= BARE and not following.asked:
            return due(following.text, following.said)
    return None


def accepts(answer: Said) -> bool:
    """Return True for « d’accord », and for a day and little more: « devis vendredi »."""
    plain = unaccented(answer.text)
    short = len(stems(plain)) <= BARE + 1 and "?" not in plain
    return says("accepts", plain) is not None or (short and due(answer.text, answer) is not None)


def asks(said: Said) -> bool:
    """Return True if a message asks somebody to do something."""
    for sentence in of(said):
        plain = sentence.plain
        if says("asks_to", plain) or (not sentence.asked and says("needed", plain)):
            return True
        if sentence.asked and (says("to_you", plain) or says("who", plain)):
            return True
    return False
