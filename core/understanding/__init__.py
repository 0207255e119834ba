"""What a text asks for, as one typed value: commands, plain words for them, and the ordinary question."""

from core.understanding.commands import COMMANDS, Intent, Kind, Place, spelled
from core.understanding.understand import (
    as_kind,
    asks_anew,
    explained,
    goes_on,
    is_about_nothing_here,
    is_about_the_last,
    stops,
    understand,
)

__all__ = [
    "COMMANDS",
    "Intent",
    "Kind",
    "Place",
    "as_kind",
    "asks_anew",
    "explained",
    "goes_on",
    "is_about_nothing_here",
    "is_about_the_last",
    "spelled",
    "stops",
    "understand",
]
