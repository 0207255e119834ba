"""The learned reader: what kind of sensitive thing an unmarked text says, and how likely that is.

Weights learned from texts that independent people wrote (`tests/data/sensitivity/unmarked`) are applied to a
text's features. A *first* sum, of words, pairs, shapes and letters alone, sends most harmless texts on their
way. What is left is read a second time, by a model of language whose last layers were tuned to the same texts
(`encoder`); its vector says of which kind the text would be, and the vector, the first sum and what words say
of that kind, whether it is sensitive at all. Where there is no encoder, words alone decide, with bounds of
their own.

The weights are data. Bounds that were set where they were learned turn the sums into evidence: what is
*likely* raises the level, what is *possible* is asked about.

What is sensitive in a message often stands between harmless words (« Corrige ce texte : … Merci, bonne
journée. »), by which the first sum of the whole is diluted: what words say is asked of each sentence too, and
the most suspect one speaks for the message, a little more softly.

A long text is read paragraph by paragraph. What stands out is suspect where the sum of its likeliest kind
does not speak against it; the most suspect are read again. A document must have a stronger reason than a
message: bounds rise with the number of suspects, and for kinds that published documents are full of.

For what is sensitive in sixty pages is often one paragraph of them, and among its neighbours its words no
longer weigh. Most are told harmless by a glance at single words, whose weights are added up once for each
word that occurs; the share that weighs most is looked at in full.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import nlargest
from operator import itemgetter
from typing import NamedTuple

from core.language.commonmark import CHAT_LINK
from core.language.encoder import Encoder
from core.language.folding import Folded, plain_letters
from core.sensitivity.level import Kind, Level, Strength
from core.sensitivity.unmarked.features import features, letter_buckets, tokens, word_bucket
from core.sensitivity.unmarked.weights import (
    ASKED,
    KINDS,
    LEVELS,
    Groups,
    Weights,
    likeliest,
    shipped_encoder,
    shipped_weights,
)

_READ = 8
_FOR_EACH = 16_000
"""So many stretches are read again at most, and one more for each of so many characters."""
_SUSPECT = -0.15
"""From which sum on a stretch of a long text is suspect: the first, and that of its likeliest kind."""
_LONG = 0.5
"""By how much bounds rise in a long text, as the logarithm of odds; and by that of how many stretches are
suspect: of many that look sensitive by their words, one may be so by chance."""
_MORE = 0.09
"""By how much the first sum of such a stretch must be more besides, to be read again."""
_LOUD: frozenset[Kind | None] = frozenset(("credential", "network", "list"))
_LOUDNESS = 3.0
"""By how much they rise for kinds that published documents are full of: systems, and who made them. Rules
look for passwords, and for lists with how to reach people, in all of a text."""
_ALONE = 0.2
"""By how much the first sum of a sentence must be more than that of its message, to speak for it: one of
several may weigh by chance."""
_CLEARED = -1.2
"""The first sum of a message below which its sentences are not looked at: of two ordinary ones in three."""
_LEAST_SENTENCE = 20
"""Characters of a sentence that is looked at by itself; a shorter one is part of its neighbour."""
_WEIGHED = 3
_WHOLE = 600
"""Characters of a text that is read as one stretch."""
_LONGEST = 300
"""Characters of a stretch of a long text."""
_SHORTEST = 40
"""A shorter paragraph is read with the next: it heads it, or both are lines of a list."""
_LOOKED = 10
_ONE_IN = 6
"""Of a long text so many stretches are looked at in full at most, and one in so many of the others."""
_LEAST = -2.0
"""And only those at which a glance weighs no less: one in eleven of public documents, nineteen in twenty of
sensitive texts."""
_SHARE = 0.75
"""A sum of n weights grows as a power of n: of the half in what was learned; of more, long stretches weigh no
more than short ones."""
_FEW = 4
"""Short texts that may stand beside each other, each for itself: a message, what it quotes, a subject."""
_PARAGRAPH = re.compile(r"(?:[^\n\f]++|\n(?![ \t]*[\n\f]))++")
_STOP = re.compile(r"[.!?…:;][\"»)]?\s+|\n+")
_WORD = re.compile(r"[a-z]+'?")
_WRITTEN = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """What the reader thinks of the stretch `start` to `end` of a text, and which words weighed most."""

    kind: Kind
    probability: float
    strength: Strength
    start: int
    end: int
    words: tuple[str, ...]

    @property
    def level(self) -> Level:
        return LEVELS[self.kind]


def read(texts: Sequence[str], folded: Sequence[Folded]) -> list[tuple[int, Impression]]:
    """What is possibly sensitive in the texts of one document or message, each with its text's number."""
    weights, encoder = shipped_weights(), shipped_encoder()
    found: list[tuple[int, Impression]] = []
    for doubt in doubts(folded, weights):
        n = doubt.stretch.text
        start, end = folded[n].span(doubt.stretch.start, doubt.stretch.end)
        if impression := _impression(texts[n], start, end, weights, doubt, encoder):
            found.append((n, impression))
    return found


def is_doubtful(texts: Sequence[str]) -> bool:
    """Does a text need a second reading, if there is an encoder?"""
    return bool(doubts([plain_letters(text) for text in texts], shipped_weights()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """A stretch that its words do not clear. Of a long text's: which kind they say, its sum and the first
    together, and how many stretches are `suspect` of the same text."""

    stretch: Stretch
    folded: str
    groups: Groups
    first: float
    kind: Kind | None = None
    suspicion: float = 0.0
    suspect: int = 1

    def rise(self, kind: Kind | None) -> float:
        """By how much bounds rise, as the logarithm of odds, where the stretch is read as of this kind."""
        if self.kind is None:
            return 0.0
        loud = _LOUDNESS if {kind, self.kind} & _LOUD else 0.0
        return _LONG + math.log(self.suspect) + loud


def doubts(folded: Sequence[Folded], weights: Weights) -> list[Doubtful]:
    """The stretches that are read again, in their order."""
    each_of = (_doubt(stretch, folded, weights) for stretch in standing_out(folded, _weigh))
    found = [each for each in each_of if each is not None]
    suspect = Counter((each.stretch.document, each.kind in _LOUD) for each in found)
    found = [replace(each, suspect=suspect[each.stretch.document, each.kind in _LOUD]) for each in found]
    found = [each for each in found if _is_doubtful(each.first, each.rise(each.kind), weights)]
    most = _READ + sum(len(each.text) for each in folded) // _FOR_EACH
    return sorted(nlargest(most, found, key=lambda each: each.suspicion), key=lambda each: each.stretch)


def _doubt(stretch: Stretch, folded: Sequence[Folded], weights: Weights) -> Doubtful | None:
    own = folded[stretch.text].text[stretch.start : stretch.end]
    groups = features(own)
    first = weights.first.score(groups)
    if not stretch.of_long and first >= _CLEARED:
        groups, first = _loudest(own, groups, first, weights)
    if not _is_doubtful(first, _LONG if stretch.of_long else 0.0, weights):
        return None
    if not stretch.of_long:
        return Doubtful(stretch=stretch, folded=own, groups=groups, first=first, suspicion=math.inf)
    sums = dict(zip(KINDS, weights.by_words(groups), strict=True))
    kind = max(KINDS, key=sums.__getitem__)
    suspicion = first + sums[kind]
    if suspicion < _SUSPECT:
        return None
    return Doubtful(stretch=stretch, folded=own, groups=groups, first=first, kind=kind, suspicion=suspicion)


def _loudest(message: str, groups: Groups, first: float, weights: Weights) -> tuple[Groups, float]:
    """What speaks for a message: its own features with their first sum, or those of one of its sentences."""
    sentences = list(_sentences(message))
    if len(sentences) < 2:
        return groups, first
    alone = [(each, weights.first.score(each) - _ALONE) for each in map(features, sentences)]
    return max([(groups, first), *alone], key=itemgetter(1))


def _sentences(message: str) -> Iterator[str]:
    start = 0
    for match in _STOP.finditer(message):
        if match.start() - start >= _LEAST_SENTENCE and len(message) - match.end() >= _LEAST_SENTENCE:
            yield message[start : match.end()]
            start = match.end()
    yield message[start:]


def _is_doubtful(first: float, rise: float, weights: Weights) -> bool:
    """Is a stretch to be read again, if bounds rise so much for it? They do in a long text."""
    return weights.is_doubtful(first - (_MORE if rise else 0.0), rise)


@lru_cache(maxsize=1 << 15)  # few words make most of what people write
def _weigh(word: str) -> Weighed:
    weight, letters = shipped_weights().first.weight, letter_buckets(word)
    return Weighed(weight(word_bucket(word)), sum(map(weight, letters)), len(letters))


def without_links(text: str) -> str:
    """The text as it is encoded."""
    return CHAT_LINK.sub("", text)


def _impression(
    text: str, start: int, end: int, weights: Weights, doubt: Doubtful, by: Encoder | None
) -> Impression | None:
    if by is None:
        score, bounds, kinds = doubt.first, weights.alone, weights.by_words(doubt.groups)
    else:
        bounds = weights.bounds
        score, kinds = weights.by_both(doubt.first, doubt.groups, by.encode(without_links(text[start:end])))
    kind, sum_of_both = likeliest(kinds), score
    score -= doubt.rise(kind) / bounds.slope
    if by is not None and bounds.strength(score) == "weak":
        kind = likeliest(kinds, ASKED)
        score = min(score, sum_of_both - doubt.rise(kind) / bounds.slope)
    strength = bounds.strength(score)
    if strength is None:
        return None
    return Impression(
        kind=kind,
        probability=bounds.probability(score),
        strength=strength,
        start=start,
        end=end,
        words=_heaviest(text[start:end], doubt.folded, weights),
    )


def _heaviest(text: str, folded: str, weights: Weights) -> tuple[str, ...]:
    """The words that weighed most by themselves, as they are written and in their order, without names and
    figures."""
    weight = weights.first.weight
    plain = {word for word, shape in tokens(folded) if shape in ("@word", "@verb") and len(word) > 2}
    heavy = nlargest(_WEIGHED, plain, key=lambda word: (weight(word_bucket(word)), word))
    heavy = [word for word in heavy if weight(word_bucket(word)) > 0]
    written = {
        plain_letters(each[0]).text.lower(): each[0] for each in reversed(list(_WRITTEN.finditer(text)))
    }
    return tuple(written[word] for word in reversed(written) if word in heavy)


class Stretch(NamedTuple):
    """The part `start` to `end` of the folded text number `text`. Stretches of one `document` are judged
    together; `of_long`: is it one of several?"""

    text: int
    start: int
    end: int
    document: int
    of_long: bool


class Weighed(NamedTuple):
    """The weight of a word, that of its letters, and how many features these are."""

    word: int
    letters: int
    features: int


_NOTHING = Weighed(0, 0, 0)


def stretches_of(texts: Sequence[Folded]) -> list[Stretch]:
    """The stretches of some texts. Of many texts the short ones are one document: the boxes of a page."""
    split = [list(_split(folded.text)) for folded in texts]
    boxes = sum(len(bounds) == 1 for bounds in split) > _FEW
    found: list[Stretch] = []
    for n, bounds in enumerate(split):
        long = len(bounds) > 1
        document = n if long or not boxes else -1
        found += (Stretch(n, start, end, document, long or boxes) for start, end in bounds)
    return found


def standing_out(texts: Sequence[Folded], weigh: Callable[[str], Weighed]) -> list[Stretch]:
    """The stretches that are looked at in full, in their order."""
    found = stretches_of(texts)
    if len(found) <= _LOOKED:
        return found
    small = [folded.text.lower() for folded in texts]
    glances = [(_glance(small[each.text], each, weigh), each) for each in found]
    weighty = [each for each in glances if each[0] >= _LEAST]
    return sorted(each for _, each in nlargest(_LOOKED + len(found) // _ONE_IN, weighty))


def _glance(text: str, stretch: Stretch, weigh: Callable[[str], Weighed]) -> float:
    words = set(_WORD.findall(text, stretch.start, stretch.end))
    said, letters, features = map(sum, zip(_NOTHING, *map(weigh, words), strict=True))
    return said / (len(words) + 1) ** _SHARE + letters / (1 + features) ** _SHARE


def _split(text: str) -> Iterator[tuple[int, int]]:
    """The bounds of a short text, or of a long one's paragraphs. Long ones end with a line, a sentence or a
    word."""
    if len(text) <= _WHOLE:
        if text.strip():
            yield 0, len(text)
        return
    held = -1
    for match in _PARAGRAPH.finditer(text):
        start, end = match.span() if held < 0 else (held, match.end())
        if end - start < _SHORTEST:
            held = start
            continue
        held = -1
        yield from _pieces(text, start, end)
    if held >= 0:
        yield held, len(text)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _LONGEST:
        stops = (text.rfind(stop, start + _LONGEST // 3, start + _LONGEST) for stop in ("\n", ". ", " "))
        cut = next((stop + 1 for stop in stops if stop > 0), start + _LONGEST)
        yield start, cut
        start = cut
    if start < end:
        yield start, end
