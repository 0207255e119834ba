"""Words broken at line ends, put together again as French (and English) spell them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_KEPT = frozenset(
    "il elle on ils elles ce ci là je tu nous vous moi toi lui leur même mêmes dire".split()  # noqa: SIM905
)
_PREFIXES = frozenset(
    "sous vice ex non demi semi mi avant après peut vis contre inter c'est c’est".split()  # noqa: SIM905
)
_NONE: Counter[str] = Counter()


def join(above: str, below: str, words: Mapping[str, int] = _NONE) -> str:
    """Two lines as one text. `words` counts how the document itself spells: it decides, where it knows."""
    match = re.search(r"([^\W\d_][\w’'-]*)[-‐]$", above)
    first = re.match(r"[\w’']+", below)
    if not match or not first or not below[:1].islower():
        return f"{above}{'' if match and above[-2:-1].isalpha() else ' '}{below}"
    start, end = match[1].lower(), first[0].lower()
    whole, hyphened = words.get(start + end, 0), words.get(f"{start}-{end}", 0)
    parts = start.split("-")
    keeps = end.split("’")[0].split("'")[0] in _KEPT or parts[-1] in _PREFIXES
    if hyphened > whole or (keeps and whole <= hyphened):
        return above + below
    return above[:-1] + below
