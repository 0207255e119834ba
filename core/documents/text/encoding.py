"""Bytes → text in any usual encoding, French first.

UTF-8 tells itself. Among the single-byte encodings the right one is the one whose accented letters look
like written French; statistics over the whole of Unicode (charset-normalizer) are asked only where that
finds nothing plausible, because on short French texts they often answer a Central European code page.
"""

from __future__ import annotations

import base64
import codecs
import re
from collections import Counter

from charset_normalizer import from_bytes  # here and not at its use: nothing can be imported in the jail

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FRENCH = ("cp1252", "iso8859-15", "mac-roman", "cp850")
_LETTERS = set("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆ")
_SIGNS = set("«»’‘“”…–—•°€§²\u00a0\u202f·№")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_SAMPLE = 256 * 1024


def is_text(data: bytes) -> bool:
    """Whether the beginning of `data` reads as text in some encoding."""
    sample = data[:4096]
    if sample.startswith(tuple(mark for mark, _ in _MARKS)) or _wide(sample):
        return True
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\x0b\x1b\x1a" for byte in sample)
    return not odd or (b"\0" not in sample and odd * 50 < len(sample))


def from_base64(text: str) -> bytes:
    """The bytes that a text in base64 holds; of a damaged one, those that can be made out."""
    said = _NOT_BASE64.sub("", text)
    return base64.b64decode(said[: len(said) - (len(said) % 4 == 1)] + "==")


def decode(data: bytes, declared: str | None = None) -> tuple[str, bool]:
    """The text, and whether its encoding was guessed. `declared` is what the file or its mail says."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace").removeprefix("\ufeff"), False
    try:
        return data.decode("utf-8"), False
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start >= len(data) - 4:
            return data.decode("utf-8", "replace").rstrip("\ufffd"), False
    if declared and (text := _declared(data, declared)) is not None:
        return text, False
    if name := _wide(data[:4096]):
        return data.decode(name, "replace"), True
    name = _single_byte(data[:_SAMPLE])
    return data.decode(name, "replace"), True


def _declared(data: bytes, name: str) -> str | None:
    try:
        if codecs.lookup(name).name in ("utf-8", "ascii"):
            return None
        name = {"iso8859-1": "cp1252"}.get(codecs.lookup(name).name, name)  # as browsers do
        return data.decode(name, "replace")
    except (LookupError, ValueError):
        return None


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte of Latin text is zero."""
    half = len(sample) // 2
    if half < 4:
        return None
    even, odd = sample[0 : half * 2 : 2].count(0), sample[1 : half * 2 : 2].count(0)
    if odd > half * 0.7 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.05:
        return "utf-16-be"
    return None


def _single_byte(sample: bytes) -> str:
    scores = {name: _score(sample, name) for name in _FRENCH}
    best = max(_FRENCH, key=lambda name: scores[name])
    if scores[best] >= 0.6:
        return best
    guessed = from_bytes(sample[:16_384]).best()
    return (guessed and guessed.encoding) or best


def _score(sample: bytes, name: str) -> float:
    """The share of non-ASCII characters that are at home in French; controls and odd ones count against."""
    high = Counter(byte for byte in sample if byte >= 128)
    if not high:
        return 1.0
    score = 0.0
    for byte, count in high.items():
        character = bytes((byte,)).decode(name, "replace")
        if character in _LETTERS:
            score += count
        elif character in _SIGNS:
            score += count * 0.9
        elif character == "\ufffd" or _CONTROL.match(character):
            score -= count
    capitals = len(re.findall(r"[a-zà-ÿ][ÀÂÇÉÈÊËÎÏÔÙÛÄÖÜŒÆ][a-z]", sample.decode(name, "replace")))
    return (score - capitals) / sum(high.values())
