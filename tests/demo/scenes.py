"""What is said in the tour: `scenes.toml`, read when a tour begins."""

from __future__ import annotations

from typing import Any

from core.language.pattern_file import toml_beside

_SAID: dict[str, Any] = toml_beside(__file__)
_SPEAKERS = {"C": "Camille Agent", "P": "Paul Marin", "N": "Nadia Perrin"}
CAMILLE, PAUL, NADIA = _SPEAKERS.values()
"""Who speaks."""
ROOM: str = _SAID["room"]
ASKED: str = _SAID["asked"]
TALK = tuple((_SPEAKERS[line[0]], line[2:]) for line in _SAID["talk"].splitlines())
POINTS: tuple[tuple[str, str, dict[str, Any]], ...] = tuple(
    (each["list"], each["words"], {"due": None, **each["item"]} if "who" in each["item"] else each["item"])
    for each in _SAID["points"]
)
"""What a model found in the talk: list, words of the message, item."""
CORRECTION: str = _SAID["correction"]
REPORT: str = _SAID["report"]
FIGURES: str = _SAID["figures"]
STAMPED: str = _SAID["stamped"]
MAIL: str = _SAID["mail"]
ANSWERS: tuple[tuple[str, str], ...] = tuple((each["to"], each["says"]) for each in _SAID["answers"])
OTHERWISE: str = _SAID["otherwise"]
