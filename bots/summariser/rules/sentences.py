"""What the rules know of each sentence of a talk: its folded form, its words, whether it is meant;
and the parts of it that tell, ask or accept somebody's work (`clauses`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from bots.summariser.dates import days
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
"""Letters that tell a word."""
BARE = 2
"""Words of a promise or a decision that tell nothing by themselves: what it answers is then quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """`plain` is folded; `words` are the stems of the words that carry its subject."""

    said: Said
    text: str = field(repr=False)
    plain: str = field(repr=False)
    words: frozenset[str]

    @property
    def asked(self) -> bool:
        return bool(_ASKED.search(self.plain))


_ASKED = re.compile(r"\?[\s\u00a0\u202f»)!?.…🤔🙏😅😊]*$|\?\s*(?:stp|svp|merci)\W*$")


def sentences(talk: Talk) -> list[Sentence]:
    """Every sentence that is meant, in order: jokes, and what its author calls one, are left out."""
    jokes = joked(talk)
    return [one for said in talk.messages if said.n not in jokes for one in of(said)]


def of(said: Said) -> Iterator[Sentence]:
    """The sentences of a message, without what it quotes and without code."""
    for line in _QUOTE.sub("", _CODE.sub(" ", said.text)).splitlines():
        if line.lstrip().startswith("|"):
            continue  # a table
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
    """Messages that joke, that made others laugh, or that their author, next in line, says were a joke."""
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
    """How many reactions agree."""
    return sum(count for key, count in said.reactions.items() if key in vocabulary("agrees"))


def decides(sentence: Sentence) -> bool:
    """Do the words of a sentence decide? A question, a condition, a wish or a wink does not."""
    if sentence.asked or not undoubted(sentence):
        return False
    own = _REPORTED.sub(" ", sentence.plain)
    return any(
        (says("decides", clause) or says("decides_mildly", clause)) and not says("open_still", clause)
        for clause in (own, *_COMMA.split(own))
    )


_REPORTED = re.compile(r":\s*[«\"“][^»\"”]{15,}[»\"”]?")
"""What somebody else said or wrote."""
_COMMA = re.compile(r",\s+(?=\w)")


def undoubted(sentence: Sentence) -> bool:
    """Nothing in it says that it is not decided yet, or not meant."""
    plain = _AS_LONG_AS.sub("", sentence.plain)
    return says("not_decided", plain) is None and says("winks", plain) is None


_AS_LONG_AS = re.compile(r"(?<=\w)\s+tant\s+que\b.*")
"""Until when a decision holds."""


def deciding(said: Iterable[Said]) -> bool:
    """Does any sentence of these messages decide?"""
    return any(decides(sentence) for one in said for sentence in of(one))


def due(text: str, said: Said) -> str | None:
    """The last day that a text names, seen from its message: « d’ici vendredi » → ISO date; an hour alone
    (« avant 14h ») is the day of the message."""
    found = days(text, said.at.date())
    plain = unaccented(text)
    found = [day for day in found if not says("dates", plain[: day.start])]
    if found:
        other = [day for day in found if day.day != said.at.date()]  # « le 14, EOD » is the 14th
        found = other or found
        meant = [day for day in found if says("deadline", plain[: day.start + 8])]
        return (meant or found)[-1].day.isoformat()
    hour = _BY_HOUR.search(plain) or (None if says("meeting", plain) else _AT_HOUR.search(plain))
    if hour is None or int(hour[1] or 12) <= said.at.hour:
        return None
    return said.at.date().isoformat()


_AT_HOUR = re.compile(r"\b(?:a|vers|des)\s+(\d{1,2})\s*h(?!\w*\s+(?:a|jusqu))")
_BY_HOUR = re.compile(r"\b(?:pour|avant|d'ici|by|before)\s+(?:midi|noon|(\d{1,2})\s*(?:h|:)\s*(?:\d\d)?)\b")


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
