"""Whether the bot hears anybody. A bot that hears nobody is red, though its connection stands."""

from __future__ import annotations

from collections.abc import Callable

from connectors.tchap.api import NAME
from core.connector.upkeep import Upkeep
from core.language.operators import Phrase
from core.retry import beat

LONG_POLL = 20.0
"""Seconds that the homeserver holds a /sync without news. Room state is never older than that."""
DEAF_AFTER = 3 * LONG_POLL
"""Seconds without a whole round of the sync loop after which nobody is heard."""
HEARING_EVERY = 9.0


class Hearing:
    """What the sync loop tells of itself. `has_keys_left`: people's devices can still open an encrypted
    session with this one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heard_at = clock()
        self.has_keys_left = True

    def heard(self) -> None:
        """Note that a whole round was taken in."""
        self._heard_at = self._clock()

    @property
    def deafness(self) -> str | None:
        """The reason why nobody is heard, in words for operators; None while the homeserver's news are taken
        in."""
        if self._clock() - self._heard_at > DEAF_AFTER:
            return str(Phrase("tchap.deaf", seconds=round(DEAF_AFTER)))
        return None if self.has_keys_left else str(Phrase("tchap.keyless"))

    async def watch(self, upkeep: Upkeep) -> None:
        """Tell `upkeep` whether somebody is heard. Never returns."""
        while True:
            await beat(HEARING_EVERY)
            if (reason := self.deafness) is not None:
                upkeep.trouble(NAME, reason)
            else:
                upkeep.well(NAME)
