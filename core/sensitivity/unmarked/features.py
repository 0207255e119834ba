"""What a text is made of, as the learned reader sees it: words, neighbours, shapes, letters.

A token is a word, a number or a sign. Its *shape* says what kind of thing it is without saying which: a given
name, a capital in the middle of a sentence, an amount, a telephone, an IP address, a string that looks like a
password. Names and figures differ from text to text; what stands round them does not, so patterns of small
words and shapes (`@name est en @cap`) carry over to texts that were never seen.

Pure, and linear in the text's length. The same function makes the features at training and at run time.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

from core.language.folding import plain_letters
from core.sensitivity.data import lexicon
from core.sensitivity.personal.facts import given_names

SIZE = 1 << 18
"""How many buckets there are."""
_LAST = SIZE - 1
KIND_MASK = (1 << 16) - 1
"""Kinds are told apart by coarser buckets."""

_TOKEN = re.compile(
    r"(?P<plain>[^\W\d_]++(?=[\s,;)\"]))"
    r"|(?P<mail>[\w.+\-]{1,40}@[\w\-]{1,40}\.[\w.\-]{2,20})"
    r"|(?P<url>\b\w{2,12}://\S{1,200})"
    r"|(?P<ip>\b\d{1,3}(?:\.(?:\d{1,3}|[xn*])){3}(?:/\d\d?)?)"
    r"|(?P<tel>(?<!\d)(?:\+33|0)[ .]?[1-9](?:[ .\-]?\d\d){4}(?!\d))"
    r"|(?P<date>\b\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?\b|\b\d{4}-\d\d-\d\d\b)"
    r"|(?P<hour>\b\d{1,2} ?h ?(?:\d\d)?\b|\b\d\d?:\d\d\b)"
    r"|(?P<file>\b[\w\-]{1,60}\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|csv|txt|zip|py|sh|html?|json|ya?ml|xml|shp|gpkg|tiff?"
    r"|png|jpe?g|exe|log|sql|ini|conf|env)\b)"
    r"|(?P<joined>\b(?=[A-Za-z\-._]{0,40}\d)(?=[\d\-._]{0,40}[A-Za-z])\w{1,30}(?:[\-._]\w{1,30}){1,6}\b[!?*$#]?)"
    r"|(?P<number>\d+(?:[.,]\d+)?(?:[ ]\d{3})*(?![\w@#!$&*]))"
    r"|(?P<mixed>(?=[^\W\d_]*[\d_@#!$%&*+~^][^\s]*[A-Za-z]|[^\W_]*[@#!$%&*+~^])[^\s,;:()\"']{4,200})"
    r"|(?P<word>[^\W\d_]+(?:[\-'][^\W\d_]+)*'?)"
    r"|(?P<line>\n\s*)"
    r"|(?P<sign>[^\w\s])"
    r"|(?P<rest>\S)"
)
_SIGNED = re.compile(r"[!#$%&*@^?+~=§]")
_FOR_A_LETTER = re.compile(r"[A-Za-z]\d[a-z]{2}")
_TITLES = frozenset(("m.", "mme", "mlle", "monsieur", "madame", "mr", "mrs", "ms"))
_THIRD = frozenset(("il", "elle", "he", "she", "lui", "her", "his", "him"))
_OURS = frozenset(("mon", "ma", "notre", "my", "our"))
_SMALL = lexicon("small_words.txt")
_LONGEST = 24
_LETTERS = crc32(b"c\x1f")
"""Of a bucket of letters, the sum of what stands before them."""
_COUNTED = ("@name", "@cap", "@caps", "@number", "@line", "?", ";", "|", ">")


def tokens(text: str) -> list[tuple[str, str]]:
    """The tokens of a text, each with its shape: `("marion", "@name")`, `("est", "est")`, `("?", "?")`."""
    found: list[tuple[str, str]] = []
    begins = True
    for match in _TOKEN.finditer(plain_letters(text).text):
        kind, written = match.lastgroup or "", match.group()
        if kind in ("plain", "word"):
            found += _elided(written, begins)
            begins = False
        elif kind == "number":
            found.append(_number(written))
            begins = False
        elif kind in ("sign", "rest"):
            found.append((written, written))
            begins = written in ".!?:>-•*"
        elif kind == "line":
            found.append(("\n", "@line"))
            begins = True
        else:
            shape = _odd(kind, written) if kind in ("mixed", "joined") else "@" + kind
            found.append((shape, shape))
            begins = False
    return found


def _odd(kind: str, written: str) -> str:
    """What letters, figures and signs in one run look like: a reference of capitals, a password, a login."""
    if not any(map(str.islower, written)):
        return "@ref"
    marks = (
        ("u", any(map(str.isupper, written))),
        ("d", any(map(str.isdigit, written))),
        ("s", bool(_SIGNED.search(written))),
        ("l", bool(_FOR_A_LETTER.search(written))),
    )
    return f"@{kind[0]}" + "".join(letter for letter, has in marks if has)


@lru_cache(maxsize=1 << 14)  # few words make most of what people write
def _elided(written: str, begins: bool) -> tuple[tuple[str, str], ...]:
    """`l'agent` is two words; so is `qu'il`."""
    lower = written.lower()
    head, mark, tail = lower.partition("'")
    if mark and tail and len(head) <= 3:
        return (head + "'", head + "'"), (tail, _shape(tail, written[len(head) + 1 :], False))
    return ((lower, _shape(lower, written, begins)),)


def _shape(lower: str, written: str, begins: bool) -> str:
    if lower in _SMALL:
        return lower
    if written.capitalize() in given_names() or written in given_names():
        return "@name"
    if written.isupper() and len(written) > 1:
        return "@caps"
    if written[:1].isupper() and not begins:
        return "@cap"
    return "@verb" if lower.endswith(("er", "ez", "era", "ait")) else "@word"


def _number(written: str) -> tuple[str, str]:
    plain = re.sub(r"\D", "", written)
    if len(plain) == 4 and plain[:2] in ("19", "20"):
        return "@year", "@number"
    if len(plain) < len(written):
        return "@decimal", "@number"
    return f"@{min(len(plain), 9)}digits", "@number"


def features(text: str) -> list[list[int]]:
    """The features of a text in five groups, each the number of a bucket: words, pairs, shapes, letters, and
    words with whether they are said of somebody."""
    found = tokens(text)
    words = ["<", *(word for word, _ in found), ">"]
    shapes = ["<", *(shape for _, shape in found), ">"]
    begun, formed = list(map(_begun, words)), list(map(_begun, shapes))
    pairs = {crc32(b.text, a.b) & _LAST for a, b in pairwise(begun)}
    pairs |= {crc32(b.text, a.k) & _LAST for a, b in zip(begun, begun[2:], strict=False)}
    patterns = _overall(found)
    patterns |= {crc32(b.text, a.s) & _LAST for a, b in pairwise(formed)}
    patterns |= {crc32(b.text, a.m) & _LAST for a, b in zip(begun, formed[1:], strict=False)}
    patterns |= {crc32(b.text, a.n) & _LAST for a, b in zip(formed, begun[1:], strict=False)}
    three = zip(formed, formed[1:], formed[2:], strict=False)
    patterns |= {crc32(c.after, crc32(b.text, a.t)) & _LAST for a, b, c in three}
    single = {word_bucket(word) for word in words}
    letters = set[int]().union(*(letter_buckets(word) for word in {*words}))
    groups = (single, pairs, patterns, letters, _about(found, words))
    return [list(group) for group in groups]


class _Begun(NamedTuple):
    """A word or a shape as bytes, alone and after another; and the sums of the buckets that begin with it, by
    their letter."""

    text: bytes
    after: bytes
    b: int
    k: int
    m: int
    s: int
    n: int
    t: int


@lru_cache(maxsize=1 << 14)
def _begun(text: str) -> _Begun:
    encoded = text.encode()
    return _Begun(
        encoded, b"\x1f" + encoded, *(crc32(b"%c\x1f%b\x1f" % (letter, encoded)) for letter in b"bkmsnt")
    )


def _about(found: list[tuple[str, str]], words: list[str]) -> set[int]:
    """The same matter is sensitive where somebody is named or pointed at, and a question where nobody is."""
    whom, asked = _whom(found), "?" if "?" in words else "."
    heads = {word[:7] for word in words if len(word) > 2}
    buckets = {word_about(head, whom) for head in heads} | {_word_asked(head, asked) for head in heads}
    return buckets | {_bucket("pp", whom, asked)}


def _whom(found: list[tuple[str, str]]) -> str:
    """Whether a text names somebody (N), speaks of him or her (P), of somebody of ours (M), or of nobody."""
    words = {word for word, _ in found}
    names = {"@name", "@cap", "@caps"}
    if any(shape == "@name" for _, shape in found):
        return "N"
    if any(a in _TITLES and shape in names for (a, _), (_, shape) in pairwise(found)):
        return "N"
    if words & _THIRD:
        return "P"
    return "M" if words & _OURS else "-"


@lru_cache(maxsize=1 << 14)  # few words make most of what people write
def letter_buckets(word: str) -> tuple[int, ...]:
    """The buckets of a word's letters, three to five in a row."""
    if len(word) <= 2:
        return ()
    padded = f"<{word[:_LONGEST]}>"
    letters = padded.encode() if padded.isascii() else padded
    runs = [letters[i : i + size] for size in (3, 4, 5) for i in range(len(letters) - size + 1)]
    return tuple([crc32(run.encode() if isinstance(run, str) else run, _LETTERS) & _LAST for run in runs])


def _overall(found: list[tuple[str, str]]) -> set[int]:
    """How long, how many names and figures, how it begins and ends."""
    counts = Counter(shape for _, shape in found)
    named = str(counts["@name"] + counts["@cap"] > 0)
    begins = [word for word, _ in found[:2]]
    ends = found[-1][0] if found else ""
    return {
        *(_bucket("o", shape, str(min(counts[shape], 3))) for shape in _COUNTED),
        _bucket("l", str(len(found).bit_length())),
        _bucket("f", *begins[:1]),
        _bucket("g", *begins),
        _bucket("e", ends),
        _bucket("q", *begins[:1], named),
        _bucket("r", ends, named),
    }


@lru_cache(maxsize=1 << 14)
def word_bucket(word: str) -> int:
    """The bucket of a word by itself."""
    return _bucket("w", word)


@lru_cache(maxsize=1 << 14)
def word_about(head: str, whom: str) -> int:
    """The bucket of a word's beginning with whom its text is about (`_whom`)."""
    return _bucket("cj", head, whom)


@lru_cache(maxsize=1 << 14)
def _word_asked(head: str, asked: str) -> int:
    return _bucket("cq", head, asked)


def _bucket(*parts: str) -> int:
    return crc32("\x1f".join(parts).encode()) & _LAST
