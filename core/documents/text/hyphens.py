"""Words broken at line ends, put together again as French (and English) spell them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_ENDS = frozenset(
    """
    il elle on ils elles ce ci là je tu nous vous moi toi lui leur même mêmes dire dessus dessous delà devant
    après joint jointe joints jointes
    """.split()  # noqa: SIM905
)
"""What follows a hyphen of its own: a-t-il, celui-ci, ci-dessus."""

_STARTS = frozenset(
    """
    sous vice non demi semi avant après peut vis contre rendez chef procès compte plus moins haut grand
    dix vingt trente quarante cinquante soixante quatre nord sud
    """.split()  # noqa: SIM905
)
"""What precedes one: sous-préfet, dix-sept. Not what many whole words begin with (mi-, ci-, ex-)."""

_LINKS = frozenset(("à", "de", "d", "en", "le", "la", "les", "et", "t", "sur", "l", "au"))
"""What stands between two: c’est-à-dire, Saint-Jean-de-Luz."""

_WHOLE = re.compile(r"sous(?:cri|tra|sig)|contre(?:ven|fa|di|mar)|plusieurs|hauteur|grandeur|avantag")
_NONE: Counter[str] = Counter()


def join(above: str, below: str, words: Mapping[str, int] = _NONE) -> str:
    """Two lines as one text. `words` counts how the document itself spells: it decides, where it knows."""
    if not above.endswith(("-", "‐")):
        return f"{above} {below}"
    match = re.search(r"([^\W\d_][\w’'-]*)[-‐]$", above[-100:])
    first = re.match(r"[\w’']+", below)
    if not match or not first or not below[:1].islower():
        return f"{above}{'' if match else ' '}{below}"
    start, end = match[1].lower(), first[0].lower()
    whole, hyphened = words.get(start + end, 0), words.get(f"{start}-{end}", 0)
    known = hyphened - whole
    keeps = known > 0 or (known == 0 and _is_compound(start.rpartition("-")[2], end))
    return above + below if keeps else above[:-1] + below


def _is_compound(start: str, end: str) -> bool:
    linked = start in _LINKS or end.replace("’", "'").partition("'")[0] in _ENDS
    return linked or (start in _STARTS and not _WHOLE.match(start + end))
