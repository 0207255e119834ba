"""The kinds of audience that there are, by the names that the policy gives them.

The core knows none by name: each connector declares its own in `channels.toml` beside its code, with the
words that people read of them. What is not declared has no ceiling, so that nothing is said there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One kind of audience. `here` (where a rule holds) and `elsewhere` (where to write) are words by
    language; `label` is for operators. `homologable`: it may be a system homologated for Diffusion
    Restreinte. `within` names the wider kind that this is a case of, with outsiders: where the policy lists
    that one alone, this one carries public matter, and outsiders are not served. `exposed`: what is written
    there is held by a service that is not the State's, so that what is above the ceiling is a leak. `room`:
    what people call a place there in which several talk; empty where there is none.
    """

    name: str
    order: float
    label: str
    homologable: bool
    here: Mapping[str, str]
    elsewhere: Mapping[str, str] = field(default_factory=dict[str, str])
    within: str = ""
    exposed: bool = False
    room: Mapping[str, str] = field(default_factory=dict[str, str])


@cache
def channels() -> Mapping[str, Channel]:
    """All kinds of audience, in the order in which they are shown."""
    declared = (folder.joinpath("channels.toml") for folder in resources.files("connectors").iterdir())
    found = [
        Channel(name=name, **values)
        for file in declared
        if file.is_file()
        for name, values in tomllib.loads(file.read_text(encoding="utf-8")).items()
    ]
    return {each.name: each for each in sorted(found, key=lambda each: each.order)}


@cache
def wider() -> Mapping[str, str]:
    """By kind of audience, the wider kind that it is a case of."""
    return {name: each.within for name, each in channels().items() if each.within}


def here(name: str, language: str) -> str:
    """« dans une conversation chiffrée », « in an encrypted conversation »: where a rule holds."""
    return channels()[name].here[language]


def room_word(name: str, language: str) -> str:
    """« salon »; in Slack « canal »; "" where several do not talk together."""
    return channels()[name].room.get(language, "")


def elsewhere(name: str, language: str) -> str | None:
    """« dans un salon Tchap chiffré »; None for what is no place to send somebody to."""
    channel = channels().get(name)
    return channel.elsewhere.get(language) if channel else None
