"""The ladder of sensitivity: five ordered levels, and the two halves of the last.

The ladder is our proposal (the ministry's own charter prevails): N0 public, N1 internal, N2
sensitive, N3 protected by law, N4 out of scope. N4 is cut in two because the two halves obey different
texts: N4a, *Diffusion Restreinte* and its EU and NATO equivalents (II 901), may go to a homologated
system; N4b, classified information (IGI 1300), may not be handled at all.
"""

from __future__ import annotations

import enum


class Level(enum.IntEnum):
    """A level; the higher, the more sensitive. Written `N2` in files, JSON and what people read."""

    N0 = 0
    N1 = 1
    N2 = 2
    N3 = 3
    N4 = 4
    N4B = 5
    """For the gate only: classified, or N4 of which nobody knows which half. N4 is then N4a."""

    @classmethod
    def parse(cls, text: str) -> Level:
        """The level that `text` names (`N2`, `n2`; `N4a` and `N4b` are both N4). Raises ValueError."""
        found = _PARSED.get(text.strip().upper())
        if found is None:
            raise ValueError(f"unknown level {text!r}: expected one of N0, N1, N2, N3, N4")
        return found

    @property
    def french(self) -> str:
        return _FRENCH[self]

    @property
    def english(self) -> str:
        return _ENGLISH[self]

    def called(self, language: str) -> str:
        """What it means, in a word or two: « Sensible »."""
        return self.english if language == "en" else self.french

    def titled(self, language: str) -> str:
        """« N2 – Sensible »."""
        return f"{self} – {self.called(language)}"

    def __str__(self) -> str:
        return "N4" if self is Level.N4B else self.name

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)


class Sublevel(enum.StrEnum):
    """Which half of N4: `N4a` may go where a homologation says so, `N4b` never."""

    N4A = "N4a"
    N4B = "N4b"

    @classmethod
    def of(cls, text: str) -> Sublevel | None:
        """The half that the name of a level tells: `N4b`; a bare `N4` fails closed. None below N4."""
        if Level.parse(text) is not Level.N4:
            return None
        return cls.N4A if text.strip().upper() == "N4A" else cls.N4B


_PARSED = {str(level): level for level in Level if level <= Level.N4} | {"N4A": Level.N4, "N4B": Level.N4}
_FRENCH = {
    Level.N0: "Public",
    Level.N1: "Interne",
    Level.N2: "Sensible",
    Level.N3: "Confidentiel",
    Level.N4: "Hors périmètre",
    Level.N4B: "Hors périmètre",
}
_ENGLISH = {
    Level.N0: "Public",
    Level.N1: "Internal",
    Level.N2: "Sensitive",
    Level.N3: "Legally protected",
    Level.N4: "Out of scope",
    Level.N4B: "Out of scope",
}
