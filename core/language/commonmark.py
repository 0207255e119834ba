"""Words of people and names of files as CommonMark that shows them as they are."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"[\\`*\[\]<>#|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{1,31};)")
"""What CommonMark may take for a sign; a line within a word is none (`rapport_final.pdf`)."""


def literal(text: str) -> str:
    """Write a text so that each of its characters is shown."""
    return _SPECIAL.sub(r"\\\g<0>", text)
