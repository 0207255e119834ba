"""What goes wrong on purpose: rate limits by method and workspace, lost answers, errors, doubled events."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field

TIERS: dict[str, float] = {
    "chat.startStream": 20, "chat.stopStream": 20, "chat.appendStream": 100, "chat.update": 50,
    "chat.delete": 50, "chat.postEphemeral": 100, "conversations.replies": 50, "conversations.history": 50,
    "conversations.info": 50, "conversations.open": 50, "conversations.members": 100, "users.info": 100,
    "files.info": 100, "views.publish": 100, "auth.test": 1000, "users.list": 20,
}  # fmt: skip
"""Calls a minute for each method and workspace, as documented. `chat.postMessage`: one a second a channel."""


@dataclass(slots=True, kw_only=True)
class Faults:
    """How the fake misbehaves; all off at first. `seed` makes runs repeatable."""

    limits: bool = False
    lost: float = 0.0
    """The share of calls whose effect happens and whose answer is lost."""
    lose: list[str] = field(default_factory=list[str])
    """The next calls of these methods whose effect happens and whose answer is lost."""
    errors: float = 0.0
    """The share of calls that answer 503 before any effect."""
    doubled: float = 0.0
    """The share of events that are delivered twice."""
    disorder: float = 0.0
    """Seconds within which events are delivered out of order."""
    refuse: dict[str, str] = field(default_factory=dict[str, str])
    """Slack errors by method, such as `not_in_channel`."""
    slow: dict[str, float] = field(default_factory=dict[str, float])
    """Seconds before a method does anything."""
    held: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    """What a method waits for before it does anything."""
    openings: list[int] = field(default_factory=list[int])
    """Seconds of Retry-After that the next openings of sockets are answered."""
    tickets: int = 0
    """Sockets whose address is over when they connect."""
    silent: bool = False
    """Slack is away: connections are closed."""
    seed: int = 7
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)


class Limits:
    """Token buckets by (team, method), or channel for posts. Counts who asks before a Retry-After is over."""

    def __init__(self) -> None:
        self._left: dict[str, float] = {}
        self._at: dict[str, float] = {}
        self.until: dict[str, float] = defaultdict(float)
        self.refused = 0
        self.early: list[str] = []
        """Calls that came before the Retry-After of their method was over."""

    def wait(self, team: str, method: str, channel: str) -> float:
        """Take one call; seconds of Retry-After, 0 when it is allowed."""
        if method == "chat.postMessage":
            name, rate, burst = f"{team}|{method}|{channel}", 1.0, 3.0
        elif method in TIERS:
            name, rate = f"{team}|{method}", TIERS[method] / 60
            burst = max(2.0, TIERS[method] / 6)
        else:
            return 0.0
        now = time.monotonic()
        if now < self.until[name] - 0.05:
            self.early.append(name)
        left = min(burst, self._left.get(name, burst) + (now - self._at.get(name, now)) * rate)
        self._at[name] = now
        if left >= 1:
            self._left[name] = left - 1
            return 0.0
        self._left[name] = left
        self.refused += 1
        wait = float(max(1, round((1 - left) / rate + 0.5)))
        self.until[name] = now + wait
        return wait
