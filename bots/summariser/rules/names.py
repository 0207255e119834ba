"""Finds participants by the names that people call them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bots.summariser.rules.phrases import vocabulary
from bots.summariser.talk import Member
from core.language.folding import unaccented

_TITLES = frozenset({"m", "mme", "dr", "mr", "mrs", "le", "la", "de", "du", "des", "el", "van"})
_SHORT = 3
"""Letters of a first name's beginning that people call it by: « Ben » is Benoît, « Fatou » is Fatoumata."""


class Names:
    """The names by which people call the members of a talk: the whole name, a part of it that nobody else
    bears, the beginning of the id, or of the first name.

    A family name may be a common word (« petit »), so it counts only with its capital."""

    def __init__(self, members: Sequence[Member]) -> None:
        called: dict[str, list[Member]] = {}
        self._proper: set[str] = set()
        for member in members:
            calls = _calls(member)
            self._proper |= {name for name in _parts(member.name)[1:] if name not in calls}
            for name in calls | set(_parts(member.name)[1:]):
                called.setdefault(name, []).append(member)
        self._called = {name: found[0] for name, found in called.items() if len(found) == 1 and len(name) > 1}
        spelled = "|".join(re.escape(name) for name in sorted(self._called, key=len, reverse=True))
        self._any = re.compile(rf"(?<![\w-])@?({spelled})(?![\w-])") if spelled else None

    def named(self, plain: str, text: str = "") -> list[tuple[re.Match[str], Member]]:
        """Return the members whom a folded text names, in order. `text` is the same text as it was written,
        by which family names are told from common words."""
        found = self._any.finditer(plain) if self._any else ()
        return [
            (match, self._called[match[1]])
            for match in found
            if match[1] not in self._proper or not text or text[match.start(1)].isupper()
        ]

    def whole(self, name: str) -> Member | None:
        """Return the member of a name as a model or a person may spell it, or None."""
        bare = _bare(name)
        return self._called.get(bare) or next(
            (member for match, member in self.named(bare) if len(match[1]) * 2 > len(bare)), None
        )


def _bare(name: str) -> str:
    """Fold a name, without the service that Tchap puts behind it."""
    return unaccented(re.sub(r"\s*[\[(].*?[\])]", "", name)).lstrip("@").strip()


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\s.]+", _bare(name)) if part and part not in _TITLES]


def _calls(member: Member) -> set[str]:
    parts = _parts(member.name)
    local = unaccented(member.id).lstrip("@").partition(":")[0]
    names = {_bare(member.name), " ".join(parts), *re.split(r"[.\-_]", local)[:1]}
    for first in parts[:1]:
        names |= {first} | {first[:length] for length in range(_SHORT, len(first))} - vocabulary("no_names")
        if "-" in first:  # « Marc » is Marc-Antoine, « JB » is Jean-Bernard
            names |= {first.partition("-")[0], "".join(part[:1] for part in first.split("-"))}
    return names
