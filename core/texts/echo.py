"""What a person wrote, or called a file, as it is said back to them: in one line, and short."""

from __future__ import annotations

LONGEST = 80
"""Characters: enough to recognise what one wrote."""


def echo(said: str) -> str:
    """The words of `said` in one line of `LONGEST` characters at most, without what opens or ends code."""
    words = " ".join(said[: 4 * LONGEST].replace("`", "").split())
    shown = "".join(char for char in words if char.isprintable())
    return shown if len(shown) <= LONGEST and len(said) <= 4 * LONGEST else f"{shown[: LONGEST - 1]}…"
