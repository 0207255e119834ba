"""What a text asks for, as one typed value: commands, plain words for them, and the ordinary question."""

from core.understanding.intent import Intent, Kind, Place
from core.understanding.understand import understand

__all__ = ["Intent", "Kind", "Place", "understand"]
