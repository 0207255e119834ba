"""Texts in plain letters, so that people are understood however they type, and markings however they are set.

`fold` and `unaccented` take case and accents away, for what people ask and for words that are looked for.
`plain_letters` does more, for the rules of levels: it keeps case and line ends, and writes ASCII letters,
digits, plain spaces and plain dashes wherever the original has something that reads the same: `É`, full-width
`Ｅ`, Cyrillic `Е`, bold `𝐄`, no-break spaces, curly apostrophes. Characters that show nothing (zero-width,
soft hyphens, combining accents, directions) disappear, ligatures are written out; `Folded.origin` leads back.

Folding is linear; most texts need no map at all, since one character becomes one character.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SIGNS = dict.fromkeys("’ʼ", "'") | dict.fromkeys("–—‑−", "-") | dict.fromkeys("\u00a0\u202f\u2009", " ")


class _WithoutMarks(dict[int, int | None]):
    """Each character for itself, and nothing for combining marks, worked out when it is first met."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_WITHOUT_MARKS = _WithoutMarks()


def fold(text: str) -> str:
    """Fold a text to lower case without accents; ligatures become two letters."""
    text = text.casefold()
    if text.isascii():
        return text
    text = text.replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return unicodedata.normalize("NFKD", text).translate(_WITHOUT_MARKS)


class _Unaccented(dict[int, str]):
    """What each character becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        form = "NFKD" if unicodedata.category(char) == "Lm" else "NFD"  # « 1ᵉʳ », but « m² » stays
        base = _SIGNS.get(char) or unicodedata.normalize(form, char)[0].lower()
        self[code] = base if len(base) == 1 else char
        return self[code]


_UNACCENTED = _Unaccented()


def unaccented(text: str) -> str:
    """Fold a text character by character, so that every place in it stays: `Été – 1ᵉʳ` is `ete - 1er`."""
    return text.translate(_UNACCENTED)


_RANGES = (
    (0xA0, 0x250), (0x1D00, 0x1DC0), (0x1E00, 0x1F00), (0x2000, 0x2150), (0x2160, 0x2180), (0x2460, 0x2500),
    (0xFF00, 0xFFF0), (0x1D400, 0x1D800), (0x1F100, 0x1F200), (0x1FBF0, 0x1FBFA),
)  # fmt: skip
"""Where Unicode itself knows the plain form: accents, letter-like, enclosed, full-width, mathematical."""

_ALIKE = {
    "АВЕКМНОРСТУХІЈЅԌԚԜҮЗИЯЬЛ": "ABEKMHOPCTYXIJSGQWY3NRbN",  # Cyrillic
    "авекмнорстухіјѕһԁԛԝүѵ": "abekmhopctyxijshdqwyv",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΣϹϺϳ": "ABEZHIKMNOPTYXSCMj",  # Greek
    "αειικονρτυχςϲ": "aeiikovptuxsc",
    "ՕՍՏԼ": "OUSL",  # Armenian
    "ᎠᎡᎢᎬᎥᏚᏟᏞᎪᎷᎻᏢᏙᏴ": "DRTEiSCLAMHPVB",  # Cherokee
    "ꓐꓓꓢꓡꓔꓰꓠꓳꓝꓲꓴꓣꓚꓮꓟꓧꓑ": "BDSLTENOFIURCAMHP",  # Lisu
    "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ": "ABCDEFGHIJKLMNOPRSTUVWYZ",  # small capitals
    "ıɑɡøØłŁđĐħĦŧŦƒ": "iagoOlLdDhHtTf",
    "‐‑‒–—―−﹘﹣－─━═\x96\x97": "---------------",
    "’‘‛ʼʹ′´＇\x91\x92": "''''''''''",
    "“”„‟″＂\x93\x94": '""""""""',
    "：∶꞉ː": "::::",
    "│┃║｜¦▏": "||||||",
    "·∙⋅▪■◆●○◦‣►▶": "••••••••••••",
    "\u2028\u2029\x85\x0b\x1c\x1d\x1e": "\n\n\n\n\n\n\n",
    "\t\u3000\u1680\u2800\x00": "\t    ",
    "…": ".",
}
_NOTHING = (
    "\x01-\x08\x0e-\x1a\x7f-\x84\x86-\x90\x98-\x9f\ufffc"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)  # fmt: skip
_WRITTEN_OUT = {
    "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi",
    "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "№": "No", "℡": "Tel",
}  # fmt: skip
_ENTITY = r"&(?:[A-Za-z]{2,8}|#\d{2,7}|#[xX][0-9A-Fa-f]{2,6});"
_COLOUR = r"\x1b(?:\[[\d;]{0,20}[A-Za-z])?"
"""How a terminal is told to write otherwise, which is copied with its text."""
_ESCAPE = r"\\u(?!d[89a-fA-F])[0-9A-Fa-f]{4}"
"""How JSON and programs write a letter that is not ASCII."""
_BLANK = "[ \xa0\u202f]"
_WIDE = rf"(?<=\S)(?:{_BLANK}{{2}}(?=\S)|(?P<gap>{_BLANK}{{3,4}})(?=\S{{1,40}}(?P=gap)\S))"
"""A gap that only parts words, since they are set widely or justified: two blanks, or as many as the next gap
has. Any other gap parts columns."""
_SPECIAL = re.compile(f"{_COLOUR}|[{_NOTHING}]+|[{''.join(_WRITTEN_OUT)}]|{_ENTITY}|{_ESCAPE}|{_WIDE}")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])`(?=[^\W\d_])")
"""A backquote is one within a word; elsewhere it is markup."""
_ITALICS = re.compile(
    r"(?<!\w)_(?=[^\s_])([^_\n]{1,300}(?:_(?<=[^\W_]_)(?=[^\W_])[^_\n]{1,300}){0,20})(?<=\S)_(?!\w)"
)
"""What Markdown and Slack set in italics: the sign is a letter to `\\b`, which a star is not. Two of them
part a line, as a row of dashes does."""
_NOTHING_SEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def _plain(code: int) -> str | None:
    """The one ASCII character that `code` reads as, by Unicode's own decomposition; None without."""
    character = chr(code)
    if character in _WRITTEN_OUT:
        return None
    base = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    if len(base) == 1 and base != character and base.isascii():
        return base
    if 0x1F130 <= code <= 0x1F189:  # squared and negative letters: no decomposition
        return chr(ord("A") + (code - 0x1F130) % 32) if (code - 0x1F130) % 32 < 26 else None
    if 0x1F1E6 <= code <= 0x1F1FF:  # regional indicators
        return chr(ord("A") + code - 0x1F1E6)
    return " " if character.isspace() else None


def _table() -> dict[int, str]:
    """What each character reads as. Nothing is replaced that stands for another: the order is no matter."""
    codes: Iterable[int] = (code for start, end in _RANGES for code in range(start, end))
    table = {code: plain for code in codes if (plain := _plain(code)) is not None}
    for digit in range(0x660, 0xAA0):  # digits of other scripts, in their main blocks
        value = unicodedata.decimal(chr(digit), None)
        if value is not None:
            table[digit] = str(int(value))
    for alike, plain in _ALIKE.items():
        table |= {ord(a): p for a, p in zip(alike, plain, strict=True)}
    return table


_TABLE = _table()
_KNOWN = frozenset(map(chr, _TABLE))
_FEW = 40
"""Kinds of characters that are replaced one by one, which is faster; most texts have a dozen that are not
ASCII."""


class Folded(NamedTuple):
    """`text` is folded; `starts` and `shifts` map its offsets back (both empty: offsets are the same)."""

    text: str
    starts: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def origin(self, offset: int) -> int:
        """Where the character at `offset` of the folded text stands in the original."""
        if not self.starts:
            return offset
        at = bisect_right(self.starts, offset) - 1
        return offset + self.shifts[at] if at >= 0 else offset

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original offsets of a non-empty folded span."""
        first = self.origin(start)
        return first, max(self.origin(end - 1) + 1, first + 1)


def plain_letters(text: str) -> Folded:
    """Write `text` in plain letters. Line ends become `\\n`; the number of characters before each is kept in
    the map."""
    starts: Sequence[int] = ()
    shifts: Sequence[int] = ()
    if _SPECIAL.search(text) is not None:
        text, starts, shifts = _written_out(text)
    known = () if text.isascii() else _KNOWN & set(text)
    text = text.translate(_TABLE) if len(known) > _FEW or text.isascii() else text  # quick for ASCII
    for character in known if len(known) <= _FEW else ():
        text = text.replace(character, _TABLE[ord(character)])
    text = _APOSTROPHE.sub("'", text) if "`" in text else text
    text = _ITALICS.sub(r"*\1*", text) if "_" in text else text
    text = text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
    return Folded(text, tuple(starts), tuple(shifts))


def _written_out(text: str) -> tuple[str, list[int], list[int]]:
    """The text without what shows nothing, ligatures and entities written out; and the map back."""
    pieces: list[str] = []
    starts: list[int] = []
    shifts: list[int] = []
    length = last = 0
    for match in _SPECIAL.finditer(text):
        kept = text[last : match.start()]
        written = _written(match.group())
        pieces += (kept, written)
        length += len(kept)
        for i in range(len(written)):  # each written letter leads back to the one ligature
            starts.append(length + i)
            shifts.append(match.start() - length - i)
        length += len(written)
        last = match.end()
        starts.append(length)
        shifts.append(last - length)
    pieces.append(text[last:])
    return "".join(pieces), starts, shifts


def _written(special: str) -> str:
    """What a special character, an entity of HTML or an escape reads as; an unknown entity is itself."""
    if special[0] in " \xa0\u202f":
        return " "
    if special[0] == "\\":
        letter = chr(int(special[2:], 16))
        return "" if letter in _NOTHING_SEEN else _WRITTEN_OUT.get(letter, letter)
    if special[0] != "&":
        return _WRITTEN_OUT.get(special, "")
    return "".join(_WRITTEN_OUT.get(c, c) for c in html.unescape(special) if c not in _NOTHING_SEEN)


class _Kept(dict[int, str | int | None]):
    """Of every character: itself where it is a letter or a digit, else nothing. Filled as characters come."""

    def __missing__(self, code: int) -> int | None:
        self[code] = value = code if chr(code).isalnum() else None
        return value


_KEEP = _Kept()
_GATE = bytes.maketrans(b"L1058347", b"IIOSBEAT")
_NO_GATE = bytes(c for c in range(128) if not (chr(c).isalnum() or chr(c) in "\n\f"))


def is_kept(character: str) -> bool:
    """Is this character of a folded text in its skeleton?"""
    return _KEEP[ord(character)] is not None


def skeleton(folded: str) -> str:
    """Capitals and digits of folded text."""
    return folded.upper().translate(_KEEP)


def gate_skeleton(folded: str) -> str:
    """The ASCII skeleton with look-alike digits folded; line ends and form feeds are kept."""
    return folded.upper().encode("ascii", "ignore").translate(_GATE, _NO_GATE).decode("ascii")
