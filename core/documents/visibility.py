"""When letters are not seen on what they are written on: one measure for all formats of word processors."""

from __future__ import annotations

import re

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
LEAST_POINTS = 2.0
"""The size of letters that are read."""
_ALIKE = 12
"""Of 256: colours whose channels differ less look the same."""
_HEX = re.compile("#?([0-9a-fA-F]{6})")


def alike(colour: Colour | None, ground: Colour | None) -> bool:
    """Whether letters of a colour are not seen on a ground; false where one is not known."""
    return (
        colour is not None
        and ground is not None
        and all(abs(one - other) < _ALIKE for one, other in zip(colour, ground, strict=True))
    )


def colour_of(value: str) -> Colour | None:
    """The colour that six digits say; None for `auto` and the like."""
    match = _HEX.fullmatch(value)
    return (int(match[1][:2], 16), int(match[1][2:4], 16), int(match[1][4:], 16)) if match else None
