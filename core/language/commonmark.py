"""Words of people and names of files in CommonMark: shown as they are, and read in its source as they are."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"[\\`*\[\]<>#|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{1,31};)")
"""What CommonMark may take for a sign; a line within a word is none (`rapport_final.pdf`)."""


_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, what turns the direction of writing round, halves of characters."""


def literal(text: str) -> str:
    """Write a text so that each of its characters is shown."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def one_line(text: str) -> str:
    """Write a name, which may be anybody's, on one line and as it is read."""
    return _UNSEEN.sub("", " ".join(text.split()))


def named(name: str) -> str:
    """Write a name on one line so that each of its characters is shown."""
    return literal(one_line(name))


CHAT_LINK = re.compile(r"https?://[^\s#]{1,200}/#/\S{1,600}")
"""A link to a message or a person, as chat clients copy it: its identifiers look like passwords."""
_CODE = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|(?<!\\)(`+)(?!`).+?(?<!`)\2(?!`))", re.DOTALL)
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
"""A sign that CommonMark shows as it is."""


def readable(source: str) -> str:
    """Take out the backslashes before signs, for a text whose source people read; code stays."""
    parts: list[str] = []
    at = 0
    for code in _CODE.finditer(source):
        parts += [ESCAPED.sub(r"\1", source[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*parts, ESCAPED.sub(r"\1", source[at:])])
